import math

import numpy as np
import pytest

from tocsin.alarm.modes import Mode
from tocsin.bench.detector import MODES, SILENT, UNNAMED
from tocsin.bench.scores import Played, caught, confusion, false_alarms

BIAS, EROSION = MODES.index(Mode.AMPLIFIED_BIAS), MODES.index(Mode.ALIGNMENT_EROSION)


def _played(first: list[int], named: list[int], last: list[int]) -> Played:
    return Played(np.array(first), np.array(named, dtype=np.int8), np.array(last, dtype=np.int8))


def test_an_alarm_before_the_onset_is_false_and_one_in_its_round_has_a_delay_of_one() -> None:
    played = _played([10, 14, 9, 0], [EROSION, BIAS, EROSION, SILENT], [EROSION, EROSION, EROSION, SILENT])
    got = caught(played, np.full(4, 10), Mode.ALIGNMENT_EROSION)
    assert (got.power, got.early, got.delay, got.named, got.settled) == (0.5, 0.25, 3.0, 0.5, 1.0)


def test_what_was_not_caught_has_no_delay() -> None:
    got = caught(_played([0], [SILENT], [SILENT]), np.array([10]), Mode.AMPLIFIED_BIAS)
    assert got.power == 0.0 and math.isnan(got.delay) and math.isnan(got.named)


def test_the_upper_limit_of_none_in_a_thousand_is_four_in_a_thousand() -> None:
    none = _played([0] * 1000, [SILENT] * 1000, [SILENT] * 1000)
    assert false_alarms(none).upper == pytest.approx(0.00368, abs=1e-5)
    assert false_alarms(_played([3], [0], [0])).upper == 1.0


def test_confusion_counts_what_was_said_and_what_was_not() -> None:
    table = confusion([(Mode.ALIGNMENT_EROSION, _played([1, 1, 1, 0], [0] * 4, [EROSION, BIAS, UNNAMED, SILENT]))])
    assert table[EROSION].tolist() == [1, 0, 0, 0, 0, 1, 1, 1]
    assert table.sum() == 4
