"""An interval that may be looked at after every item: stop when it is narrow, or when it excludes 0."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tocsin.behaviour.statistics.interval import Interval
from tocsin.behaviour.statistics.quantiles import normal_quantile

Floats = NDArray[np.float64]

_STEPS = 1000  # candidate means lie this many steps apart over the whole range
_HALF_WIDTHS = (0.02, 0.05, 0.15)  # of the range: at which one of the bets does best, where no aim is given
_MOST = 0.9  # of the capital that one item may cost
_EDGE = 1e-9


class ConfidenceSequence:
    """Intervals for the mean of bounded values that hold at all times at once: look, stop, go on as you like.

    With probability `level` the mean is in *every* interval of the sequence, whatever the values' distribution
    in [low, high]. Each candidate mean m is a bet that no strategy can win from but by chance: capital is
    multiplied by 1 + l (x - m), with a stake l that only earlier values decide; an m against which capital has
    grown 2 / (1 - level) times, on either side, is out for good (Ville's inequality). This is the hedged capital of
    Waudby-Smith & Ramdas ("Estimating means of bounded random variables by betting", JRSS-B, 2024). Their stakes
    shrink with time; ours are w / (variance so far), the best ones for an interval of half-width w, their capitals
    averaged over several w. To end at a half-width known beforehand give it as `aim`: that saves about a fifth.

    With a `population` the values are drawn without replacement from that many, and the mean is theirs (the
    paper's section 5): the interval closes as the last is added. Otherwise values are independent draws.
    Either way the items must come in random order, whole pool shuffled: groups or clusters in turn are no random
    order. Then clusters do no harm, as the mean is that of the pool and not of other clusters.

    Raises ValueError for a level outside (0, 1), low >= high, a population below 1 and an aim not above 0.
    """

    def __init__(
        self,
        level: float = 0.95,
        low: float = 0.0,
        high: float = 1.0,
        population: int | None = None,
        aim: float | None = None,
    ) -> None:
        normal_quantile(level)
        if not low < high:
            raise ValueError(f"values cannot lie between {low} and {high}")
        if population is not None and population < 1:
            raise ValueError(f"a population of {population} has no mean")
        if aim is not None and not aim > 0.0:
            raise ValueError(f"an interval cannot end at a half-width of {aim}")
        self._low, self._range, self._population = low, high - low, population
        self._threshold = 2.0 / (1.0 - level)
        widths = _HALF_WIDTHS if aim is None else (aim / self._range,)
        self._widths: Floats = np.array(widths)[:, np.newaxis]
        self._means: Floats = np.linspace(0.0, 1.0, _STEPS + 1)
        self._above: Floats = np.ones((len(widths), _STEPS + 1))  # capital from betting that the mean is above
        self._below: Floats = np.ones((len(widths), _STEPS + 1))
        self._first, self._last = 0, _STEPS  # the candidates that are left, and one more to either side
        self._n, self._total, self._squares = 0, 0.0, 0.0

    def add(self, values: Sequence[float]) -> None:
        """Take what was measured on the next items, in the order in which they were drawn.

        Raises ValueError for a value outside [low, high], and for more values than the population has.
        """
        scaled = (np.asarray(values, float) - self._low) / self._range
        if not ((scaled >= -_EDGE) & (scaled <= 1.0 + _EDGE)).all():
            raise ValueError(f"a value is outside [{self._low:g}, {self._low + self._range:g}]")
        if self._population is not None and self._n + len(scaled) > self._population:
            raise ValueError(f"there are more values than the population of {self._population} has")
        for value in scaled.tolist():
            self._bet(min(1.0, max(0.0, value)))

    def _bet(self, value: float) -> None:
        left = slice(self._first, self._last + 1)
        means = self._means[left]
        if self._population is not None:  # what is left has this mean, if all have that one
            means = (self._population * means - self._total) / (self._population - self._n)
        means = np.clip(means, _EDGE, 1.0 - _EDGE)
        stakes = self._widths / self._variance()
        above, below = self._above[:, left], self._below[:, left]
        above *= 1.0 + np.minimum(stakes, _MOST / means) * (value - means)
        below *= 1.0 - np.minimum(stakes, _MOST / (1.0 - means)) * (value - means)
        self._n, self._total, self._squares = self._n + 1, self._total + value, self._squares + value**2
        # Along the grid the one capital falls and the other rises, so what is out lies at its two ends. The
        # outermost candidate out stays in sight: the mean may lie between it and the next.
        low = _leading(above.mean(axis=0) >= self._threshold)
        high = _leading(below.mean(axis=0)[::-1] >= self._threshold)
        self._first += max(0, low - 1)
        self._last -= max(0, high - 1)

    def _variance(self) -> float:
        """Of the values so far and one more observation as spread as can be, a half from the middle."""
        n = self._n + 1
        mean = (self._total + 0.5) / n
        return max(1e-4, (self._squares + 0.5) / n - mean**2)

    @property
    def interval(self) -> Interval:
        """The mean so far, and between what the mean of all may lie; the middle and everything before any value."""
        low, high = float(self._means[self._first]), float(self._means[self._last])
        if self._population is not None:  # what is not yet drawn may be all low, or all high
            low = max(low, self._total / self._population)
            high = min(high, (self._total + self._population - self._n) / self._population)
        mean = self._total / self._n if self._n else 0.5
        low, mean, high = (self._low + self._range * end for end in (min(low, mean), mean, max(high, mean)))
        return Interval(mean, low, high, self._n)


def _leading(flags: NDArray[np.bool_]) -> int:
    """How many of `flags` are set before the first that is not."""
    return int(np.argmin(np.append(flags, False)))
