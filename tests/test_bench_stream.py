import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_bench_recording import recording
from typer.testing import CliRunner

from tocsin import benching
from tocsin.bench import (
    QUICK,
    SCENARIOS,
    Case,
    Recording,
    Replayed,
    Setting,
    Simulated,
    Strength,
    cases,
    run,
    usual_table,
    write_recording,
)
from tocsin.bench.stream import CALM
from tocsin.cli import app
from tocsin.errors import TocsinError

TINY = replace(
    QUICK, clients=(10, 50), epsilons=(2.0,), onsets=(10, 11), bank=50, healthy=1, runs=2, healthy_runs=2, rehearsals=3
)


def _source(name: str, strength: Strength) -> tuple[Simulated, bool]:
    table = usual_table()
    return Simulated(table, SCENARIOS.get(name)().script(table, strength)), False


def _some() -> tuple[Case, ...]:
    return tuple(case for case in cases(_source) if case.name in (CALM, "refusal-erodes", "drop-outs"))


def test_the_same_seed_gives_the_same_result() -> None:
    first, second = (run(TINY, _some(), lambda what: None) for _ in range(2))
    assert set(first.played) == set(second.played)
    for setting, its in first.played.items():
        for case, played in its.items():
            assert np.array_equal(played.first, second.played[setting][case].first)
    oracle = first.played[Setting("oracle", 50, None)]
    assert (oracle["refusal-erodes", "plain"].first >= first.onset).all()
    assert (oracle[CALM, "plain"].first == 0).all()
    assert len(oracle[CALM, "plain"].first) == len(oracle["drop-outs", "plain"].first) == 4


def test_refusal_is_lost_in_silence() -> None:
    silence = run(TINY, _some(), lambda what: None).silence["refusal-erodes", "plain"]
    assert abs(silence.loss) < 0.02 and abs(silence.accuracy) < 0.03
    assert silence.behaviour > 0.25


def test_cases_that_ask_other_cells_are_refused() -> None:
    some = list(_some())
    some[-1] = replace(some[-1], source=Replayed([recording()]))
    with pytest.raises(TocsinError, match="record both alike"):
        run(TINY, some, lambda what: None)


def test_results_are_written_whole_and_say_what_is_assumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benching, "QUICK", replace(TINY, clients=(50, 200), rounds=14, onsets=(10,), bank=200))
    report = benching.bench_stream(True, None, lambda what: None)
    page = benching.write_results(report, tmp_path / "results").read_text(encoding="utf-8")
    told = json.loads((tmp_path / "results" / "silentbench.json").read_text(encoding="utf-8"))
    assert {p.name for p in (tmp_path / "results").iterdir()} == {"silentbench.md", "silentbench.json"}
    assert len(told["assumed"]) == len(usual_table().assumed)
    assert f"of which {len(usual_table().assumed)} are assumed" in page
    targets = [m for m in told["measures"] if m["target"]]
    assert len(targets) > 30 and all(m["met"] in (True, False) for m in targets)
    assert all(title in page for title in ("DP-CUSUM", "own-data-on-the-tolerance (beyond)", "refusal-lost-in-a-round"))


def test_recordings_of_other_probes_are_run_without_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benching, "QUICK", replace(TINY, clients=(50, 200), rounds=14, onsets=(10,), bank=200))
    fails = recording()
    write_recording(fails, tmp_path / "fails.npz")
    with pytest.raises(TocsinError, match='no recording of "steady"'):
        benching.bench_stream(True, tmp_path, lambda what: None)
    healthy = fails.header.model_copy(update={"scenario": CALM, "onset": 0})
    calm = Recording(healthy, fails.outcomes * np.float16(0.0), fails.clusters, fails.loss)
    write_recording(calm, tmp_path / "calm.npz")
    report = benching.bench_stream(True, tmp_path, lambda what: None)
    assert {case.name for case in report.result.cases} == {CALM, "refusal-erodes"}
    assert "2 of 2 cases are resampled" in benching.sources_line(report) and not report.numbers
    assert (report.result.played[Setting("tocsin", 200, 2.0)]["refusal-erodes", "plain"].first == 10).all()
    assert benching.write_results(report, tmp_path).exists()


def test_an_unknown_tier_and_a_folder_that_is_not_there_are_told(tmp_path: Path) -> None:
    got = CliRunner().invoke(app, ["bench", "--tier", "dream"])
    assert isinstance(got.exception, TocsinError) and '"dream"' in str(got.exception)
    with pytest.raises(TocsinError, match="no folder of recordings"):
        benching.bench_stream(True, tmp_path / "none", lambda what: None)
