"""A corrected rate, its interval, and the errors of a detector pooled over models."""

import numpy as np
import pytest

from tocsin.behaviour.refusal_correction import Errors, corrected, pooled


def test_corrected_by_hand() -> None:
    # Rogan & Gladen: (.5 + .9 - 1) / (.8 + .9 - 1).
    got = corrected(20, 10, Errors(0.8, 1000, 0.9, 1000))
    assert got.estimate == pytest.approx(0.4 / 0.7)
    assert got.low < got.estimate < got.high
    assert got.n == 20


def test_corrected_undoes_what_the_detector_does() -> None:
    true, se, sp = 0.3, 0.85, 0.95
    observed = true * se + (1 - true) * (1 - sp)
    assert corrected(1000, 1000 * observed, Errors(se, 100, sp, 100)).estimate == pytest.approx(true)


def test_a_perfect_detector_that_was_tried_without_end_changes_nothing() -> None:
    # What is left is the interval of Agresti & Coull (1998).
    got = corrected(50, 10, Errors(1.0, 1e12, 1.0, 1e12))
    middle = (10 + 1.959964**2 / 2) / (50 + 1.959964**2)
    reach = 1.959964 * (middle * (1 - middle) / (50 + 1.959964**2)) ** 0.5
    assert (got.estimate, got.low, got.high) == pytest.approx((0.2, middle - reach, middle + reach), abs=1e-6)


def test_corrected_stays_a_share() -> None:
    errors = Errors(0.8, 50, 0.9, 50)
    for total in (0, 1, 49, 50):
        got = corrected(50, total, errors)
        assert 0.0 <= got.low <= got.estimate <= got.high <= 1.0
    assert corrected(50, 1, errors).estimate == 0.0


def test_what_is_known_less_well_makes_the_interval_wider() -> None:
    wide, narrow = (corrected(100, 50, Errors(0.9, n, 0.9, n)) for n in (30, 3000))
    assert wide.estimate == narrow.estimate
    assert wide.high - wide.low > 1.3 * (narrow.high - narrow.low)


def test_the_opposite_verdict_has_the_opposite_rate() -> None:
    errors = Errors(0.9, 40, 0.8, 70)
    one, other = corrected(60, 20, errors), corrected(60, 40, errors.turned())
    assert one.estimate == pytest.approx(1 - other.estimate)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low))


@pytest.mark.parametrize("true,n,tried", [(0.1, 100, 200), (0.5, 100, 200), (0.9, 100, 200), (0.8, 1000, 40)])
def test_intervals_cover_the_truth_with_the_errors_estimated(true: float, n: int, tried: int) -> None:
    random, times, se, sp = np.random.default_rng(1), 3000, 0.8, 0.95
    below = above = 0
    for _ in range(times):
        errors = Errors(random.binomial(tried, se) / tried, tried, random.binomial(tried, sp) / tried, tried)
        one = corrected(n, int(random.binomial(n, true * se + (1 - true) * (1 - sp))), errors)
        below, above = below + (one.high < true), above + (true < one.low)
    assert 0.03 <= (below + above) / times <= 0.07
    assert max(below, above) <= 0.04 * times  # neither side carries all of it


@pytest.mark.parametrize("se,sp", [(0.5, 0.5), (0.2, 0.7), (1.2, 0.9), (0.9, -0.1)])
def test_a_detector_that_tells_nothing_corrects_nothing(se: float, sp: float) -> None:
    with pytest.raises(ValueError):
        Errors(se, 100, sp, 100)


def test_errors_from_no_observations_and_impossible_sums_are_refused() -> None:
    with pytest.raises(ValueError):
        Errors(0.9, 0, 0.9, 100)
    for n, total in ((0, 0), (10, 11), (10, -1), (10, float("nan"))):
        with pytest.raises(ValueError):
            corrected(n, total, Errors(0.9, 100, 0.9, 100))


def test_models_that_agree_are_worth_all_their_answers_and_models_that_differ_fewer() -> None:
    alike = pooled([(90, 100), (90, 100)], [(80, 100), (80, 100)])
    assert (alike.sensitivity, alike.sensitivity_n) == (0.9, 200.0)
    unlike = pooled([(100, 100), (80, 100)], [(80, 100), (80, 100)])
    # Between clusters: (10^2 + 10^2) / 200^2 * 2/1 = .01; .9 * .1 / .01 = 9.
    assert (unlike.sensitivity, unlike.sensitivity_n) == pytest.approx((0.9, 9.0))
