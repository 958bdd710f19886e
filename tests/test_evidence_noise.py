"""Noise in a run's measures: intervals widen by what was added, and hold what they claim to."""

import numpy as np
import pytest
from evidence_records import TITLES

from tocsin.evidence import Spending, verdict
from tocsin.evidence.readings import Readings, noised, noised_p
from tocsin.evidence.report import report_html
from tocsin.records import Measure, RoundRecord, Spread, Untold


def measure(moment: str, n: int, total: float, sd: float, **other) -> Measure:
    return Measure.model_validate(
        {"probe": "p", "group": "g", "moment": moment, "by": "clients", "n": n, "total": total, "squares": total}
        | {"sd": sd}
        | other
    )


def test_intervals_with_noise_hold_the_mean_as_often_as_they_say():
    random = np.random.default_rng(1)
    n, rate, sd, held = 200, 0.3, 12.0, 0
    for _ in range(2000):
        total = random.binomial(n, rate) + random.normal(0, sd)
        number = max(1, round(n + random.normal(0, sd)))
        mean = Readings([RoundRecord(round=1, measures=(measure("before", number, total, sd),))]).mean(
            1, "p", "before", "clients"
        )
        assert mean is not None
        held += mean.low <= rate <= mean.high
    # 95% would be 1,900; the noise is counted a little too large, as if the mean were 1.
    assert 1880 <= held <= 1990


def test_without_noise_nothing_changes():
    bare = Readings([RoundRecord(round=1, measures=(measure("before", 50, 20.0, 0.0),))]).mean(
        1, "p", "before", "clients"
    )
    assert bare is not None and noised(bare, 0.0) is bare and noised_p(0.01, bare, 0.0) == 0.01


def test_a_change_that_noise_could_have_made_is_not_told():
    def rounds(sd: float) -> list[RoundRecord]:
        moments = {"before": 20.0, "after": 60.0, "worse": 45.0, "better": 5.0}
        return [
            RoundRecord(round=at, measures=tuple(measure(m, 100, total, sd) for m, total in moments.items()))
            for at in (0, 1)
        ]

    def told(sd: float) -> set[str]:
        return {f.judgement for f in verdict(rounds(sd)).findings if f.view == "training"}

    assert told(0.0) == {"got worse"}
    assert told(60.0) == {"cannot be told"}


def test_sums_that_noise_took_out_of_range_are_brought_back():
    readings = Readings([RoundRecord(round=1, measures=(measure("before", 20, -7.5, 9.0),))])
    assert readings.sums(1, "p", "before", "clients") == (20, 0.0, 0.0)
    assert verdict([RoundRecord(round=1, measures=(measure("before", 20, 31.0, 9.0),))]).findings == ()


def test_a_cohort_s_measures_are_not_counted_twice():
    measures = (
        measure("before", 20, 10.0, 0.0),
        measure("before", 12, 4.0, 0.0, cohort="north"),
        measure("before", 8, 6.0, 0.0, cohort="south"),
    )
    assert Readings([RoundRecord(round=1, measures=measures)]).sums(1, "p", "before", "clients") == (20, 10.0, 10.0)


def test_the_report_says_what_is_not_known_and_what_was_spent(run):
    record = RoundRecord(
        round=99,
        unknown=(Untold(probe="utility", group="law", cohort="north", why="fewer than 5 items"),),
        spreads=(Spread(probe="utility", moment="after", votes=(1.25, -0.4, 3.0), sd=0.8),),
    )
    run.add_round(record)
    spending = Spending((("round", "epsilon so far"), ("1", "0.37")), ("A client has spent epsilon 0.37 of 2.",))
    html = report_html(run, TITLES, spending)
    assert "fewer than 5 items" in html and "north" in html and "not the same as healthy" in html
    assert "A client has spent epsilon 0.37 of 2." in html and '<td class="number">0.37</td>' in html
    assert "0-33%: 1.25" in html
    assert "privacy ledger" not in report_html(run, TITLES)


@pytest.fixture
def run(tmp_path):
    from test_evidence_report import make

    return make(tmp_path, ())
