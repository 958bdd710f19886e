"""The examples that a user is told to paste: README's section and docs/probes.md."""

import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from stub_model import StubModel

from tocsin.behaviour import find_probe, measure_all

ROOT = Path(__file__).parent.parent
GUIDE = (ROOT / "docs" / "probes.md").read_text(encoding="utf-8")


def readme_section() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.split("## A probe of your own\n")[1].split("\n## ")[0]


def write_examples(folder: Path) -> None:
    """Each block that begins with `# file: NAME`, and the items that follow a TOML block."""
    blocks = re.findall(r"```(\w+)\n(.*?)```", GUIDE, re.DOTALL)
    items = None
    for language, text in blocks:
        if named := re.match(r"# file: (\S+)\n", text):
            (folder / named[1]).write_text(text, encoding="utf-8")
            items = re.search(r'items = "(.*)"', text)
        elif language == "json" and items:
            (folder / items[1]).write_text(text, encoding="utf-8")


def test_a_new_user_pastes_readme(tiny_folder: Path, tmp_path: Path) -> None:
    section = readme_section()
    assert len(section.splitlines()) < 20
    commands = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    "))
    assert commands.count("tocsin probe embedded ") == 1
    commands = commands.replace(
        "tocsin probe embedded", f'"{sys.executable}" -c "from tocsin.cli import main; main()" probe "{tiny_folder}"'
    )
    run = subprocess.run(["bash", "-ec", commands], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "capitals: wrong capital chosen" in run.stdout and "africa" in run.stdout and "europe" in run.stdout


@pytest.mark.parametrize("file", ["pairs.toml", "choices.toml", "refusals.toml", "word_count.py", "capitals.yaml"])
def test_every_example_of_the_guide_works(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_examples(tmp_path)
    monkeypatch.chdir(tmp_path)
    if file.endswith(".yaml"):
        pytest.importorskip("lm_eval")
        import datasets.config

        monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    probe = find_probe(file)
    items = probe.draw(99, Random(0))
    outcomes = measure_all(StubModel(answer=lambda prompt: "one two three"), probe, items)
    assert len(outcomes) >= 2 and {o.group for o in outcomes} == set(probe.groups)
