import math
from typing import Any

import pytest
from alarm_readings import stream, unknown

from tocsin.alarm.modes import Mode
from tocsin.alarm.reading import Reading

GOOD: dict[str, Any] = {
    "stream": stream(Mode.ALIGNMENT_EROSION),
    "round": 3,
    "value": 0.1,
    "sd": 0.02,
    "clients": 50,
    "log_e": 1.0,
    "threshold": 600.0,
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": None},
        {"log_e": None},
        {"value": None, "log_e": None},  # without a reason
        {"value": math.nan},
        {"sd": 0.0},
        {"clients": 0},
        {"log_e": math.nan},
        {"log_e": math.inf},
        {"threshold": 1.0},
        {"threshold": math.inf},
    ],
)
def test_what_is_no_reading_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Reading(**GOOD | wrong)


def test_excess_is_over_the_threshold() -> None:
    assert Reading(**GOOD | {"log_e": math.log(600.0)}).excess == 0.0
    assert Reading(**GOOD | {"log_e": -math.inf}).excess == -math.inf
    assert unknown(GOOD["stream"], 3).excess is None
