"""Openness and a study: a run that breaks its policy, or that the model cannot be trained by, does not start."""

from pathlib import Path
from shutil import copytree

import pytest
from studies import write_study

from tocsin import run as running
from tocsin import study
from tocsin.auditing import admit
from tocsin.errors import TocsinError
from tocsin.evidence import report_html
from tocsin.openness import folder

BREACH = 'openness.minimum_level="open-source"'
WAIVER = 'openness.waivers=[{rule="minimum_level", by="R. Amari", date=2026-11-20, reason="a trial on public data"}]'


def test_a_run_that_breaks_the_policy_does_not_start(tmp_path: Path, tiny_folder: Path) -> None:
    path = write_study(tmp_path, tiny_folder, rounds=1)
    with pytest.raises(TocsinError, match=r"the policy asks for open-source at least; .* waive it by") as raised:
        running.start(study.load(path, [BREACH]), tmp_path / "runs", lambda kind, detail: None)
    assert raised.value.exit_code == 2 and not list((tmp_path / "runs").glob("*/report.html"))


def test_a_waiver_lets_it_run_and_is_told_in_the_report(tmp_path: Path, tiny_folder: Path) -> None:
    path = write_study(tmp_path, tiny_folder, rounds=1)
    done = running.start(study.load(path, [BREACH, WAIVER]), tmp_path / "runs", lambda kind, detail: None)
    html = report_html(done, running.titles(done.study))
    assert "R. Amari" in html and "2026-11-20" in html and "a trial on public data" in html


def test_a_policy_that_names_what_is_not_known_is_bad_input(tmp_path: Path, tiny_folder: Path) -> None:
    path = write_study(tmp_path, tiny_folder, rounds=1)
    with pytest.raises(TocsinError, match="no-such-part"):
        running.checked(study.load(path, ['openness.required_evidence=["no-such-part"]']))


NO_WEIGHTS = (
    'name = "Ours"\nstage = "tuned"\nread = 2026-11-22\n[components.api-generation]\naddress = "https://x.org"\n'
)


def refused(tmp_path: Path, tiny_folder: Path, *changes: str) -> str:
    path = write_study(tmp_path, tiny_folder, rounds=1)
    with pytest.raises(TocsinError) as raised:
        running.start(study.load(path, changes), tmp_path / "runs", lambda kind, detail: None)
    assert raised.value.exit_code == 2 and not (tmp_path / "runs").exists()
    return str(raised.value)


def test_a_model_that_cannot_be_trained_by_lora_is_refused_with_what_is_possible(
    tmp_path: Path, tiny_folder: Path
) -> None:
    """By name and by a description file; what is possible is as the table says of the model's level."""
    needs = "LoRA needs final weights and leave to share changed versions; possible with it: discrete prompt search, "
    said = refused(tmp_path, tiny_folder, 'model.source="gpt-4"')
    assert said == f"GPT-4 is black-box, and {needs}federated distillation, proxy tuning."
    (tmp_path / "ours.toml").write_text(NO_WEIGHTS)
    said = refused(tmp_path, tiny_folder, f'model.source="{tmp_path / "ours.toml"}"')
    assert said == f"Ours is black-box, and {needs}federated distillation."


def test_no_waiver_gives_weights_that_are_not_there(tmp_path: Path, tiny_folder: Path) -> None:
    assert "GPT-4 is black-box, and LoRA needs" in refused(tmp_path, tiny_folder, 'model.source="gpt-4"', WAIVER)


def test_an_open_model_of_which_the_description_alone_is_here(tmp_path: Path, tiny_folder: Path) -> None:
    assert "there are three ways to a model" in refused(tmp_path, tiny_folder, 'model.source="pythia-6.9b"')


def with_licence(tiny_folder: Path, folder: Path, licence: str) -> Path:
    copytree(tiny_folder, folder)
    (folder / "README.md").write_text(f"---\nlicense: {licence}\n---\nA model.\n")
    return folder


def test_a_licence_without_changed_versions_is_refused_or_waived(tmp_path: Path, tiny_folder: Path) -> None:
    model = with_licence(tiny_folder, tmp_path / "model", "cc-by-nd-4.0")
    said = refused(tmp_path, model)
    assert said.startswith("model is gray-box, and LoRA needs") and '"cc-by-nd-4.0", does not give' in said
    assert '[[openness.waivers]] with rule = "minimum_level"' in said and "prompt tuning on embeddings" in said
    path = write_study(tmp_path, model, rounds=1)
    assert running.checked(study.load(path, [WAIVER])).model.source == str(model)


def test_a_licence_that_nobody_knows_is_the_policys_business(tmp_path: Path, tiny_folder: Path) -> None:
    model = with_licence(tiny_folder, tmp_path / "model", "other")
    assert running.checked(study.load(write_study(tmp_path, model), [])).model.source == str(model)
    assert "the policy asks for open-weight at least" in refused(
        tmp_path, model, 'openness.minimum_level="open-weight"'
    )


def test_without_a_policy_no_weights_are_read_through(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sha256(file: Path) -> str:
        assert file.suffix != ".safetensors"
        return "0" * 64

    monkeypatch.setattr(folder, "_sha256", sha256)
    admit(study.Model(source=str(tiny_folder)), study.Openness())
    with pytest.raises(AssertionError):
        admit(study.Model(source=str(tiny_folder)), study.Openness(minimum_level="black-box"))
