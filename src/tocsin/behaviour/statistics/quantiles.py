"""Quantiles and tails of the normal and of Student's distribution, from `scipy.special` alone."""

from scipy.special import ndtri, stdtr, stdtrit


def normal_quantile(level: float) -> float:
    """The normal quantile that leaves (1 - level) / 2 above it. Raises ValueError for a level outside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"a confidence level of {level} is outside (0, 1)")
    return float(ndtri(0.5 + level / 2.0))


def student_quantile(level: float, n: int) -> float:
    """The same of Student's distribution for a mean of `n` values."""
    normal_quantile(level)
    return float(stdtrit(max(1, n - 1), 0.5 + level / 2.0))


def student_p(statistic: float, freedom: float) -> float:
    """The two-sided p-value of a statistic with Student's distribution; at least one degree of freedom."""
    return float(2.0 * stdtr(max(1.0, freedom), -abs(statistic)))
