"""Two independent samples of outcomes, from sums."""

from math import sqrt

from scipy.special import ndtr

from tocsin.behaviour.statistics.checks import are_flips, check_sums
from tocsin.behaviour.statistics.interval import Interval, Sums
from tocsin.behaviour.statistics.means import mean_interval
from tocsin.behaviour.statistics.quantiles import student_p


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


def unpaired_p(a: Sums, b: Sums) -> float:
    """Two-sided p-value that two independent samples of outcomes in [0, 1] have the same mean.

    The "N - 1" chi-squared test for 0/1 outcomes (Campbell, 2007); else Welch's test, each variance with
    one more observation as spread as an outcome can be (see `mean_interval`). Raises ValueError as
    `mean_interval` does.
    """
    for sample in (a, b):
        check_sums(*sample)
    (n, total, squares), (m, other, other_squares) = a, b
    difference = total / n - other / m
    if are_flips(total, squares) and are_flips(other, other_squares):
        pooled = (total + other) / (n + m)
        error = sqrt(pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m) * (n + m) / (n + m - 1))
        return float(2.0 * ndtr(-abs(difference) / error)) if error > 0.0 else 1.0
    first, second = _mean_variance(*a), _mean_variance(*b)
    if first + second == 0.0:
        return 1.0 if difference == 0.0 else 0.0
    freedom = (first + second) ** 2 / (first**2 / max(1, n - 1) + second**2 / max(1, m - 1))
    return student_p(difference / sqrt(first + second), freedom)


def _mean_variance(n: int, total: float, squares: float) -> float:
    mean = total / n
    return (max(0.0, squares - n * mean**2) + max(0.0, mean * (1.0 - mean))) / n**2
