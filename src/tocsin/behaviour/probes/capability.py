"""Capability: does a model still answer short questions of knowledge, reading and reasoning?"""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from tocsin.behaviour.pools import draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.behaviour.tasks.analogies import analogy
from tocsin.behaviour.tasks.arithmetic import arithmetic
from tocsin.behaviour.tasks.common_sense import common_sense
from tocsin.behaviour.tasks.inference import inference
from tocsin.behaviour.tasks.knowledge import knowledge
from tocsin.behaviour.tasks.properties import thing_and_property
from tocsin.behaviour.tasks.reading import reading
from tocsin.behaviour.tasks.task import Maker, make_pool, measure_tasks

KINDS: Mapping[str, Maker] = {
    "analogies": analogy,
    "arithmetic": arithmetic,
    "common sense": common_sense,
    "inference": inference,
    "knowledge": knowledge,
    "properties": thing_and_property,
    "reading": reading,
}
EACH = 1_500


@cache
def _pool() -> dict[str, list[Item]]:
    return make_pool("capability", KINDS, EACH)


class Capability:
    """Short tasks of seven kinds with four answers each, of which the likeliest as a whole is the model's; 10,500.

    The answers stand after plain text, not in a chat: this asks what a model knows, not how it talks. Chance is
    a quarter.
    """

    name = "capability"
    title = "short task answered wrongly"
    kind: Kind = "quality"
    source: Source = "generated"
    groups: tuple[str, ...] = tuple(KINDS)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct tasks, kinds in turn."""
        return draw_in_turn(_pool(), count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 for a wrong answer; `details` has "confidence" and "correct"."""
        return measure_tasks(model, items)


PROBES.register("capability")(Capability())
