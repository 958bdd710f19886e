"""A rate against one that was only estimated: the estimate's uncertainty is part of the test."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.counts import EXACT, CountNoise, rate_gain
from tocsin.alarm.e_process import Floats, StartMixture, log_mean_exp, log_or_nothing, per_cell

_EXPONENTS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
_STEPS = 60  # candidate rates, around what the calibration says; two more intervals hold all others
_KEPT = 0.01  # of the rounds' capital, never staked: a rate that only the calibration excludes is excluded for good
_BELOW, _ABOVE = 6.0, 8.0  # standard deviations of the calibration that they reach


class EstimatedRate:
    """E-processes of the sum of outcomes per cell, against a rate of which only a finite calibration is known.

    Null: there is a rate q for each cell such that the calibration's outcomes have a mean of at least q, and those of
    every round one of at most q + `tolerance`, on average over their items and given the past. Units of independence:
    the item, in calibration and rounds, and the noise of each sum.
    For each candidate q the calibration is an e-value against "the rate is q or more",

        F(q) = 1/2 + 1/2 mean over b of exp(-b S_0 - N_0 log(1 - q (1 - e^-b)) - noise),

    and the rounds are the e-process M(q) of `KnownRate` at q + tolerance. At the true q their product is an e-process,
    so

        E = min over q of F(q) M(q)

    is under it, whatever q is: nothing is plugged in, and no part of the level is set aside. In between candidates the
    smaller F (of the lower one) and the smaller M (of the higher one) are taken. The fewer items the calibration has,
    the larger an effect has to be: plan at least 1,000 for a small one.

    What breaks it: a calibration on other kinds of items or clients than the rounds, or a rate that varies between
    clients while the roster changes: use `missing` and pairs (`PairedCounts`) there.

    Arguments are the calibration's sum and number of items, (cells,), with their noise. Raises ValueError for a number
    that is not above 0.
    """

    def __init__(
        self,
        bad: NDArray[np.floating],
        number: NDArray[np.floating],
        rounds: int,
        tolerance: float,
        noise: CountNoise = EXACT,
    ) -> None:
        self._cells = len(bad)
        sums, items = per_cell("bad", bad, self._cells), per_cell("number", number, self._cells)
        if not (items > 0.0).all() or np.isnan(sums).any():
            raise ValueError("a calibration without items, or one that is unknown, says nothing of a rate")
        if not 0.0 <= tolerance < 1.0:
            raise ValueError(f"a tolerance of {tolerance} is not in [0, 1)")
        rates = _candidates(sums, items, noise)[:, np.newaxis]
        self._log_f = _log_calibration(sums, items, rates[..., :-1], rates[..., 1:], noise)
        self._up: Floats = np.array(_EXPONENTS)[:, np.newaxis]
        self._each = np.log1p(np.minimum(1.0, rates[..., 1:] + tolerance) * np.expm1(self._up))
        self._process = StartMixture((self._cells, len(_EXPONENTS), rates.shape[-1] - 1), rounds)

    def update(self, bad: NDArray[np.floating], number: NDArray[np.floating], noise: CountNoise = EXACT) -> Floats:
        """The next release, each (cells,), NaN where unknown. Returns log_e, (cells,); unknown cells are skipped."""
        s, n = (per_cell(*what, self._cells) for what in (("bad", bad), ("number", number)))
        known = (n > 0) & ~np.isnan(s)
        self._process.start(known)
        gain = rate_gain(s[:, np.newaxis, np.newaxis], n[:, np.newaxis, np.newaxis], self._up, self._each, noise)
        self._process.multiply(gain, known)
        return self.log_e

    @property
    def log_e(self) -> Floats:
        """Each cell's log e-value after the releases so far, (cells,)."""
        log_m = log_mean_exp(self._process.log_m, axis=1)
        cash = log_or_nothing(self._process.cash)[:, np.newaxis]
        rounds = np.logaddexp(np.log1p(-_KEPT) + np.logaddexp(log_m, cash), np.log(_KEPT))
        got: Floats = (self._log_f + rounds).min(axis=1)
        return got

    def state(self) -> dict[str, Any]:
        """Plain values that JSON can hold: of the rounds. The calibration is given again."""
        return self._process.state()

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from `state`. Raises ValueError when it is of another number of cells."""
        self._process.restore(state)


def _candidates(bad: Floats, number: Floats, noise: CountNoise) -> Floats:
    """Rates from 0 to 1, ascending, (cells, steps + 3). Which they are costs power at most: all are covered."""
    middle = np.clip(bad / number, 0.0, 1.0)
    spread = middle * (1.0 - middle) / number + (noise.sums.variance + noise.number.variance + 1.0) / number**2
    reach = np.sqrt(spread)[:, np.newaxis] * np.linspace(-_BELOW, _ABOVE, _STEPS + 1)
    inner = np.clip(middle[:, np.newaxis] + reach, 0.0, 1.0)
    return np.hstack([np.zeros((len(bad), 1)), inner, np.ones((len(bad), 1))])


def _log_calibration(bad: Floats, number: Floats, low: Floats, high: Floats, noise: CountNoise) -> Floats:
    """log F, (cells, steps), at most what it is anywhere between the candidates `low` and `high`, (cells, 1, steps)."""
    down = np.array(_EXPONENTS)[:, np.newaxis]
    each = -np.log1p(low * np.expm1(-down))
    most = -np.log1p(high * np.expm1(-down))
    gain = -down * (bad[:, np.newaxis, np.newaxis] + noise.rounding) + each * number[:, np.newaxis, np.newaxis]
    gain = gain - noise.sums.log_moment(down) - noise.number.log_moment(most)
    got: Floats = np.logaddexp(0.0, log_mean_exp(gain, axis=1)) - np.log(2.0)
    return got
