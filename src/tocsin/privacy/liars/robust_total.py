"""A total that lying cohorts cannot move far: from the median of the cohorts' means."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from tocsin.errors import TocsinError
from tocsin.privacy.liars.cohorts import withstands

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RobustTotal:
    """For all `clients` of the cohorts, entry by entry: `total`, and `low` <= `total` <= `high` around it, each of the
    shape of a subtotal. Infinite limits: too few cohorts for the confidence that was asked for."""

    total: Floats
    low: Floats
    high: Floats
    clients: int

    def holds(self, total: Floats) -> NDArray[np.bool_]:
        """Entry by entry, whether a plain total is within the limits."""
        return (self.low <= total) & (total <= self.high)


def robust_total(
    subtotals: Floats, clients: Sequence[int], lying: int | None = None, confidence: float = 0.95
) -> RobustTotal:
    """The number of clients times the median of the cohorts' means (median of means: Lugosi and Mendelson 2019, "Mean
    estimation and regression under heavy-tailed distributions: a survey", section 2.1).

    `subtotals` is (cohorts, ...), noise included: entries of a channel, or sums of them that are to be compared with
    0, such as worse - better - tolerance x number. `clients` (cohorts,) are in each. The cohorts have to be dealt
    (`deal`): in cohorts that mean something a real failure of one looks like a lie.

    As long as liars are in no more cohorts than `withstands` says, `total` is within the range of the honest cohorts,
    whatever the liars send. As long as they are in `lying` at most, `low` to `high` holds, with `confidence`, the
    number of clients times the median that honest cohorts' means are drawn around. The limits are order statistics: the
    l-th smallest and largest means, l the largest with 2 P(Binomial(cohorts - lying, 1/2) < l) <= 1 - confidence.
    Whatever is put beside the honest means can move their l-th smallest down only, and their l-th largest up. So
    nothing is assumed of how outcomes and noise are distributed, and the noise, which is in every subtotal, is in the
    limits. `lying` is `cannot_blind(cohorts)` if not given; at 0 the limits are those of the supposition that nobody
    lies, and a plain total that they do not hold speaks against it.

    It is not the mean that is held: median and mean are at most one standard deviation of an honest cohort's mean
    apart, next to nothing where clients and noise are nearly symmetric, and *all of it* where the few matter: a median
    does not see what happens in fewer than half of the cohorts. Raises TocsinError when there is no cohort, or so many
    may lie that they decide the median.
    """
    sizes = np.asarray(clients, dtype=float)
    most = withstands(len(sizes))
    lying = cannot_blind(len(sizes), confidence) if lying is None else lying
    if len(sizes) < 1 or len(subtotals) != len(sizes) or sizes.min() < 1 or not 0 <= lying <= most:
        raise TocsinError(
            f"A median of {len(sizes)} cohorts withstands liars in {max(most, 0)} of them, and {lying} were asked for; "
            "ask for more cohorts, or for fewer liars."
        )
    means = np.sort(subtotals / sizes.reshape(-1, *[1] * (subtotals.ndim - 1)), axis=0)
    whole = sizes.sum()
    rank = _rank(len(sizes) - lying, confidence)
    unlimited = np.full(means.shape[1:], math.inf)
    low, high = (means[rank - 1] * whole, means[-rank] * whole) if rank else (-unlimited, unlimited)
    return RobustTotal(np.median(means, axis=0) * whole, low, high, int(whole))


def cannot_blind(cohorts: int, confidence: float = 0.95) -> int:
    """In how many cohorts liars may be so that the limits of a `robust_total` that reckons with them stay within the
    range of the honest cohorts: with more, liars can push a limit out, so that nothing can be concluded any more."""
    return max((b for b in range(withstands(cohorts) + 1) if _rank(cohorts - b, confidence) > b), default=0)


def _rank(honest: int, confidence: float) -> int:
    """The largest l with 2 P(Binomial(honest, 1/2) < l) <= 1 - confidence; 0 where there is none."""
    tails = 2 * binom.cdf(np.arange(honest), honest, 0.5)
    return int((tails <= 1 - confidence).sum())
