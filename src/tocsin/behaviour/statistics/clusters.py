"""Means and changes of outcomes at hand, which may come in clusters: one template, one context, one conversation."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from tocsin.behaviour.statistics.changes import difference_interval
from tocsin.behaviour.statistics.checks import are_flips
from tocsin.behaviour.statistics.dirichlet import mean_quantiles
from tocsin.behaviour.statistics.grouping import cluster_index
from tocsin.behaviour.statistics.interval import Interval
from tocsin.behaviour.statistics.means import mean_interval

Floats = NDArray[np.float64]

_CLUSTER_SHARE = 0.75  # of the way, in logarithms, from an item to a whole cluster; see `_Units`


def clustered_interval(values: Sequence[float], clusters: Sequence[str], level: float = 0.95) -> Interval:
    """The mean of outcomes in [0, 1], which may resemble each other within `clusters` ("" is one of its own).

    It speaks of other clusters too, not only of other items of these. 0/1 outcomes without clusters get the
    interval of `mean_interval`. All else gets the Bayesian bootstrap over clusters with half an observation at 0
    and half a one at 1: what Jeffreys' interval is for 0/1 outcomes, and half of the one that Gaffke (2005) adds to
    be safe. It sees how skewed outcomes are, which sums do not tell, so use it wherever the outcomes themselves are
    at hand. See results/coverage.md for what it covers.

    Raises ValueError for no outcomes, for one outside [0, 1], for lists of different length and for a level outside
    (0, 1).
    """
    outcomes, index = _checked(values, 0.0), _indexed(values, clusters)
    n, total, squares = len(outcomes), float(outcomes.sum()), float((outcomes**2).sum())
    plain = mean_interval(n, total, squares, level)
    if index[-1] == n - 1 and are_flips(total, squares):
        return plain
    mean = plain.estimate
    units = _Units(outcomes, index, level)
    points = mean + units.parts * (units.stretch if units.clustered else 1.0)
    low, high = mean_quantiles(*_with_ends(points, mean - units.size * mean, mean + units.size * (1.0 - mean)), level)
    return Interval(mean, max(0.0, min(low, mean)), min(1.0, max(high, mean)), n)


def clustered_difference(changes: Sequence[float], clusters: Sequence[str], level: float = 0.95) -> Interval:
    """The mean of paired changes in [-1, 1], which may resemble each other within `clusters`; positive is worse.

    Changes of -1, 0, 1 without clusters get the interval of `difference_interval`; all else the one of
    `clustered_interval`, whose half observations lie as far to either side of the mean as the largest change seen
    (as 1 where nothing changed). Raises ValueError for no changes, for one outside [-1, 1], for lists of different
    length and for a level outside (0, 1).
    """
    values, index = _checked(changes, -1.0), _indexed(changes, clusters)
    n = len(values)
    parts = [np.maximum(values, 0.0), np.maximum(-values, 0.0)]
    worse, better = ((float(part.sum()), float((part**2).sum())) for part in parts)
    plain = difference_interval(n, worse, better, level)
    if index[-1] == n - 1 and are_flips(worse[0] + better[0], worse[1] + better[1]):
        return plain
    largest = float(np.abs(values).max()) or 1.0
    mean = plain.estimate
    units = _Units(values, index, level)
    reach = units.size * largest
    low, high = mean_quantiles(*_with_ends(mean + units.parts * units.stretch, mean - reach, mean + reach), level)
    return Interval(mean, max(-1.0, min(low, mean)), min(1.0, max(high, mean)), n)


class _Units:
    """Clusters as units of a mean.

    `parts`, shape (clusters,): what each adds to the mean of all, linearly, times their number. `stretch`: Student's
    quantile over the normal one at the degrees of freedom that clusters of these sizes leave (Bell & McCaffrey,
    2002). `size`, in mean clusters: that of the clusters which are added at the ends.

    A whole cluster there covers too much where items of one cluster are not alike, and a single item too little
    where they are and the outcome is rare. So it has (mean size)^.75 * effect^.25 items, where `effect` is the
    estimated design effect; the power was chosen by simulation.
    """

    def __init__(self, values: Floats, index: NDArray[np.int64], level: float) -> None:
        n, rest = len(values), values - values.mean()
        sums, share = np.bincount(index, rest), np.bincount(index) / n
        count = len(share)
        alike = float(n * (share**2).sum())  # the design effect where all items of a cluster are the same
        within = float((rest**2).sum()) / (n * max(1, n - 1))
        self.clustered = count < n
        self.parts = np.asarray(sums * (count / n), float)
        self.stretch = 1.0
        effect = alike
        if count > 1:
            between = float((sums**2 / (1.0 - share)).sum()) / n**2  # unbiased where items are independent
            effect = min(alike, max(1.0, between / within)) if within > 0.0 else (1.0 + alike) / 2.0
            pairs = share**2 / (1.0 - share)
            freedom = 1.0 / float((share**2).sum() + pairs.sum() ** 2 - (pairs**2).sum())
            chance = 0.5 + level / 2.0
            self.stretch = float(stdtrit(freedom, chance) / ndtri(chance))
        self.size = min(1.0, (effect * count / n) ** (1.0 - _CLUSTER_SHARE))


def _with_ends(points: NDArray[np.floating], low: float, high: float) -> tuple[Floats, Floats]:
    """`points` and half a one at each end, as points and masses."""
    return np.append(points, [low, high]), np.append(np.ones(len(points)), [0.5, 0.5])


def _checked(values: Sequence[float], least: float) -> Floats:
    checked = np.asarray(values, float)
    if len(checked) == 0 or not ((checked >= least) & (checked <= 1.0)).all():
        raise ValueError(f"values must be at least one, each in [{least:g}, 1]")
    return checked


def _indexed(values: Sequence[float], clusters: Sequence[str]) -> NDArray[np.int64]:
    if len(clusters) != len(values):
        raise ValueError(f"{len(values)} values have {len(clusters)} clusters")
    return cluster_index(clusters)
