"""What is said of a rate: an estimate, and what it may be."""

from dataclasses import dataclass

Sums = tuple[int, float, float]
"""n, the sum of n values, the sum of their squares."""


@dataclass(frozen=True)
class Interval:
    """An estimate from `n` items and a two-sided confidence interval around it, low <= estimate <= high."""

    estimate: float
    low: float
    high: float
    n: int
