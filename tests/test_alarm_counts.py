"""Tests of counts. Expectations are sums over everything that can happen."""

import itertools
import json

import numpy as np
import pytest
from scipy import stats

from tocsin.alarm.baseline import EstimatedRate, _log_calibration
from tocsin.alarm.counts import EXACT, CountNoise, KnownRate, PairedCounts
from tocsin.alarm.laws import Gaussian


def paired(x, y, n, rounds=1, **other):
    return float(PairedCounts(1, rounds, 0.03).update(x, y, n, **other)[0])


@pytest.mark.parametrize(("worse", "better"), [(0.03, 0.0), (0.06, 0.03), (0.5, 0.47)])
def test_paired_counts_have_mean_1_on_the_tolerance_whatever_the_flips(worse, better):
    n = 6
    mean = sum(
        stats.multinomial.pmf([x, y, n - x - y], n, [worse, better, 1 - worse - better]) * np.exp(paired(x, y, n))
        for x, y in itertools.product(range(n + 1), repeat=2)
        if x + y <= n
    )
    assert mean == pytest.approx(1.0)


def test_unequal_items_have_at_most_mean_1():
    items = [(0.5, 0.4), (0.0, 0.02), (0.0, 0.0), (0.02, 0.0), (0.05, 0.0)]
    assert np.mean([w - b for w, b in items]) == pytest.approx(0.03)
    mean = 0.0
    for path in itertools.product((1, 0, -1), repeat=len(items)):
        chance = np.prod([{1: w, -1: b, 0: 1 - w - b}[d] for d, (w, b) in zip(path, items, strict=True)])
        mean += chance * np.exp(paired(path.count(1), path.count(-1), len(items)))
    assert 0.9 < mean <= 1.0


def test_fractions_count_less_than_whole_flips():
    assert paired(0.5, 0.0, 1) <= np.log(0.5 * np.exp(paired(1.0, 0.0, 1)) + 0.5 * np.exp(paired(0.0, 0.0, 1)))


def test_noise_rounding_and_missing_items_widen():
    plain = paired(60.0, 10.0, 400.0)
    assert plain > 3.0
    for noise in (CountNoise(Gaussian(5.0)), CountNoise(number=Gaussian(50.0)), CountNoise(rounding=2.0)):
        assert paired(60.0, 10.0, 400.0, noise=noise) < plain
    assert paired(60.0, 10.0, 400.0, missing=40.0) < 0.5 < plain


def test_gaussian_noise_in_all_sums_keeps_the_mean_at_most_1():
    """On a fine grid of noise: the penalties are exactly what it adds to the mean."""
    sd, z = 3.0, np.linspace(-8.0, 8.0, 81)
    weight = stats.norm.pdf(z) * (z[1] - z[0])
    n, noise = 4, CountNoise(Gaussian(sd), Gaussian(0.0))
    e_x, e_y = (part.ravel() for part in np.meshgrid(sd * z, sd * z))
    mean = 0.0
    for x in range(n + 1):
        got = PairedCounts(len(z) ** 2, 1, 0.03).update(x + e_x, e_y, np.full(len(e_x), float(n)), noise)
        mean += stats.binom.pmf(x, n, 0.03) * float(np.exp(got) @ np.outer(weight, weight).ravel())
    assert mean == pytest.approx(1.0, abs=1e-6)


def test_unknown_cells_are_skipped_and_counted_as_no_evidence():
    test = PairedCounts(3, 2)
    got = test.update(np.array([9.0, np.nan, 9.0]), np.zeros(3), np.array([20.0, 20.0, -1.0]))
    assert got[0] > 0.5
    assert got[1:].tolist() == [0.0, 0.0]


def test_a_known_rate_has_mean_1_at_it():
    n, rate = 12, 0.2
    got = [float(KnownRate(np.array([rate]), 1).update(x, n)[0]) for x in range(n + 1)]
    assert stats.binom.pmf(np.arange(n + 1), n, rate) @ np.exp(got) == pytest.approx(1.0)
    assert got[-1] > 2.0


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.2, 0.5, 0.97])
def test_an_estimated_rate_has_at_most_mean_1_whatever_it_is(rate):
    calibration, n = 30, 15
    mean = 0.0
    for bad in range(calibration + 1):
        test = EstimatedRate(np.full(n + 1, float(bad)), calibration, 1, tolerance=0.0)
        got = test.update(np.arange(n + 1.0), n)
        chances = stats.binom.pmf(np.arange(n + 1), n, rate) * stats.binom.pmf(bad, calibration, rate)
        mean += float(np.exp(got) @ chances)
    assert mean <= 1.0


def test_the_more_calibration_the_more_is_seen_and_never_more_than_when_it_is_known():
    log_e = []
    for calibration in (50.0, 500.0, 50_000.0):
        test = EstimatedRate(np.array([0.2 * calibration]), np.array([calibration]), 1, tolerance=0.0)
        log_e.append(float(test.update(300.0, 1000.0)[0]))
    known = float(KnownRate(np.array([0.2]), 1).update(300.0, 1000.0)[0])
    assert log_e == sorted(log_e)
    assert log_e[0] < 2.0 < 8.0 < log_e[-1] < known + 1.0


def test_noise_and_tolerance_widen_an_estimated_rate():
    def seen(tolerance=0.0, noise=EXACT):
        test = EstimatedRate(np.array([400.0]), np.array([2000.0]), 1, tolerance, noise)
        return float(test.update(320.0, 1000.0, noise)[0])

    assert seen() > max(seen(0.03), seen(noise=CountNoise(Gaussian(20.0))), seen(noise=CountNoise(rounding=10.0)))


def test_all_go_on_from_json():
    for make in (
        lambda: PairedCounts(2, 5),
        lambda: KnownRate(np.array([0.1, 0.2]), 5),
        lambda: EstimatedRate(np.array([5.0, 9.0]), 50.0, 5, 0.03),
    ):
        test, again = make(), make()
        values = (np.array([7.0, np.nan]), *([np.array([1.0, 1.0])] * isinstance(test, PairedCounts)), 20.0)
        test.update(*values)
        again.restore(json.loads(json.dumps(test.state(), allow_nan=False)))
        assert (test.update(*values) == again.update(*values)).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: PairedCounts(1, 5, 1.0),
        lambda: KnownRate(np.array([1.2]), 5),
        lambda: EstimatedRate(np.array([1.0]), 0.0, 5, 0.0),
        lambda: EstimatedRate(np.array([np.nan]), 5.0, 5, 0.0),
        lambda: EstimatedRate(np.array([1.0]), 5.0, 5, 1.0),
    ],
)
def test_what_says_nothing_is_refused(make):
    with pytest.raises(ValueError):
        make()


def test_between_two_candidates_the_calibration_is_never_overstated():
    bad, number, noise = np.array([40.0]), np.array([200.0]), CountNoise(Gaussian(2.0), Gaussian(3.0))
    low, high = np.array([[[0.22]]]), np.array([[[0.26]]])
    whole = _log_calibration(bad, number, low, high, noise)
    for rate in np.linspace(0.22, 0.26, 5):
        assert whole <= _log_calibration(bad, number, np.full((1, 1, 1), rate), np.full((1, 1, 1), rate), noise)


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.4])
def test_few_candidates_cost_power_and_not_validity(rate, monkeypatch):
    monkeypatch.setattr("tocsin.alarm.baseline._STEPS", 1)
    calibration, n = 30, 15
    mean = 0.0
    for bad in range(calibration + 1):
        test = EstimatedRate(np.full(n + 1, float(bad)), calibration, 1, tolerance=0.0)
        chances = stats.binom.pmf(np.arange(n + 1), n, rate) * stats.binom.pmf(bad, calibration, rate)
        mean += float(np.exp(test.update(np.arange(n + 1.0), n)) @ chances)
    assert mean <= 1.0
