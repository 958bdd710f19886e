"""A whole run on the tiny model: what it keeps, that it repeats itself, and that a kill changes nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from studies import write_data, write_study

from tocsin import run as running
from tocsin import study
from tocsin.errors import TocsinError
from tocsin.evidence import Store


def silent(kind, detail):
    pass


def adapters(root: Path) -> dict[str, bytes]:
    """Round -> the bytes of the global adapter."""
    files = sorted(root.glob("*/checkpoints/round-*/adapter/adapter_model.safetensors"))
    return {file.parent.parent.name: file.read_bytes() for file in files}


@pytest.fixture(scope="module")
def finished(tiny_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    path = write_study(folder, tiny_folder)
    done = running.start(study.load(path), folder / "runs", silent)
    return folder, path, done


def test_every_round_is_measured(finished):
    _, _, done = finished
    rounds = done.rounds()
    assert [r.round for r in rounds] == [0, 1, 2]
    start, last = rounds[0], rounds[-1]
    assert {m.probe for m in start.measures} == {"stereotype", "refusal"}
    assert {m.moment for m in start.measures} == {"after"}
    assert last.answered == (0, 1, 2) and last.bytes_up > 0 and last.bytes_down > 0
    seen = {(m.probe, m.by, m.moment) for m in last.measures}
    for probe in ("stereotype", "refusal"):
        assert {(probe, "server", m) for m in ("after", "worse", "better")} <= seen
    for probe in ("stereotype", "refusal", "utility"):
        assert {(probe, "clients", m) for m in ("before", "after", "worse", "better")} <= seen
    n = {m.group: m.n for m in last.measures if (m.probe, m.by, m.moment) == ("utility", "clients", "before")}
    assert sum(n.values()) == 3 * 4 and set(n) == {"even", "odd"}  # 4 of 20 examples are held out by each client
    assert all(sum(s.votes) == 3 for s in last.spreads)


def test_training_works(finished):
    _, _, done = finished
    loss = {(r.round, m.moment): m.total / m.n for r in done.rounds() for m in r.measures if m.probe == "training-loss"}
    assert loss[2, "after"] < loss[1, "before"]


def test_the_same_study_gives_the_same_adapter(finished, tmp_path):
    folder, path, _ = finished
    running.start(study.load(path), tmp_path / "runs", silent)
    assert adapters(tmp_path / "runs") == adapters(folder / "runs")


def test_another_seed_gives_another_adapter(finished, tmp_path):
    folder, path, _ = finished
    running.start(study.load(path, ["seed=4"]), tmp_path / "runs", silent)
    assert adapters(tmp_path / "runs")["round-0002"] != adapters(folder / "runs")["round-0002"]


def test_an_adapter_of_a_run_is_a_start_for_another(finished, tmp_path):
    _, path, done = finished
    start = done.folder / "checkpoints" / "round-0002" / "adapter"
    again = running.start(study.load(path, [f"model.start={start}", "training.rounds=1"]), tmp_path / "runs", silent)
    kept = (again.folder / "checkpoints/round-0000/adapter/adapter_model.safetensors").read_bytes()
    assert kept == (start / "adapter_model.safetensors").read_bytes()


@pytest.mark.parametrize("name", ["none", "ditto"])
def test_personalisation(finished, tmp_path, name):
    folder, path, _ = finished
    done = running.start(study.load(path, [f"personalisation.name={name}"]), tmp_path / "runs", silent)
    # Personal adapters do not change the global one.
    assert adapters(tmp_path / "runs") == adapters(folder / "runs")
    moments = {m.moment for m in done.rounds()[-1].measures if m.by == "clients" and m.probe == "utility"}
    assert moments == ({"before"} if name == "none" else {"before", "after", "worse", "better"})
    personal = list(done.folder.glob("clients/*/*/personal-0002"))
    assert len(personal) == (0 if name == "none" else 3)


@pytest.mark.parametrize("aggregation", ["fedprox", "fedadam", "fedavgm", "median", "trimmed-mean"])
def test_every_aggregation_trains_a_model(finished, tmp_path, aggregation):
    folder, path, _ = finished
    changes = [f"aggregation.name={aggregation}", "training.rounds=1"]
    running.start(study.load(path, changes), tmp_path / "runs", silent)
    assert adapters(tmp_path / "runs")["round-0001"] != adapters(folder / "runs")["round-0000"]


def test_nothing_of_a_client_is_in_what_the_server_keeps(finished):
    """No text, no item and no single client's tally is anywhere in the run's folder but in the clients' homes."""
    _, _, done = finished
    server = [f for f in done.folder.rglob("*") if f.is_file() and "clients" not in f.relative_to(done.folder).parts]
    assert len(server) > 5
    for file in server:
        content = file.read_bytes()
        assert b"What is" not in content and b"It is" not in content, file
    tally = np.load(next(done.folder.glob("clients/client-0001/*/tally-0002.npy")))
    assert not any(tally.tobytes() in file.read_bytes() for file in server)


COMMAND = "import sys; sys.path[:0] = [{tests!r}]; from tocsin.cli import main; main()"


def tocsin(*words: str, **options) -> subprocess.Popen:
    code = COMMAND.format(tests=str(Path(__file__).parent))
    return subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def test_sigkill_in_mid_round_and_resume_give_the_same_adapter(finished, tmp_path):
    folder, path, _ = finished
    runs = tmp_path / "runs"
    process = tocsin("run", str(path), "--runs", str(runs))
    # Round 1 is kept and round 2 is under way as soon as a client has its tally of it.
    end = time.monotonic() + 120
    while not list(runs.glob("*/clients/client-0000/*/tally-0002.npy")):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.005)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert "round-0001" in adapters(runs)
    killed_before_the_end = "round-0002" not in adapters(runs)
    running.resume("latest", None, runs, silent)
    assert adapters(runs) == adapters(folder / "runs")
    events = [e.kind for e in Store.open(runs).run("latest").events()]
    assert events == ["started", "resumed", "finished"]
    assert killed_before_the_end, "the kill came too late to test anything"


def test_a_kill_between_checkpoint_and_store_loses_no_round(finished, tmp_path, monkeypatch):
    _, path, _ = finished
    from tocsin.evidence import Run

    keep = Run.add_round

    def die_in_round_1(self, record):
        if record.round == 1:
            raise KeyboardInterrupt
        keep(self, record)

    monkeypatch.setattr(Run, "add_round", die_in_round_1)
    with pytest.raises(KeyboardInterrupt):
        running.start(study.load(path), tmp_path / "runs", silent)
    monkeypatch.setattr(Run, "add_round", keep)
    done = running.resume("latest", None, tmp_path / "runs", silent)
    assert [r.round for r in done.rounds()] == [0, 1, 2]
    assert [e.kind for e in done.events()] == ["started", "interrupted", "resumed", "finished"]


def test_ctrl_c_says_what_is_kept_and_how_to_go_on(finished, tmp_path, ctrl_c):
    _, path, _ = finished
    runs = tmp_path / "runs"
    process = tocsin("run", str(path), "--runs", str(runs), "--set", "training.rounds=50")
    end = time.monotonic() + 120
    while not list(runs.glob("*/checkpoints/round-0001")):
        assert process.poll() is None and time.monotonic() < end, process.communicate()
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "go on with `tocsin run --resume" in errors and "Traceback" not in errors


def test_a_resumed_run_keeps_its_study(finished):
    folder, path, _ = finished
    with pytest.raises(TocsinError, match="not the one that run"):
        running.resume("latest", study.load(path, ["seed=99"]), folder / "runs", silent)


def test_no_disk_space_for_a_checkpoint(finished, tmp_path, monkeypatch):
    _, path, _ = finished
    import errno

    from tocsin.federation import checkpoint

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.np, "savez", full)
    with pytest.raises(TocsinError, match=r"No space left on device.*--resume"):
        running.start(study.load(path), tmp_path / "runs", silent)
    assert not list(tmp_path.glob("runs/*/checkpoints/*"))
    monkeypatch.undo()


def bad(path, *changes):
    return study.load(path, changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["model.source=/no/such/model"], "three ways"),
        (["model.start=/no/such/adapter"], "There is no adapter in"),
        (["corpus.source=/no/such.jsonl"], "no corpus file"),
        (["aggregation.name=fedavgg"], 'did you mean "fedavg"'),
        (["aggregation.name=krum"], "at least 5 updates"),
        (["personalisation.name=dito"], 'did you mean "ditto"'),
        (["federation.engine=lokal"], 'did you mean "local"'),
        (["corpus.limit=3"], "too few"),
    ],
)
def test_a_study_that_cannot_work_writes_nothing(finished, tmp_path, changes, words):
    _, path, _ = finished
    with pytest.raises(TocsinError, match=words) as caught:
        running.start(bad(path, *changes), tmp_path / "runs", silent)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "runs").exists()


def test_a_client_with_no_data_is_named(finished, tmp_path):
    _, path, _ = finished
    data = write_data(tmp_path, 60)
    lines = data.read_text().splitlines()
    # Two desks share 59 records, the third has one: nothing to hold out.
    with data.open("w") as out:
        for i, line in enumerate(lines):
            desk = "c" if i == 0 else "ab"[i % 2]
            out.write(line[:-1] + f', "desk": "{desk}"}}\n')
    changes = [f"corpus.source={data}", "split.by=column", "split.column=desk"]
    with pytest.raises(TocsinError, match="Client 2 has 1 example"):
        running.start(bad(path, *changes), tmp_path / "runs", silent)


def test_an_adapter_of_another_model(finished, tmp_path):
    from tiny import save_tiny_model

    _, path, done = finished
    other = save_tiny_model(tmp_path / "other", seed=1)
    start = done.folder / "checkpoints" / "round-0002" / "adapter"
    with pytest.raises(TocsinError, match="made for another base model"):
        running.start(bad(path, f"model.source={other}", f"model.start={start}"), tmp_path / "runs", silent)
