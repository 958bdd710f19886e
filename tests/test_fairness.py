"""Fairness differences are fairlearn's, also where a group has no cases of one kind."""

import math
import warnings

import pytest
from fairlearn import metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.behaviour.fairness import demographic_parity_difference, equalised_odds_difference

cases = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.sampled_from("abcd")), min_size=1, max_size=25)
Cases = list[tuple[int, int, str]]


@settings(max_examples=60, deadline=None)  # each of fairlearn's frames takes milliseconds
@given(cases)
def test_differences_are_fairlearns(rows: Cases) -> None:
    actual, predicted, groups = ([row[part] for row in rows] for part in range(3))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parity = metrics.demographic_parity_difference(actual, predicted, sensitive_features=groups)
        odds = metrics.equalized_odds_difference(actual, predicted, sensitive_features=groups)
    assert demographic_parity_difference(predicted, groups) == pytest.approx(parity)
    assert equalised_odds_difference(actual, predicted, groups) == pytest.approx(odds)


def test_known_values() -> None:
    groups = ["a"] * 4 + ["b"] * 4
    predicted = [1, 1, 1, 0, 1, 0, 0, 0]
    assert demographic_parity_difference(predicted, groups) == pytest.approx(0.5)
    # True positives: a 2 of 2, b 1 of 2; false positives: a 1 of 2, b none.
    assert equalised_odds_difference([1, 1, 0, 0, 1, 1, 0, 0], predicted, groups) == pytest.approx(0.5)
    # All that is positive in a is found, and none in b: false positives differ less.
    assert equalised_odds_difference([1, 1, 1, 0, 0, 0, 1, 1], predicted, groups) == pytest.approx(1.0)


def test_one_group_is_even_and_none_is_undefined() -> None:
    assert demographic_parity_difference([1, 0], ["a", "a"]) == 0.0
    assert equalised_odds_difference([1, 0], [0, 1], ["a", "a"]) == 0.0
    assert math.isnan(demographic_parity_difference([], []))
    assert math.isnan(equalised_odds_difference([], [], []))


def test_what_is_no_classifier_is_refused() -> None:
    with pytest.raises(ValueError, match="do not belong"):
        demographic_parity_difference([1], ["a", "b"])
    with pytest.raises(ValueError, match="neither 0 nor 1"):
        equalised_odds_difference([1, 2], [0, 1], ["a", "b"])
