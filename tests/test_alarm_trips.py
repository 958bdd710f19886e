"""Trips. Expectations are sums over all values that noise can have, to a distance where little is left."""

import itertools
import json

import numpy as np
import pytest
from scipy import stats

from tocsin.alarm.laws import DiscreteLaplace, Gaussian
from tocsin.alarm.scan import Scan, ScanBets, plan
from tocsin.alarm.trips import TripPlan, Trips, ceiling
from tocsin.errors import TocsinError

LAW = DiscreteLaplace(2.0)
Y = np.arange(-24, 25)


def small(false_trip=1e-3, rounds=2, every=1, **other):
    return TripPlan(clients=20, cells=1, rounds=rounds, level=0.05, noise=LAW, every=every, false_trip=false_trip)


def mean_of(of, arrivals, law=LAW, paths=None):
    """E exp(log_e) after all releases with these trips; paths of noise side by side, as runs."""
    values = np.array(list(itertools.product(Y, repeat=len(arrivals))))
    chances = np.prod([[law.probability(int(x)) for x in row] for row in values], axis=1)
    test = Trips(of, runs=len(values))
    for release, trips in enumerate(arrivals):
        log_e = test.update(values[:, release] + trips, law)
    return float(np.exp(log_e) @ chances)


def test_noise_alone_leaves_the_mean_at_what_false_trips_leave_of_1():
    of = small(false_trip=1e-12)
    assert of.scan_share > 0.3
    assert mean_of(of, (0, 0)) == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("false_trip", [1e-3, 5e-3, 2e-2])
def test_false_trips_are_paid_for_however_they_fall_on_releases(false_trip):
    of = small(false_trip)
    means = []
    for weight in ((1, 0), (0, 1), (0.5, 0.5)):
        mean = 0.0
        for trips, chance in enumerate(stats.binom.pmf(np.arange(5), of.clients, of.false_trip)):
            first = round(trips * weight[0])
            mean += chance * mean_of(of, (first, trips - first))
        means.append(mean)
    assert max(means) <= 1.0
    assert max(means) > 0.6  # or the bound would be of no use


def test_more_noise_than_planned_costs_no_validity():
    of = small(1e-9)
    assert 0.2 < mean_of(of, (0, 0), DiscreteLaplace(2.0, 1.4)) <= 1.0


def test_the_scan_is_a_fair_bet_and_is_won():
    scan = plan(LAW, releases=3, affordable=5e-4, cost=0.1)
    assert scan.price * (1.0 + scan.touched * 0.1) <= 5e-4
    assert scan.corners
    values = np.array(list(itertools.product(np.arange(-9, 14), repeat=3)), dtype=float)
    chances = np.prod([[LAW.probability(int(x)) for x in row] for row in values], axis=1)
    bets, known = ScanBets(scan, len(values)), np.ones(len(values), dtype=bool)
    for release in range(3):
        bets.update(values[:, release], LAW, known)
        assert bets.capital @ chances == pytest.approx(1.0, abs=1e-3)
    won = bets.capital * scan.price >= 1.0
    single = (values >= scan.height).any(axis=1)
    pair = np.zeros(len(values), dtype=bool)
    for i, k in scan.corners:
        for j in (0, 1):
            pair |= (values[:, j] >= i) & (values[:, j] < scan.height) & (values[:, j + 1] >= k)
    assert (won == (single | pair)).all()


@pytest.mark.parametrize("shares", [1.0, 1.4, 2.5])
def test_more_noise_makes_rarer_bets_and_never_dearer_ones(shares):
    scan, law = Scan(3, ((2, 1), (1, 2)), 2, LAW), DiscreteLaplace(2.0, shares)
    values = np.array(list(itertools.product(Y, repeat=2)), dtype=float)
    chances = np.prod([[law.probability(int(x)) for x in row] for row in values], axis=1)
    bets, known = ScanBets(scan, len(values)), np.ones(len(values), dtype=bool)
    for release in range(2):
        bets.update(values[:, release], law, known)
    assert 0.1 < bets.capital @ chances <= 1.0 + 1e-6


def test_only_the_second_parts_get_rarer_when_the_noise_grows_in_between():
    scan, more = Scan(3, ((2, 1), (1, 2)), 2, LAW), DiscreteLaplace(2.0, 2.5)
    values = np.array(list(itertools.product(Y, repeat=2)), dtype=float)
    chances = np.array([LAW.probability(int(x)) * more.probability(int(y)) for x, y in values])
    bets, known = ScanBets(scan, len(values)), np.ones(len(values), dtype=bool)
    bets.update(values[:, 0], LAW, known)
    bets.update(values[:, 1], more, known)
    assert 0.1 < bets.capital @ chances <= 1.0 + 1e-6


def test_trips_of_one_release_touch_its_single_bet_and_both_pairs():
    for releases, pairs in ((1, 0), (2, 1), (3, 2), (9, 2)):
        scan = Scan(5, ((3, 2),) if releases > 1 else (), releases, LAW)
        assert scan.touched * scan.price == pytest.approx(scan.single + pairs * scan.pair)


def test_a_pair_waits_for_the_next_known_release():
    scan = Scan(5, ((3, 2),), 3, LAW)
    bets = ScanBets(scan, 2)
    bets.update(np.array([3.0, 3.0]), LAW, np.array([True, True]))
    bets.update(np.array([np.nan, 0.0]), LAW, np.array([False, True]))
    bets.update(np.array([2.0, 2.0]), LAW, np.array([True, True]))
    assert (bets.capital * scan.price >= 1.0).tolist() == [True, False]


def test_five_clients_of_fifty_ring_when_they_trip_in_one_release_or_in_two():
    of = TripPlan.usual(50, 60, 30, 0.05, LAW)
    for path in ((0, 5, 0), (0, 3, 2), (0, 2, 3)):
        test, rang = Trips(of), False
        for trips in path:
            values = np.zeros(60)
            values[7] = trips
            rang = test.update(values) >= np.log(of.threshold)
        assert np.flatnonzero(rang).tolist() == [7]


def test_trips_that_accumulate_ring():
    of = TripPlan.usual(200, 60, 30, 0.05, LAW)
    assert of.scan is None
    test = Trips(of)
    for _ in of.releases:
        log_e = test.update(np.r_[np.full(1, 2.0), np.zeros(59)])
    assert log_e[0] > np.log(of.threshold) > log_e[1:].max()


def test_unknown_is_neither_evidence_nor_health():
    of = small()
    one, two = Trips(of, runs=2), Trips(of)
    first = one.update([np.nan, 3.0])
    assert first[0] == Trips(of).log_e[0]
    assert one.update([3.0, np.nan])[0] == pytest.approx(two.update([3.0])[0])


def test_it_goes_on_from_json():
    of = TripPlan.usual(50, 12, 30, 0.05, LAW)
    rng, test, again = np.random.default_rng(0), Trips(of), Trips(of)
    test.update(rng.integers(-1, 4, 12))
    again.restore(json.loads(json.dumps(test.state(), allow_nan=False)))
    then = rng.integers(-1, 4, 12)
    assert (test.update(then) == again.update(then)).all()


def test_without_noise_one_trip_in_many_clients_does_not_ring_and_five_do():
    of = TripPlan.usual(50, 60, 30, 0.05, Gaussian(0.0))
    rings = []
    for trips in (1, 5):
        test = Trips(of)
        rings.append(bool((test.update(np.r_[float(trips), np.zeros(59)]) >= np.log(of.threshold)).any()))
    assert rings == [False, True]


@pytest.mark.parametrize(("rounds", "every", "wanted"), [(30, 5, 6), (30, 1, 30), (7, 3, 3), (2, 5, 1)])
def test_releases_end_with_the_run(rounds, every, wanted):
    of = small(rounds=rounds, every=every)
    assert len(of.releases) == wanted
    assert of.releases[-1] == rounds
    assert len(set(of.releases)) == wanted


def test_the_usual_plan_never_wastes_most_clients():
    assert all(n * TripPlan.usual(50, n, 30, 0.05, LAW).false_trip <= 0.5 for n in (1, 60, 1000))
    assert all(TripPlan.usual(n, 60, 30, 0.05, DiscreteLaplace(e)).threshold for n in (5, 1000) for e in (0.5, 8.0))


@pytest.mark.parametrize("bad", [{"clients": 0}, {"level": 1.0}, {"false_trip": 0.0}, {"rounds": 0}])
def test_a_plan_that_no_run_can_have_is_refused(bad):
    fine = {"clients": 5, "cells": 2, "rounds": 3, "level": 0.05, "noise": LAW, "every": 1, "false_trip": 0.01}
    with pytest.raises(TocsinError):
        TripPlan(**fine | bad)


def test_another_epsilon_or_shape_than_planned_is_refused():
    for values, noise in (([0.0], DiscreteLaplace(1.0)), ([0.0], Gaussian(1.0)), ([0.0, 0.0], LAW)):
        with pytest.raises(ValueError):
            Trips(small()).update(values, noise)


def test_the_ceiling():
    assert ceiling(0.05, 60, 2.0, 1) == pytest.approx(np.exp(2.0) * 0.05 / 60)
    assert ceiling(0.05, 60, 2.0, 5) == 1.0
