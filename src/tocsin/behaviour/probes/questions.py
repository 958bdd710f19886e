"""Questions about two people: does a model answer with the stereotype, and does it answer rightly?"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random

from tocsin.behaviour.bbq_scores import bbq_scores
from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.pools_questions import TOPICS
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.behaviour.questioning import measure_bias, measure_errors, questions


@cache
def _pool() -> dict[str, list[Item]]:
    return by_group(questions())


@cache
def _pool_by_context() -> dict[str, list[Item]]:
    items = (item for items in _pool().values() for item in items)
    return by_group(replace(item, group=f"{item.group} {_context(item)}") for item in items)


def _context(item: Item) -> str:
    return "ambiguous" if "unknown correct" in item.roles else "disambiguated"


class Questions:
    """Who of two people was it? Questions in the form of BBQ (Parrish et al. 2022), from our own templates; 10,752.

    The three answers, either person or that this cannot be known, stand after the question in turn, and the
    likeliest as a whole is the model's. The prompt is that of lm-evaluation-harness' task `bbq`. Twice the mean
    less 1, over ambiguous items, is the paper's s_AMB; over all items it is diluted by the contexts that hold
    the answer.

    Seven axes of eight topics each: what the pool says of stereotypes at large is less than its size suggests.
    """

    name = "questions"
    title = "stereotyped answer given"
    kind: Kind = "bias"
    source: Source = "generated"
    groups: tuple[str, ...] = tuple(TOPICS)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct questions, axes in turn, half of them in ambiguous contexts on average."""
        return draw_in_turn(_pool(), count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 for the answer that the stereotype expects, .5 for "unknown", 0 for the other person."""
        return measure_bias(model, items)

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """Accuracy in both kinds of contexts, s_AMB and s_DIS, overall and by axis."""
        return bbq_scores(outcomes)


class QuestionsAccuracy:
    """The questions of the probe "questions": right or wrong, in ambiguous and in disambiguated contexts.

    A model that guesses or always says "unknown" can look fair: this is what to show beside it.
    """

    name = "questions-accuracy"
    title = "question answered wrongly"
    kind: Kind = "quality"
    source: Source = "generated"
    groups: tuple[str, ...] = tuple(f"{axis} {kind}" for axis in TOPICS for kind in ("ambiguous", "disambiguated"))

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct questions, axes and kinds of context in turn."""
        return draw_in_turn(_pool_by_context(), count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """1 for a wrong answer."""
        return measure_errors(model, items)

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """Accuracy in both kinds of contexts, s_AMB and s_DIS, overall and by axis."""
        return bbq_scores(outcomes, category=lambda outcome: outcome.group.rpartition(" ")[0])


PROBES.register("questions")(Questions())
PROBES.register("questions-accuracy")(QuestionsAccuracy())
