"""What clients record: nothing unless asked, and then exactly what their sentinels saw."""

import json
from pathlib import Path

import numpy as np
import pytest
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.alarm import Sentinel
from tocsin.behaviour import RECORD
from tocsin.bench import Header, asked, gather
from tocsin.bench.cells import Watch
from tocsin.federation import Job, run_key
from tocsin.federation.watching import trip_plan, watched
from tocsin.injecting import cells_of

CLIENTS, ROUNDS = 3, 3


@pytest.fixture
def settings(tiny_folder: Path, tmp_path: Path) -> study.Study:
    return study.load(write_study(tmp_path, tiny_folder, rounds=ROUNDS), ["alarm.level=0.05"])


def _homes(settings: study.Study, root: Path) -> list[Path]:
    done = running.start(settings, root, lambda kind, detail: None)
    job = Job(done.study, done.folder, done.folder.resolve() / "clients", "", "", run_key(done.folder))
    return [job.run_folder(client) for client in range(CLIENTS)]


def test_nothing_is_recorded_unless_it_is_asked_for(
    settings: study.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(RECORD, raising=False)
    homes = _homes(settings, tmp_path / "runs")
    assert all(home.is_dir() and not (home / "outcomes").exists() for home in homes)


def test_a_recording_holds_what_the_sentinels_saw(
    settings: study.Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RECORD, "1")
    homes = _homes(settings, tmp_path / "runs")
    cells = cells_of(settings)
    assert [cell.own for cell in cells] == [False, True, False]
    header = Header(scenario="steady", strength="plain", onset=0, cells=asked(cells))
    told = gather(homes, header)
    watch, streams = Watch.of(cells), watched(settings)
    assert [(s.mode, s.probe, s.moment) for s in watch.streams] == [(s.mode, s.probe, s.moment) for s in streams]
    plan = trip_plan(settings, len(streams), None)
    moved = 0
    for client, home in enumerate(homes):
        again = Sentinel(len(streams), ROUNDS, plan.false_trip, settings.alarm.tolerance)
        for round_ in range(1, ROUNDS + 1):
            d = watch.differences(told.outcomes[round_ - 1, client : client + 1].astype(np.float32))[0]
            moved += int((np.abs(np.nan_to_num(d)) > 0.5).sum())
            again.observe(d)
            kept = json.loads((home / f"sentinel-{round_:04d}.json").read_text(encoding="ascii"))
            ours = again.state()
            assert kept["first"] == ours["first"]
            assert np.allclose(kept["paired"]["log_m"], ours["paired"]["log_m"], atol=0.02)  # outcomes of 16 bits
    assert moved  # else all would be equal whatever was recorded
    assert (told.loss > 0.0).all()
