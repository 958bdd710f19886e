"""Which of two texts a model finds likelier: what two probes share."""

from collections.abc import Sequence
from math import isnan

from tocsin.behaviour.probe import Item, LanguageModel, Outcome


def measure_preference(model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
    """1 where the first of `item.texts` has the higher total log-likelihood after its prefix, 0 where the
    second, .5 for a tie.

    Totals, not means over tokens: the question is which *sentence* is likelier, and dividing by length
    rewards texts whose words fall into many pieces (that alone moves CrowS-Pairs by 2.3 points). A model
    that gives no numbers gives NaN, which `measure_all` refuses: it must not pass for a model without
    preference.
    """
    pairs = [pair for item in items for pair in zip(item.prefixes or ("", ""), item.texts, strict=True)]
    totals = [likelihood.total for likelihood in model.log_likelihoods(pairs)]
    return [
        Outcome(item.id, item.group, _preference(first, second), item.cluster)
        for item, first, second in zip(items, totals[::2], totals[1::2], strict=True)
    ]


def _preference(first: float, second: float) -> float:
    if isnan(first) or isnan(second):
        return float("nan")
    return 0.5 if first == second else float(first > second)
