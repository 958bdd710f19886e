from pathlib import Path

import pytest

from tocsin.errors import TocsinError
from tocsin.openness import (
    Extent,
    Openness,
    Standing,
    described,
    description,
    judge,
    openness,
    read_description,
)

LEVELS = {
    "apertus-8b-instruct": Openness.OPEN_SOURCE,
    "gemma-3-27b-it": Openness.OPEN_WEIGHT,
    "gpt-4": Openness.BLACK_BOX,
    "llama-3.2-1b-instruct": Openness.OPEN_WEIGHT,
    "mistral-7b-v0.1": Openness.OPEN_WEIGHT,
    "olmo-2-7b-instruct": Openness.OPEN_SOURCE,
    "phi-4": Openness.OPEN_WEIGHT,
    "pythia-6.9b": Openness.OPEN_SOURCE,
    "qwen2.5-7b-instruct": Openness.OPEN_WEIGHT,
    "smollm2-135m-instruct": Openness.OPEN_WEIGHT,
}


def test_ten_models_come_described() -> None:
    assert set(described()) == set(LEVELS)


@pytest.mark.parametrize("name", sorted(LEVELS))
def test_every_statement_has_an_address(name: str) -> None:
    audit = description(name)
    for finding in audit.findings.values():
        assert finding.standing is not Standing.MISSING
        for piece in (*finding.evidence, *([finding.licence.evidence] if finding.licence else [])):
            assert (piece.address or piece.source or "").startswith("https://"), finding.component
        assert finding.extent is Extent.WHOLE or finding.note


@pytest.mark.parametrize("name", sorted(LEVELS))
def test_every_licence_is_one_that_we_know_or_says_that_it_is_other(name: str) -> None:
    licences = {finding.licence.text for finding in description(name).findings.values() if finding.licence}
    assert all(text == "other" or judge(text).open is not None for text in licences)


@pytest.mark.parametrize(("name", "level"), sorted(LEVELS.items()))
def test_their_levels(name: str, level: Openness) -> None:
    assert openness(description(name)) is level


GOOD = """
name = "Mine"
stage = "base"
read = 2026-11-22
[licences.any]
name = "MIT"
source = "https://example.org/LICENSE"
[components.weights]
address = "https://example.org/weights"
[components.datasets]
source = "https://example.org/blog"
"""


def write(tmp_path: Path, text: str, name: str = "mine.toml") -> Path:
    file = tmp_path / name
    file.write_text(text)
    return file


def test_a_description_file_becomes_an_audit(tmp_path: Path) -> None:
    audit = read_description(write(tmp_path, GOOD))
    assert (audit.name, audit.stage, audit.source) == ("Mine", "base", "mine.toml, read 2026-11-22")
    assert audit.finding("weights").standing is Standing.ADDRESS
    assert audit.finding("datasets").standing is Standing.CLAIMED
    assert audit.finding("tuning-datasets").component == "datasets"
    assert audit.licence("weights").text == "MIT"


def test_yaml_says_the_same(tmp_path: Path) -> None:
    text = """
name: Mine
stage: base
read: 2026-11-22
components:
  weights: {address: "https://example.org/weights", licence: MIT}
"""
    assert read_description(write(tmp_path, text, "mine.yaml")).licence("weights").text == "MIT"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('stage = "base"', 'stage = "fine"'), r"^mine\.toml: stage: Input should be 'base' or 'tuned'\.$"),
        (
            ("[components.weights]", "[components.wieghts]"),
            r'no component called "wieghts" \(did you mean "weights"\?\)\.$',
        ),
        (
            ('address = "https', 'address = "http'),
            r'"http://example\.org/weights" is no address; it begins with https://',
        ),
        (
            ('address = "https://example.org/weights"', 'licence = "MIT"'),
            r"weights: it has neither an address nor a source",
        ),
        (
            ('source = "https://example.org/blog"', 'source = "https://e.org"\nextent = "partial"'),
            r"say in `note` what",
        ),
        (('name = "Mine"', 'nam = "Mine"'), r"^mine\.toml: name: Field required\.$"),
        (
            ("read = 2026-11-22", 'read = 2026-11-22\nlicense = "MIT"'),
            r'no key "license" \(did you mean "licences"\?\)\.$',
        ),
        (('name = "Mine"', "name = "), r"mine\.toml is not well formed \(.*\); mend it there\.$"),
    ],
)
def test_a_faulty_description_is_refused_in_one_sentence(tmp_path: Path, change: tuple[str, str], fault: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(TocsinError, match=fault) as caught:
        read_description(write(tmp_path, GOOD.replace(*change)))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_and_a_name_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match=r"cannot be read \(No such file or directory\)"):
        read_description(tmp_path / "nothing.toml")
    with pytest.raises(TocsinError, match=r'no description called "gpt-5" \(did you mean "gpt-4"\?\)'):
        description("gpt-5")
