"""The alarm in a run: what is watched, what a client remembers, when its trip is told, what the server hears."""

import json
import math

import pytest
import toy
from studies import write_study
from typer.testing import CliRunner

from tocsin import run as running
from tocsin import study
from tocsin.alarm import NO_NOISE, Mode, TripPlan
from tocsin.behaviour import Outcome
from tocsin.cli import app
from tocsin.errors import TocsinError
from tocsin.evidence import Run, Store
from tocsin.federation.bell import Bell, diagnosis
from tocsin.federation.watching import Watch, in_words, watched
from tocsin.privacy import Decoded, Known, Unknown
from tocsin.records import RoundRecord


def watching(**sections):
    probes = [{"name": "refusal", "at": "clients"}, {"name": "stereotype"}, {"name": "over-refusal", "at": "server"}]
    return toy.study(alarm={}, probe=[*probes, {"name": "utility", "at": "clients", "groups": ["a"]}], **sections)


def outcomes(bad: int, of: int = 40) -> dict[str, list[Outcome]]:
    found = [Outcome(str(i), "all", float(i < bad)) for i in range(of)]
    return dict.fromkeys(("refusal", "stereotype", "utility"), found)


def test_what_the_clients_probes_speak_of_is_watched():
    modes = {(one.probe, one.moment): one.mode for one in watched(watching())}
    assert modes == {
        ("refusal", "training"): Mode.ADAPTATION_MISALIGNMENT,
        ("refusal", "received"): Mode.ALIGNMENT_EROSION,
        ("refusal", "personalised"): Mode.ALIGNMENT_EROSION,
        ("stereotype", "personalised"): Mode.AMPLIFIED_BIAS,
        ("utility", "training"): Mode.ADAPTATION_MISALIGNMENT,
        ("utility", "received"): Mode.FAIRNESS_COLLAPSE,
    }
    without = watched(watching(personalisation={"name": "none"}))
    assert {one.moment for one in without} == {"received"}
    assert watched(toy.study()) == ()


@pytest.fixture
def watch(tmp_path):
    streams = watched(watching())
    return Watch(TripPlan(4, len(streams), 10, 0.05, NO_NOISE, 5, 0.001), streams, 0.03, tmp_path)


def test_a_client_that_gets_worse_trips_once_and_tells_in_a_round_of_release(watch):
    for round_ in range(1, 11):
        bad = 2 if round_ < 3 else 38
        watch.observe(round_, outcomes(2), outcomes(2), outcomes(bad))
        told = watch.trip(round_)
        assert (told is not None) == (round_ == 5), round_
        if told is not None:
            # Of equal evidence the first stream is told: within the round, not since the start.
            assert (told.probe, told.moment) == ("refusal", "training")
            assert watch.trip(round_) == told  # a repeated question has the same answer
    assert watch.trip(5) is not None and watch.trip(10) is None


def test_a_client_that_stays_well_never_trips(watch):
    for round_ in range(1, 11):
        watch.observe(round_, outcomes(4), outcomes(5), outcomes(4))
        assert watch.trip(round_) is None


def test_a_round_that_is_repeated_counts_once(watch, tmp_path):
    for _ in range(3):
        watch.observe(1, outcomes(0), outcomes(0), outcomes(3))
    once = json.loads((tmp_path / "sentinel-0001.json").read_text())
    again = Watch(watch._plan, watch._watched, 0.03, tmp_path / "other")
    again.observe(1, outcomes(0), outcomes(0), outcomes(3))
    assert json.loads((tmp_path / "other" / "sentinel-0001.json").read_text()) == once


def test_a_client_that_joined_late_compares_with_what_it_has(watch):
    watch.observe(4, None, outcomes(2), outcomes(38))
    told = watch.trip(5)
    assert told is not None and told.moment == "training"


def read(settings, value):
    return {"all": Decoded({}, {}, {in_words(one): value(one) for one in watched(settings)})}


def heard(settings, rounds):
    """The records of rounds in which as many clients trip in the refusal's training stream as `rounds` says."""
    streams = watched(settings)
    plan = TripPlan(50, len(streams), len(rounds), 0.05, NO_NOISE, 1, 0.002)
    bell, records = Bell(settings, plan, []), []
    for number, trips in enumerate(rounds, 1):

        def value(stream, trips=trips):
            if trips is None:
                return Unknown("3 clients, and nothing is shown of fewer than 5")
            return Known((float(trips * (stream.moment == "training" and stream.probe == "refusal")),), 0.0)

        records.append(RoundRecord(round=number, answered=(0, 1), trips=bell.hear(read(settings, value), (7,))))
    return plan, bell, records


def test_trips_ring_and_are_diagnosed():
    settings = watching()
    _, _, records = heard(settings, [0, 0, 12, 9])
    found = diagnosis(settings, records)
    assert [one.mode for one in found.failing] == [Mode.ADAPTATION_MISALIGNMENT]
    assert found.failing[0].rang == 3 and found.failing[0].ledger_rows == (7,)
    assert diagnosis(settings, records[:2]).verdict != "failing"
    assert diagnosis(toy.study(), records) is None


def test_a_bell_goes_on_where_it_stopped():
    settings = watching()
    plan, _, records = heard(settings, [0, 2, 1, 3])
    again = Bell(settings, plan, records[:3])
    last = again.hear(
        read(settings, lambda s: Known((3.0 * (s.moment == "training" and s.probe == "refusal"),), 0.0)), (7,)
    )
    assert last == records[3].trips


def test_unknown_trips_are_no_evidence_and_not_healthy():
    settings = watching()
    _, _, records = heard(settings, [0, None])
    assert all(trip.value is None and trip.log_e is None and trip.why for trip in records[1].trips)
    assert diagnosis(settings, records).verdict == "unknown"


def test_a_round_without_a_release_tells_nothing():
    settings = watching()
    _, bell, _ = heard(settings, [0, 0])
    assert bell.hear({"all": Decoded({}, {})}, ()) == ()


@pytest.fixture(scope="module")
def alarmed(tiny_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alarmed")
    settings = study.load(write_study(folder, tiny_folder), ["alarm={}", "privacy.epsilon=2.0"])
    return folder, running.start(settings, folder / "runs", lambda kind, detail: None)


def test_a_run_with_an_alarm_is_diagnosed_under_noise(alarmed):
    folder, done = alarmed
    last = done.rounds()[-1]
    assert last.trips and all(trip.sd > 0.5 and math.isfinite(trip.log_e) for trip in last.trips)
    assert "pure" not in last.protection and "delta" not in last.protection  # trips alone need none
    assert not [m for m in last.measures if m.by == "clients"]  # nothing else is released
    shown = CliRunner().invoke(app, ["diagnose", "--runs", str(folder / "runs")])
    assert "false alarms in a whole run" in shown.stdout and "Alignment Erosion" in shown.stdout
    data = json.loads(CliRunner().invoke(app, ["diagnose", "--runs", str(folder / "runs"), "--json"]).stdout)
    assert {state["mode"] for state in data["states"]} == set(Mode)
    report = CliRunner().invoke(app, ["report", "--runs", str(folder / "runs")])
    assert "false" in report.stdout and report.exit_code == 0
    assert "at most 5% false alarms" in (done.folder / "report.html").read_text()


def test_an_alarm_ends_a_run_with_exit_code_1(alarmed, monkeypatch, tmp_path, tiny_folder):
    settings = watching()
    _, _, records = heard(settings, [0, 12])
    monkeypatch.setattr("tocsin.run.start", lambda *a: Store.open(tmp_path / "runs").new_run(settings))
    monkeypatch.setattr(Run, "rounds", lambda self: tuple(records))
    done = CliRunner().invoke(app, ["run", str(write_study(tmp_path, tiny_folder)), "--runs", str(tmp_path / "runs")])
    assert done.exit_code == 1 and "ALARM" in done.stdout
    assert CliRunner().invoke(app, ["diagnose", "--runs", str(tmp_path / "runs")]).exit_code == 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (["alarm={}", "probe=[]"], "nothing to watch"),
        (["alarm={}", "privacy.epsilon=1.0", "privacy.channels=['counts']"], 'holds "trips" where there is an'),
        (["privacy.epsilon=1.0", "privacy.channels=['trips']"], 'holds "trips" where there is an'),
        (["alarm={level=2}"], "alarm.level = 2"),
    ],
)
def test_an_alarm_that_cannot_be_is_one_sentence(tiny_folder, tmp_path, changes, sentence):
    with pytest.raises(TocsinError, match=sentence):
        running.start(study.load(write_study(tmp_path, tiny_folder), changes), tmp_path / "runs", lambda *a: None)
    assert not (tmp_path / "runs").exists()
