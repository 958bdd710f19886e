"""Intervals and p-values for sums of outcomes: small samples, bounded values, no model of the outcomes.

Everything works from `n` and two sums, of the values and of their squares, because sums are all that leaves a
client. Only `scipy.special` is imported: `scipy.stats` takes a second that every command would pay.

All of it takes items as independent draws. Items that one template made resemble each other, so a statement
about *other* templates is weaker than these intervals say.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite, nextafter, sqrt

from scipy.special import bdtr, ndtr, ndtri, stdtr, stdtrit

Sums = tuple[int, float, float]
"""n, the sum of n values, the sum of their squares."""


@dataclass(frozen=True)
class Interval:
    """An estimate from `n` items and a two-sided confidence interval around it, low <= estimate <= high."""

    estimate: float
    low: float
    high: float
    n: int


def mean_interval(n: int, total: float, squares: float, level: float = 0.95) -> Interval:
    """The mean of `n` outcomes in [0, 1] from their sum and sum of squares.

    Outcomes that are all 0 or 1 get Wilson's score interval (Wilson, 1927; recommended for small n by
    Brown, Cai & DasGupta, 2001). Others get the same interval at the effective size n * p(1 - p) /
    variance (Korn & Graubard, 1998, do so for survey means) with Student's quantile. Their variance takes
    one more observation that is as spread as an outcome in [0, 1] can be, p(1 - p): that keeps the
    interval open when few, skewed or equal outcomes hide their spread, and fades with 1/n.

    What it cannot see it cannot cover: where one outcome in twenty is 1 and the rest lie near .1, 95% intervals
    hold the mean in 84% of samples of 20 and 93% of 100 (simulated). Bounds that always hold are far wider.

    Raises ValueError for n < 1, for sums that no outcomes in [0, 1] can have, and for a level outside (0, 1).
    """
    _check(n, total, squares)
    if _flips(total, squares):
        return _wilson(n, total / n, n, _normal_quantile(level))
    mean = total / n
    binary = mean * (1.0 - mean)
    variance = (max(0.0, squares - n * mean**2) + binary) / n
    return _wilson(n, mean, n * max(1.0, binary / variance), _student_quantile(level, n))


def difference_interval(
    n: int, worse: tuple[float, float], better: tuple[float, float], level: float = 0.95
) -> Interval:
    """The mean paired change over `n` items, in [-1, 1]: positive is worse.

    `worse` and `better` are each (sum, sum of squares) of the change's parts max(0, d) and max(0, -d).
    Changes of -1, 0, 1 get Tango's score interval for paired proportions (Tango, 1998), which stays open
    where no item changed. Others get Student's interval; its variance takes one more observation at the
    typical size of a change, sum of squares / sum of sizes.

    Raises ValueError for n < 1, for sums that no changes can have, and for a level outside (0, 1).
    """
    size, power = _check_pair(n, worse, better)
    mean = (worse[0] - better[0]) / n
    if _flips(size, power):
        low, high = _tango(n, round(worse[0]), round(better[0]), _normal_quantile(level))
    else:
        reach = _student_quantile(level, n) * _paired_error(n, mean, size, power)
        low, high = mean - reach, mean + reach
    return Interval(mean, max(-1.0, min(low, mean)), min(1.0, max(high, mean)), n)


def difference_of_means(a: Sums, b: Sums, level: float = 0.95) -> Interval:
    """The mean of `a` less the mean of `b`, two independent samples of outcomes in [0, 1]; n is the
    smaller n.

    Newcombe's hybrid score interval (Newcombe, 1998, method 10) for 0/1 outcomes; the same recovery of
    variances from the two `mean_interval`s (MOVER; Zou & Donner, 2008) for others. Raises ValueError as
    `mean_interval` does.
    """
    one, two = mean_interval(*a, level), mean_interval(*b, level)
    difference = one.estimate - two.estimate
    low = difference - sqrt((one.estimate - one.low) ** 2 + (two.high - two.estimate) ** 2)
    high = difference + sqrt((one.high - one.estimate) ** 2 + (two.estimate - two.low) ** 2)
    return Interval(difference, max(-1.0, low), min(1.0, high), min(one.n, two.n))


def paired_p(n: int, worse: tuple[float, float], better: tuple[float, float]) -> float:
    """Two-sided p-value that the mean paired change is 0; arguments as in `difference_interval`.

    McNemar's mid-p test for changes of -1, 0, 1 (Fagerland, Lydersen & Laake, 2013), else Student's test
    with the same variance as the interval. Without any change it is 1.
    """
    size, power = _check_pair(n, worse, better)
    if size == 0.0:
        return 1.0
    if _flips(size, power):
        few, many = sorted((round(worse[0]), round(better[0])))
        below = float(bdtr(few - 1, few + many, 0.5)) if few else 0.0
        return min(1.0, below + float(bdtr(few, few + many, 0.5)))  # 2 P(X < few) + P(X = few)
    mean = (worse[0] - better[0]) / n
    return _student_p(mean / _paired_error(n, mean, size, power), n - 1)


def unpaired_p(a: Sums, b: Sums) -> float:
    """Two-sided p-value that two independent samples of outcomes in [0, 1] have the same mean.

    The "N - 1" chi-squared test for 0/1 outcomes (Campbell, 2007); else Welch's test, each variance with
    one more observation as spread as an outcome can be (see `mean_interval`). Raises ValueError as
    `mean_interval` does.
    """
    for sample in (a, b):
        _check(*sample)
    (n, total, squares), (m, other, other_squares) = a, b
    difference = total / n - other / m
    if _flips(total, squares) and _flips(other, other_squares):
        pooled = (total + other) / (n + m)
        error = sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m) * (n + m) / (n + m - 1))
        return float(2.0 * ndtr(-abs(difference) / error)) if error > 0.0 else 1.0
    first, second = _mean_variance(*a), _mean_variance(*b)
    if first + second == 0.0:
        return 1.0 if difference == 0.0 else 0.0
    freedom = (first + second) ** 2 / (first**2 / max(1, n - 1) + second**2 / max(1, m - 1))
    return _student_p(difference / sqrt(first + second), freedom)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (Holm, 1979), in the order given: p <= level keeps the
    family-wise error.

    Valid under any dependence. Raises ValueError for a p-value outside [0, 1].
    """
    if not all(0.0 <= p <= 1.0 for p in p_values):
        raise ValueError("a p-value is outside [0, 1]")
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _check(n: int, total: float, squares: float) -> None:
    slack = 1e-6 * max(n, 1)
    if n < 1:
        raise ValueError(f"{n} items: an interval needs at least one")
    if not (isfinite(total) and total**2 / n - slack <= squares <= total + slack <= n + 2 * slack):
        raise ValueError(f"no {n} outcomes in [0, 1] have sum {total} and sum of squares {squares}")


def _check_pair(n: int, worse: tuple[float, float], better: tuple[float, float]) -> tuple[float, float]:
    """The sum of the sizes of all changes, and of their squares."""
    for part in (worse, better):
        _check(n, *part)
    size, power = worse[0] + better[0], worse[1] + better[1]
    _check(n, size, power)  # both parts of one item are never above 0
    return size, power


def _flips(total: float, squares: float) -> bool:
    """Whether all values were 0 or 1: v - v^2 >= 0 adds up to 0 only then. The slack is for sums of
    floats.
    """
    return total - squares <= 1e-9 * max(1.0, total)


def _normal_quantile(level: float) -> float:
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level of {level} is outside (0, 1)")
    return float(ndtri(0.5 + level / 2.0))


def _student_quantile(level: float, n: int) -> float:
    _normal_quantile(level)
    return float(stdtrit(max(1, n - 1), 0.5 + level / 2.0))


def _student_p(statistic: float, freedom: float) -> float:
    return float(2.0 * stdtr(max(1.0, freedom), -abs(statistic)))


def _wilson(n: int, mean: float, size: float, z: float) -> Interval:
    mean = min(1.0, max(0.0, mean))
    centre = (mean + z**2 / (2.0 * size)) / (1.0 + z**2 / size)
    reach = z * sqrt(mean * (1.0 - mean) / size + z**2 / (4.0 * size**2)) / (1.0 + z**2 / size)
    return Interval(mean, max(0.0, min(mean, centre - reach)), min(1.0, max(mean, centre + reach)), n)


def _mean_variance(n: int, total: float, squares: float) -> float:
    mean = total / n
    return (max(0.0, squares - n * mean**2) + max(0.0, mean * (1.0 - mean))) / n**2


def _paired_error(n: int, mean: float, size: float, power: float) -> float:
    """Standard error of a mean change that is not a flip; never 0, for then `power` would be 0 and flips
    hold.
    """
    return sqrt(max(0.0, power - n * mean**2) + (power / size) ** 2) / n


def _tango(n: int, worse: int, better: int, z: float) -> tuple[float, float]:
    """Where Tango's score statistic for a difference of paired proportions crosses -z and z."""
    change = (worse - better) / n

    def statistic(delta: float) -> float:
        # The likeliest share of flips to the better when the difference is `delta` (Tango, 1998, equation 5).
        linear = -worse - better + (2 * n - worse + better) * delta
        constant = -better * delta * (1.0 - delta)
        share = (sqrt(max(0.0, linear**2 - 8 * n * constant)) - linear) / (4 * n)
        variance = n * (2.0 * share + delta * (1.0 - delta))
        gap = worse - better - n * delta
        return gap / sqrt(variance) if variance > 0.0 else gap * float("inf") if gap else 0.0

    low = _crossing(statistic, z, -1.0, change)
    high = _crossing(statistic, -z, change, 1.0)
    return low, high


def _crossing(falling: Callable[[float], float], level: float, low: float, high: float) -> float:
    """Where a falling function meets `level` between `low` and `high`, by bisection to the last bits."""
    while True:
        middle = (low + high) / 2.0
        if not low < middle < high or high - low <= abs(nextafter(1.0, 2.0) - 1.0):
            return middle
        if falling(middle) > level:
            low = middle
        else:
            high = middle
