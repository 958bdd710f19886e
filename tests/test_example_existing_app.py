"""The Flower app of examples/existing-app, as it is and with the alarm: at most five lines, and the same training."""

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Context, RecordDict

from tocsin.federation import flower
from tocsin.federation.grid import LocalGrid
from tocsin.records import RoundRecord

EXAMPLE = Path(__file__).parents[1] / "examples" / "existing-app"
PATCH = EXAMPLE / "alarm.patch"
CLIENTS, ROUNDS = 8, 3


@pytest.fixture
def copy(tmp_path):
    """The app in a folder of its own, as it is and patched."""

    def make(patched: bool) -> Path:
        folder = tmp_path / ("patched" if patched else "plain")
        shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
        if patched:
            subprocess.run(["git", "apply", str(PATCH)], cwd=folder, check=True)
        return folder

    return make


def started(folder: Path, model: Path, monkeypatch):
    """Run the app's two ends in this process; what the inner strategy's last round gave, as arrays."""
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.startswith("existing_app")]:
        monkeypatch.delitem(sys.modules, name)
    server = importlib.import_module("existing_app.server_app")
    client = importlib.import_module("existing_app.client_app")
    assert str(folder) in server.__file__
    settings = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["flwr"]["app"]["config"]
    config = settings | {"model": str(model), "local-steps": 2, "learning-rate": 1e-2}

    def context(node_id: int, number: int, clients: int) -> Context:
        return Context(1, node_id, {"partition-id": number, "num-partitions": clients}, RecordDict(), config)

    monkeypatch.setattr(flower, "context", context)
    results = []
    kept = server.FedAvg.start
    monkeypatch.setattr(server.FedAvg, "start", lambda *a, **k: results.append(kept(*a, **k)) or results[-1])
    server.app(LocalGrid(client.app, CLIENTS), context(0, 0, CLIENTS))
    monkeypatch.undo()
    return flower.named_arrays(results[0].arrays)


def test_at_most_five_lines_change():
    added = re.findall(r"^\+(?!\+\+).*", PATCH.read_text(), re.MULTILINE)
    removed = re.findall(r"^-(?!--).*", PATCH.read_text(), re.MULTILINE)
    assert len(removed) <= len(added) <= 5  # a line that is changed is one removed and one added


def test_the_patched_app_is_the_app_and_the_alarm(copy, tiny_folder, monkeypatch, tmp_path):
    plain = started(copy(False), tiny_folder, monkeypatch)
    assert not (tmp_path / "runs").exists()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("TOCSIN_RUNS", str(tmp_path / "runs"))
    with monkeypatch.context() as inner:
        watched = started(copy(True), tiny_folder, inner)
    assert watched.keys() == plain.keys()
    for name, array in plain.items():  # Flower adds up in a random order of nodes; a step of training moves by 1e-2
        np.testing.assert_allclose(watched[name], array, atol=1e-5)
    assert any(np.abs(array).max() > 1e-2 for name, array in plain.items() if "lora_B" in name)
    (record,) = (tmp_path / "runs").rglob("alarm.jsonl")
    rounds = [RoundRecord.model_validate_json(line) for line in record.read_text().splitlines()]
    assert [r.answered for r in rounds] == [tuple(range(CLIENTS))] * ROUNDS
    assert not any(r.refused for r in rounds)
    assert {trip.probe for trip in rounds[-1].trips} == {"refusal", "stereotype", "capability"}
    assert all(trip.value is not None for trip in rounds[-1].trips)
