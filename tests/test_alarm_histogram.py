import json

import numpy as np
import pytest

from tocsin.alarm.histogram import Histograms
from tocsin.alarm.laws import Gaussian

QUIET = Gaussian(1.0)


def votes(*counts):
    """Twenty bins, most in the fifth."""
    table = np.zeros((1, 20))
    table[0, 4] = 400.0
    for at, count in counts:
        table[0, at] += count
        table[0, 4] -= count
    return table


def seen(table, releases=3, **other):
    test = Histograms(votes(), 400, 6, QUIET)
    for _ in range(releases):
        log_e = test.update(table, QUIET, **other)
    return float(log_e[0])


def test_a_growing_tail_is_seen_and_no_change_is_not():
    assert seen(votes()) < 0.0
    assert seen(votes((15, 40))) > 3.0
    assert seen(votes((15, 40))) > seen(votes((15, 20)))


def test_clients_that_come_apart_are_seen_though_the_mean_stays():
    assert seen(votes((0, 60), (8, 60))) > 3.0


def test_clients_that_get_better_alike_do_not_look_like_a_tail():
    both, better = seen(votes((15, 60))), seen(votes((0, 60)))
    assert both > better


def test_those_that_are_gone_are_no_evidence_and_those_that_joined_are_none_either():
    gone = votes()
    gone[0, 4] -= 100.0
    assert seen(gone) < 0.0
    joined = votes()
    joined[0, 15] += 40.0
    assert seen(joined) > 3.0
    assert seen(joined, joined=40) < 0.0


def test_an_unknown_histogram_is_skipped():
    test = Histograms(np.vstack([votes(), votes()]), 400, 6, QUIET)
    table = np.vstack([votes((15, 60)), np.full((1, 20), np.nan)])
    before = Histograms(np.vstack([votes(), votes()]), 400, 6, QUIET).update(np.full((2, 20), np.nan), QUIET)
    got = test.update(table, QUIET)
    assert got[0] > before[0]
    assert got[1] == before[1]


def test_noise_in_round_0_costs_what_can_be_seen():
    noisy = Histograms(votes(), 400, 6, Gaussian(12.0))
    for _ in range(3):
        log_e = noisy.update(votes((15, 40)), QUIET)
    assert float(log_e[0]) < seen(votes((15, 40))) - 3.0


def test_it_goes_on_from_json():
    one, two = (Histograms(votes(), 400, 6, QUIET) for _ in range(2))
    one.update(votes((15, 30)), QUIET)
    two.restore(json.loads(json.dumps(one.state(), allow_nan=False)))
    assert (one.update(votes((15, 30)), QUIET) == two.update(votes((15, 30)), QUIET)).all()


@pytest.mark.parametrize("start", [np.zeros(20), np.zeros((1, 3)), np.full((1, 20), np.nan)])
def test_what_is_no_start_is_refused(start):
    with pytest.raises(ValueError):
        Histograms(start, 400, 6, QUIET)


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="round 0"):
        Histograms(votes(), 400, 6, QUIET).update(np.zeros((2, 20)), QUIET)
