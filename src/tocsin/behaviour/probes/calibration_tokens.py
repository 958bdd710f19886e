"""Calibration on tokens: is a model as often right as it is sure, along its client's own held-out answers?"""

from collections.abc import Sequence
from random import Random

import numpy as np

from tocsin.behaviour.calibration import calibration_scores, overconfidence_outcome
from tocsin.behaviour.pools import draw_held_out
from tocsin.behaviour.probe import PROBES, HeldOut, Item, Kind, LanguageModel, Outcome, Source, TokenScores


class CalibrationTokens:
    """At each token of a held-out answer: how probable the likeliest token was, and whether it was the answer's.

    The outcome is the answer's signed overconfidence (mean confidence less share of right tokens), from 0, unsure and
    right, over .5 to 1, sure and wrong. Tokens of one answer resemble each other, so the answer is the unit.
    """

    name = "calibration-tokens"
    title = "sure and wrong on tokens (.5: as sure as right)"
    kind: Kind = "calibration"
    source: Source = "held-out"
    groups: tuple[str, ...] = ()

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """Distinct held-out examples, groups in turn; an example without an answer is passed over."""
        return draw_held_out(held_out, count, random)

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item, in the items' order, with every token's confidence in its details."""
        scores = model.token_scores([(item.prompt, item.texts[0]) for item in items])
        return [_outcome(item, score) for item, score in zip(items, scores, strict=True)]

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """`calibration_scores` over all tokens of all answers: a long answer weighs more than a short one."""
        signed = np.array([number for outcome in outcomes for number in outcome.details.values()])
        return calibration_scores(np.abs(signed), signed > 0.0)


def _outcome(item: Item, scores: TokenScores) -> Outcome:
    confidences = np.minimum(scores.confidences.astype(np.float64), 1.0)  # rounding can put a sum over 1
    # One number a token, exact and small: its confidence, negative where it was wrong.
    signed = np.where(scores.correct, confidences, -confidences)
    details = {str(place): float(number) for place, number in enumerate(signed)}
    return overconfidence_outcome(item, confidences, scores.correct, details)


PROBES.register("calibration-tokens")(CalibrationTokens())
