"""The probe "calibration-tokens"."""

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import pytest

from tocsin.behaviour import PROBES, HeldOut, Item, TokenScores, measure_all
from tocsin.behaviour.calibration import calibration_scores
from tocsin.errors import TocsinError

PROBE = PROBES.get("calibration-tokens")
HELD_OUT = [HeldOut(f"question {n}", f"answer {n}", group) for group in "ab" for n in range(6)]


class Sure:
    """A model with given confidences for each answer."""

    def __init__(self, by_text: dict[str, tuple[list[float], list[bool]]]) -> None:
        self.by_text = by_text
        self.asked: list[tuple[str, str]] = []

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        self.asked += pairs
        found = [self.by_text[text] for _, text in pairs]
        return [
            TokenScores(np.log(np.array(c, np.float32)), np.array(c, np.float32), np.array(r, bool)) for c, r in found
        ]


def items(*texts: str) -> list[Item]:
    return [Item(text, "a", "question", (text,), cluster="c") for text in texts]


def test_answers_are_asked_after_their_prompts_groups_in_turn() -> None:
    drawn = PROBE.draw(4, Random(1), HELD_OUT)
    assert drawn == PROBE.draw(4, Random(1), HELD_OUT) != PROBE.draw(4, Random(2), HELD_OUT)
    assert sorted(item.group for item in drawn) == ["a", "a", "b", "b"]
    model = Sure({e.response: ([0.5], [True]) for e in HELD_OUT})
    measure_all(model, PROBE, drawn)
    assert set(model.asked) <= {(e.prompt, e.response) for e in HELD_OUT}
    assert PROBE.draw(4, Random(1)) == PROBE.draw(4, Random(1), [HeldOut("q", "", "a")]) == []


def test_an_outcome_is_the_answers_signed_overconfidence() -> None:
    model = Sure({"sure": ([0.9, 1.0], [False, False]), "shy": ([0.2], [True]), "even": ([0.5, 0.5], [True, False])})
    outcomes = measure_all(model, PROBE, items("sure", "shy", "even"))
    assert [o.value for o in outcomes] == pytest.approx([1.95 / 2, 0.1, 0.5])
    assert {o.cluster for o in outcomes} == {"c"}


def test_scores_are_those_of_all_tokens() -> None:
    rng = np.random.default_rng(3)
    answers = {}
    for name, length in (("one", 40), ("two", 7), ("three", 1)):
        confidences = rng.uniform(0.05, 1.0, length).astype(np.float32)
        answers[name] = (confidences.tolist(), (rng.random(length) < confidences).tolist())
    scores = PROBE.scores(measure_all(Sure(answers), PROBE, items(*answers)))
    expected = calibration_scores(
        np.concatenate([c for c, _ in answers.values()]), np.concatenate([r for _, r in answers.values()])
    )
    assert scores == pytest.approx(expected, abs=1e-6)
    assert not any(map(math.isnan, scores.values()))


def test_a_confidence_that_rounding_put_over_one_is_one() -> None:
    outcomes = measure_all(Sure({"x": ([1.0000001], [False])}), PROBE, items("x"))
    assert [o.value for o in outcomes] == [1.0]
    assert PROBE.scores(outcomes)["confidence"] == 1.0


def test_no_tokens_count_for_nothing_and_no_numbers_are_refused() -> None:
    model = Sure({"cut": ([], []), "x": ([0.8], [True]), "broken": ([math.nan], [False])})
    outcomes = measure_all(model, PROBE, items("cut", "x"))
    assert [o.value for o in outcomes] == pytest.approx([0.5, 0.4])
    assert PROBE.scores(outcomes)["confidence"] == pytest.approx(0.8)
    assert all(map(math.isnan, PROBE.scores([]).values()))
    with pytest.raises(TocsinError, match="nan"):
        measure_all(model, PROBE, items("broken"))
