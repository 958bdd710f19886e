"""Masked sums of updates: the mean is that of plain averaging, whoever drops, and the server sees no single update."""

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
import toy

from tocsin import run as running
from tocsin.errors import FederationError, TocsinError
from tocsin.federation import AGGREGATIONS, ENGINES, secure_updates, summing, work
from tocsin.federation.aggregation import OfSum
from tocsin.federation.client_privacy import ClientPrivate
from tocsin.federation.grid import LocalGrid
from tocsin.federation.messages import Task, Update
from tocsin.federation.secure_updates import LEVELS, FixedPoint, keep, summed
from tocsin.federation.summing import ClientSums
from tocsin.models import load_adapter
from tocsin.privacy import Terms, totals
from tocsin.privacy.egress import read
from tocsin.privacy.masking.masks import stream
from tocsin.privacy.masking.messages import Call, Key, Masked, Seed, Unmask, View, decode, encode

RANGE = 2.0  # the toy's largest change is 12/7
STEP = RANGE / LEVELS
SECURE = {"secure_updates": True, "update_range": RANGE}


def secure(folder, faults=None, privacy=(), **sections):
    return toy.job(folder, faults, privacy={**SECURE, **dict(privacy)}, **sections)


def run(job, events=None):
    # Clients' processes are new ones in each run.
    work._make.cache_clear(), work._sums.cache_clear(), work._egress.cache_clear()
    ENGINES.get("local")().run(job, lambda kind, detail: events is not None and events.append((kind, detail)))
    return toy.records(job.folder)


def adapter(folder):
    return load_adapter(sorted(folder.glob("checkpoints/round-*"))[-1] / "adapter")[0]


def raw(folder):
    return (sorted(folder.glob("checkpoints/round-*"))[-1] / "adapter" / "adapter_model.safetensors").read_bytes()


def apart(one, other):
    assert one.keys() == other.keys()
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


def failing(monkeypatch, client, kind, times=10**6):
    """The client raises when it is asked in a message of `kind` for its part in an update's sum."""
    answer, left = secure_updates.answer, [times]

    def failed(sums, job, who, number, requests):
        if who == client and isinstance(decode(requests["update"]), kind) and left[0]:
            left[0] -= 1
            raise TocsinError("the disk is full")
        return answer(sums, job, who, number, requests)

    monkeypatch.setattr(secure_updates, "answer", failed)


# -- what comes out ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cohorts", [{}, {"north": [0, 3], "south": [1, 2]}])
def test_the_mean_is_that_of_plain_averaging_within_the_rounding(tmp_path, cohorts):
    run(toy.job(tmp_path / "plain"))
    records = run(secure(tmp_path / "secure", privacy={"cohorts": cohorts}))
    assert [record.answered for record in records[1:]] == [(0, 1, 2, 3)] * 3
    assert not any(record.refused for record in records)
    # Half a step a round, and single precision.
    assert apart(adapter(tmp_path / "plain"), adapter(tmp_path / "secure")) <= 3 * (STEP / 2 + 2.0**-22)
    assert secure_updates.PROTECTION in records[3].protection


@pytest.mark.parametrize("name", ["fedavg", "fedprox", "fedadam", "fedavgm"])
def test_an_aggregation_makes_the_same_of_a_sum_as_of_all_updates(name):
    rng = np.random.default_rng(1)
    single, of_sum = AGGREGATIONS.get(name)({}), AGGREGATIONS.get(name)({})
    assert isinstance(of_sum, OfSum)
    current = {k: rng.normal(size=(4, 3)).astype(np.float32) for k in ("z", "a")}
    for round_ in (1, 2, 3):
        changes = [{k: rng.normal(size=(4, 3)) / 10 for k in current} for _ in range(5)]
        updates = [
            Update(c, {k: (current[k] + change[k]).astype(np.float32) for k in current})
            for c, change in enumerate(changes)
        ]
        expected = single.aggregate(round_, current, updates)
        total = {k: sum(change[k] for change in changes) for k in current}
        got = of_sum.aggregate_sum(round_, current, total, 5)
        assert list(got) == list(current)
        assert apart(expected, got) < 1e-5
        current = expected


@pytest.mark.parametrize("limit", [1.0, 0.003, 7.5])
def test_rounding_is_off_by_half_a_step_at_most_and_the_sum_is_exact(limit):
    rng = np.random.default_rng(2)
    point = FixedPoint(limit)
    like = {"z": np.zeros((50, 7), np.float32), "a": np.zeros(11, np.float32)}
    changes = [{k: rng.uniform(-limit, limit, v.shape) for k, v in like.items()} for _ in range(30)]
    changes[0]["a"][:2] = limit, -limit
    entries = [point.encode(change) for change in changes]
    assert entries[0].dtype == np.int32 and max(np.abs(e).max() for e in entries) == LEVELS
    one = point.decode(entries[0].astype(np.int64), like)
    assert list(one) == ["z", "a"]
    assert apart(one, changes[0]) <= point.step / 2 * (1 + 1e-9)
    mean = point.decode(np.sum(entries, axis=0, dtype=np.int64), like)
    for name in like:
        errors = mean[name] / 30 - np.mean([change[name] for change in changes], axis=0)
        assert np.abs(errors).max() <= point.step / 2
        # The parts of the errors are independent: about step / sqrt(12 * 30).
        assert np.std(errors) < 1.5 * point.step / math.sqrt(12 * 30)


def test_256_clients_at_the_limit_fit_four_bytes():
    terms = Terms(bytes(16), "update", "all", 1000, bytes(32), bytes(32), 5, -LEVELS, LEVELS, 2)
    assert (terms.modulus(256).width, terms.modulus(257).width) == (4, 5)


# -- who is in it ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Call, View])
def test_a_client_that_trains_and_drops_is_left_out_and_named(tmp_path, monkeypatch, kind):
    failing(monkeypatch, 3, kind)
    record = run(secure(tmp_path, training={"rounds": 1}))[1]
    assert record.answered == (0, 1, 2) and record.attempts == 1
    assert [(r.client, r.reason) for r in record.refused] == [(3, "its part in a sum was refused: the disk is full")]
    want = {"a": np.full((2, 3), 2 / 7), "b": np.full(4, 1 + 2 / 7)}  # (1 + 2 + 3) / 3 / 7
    assert apart(adapter(tmp_path), want) < STEP
    odd = next(m for m in record.measures if (m.group, m.moment) == ("odd", "before"))
    assert odd.n == toy.ITEMS  # tallies are of the same clients


def test_a_sum_under_the_quorum_is_tried_again_with_those_that_come_back(tmp_path, monkeypatch):
    run(secure(tmp_path / "whole", training={"rounds": 1}))
    failing(monkeypatch, 3, View, times=1)
    events = []
    record = run(secure(tmp_path / "here", training={"rounds": 1}, federation={"min_clients": 4}), events)[1]
    assert record.answered == (0, 1, 2, 3) and record.attempts == 2 and not record.refused
    assert [d["clients"] for k, d in events if k == "round"] == [4, 1]  # the others keep their updates
    assert raw(tmp_path / "here") == raw(tmp_path / "whole")


def test_cohorts_that_have_a_sum_keep_it_while_another_tries_again(tmp_path, monkeypatch):
    cohorts = {"cohorts": {"north": [0, 1], "south": [2, 3]}}
    run(secure(tmp_path / "whole", training={"rounds": 1}))
    failing(monkeypatch, 3, View, times=1)
    job = secure(tmp_path / "here", training={"rounds": 1}, privacy=cohorts, federation={"min_clients": 4})
    record = run(job)[1]
    assert record.answered == (0, 1, 2, 3) and record.attempts == 2
    assert raw(tmp_path / "here") == raw(tmp_path / "whole")


def test_a_cohort_that_does_not_come_about_is_left_out_where_the_quorum_is_met(tmp_path, monkeypatch):
    failing(monkeypatch, 3, View)
    job = secure(tmp_path, training={"rounds": 1}, privacy={"cohorts": {"north": [0, 1], "south": [2, 3]}})
    record = run(job)[1]
    assert record.answered == (0, 1)
    assert [(r.client, r.reason) for r in record.refused] == [
        (2, "its update was not in the sum"),
        (3, "its part in a sum was refused: the disk is full"),
    ]


def test_a_round_without_a_sum_fails_in_one_sentence_and_goes_on_when_the_client_is_mended(tmp_path, monkeypatch):
    run(secure(tmp_path / "whole"))
    with monkeypatch.context() as patch:
        failing(patch, 3, View)
        sentence = r"Round 1 failed 2 times: 3 good updates where 4 are needed \(client 3: .*the disk is full\); mend"
        with pytest.raises(FederationError, match=sentence):
            run(secure(tmp_path / "here", federation={"min_clients": 4}))
    run(secure(tmp_path / "here", federation={"min_clients": 4}))
    assert raw(tmp_path / "here") == raw(tmp_path / "whole")


def test_a_client_that_does_not_unmask_is_asked_again_and_then_waited_for(tmp_path, monkeypatch):
    run(secure(tmp_path / "whole", training={"rounds": 1}))
    with monkeypatch.context() as patch:
        failing(patch, 2, Unmask, times=1)
        assert run(secure(tmp_path / "again", training={"rounds": 1}))[1].answered == (0, 1, 2, 3)
    with monkeypatch.context() as patch:
        failing(patch, 2, Unmask)
        sentence = r"Round 1: client 2 masked its update and does not unmask it .*; mend that client and resume, or"
        with pytest.raises(FederationError, match=sentence):
            run(secure(tmp_path / "resumed", training={"rounds": 1}))
    record = run(secure(tmp_path / "resumed", training={"rounds": 1}))[1]
    assert record.answered == (0, 1, 2, 3) and not record.refused
    assert raw(tmp_path / "again") == raw(tmp_path / "resumed") == raw(tmp_path / "whole")


def test_after_a_restart_the_roster_that_masked_stays_whoever_trains_then(tmp_path, monkeypatch):
    run(secure(tmp_path / "whole", training={"rounds": 1}))
    with monkeypatch.context() as patch:
        failing(patch, 2, Unmask)
        with pytest.raises(FederationError):
            run(secure(tmp_path / "here", training={"rounds": 1}))
    job = secure(tmp_path / "here", {0: {"sentence": "its data are gone"}}, training={"rounds": 1})
    record = run(job)[1]
    assert record.answered == (0, 1, 2, 3)
    assert raw(tmp_path / "here") == raw(tmp_path / "whole")


@pytest.mark.parametrize("step", range(1, 7))
def test_a_server_that_is_killed_between_two_steps_comes_to_the_same_adapter(tmp_path, monkeypatch, step):
    run(secure(tmp_path / "whole", training={"rounds": 2}))
    send, steps = summing.ServerSums._step, []

    def killed(self, round_, under_way, *args):
        if any(channel == "update" for _, channel in under_way):
            steps.append(1)
            if len(steps) == step:
                raise KeyboardInterrupt
        return send(self, round_, under_way, *args)

    with monkeypatch.context() as patch:
        patch.setattr(summing.ServerSums, "_step", killed)
        with pytest.raises(KeyboardInterrupt):
            run(secure(tmp_path / "killed", training={"rounds": 2}))
    run(secure(tmp_path / "killed", training={"rounds": 2}))
    assert raw(tmp_path / "killed") == raw(tmp_path / "whole")


def test_a_server_that_is_killed_after_the_sum_and_before_the_checkpoint_asks_for_no_second_one(tmp_path):
    run(secure(tmp_path, training={"rounds": 1}))
    whole = raw(tmp_path)
    shutil.rmtree(tmp_path / "checkpoints" / "round-0001")
    assert run(secure(tmp_path, training={"rounds": 1}))[1].answered == (0, 1, 2, 3)
    assert raw(tmp_path) == whole


def test_of_earlier_rounds_the_server_keeps_no_sum(tmp_path):
    run(secure(tmp_path, privacy={"cohorts": {"x-update-y": [0, 1], "z": [2, 3]}}))
    names = {file.name for file in (tmp_path / "sums").iterdir()}
    assert {name for name in names if "-update-" in name and "tally" not in name} == {
        "3000-update-x-update-y",
        "3000-update-z",
    }
    assert "0001-tally-x-update-y" in names


# -- what a client refuses ---------------------------------------------------------------------------------------------


def asked(job, client, number, adapter=None, size=10):
    """What a client says to a server that asks for its key for the sum `number` of changes to `adapter`."""
    sums = ClientSums(job, client)
    digest = secure_updates._digest(FixedPoint(RANGE), toy.START if adapter is None else adapter, {})
    enrolment = sums._enrolment.hash
    run_ = bytes.fromhex(job.run)
    terms = secure_updates._terms(job.study, digest, size, "update", run_, "all", number, enrolment)
    return secure_updates.answer(sums, job, client, number, {"update": encode(Call(terms, 1))})


def test_an_update_that_was_unmasked_is_in_no_second_sum_of_its_round(tmp_path):
    job = secure(tmp_path, training={"rounds": 1})
    run(job)
    assert asked(job, 1, 1000)[0]  # the same sum: the same key again
    replies, refusals = asked(job, 1, 1001)
    assert not replies and refusals["update"].startswith("it has unmasked its update of round 1")
    assert asked(job, 1, 2000)[1] == {"update": "it has no update of round 2; it has to train first"}


def test_a_client_sums_only_changes_to_the_adapter_that_it_was_sent(tmp_path):
    job = secure(tmp_path)
    arrays = {name: array + np.float32(0.5) for name, array in toy.START.items()}
    keep(job, Task(1, 1, toy.START, 60.0), Update(1, arrays))
    assert asked(job, 1, 1000)[0]
    for other in (arrays, toy.START | {"a": toy.START["a"].T}):
        replies, refusals = asked(job, 1, 1000, other)
        assert not replies and "another schema than this client's study has" in refusals["update"]


def test_a_server_that_asks_for_a_tally_along_with_the_update_gets_none(tmp_path):
    job = secure(tmp_path)
    keep(job, Task(1, 1, toy.START, 60.0), Update(1, toy.START))
    replies, refusals = secure_updates.answer(ClientSums(job, 1), job, 1, 1000, {"update": b"", "tally": b""})
    assert not replies and refusals["tally"] == "The study has no such channel."


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"value": "nan"}, "its update holds NaN or infinite numbers"),
        ({"value": "-inf"}, "its update holds NaN or infinite numbers"),
        ({"value": 2.5}, "its update moves an entry by more than privacy.update_range = 2; lower training.learning"),
        ({"extra": "c"}, "its update has other arrays than the adapter"),
        ({"shape": True}, "its update has other arrays than the adapter"),
    ],
)
def test_what_the_server_cannot_check_the_client_does(tmp_path, fault, reason):
    record = run(secure(tmp_path, {1: fault}, training={"rounds": 1}))[1]
    assert record.answered == (0, 2, 3)
    assert [r.client for r in record.refused] == [1]
    assert record.refused[0].reason.startswith(reason)


def test_a_client_that_sends_its_update_all_the_same_is_refused(tmp_path, monkeypatch):
    reply = work.messages.trained_reply
    monkeypatch.setattr(
        work.messages,
        "trained_reply",
        lambda to: (
            reply(to)
            if to.metadata.dst_node_id != 2
            else work.messages.update_reply(to, Update(1, toy.START), weigh=False)
        ),
    )
    record = run(secure(tmp_path, training={"rounds": 1}))[1]
    assert [(r.client, r.reason) for r in record.refused] == [(1, 'its answer holds "update", which was not asked for')]


def test_with_noise_for_clients_each_clips_its_own_change_and_rounding_stays_within(tmp_path):
    privacy = {"training": "client", "epsilon": 8.0, "clip": 0.5}
    job = secure(tmp_path, privacy=privacy)
    rng = np.random.default_rng(3)
    arrays = {name: (a + rng.normal(size=a.shape)).astype(np.float32) for name, a in toy.START.items()}
    keep(job, Task(1, 1, toy.START, 60.0), Update(1, arrays))
    with np.load(job.run_folder(1) / "update.npz") as kept:
        norm = np.linalg.norm(kept["entries"] * STEP)
    assert 0.5 - 10 * STEP < norm <= 0.5
    assert isinstance(ClientPrivate(AGGREGATIONS.get("fedavg")({}), 0.5, 1.0), OfSum)
    small = replace(job, study=toy.study(privacy={**SECURE, **privacy, "clip": 1e-9}))
    with pytest.raises(TocsinError, match=r"privacy.clip = 1e-09 is lost in the rounding of 10 entries"):
        keep(small, Task(1, 1, toy.START, 60.0), Update(1, arrays))


# -- what a study cannot have ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["median", "trimmed-mean", "krum"])
def test_masks_and_robust_aggregation_exclude_each_other(name):
    study = toy.study(privacy=SECURE, aggregation={"name": name}, split={"clients": 8})
    sentence = (
        f'hides each single update from the server, and aggregation.name = "{name}" must see them all to find the '
        "false ones: either the server cannot look or a liar can be found out; set secure_updates = false, or"
    )
    with pytest.raises(TocsinError, match=sentence) as error:
        running.checked(study)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"aggregation": {"weights": "examples"}}, r'counts each client once.*set aggregation.weights = "equal"'),
        ({"split": {"clients": 1}, "federation": {"min_clients": 1}}, "over 2 clients or more and split.clients is 1"),
    ],
)
def test_weights_and_a_single_client_are_refused_before_the_run(sections, sentence):
    with pytest.raises(TocsinError, match=sentence):
        running.checked(toy.study(privacy=SECURE, **sections))


def test_every_mean_goes_with_masks():
    means = {"fedavg", "fedprox", "fedadam", "fedavgm", "bias-budget", "q-ffl", "agnostic"}
    for name in AGGREGATIONS:
        assert isinstance(AGGREGATIONS.get(name)({}), OfSum) == (name in means)
    study = toy.study(privacy=SECURE)
    aggregation = AGGREGATIONS.get("fedavg")({})
    assert summed(aggregation, study) is aggregation


# -- what the server receives ------------------------------------------------------------------------------------------


def received(job, monkeypatch):
    """All replies of a run."""
    pull, replies = LocalGrid.pull_messages, []

    def pulled(self, ids):
        here = list(pull(self, ids))
        replies.extend(here)
        return here

    with monkeypatch.context() as patch:
        patch.setattr(LocalGrid, "pull_messages", pulled)
        run(job)
    return replies


def everything(reply):
    records = reply.content
    blobs = [array.data for record in records.array_records.values() for array in record.values()]
    for record in (*records.config_records.values(), *records.metric_records.values()):
        blobs += [value if isinstance(value, bytes) else str(value).encode() for value in record.values()]
    return b"".join(blobs)


def forms(client):
    """A client's update of round 1 as it might look in a message."""
    change = np.float32((client + 1) / 7)
    entries = [change, np.float32(1) + change, np.float64(change), np.int32(round(change / STEP))]
    return [np.full(3, entry).tobytes() for entry in entries] + [repr(float(change)).encode()]


def test_the_server_receives_no_update(tmp_path, monkeypatch):
    job = secure(tmp_path / "secure", training={"rounds": 1})
    replies = received(job, monkeypatch)
    trained = [reply for reply in replies if reply.metadata.message_type == "train"]
    assert len(trained) == 4 and not any(reply.content for reply in trained)
    seen, payloads, seeds = set(), {}, {}
    for reply in replies:
        data = everything(reply)
        assert not any(form in data for client in range(4) for form in forms(client))
        for channel, part in reply.content.config_records.get("sums", {}).items():
            if channel == "update":
                message = decode(part)  # the only encoding: not a byte more
                seen.add(type(message))
                if isinstance(message, Masked):
                    payloads[message.receipt.client] = message.payload
                elif isinstance(message, Seed):
                    seeds[message.client] = message.seed
    assert seen == {Key, Masked, Seed}
    # Nor is it there when the masks that the server knows are taken off.
    modulus = Terms(bytes(16), "", "", 0, bytes(32), bytes(32), 10, -LEVELS, LEVELS, 2).modulus(4)
    left = []
    for client, payload in payloads.items():
        words = modulus.unpack(payload)
        left.append(words - stream(seeds[client], len(words), modulus))
        assert not any(form in modulus.pack(left[-1]) for form in forms(client))
    total = modulus.decode(np.sum(left, axis=0, dtype=left[0].dtype))
    assert np.abs(total[:10] * STEP - 10 / 7).max() <= 2 * STEP

    plain = received(toy.job(tmp_path / "plain", training={"rounds": 1}), monkeypatch)
    assert all(any(form in everything(r) for r in plain for form in forms(client)) for client in range(4))


def test_a_client_writes_down_that_its_update_left_masked(tmp_path):
    records = run(secure(tmp_path, training={"rounds": 1}, privacy={"epsilon": 20.0, "channels": ["counts"]}))
    left = [read(tmp_path / "clients" / f"client-{c:04d}" / "egress.jsonl") for c in range(4)]
    assert totals(left[0]).keys() == {
        ("count", "masked and noised"),
        ("key", "signed"),
        ("message", "none"),
        ("update", "masked"),
    }
    greetings = sum(one.size for of in left for one in of[:1])
    assert sum(one.size for of in left for one in of) == greetings + sum(record.bytes_up for record in records)
