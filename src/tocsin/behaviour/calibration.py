"""Whether a model is as often right as it is sure: errors of calibration, and the picture behind them.

Throughout, `confidences` has shape (n,) and lies in [0, 1], the probability of what the model would say, and
`correct` has shape (n,), whether that is right. What is not defined, such as an error over nothing, is NaN.
"""

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tocsin.behaviour.probe import Item, Outcome

BINS = 15
"""As many as Guo et al. (2017) use."""

TAIL = 0.9
"""A confidence from which on a model counts as sure."""


class Bin(NamedTuple):
    """One bar of a reliability diagram: `size` predictions with confidences in (low, high] (the first bar takes
    `low` too), their mean confidence and the share of them that are correct."""

    low: float
    high: float
    size: int
    confidence: float
    accuracy: float


def reliability_bins(
    confidences: ArrayLike, correct: ArrayLike, bins: int = BINS, equal_mass: bool = False
) -> list[Bin]:
    """The bars of a reliability diagram (DeGroot & Fienberg, 1983), from low to high; empty ones are left out.

    `bins` bins of equal width over [0, 1], or of equal mass: cut at quantiles of the confidences, so that equal
    ones stay together. The same bins as scikit-learn's `calibration_curve`. Raises ValueError for arrays of
    different lengths, confidences outside [0, 1], and bins < 1.
    """
    confidence, right = _checked(confidences, correct)
    if bins < 1:
        raise ValueError(f"{bins} bins: there must be at least one")
    if not len(confidence):
        return []
    shares = np.linspace(0.0, 1.0, bins + 1)
    edges = np.percentile(confidence, shares * 100) if equal_mass else shares
    places = np.searchsorted(edges[1:-1], confidence)
    counts = np.bincount(places, minlength=bins)
    sure = np.bincount(places, weights=confidence, minlength=bins)
    hits = np.bincount(places, weights=right, minlength=bins)
    return [
        Bin(
            float(edges[place]),
            float(edges[place + 1]),
            int(counts[place]),
            float(sure[place] / counts[place]),
            float(hits[place] / counts[place]),
        )
        for place in np.flatnonzero(counts)
    ]


def calibration_error(confidences: ArrayLike, correct: ArrayLike, bins: int = BINS) -> float:
    """ECE, in [0, 1]: the mean over predictions of |accuracy - confidence| of their bin, bins of equal width
    (Naeini et al., 2015; Guo et al., 2017, arXiv 1706.04599, equation 3). Raises ValueError as
    `reliability_bins` does.

    Both errors of this kind are biased upwards: few predictions to a bin look miscalibrated by chance alone.
    """
    return _error(reliability_bins(confidences, correct, bins))


def adaptive_calibration_error(confidences: ArrayLike, correct: ArrayLike, bins: int = BINS) -> float:
    """The same with bins of equal mass (Nixon et al., 2019, arXiv 1904.01685, here for the likeliest class
    alone): most of a model's confidences crowd into a few bins of equal width."""
    return _error(reliability_bins(confidences, correct, bins, equal_mass=True))


def brier_score(confidences: ArrayLike, correct: ArrayLike) -> float:
    """The mean of (confidence - correct)^2, in [0, 1] (Brier, 1950)."""
    confidence, right = _checked(confidences, correct)
    return float(np.mean((confidence - right) ** 2)) if len(confidence) else nan


def overconfidence(confidences: ArrayLike, correct: ArrayLike, above: float = 0.0) -> float:
    """Mean confidence less accuracy where the confidence is at least `above`, in [-1, 1]; positive is too sure."""
    confidence, right = _checked(confidences, correct)
    kept = confidence >= above
    return float(np.mean((confidence - right)[kept])) if kept.any() else nan


def calibration_scores(confidences: ArrayLike, correct: ArrayLike) -> dict[str, float]:
    """The figures by which calibration is reported."""
    confidence, right = _checked(confidences, correct)
    return {
        "ECE": calibration_error(confidence, right),
        "adaptive ECE": adaptive_calibration_error(confidence, right),
        "Brier": brier_score(confidence, right),
        "accuracy": float(right.mean()) if len(right) else nan,
        "confidence": float(confidence.mean()) if len(confidence) else nan,
        "tail overconfidence": overconfidence(confidence, right, above=TAIL),
    }


def overconfidence_outcome(
    item: Item, confidences: ArrayLike, correct: ArrayLike, details: dict[str, float]
) -> Outcome:
    """An item's signed overconfidence, moved from [-1, 1] to [0, 1]: .5 is calibrated, 1 is sure and wrong.

    Signed, so that its mean over items is an unbiased estimate of mean confidence less accuracy, which a test item
    by item needs; a binned error is neither. An item with nothing to be sure of has .5.
    """
    gaps = np.asarray(confidences, np.float64) - np.asarray(correct, np.float64)
    value = (float(gaps.mean()) + 1.0) / 2.0 if len(gaps) else 0.5
    return Outcome(item.id, item.group, value, item.cluster, details)


def _error(bins: Sequence[Bin]) -> float:
    count = sum(bar.size for bar in bins)
    return sum(bar.size * abs(bar.accuracy - bar.confidence) for bar in bins) / count if count else nan


def _checked(confidences: ArrayLike, correct: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    confidence, right = np.asarray(confidences, np.float64), np.asarray(correct, np.float64)
    if confidence.shape != right.shape or confidence.ndim != 1:
        raise ValueError(f"confidences of shape {confidence.shape} do not belong to {right.shape} of correct")
    if not ((confidence >= 0.0) & (confidence <= 1.0)).all():  # NaN too
        raise ValueError("a confidence is outside [0, 1]")
    return confidence, right
