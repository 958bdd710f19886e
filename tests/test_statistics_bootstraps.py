import math
from collections.abc import Sequence

import numpy as np
import pytest

from tocsin.behaviour.probe import Outcome
from tocsin.behaviour.statistics import Interval, bootstrap, mean_interval, paired_bootstrap


def outcomes(values: Sequence[float], size: int = 1) -> list[Outcome]:
    """Clusters of `size`; of their own for 1."""
    names = [f"cluster {place // size}" if size > 1 else "" for place in range(len(values))]
    return [Outcome(str(place), "g", float(value), names[place]) for place, value in enumerate(values)]


def average(some: Sequence[Outcome]) -> dict[str, float]:
    return {"mean": sum(one.value for one in some) / len(some)}


def width(interval: Interval) -> float:
    return interval.high - interval.low


def test_a_mean_gets_about_its_own_interval() -> None:
    random = np.random.default_rng(0)
    values = random.random(200)
    got = bootstrap(average, outcomes(values), random)["mean"]
    plain = mean_interval(200, values.sum(), (values**2).sum())
    assert got.estimate == pytest.approx(values.mean())
    assert got.n == 200
    assert (got.low, got.high) == pytest.approx((plain.low, plain.high), abs=0.012)


def test_clusters_are_drawn_whole() -> None:
    values = np.repeat([1.0, 0.0] * 20, 10)
    random = np.random.default_rng(1)
    together, apart = (bootstrap(average, outcomes(values, size), random)["mean"] for size in (10, 1))
    assert width(together) == pytest.approx(math.sqrt(10) * width(apart), rel=0.2)


def test_the_same_generator_gives_the_same_interval() -> None:
    some = outcomes(np.random.default_rng(2).random(30))
    one, two = (bootstrap(average, some, np.random.default_rng(3), replicates=50) for _ in range(2))
    assert one == two


def test_what_pairs_have_in_common_cancels() -> None:
    random = np.random.default_rng(4)
    values = random.random(100) * 0.8
    before, after = outcomes(values), outcomes(values + 0.1 + random.normal(0, 0.01, 100))
    got = paired_bootstrap(average, before, after, random)["mean"]
    assert got.low < 0.1 < got.high
    assert width(got) < 0.01
    with pytest.raises(ValueError, match="same items"):
        paired_bootstrap(average, before, after[:-1], random)


def test_a_biased_figure_reaches_to_where_the_truth_is() -> None:
    # The size of a mean around 0 is too large in every sample, and more so in every replicate.
    def size(some: Sequence[Outcome]) -> dict[str, float]:
        cells = np.array([one.value for one in some]) - 0.5
        bins = np.array([int(one.item) % 10 for one in some])
        return {"": float(np.abs(np.bincount(bins, cells, minlength=10)).sum()) / len(some)}

    seen = []
    for seed in range(60):
        random = np.random.default_rng(seed)
        drawn = outcomes((random.random(200) < 0.5) * 1.0)
        got = bootstrap(size, drawn, random, replicates=150)[""]
        assert got.low >= 0.0  # a figure that is never negative has no negative bound
        seen.append(got.low <= 0.005)
    assert np.mean(seen) > 0.85


def test_undefined_figures_stay_undefined() -> None:
    def figures(some: Sequence[Outcome]) -> dict[str, float]:
        bad = sum(one.value for one in some)
        return {"never": math.nan, "seldom": 1.0 / bad if bad else math.nan, "mean": bad / len(some)}

    got = bootstrap(figures, outcomes([1.0] + [0.0] * 9), np.random.default_rng(5), replicates=200)
    assert math.isnan(got["never"].estimate) and math.isnan(got["never"].low)
    assert got["seldom"].estimate == 1.0 and math.isnan(got["seldom"].high)  # a third of the replicates lack it
    assert got["mean"].low < 0.1 < got["mean"].high


def test_a_few_undefined_replicates_are_left_out() -> None:
    def share(some: Sequence[Outcome]) -> dict[str, float]:
        bad = sum(one.value for one in some)
        return {"": len(some) / bad if bad else math.nan}

    got = bootstrap(share, outcomes([1.0] * 3 + [0.0] * 17), np.random.default_rng(6), replicates=300)[""]
    assert math.isfinite(got.low) and got.low < got.estimate < got.high


def test_impossible_calls_are_refused() -> None:
    random = np.random.default_rng(7)
    with pytest.raises(ValueError):
        bootstrap(lambda some: {"": 0.0}, [], random)
    with pytest.raises(ValueError):
        bootstrap(average, outcomes([0.5]), random, replicates=1)
    with pytest.raises(ValueError):
        bootstrap(average, outcomes([0.5]), random, level=1.0)
