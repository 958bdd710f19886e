"""Whether sums can be those of outcomes, and whether all outcomes were 0 or 1."""

from math import isfinite


def check_sums(n: int, total: float, squares: float) -> None:
    """Raise ValueError unless `n` outcomes in [0, 1] can have these sums, but for rounding."""
    slack = 1e-6 * max(n, 1)
    if n < 1:
        raise ValueError(f"{n} items: an interval needs at least one")
    if not (isfinite(total) and total**2 / n - slack <= squares <= total + slack <= n + 2 * slack):
        raise ValueError(f"no {n} outcomes in [0, 1] have sum {total} and sum of squares {squares}")


def check_changes(n: int, worse: tuple[float, float], better: tuple[float, float]) -> tuple[float, float]:
    """The sum of the sizes of all changes, and of their squares."""
    for part in (worse, better):
        check_sums(n, *part)
    size, power = worse[0] + better[0], worse[1] + better[1]
    check_sums(n, size, power)  # both parts of one item are never above 0
    return size, power


def are_flips(total: float, squares: float) -> bool:
    """Whether all values were 0 or 1: v - v^2 >= 0 adds up to 0 only then. The slack is for sums of
    floats.
    """
    return total - squares <= 1e-9 * max(1.0, total)
