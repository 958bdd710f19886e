"""Masked sums in a whole run: what is summed, what is told of those who drop, what noise costs, what a client notes."""

import json
from itertools import cycle

import numpy as np
import pytest
import toy

from tocsin import study as studies
from tocsin.errors import TocsinError
from tocsin.federation import ENGINES, summing, work
from tocsin.privacy import BudgetSpent, Ledger, SumServer, release, totals
from tocsin.privacy.egress import read

NOISY = {"epsilon": 20.0, "delta": 1e-5, "floor": 1}


def run(job, events=None):
    ENGINES.get("local")().run(job, lambda kind, detail: events is not None and events.append((kind, detail)))
    return toy.records(job.folder)


def cells(record, cohort="all"):
    return {m.group: (m.n, m.total) for m in record.measures if m.cohort == cohort and m.moment == "before"}


def test_the_sum_of_a_round_is_exact_without_noise(tmp_path):
    record = run(toy.job(tmp_path, training={"rounds": 1}))[1]
    # Each of client c's 12 outcomes is c/4; clients 0 and 2 are even.
    assert cells(record) == {"even": (24, 6.0), "odd": (24, 12.0)}
    assert record.spreads[0].votes == tuple(float(i in (0, 5, 10, 15)) for i in range(20))
    assert "under masks" in record.protection and record.ledger == ""


def test_cohorts_are_summed_apart_and_add_up(tmp_path):
    privacy = {"cohorts": {"north": [0, 1], "south": [2, 3]}}
    record = run(toy.job(tmp_path, training={"rounds": 1}, privacy=privacy))[1]
    assert cells(record, "north") == {"even": (12, 0.0), "odd": (12, 3.0)}
    assert cells(record, "south") == {"even": (12, 6.0), "odd": (12, 9.0)}
    assert cells(record) == {"even": (24, 6.0), "odd": (24, 12.0)}


def test_a_client_that_drops_after_its_key_is_left_out_and_named(tmp_path):
    records = run(toy.job(tmp_path, {3: {"tally": "the disk is full", "rounds": [1]}}, training={"rounds": 2}))
    assert cells(records[1]) == {"even": (24, 6.0), "odd": (12, 3.0)}
    assert [(r.client, r.reason) for r in records[1].refused] == [
        (3, "it refused its part in the sum of tally: the disk is full")
    ]
    assert records[1].answered == (0, 1, 2, 3)  # its update stays
    assert cells(records[2])["odd"] == (24, 12.0)


def test_where_too_few_are_left_nothing_is_told_and_the_round_goes_on(tmp_path):
    faults = {c: {"tally": "no"} for c in (1, 2, 3)}
    record = run(toy.job(tmp_path, faults, training={"rounds": 1}))[1]
    assert not cells(record) and not record.spreads
    assert {(u.probe, u.group) for u in record.unknown} == {("toy", "even"), ("toy", "odd")}
    assert all(u.why for u in record.unknown)


def test_cells_under_the_floor_are_unknown_and_never_healthy(tmp_path):
    record = run(toy.job(tmp_path, training={"rounds": 1}, privacy={"floor": 25}))[1]
    assert not cells(record)
    assert {u.why for u in record.unknown} == {"fewer than 25 items"}


def test_noise_is_planned_charged_and_told(tmp_path):
    channels = {"channels": ["trips", "counts", "histogram"]}
    job = toy.job(tmp_path, training={"rounds": 2}, privacy={**NOISY, **channels}, alarm={})
    records = run(job)
    measures = records[1].measures
    assert {m.moment for m in measures} == {"before", "worse", "better", "after"}
    assert all(m.sd > 0 for m in measures) and len({m.sd for m in measures if m.moment != "after"}) == 1
    ledger = Ledger(tmp_path / summing.LEDGER, summing_plan(job))
    assert [(row.round, row.channel, row.state) for row in ledger.rows] == [
        (r, c, "released") for r, c in [(1, "counts"), (1, "histogram"), (2, "trips"), (2, "counts"), (2, "histogram")]
    ]  # for so few clients trips wait for the last round
    assert max(e for e in ledger.spent().values() if e is not None) <= 2 * NOISY["epsilon"]
    assert all(ledger.spent()[unit] <= NOISY["epsilon"] for unit in ledger.plan.units)
    ledger.check(records[2].ledger)
    assert "epsilon 20" in records[1].protection


def summing_plan(job):
    return toy.release_of(job.study, toy.SCHEMA, job.folder, toy.streams(job.study)).plan


def test_what_is_decoded_is_the_truth_within_the_noise_that_is_claimed(tmp_path):
    """120 cells in all; a standardised error is beyond 4.5 once in 1,000 such tests."""
    errors = []
    for number in range(5):
        job = toy.job(tmp_path / str(number), training={"rounds": 3}, privacy={**NOISY, "channels": ["counts"]})
        for record in run(job)[1:]:
            truth = {"even": 6.0, "odd": 12.0}
            for m in record.measures:
                want = truth[m.group] if m.moment in ("before", "after") else 0.0
                errors.append((m.total - want) / m.sd)
    assert len(errors) == 120
    assert max(map(abs, errors)) < 4.5
    assert 0.7 < np.std(errors) < 1.3


def test_the_first_trip_is_counted_in_its_round_alone(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(release.NoisySum, "decode", lambda self, sums: told.append(sums) or DECODE(self, sums))
    run(toy.job(tmp_path, training={"rounds": 2}, privacy={"epsilon": 60.0, "delta": 0.0, "floor": 1}, alarm={}))
    # At epsilon 60 the noise is other than 0 once in 10^12.
    assert [sums["trips"].total.tolist() for sums in told if sums] == [[2, 0]]


DECODE = release.NoisySum.decode


def test_a_budget_that_is_spent_ends_the_releases_and_not_the_run(tmp_path, monkeypatch):
    reserve = Ledger.reserve

    def spent_in_round_2(self, round_, *args, **kwargs):
        if round_ >= 2:
            raise BudgetSpent("the budget is spent")
        return reserve(self, round_, *args, **kwargs)

    monkeypatch.setattr(Ledger, "reserve", spent_in_round_2)
    seeds = []
    asked = SumServer.requests
    monkeypatch.setattr(SumServer, "requests", lambda self: seeds.append(self.exposing) or asked(self))
    records = run(toy.job(tmp_path, training={"rounds": 2}, privacy={**NOISY, "channels": ["counts"]}))
    assert records[1].measures and not records[2].measures
    assert {u.why for u in records[2].unknown} == {"the budget is spent"}
    assert seeds == [False, False, True, False, False]  # in round 2 nobody is asked to unmask


@pytest.mark.parametrize("step", range(1, 4))
def test_a_server_that_is_killed_between_two_steps_goes_on_and_charges_once(tmp_path, monkeypatch, step):
    send, steps = summing.ServerSums._step, []

    def killed(self, *args):
        steps.append(1)
        if len(steps) == step:
            raise KeyboardInterrupt
        return send(self, *args)

    job = toy.job(tmp_path, training={"rounds": 1}, privacy={**NOISY, "channels": ["counts"]})
    monkeypatch.setattr(summing.ServerSums, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        run(job)
    masked = (tmp_path / "clients" / "client-0000" / job.run[:16] / "sums").read_bytes() if step == 3 else None
    # The clients' processes are new ones, too.
    again = toy.job(tmp_path, training={"rounds": 1}, privacy={**NOISY, "channels": ["counts"]})
    from tocsin.federation import work

    work._make.cache_clear(), work._sums.cache_clear(), work._egress.cache_clear()
    record = run(again)[1]
    assert len(record.measures) == 8
    rows = Ledger(tmp_path / summing.LEDGER, summing_plan(again)).rows
    assert [(row.round, row.attempt, row.state) for row in rows] == [(1, 1, "released")]
    if masked is not None:  # the vector that was masked before the kill is the one that was summed
        assert masked[100:-1] in (tmp_path / "clients" / "client-0000" / again.run[:16] / "sums").read_bytes()


def test_a_ledger_that_lost_rows_stops_the_run(tmp_path):
    privacy = {**NOISY, "channels": ["counts"]}
    run(toy.job(tmp_path, training={"rounds": 2}, privacy=privacy))
    file = tmp_path / summing.LEDGER
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    import shutil

    shutil.rmtree(tmp_path / "checkpoints" / "round-0002")
    # Round 1's checkpoint knows of rows that are gone.
    with pytest.raises(TocsinError, match="lost rows since the last checkpoint"):
        run(toy.job(tmp_path, training={"rounds": 2}, privacy=privacy))


def test_a_client_whose_study_has_another_epsilon_answers_to_no_sum(tmp_path, monkeypatch):
    job = toy.job(tmp_path, training={"rounds": 1}, privacy=NOISY)
    other = toy.study(training={"rounds": 1}, privacy={**NOISY, "epsilon": 10.0})
    made = toy.work

    def work(job, client):
        mine = made(job, client)
        if client == 2:
            mine.release = toy.release_of(other, toy.SCHEMA, None)
        return mine

    monkeypatch.setattr(toy, "work", work)
    record = run(job)[1]
    assert [r.client for r in record.refused] == [2]
    assert "another schema than this client's study has" in record.refused[0].reason
    assert record.measures  # of the three others


def test_a_client_that_is_enrolled_with_another_key_is_left_out(tmp_path):
    job = toy.job(tmp_path, training={"rounds": 1})
    (tmp_path / "clients" / "client-0001" / "identity").write_bytes(bytes(range(32)))
    record = run(job)[1]
    assert [(r.client, r.reason) for r in record.refused] == [
        (1, "its part in a sum was refused: This identity is not the one that client 1 is enrolled with.")
    ]
    assert cells(record) == {"even": (24, 6.0), "odd": (12, 9.0)}


def test_every_byte_that_leaves_a_client_is_in_its_record(tmp_path):
    job = toy.job(tmp_path, {1: {"raise": "no", "rounds": [2]}}, training={"rounds": 2}, privacy=NOISY)
    records = run(job)
    left = [read(tmp_path / "clients" / f"client-{c:04d}" / "egress.jsonl") for c in range(4)]
    kinds = {kind for kind, _ in totals(left[0])}
    assert kinds == {"message", "update", "key", "count", "histogram"}
    assert {one.protection for one in left[0] if one.kind in ("count", "histogram")} == {"masked and noised"}
    greetings = sum(one.size for of in left for one in of[:1])
    assert sum(one.size for of in left for one in of) == greetings + sum(record.bytes_up for record in records)


@pytest.mark.parametrize("privacy", [{}, NOISY], ids=["exact", "noised"])
def test_a_round_that_the_study_does_not_have_is_never_summed(tmp_path, privacy):
    made = toy.release_of(toy.study(training={"rounds": 2}, privacy=privacy), toy.SCHEMA, None)
    for round_ in (0, 3, 99):
        with pytest.raises(TocsinError, match=f"has the rounds 1 to 2; nothing is summed in round {round_}"):
            made.terms(made.channels(1)[0], bytes(16), "all", round_, bytes(32))


@pytest.mark.parametrize(
    ("privacy", "sentence"),
    [
        ({"cohorts": {"a": [0, 1], "b": [2]}}, "must hold each of the clients 0 to 3 once"),
        ({"cohorts": {"a": [0, 1, 2], "b": [3]}}, '"b" has one client, which a sum cannot hide'),
        ({"cohorts": {"all": [0, 1, 2, 3]}}, "the name of all together"),
        ({"epsilon": 0}, "privacy.epsilon = 0 is wrong"),
    ],
)
def test_a_privacy_section_that_cannot_be_is_one_sentence(privacy, sentence):
    with pytest.raises(TocsinError, match=sentence):
        toy.study(privacy=privacy)


def test_a_budget_that_cannot_carry_the_run_does_not_start(tmp_path):
    privacy = {"epsilon": 2.0, "delta": 0.0, "channels": ["counts"]}
    with pytest.raises(TocsinError, match="no guarantee at delta 0"):
        run(toy.job(tmp_path, privacy=privacy))


def test_the_enrolment_file_of_a_study_is_seen_from_its_folder(tmp_path):
    (tmp_path / "study.toml").write_text('name = "x"\n[privacy]\nenrolment = "clients.toml"\n')
    assert studies.load(tmp_path / "study.toml").privacy.enrolment == str(tmp_path / "clients.toml")


def test_the_plan_is_kept_and_made_anew_where_the_study_differs(tmp_path):
    first = toy.release_of(toy.study(privacy=NOISY), toy.SCHEMA, tmp_path)
    kept = json.loads((tmp_path / "plan.json").read_text())
    assert toy.release_of(toy.study(privacy=NOISY), toy.SCHEMA, tmp_path).plan == first.plan
    (tmp_path / "plan.json").write_text("{")
    assert toy.release_of(toy.study(privacy=NOISY), toy.SCHEMA, tmp_path).plan.hash == first.plan.hash
    other = toy.release_of(toy.study(privacy={**NOISY, "epsilon": 10.0}), toy.SCHEMA, tmp_path)
    assert other.plan.hash != first.plan.hash
    assert json.loads((tmp_path / "plan.json").read_text()) != kept


def test_a_client_may_answer_from_another_process_each_time(tmp_path, monkeypatch):
    """What one process of a client put on the disk, the others know: Ray has several actors."""
    job = toy.job(tmp_path)
    processes = {c: cycle([summing.ClientSums(job, c) for _ in range(2)]) for c in range(4)}
    monkeypatch.setattr(work, "_sums", lambda job_json, client: next(processes[client]))
    for record in run(job)[1:]:
        assert not record.refused
        assert cells(record) == {"even": (24, 6.0), "odd": (24, 12.0)}
