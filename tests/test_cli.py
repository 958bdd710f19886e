"""The command line: what a user sees, exit codes, and one sentence for everything that is wrong."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from studies import write_data, write_study

from tocsin import cli


@pytest.fixture
def tocsin(capsys, monkeypatch):
    """Run the command in process: (exit code, standard output, standard error)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["tocsin", *map(str, words)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return call


@pytest.fixture
def fails(tocsin):
    """Run the command and expect exit code 2, nothing on standard output, and one sentence."""

    def call(*words):
        code, out, err = tocsin(*words)
        assert code == 2, (code, out, err)
        assert out == "" and "Traceback" not in err
        sentences = [line for line in err.splitlines() if line.startswith("tocsin: ")]
        assert len(sentences) == 1 and sentences[0].endswith(".")
        return sentences[0]

    return call


@pytest.fixture(scope="module")
def ran(tiny_folder, tmp_path_factory):
    """A study that was run through the command: its folder."""
    from tocsin import run, study

    folder = tmp_path_factory.mktemp("ran")
    run.start(study.load(write_study(folder, tiny_folder)), folder / "runs", lambda kind, detail: None)
    return folder


def test_run_shows_rounds_verdict_and_report(tocsin, tiny_folder, tmp_path):
    code, out, err = tocsin("run", write_study(tmp_path, tiny_folder), "--runs", tmp_path / "runs")
    assert code == 0 and "Traceback" not in err
    assert "Mean training loss" in out
    assert "not yet an alarm" in " ".join(out.split())
    report = re.search(r"report (\S+report\.html)", out)
    assert report and "<svg" in Path(report[1]).read_text(encoding="utf-8")


def test_run_json_is_one_object(tocsin, tiny_folder, tmp_path):
    code, out, _ = tocsin("run", write_study(tmp_path, tiny_folder, rounds=1), "--runs", tmp_path / "runs", "--json")
    data = json.loads(out)
    assert code == 0 and len(data["rounds"]) == 2


def test_runs_and_report(tocsin, ran, tmp_path):
    code, out, _ = tocsin("runs", "--runs", ran / "runs", "--json")
    assert code == 0 and json.loads(out)[0]["state"] == "finished"
    code, out, _ = tocsin("runs", "--runs", ran / "runs")
    assert code == 0 and "finished" in out
    code, out, _ = tocsin("report", "latest", "--runs", ran / "runs", "--out", tmp_path / "r.html")
    assert code == 0 and (tmp_path / "r.html").exists() and str(tmp_path / "r.html") in out


def test_probe_shows_a_table_with_intervals(tocsin, tiny_folder):
    code, out, _ = tocsin("probe", tiny_folder, "--items", "6", "--probe", "stereotype", "--probe", "refusal")
    assert code == 0 and "stereotype" in out and re.search(r"\d+% \(\d+ to \d+\)", out)
    assert "beside it: capability" in out
    code, out, _ = tocsin("probe", tiny_folder, "--items", "6", "--probe", "refusal", "--json")
    (refusal,) = json.loads(out)["probes"]
    rate = refusal["groups"]["all"]["rate"]
    assert code == 0 and refusal["groups"]["all"]["n"] == 6 and 0 <= rate["low"] <= rate["high"] <= 1


def test_probe_takes_an_adapter_of_a_run(tocsin, ran, tiny_folder):
    adapter = next(ran.glob("runs/*/checkpoints/round-0002/adapter"))
    code, out, _ = tocsin("probe", tiny_folder, "--adapter", adapter, "--items", "4", "--probe", "stereotype")
    assert code == 0 and "stereotype" in out


def test_probe_compares_two_adapters(tocsin, ran, tiny_folder):
    adapter = next(ran.glob("runs/*/checkpoints/round-0002/adapter"))
    words = ("probe", tiny_folder, "--adapter", adapter, "--against", "base", "--probe", "capability")
    code, out, _ = tocsin(*words, "--items", "8", "--json")
    row = json.loads(out)["probes"][0]["groups"]["all"]
    assert code == 0 and row["n"] == 8 and row["change"]["holm"] >= row["change"]["p"]
    code, out, _ = tocsin(*words, "--items", "40", "--until", "0.2")
    assert code == 0 and re.search(r"capability: \d+ items|capability: the difference was decided", out)


def test_probe_asks_about_data_of_the_user(tocsin, tiny_folder, tmp_path):
    data = write_data(tmp_path, 20)
    words = ("--probe", "utility", "--probe", "membership", "--data", data, "--trained", data, "--json")
    code, out, err = tocsin("probe", tiny_folder, "--items", "4", *words)
    assert code == 0, err
    utility, membership = json.loads(out)["probes"]
    assert set(utility["groups"]) == {"all", "even", "odd"}
    assert membership["groups"]["all"]["n"] == 4 and "AUC by loss" in membership["figures"]


def test_align_writes_an_adapter(tocsin, tiny_folder, tmp_path):
    code, _, _ = tocsin("align", tiny_folder, "--out", tmp_path / "aligned", "--steps", "2")
    assert code == 0 and (tmp_path / "aligned" / "adapter_model.safetensors").exists()


def test_init_writes_a_study_that_runs_unchanged(tocsin, tiny_folder, tmp_path):
    data = write_data(tmp_path, 80)
    out = tmp_path / "mine.toml"
    code, said, _ = tocsin("init", data, "--out", out)
    assert code == 0 and "tocsin run" in said
    small = ["training.rounds=1", "training.steps=1", "model.start=base", f"model.source={tiny_folder}"]
    changes = [word for change in small for word in ("--set", change)]
    code, _, err = tocsin("run", out, "--runs", tmp_path / "runs", *changes)
    assert code == 0, err


def test_data_list(tocsin):
    code, out, _ = tocsin("data", "list", "--json")
    assert code == 0 and {"gsm8k", "advbench", "xstest", "crows_pairs"} <= {one["name"] for one in json.loads(out)}


def test_help_is_quick_and_loads_no_torch():
    code = "import sys, tocsin.cli; assert not {'torch', 'transformers', 'flwr'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


# -- bad input -----------------------------------------------------------------------------------


def test_a_missing_study(fails, tmp_path):
    assert "There is no study file at" in fails("run", tmp_path / "none.toml")


def test_neither_a_study_nor_a_run(fails):
    assert "Name a study file" in fails("run")


def test_an_unknown_key(fails, tiny_folder, tmp_path):
    path = write_study(tmp_path, tiny_folder)
    assert 'did you mean "steps"' in fails("run", path, "--set", "training.step=3")


def test_a_wrong_type(fails, tiny_folder, tmp_path):
    path = write_study(tmp_path, tiny_folder)
    assert "training.steps = 'many' is wrong" in fails("run", path, "--set", "training.steps=many")


def test_a_broken_line_of_data(fails, tiny_folder, tmp_path):
    data = write_data(tmp_path)
    data.write_text(data.read_text() + '{"prompt": "What is')
    said = fails("run", write_study(tmp_path, tiny_folder, data=data), "--runs", tmp_path / "runs")
    assert "data.jsonl, line 61 is not valid JSON" in said
    assert not (tmp_path / "runs").exists()


def test_a_run_that_is_not_there(fails, ran, tmp_path):
    assert "There is no run" in fails("report", "nonesuch", "--runs", ran / "runs")
    assert "There are no runs" in fails("runs", "--runs", tmp_path)
    assert "There are no runs" in fails("run", "--resume", "latest", "--runs", tmp_path)


def test_an_unknown_probe(fails, tiny_folder):
    assert 'did you mean "refusal"' in fails("probe", tiny_folder, "--probe", "refusals")


def test_a_probe_of_private_data(fails, tiny_folder):
    assert "give examples with --data FILE.jsonl" in fails("probe", tiny_folder, "--probe", "utility")
    assert "give examples with --trained FILE.jsonl" in fails("probe", tiny_folder, "--probe", "membership")


def test_data_of_the_user_with_a_broken_line(fails, tiny_folder, tmp_path):
    data = write_data(tmp_path)
    data.write_text(data.read_text() + '{"prompt": "What is')
    words = ("--probe", "utility", "--data", data)
    assert "data.jsonl, line 61 is not valid JSON" in fails("probe", tiny_folder, *words)


def test_a_width_that_means_nothing(fails, tiny_folder):
    assert "--until 3 is no half-width" in fails("probe", tiny_folder, "--until", "3")


def test_a_probe_file_that_is_not_there(fails, tiny_folder):
    assert "There is no probe file at mine.toml" in fails("probe", tiny_folder, "--probe", "mine.toml")


def test_a_model_that_is_not_there(fails):
    assert "three ways" in fails("probe", "/no/such/model")


def test_an_adapter_of_another_model(fails, ran, tmp_path):
    from tiny import save_tiny_model

    other = save_tiny_model(tmp_path / "other", seed=1)
    adapter = next(ran.glob("runs/*/checkpoints/round-0002/adapter"))
    assert "made for another base model" in fails("probe", other, "--adapter", adapter, "--probe", "stereotype")


def test_align_does_not_write_over_a_folder(fails, tiny_folder, tmp_path):
    assert "is there already" in fails("align", tiny_folder, "--out", tmp_path)


def test_init_does_not_write_over_a_study(fails, tmp_path):
    (tmp_path / "study.toml").write_text("mine")
    assert "is there already" in fails("init", write_data(tmp_path), "--out", tmp_path / "study.toml")


def test_init_of_data_without_questions(fails, tmp_path):
    (tmp_path / "odd.jsonl").write_text('{"left": 1, "right": 2}\n')
    assert "neither chat `messages` nor a question" in fails("init", tmp_path / "odd.jsonl", "--out", tmp_path / "s")


def test_a_benchmark_that_we_do_not_know(fails):
    assert "There is no benchmark" in fails("data", "get", "gsm9k")


def test_probes_lists_what_can_be_asked(tocsin):
    code, out, _ = tocsin("probes", "--json")
    listed = {one["name"]: one for one in json.loads(out)}
    assert code == 0 and listed["stereotype"]["kind"] == "bias" and listed["utility"]["source"] == "held-out"
    code, out, _ = tocsin("probes")
    assert code == 0 and "harmful request not" in out
