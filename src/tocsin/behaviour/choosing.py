"""Which of several texts a model finds likeliest, and how sure it is: what the multiple-choice probes share."""

from collections.abc import Sequence
from math import exp, isnan, nan
from typing import NamedTuple

from tocsin.behaviour.probe import Item, LanguageModel


class Choice(NamedTuple):
    """`chosen` is the place of the likeliest of the item's texts (the first of equals), `shares` the probability
    of each among them: they sum to 1."""

    chosen: int
    shares: tuple[float, ...]

    @property
    def confidence(self) -> float:
        """The share of the chosen text, in [1/texts, 1]."""
        return self.shares[self.chosen]


def choose(model: LanguageModel, items: Sequence[Item]) -> list[Choice]:
    """A choice among `item.texts` for each item, by total log-likelihood (lm-evaluation-harness' `acc`).

    A text stands after its own of `item.prefixes`, as it is; without prefixes, after `item.prompt` as a chat
    turn. A model that gives no numbers gets shares of NaN, which no outcome may have.
    """
    pairs: list[tuple[str, str]] = []
    for item in items:
        prefixes = item.prefixes or (model.chat(item.prompt),) * len(item.texts)
        pairs.extend(zip(prefixes, item.texts, strict=True))
    totals = iter([likelihood.total for likelihood in model.log_likelihoods(pairs)])
    return [_choice([next(totals) for _ in item.texts]) for item in items]


def _choice(totals: list[float]) -> Choice:
    if any(map(isnan, totals)):
        return Choice(0, (nan,) * len(totals))
    best = max(totals)
    weights = [exp(total - best) for total in totals]
    return Choice(totals.index(best), tuple(weight / sum(weights) for weight in weights))
