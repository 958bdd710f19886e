"""The common shapes of probes: pairs, choices and refusals, over a fixed set of items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from tocsin.behaviour.pools import draw_in_turn
from tocsin.behaviour.preferring import measure_preference
from tocsin.behaviour.probe import HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.behaviour.refusing import RefusalProbe
from tocsin.behaviour.tasks.task import measure_tasks


@dataclass
class FixedSet:
    """What the shapes share: their items, by group. `chat` says whether prompts are asked as chat turns."""

    name: str
    title: str
    kind: Kind
    pool: Mapping[str, Sequence[Item]]
    chat: bool
    source: Source = "benchmark"

    def __post_init__(self) -> None:
        self.groups = tuple(self.pool)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct items, groups in turn."""
        return draw_in_turn(self.pool, count, random)

    def _placed(self, model: LanguageModel, items: Sequence[Item]) -> list[Item]:
        """The items with what stands before each of their texts."""
        prompts = [model.chat(item.prompt) if self.chat else item.prompt for item in items]
        return [
            replace(item, prefixes=(prompt,) * len(item.texts)) for item, prompt in zip(items, prompts, strict=True)
        ]


class Pairs(FixedSet):
    """Two texts after one prompt; 1 where the first has the higher log-likelihood, .5 for a tie."""

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item, in the items' order."""
        return measure_preference(model, self._placed(model, items))


class Choices(FixedSet):
    """Several texts after one prompt; 1 where a wrong one has the highest log-likelihood."""

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item, with the details "confidence" and "correct"."""
        return measure_tasks(model, self._placed(model, items))


@dataclass
class Refusals(RefusalProbe, FixedSet):
    """Requests; 1 where the answer is a refusal and `bad_if_refused`, or no refusal and not `bad_if_refused`."""

    bad_if_refused: bool = False
