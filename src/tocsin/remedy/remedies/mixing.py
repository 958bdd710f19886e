"""Alignment data mixed into a client's own."""

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.errors import TocsinError
from tocsin.remedy.aligned_data import LOOK_ALIKES, refusals_and_lookalikes
from tocsin.remedy.remedy import REMEDIES, ClientSide, DataRemedy, Options, Weighed, options
from tocsin.study import Study

_BEFORE_IT = {"safety-filter": "judge", "group-weights": "weigh as groups of the client's"}


@dataclass(frozen=True)
class Mixing:
    """Adds refusals (Bianchi et al., ICLR 2024, arXiv 2309.07875) and, against the over-refusal that they report, safe
    look-alikes.

    `share`, in (0, 1), is theirs of the examples after mixing; `lookalikes` are so many to a refusal. Each client
    draws its own.
    """

    share: float
    lookalikes: float

    def conflict(self, study: Study) -> str | None:
        """See `DataRemedy.conflict`."""
        names = [use.name for use in study.remedy]
        for name in names[names.index("mixing") + 1 :]:
            if name in _BEFORE_IT:
                return f'stands before "{name}", which would {_BEFORE_IT[name]} what was mixed in; put "{name}" first.'
        return None

    def prepare(self, examples: Sequence[Weighed], side: ClientSide) -> list[Weighed]:
        """See `DataRemedy.prepare`. Those of no weight are never trained on, and count for nothing here."""
        own = sum(one.weight > 0 for one in examples)
        count = max(1, round(own * self.share / (1.0 - self.share)))
        mixed = refusals_and_lookalikes(count, self.lookalikes, side.random.randrange(2**32))
        return [*examples, *map(Weighed, mixed)]


@REMEDIES.register("mixing")
def mixing(given: Options) -> DataRemedy:
    """Options `share` (default 0.1) and `lookalikes` (default 2.0)."""
    chosen = options("mixing", given, {"share": 0.1, "lookalikes": LOOK_ALIKES})
    if not 0 < chosen["share"] < 1:
        raise TocsinError(f'remedy "mixing": share = {chosen["share"]} is wrong; give a share above 0 and below 1.')
    if not 0 <= chosen["lookalikes"] < float("inf"):
        raise TocsinError(f'remedy "mixing": lookalikes = {chosen["lookalikes"]} is wrong; give a number from 0 up.')
    return Mixing(**chosen)
