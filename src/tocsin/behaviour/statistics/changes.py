"""Paired changes, from sums."""

from collections.abc import Callable
from math import nextafter, sqrt

from scipy.special import bdtr

from tocsin.behaviour.statistics.checks import are_flips, check_changes
from tocsin.behaviour.statistics.interval import Interval
from tocsin.behaviour.statistics.quantiles import normal_quantile, student_p, student_quantile


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
    size, power = check_changes(n, worse, better)
    mean = (worse[0] - better[0]) / n
    if are_flips(size, power):
        low, high = _tango(n, round(worse[0]), round(better[0]), normal_quantile(level))
    else:
        reach = student_quantile(level, n) * _paired_error(n, mean, size, power)
        low, high = mean - reach, mean + reach
    return Interval(mean, max(-1.0, min(low, mean)), min(1.0, max(high, mean)), n)


def paired_p(n: int, worse: tuple[float, float], better: tuple[float, float]) -> float:
    """Two-sided p-value that the mean paired change is 0; arguments as in `difference_interval`.

    McNemar's mid-p test for changes of -1, 0, 1 (Fagerland, Lydersen & Laake, 2013), else Student's test
    with the same variance as the interval. Without any change it is 1.
    """
    size, power = check_changes(n, worse, better)
    if size == 0.0:
        return 1.0
    if are_flips(size, power):
        few, many = sorted((round(worse[0]), round(better[0])))
        below = float(bdtr(few - 1, few + many, 0.5)) if few else 0.0
        return min(1.0, below + float(bdtr(few, few + many, 0.5)))  # 2 P(X < few) + P(X = few)
    mean = (worse[0] - better[0]) / n
    return student_p(mean / _paired_error(n, mean, size, power), n - 1)


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
