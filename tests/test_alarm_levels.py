import numpy as np
import pytest

from tocsin.alarm.e_bh import e_bh
from tocsin.alarm.levels import split, threshold
from tocsin.errors import TocsinError


def test_a_level_is_split_by_weight_and_nothing_is_lost():
    got = split(0.05, {"trips": 2.0, "counts": 1.0, "histogram": 1.0, "server": 0.0})
    assert got == pytest.approx({"trips": 0.025, "counts": 0.0125, "histogram": 0.0125})


@pytest.mark.parametrize(("level", "weights"), [(0.0, {"a": 1.0}), (1.0, {"a": 1.0}), (0.05, {}), (0.05, {"a": -1.0})])
def test_a_level_that_cannot_be_split_is_refused(level, weights):
    with pytest.raises(TocsinError):
        split(level, weights)


def test_the_threshold_pays_for_all_cells():
    assert threshold(0.05, 60) == pytest.approx(1200.0)
    for level, cells in ((0.05, 0), (0.0, 5)):
        with pytest.raises(ValueError):
            threshold(level, cells)


def test_e_bh_names_as_many_as_their_evidence_carries():
    """At level .1 of 5 cells: 50 alone, 25 each for two, 16.7 each for three."""
    assert e_bh(np.log([26.0, 1.0, 30.0, 2.0, 0.5]), 0.1) == (2, 0)
    assert e_bh(np.log([26.0, 1.0, 24.0, 2.0, 0.5]), 0.1) == ()
    assert e_bh(np.log([17.0, 1.0, 24.0, 18.0, 0.5]), 0.1) == (2, 3, 0)
    assert e_bh([np.nan, 100.0, -np.inf], 0.1) == (1,)
    with pytest.raises(ValueError):
        e_bh([1.0], 1.0)
