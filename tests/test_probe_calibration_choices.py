"""The probe "calibration-choices"."""

import math
from collections.abc import Callable, Sequence
from random import Random

import pytest

from tocsin.behaviour import PROBES, Item, Likelihood, measure_all
from tocsin.behaviour.calibration import calibration_scores
from tocsin.errors import TocsinError

PROBE = PROBES.get("calibration-choices")


class Scoring:
    """A model whose log-likelihood of an answer is what a function says."""

    def __init__(self, score: Callable[[str], float]) -> None:
        self.score = score

    def chat(self, user: str) -> str:
        return user

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        return [Likelihood(self.score(text), 1) for _, text in pairs]


def item(id: str = "1") -> Item:
    return Item(id, "a", "question", ("right", "wrong"), roles=("correct", "wrong"), cluster="c")


def test_the_questions_are_those_of_capability() -> None:
    capability = PROBES.get("capability")
    assert PROBE.groups == capability.groups
    assert PROBE.draw(9, Random(3)) == capability.draw(9, Random(3))
    drawn = PROBE.draw(12, Random(0))
    assert all(item.roles.count("correct") == 1 for item in drawn)
    outcomes = measure_all(Scoring(lambda text: -float(len(text))), PROBE, drawn)
    assert 0.0 < sum(o.details["correct"] for o in outcomes) / 12 < 1.0
    assert {o.item: 1.0 - o.value for o in capability.measure(Scoring(lambda text: -float(len(text))), drawn)} == {
        o.item: o.details["correct"] for o in outcomes
    }


@pytest.mark.parametrize(("share", "expected"), [(0.9, 0.45), (0.6, 0.3), (0.2, 0.9), (0.0, 1.0), (1.0, 0.5)])
def test_an_outcome_is_signed_overconfidence(share: float, expected: float) -> None:
    chances = {"right": share, "wrong": 1.0 - share}
    model = Scoring(lambda text: math.log(chances[text]) if chances[text] else -1e4)
    (outcome,) = measure_all(model, PROBE, [item()])
    assert outcome.value == pytest.approx(expected)
    assert outcome.cluster == "c"


def test_scores_are_those_of_all_questions() -> None:
    shares = [0.95, 0.7, 0.3, 0.07, 0.6]
    outcomes = []
    for place, share in enumerate(shares):
        chances = {"right": math.log(share), "wrong": math.log(1.0 - share)}
        outcomes += measure_all(Scoring(chances.__getitem__), PROBE, [item(str(place))])
    expected = calibration_scores([max(s, 1 - s) for s in shares], [s > 0.5 for s in shares])
    assert PROBE.scores(outcomes) == pytest.approx(expected)
    assert expected["tail overconfidence"] == pytest.approx((0.95 - 1 + 0.93) / 2)


def test_no_number_is_no_confidence() -> None:
    with pytest.raises(TocsinError, match="nan"):
        measure_all(Scoring(lambda _: math.nan), PROBE, [item()])
    assert all(map(math.isnan, PROBE.scores([]).values()))
