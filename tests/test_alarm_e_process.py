import itertools
import json

import numpy as np
import pytest

from tocsin.alarm.e_process import StartMixture, log_mean_exp, per_cell

EVERY = np.array([True])


def run(returns, starts):
    process = StartMixture((1, 1), starts)
    for one in returns:
        process.start(EVERY)
        process.multiply(np.log([[one]]), EVERY)
    return np.exp(process.log_m[0, 0]) + process.cash[0]


def test_its_mean_stays_1_under_the_null():
    paths = [run(path, 4) for path in itertools.product((1.5, 0.5), repeat=4)]
    assert np.mean(paths) == pytest.approx(1.0)
    assert np.std(paths) > 0.1


def test_it_is_the_average_over_starting_rounds():
    returns = (0.5, 2.0, 3.0)
    wanted = np.mean([np.prod(returns[begin:]) for begin in range(3)])
    assert run(returns, 3) == pytest.approx(wanted)
    assert run(returns[:2], 3) == pytest.approx((0.5 * 2.0 + 2.0 + 1.0) / 3.0)


def test_unknown_cells_are_skipped():
    process, known = StartMixture((2, 1), 2), np.array([True, False])
    process.start(known)
    process.multiply(np.log([[3.0], [5.0]]), known)
    assert process.cash.tolist() == [0.5, 1.0]
    assert process.log_m[:, 0].tolist() == [pytest.approx(np.log(1.5)), -np.inf]


def test_the_horizon_is_fixed():
    process = StartMixture((1, 1), 1)
    process.start(EVERY)
    with pytest.raises(ValueError, match="horizon"):
        process.start(EVERY)


def test_it_goes_on_from_json():
    process = StartMixture((2, 3), 5)
    process.start(np.array([True, False]))
    process.multiply(np.full((2, 3), 0.25), np.array([True, False]))
    again = StartMixture((2, 3), 5)
    again.restore(json.loads(json.dumps(process.state(), allow_nan=False)))
    assert (again.log_m == process.log_m).all()
    assert (again.begun == process.begun).all()
    with pytest.raises(ValueError, match="does not fit"):
        StartMixture((3, 3), 5).restore(process.state())


def test_log_mean_exp():
    values = np.array([[1000.0, 1001.0], [-np.inf, -np.inf]])
    got = log_mean_exp(values)
    assert got[0] == pytest.approx(1000.0 + np.log((1.0 + np.e) / 2.0))
    assert got[1] == -np.inf


def test_values_per_cell():
    assert per_cell("x", 2.0, 3).tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(ValueError, match="each of 3 cells"):
        per_cell("x", [1.0, 2.0], 3)
