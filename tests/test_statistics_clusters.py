import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import betaincinv

from tocsin.behaviour.statistics import (
    Interval,
    clustered_difference,
    clustered_interval,
    difference_interval,
    mean_interval,
)
from tocsin.behaviour.statistics.dirichlet import mean_quantiles
from tocsin.behaviour.statistics.grouping import cluster_index

Floats = NDArray[np.float64]


def alone(values: object) -> list[str]:
    return [""] * len(values)  # type: ignore[arg-type]


def in_tens(count: int) -> list[str]:
    return [f"cluster {place // 10}" for place in range(count)]


def width(interval: Interval) -> float:
    return interval.high - interval.low


def test_clusters_are_numbered_and_nameless_items_stand_alone() -> None:
    assert cluster_index(["a", "", "b", "a", "", "b"]).tolist() == [0, 1, 2, 0, 3, 2]
    assert cluster_index([]).tolist() == []


@pytest.mark.parametrize("n,bad", [(16, 0), (16, 5), (100, 3), (1000, 500)])
def test_with_two_points_the_mean_is_a_beta_variable(n: int, bad: int) -> None:
    points = np.array([1.0] * bad + [0.0] * (n - bad) + [0.0, 1.0])
    masses = np.array([1.0] * n + [0.5, 0.5])
    exact = [betaincinv(bad + 0.5, n - bad + 0.5, chance) for chance in (0.025, 0.975)]
    assert mean_quantiles(points, masses, 0.95) == pytest.approx(exact, abs=0.0025)


def test_with_many_points_the_mean_is_as_sampled() -> None:
    random = np.random.default_rng(0)
    points, masses = random.beta(0.2, 1.8, 40), random.uniform(0.5, 2.0, 40)
    sampled = np.quantile(random.dirichlet(masses, 100_000) @ points, [0.05, 0.95])
    assert mean_quantiles(points, masses, 0.9) == pytest.approx(sampled, abs=0.001)


def test_flips_without_clusters_get_the_intervals_of_sums() -> None:
    values = [1.0] * 7 + [0.0] * 25
    assert clustered_interval(values, alone(values)) == mean_interval(32, 7, 7)
    assert clustered_interval(values, [str(n) for n in range(32)]) == mean_interval(32, 7, 7)
    changes = [1.0] * 7 + [-1.0] * 2 + [0.0] * 23
    assert clustered_difference(changes, alone(changes)) == difference_interval(32, (7, 7), (2, 2))


def test_other_outcomes_are_about_as_sums_say() -> None:
    values = np.random.default_rng(1).beta(6, 4, 400)
    got, plain = clustered_interval(values, alone(values)), mean_interval(400, values.sum(), (values**2).sum())
    assert got.estimate == pytest.approx(plain.estimate)
    assert (got.low, got.high) == pytest.approx((plain.low, plain.high), abs=0.002)


def test_skewed_outcomes_reach_further_to_their_long_side() -> None:
    got = clustered_interval([0.1] * 60 + [1.0] * 4, [""] * 64)
    assert got.high - got.estimate > 1.3 * (got.estimate - got.low)


def test_alike_clusters_widen_and_unlike_ones_do_not() -> None:
    alike = np.repeat([1.0, 0.0] * 15, 10)
    mixed = np.tile([1.0, 0.0], 150)
    names = in_tens(300)
    plain = mean_interval(300, 150, 150)
    assert width(clustered_interval(alike, names)) > 2.5 * width(plain)
    assert width(clustered_interval(mixed, names)) < 1.6 * width(plain)
    changes = alike * 2 - 1
    assert width(clustered_difference(changes, names)) > 2.5 * width(clustered_difference(changes, alone(changes)))


def test_one_cluster_says_next_to_nothing() -> None:
    got = clustered_interval([1.0] * 20 + [0.0] * 20, ["only"] * 40)
    assert width(got) > 0.8


@pytest.mark.parametrize("values", [[0.0] * 30, [1.0] * 30, [0.3] * 30, [0.3]])
def test_an_interval_stays_open_and_in_range(values: list[float]) -> None:
    for names in (alone(values), in_tens(len(values))):
        got = clustered_interval(values, names)
        assert 0.0 <= got.low <= got.estimate <= got.high <= 1.0
        assert width(got) > 0.02
        change = clustered_difference(values, names)
        assert -1.0 <= change.low <= change.estimate <= change.high <= 1.0
        assert width(change) > 0.02


def test_exchanging_before_and_after_mirrors_the_change() -> None:
    changes = np.clip(np.random.default_rng(2).normal(0.02, 0.1, 60), -1, 1)
    one, two = clustered_difference(changes, in_tens(60)), clustered_difference(-changes, in_tens(60))
    assert (one.low, one.high) == pytest.approx((-two.high, -two.low))


def test_the_order_of_items_is_nothing() -> None:
    random = np.random.default_rng(3)
    values, names = random.random(50), np.array(in_tens(50))
    order = random.permutation(50)
    one, two = clustered_interval(values, names.tolist()), clustered_interval(values[order], names[order].tolist())
    assert (one.low, one.high) == pytest.approx((two.low, two.high))


def test_impossible_values_are_refused() -> None:
    for function in (clustered_interval, clustered_difference):
        for values, names in (([], []), ([1.5], [""]), ([float("nan")], [""]), ([0.5], ["", ""])):
            with pytest.raises(ValueError):
                function(values, names)
        with pytest.raises(ValueError):
            function([0.5, 0.2], ["", ""], level=1.0)
    with pytest.raises(ValueError):
        clustered_interval([-0.5], [""])


# benchmarks/coverage.py simulates many more cases, and more of each.


@pytest.mark.parametrize("flips", [True, False])
def test_means_in_clusters_are_covered(flips: bool) -> None:
    random = np.random.default_rng(4)
    seen = []
    for _ in range(400):
        sizes = random.integers(1, 21, 30)
        rates = np.repeat(random.beta(0.9, 2.1, 30).clip(1e-6, 1 - 1e-6), sizes)  # mean .3, correlation .25
        values = (random.random(len(rates)) < rates) * 1.0 if flips else random.beta(8 * rates, 8 * (1 - rates))
        got = clustered_interval(values, np.repeat(np.arange(30), sizes).astype(str).tolist())
        seen.append(got.low <= 0.3 <= got.high)
    assert 0.92 < np.mean(seen) < 0.985


def test_rare_large_outcomes_are_covered_better_than_from_sums() -> None:
    random = np.random.default_rng(5)
    truth = 0.02 + 0.98 * 2 / 22
    seen, plain = [], []
    for _ in range(600):
        values = np.where(random.random(64) < 0.02, 1.0, random.beta(2, 20, 64))
        got = clustered_interval(values, alone(values))
        seen.append(got.low <= truth <= got.high)
        other = mean_interval(64, values.sum(), (values**2).sum())
        plain.append(other.low <= truth <= other.high)
    assert np.mean(seen) > 0.94
    assert np.mean(plain) < 0.9
