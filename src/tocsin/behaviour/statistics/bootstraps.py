"""Intervals for figures that are no mean of outcomes: calibration errors, ratios, areas under curves."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import isfinite, nan, sqrt
from typing import Protocol, TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tocsin.behaviour.statistics.grouping import cluster_index
from tocsin.behaviour.statistics.interval import Interval
from tocsin.behaviour.statistics.quantiles import normal_quantile, student_quantile


class Clustered(Protocol):
    """What can be drawn again by cluster. `behaviour.Outcome` is one."""

    @property
    def cluster(self) -> str:
        """What it resembles; "" is a cluster of its own."""


T = TypeVar("T", bound=Clustered)

_LEAST = 0.8  # of the replicates must define a figure


def bootstrap(
    score: Callable[[Sequence[T]], Mapping[str, float]],
    outcomes: Sequence[T],
    random: Generator,
    level: float = 0.95,
    replicates: int = 1000,
) -> dict[str, Interval]:
    """Each figure of `score(outcomes)` with an interval, by drawing clusters again with replacement.

    The interval is the percentile one (Efron & Tibshirani, 1993, chapter 13), stretched by Student's quantile over
    the normal one for the number of clusters, and drawn out to the side where the figure lies if it is biased: by 2
    to 6 times the bias that the replicates show, the more the larger it is against their spread. Errors that are
    sums of sizes (ECE) and ratios with a bend (ICAT at 50) come out too large or too small on every sample, and
    simulation shows that percentile, basic and BCa intervals all miss them then (results/coverage.md). A figure that
    is never negative gets no negative bound.

    A figure that is NaN has NaN bounds, and so has one that fewer than 80% of the replicates define; where they are
    more, those that do not are left out. Raises ValueError for no outcomes, fewer than 2 replicates and a level
    outside (0, 1).
    """
    estimates = dict(score(outcomes))
    clusters = [one.cluster for one in outcomes]
    again = (score([outcomes[place] for place in places]) for places in _draws(clusters, random, replicates))
    return _intervals(estimates, again, clusters, level)


def paired_bootstrap(
    score: Callable[[Sequence[T]], Mapping[str, float]],
    before: Sequence[T],
    after: Sequence[T],
    random: Generator,
    level: float = 0.95,
    replicates: int = 1000,
) -> dict[str, Interval]:
    """How much each figure grew from `before` to `after`, outcomes of the same items in the same order.

    Both are drawn again together, so that what items have in common cancels; otherwise as `bootstrap`. Raises
    ValueError as it does, and for outcomes that differ in number or clusters.
    """
    clusters = [one.cluster for one in before]
    if clusters != [one.cluster for one in after]:
        raise ValueError("outcomes before and after are not of the same items in the same order")

    def growth(places: Sequence[int]) -> dict[str, float]:
        first, last = score([before[place] for place in places]), score([after[place] for place in places])
        return {name: last[name] - first[name] for name in last if name in first}

    again = (growth(places) for places in _draws(clusters, random, replicates))
    return _intervals(growth(range(len(before))), again, clusters, level)


def _draws(clusters: Sequence[str], random: Generator, replicates: int) -> Iterator[list[int]]:
    """The places of the items in each replicate."""
    if not clusters:
        raise ValueError("a bootstrap needs at least one outcome")
    if replicates < 2:
        raise ValueError(f"{replicates} replicates: a bootstrap needs at least 2")
    index = cluster_index(clusters)
    sizes = np.bincount(index)
    members = np.split(np.argsort(index, kind="stable"), np.cumsum(sizes)[:-1])
    for _ in range(replicates):
        drawn = random.integers(len(sizes), size=len(sizes))
        places: list[int] = np.concatenate([members[cluster] for cluster in drawn]).tolist()
        yield places


def _intervals(
    estimates: Mapping[str, float], again: Iterator[Mapping[str, float]], clusters: Sequence[str], level: float
) -> dict[str, Interval]:
    units = int(cluster_index(clusters).max()) + 1 if clusters else 0
    drawn: dict[str, list[float]] = {name: [] for name in estimates}
    for figures in again:
        for name, values in drawn.items():
            values.append(figures.get(name, nan))
    return {
        name: _interval(estimate, np.array(drawn[name]), len(clusters), units, level)
        for name, estimate in estimates.items()
    }


def _interval(estimate: float, drawn: NDArray[np.float64], n: int, units: int, level: float) -> Interval:
    normal = normal_quantile(level)
    finite = drawn[np.isfinite(drawn)]
    if not isfinite(estimate) or len(finite) < _LEAST * len(drawn):
        return Interval(estimate, nan, nan, n)
    low, middle, high = np.quantile(finite, [0.5 - level / 2.0, 0.5, 0.5 + level / 2.0]).tolist()
    stretch = student_quantile(level, units) / normal * sqrt(units / max(1, units - 1))
    spread, bias = float(finite.std()), float(finite.mean()) - estimate
    further = (2.0 + 4.0 * min(1.0, abs(bias) / spread)) * bias if spread > 0.0 else 0.0
    low = middle + (low - middle) * stretch - max(0.0, further)
    high = middle + (high - middle) * stretch - min(0.0, further)
    if estimate >= 0.0 and finite.min() >= 0.0:
        low = max(0.0, low)
    return Interval(estimate, min(low, estimate), max(high, estimate), n)
