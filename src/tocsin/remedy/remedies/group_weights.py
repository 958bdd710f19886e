"""The groups of a client's own data, weighed alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.errors import TocsinError
from tocsin.remedy.remedy import REMEDIES, ClientSide, DataRemedy, Options, Weighed, options
from tocsin.study import Study


@dataclass(frozen=True)
class GroupWeights:
    """Weighs examples so that those of each group weigh the same together (inverse-frequency weights).

    No example weighs more than `most` >= 1 times one of the largest group, so a group that is smaller by more than
    that still weighs less. The heaviest keeps its weight, all others lose some.
    """

    most: float

    def conflict(self, study: Study) -> str | None:
        """See `DataRemedy.conflict`."""
        return None

    def prepare(self, examples: Sequence[Weighed], side: ClientSide) -> list[Weighed]:
        """See `DataRemedy.prepare`."""
        totals: dict[str, float] = {}
        for one in examples:
            totals[one.example.group] = totals.get(one.example.group, 0.0) + one.weight
        largest = max(totals.values(), default=0.0)
        factors = {group: min(largest / total, self.most) for group, total in totals.items() if total > 0}
        top = max(factors.values(), default=1.0)
        return [one.weighed(factors.get(one.example.group, top) / top) for one in examples]


@REMEDIES.register("group-weights")
def group_weights(given: Options) -> DataRemedy:
    """Option `most` (default 4.0)."""
    most = options("group-weights", given, {"most": 4.0})["most"]
    if not 1 <= most < float("inf"):
        raise TocsinError(f'remedy "group-weights": most = {most} is wrong; give a number from 1 up.')
    return GroupWeights(float(most))
