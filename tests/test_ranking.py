"""AUC and the share found at few false alarms, against scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score, roc_curve

from tocsin.behaviour.ranking import area_under_curve, true_positives_at

# Few distinct values, so that ties within and between the two sides are common.
scores = st.lists(st.one_of(st.integers(-5, 5).map(float), st.floats(-10, 10)), min_size=1, max_size=150)


@settings(deadline=None)
@given(scores, scores)
def test_auc_is_scikit_learns(members: list[float], others: list[float]) -> None:
    labels = [1] * len(members) + [0] * len(others)
    assert area_under_curve(members, others) == pytest.approx(roc_auc_score(labels, members + others))


@settings(deadline=None)
@given(scores, scores, st.sampled_from([0.0, 0.01, 0.05, 0.2, 0.5, 1.0]))
def test_true_positives_are_on_scikit_learns_curve(members: list[float], others: list[float], allowed: float) -> None:
    labels = [1] * len(members) + [0] * len(others)
    false, true, _ = roc_curve(labels, members + others, drop_intermediate=False)
    assert true_positives_at(members, others, allowed) == pytest.approx(true[false <= allowed + 1e-9].max())


def test_known_values() -> None:
    assert area_under_curve([3.0, 1.0], [2.0, 1.0]) == (1 + 1 + 0 + 0.5) / 4
    others = np.arange(300.0)
    assert true_positives_at([296.0, 296.5, 298.0, 500.0], others) == 0.75  # three of 300 may stand above
    assert true_positives_at([298.0, 299.0, 500.0], others[:99]) == 1.0
    assert true_positives_at([98.0, 99.0], others[:99]) == 0.5  # of 99, none


def test_nothing_to_rank_is_undefined() -> None:
    for rank in (area_under_curve, true_positives_at):
        for members, others in (([], [1.0]), ([1.0], []), ([math.nan], [1.0]), ([1.0], [math.nan])):
            assert math.isnan(rank(members, others))
