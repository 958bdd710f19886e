"""Errors of calibration, against scikit-learn and against their definitions written out."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from tocsin.behaviour import Item
from tocsin.behaviour.calibration import (
    adaptive_calibration_error,
    brier_score,
    calibration_error,
    calibration_scores,
    overconfidence,
    overconfidence_outcome,
    reliability_bins,
)

Arrays = tuple[NDArray[np.float64], NDArray[np.bool_]]

# Borders of bins, both ends and repeated values are where two ways of binning could part.
confidence = st.one_of(st.floats(0.0, 1.0), st.integers(0, 15).map(lambda i: i / 15), st.sampled_from([0.0, 0.9, 1.0]))


@st.composite
def predictions(draw: st.DrawFn) -> Arrays:
    pairs = draw(st.lists(st.tuples(confidence, st.booleans()), min_size=1, max_size=60))
    return np.array([c for c, _ in pairs]), np.array([r for _, r in pairs], dtype=bool)


@settings(deadline=None)
@given(predictions(), st.integers(1, 20), st.booleans())
def test_bins_are_scikit_learns(arrays: Arrays, bins: int, equal_mass: bool) -> None:
    confidences, correct = arrays
    accuracy, mean = calibration_curve(
        correct, confidences, pos_label=True, n_bins=bins, strategy="quantile" if equal_mass else "uniform"
    )
    ours = reliability_bins(confidences, correct, bins, equal_mass)
    assert [bar.accuracy for bar in ours] == pytest.approx(accuracy)
    assert [bar.confidence for bar in ours] == pytest.approx(mean)
    assert sum(bar.size for bar in ours) == len(confidences)
    # Each prediction is in the bar whose borders hold it.
    for place, bar in enumerate(ours):
        inside = (confidences > bar.low) & (confidences <= bar.high)
        inside |= (confidences == bar.low) & ((bar.low == 0.0) if not equal_mass else (place == 0))
        assert inside.sum() == bar.size


@settings(deadline=None)
@given(predictions(), st.integers(1, 20))
def test_ece_is_its_definition(arrays: Arrays, bins: int) -> None:
    edges = np.linspace(0.0, 1.0, bins + 1)
    members: dict[int, list[tuple[float, bool]]] = {}
    for sure, right in zip(*arrays, strict=True):
        place = next(m for m in range(bins) if sure <= edges[m + 1] or m == bins - 1)
        members.setdefault(place, []).append((float(sure), bool(right)))
    expected = sum(
        len(own) / len(arrays[0]) * abs(sum(r for _, r in own) / len(own) - sum(c for c, _ in own) / len(own))
        for own in members.values()
    )
    assert calibration_error(*arrays, bins) == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(1, 8), st.randoms(use_true_random=False))
def test_adaptive_ece_has_equal_masses(bins: int, each: int, random) -> None:
    confidences = np.array(random.sample(range(1000), bins * each)) / 1000  # distinct
    correct = np.array([random.random() < 0.5 for _ in confidences])
    order = np.argsort(confidences)
    chunks = order.reshape(bins, each)
    ours = reliability_bins(confidences, correct, bins, equal_mass=True)
    assert [bar.size for bar in ours] == [each] * bins
    gaps = [abs(correct[own].mean() - confidences[own].mean()) for own in chunks]
    assert adaptive_calibration_error(confidences, correct, bins) == pytest.approx(np.mean(gaps))


@settings(deadline=None)
@given(predictions())
def test_brier_is_scikit_learns(arrays: Arrays) -> None:
    confidences, correct = arrays
    assert brier_score(confidences, correct) == pytest.approx(
        brier_score_loss(correct, confidences, pos_label=True, labels=[False, True])
    )


@settings(deadline=None)
@given(predictions(), st.floats(0.0, 1.0))
def test_overconfidence_is_confidence_less_accuracy(arrays: Arrays, above: float) -> None:
    confidences, correct = arrays
    kept = confidences >= above
    if kept.any():
        expected = confidences[kept].mean() - correct[kept].mean()
        assert overconfidence(confidences, correct, above) == pytest.approx(expected)
    else:
        assert math.isnan(overconfidence(confidences, correct, above))


def test_errors_do_not_depend_on_the_order() -> None:
    rng = np.random.default_rng(0)
    confidences, correct = rng.integers(0, 8, 200) / 7, rng.random(200) < 0.5
    shuffled = rng.permutation(200)
    for error in (calibration_error, adaptive_calibration_error):
        assert error(confidences, correct) == pytest.approx(error(confidences[shuffled], correct[shuffled]))


def test_known_values() -> None:
    confidences, correct = [0.9, 0.9, 0.9, 0.9, 0.6, 0.6], [1, 1, 0, 0, 1, 0]
    assert calibration_error(confidences, correct, 10) == pytest.approx((4 * 0.4 + 2 * 0.1) / 6)
    assert adaptive_calibration_error(confidences, correct, 2) == pytest.approx((4 * 0.4 + 2 * 0.1) / 6)
    assert brier_score(confidences, correct) == pytest.approx((2 * 0.01 + 2 * 0.81 + 0.16 + 0.36) / 6)
    scores = calibration_scores(confidences, correct)
    assert scores["accuracy"] == 0.5
    assert scores["confidence"] == pytest.approx(0.8)
    assert scores["tail overconfidence"] == pytest.approx(0.4)


def test_nothing_has_no_error() -> None:
    assert reliability_bins([], []) == []
    assert all(math.isnan(value) for value in calibration_scores([], []).values())
    assert math.isnan(calibration_scores([0.5], [1])["tail overconfidence"])


@pytest.mark.parametrize(
    ("confidences", "correct", "message"),
    [
        ([0.5, 0.5], [1], "do not belong"),
        ([1.5], [1], "outside"),
        ([math.nan], [1], "outside"),
        ([-0.1], [0], "outside"),
    ],
)
def test_what_is_no_prediction_is_refused(confidences: list[float], correct: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        calibration_scores(confidences, correct)
    with pytest.raises(ValueError, match="at least one"):
        reliability_bins([0.5], [1], bins=0)


@settings(deadline=None)
@given(predictions())
def test_the_mean_outcome_is_overconfidence(arrays: Arrays) -> None:
    outcomes = [
        overconfidence_outcome(Item(str(place), "a", cluster="c"), [sure], [right], {})
        for place, (sure, right) in enumerate(zip(*arrays, strict=True))
    ]
    assert all(0.0 <= outcome.value <= 1.0 and outcome.cluster == "c" for outcome in outcomes)
    assert 2 * np.mean([o.value for o in outcomes]) - 1 == pytest.approx(overconfidence(*arrays))
    assert overconfidence_outcome(Item("1", "a"), *arrays, {}).value == pytest.approx((overconfidence(*arrays) + 1) / 2)


def test_an_item_with_nothing_to_be_sure_of_is_calibrated_and_no_number_is_none() -> None:
    assert overconfidence_outcome(Item("1", "a"), [], [], {}).value == 0.5
    assert math.isnan(overconfidence_outcome(Item("1", "a"), [math.nan], [0], {}).value)
