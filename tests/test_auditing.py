import json
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from tocsin.auditing import as_json, audit_model, table
from tocsin.errors import TocsinError
from tocsin.openness import Openness, Policy, Standing, Waiver, openness, write_mot


def shown(report: object) -> str:
    console = Console(width=240, file=StringIO())
    console.print(report)
    return console.file.getvalue()


def test_a_described_model_by_its_name() -> None:
    report = audit_model("Pythia-6.9B")
    assert report.audit.name == "Pythia-6.9B"
    assert {verdict.rule_set for verdict in report.verdicts} == {"mof", "osaid", "osai-index", "federation"}
    assert not report.broken


def test_a_description_file_and_a_file_of_the_model_openness_tool(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(
        'name = "Mine"\nstage = "base"\nread = 2026-11-22\n[components.weights]\naddress = "https://example.org/w"\n'
    )
    assert audit_model(str(mine)).audit.name == "Mine"
    theirs = tmp_path / "theirs.yml"
    theirs.write_text(write_mot(audit_model("gpt-4").audit))
    assert audit_model(str(theirs)).audit.name == "GPT-4"


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_text("x")
    assert audit_model(str(tmp_path)).audit.finding("weights").standing is Standing.FILE


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (
            "pythia-6.9",
            r'There is no model "pythia-6\.9" \(did you mean "pythia-6\.9b"\?\); name a folder, a description',
        ),
        ("./nothing/here", r'There is no model "\./nothing/here"'),
        ("nothing.toml", r"nothing\.toml cannot be read"),
    ],
)
def test_what_is_no_model_is_refused(source: str, fault: str) -> None:
    with pytest.raises(TocsinError, match=fault):
        audit_model(source)


def test_the_table_shows_evidence_licences_verdicts_and_breaches() -> None:
    waiver = Waiver.model_validate(
        {"rule": "required_evidence", "by": "A. Muster", "date": "2026-11-22", "reason": "agreed"}
    )
    policy = Policy(minimum_level=Openness.OPEN_SOURCE, required_evidence=("datasets",), waivers=(waiver,))
    report = audit_model("llama-3.2-1b-instruct", policy=policy)
    text = shown(table(report))
    assert "Llama 3.2 Community License" in text
    assert "federation: level for a federation" in text
    assert "unclassified" in text
    assert "waived by A. Muster on 2026-11-22: agreed" in text
    assert report.broken
    assert not audit_model(
        "llama-3.2-1b-instruct", policy=policy.model_copy(update={"minimum_level": "open-weight"})
    ).broken


def test_json_holds_every_component_and_verdict() -> None:
    policy = Policy(minimum_level=Openness.OPEN_SOURCE)
    data = json.loads(json.dumps(as_json(audit_model("llama-3.2-1b-instruct", policy=policy))))
    weights = next(entry for entry in data["components"] if entry["component"] == "weights")
    assert weights["standing"] == "address"
    assert weights["licence"]["expression"] == "LicenseRef-llama3.2"
    assert weights["licence"]["open"] is False
    assert next(v for v in data["verdicts"] if v["rule_set"] == "federation")["level"] == "open-weight"
    assert [breach["rule"] for breach in data["breaches"]] == ["minimum_level"]


@pytest.mark.real
def test_the_embedded_model_is_audited_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    audit = audit_model("embedded").audit
    weights, licence = audit.finding("weights"), audit.licence("weights")
    assert {piece.path for piece in weights.evidence if piece.path} == {
        "model.safetensors",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
    }
    assert all(len(piece.sha256 or "") == 64 for piece in weights.evidence if piece.standing is Standing.FILE)
    assert licence is not None
    assert (licence.text, licence.evidence.standing) == ("Apache-2.0", Standing.FILE)
    assert audit.finding("architecture").standing is Standing.FILE
    assert audit.finding("tuning-datasets").standing is Standing.ADDRESS
    assert openness(audit) is Openness.OPEN_WEIGHT
