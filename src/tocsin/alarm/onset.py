"""When it began, and how bad it is now: a posterior over change points in a path of noisy values.

A Bayesian change-point model (Smith, "A Bayesian approach to inference about a change-point in a sequence of random
variables", Biometrika 62, 1975) with known noise. Before its onset a path has a level near 0; from then on it rises to
what it is now. Either each round takes the same share of what is left to lose, as training on the same data round after
round does, or a rise is linear. It came "at once" where the first round takes more than half, and else over several
rounds. All onsets are equally likely beforehand, so are these two, and so are the shapes in each; the present effect
has a flat prior on (0, inf). Everything is in closed form, nothing is drawn.

An interval is a credible one: over onsets as likely as the prior says it covers as stated; `tests/test_alarm_onset.py`
simulates its coverage, also where the path was stopped by an alarm, the case of Saha & Ramdas ("Post-detection
inference for sequential changepoint localization", arXiv 2502.06096), whose frequentist sets need a class of
distributions after the change, which we do not have.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, logsumexp, ndtr, ndtri

Floats = NDArray[np.float64]

_AT_ONCE = (1.0, 0.9, 0.8, 0.7, 0.6)
_SHARES = (0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05)
"""Shares of what is left that a round may take."""

_LENGTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
"""Rounds that a linear rise (2 or more), or a sentinel, may take. Neighbours are too close to be told apart."""

_BARRIER = 9.0
"""What a sentinel's evidence has to reach, in nats: about ln(30 starts * 12 streams / .05). Enters by its root."""


@dataclass(frozen=True, slots=True)
class Onset:
    """The round it began and the effect now, medians and central credible intervals.

    `effect` is in the unit of the values; for trips it is their sum so far. `at_once` is the probability in [0, 1]
    that most of it came within one round rather than over several; for trips it is unknown (.5).
    """

    round: int
    low: int
    high: int
    effect: float
    effect_low: float
    effect_high: float
    at_once: float


def estimate_onset(
    rounds: Sequence[int],
    values: Sequence[float],
    sds: Sequence[float],
    rang: int,
    drift: float,
    path: Literal["level", "trips"] = "level",
    level: float = 0.95,
) -> Onset:
    """Of one stream that rang in round `rang`, from its known readings (one or more).

    rounds, values, sds  shape (n,): rounds ascending, gaps allowed; sds > 0
    drift                standard deviation of the level before onset: what a study tolerates as healthy; >= 0
    path                 `level`: values keep their level; `trips`: each client counts once, in the round of its trip

    Of trips the spread tells how long sentinels needed. To reach h nats at g nats a round takes an inverse
    Gaussian time with mean m = h/g and variance 2 m^2/h, because a log-optimal bet's evidence has a variance of twice
    its mean; so trips that are spread wide began long ago. The onset is read from trips until the alarm: the slowest
    sentinels do not follow this law. Raises ValueError when nothing was known by `rang`.
    """
    at, y, sd = (np.asarray(x, float) for x in (rounds, values, sds))
    if not len(at) or at[0] > rang:
        raise ValueError(f"nothing was known by round {rang}")
    tails = (0.5, (1.0 - level) / 2.0, (1.0 + level) / 2.0)
    if path == "trips":
        total = np.maximum(0.0, y.sum() + ndtri(tails) * math.sqrt(float((sd**2).sum())))
        early = at <= rang
        at, y, sd = at[early], y[early], sd[early]
        sd = np.sqrt(sd**2 + np.maximum(y, 1.0))  # clients trip by chance: about Poisson
    first, last = int(at[0]), int(at[-1])
    starts, at_once, shapes, log_prior = (_bumps if path == "trips" else _rises)(at, first, last, min(rang, last))
    w = 1.0 / sd**2
    # Noise and the unknown level before onset have covariance diag(sd^2) + drift^2: its inverse by Sherman-Morrison.
    shrink = drift**2 / (1.0 + drift**2 * w.sum())
    weighted = shapes * w - shrink * (shapes @ w)[:, None] * w
    information: Floats = (weighted * shapes).sum(axis=1)
    mean: Floats = (weighted @ y) / information
    sigma = 1.0 / np.sqrt(information)
    log_p = log_prior + 0.5 * (mean / sigma) ** 2 + np.log(sigma) + log_ndtr(mean / sigma)
    p: Floats = np.exp(log_p - logsumexp(log_p))

    by_round = np.bincount((starts - first).astype(int), weights=p).cumsum()
    middle, low, high = (first + int(np.searchsorted(by_round, q * by_round[-1])) for q in tails)
    if path == "trips":
        return Onset(middle, low, high, float(total[0]), float(total[1]), float(total[2]), 0.5)
    effect, effect_low, effect_high = (_effect_quantile(q, p, mean, sigma) for q in tails)
    return Onset(middle, low, high, effect, effect_low, effect_high, min(1.0, float(p[at_once].sum())))


_Shapes = tuple[Floats, NDArray[np.bool_], Floats, Floats]
"""For each shape its start, whether most of it comes at once, its values at the known rounds, (shapes, n), in which 1
is what is told as the effect, and its log prior."""


def _rises(at: Floats, first: int, last: int, latest: int) -> _Shapes:
    rows: list[tuple[float, ...]] = []  # start, share or 0, length or 0, at once, prior
    for start in range(first, latest + 1):
        lengths = [length for length in _LENGTHS if 2 <= length <= last - start + 1]
        rest = 0.5 / (len(_SHARES) + len(lengths))
        rows += [(start, share, 0, 1, 0.5 / len(_AT_ONCE)) for share in _AT_ONCE]
        rows += [(start, share, 0, 0, rest) for share in _SHARES]
        rows += [(start, 0, length, 0, rest) for length in lengths]
    starts, share, length, at_once, prior = np.array(rows, float).T

    def risen(rounds: Floats) -> Floats:
        """After so many rounds, the one of the onset included; at most 1."""
        into = np.maximum(rounds, 0.0)
        linear = np.minimum(into / np.maximum(length, 1.0)[:, None], 1.0)
        done: Floats = np.where(length[:, None] > 0, linear, 1.0 - (1.0 - share[:, None]) ** into)
        return done

    begun = starts[:, None] - 1.0
    return starts, at_once > 0, risen(at - begun) / risen(last - begun), np.log(prior)


def _bumps(at: Floats, first: int, last: int, latest: int) -> _Shapes:
    pairs = [(start, mean) for start in range(first, latest + 1) for mean in _LENGTHS if mean <= 2 * (last - start + 1)]
    starts, means = np.array(pairs, float).T
    into = at[None, :] - starts[:, None] + 1.0
    shapes = _trips_by(into, means) - _trips_by(into - 1.0, means)
    shapes /= _trips_by((last - starts + 1.0)[:, None], means)
    return starts, np.zeros(len(starts), bool), shapes, np.zeros(len(starts))


def _trips_by(rounds: Floats, means: Floats) -> Floats:
    """The inverse Gaussian's distribution function: mean `means`, (shapes,), shape parameter h * mean / 2."""
    x = np.maximum(rounds, 1e-9)
    m = means[:, None]
    root = np.sqrt(_BARRIER * m / (2.0 * x))
    below = ndtr(root * (x / m - 1.0)) + np.exp(_BARRIER + log_ndtr(-root * (x / m + 1.0)))
    return np.where(rounds > 0.0, np.maximum(below, 1e-12), 0.0)


def _effect_quantile(q: float, p: Floats, mean: Floats, sigma: Floats) -> float:
    """Of a mixture of normals, each cut off at 0."""
    cut = ndtr(-mean / sigma)
    low, high = 0.0, float(max(0.0, mean.max()) + 10.0 * sigma.max())
    for _ in range(40):
        middle = (low + high) / 2.0
        below = (ndtr((middle - mean) / sigma) - cut) / np.maximum(1.0 - cut, 1e-300)
        low, high = (middle, high) if float((p * below).sum()) < q else (low, middle)
    return math.fsum((low, high)) / 2.0
