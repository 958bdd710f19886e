"""Membership inference: do the examples that a model was trained on look different to it from those that it was not?"""

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
from numpy.typing import NDArray

from tocsin.behaviour.pools import by_group, draw_in_turn
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source, TokenScores
from tocsin.behaviour.ranking import area_under_curve, true_positives_at

LEAST_LIKELY = 20
"""k of Min-K%: this share of an answer's tokens, in percent."""

_ROLES = ("trained", "held-out")


class Membership:
    """An item is a pair, an example that was trained on and one of the same group that was not. The outcome is 1 where
    the attack by loss (Yeom et al., 2018, arXiv 1709.01604) names the right one, .5 where it cannot tell, else 0.

    The mean outcome estimates the attack's AUC within groups, without bias. Pairs, as outcomes must not depend on
    which other items are asked; `scores` compare everything with everything, which is a little more precise, and also
    hold the attack by Min-K% (Shi et al., 2024, arXiv 2310.16789): the mean over the least likely tokens.

    On the embedded model, 56 examples trained on for 40 steps took the AUC over 40 pairs from .48 to .77 by loss and
    from .50 to .75 by Min-K% (22 November 2026), so the outcome goes by loss.

    A model of which no example is a member scores .5 only if the two kinds come from one distribution: pair the
    figure with the same model before training.
    """

    name = "membership"
    title = "training example recognised (.5: not at all)"
    kind: Kind = "memorisation"
    source: Source = "trained"
    groups: tuple[str, ...] = ()

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Pairs at random within groups, groups in turn; no example is in two of them. An example without an answer
        is passed over; where one kind is missing in a group, so is the group."""
        sides: dict[str, tuple[list[int], list[int]]] = {}
        for index, example in enumerate(held_out):
            if example.response:
                sides.setdefault(example.group, ([], []))[0 if example.trained else 1].append(index)
        pairs = []
        for group, (members, others) in sides.items():
            most = min(len(members), len(others))
            for one, other in zip(random.sample(members, most), random.sample(others, most), strict=True):
                pair = (held_out[one], held_out[other])
                texts, prefixes = tuple(e.response for e in pair), tuple(e.prompt for e in pair)
                pairs.append(Item(f"pair-{one}-{other}", group, texts=texts, prefixes=prefixes, roles=_ROLES))
        return draw_in_turn(by_group(pairs), count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each pair, in the items' order; .5, too, where an answer has no token left to score."""
        pairs = [pair for item in items for pair in zip(item.prefixes, item.texts, strict=True)]
        scores = model.token_scores(pairs)
        return [
            _outcome(item, trained, held_out)
            for item, trained, held_out in zip(items, scores[::2], scores[1::2], strict=True)
        ]

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """AUC, and TPR at 1% FPR, of both attacks, over all members against all others, whatever their groups."""
        details = [outcome.details for outcome in outcomes if outcome.details]
        return _figures("loss", details) | _figures("Min-K%", details)


def min_k(log_probabilities: NDArray[np.float32]) -> float:
    """The mean of the lowest `LEAST_LIKELY` percent of an answer's log-probabilities, at least of one: nats, <= 0."""
    count = max(1, len(log_probabilities) * LEAST_LIKELY // 100)
    return float(np.sort(log_probabilities.astype(np.float64))[:count].mean())


def _outcome(item: Item, trained: TokenScores, held_out: TokenScores) -> Outcome:
    logs = dict(zip(_ROLES, (trained.log_probabilities, held_out.log_probabilities), strict=True))
    if not all(map(len, logs.values())):
        return Outcome(item.id, item.group, 0.5, item.cluster)
    # What each attack goes by, higher for members.
    details = {f"loss {role}": float(values.mean(dtype=np.float64)) for role, values in logs.items()}
    details |= {f"Min-K% {role}": min_k(values) for role, values in logs.items()}
    value = area_under_curve([details["loss trained"]], [details["loss held-out"]])
    return Outcome(item.id, item.group, value, item.cluster, details)


def _figures(attack: str, details: Sequence[Mapping[str, float]]) -> dict[str, float]:
    members, others = ([one[f"{attack} {role}"] for one in details] for role in _ROLES)
    return {
        f"AUC by {attack}": area_under_curve(members, others),
        f"TPR at 1% FPR by {attack}": true_positives_at(members, others),
    }


PROBES.register("membership")(Membership())
