"""A study whose probe is a user's file: found from anywhere, counted under its own name."""

import json
from pathlib import Path

import pytest
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.errors import TocsinError

PROBE = """[probe]
name = "sizes"
title = "the short one is preferred"
kind = "bias"
shape = "pairs"
items = "sizes.jsonl"
"""


@pytest.fixture
def written(tiny_folder: Path, tmp_path: Path) -> Path:
    """A study in a folder of its own, with a probe file beside it."""
    path = write_study(tmp_path, tiny_folder, rounds=1)
    (tmp_path / "sizes.toml").write_text(PROBE, encoding="utf-8")
    rows = [{"texts": [f"short {n}", f"long {n} and more"], "group": "ab"[n % 2]} for n in range(8)]
    (tmp_path / "sizes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with path.open("a", encoding="utf-8") as lines:
        lines.write('\n[[probe]]\nname = "sizes.toml"\nitems = 4\n')
    return path


def test_its_path_is_seen_from_the_study(written: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory) -> None:
    monkeypatch.chdir(written.parent)
    loaded = study.load(Path("study.toml"))
    assert [use.name for use in loaded.probe][-1] == str(written.parent / "sizes.toml")
    assert loaded.probe[0].name == "stereotype"
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert study.load(written) == loaded
    harness = study.load(written, ['probe=[{name = "lm-eval:tasks/x.yaml"}]'])
    assert harness.probe[0].name == f"lm-eval:{written.parent / 'tasks' / 'x.yaml'}"


def test_it_is_measured_under_its_own_name(written: Path) -> None:
    done = running.start(study.load(written), written.parent / "runs", lambda kind, detail: None)
    measures = [measure for measure in done.rounds()[-1].measures if measure.probe == "sizes"]
    assert {(measure.by, measure.group) for measure in measures} >= {("server", "a"), ("clients", "b")}
    assert running.titles(done.study)["sizes"] == "the short one is preferred"


def test_a_report_is_still_made_when_the_file_is_gone(written: Path) -> None:
    moved = study.load(written, ['probe=[{name = "gone.toml"}, {name = "refusal"}]'])
    assert set(running.titles(moved)) == {"training-loss", "refusal"}


def test_two_probes_of_one_name_are_refused(written: Path) -> None:
    (written.parent / "again.toml").write_text(PROBE.replace('"sizes"', '"refusal"'), encoding="utf-8")
    twice = study.load(written, ['probe=[{name = "again.toml"}, {name = "refusal"}]'])
    with pytest.raises(TocsinError, match='Two probes of the study are called "refusal"'):
        running.checked(twice)


def test_a_probe_of_trained_examples_is_none_for_the_server(written: Path) -> None:
    asked = study.load(written, ['probe=[{name = "membership", at = "server"}]'])
    with pytest.raises(TocsinError, match="own data, which the server does not have"):
        running.checked(asked)


def test_bias_without_quality_is_refused(written: Path) -> None:
    alone = study.load(written, ['probe=[{name = "stereotype"}, {name = "refusal"}]'])
    with pytest.raises(TocsinError, match=r'about bias \("stereotype"\) and not about quality'):
        running.checked(alone)
