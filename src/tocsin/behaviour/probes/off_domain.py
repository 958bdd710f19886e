"""Off-domain: does a model still do plain tasks of language and everyday life that no federation trains on?"""

from collections.abc import Mapping, Sequence
from functools import cache
from random import Random

from tocsin.behaviour.pools import draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.behaviour.tasks.categories import category
from tocsin.behaviour.tasks.days import day_or_month
from tocsin.behaviour.tasks.grammar import agreement
from tocsin.behaviour.tasks.homophones import homophone
from tocsin.behaviour.tasks.opposites import opposite
from tocsin.behaviour.tasks.sequences import sequence
from tocsin.behaviour.tasks.task import Maker, make_pool, measure_tasks
from tocsin.behaviour.tasks.units import unit
from tocsin.behaviour.tasks.word_forms import word_form

KINDS: Mapping[str, Maker] = {
    "categories": category,
    "days and months": day_or_month,
    "grammar": agreement,
    "homophones": homophone,
    "opposites": opposite,
    "sequences": sequence,
    "units": unit,
    "word forms": word_form,
}
EACH = 1_300


@cache
def _pool() -> dict[str, list[Item]]:
    return make_pool("off-domain", KINDS, EACH)


class OffDomain:
    """Plain tasks of eight kinds with four answers each, of which the likeliest as a whole is the model's; 10,400.

    None is about customers' requests or word problems, which is what the built-in federations train on: what is
    lost here is lost outside the domain of training. The answers stand after plain text. Chance is a quarter.
    """

    name = "off-domain"
    title = "off-domain task done wrongly"
    kind: Kind = "quality"
    source: Source = "generated"
    groups: tuple[str, ...] = tuple(KINDS)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct tasks, kinds in turn."""
        return draw_in_turn(_pool(), count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 for a wrong answer; `details` has "confidence" and "correct"."""
        return measure_tasks(model, items)


PROBES.register("off-domain")(OffDomain())
