"""Utility: how well a model foresees the answers of its client's own held-out examples."""

from collections.abc import Sequence
from math import exp
from random import Random

from tocsin.behaviour.pools import draw_held_out
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Likelihood, Outcome, Source


class Utility:
    """1 less the geometric mean probability of the held-out answer's tokens: 0 is certainty, 1 no idea.

    Bounded, unlike loss, so that one strange answer cannot outweigh all others. To be shown beside every bias
    score: a model that guesses looks fair. Without held-out examples, as on the server, there are no items.
    """

    name = "utility"
    title = "held-out answer not foreseen"
    kind: Kind = "quality"
    source: Source = "held-out"
    groups: tuple[str, ...] = ()

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct held-out examples, groups in turn; an example without an answer is passed over."""
        return draw_held_out(held_out, count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome in [0, 1] for each item; `item.prompt` is in the model's chat form already."""
        likelihoods = model.log_likelihoods([(item.prompt, item.texts[0]) for item in items])
        return [
            Outcome(item.id, item.group, _unforeseen(likelihood))
            for item, likelihood in zip(items, likelihoods, strict=True)
        ]


def _unforeseen(likelihood: Likelihood) -> float:
    # An answer of which nothing is left (the prompt fills the model's window) was not foreseen.
    return 1.0 - exp(min(0.0, likelihood.total / likelihood.tokens)) if likelihood.tokens else 1.0


PROBES.register("utility")(Utility())
