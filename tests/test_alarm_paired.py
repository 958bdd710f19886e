import itertools
import json

import numpy as np
import pytest

from tocsin.alarm.paired import BETS, Paired
from tocsin.alarm.sentinel import Sentinel


@pytest.mark.parametrize(
    "chances",
    [{1.0: 0.06, -1.0: 0.03, 0.0: 0.91}, {1.0: 0.515, -1.0: 0.485}, {0.5: 0.5, -0.44: 0.5}],
)
def test_its_mean_is_1_on_the_tolerance_whatever_the_differences_are(chances):
    """One item a round, all paths: the value after each item is the one after the round."""
    total = 0.0
    for path in itertools.product(chances, repeat=4):
        test = Paired(1, 4, tolerance=0.03)
        for d in path:
            log_e = test.update(np.array([[d]]))
        total += np.exp(log_e[0]) * np.prod([chances[d] for d in path])
    assert total == pytest.approx(1.0)


def test_it_is_designs_formula():
    """x worse, y better, z equal items in each of two rounds."""
    x, y, z, tau, p = 5, 1, 14, 0.03, np.array(BETS)
    test = Paired(1, 30, tau)
    worst_last = np.array([[0.0] * z + [-1.0] * y + [1.0] * x])  # so that the round's last value is its highest
    test.update(worst_last)
    got = test.update(worst_last)[0]
    one = (1 + p * (1 - tau)) ** x * (1 - p * (1 + tau)) ** y * (1 - p * tau) ** z
    m = ((0 + 1 / 30) * one + 1 / 30) * one
    assert np.exp(got) == pytest.approx(np.mean(m + 1 - 2 / 30))


def test_the_highest_value_of_a_round_counts():
    up_and_down = np.array([[1.0] * 10 + [-1.0] * 10])
    down_and_up = up_and_down[:, ::-1]
    assert Paired(1, 30).update(up_and_down)[0] > Paired(1, 30).update(down_and_up)[0] + 0.5


def test_streams_do_not_touch_each_other_and_may_have_fewer_items():
    rng = np.random.default_rng(0)
    d = rng.integers(-1, 2, (4, 6)).astype(float)
    d[1, 3:] = np.nan
    d[2] = np.nan
    together = Paired(4, 3).update(d)
    for at, items in ((0, 6), (1, 3), (3, 6)):
        assert together[at] == pytest.approx(Paired(1, 3).update(d[at : at + 1, :items])[0])
    assert together[2] == pytest.approx(0.0)


def test_a_stream_without_items_keeps_its_starts():
    test = Paired(1, 1)
    for _ in range(3):
        test.update(np.full((1, 2), np.nan))
        assert test.update(np.empty((1, 0))) == pytest.approx(0.0)
    test.update(np.ones((1, 2)))


def test_streams_in_many_pieces_are_as_in_one(monkeypatch):
    d = np.random.default_rng(1).integers(-1, 2, (7, 5)).astype(float)
    whole = Paired(7, 3).update(d)
    monkeypatch.setattr("tocsin.alarm.paired._CHUNK", 2)
    assert Paired(7, 3).update(d) == pytest.approx(whole)


@pytest.mark.parametrize(
    ("d", "said"), [(np.ones((2, 3)), "wanted"), (np.full((1, 3), 1.01), "outside"), (np.ones(3), "wanted")]
)
def test_what_is_no_difference_is_refused(d, said):
    with pytest.raises(ValueError, match=said):
        Paired(1, 3).update(d)


@pytest.mark.parametrize("options", [{"tolerance": 1.0}, {"tolerance": -0.1}, {"bets": (1.0,)}, {"bets": ()}])
def test_bad_options_are_refused(options):
    with pytest.raises(ValueError):
        Paired(1, 3, **options)


def test_a_sentinel_tells_its_first_trip_once():
    watch = Sentinel(3, 10, false_trip=0.01)
    calm, bad = np.zeros(20), np.ones(20)
    watch.observe(np.stack([calm, calm, calm]))
    assert watch.tell() is None
    watch.observe(np.stack([calm, bad, calm]))
    watch.observe(np.stack([bad, bad, bad]))
    assert watch.first == 1
    assert watch.tell() == 1
    assert watch.tell() is None


def test_of_streams_that_trip_in_a_round_the_first_in_order_is_told():
    watch = Sentinel(3, 10, false_trip=0.01)
    some = np.r_[np.ones(18), np.zeros(2)]
    log_e = watch.observe(np.stack([np.zeros(20), some, np.ones(20)]))
    assert log_e[1] < log_e[2]
    assert watch.first == 1


def test_across_subjects_the_highest_of_those_that_trip_is_told():
    watch = Sentinel(4, 10, false_trip=0.01, subjects=("bias", "safety", "bias", "safety"))
    some, most = np.r_[np.ones(18), np.zeros(2)], np.r_[np.ones(19), np.zeros(1)]
    log_e = watch.observe(np.stack([most, some, np.zeros(20), np.ones(20)]))
    assert log_e[3] > log_e[0] > log_e[1] > 5 > log_e[2]
    assert watch.first == 1


def test_a_sentinel_goes_on_from_json():
    rng = np.random.default_rng(3)
    watch, again = Sentinel(2, 10, 0.01), Sentinel(2, 10, 0.01)
    watch.observe(rng.integers(-1, 2, (2, 20)).astype(float))
    again.restore(json.loads(json.dumps(watch.state(), allow_nan=False)))
    then = np.stack([np.ones(20), np.zeros(20)])
    assert (watch.observe(then) == again.observe(then)).all()
    assert again.tell() == watch.tell() == 0
    told = Sentinel(2, 10, 0.01)
    told.restore(watch.state())
    assert told.tell() is None


def test_a_sentinel_needs_a_probability():
    with pytest.raises(ValueError, match="false-trip"):
        Sentinel(1, 10, 1.0)
