"""What stands in the pictures of a report and in the tables under them, for runs that are known."""

import re
from itertools import pairwise
from math import log

import pytest
from evidence_records import STUDY, TITLES, records
from test_evidence_report import Page

from tocsin.evidence import Incident, Spending, Spent, Store, report_html
from tocsin.evidence.incidents import marks
from tocsin.evidence.pictures import burn_down_picture, severity_picture, spread_panel, timeline_picture, trip_panel
from tocsin.evidence.pictures.severity import columns
from tocsin.evidence.pictures.spread import median
from tocsin.evidence.readings import Readings
from tocsin.evidence.rows import incident_rows, severity_rows, spread_rows, trip_rows
from tocsin.evidence.severity import severity_maps
from tocsin.evidence.trip_paths import trip_paths
from tocsin.records import NO_ANSWER, Measure, Refusal, RoundRecord, Spread, TripCount, Untold
from tocsin.study import Aggregation, Alarm, Remedy


def words(svg: str) -> list[str]:
    return re.findall(r">([^<>\n]+)</text>", svg)


def measured(group: str, moment: str, bad: float, by: str = "clients", n: int = 100, **more) -> Measure:
    return Measure(probe="p", group=group, moment=moment, by=by, n=n, total=bad, squares=bad, **more)


# -- probe by group by round


def known_run(sd: float = 0.0) -> tuple[RoundRecord, ...]:
    """Personalised models: group a from 20% to 50% and 60%; b from 20% to 10%, and of round 2 nothing is told."""
    return (
        RoundRecord(
            round=1,
            measures=(
                *(measured("a", *one, sd=sd) for one in (("before", 20), ("after", 50), ("worse", 32), ("better", 2))),
                *(measured("b", *one, sd=sd) for one in (("before", 20), ("after", 10), ("worse", 0), ("better", 10))),
            ),
        ),
        RoundRecord(
            round=2,
            measures=(measured("a", "before", 45, sd=sd), measured("a", "after", 60, sd=sd)),
            unknown=(
                Untold(probe="p", group="b", cohort="all", why="fewer than 5 items"),
                Untold(probe="p", group="a", cohort="north", why="of a cohort"),
            ),
        ),
    )


def maps_of(rounds):
    return severity_maps(rounds, Readings(rounds))


def test_cells_hold_the_change_since_the_start():
    (found,) = maps_of(known_run())
    assert found.by_clients and found.rounds == (1, 2)
    cells = {(row.group, at): cell for row in found.rows for at, cell in zip(found.rounds, row.cells, strict=True)}
    told = {where: round(cell.change.estimate, 6) for where, cell in cells.items() if cell.change}
    assert told == {("all", 1): 0.1, ("a", 1): 0.3, ("b", 1): -0.1, ("a", 2): 0.4}
    # Of all items together nothing can be said either: group a alone is not what it began with.
    assert {where: cell.why for where, cell in cells.items() if not cell.change} == dict.fromkeys(
        [("all", 2), ("b", 2)], "fewer than 5 items"
    )
    # In round 1 the items are the same before and after, which makes the interval narrower than between two draws.
    width = {at: cells["a", at].change.high - cells["a", at].change.low for at in (1, 2)}
    assert width[1] < 0.22 < width[2]


def test_severity_is_printed_in_the_cells_and_the_unknown_is_hatched():
    (found,) = maps_of(known_run())
    svg = severity_picture(found, {"p": "wrong answers"}, "map")
    heads = ["1", "2", "round", "Wrong answers"]
    assert words(svg) == [*heads, "all items", "+10", "unknown", "a", "+30", "+40", "b", "-10", "unknown"]
    assert svg.count("<pattern") == 1 and svg.count("url(#map-") == 2
    filled = re.findall(r'fill(?:: |=")var\(--(vermillion|blue)\)', svg)  # of boxes, and of the hatched pattern
    assert sorted(filled) == ["blue", "vermillion", "vermillion", "vermillion"]  # as many as cells are known
    rows = severity_rows([found], {"p": "wrong answers"})
    assert rows.heads == ("probe", "group", "model", "round 1", "round 2")
    table = {row[1]: row[3:] for row in rows.rows}
    assert table["b"] == ("-10 (-17 to -6)", "unknown: fewer than 5 items") and table["a"][1].startswith("+40 (")


def test_a_change_that_its_interval_does_not_hold_is_not_bold():
    def bold(sd: float) -> list[str]:
        svg = severity_picture(maps_of(known_run(sd))[0], {"p": "p"}, "map")
        return [text for text in re.findall(r"font-weight: 700[^>]*>([^<]+)<", svg) if text != "P"]

    assert bold(0.0) == ["+10", "+30", "+40", "-10"]
    assert bold(40.0) == []


def test_noise_makes_the_intervals_of_cells_wider():
    bare, noised = (maps_of(known_run(sd))[0].rows[1].cells for sd in (0.0, 5.0))
    for one, other in zip(bare, noised, strict=True):
        assert other.change.high > one.change.high and other.change.estimate == one.change.estimate


def test_the_server_s_map_is_against_round_0_and_a_study_without_personal_models_has_that_of_received_ones():
    rounds = (
        RoundRecord(round=0, measures=(measured("a", "after", 10, "server"),)),
        RoundRecord(round=1, measures=(measured("a", "after", 30, "server"), measured("a", "before", 12))),
        RoundRecord(round=2, measures=(measured("a", "before", 62),)),
    )
    server, received = maps_of(rounds)
    assert [cell.change and round(cell.change.estimate, 2) for cell in server.rows[0].cells] == [0.2, None]
    assert server.rows[0].cells[1].why == "not measured"
    assert received.rounds == (2,) and received.rows[0].cells[0].change.estimate == pytest.approx(0.5)
    assert received.heading == "The global model, measured by the clients"


def test_a_group_without_a_start_is_unknown():
    rounds = (
        RoundRecord(round=1, measures=(measured("a", "before", 10), measured("a", "after", 10))),
        RoundRecord(round=2, measures=tuple(measured(g, m, 90) for g in "ab" for m in ("before", "after"))),
    )
    cells = {row.group: row.cells[1] for row in maps_of(rounds)[0].rows}
    assert cells["a"].change and not cells["all"].change
    assert cells["all"].why == "not the groups that were known at the start"
    # Group b's own start is before the training of round 2, on the same items.
    assert cells["b"].change.estimate == 0.0


@pytest.mark.parametrize(("rounds", "first", "every"), [(1, 0, 1), (30, 0, 1), (31, 0, 2), (60, 1, 2), (100, 3, 4)])
def test_the_last_round_is_always_drawn(rounds, first, every):
    shown = columns(rounds)
    assert shown[-1] == rounds - 1 and shown[0] == first and len(shown) <= 30
    assert all(b - a == every for a, b in pairwise(shown))


# -- the alarm's evidence


def trip(log_e: float | None, moment: str = "training", sd: float = 0.0, why: str = "") -> TripCount:
    value = None if log_e is None else 3.0
    return TripCount(mode="Alignment Erosion", probe="refusal", group="all", cohort="all", moment=moment, value=value,
                     sd=sd, log_e=log_e, threshold=160.0, why=why)  # fmt: skip


def test_paths_ring_where_they_reach_the_threshold():
    rounds = [
        RoundRecord(round=at, trips=(trip(log_e), trip(-1.0, "received", sd=0.6)))
        for at, log_e in ((2, 0.3), (4, log(160.0) - 1e-9), (6, log(160.0)), (8, 900.0))
    ]
    first, second = trip_paths(rounds)
    assert (first.rang, second.rang) == (6, None)
    svg = trip_panel((first, second), 8, "Alignment Erosion", "trips")
    assert "refusal, within a round, alarm in 6" in words(svg) and "refusal, as received" in words(svg)
    assert "rings at 160" in words(svg) and "unknown" not in words(svg)
    rows = trip_rows((first, second), {"refusal": "not refused"})
    assert rows.heads[5:] == ("alarm", "rings at", "round 2", "round 4", "round 6", "round 8")
    assert rows.rows[0][:8] == (
        "Alignment Erosion", "not refused", "all", "all", "within a round", "round 6", "160", "3 trips, e 1.35"
    )  # fmt: skip
    assert rows.rows[0][10] == "3 trips, e 1e+304" and rows.rows[1][5:8] == ("none", "160", "3 ± 0.6 trips, e 0.368")


def test_a_release_of_which_nothing_is_known_is_hatched_and_no_evidence():
    rounds = [
        RoundRecord(round=1, trips=(trip(1.0),)),
        RoundRecord(round=2, trips=(trip(None, why="3 clients only"),)),
        RoundRecord(round=3, trips=(trip(1.2),)),
    ]
    (path,) = trip_paths(rounds)
    svg = trip_panel((path,), 3, "Alignment Erosion", "trips")
    assert "unknown" in words(svg) and svg.count("<pattern") == 1
    assert not any("alarm in" in word for word in words(svg))
    assert trip_rows((path,), {}).rows[0][8] == "unknown: 3 clients only"
    assert trip_panel(trip_paths([RoundRecord(round=1, trips=(trip(None, why="x"),))]), 1, "m", "n")


def test_streams_beyond_four_are_grey_and_counted():
    moments = ("training", "received", "personalised", "global", "other", "another")
    paths = trip_paths([RoundRecord(round=1, trips=tuple(trip(float(-at), one) for at, one in enumerate(moments)))])
    shown = words(trip_panel(paths, 1, "m", "n"))
    assert "grey: 2 more" in shown and "refusal, another" not in shown and "refusal, global" in shown


# -- spread


def test_the_median_client():
    assert median((0, 4, 0, 0)) == 0.375  # two of four below the middle of the second of four bins
    assert median((2, 0, 0, 2)) == 0.25
    assert median((1, 1, 1, 1)) == 0.5


def test_bars_that_noise_could_be_are_pale_and_a_round_without_is_unknown():
    def rounds(sd: float):
        votes = (5.0, -1.2, 1.0, 0.0)
        spread = Spread(probe="p", moment="after", votes=votes, sd=sd)
        cohort = spread.model_copy(update={"cohort": "north", "votes": (77.0, 0.0, 0.0, 0.0)})
        return [RoundRecord(round=at, spreads=(spread, cohort)) for at in (1, 3)]

    bare, noised = (spread_panel(rounds(sd), "p", "label", "spread") for sd in (0.0, 0.8))
    assert bare.count("opacity: 0.28") == 0 and noised.count("opacity: 0.28") == 2  # one of each round
    assert bare.count("fill: var(--vermillion)") == noised.count("fill: var(--vermillion)") == 4  # none below 0
    assert "longest bar: 5 clients" in words(bare)
    assert "longest bar: 5 clients; noise of sd 0.8 in each" in words(noised)
    assert "unknown" in words(noised)
    table = spread_rows(rounds(0.8), {})
    assert [row[:3] for row in table.rows] == [("p", one, "after local training") for one in ("all", "north")]
    assert table.rows[0][3] == "0-25%: 5, 25-50%: -1.2, 50-75%: 1 (each ± 0.8)"


# -- the ledger


def spending(*epsilons: float | None, failed: int = 0) -> Spending:
    steps = tuple(
        Spent(at, 1, "counts", at == failed, {"client": one, "record": None}) for at, one in enumerate(epsilons, 1)
    )
    rows = [("round", "epsilon so far"), *((str(one.round), str(one.epsilon["client"])) for one in steps)]
    return Spending(rows, (), steps, 2.0, ("client",))


def test_what_is_left_of_the_budget_is_never_rounded_up():
    assert "1.24 of 2 left, a client" in words(burn_down_picture(spending(0.5, 0.751)))
    assert "0.00 of 2 left, a client" in words(burn_down_picture(spending(0.5, 2.0000001)))
    assert burn_down_picture(spending(0.5, 1.0, failed=2)) != burn_down_picture(spending(0.5, 1.0))


def test_a_unit_of_which_nothing_is_claimed_has_no_line():
    assert not any("left" in word for word in words(burn_down_picture(spending(0.5, None))))


# -- what happened when


def eventful() -> tuple[RoundRecord, ...]:
    refused = (Refusal(client=0, reason="its update is not finite"), Refusal(client=2, reason=NO_ANSWER))
    return (
        RoundRecord(round=0),
        RoundRecord(round=1, asked=(0, 1, 2, 3), answered=(0, 1, 2, 3)),
        RoundRecord(round=2, asked=(0, 1, 2, 3), answered=(1, 3), refused=refused, attempts=2),
        RoundRecord(round=3, asked=(0, 1), answered=(0, 1), remedies=("24 answers rewritten", "2 updates clipped")),
        RoundRecord(round=4, asked=(0, 1), answered=(0, 1),
                    unknown=(Untold(probe="p", group="g", cohort="all", why="few"),), trips=(trip(None, why="few"),)),
    )  # fmt: skip


def test_drop_outs_are_told_from_refusals():
    assert [(one.lane, one.round, one.count, one.detail) for one in marks(eventful())] == [
        ("dropped out", 2, 1, "client 2: it did not answer in time"),
        ("answers refused", 2, 1, "client 0: its update is not finite"),
        ("rounds retried", 2, 1, "took 2 attempts"),
        ("dropped out", 3, 2, "clients 2, 3: no longer here"),
        ("remedies", 3, 2, "24 answers rewritten; 2 updates clipped"),
        ("cells unknown", 4, 2, "1 cell of the clients' tallies and 1 of 1 streams of the alarm"),
    ]


def test_the_timeline_has_a_lane_for_each_thing_that_happened():
    alarm = Incident("Alignment Erosion", 2, 1, 3, 4, "Alignment Erosion since round 2.")
    svg = timeline_picture([alarm], marks(eventful()), 4, True)
    lanes = ["Alignment Erosion", "Dropped out", "Answers refused", "Rounds retried", "Remedies", "Cells unknown"]
    assert [word for word in words(svg) if not word.isdigit()] == ["round", *lanes]
    rows = incident_rows([alarm], marks(eventful())).rows
    assert rows[-2:] == (("4", "alarm", "Alignment Erosion since round 2."), ("4", "cells unknown", rows[-1][2]))


def test_a_run_in_which_no_alarm_rang_says_so():
    assert "none rang" in words(timeline_picture([], (), 4, True))
    assert "none rang" not in words(timeline_picture([], marks(eventful()), 4, False))


# -- all of it in a report


@pytest.fixture
def page(tmp_path):
    study = STUDY.model_copy(update={"alarm": Alarm(), "aggregation": Aggregation(weights="examples", weight_cap=5000),
                                     "remedy": (Remedy(name="self-check"),)})  # fmt: skip

    def make(rounds=None, study=study, **more) -> tuple[Page, str]:
        run = Store.open(tmp_path).new_run(study)
        later = (record.model_copy(update={"round": record.round + 3}) for record in eventful()[1:])
        for record in rounds or (*records(rounds=3), *later):
            run.add_round(record)
        html = report_html(run, TITLES, **more)
        return Page(html), html

    return make


def test_every_picture_has_a_table_and_the_whole_is_the_same_every_time(page):
    incidents = (Incident("Alignment Erosion", 5, 4, 6, 7, "Since round 5."),)
    found, html = page(spending=spending(0.5, 1.0, failed=2), incidents=incidents)
    for table in (
        "The incidents, one by one",
        "The numbers: changes since the start",
        "The numbers: trips and e-values",
        "The numbers: clients in each bin",
        "The privacy ledger: every release",
    ):
        assert table in found.text
    for text in ("Since round 5.", "24 answers rewritten", "A cross is an attempt that failed", "Round 6"):
        assert text in found.text
    labels = [attributes["aria-label"] for tag, attributes in found.tags if tag == "svg" and "aria-label" in attributes]
    assert len(labels) == len(set(labels)) and all("table" in label for label in labels)
    assert set(re.findall(r"var\(--([a-z]+)\)", html)) <= set(re.findall(r"--([a-z]+):", html))


def test_the_weighting_and_the_remedies_are_named(page):
    text = page()[0].text
    assert (
        'of 5,000 at most ( aggregation.weights = "examples" )' in text and "The study's remedies: self-check" in text
    )
    equal = page(study=STUDY)[0].text
    assert 'Each goes in with the same weight ( aggregation.weights = "equal" )' in equal and "remedies:" not in equal


def test_a_run_whose_clients_release_nothing_but_trips_is_not_healthy(page):
    silent = [
        r.model_copy(update={"measures": tuple(m for m in r.measures if m.by == "server"), "spreads": ()})
        for r in records(rounds=2)
    ]
    assert "Of the models on the clients no measure was released" in page(silent)[0].text
    assert "Of the models on the clients no measure was released" not in page(records(rounds=2))[0].text
