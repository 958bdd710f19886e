"""The mean of outcomes, from sums."""

from math import sqrt

from tocsin.behaviour.statistics.checks import are_flips, check_sums
from tocsin.behaviour.statistics.interval import Interval
from tocsin.behaviour.statistics.quantiles import normal_quantile, student_quantile


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
    check_sums(n, total, squares)
    if are_flips(total, squares):
        return wilson(n, total / n, n, normal_quantile(level))
    mean = total / n
    binary = mean * (1.0 - mean)
    variance = (max(0.0, squares - n * mean**2) + binary) / n
    return wilson(n, mean, n * max(1.0, binary / variance), student_quantile(level, n))


def wilson(n: int, mean: float, size: float, z: float) -> Interval:
    """Wilson's interval for a mean at the effective size `size`; `n` is only reported."""
    mean = min(1.0, max(0.0, mean))
    centre = (mean + z**2 / (2.0 * size)) / (1.0 + z**2 / size)
    reach = z * sqrt(mean * (1.0 - mean) / size + z**2 / (4.0 * size**2)) / (1.0 + z**2 / size)
    return Interval(mean, max(0.0, min(mean, centre - reach)), min(1.0, max(mean, centre + reach)), n)
