"""`tocsin select`, `tocsin levels`, and what `tocsin audit` says of methods."""

import json
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tocsin import cli
from tocsin.auditing import as_json, audit_model, table
from tocsin.openness import guide

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def tocsin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["tocsin", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def needs(folder: Path, text: str) -> Path:
    file = folder / "needs.toml"
    file.write_text(text)
    return file


def test_select_shows_who_fits_and_who_does_not_and_why(tocsin: Command, tmp_path: Path) -> None:
    file = needs(tmp_path, 'methods = ["lora"]\n[wish]\nautonomy = ["audit"]\n')
    code, out, _ = tocsin("select", "phi-4", "pythia-6.9b", "gpt-4", "--needs", file)
    assert code == 0
    assert out.index("Pythia-6.9B") < out.index("Phi-4") < out.index("does not fit") < out.index("GPT-4")
    assert "1 of 1" in out and "0 of 1" in out and "audit is kept" in out


def test_select_takes_folders_and_all_that_are_described(tocsin: Command, tmp_path: Path, tiny_folder: Path) -> None:
    file = needs(tmp_path, 'methods = ["lora"]\n')
    code, out, _ = tocsin("select", tiny_folder, "--needs", file, "--json")
    (found,) = json.loads(out)
    assert code == 0 and found["fits"] and found["by"] == ["weights", "changes"] and found["level"] == "gray-box"
    code, out, _ = tocsin("select", "--needs", file, "--json")
    assert code == 0 and len(json.loads(out)) == 10


def test_select_exits_1_where_none_fits_and_2_where_it_cannot_be_said(tocsin: Command, tmp_path: Path) -> None:
    file = needs(tmp_path, 'methods = ["lora"]\n')
    code, out, _ = tocsin("select", "gpt-4", "--needs", file, "--json")
    assert code == 1 and json.loads(out)[0]["lacks"] == ["LoRA"]
    code, out, err = tocsin("select", "gpt-4", "--needs", tmp_path / "nothing.toml")
    assert (code, out) == (2, "") and "nothing.toml cannot be read" in err
    assert tocsin("select", "gpt-44", "--needs", file)[0] == 2


def test_levels_prints_what_the_document_holds(tocsin: Command) -> None:
    code, out, _ = tocsin("levels")
    assert (code, out) == (0, guide())


def test_levels_as_json_holds_every_cell(tocsin: Command) -> None:
    code, out, _ = tocsin("levels", "--json")
    found = {(cell["level"], cell["method"]): cell for cell in json.loads(out)}
    assert code == 0 and len(found) == 32
    search, lora = found["black-box", "prompt-search"], found["black-box", "lora"]
    assert (lora["possible"], lora["routes"]) == ("no", [])
    assert search["autonomy"] == dict.fromkeys(("versioning", "shutdown", "price", "audit"), "lost")
    (route,) = search["routes"]
    assert route["training"]["service"] == ["prompts"] and route["prompts_seen"] == "in training and use"


def test_an_audit_says_what_each_method_would_mean() -> None:
    report = audit_model("gpt-4")
    found = {one["method"]: one for one in as_json(report)["methods"]}
    assert found["lora"] == {"method": "lora", "possible": False, "needs": [["weights", "changes"]]}
    search, pupil = found["prompt-search"], found["distillation"]
    assert search["modes"]["Confidence Miscalibration"] == "no" and search["modes"]["Alignment Erosion"] == "yes"
    assert search["probes"] == ["generation"] and search["autonomy"]["shutdown"] == "lost"
    assert pupil["assumed"] == ["outputs"] and set(pupil["modes"].values()) == {"yes"}
    console = Console(width=320, file=StringIO())
    console.print(table(report))
    shown = console.file.getvalue()
    assert "yes, given leave to train on its outputs" in shown and "Confidence Miscalibration (no)" in shown
