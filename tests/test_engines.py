"""One suite over all engines: whatever brings the clients to life, the run is the same.

Ray and Flower's processes take seconds to start, so that each run here checks several things at once.
"""

import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import toy

from tocsin.errors import FederationError, TocsinError
from tocsin.federation import ENGINES
from tocsin.federation.engines import deployment

# Seconds that the server waits for an answer, and that a late client takes: by what an engine needs to start a client.
PATIENCE = {"local": (0.2, 0.4), "ray": (3.0, 60.0), "deployment": (30.0, 60.0)}
REAL = pytest.mark.deployment
EVERY_ENGINE = pytest.mark.parametrize("engine", ["local", "ray", pytest.param("deployment", marks=REAL)])


@pytest.fixture(autouse=True)
def _nothing_is_left(monkeypatch):
    """Clients in other processes can import `toy`, and no process is alive after a test."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("TOCSIN_TEST", str(time.time_ns()))
    yield
    end = time.monotonic() + 5.0
    while (left := carrying("TOCSIN_TEST", os.environ["TOCSIN_TEST"])) and time.monotonic() < end:
        time.sleep(0.1)
    assert left == []


def carrying(name: str, value: str) -> list[str]:
    """The processes, apart from this one, that have a variable in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(name) == value and process.pid != os.getpid():
                found.append(" ".join(process.cmdline()))
        except (psutil.Error, OSError):
            continue
    return found


def run(job, engine, events=None):
    if engine == "ray":
        pytest.importorskip("ray")
    job = replace(job, study=toy.study(**job.study.model_dump(mode="json") | {"federation": federation(job, engine)}))
    ENGINES.get(engine)().run(job, lambda kind, detail: events is not None and events.append((kind, detail)))


def federation(job, engine):
    return job.study.federation.model_dump(mode="json") | {"engine": engine}


def adapter(folder) -> bytes:
    kept = sorted(folder.glob("checkpoints/round-*"))
    return (kept[-1] / "adapter" / "adapter_model.safetensors").read_bytes()


@EVERY_ENGINE
def test_the_same_adapter_and_the_same_refusals_on_every_engine(engine, tmp_path):
    faults = {1: {"raise": "patient 4711 has no answer"}, 2: {"value": "nan"}}
    sections = {"split": {"clients": 3}, "training": {"rounds": 1}, "federation": {"min_clients": 1}}
    events = []
    run(toy.job(tmp_path / engine, faults, **sections), engine, events)
    record = toy.records(tmp_path / engine)[1]
    assert record.answered == (0,)
    assert [r.client for r in record.refused] == [1, 2]
    assert record.refused[0].reason == "it raised ValueError"
    assert "NaN or infinite" in record.refused[1].reason
    # The listener hears the same, records among it, wherever the server lives.
    told = [kind for kind, _ in events]
    assert [told.count(kind) for kind in ("finished", "measuring", "round", "client")] == [2, 2, 1, 3]
    assert [d["record"] for k, d in events if k == "finished"] == toy.records(tmp_path / engine)

    run(toy.job(tmp_path / "reference", faults, **sections), "local")
    assert adapter(tmp_path / engine) == adapter(tmp_path / "reference")
    reference = toy.records(tmp_path / "reference")[1]
    assert record == reference.model_copy(update={"seconds": record.seconds})


@EVERY_ENGINE
def test_masked_updates_come_to_the_same_adapter_on_every_engine(engine, tmp_path):
    privacy = {"secure_updates": True}
    sections = {"split": {"clients": 3}, "training": {"rounds": 1}, "privacy": privacy}
    run(toy.job(tmp_path / engine, {1: {"value": "nan"}}, **sections), engine)
    record = toy.records(tmp_path / engine)[1]
    assert record.answered == (0, 2)
    assert [r.reason for r in record.refused] == ["its update holds NaN or infinite numbers"]
    run(toy.job(tmp_path / "reference", {1: {"value": "nan"}}, **sections), "local")
    assert adapter(tmp_path / engine) == adapter(tmp_path / "reference")


@EVERY_ENGINE
def test_a_late_answer_is_not_used_and_a_missing_quorum_reaches_the_caller(engine, tmp_path):
    patience, late = PATIENCE[engine]
    limits = {"client_timeout": patience, "min_clients": 2, "round_attempts": 1}
    job = toy.job(tmp_path, {1: {"sleep": late}}, split={"clients": 2}, federation=limits)
    with pytest.raises(FederationError, match=r"Round 1 failed.*1 good update.*client 1: it did not answer in time"):
        run(job, engine)
    assert [r.round for r in toy.records(tmp_path)] == [0]


@REAL
def test_a_run_whose_superlink_is_killed_goes_on_and_gives_the_same_adapter(tmp_path):
    sections = {"split": {"clients": 2}, "training": {"rounds": 2}, "aggregation": {"name": "fedadam"}}
    job = toy.job(tmp_path / "killed", **sections)
    with pytest.raises(FederationError, match="finished are kept, go on with --resume"):
        ENGINES.get("deployment")().run(job, kill_the_superlink_in_round_2)
    assert [r.round for r in toy.records(tmp_path / "killed")] == [0, 1]
    run(job, "deployment")
    run(toy.job(tmp_path / "whole", **sections), "local")
    assert [r.round for r in toy.records(tmp_path / "killed")] == [0, 1, 2]
    assert adapter(tmp_path / "killed") == adapter(tmp_path / "whole")


def kill_the_superlink_in_round_2(kind, detail):
    if kind == "round" and detail["round"] == 2:
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                if any(part.endswith("flower-superlink") for part in process.cmdline()):
                    process.kill()


@REAL
def test_ctrl_c_stops_the_run_on_a_superlink_of_the_user(tmp_path, monkeypatch):
    job = toy.job(tmp_path, split={"clients": 2})
    with deployment._own_superlink(job, tmp_path / "federation"):
        # As if somebody else had started these: known by their Flower configuration alone.
        monkeypatch.setenv("FLWR_HOME", str(tmp_path / "federation" / "flower"))
        job = toy.job(tmp_path, split={"clients": 2}, federation={"superlink": "tocsin"})
        with pytest.raises(KeyboardInterrupt):
            ENGINES.get("deployment")().run(job, interrupt_in_round_1)
        command = [deployment._command("flwr"), "list", "tocsin", "--format", "json"]
        assert "finished:stopped" in subprocess.run(command, capture_output=True, text=True, check=True).stdout

        job = toy.job(tmp_path, split={"clients": 2}, federation={"superlink": "other"})
        with pytest.raises(TocsinError, match=r"\"other\" did not take the run.*'other' not found.*flwr config list"):
            run(job, "deployment")


def interrupt_in_round_1(kind, detail):
    if kind == "round":
        raise KeyboardInterrupt


def test_ctrl_c_ends_a_simulation_in_the_middle_of_a_client(tmp_path, ctrl_c):
    pytest.importorskip("ray")
    job = toy.job(tmp_path, {c: {"sleep": 300} for c in range(2)}, split={"clients": 2})

    def interrupt_soon(kind, detail):
        if kind == "round":
            threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()

    with pytest.raises(KeyboardInterrupt):
        ENGINES.get("ray")().run(job, interrupt_soon)


def test_a_port_that_is_taken_is_one_sentence_before_anything_starts(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        job = toy.job(tmp_path, split={"clients": 2}, federation={"port": port})
        with pytest.raises(TocsinError, match=f"Port {port} cannot be used.*set federation.port") as error:
            run(job, "deployment")
    assert error.value.exit_code == 2
    assert not (tmp_path / "deployment" / "logs").exists()


def test_without_ray_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setattr("tocsin.federation.engines.ray.find_spec", lambda name: None)
    with pytest.raises(TocsinError, match=r"pip install .tocsin\[ray\]."):
        ENGINES.get("ray")().run(toy.job(tmp_path), lambda kind, detail: None)
