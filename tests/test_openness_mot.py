import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tocsin.errors import TocsinError
from tocsin.openness import Standing, description, evaluate, read_mot, rule_set, write_mot

FILE = """
framework: {name: Model Openness Framework, version: '1.0', date: '2024-12-15'}
release:
  name: Mine-7B
  version: 7B
  date: '2025-01-01'
  type: language
  architecture: transformer decoder
  origin: ''
  producer: Me
  contact: ''
  repository: https://example.org/mine
  huggingface: ''
  license:
    distribution: {name: Apache-2.0, path: /LICENSE}
    data: {name: CC0-1.0, path: ''}
  components:
  - {name: Model architecture, description: x}
  - {name: Model parameters (Final), description: x, license: unlicensed}
  - {name: Datasets, description: x, component_path: 'https://example.org/data'}
  - {name: Technical report, description: x, license: CC-BY-4.0, license_path: 'https://example.org/by'}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "Mine.yml"
    place.write_text(FILE)
    return place


def facts(text: str) -> dict[str, Any]:
    """What a file of the tool says, without the descriptions that are the same in every file."""
    release = yaml.safe_load(text)["release"]
    release["components"] = {
        entry["name"]: {key: value for key, value in entry.items() if key not in ("name", "description")}
        for entry in release["components"]
    }
    return release


def test_a_file_of_the_tool_becomes_an_audit(file: Path) -> None:
    audit = read_mot(file)
    assert audit.name == "Mine-7B"
    assert audit.release["producer"] == "Me"
    assert audit.finding("architecture").standing is Standing.CLAIMED
    assert audit.finding("datasets").standing is Standing.ADDRESS
    assert audit.finding("training-code").standing is Standing.MISSING
    assert audit.licence("architecture").text == "Apache-2.0"
    assert audit.licence("datasets").text == "CC0-1.0"
    assert audit.licence("weights").text == "unlicensed"


def test_what_is_read_can_be_written_again(file: Path, tmp_path: Path) -> None:
    written = write_mot(read_mot(file))
    assert facts(written) == facts(FILE)
    again = tmp_path / "again.yml"
    again.write_text(written)
    assert write_mot(read_mot(again)) == written


def test_our_descriptions_can_be_handed_to_the_tool(tmp_path: Path) -> None:
    ours = description("pythia-6.9b")
    place = tmp_path / "pythia.yml"
    place.write_text(write_mot(ours))
    theirs = read_mot(place)
    (before,), (after,) = evaluate(ours, rule_set("mof")), evaluate(theirs, rule_set("mof"))
    assert [step.met for step in before.steps] == [step.met for step in after.steps]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("release: {name: x}", r"is no file of the Model Openness Tool: it has no release with components\.$"),
        ("release: {components: [{name: Wieghts}]}", r'the tool has no component "Wieghts"'),
        ("release: {components: [Datasets]}", r'the tool has no component "Datasets"'),
        ("- a\n- b", r"holds no table of keys"),
    ],
)
def test_what_is_no_file_of_the_tool_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    place = tmp_path / "x.yml"
    place.write_text(text)
    with pytest.raises(TocsinError, match=fault):
        read_mot(place)


@pytest.fixture
def tool(data_root: Path) -> Path:
    """The tool's own files, at 8b5d30e."""
    folder = data_root / "model_openness_tool"
    if not folder.is_dir():
        pytest.skip("TOCSIN_DATA has no folder model_openness_tool")
    return folder


def test_the_tool_s_own_test_files_get_their_class(tool: Path) -> None:
    files = sorted((tool / "Test_Data").glob("*.yml"))
    assert len(files) == 27
    for place in files:
        full = min(re.findall(r"C(\d)_100%", place.name), default="0")
        (verdict,) = evaluate(read_mot(place), rule_set("mof"))
        assert verdict.if_claims_hold == {"0": "unclassified", "1": "class-i", "2": "class-ii", "3": "class-iii"}[full]


def test_models_of_the_tool_can_be_read_and_written_again(tool: Path) -> None:
    for place in sorted((tool / "models").glob("*.y*ml"))[::20]:
        before, after = facts(place.read_text()), facts(write_mot(read_mot(place)))
        assert set(after["components"]) == set(before["components"]), place.name
