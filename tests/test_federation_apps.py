"""The alarm on an app that is not ours: it rings, it sends sums alone, and it leaves the app as it was."""

import json
from pathlib import Path

import numpy as np
import pytest
from apps import STUDY, client_app, fedavg, load, start, weight, write_study
from flwr.app import Array, ArrayRecord, Message, RecordDict
from flwr.serverapp.strategy import DifferentialPrivacyServerSideFixedClipping, FedAvg

from tocsin.alarm import Mode
from tocsin.errors import TocsinError
from tocsin.federation import flower
from tocsin.federation.apps import wire
from tocsin.federation.grid import LocalGrid
from tocsin.flower import Alarmed, watch
from tocsin.records import RoundRecord


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TOCSIN_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv("TOCSIN_CLIENT_HOME", raising=False)


def heard(study: Path, grows: float = 1.0, clients: int = 6, rounds: int = 10, model=load):
    strategy, seen = Alarmed(fedavg(), study), []
    result = start(strategy, client_app([watch(study, model)], seen, grows), clients, rounds)
    return strategy, result, seen


def test_an_app_that_goes_wrong_rings_and_one_that_does_not_does_not(tmp_path, caplog):
    study = write_study(tmp_path, rounds=5)
    strategy, _, _ = heard(study, rounds=5)
    assert strategy.alarm.verdict == "failing"
    # What was lost was lost for good, within round 3 and for all: both modes are true statements of it.
    assert {one.mode for one in strategy.alarm.failing} <= {Mode.ALIGNMENT_EROSION, Mode.ADAPTATION_MISALIGNMENT}
    assert strategy.alarm.failing[0].rang == 3  # at once: without noise trips are released every round
    assert caplog.text.count("ALARM: ") == len(strategy.alarm.failing)
    caplog.clear()
    healthy, _, _ = heard(study, grows=0.0, rounds=5)
    assert healthy.alarm.failing == () and "ALARM" not in caplog.text
    watched = {state.mode: state.verdict for state in healthy.alarm.states}
    assert watched[Mode.ALIGNMENT_EROSION] == "none" and watched[Mode.AMPLIFIED_BIAS] == "unknown"


def test_a_loss_between_rounds_is_seen_against_the_start_model(tmp_path):
    study = write_study(tmp_path, more="[personalisation]\nname = 'none'\n")
    strategy, _, _ = heard(study)
    assert {trip.moment for record in strategy.records for trip in record.trips} == {"received"}
    assert [one.mode for one in strategy.alarm.failing] == [Mode.ALIGNMENT_EROSION]


def test_the_strategy_gets_what_the_app_sent(tmp_path):
    study, got = write_study(tmp_path, rounds=2), []

    class Looking(FedAvg):
        def aggregate_train(self, server_round, replies):
            got.extend(sorted(reply.content) for reply in replies)
            return super().aggregate_train(server_round, replies)

    start(Alarmed(Looking(fraction_evaluate=0.0), study), client_app([watch(study, load)], []), rounds=2)
    assert got == [["arrays", "metrics"]] * 12


def test_the_app_trains_as_without_and_sees_nothing_of_it(tmp_path):
    study = write_study(tmp_path, rounds=3)
    plain_seen: list = []
    plain = start(fedavg(), client_app([], plain_seen), rounds=3)
    _, result, seen = heard(study, rounds=3)
    assert weight(result.arrays) == weight(plain.arrays) == 3.0
    assert result.train_metrics_clientapp == plain.train_metrics_clientapp
    assert seen == plain_seen == [["arrays", "config"]] * 18


def test_the_record_is_a_line_for_each_round(tmp_path):
    strategy, _, _ = heard(write_study(tmp_path, rounds=3), rounds=3)
    lines = (strategy.folder / "alarm.jsonl").read_text().splitlines()
    records = [RoundRecord.model_validate_json(line) for line in lines]
    assert tuple(records) == strategy.records and [r.round for r in records] == [1, 2, 3]
    assert records[0].answered == tuple(range(6)) and records[0].bytes_up > 0
    before = {m.group: m.total for m in records[2].measures if m.moment == "before"}
    after = {m.group: m.total / m.n for m in records[2].measures if m.moment == "after"}
    assert set(before.values()) == {0.0} and set(after.values()) == {1.0}
    assert not any(trip.value for trip in records[0].trips) and any(trip.value for trip in records[2].trips)


def test_with_an_epsilon_nothing_leaves_but_noised_trips(tmp_path):
    strategy, _, _ = heard(write_study(tmp_path, privacy="epsilon = 2.0"))
    assert not [m for r in strategy.records for m in r.measures]
    assert [r.round for r in strategy.records if r.trips] == [5, 10]
    assert all(trip.sd > 0.3 and trip.ledger_rows for trip in strategy.records[4].trips)
    assert (strategy.folder / "ledger.jsonl").exists()
    (client,) = (tmp_path / "data").rglob("client-0003/egress.jsonl")
    left = [json.loads(line) for line in client.read_text().splitlines()]
    kinds = {(one["kind"], one["protection"]) for one in left}
    assert kinds == {("update", "none"), ("message", "none"), ("key", "signed"), ("trip", "masked and noised")}
    assert sum(one["kind"] == "trip" for one in left) == 2


def test_a_client_whose_model_cannot_be_asked_trains_on_and_is_unknown(tmp_path, caplog):
    def broken(arrays, context):
        if context.node_config["partition-id"] == 2 or weight(arrays) > 1.0:
            raise ValueError("a secret of the data")
        return load(arrays, context)

    strategy, result, _ = heard(write_study(tmp_path, rounds=3), rounds=3, model=broken)
    assert weight(result.arrays) == 3.0
    assert strategy.records[0].answered == (0, 1, 3, 4, 5)
    assert [(r.client, r.reason) for r in strategy.records[0].refused] == [(2, "it raised ValueError")]
    last = strategy.records[2]
    assert last.answered == () and all(trip.value is None and trip.why for trip in last.trips)
    assert strategy.alarm.verdict == "unknown"
    assert "client 2 is not heard: it raised ValueError" in caplog.text and "secret" not in caplog.text


def test_clients_without_the_mod_or_with_another_study_are_not_heard(tmp_path):
    (tmp_path / "other").mkdir()
    other = write_study(tmp_path / "other", rounds=3, more="# a word\n")
    study = write_study(tmp_path, rounds=3)
    for mods, why in (([], "add the mod"), ([watch(other, load)], "its study file is not the server's")):
        strategy = Alarmed(fedavg(), study)
        assert weight(start(strategy, client_app(mods, []), rounds=3).arrays) == 3.0
        assert why in strategy.records[0].refused[0].reason
        assert strategy.alarm.verdict == "unknown"


def test_a_mod_without_a_server_that_listens_does_nothing(tmp_path):
    seen: list = []
    mod = watch(write_study(tmp_path, rounds=2), lambda arrays, context: pytest.fail("asked"))
    assert weight(start(fedavg(), client_app([mod], seen), rounds=2).arrays) == 2.0
    assert not (tmp_path / "data").exists()


def test_too_few_clients_for_a_sum_are_unknown(tmp_path):
    study = write_study(tmp_path, rounds=3, more="[federation]\nmin_clients = 6\n")
    strategy = Alarmed(FedAvg(fraction_evaluate=0.0, fraction_train=0.5), study)
    start(strategy, client_app([watch(study, load)], []), rounds=3)
    assert all(trip.value is None for trip in strategy.records[2].trips)
    assert strategy.alarm.verdict == "unknown"


def test_a_sample_of_clients_is_heard_and_mods_of_others_go_on(tmp_path):
    study, calls = write_study(tmp_path, rounds=3), []

    def other(message, context, call_next):
        calls.append(sorted(message.content))
        return call_next(message, context)

    strategy = Alarmed(FedAvg(fraction_evaluate=0.0, fraction_train=0.5), study)
    app = client_app([watch(study, load), other], [])
    start(strategy, app, rounds=3)
    assert [len(r.answered) for r in strategy.records] == [3, 3, 3]
    assert calls == [["arrays", "config"]] * 9
    assert all(trip.value is not None for trip in strategy.records[2].trips)


def test_a_strategy_with_a_start_of_its_own_keeps_it(tmp_path):
    study = write_study(tmp_path, rounds=2)

    class Own(FedAvg):
        def start(self, grid, initial_arrays, num_rounds):
            self.noticed = "kept"
            return super().start(grid, initial_arrays, num_rounds)

    strategy = Alarmed(Own(fraction_evaluate=0.0), study)
    start(strategy, client_app([watch(study, load)], []), rounds=2)
    assert strategy.noticed == "kept" and len(strategy.records) == 2


def test_what_cannot_be_heard_does_not_start(tmp_path):
    study = write_study(tmp_path, rounds=3)
    app = client_app([watch(study, load)], [])
    with pytest.raises(TocsinError, match=r"runs 2 rounds and the study plans training\.rounds = 3"):
        start(Alarmed(fedavg(), study), app, rounds=2)
    around = DifferentialPrivacyServerSideFixedClipping(Alarmed(fedavg(), study), 1.0, 1.0, 6)
    with pytest.raises(TocsinError, match="put it around that one"):
        start(around, app, rounds=3)
    with pytest.raises(TocsinError, match="Nothing was heard yet"):
        _ = Alarmed(fedavg(), study).alarm
    assert not (tmp_path / "runs").exists()


def test_rounds_beyond_the_plan_are_not_watched(tmp_path, caplog):
    class Longer(FedAvg):
        def start(self, grid, initial_arrays, timeout=1.0):
            return super().start(grid, initial_arrays, num_rounds=4)

    study = write_study(tmp_path, rounds=3)
    strategy = Alarmed(Longer(fraction_evaluate=0.0), study)
    first = ArrayRecord({"w": Array(np.zeros(1, np.float32))})
    result = strategy.start(LocalGrid(client_app([watch(study, load)], []), 6), first)
    assert weight(result.arrays) == 4.0
    assert len(strategy.records) == 3 and "Round 4 is not watched" in caplog.text


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("[corpus]\nsource='x.jsonl'", "corpus has no effect on an app"),
        ("[model]\nsource='x'", "model has no effect on an app"),
        ("[federation]\nengine='ray'", r"federation\.engine has no effect"),
        ("[personalisation]\nname='ditto'", "is not what an app of its own does"),
        ("[[probe]]\nname='group-quality'", "asks about clients' own data"),
        ("[[probe]]\nname='stereotype'", "asks about bias and not about quality"),
        ("[[probe]]\nname='capability'\nat='server'", "asks the server"),
    ],
)
def test_a_study_that_an_app_cannot_have_is_one_sentence(tmp_path, more, sentence):
    with pytest.raises(TocsinError, match=sentence):
        watch(write_study(tmp_path, more=more), load)


def test_a_study_of_fewer_clients_than_are_shown_does_not_start(tmp_path):
    with pytest.raises(TocsinError, match="no noised sum of fewer than"):
        watch(write_study(tmp_path, clients=4, privacy="epsilon = 1.0"), load)


def test_a_study_needs_an_alarm(tmp_path):
    path = tmp_path / "quiet.toml"
    path.write_text(STUDY.format(clients=2, rounds=2, privacy="").replace("alarm = {}\n", ""))
    with pytest.raises(TocsinError, match=r"has no \[alarm\]"):
        watch(path, load)


def test_a_study_is_seen_from_the_file_that_calls():
    with pytest.raises(TocsinError, match=str(Path(__file__).parent / "nowhere.toml")):
        watch("nowhere.toml", load)


def test_a_node_that_is_no_client_of_the_study_says_so(tmp_path):
    study = write_study(tmp_path, clients=4, rounds=2)
    strategy = Alarmed(fedavg(), study)
    start(strategy, client_app([watch(study, load)], []), clients=6, rounds=2)
    reasons = {refusal.client: refusal.reason for refusal in strategy.records[0].refused}
    assert "split.clients is 4" in reasons[5] and len(reasons) == 6


def test_a_run_is_no_path(tmp_path):
    flower.ensure_identity()
    message = Message(RecordDict(), 1, "train")
    wire.ask_along(message, wire.Ask("../../../etc", 1, "x"))
    with pytest.raises(ValueError, match="no run of ours"):
        wire.take_ask(message)
