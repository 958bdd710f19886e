"""A lower bound on epsilon from what an attacker can tell: the check that noise is what the ledger says it is."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class LowerBound:
    """With probability at least `confidence`, what was sampled is not (e, delta)-private for any e below `epsilon`."""

    epsilon: float
    confidence: float
    samples: int


def audit(without: Scores, with_: Scores, delta: float = 0.0, confidence: float = 0.95) -> LowerBound:
    """Audit a release from an attacker's scores of the server's view, on two neighbouring inputs.

    `without` (n,) and `with_` (m,) hold one score for each independent run of the whole mechanism on the one and on
    the other input. Any score will do; the log-likelihood ratio is the strongest (Neyman and Pearson). (epsilon,
    delta)-privacy bounds every test's power: TPR <= exp(epsilon) FPR + delta, and the same for the complements. The
    first half of the samples picks the event; the second half, which knows nothing of that, bounds its two
    probabilities by Clopper and Pearson, each at half of 1 - confidence (Jagielski, Ullman and Oprea 2020, "Auditing
    differentially private machine learning"). Raises ValueError for fewer than 4 samples of either.
    """

    def least(low: Scores, high: Scores) -> Scores:
        return np.log(np.maximum(low - delta, 1e-300) / high)

    found = _bound(without, with_, least, delta, confidence)
    return LowerBound(max(found, 0.0), confidence, len(without) + len(with_))


def audit_gaussian(without: Scores, with_: Scores, delta: float, confidence: float = 0.95) -> LowerBound:
    """As `audit`, where the noise is taken to be Gaussian of an unknown size: a far higher bound from as many samples.

    A Gaussian mechanism has the trade-off Phi^-1(TPR) - Phi^-1(FPR) <= mu, with equality for its likelihood ratio
    (Dong, Roth and Su 2022), so that every threshold bounds mu, and mu gives the epsilon at `delta` > 0 (Balle and
    Wang 2018, Theorem 8). Auditing in these terms is from Nasr et al. 2023, "Tight auditing of differentially private
    machine learning". It shows noise of the right shape and the wrong size; for the wrong shape use `audit`.
    """
    if delta <= 0:
        raise ValueError("a Gaussian has no epsilon at delta 0")
    mu = _bound(without, with_, lambda low, high: ndtri(low) - ndtri(high), delta, confidence)
    return LowerBound(_epsilon_of_gaussian(mu, delta), confidence, len(without) + len(with_))


def _epsilon_of_gaussian(mu: float, delta: float) -> float:
    def excess(epsilon: float) -> float:
        return float(ndtr(mu / 2 - epsilon / mu) - math.exp(epsilon) * ndtr(-mu / 2 - epsilon / mu)) - delta

    if mu <= 0 or excess(0.0) <= 0:
        return 0.0
    low, high = 0.0, 1.0
    while excess(high) > 0:
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return low


def _bound(
    without: Scores, with_: Scores, least: Callable[[Scores, Scores], Scores], delta: float, confidence: float
) -> float:
    """`least` at the event that the first half of the samples picks, with limits from the second.

    `least(low, high)` says how large the parameter is when an event has at least probability `low` on one input, and
    at most `high` on the other.
    """
    if min(len(without), len(with_)) < 4 or not 0 < confidence < 1 or not 0 <= delta < 1:
        raise ValueError("an audit needs 4 samples of each input or more, and a confidence and delta below 1")
    error = (1 - confidence) / 2
    picking = without[: len(without) // 2], with_[: len(with_) // 2]
    fresh = without[len(without) // 2 :], with_[len(with_) // 2 :]

    def at(samples: tuple[Scores, Scores], cuts: Scores, above: bool, flipped: bool) -> Scores:
        one, other = samples[::-1] if flipped else samples
        low = _at_least(_beyond(one, cuts, above), len(one), error)
        return least(low, _at_most(_beyond(other, cuts, above), len(other), error))

    cuts = np.unique(np.concatenate(picking))
    events = [(above, flipped) for above in (True, False) for flipped in (True, False)]
    values = np.stack([at(picking, cuts, *event) for event in events])
    best, cut = np.unravel_index(values.argmax(), values.shape)
    return float(at(fresh, cuts[cut : cut + 1], *events[best])[0])


def _beyond(scores: Scores, cuts: Scores, above: bool) -> NDArray[np.int64]:
    """How many scores are at least (or at most) each cut."""
    ordered = np.sort(scores)
    if above:
        return len(scores) - np.searchsorted(ordered, cuts, side="left")
    return np.searchsorted(ordered, cuts, side="right")


def _at_least(hits: NDArray[np.int64], n: int, error: float) -> NDArray[np.float64]:
    """Clopper and Pearson's one-sided lower limit of a rate."""
    return np.where(hits == 0, 0.0, betaincinv(np.maximum(hits, 1), n - hits + 1, error))


def _at_most(hits: NDArray[np.int64], n: int, error: float) -> NDArray[np.float64]:
    """Clopper and Pearson's one-sided upper limit of a rate."""
    return np.where(hits == n, 1.0, betaincinv(hits + 1, np.maximum(n - hits, 1), 1 - error))
