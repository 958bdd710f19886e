"""A filter of harmful exchanges in clients' data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from tocsin.corpora.alignment.refusals import ANY, OPENERS
from tocsin.errors import TocsinError, did_you_mean
from tocsin.remedy.guards.guard import check_guard, find_guard
from tocsin.remedy.remedy import REMEDIES, ClientSide, DataRemedy, Options, Weighed, options
from tocsin.study import Study

NAME = "safety-filter"
ACTIONS = ("drop", "refuse", "down-weight")

_AT_ONCE = 64  # examples between two ticks


@dataclass(frozen=True)
class SafetyFilter:
    """After the safety filter of "Responsible Federated LLMs via Safety Filtering and Constitutional AI" (arXiv
    2502.16691): a guard judges each exchange on the client, and the unsafe ones are dropped, answered with a refusal,
    or given `weight` times their weight.

    An exchange is judged whole, so that a harmful request that is refused stays as it is. `threshold` is the score
    from which on it is unsafe; 0 leaves that to the guard.
    """

    action: str
    guard: str
    threshold: float
    weight: float

    def conflict(self, study: Study) -> str | None:
        """See `DataRemedy.conflict`."""
        return None

    def prepare(self, examples: Sequence[Weighed], side: ClientSide) -> list[Weighed]:
        """See `DataRemedy.prepare`. Raises TocsinError where the guard cannot be had, or cannot judge."""
        guard = find_guard(self.guard, side.model)
        threshold = self.threshold or guard.threshold
        made: list[Weighed] = []
        for begin in range(0, len(examples), _AT_ONCE):
            side.tick(begin)
            some = examples[begin : begin + _AT_ONCE]
            scores = guard.scores([one.example for one in some])
            for one, score in zip(some, scores, strict=True):
                made += [one] if score < threshold else self._done_with(one, side.random)
        return made

    def _done_with(self, one: Weighed, random: Random) -> list[Weighed]:
        if self.action == "drop":
            return []
        if self.action == "down-weight":
            return [one.weighed(self.weight)]
        refusal = f"{random.choice(OPENERS)} {random.choice(ANY)}"
        return [replace(one, example=replace(one.example, response=refusal))]


@REMEDIES.register(NAME)
def safety_filter(given: Options) -> DataRemedy:
    """Options `action` (drop, refuse, down-weight), `guard` ("embedded", or the folder of a guard model in Hugging
    Face's format), `threshold` (0: the guard's own) and `weight` (of what is weighed down, default 0.1)."""
    defaults: Options = {"action": "drop", "guard": "embedded", "threshold": 0.0, "weight": 0.1}
    chosen = options(NAME, given, defaults)
    if chosen["action"] not in ACTIONS:
        hint = did_you_mean(chosen["action"], ACTIONS)
        raise TocsinError(f'remedy "{NAME}" has no action "{chosen["action"]}"{hint}.')
    if not 0 <= chosen["threshold"] < 1:
        raise TocsinError(
            f'remedy "{NAME}": threshold = {chosen["threshold"]} is wrong; give a score above 0 and below 1, or 0 for '
            "the guard's own."
        )
    if not 0 <= chosen["weight"] < 1:
        raise TocsinError(f'remedy "{NAME}": weight = {chosen["weight"]} is wrong; give a share from 0 up and below 1.')
    if "weight" in given and chosen["action"] != "down-weight":
        raise TocsinError(
            f'remedy "{NAME}": weight is used by action = "down-weight" alone; set that, or leave weight out.'
        )
    check_guard(chosen["guard"])
    return SafetyFilter(**chosen)
