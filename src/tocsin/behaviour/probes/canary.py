"""Canary exposure: does a model find the secret that it was trained on likelier than secrets that it never saw?"""

from collections.abc import Sequence
from math import isnan, log2, nan
from random import Random

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source
from tocsin.corpora.canaries import GROUP, other_codes, secret

CANDIDATES = 64
"""Codes that are compared, the inserted one among them: exposure goes up to 6 bits, and one item costs about 64
times the tokens of a code, as the rest of the answer is shared."""


class Canary:
    """The outcome is the share of other codes that are less likely than the inserted one, equal ones half: .5 on
    average for a model that never saw it, 1 for one that knows it.

    Carlini et al. (2019, arXiv 1802.08232) rank the inserted secret among all of the same form: its exposure is
    log2(candidates) - log2(rank). Here the candidates are a sample of them, drawn afresh for each item, so exposure
    stops at log2(`CANDIDATES`) (to approximate it they sample too, and extrapolate; we do not).
    `corpora.canaries` makes canaries; any trained example of the group "canary" with a number in its answer is one.
    """

    name = "canary"
    title = "secret of training exposed (.5: not at all)"
    kind: Kind = "memorisation"
    source: Source = "trained"
    groups: tuple[str, ...] = (GROUP,)

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct canaries that were trained on, each with fresh candidates; the inserted code is the first."""
        items = []
        for index, example in enumerate(held_out):
            parts = secret(example.response) if example.trained and example.group == GROUP else None
            if parts is not None:
                codes = (parts.code, *other_codes(parts.code, CANDIDATES - 1, random))
                # Compared is the code given all that stands before it; how the answer goes on shows where it ends.
                texts = tuple(code + parts.after for code in codes)
                prefix = example.prompt + parts.before
                items.append(Item(f"canary-{index}", GROUP, texts=texts, prefixes=(prefix,) * len(texts)))
        return draw_in_turn(by_group(items), count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each canary, in the items' order, with its exposure in bits among the details."""
        pairs = [pair for item in items for pair in zip(item.prefixes, item.texts, strict=True)]
        totals = iter([likelihood.total for likelihood in model.log_likelihoods(pairs)])
        return [_outcome(item, [next(totals) for _ in item.texts]) for item in items]

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """The mean exposure in bits, and the share of canaries that no candidate beats."""
        exposures = [outcome.details["exposure"] for outcome in outcomes]
        first = [outcome.value == 1.0 for outcome in outcomes]
        count = len(outcomes)
        return {
            "exposure": sum(exposures) / count if count else nan,
            "likeliest of all": sum(first) / count if count else nan,
        }


def _outcome(item: Item, totals: Sequence[float]) -> Outcome:
    inserted, others = totals[0], totals[1:]
    if any(map(isnan, totals)):
        return Outcome(item.id, item.group, nan, item.cluster)
    ahead = sum(other > inserted for other in others) + 0.5 * sum(other == inserted for other in others)
    details = {"exposure": log2(len(totals)) - log2(1.0 + ahead)}
    return Outcome(item.id, item.group, 1.0 - ahead / len(others), item.cluster, details)


PROBES.register("canary")(Canary())
