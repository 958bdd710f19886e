import math

import numpy as np
import pytest
from scipy import stats

from tocsin.alarm.laws import DiscreteLaplace, Gaussian


@pytest.mark.parametrize("shares", [1.0, 1.11, 2.5])
@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_the_law_is_that_of_a_difference_of_negative_binomials(epsilon, shares):
    law, one = DiscreteLaplace(epsilon, shares), np.arange(600)
    pmf = stats.nbinom.pmf(one, shares, -math.expm1(-epsilon))
    for value in (-3, 0, 1, 6):
        wanted = pmf[abs(value) :] @ pmf[: len(pmf) - abs(value)]
        assert law.probability(value) == pytest.approx(wanted, rel=1e-6)
    x = np.arange(-int(60 / epsilon), int(60 / epsilon) + 1)
    chances = np.array([law.probability(int(one)) for one in x])
    assert chances.sum() == pytest.approx(1.0, abs=1e-7)
    assert chances @ x**2 == pytest.approx(law.variance, rel=1e-6)
    for at in (-4, 0, 1, 5):
        assert law.tail(at) == pytest.approx(chances[at <= x].sum(), rel=1e-6)
    bets = epsilon * np.array([0.1, 0.5])
    assert law.log_moment(bets) == pytest.approx(np.log(np.exp(bets[:, np.newaxis] * x) @ chances), rel=1e-6)


def test_a_tail_is_never_rounded_down_and_falls_far_out():
    law = DiscreteLaplace(2.0)
    a = math.exp(-2.0)
    for at in range(1, 25):
        assert a**at / (1 + a) <= law.tail(at) <= a**at / (1 + a) * (1 + 1e-7)
    assert law.tail(10_000) < 1e-20


def test_more_shares_are_more_noise():
    few, more = DiscreteLaplace(2.0), DiscreteLaplace(2.0, 1.5)
    assert more.variance == pytest.approx(1.5 * few.variance)
    assert all(more.tail(at) > few.tail(at) for at in range(1, 12))


def test_a_gaussian_bound():
    assert Gaussian(3.0).log_moment(np.array([0.5])) == pytest.approx(0.25 * 9.0 / 2.0)
    assert Gaussian(0.0).log_moment(np.array([5.0])) == 0.0


@pytest.mark.parametrize(
    "make", [lambda: DiscreteLaplace(0.0), lambda: DiscreteLaplace(1.0, 0.9), lambda: Gaussian(-1.0)]
)
def test_what_is_no_law_is_refused(make):
    with pytest.raises(ValueError):
        make()
