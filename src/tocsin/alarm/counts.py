"""The server's tests of counts: noisy sums of outcomes over the items of a roster."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.e_process import Floats, StartMixture, log_mean_exp, log_or_nothing, per_cell
from tocsin.alarm.laws import NO_NOISE, Gaussian
from tocsin.alarm.paired import TOLERANCE

_STAKES = (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)
_EXPONENTS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5)


@dataclass(frozen=True)
class CountNoise:
    """What is known of the noise in a release of counts.

    sums      in each sum of outcomes
    number    in the number of items; `NO_NOISE` where the number is public
    rounding  how far a sum may be off by rounding, in outcomes: clients * 1/32 where each rounds to 1/16
    """

    sums: Gaussian = NO_NOISE
    number: Gaussian = NO_NOISE
    rounding: float = 0.0


EXACT = CountNoise()


class PairedCounts:
    """E-processes of (worse, better) per cell: has the mean of paired differences risen above the tolerance?

    Null of a cell: in every round, d = worse part - better part has a mean of at most `tolerance` on average over the
    round's items, given the past. Units of independence: the item, drawn at random and with replacement for each
    client and round as in `Paired`, and the noise of each sum. With X the sum of worse parts, Y that of better parts
    and N the number of items,

        L = (1 + p)^X (1 - p)^Y (1 + tolerance p)^-N exp(-(a^2 + b^2) sd^2/2 - k^2 sd_N^2/2),    p in (0, 1),

    a = log(1+p), b = log(1-p), k = log(1 + tolerance p). For u, v in [0, 1] of which one is 0, (1+p)^u (1-p)^v <= 1 +
    p (u - v), as both sides agree at 0 and 1 and the left is convex; so an item's mean is at most 1 + p times its
    d's; the product of these is at most (1 + tolerance p)^N, geometric means being under arithmetic ones; and the last
    factor is a bound on the noise's moments. No flip rate has to be known: this is what pairs are for. It is linear
    in the sums, so they and N may be noisy.

    `missing` items were to come and did not. If a client can have dropped out *because* of how they scored, they
    count as having all gone to the better, the worst case: widened until nothing is left of small effects. Leave it 0
    only where dropping out was decided before they were scored.

    What breaks it: items asked again, items chosen by earlier outcomes, outcomes of other items in X than in N.

    Raises ValueError for a tolerance outside [0, 1).
    """

    def __init__(self, cells: int, rounds: int, tolerance: float = TOLERANCE) -> None:
        if not 0.0 <= tolerance < 1.0:
            raise ValueError(f"a tolerance of {tolerance} is not in [0, 1)")
        self._cells = cells
        stakes = np.array(_STAKES)
        self._up, self._down, self._each = np.log1p(stakes), np.log1p(-stakes), np.log1p(tolerance * stakes)
        self._process = StartMixture((cells, len(stakes)), rounds)

    def update(
        self,
        worse: NDArray[np.floating],
        better: NDArray[np.floating],
        number: NDArray[np.floating],
        noise: CountNoise = EXACT,
        missing: NDArray[np.floating] | float = 0.0,
    ) -> Floats:
        """The next release, each (cells,), NaN where unknown; `missing` is exact. Returns log_e, (cells,).

        A cell with an unknown, or a number that is not above 0, is skipped: no evidence. Hiding a cell whose noisy
        number is small is covered: the factor falls with the noise of N, so those shown have the smaller mean.
        """
        x, y, n = (
            per_cell(what, values, self._cells)[:, np.newaxis]
            for what, values in (("worse", worse), ("better", better), ("number", number))
        )
        gone = per_cell("missing", missing, self._cells)[:, np.newaxis]
        known = (n > 0)[:, 0] & ~np.isnan(x + y)[:, 0]
        log_l = self._up * x + self._down * (y + gone) - self._each * (n + gone)
        log_l -= noise.sums.log_moment(self._up) + noise.sums.log_moment(self._down)
        log_l -= noise.number.log_moment(self._each) + noise.rounding * (self._up - self._down)
        return _advance(self._process, log_l, known)

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return self._process.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError when it is of another number of cells."""
        self._process.restore(state)


class KnownRate:
    """E-processes of the sum of outcomes per cell against a rate that is known, by design or by decree.

    Null: in every round outcomes, in [0, 1], have a mean of at most `rate` (cells,) on average over the round's
    items, given the past. Units of independence as in `PairedCounts`. With S the sum and N the number of items

        L = exp(a S - k N - a^2 sd^2/2 - k^2 sd_N^2/2),    k = log(1 + rate (e^a - 1)),

    as exp(a s) <= 1 + s (e^a - 1) on [0, 1]. A rate that was *estimated* is not known: put here, it rings by itself
    (benchmarks/alarm_validity.py has how often). Use `baseline.EstimatedRate`.

    Raises ValueError for a rate outside [0, 1].
    """

    def __init__(self, rate: NDArray[np.floating], rounds: int) -> None:
        rates = np.asarray(rate, dtype=float)
        if rates.ndim != 1 or not ((rates >= 0.0) & (rates <= 1.0)).all():
            raise ValueError("rates are in [0, 1], one for each cell")
        self._cells = len(rates)
        self._up = np.array(_EXPONENTS)
        self._each = np.log1p(rates[:, np.newaxis] * np.expm1(self._up))
        self._process = StartMixture((self._cells, len(self._up)), rounds)

    def update(self, bad: NDArray[np.floating], number: NDArray[np.floating], noise: CountNoise = EXACT) -> Floats:
        """The next release, each (cells,), NaN where unknown. Returns log_e, (cells,); unknown cells are skipped."""
        s, n = (per_cell(*what, self._cells)[:, np.newaxis] for what in (("bad", bad), ("number", number)))
        known = (n > 0)[:, 0] & ~np.isnan(s)[:, 0]
        return _advance(self._process, rate_gain(s, n, self._up, self._each, noise), known)

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        return self._process.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError when it is of another number of cells."""
        self._process.restore(state)


def rate_gain(bad: Floats, number: Floats, up: Floats, each: Floats, noise: CountNoise) -> Floats:
    """log L of `KnownRate`; `up` is a, `each` is k, and all shapes broadcast."""
    gain: Floats = up * bad - each * number - noise.sums.log_moment(up) - noise.number.log_moment(each)
    return gain - noise.rounding * np.abs(up)


def _advance(process: StartMixture, log_l: Floats, known: NDArray[np.bool_]) -> Floats:
    process.start(known)
    process.multiply(log_l, known)
    return np.logaddexp(log_mean_exp(process.log_m), log_or_nothing(process.cash))
