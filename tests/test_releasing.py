"""A released adapter: what the folder holds, what its card says, and what must not be in it."""

import errno
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import ModelCard
from studies import write_study
from tiny import save_tiny_model

from tocsin import releasing, study
from tocsin import run as running
from tocsin.errors import TocsinError
from tocsin.evidence import Store, verdict
from tocsin.evidence.public_study import public_study, study_hash
from tocsin.evidence.release_card import plain
from tocsin.evidence.verification import verify
from tocsin.models import load_adapter
from tocsin.releasing import Wanted

FILES = {
    "README.md",
    "adapter_config.json",
    "adapter_model.safetensors",
    "manifest.json",
    "manifest.pub",
    "manifest.sig",
    "record.json",
}


def silent(kind, detail):
    pass


def finish(folder: Path, *changes: str):
    """A run on the tiny model, which lies in a folder with a licence and a card."""
    model = save_tiny_model(folder / "our model")
    (model / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    path = write_study(folder, model)
    return running.start(study.load(path, changes), folder / "runs", silent)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    said = [
        'release.data="Numbers and what they are."',
        "release.base=us/tiny-base",
        "release.contact=desk@example.org",
    ]
    return finish(tmp_path_factory.mktemp("released"), *said)


@pytest.fixture(autouse=True)
def _own_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


def release(done, out, **wanted):
    wanted = {"licence": "apache-2.0", "data_licence": "own"} | wanted
    return releasing.release(Wanted(run=done.id, out=out, **wanted), done.folder.parent)


def card(folder):
    return ModelCard.load(folder / "README.md")


def test_the_folder_and_its_signature(done, tmp_path):
    made = release(done, tmp_path / "out")
    assert {file.name for file in made.folder.iterdir()} == FILES
    assert made.round == 2 and made.licences.answer == "compatible" and made.not_audited == ""
    found = verify(made.folder)
    assert found.faults == () and found.run == done.id and found.key == made.key
    assert made.new_key == tmp_path / "settings" / "tocsin" / "release-key.pem"
    assert release(done, tmp_path / "again").new_key is None


def test_the_same_run_gives_the_same_folder(done, tmp_path):
    one, two = (release(done, tmp_path / name).folder for name in ("one", "two"))
    for name in FILES:
        assert (one / name).read_bytes() == (two / name).read_bytes(), name


def test_the_adapter_is_that_of_the_round(done, tmp_path):
    for round_ in (1, 2):
        kept = done.folder / "checkpoints" / f"round-{round_:04d}" / "adapter"
        made = release(done, tmp_path / str(round_), round=round_).folder
        assert (made / "adapter_model.safetensors").read_bytes() == (kept / "adapter_model.safetensors").read_bytes()
        assert f"after round {round_} of 2" in " ".join((made / "README.md").read_text().split())


def test_peft_loads_it(done, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    made = release(done, tmp_path / "out").folder
    base = AutoModelForCausalLM.from_pretrained(done.study.model.source)
    model = PeftModel.from_pretrained(base, str(made))
    arrays, fingerprint = load_adapter(made)
    loaded = {name.replace(".default.", "."): p for name, p in model.named_parameters() if "lora_" in name}
    assert set(loaded) == set(arrays) and any(np.any(array) for array in arrays.values())
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded[name].detach().numpy(), array)
    assert fingerprint in (made / "README.md").read_text()
    assert json.loads((made / "adapter_config.json").read_text())["base_model_name_or_path"] == "us/tiny-base"


def test_the_card_s_metadata(done, tmp_path):
    data = card(release(done, tmp_path / "out").folder).data
    assert (data.base_model, data.base_model_relation) == ("us/tiny-base", "adapter")
    assert (data.license, data.library_name, data.pipeline_tag) == ("apache-2.0", "peft", "text-generation")
    assert {"federated-learning", "tocsin"} <= set(data.tags)
    other = card(release(done, tmp_path / "other", licence="BSD-4-Clause").folder).data
    assert (other.license, other.license_name) == ("other", "bsd-4-clause")


def test_the_card_says_what_the_run_knows(done, tmp_path):
    made = release(done, tmp_path / "out").folder
    text = (made / "README.md").read_text()
    judged = verdict(done.rounds())
    assert judged.headline() in text and judged.protection in text
    assert text.count(judged.protection) == 1
    for words in ("Numbers and what they are.", "desk@example.org", "3 clients, split at random", "even, odd"):
        assert words in text
    assert "calibration, memorisation" in text and "Whether this one does was not asked." in text
    assert study_hash(done.study_data) in text and f"torch {done.made_by.packages['torch']}" in text
    assert "no differential privacy is claimed" in text
    # Every comparison of a whole probe is there: its change to the point, and how it was judged.
    whole = [one for one in judged.findings if one.group == "all"]
    assert whole
    for one in whole:
        assert any(one.seen in line and one.judgement in line for line in text.splitlines())
    record = json.loads((made / "record.json").read_text())
    assert len(record["verdict"]["findings"]) == len(judged.findings)
    assert record["rounds"][-1] == {"round": 2, "asked": 3, "answered": 3, "refused": 0}


def test_nothing_of_this_machine_is_in_it(done, tmp_path):
    """No path of the model, the data or the run, in no file."""
    made = release(done, tmp_path / "out").folder
    folder = Path(done.study.model.source).parent
    assert str(folder) in json.dumps(done.study_data)
    for file in made.iterdir():
        content = file.read_bytes()
        assert str(folder).encode() not in content and str(tmp_path).encode() not in content, file
    shown = json.loads((made / "record.json").read_text())["study"]
    assert shown["corpus"]["source"] == "data.jsonl" and shown["model"]["source"] == "us/tiny-base"


def test_a_study_without_paths():
    data = {
        "name": "x",
        "model": {"source": "/home/me/model", "start": "adapters/first"},
        "corpus": {"source": "notes/ward.jsonl"},
        "probe": [{"name": "lm-eval:/home/me/task.yaml"}, {"name": "/home/me/own.toml"}, {"name": "refusal"}],
        "release": {"contact": "https://example.org/desk", "data": "Notes of 2019/20, ~200 a ward"},
    }
    shown = public_study(study.parse(data, "x"), "our-model")
    assert shown["model"]["source"] == "our-model" and shown["model"]["start"] == "first"
    assert shown["corpus"]["source"] == "ward.jsonl"
    assert [one["name"] for one in shown["probe"]] == ["lm-eval:task.yaml", "own.toml", "refusal"]
    assert shown["release"]["contact"] == "https://example.org/desk"
    assert shown["release"]["data"] == "Notes of 2019/20, ~200 a ward"
    hub = study.parse(data | {"corpus": {"source": "hub:owner/set"}}, "x")
    assert public_study(hub, "m")["corpus"]["source"] == "hub:owner/set"


def test_markdown_in_a_name_stays_text():
    assert plain("a|b\n# *c* <img>") == r"a\|b # \*c\* \<img\>"


def test_a_base_model_that_changed_is_not_audited(tmp_path):
    done = finish(tmp_path, "training.rounds=1")
    save_tiny_model(Path(done.study.model.source), seed=1)
    made = release(done, tmp_path / "out")
    assert "not those of the run any more" in made.not_audited
    text = (made.folder / "README.md").read_text()
    assert "could not be audited" in text and made.licences.base.answer == "unknown"
    assert card(made.folder).data.base_model is None and "does not name the model" in text


def test_a_run_that_did_not_finish_says_so(done, tmp_path):
    made = release(done, tmp_path / "out").folder
    assert "did not finish" not in (made / "README.md").read_text()
    run = Store.open(done.folder.parent).run(done.id)
    run.event("resumed")
    made = release(done, tmp_path / "resumed").folder
    assert "did not finish" in (made / "README.md").read_text()
    run.event("finished")


def test_waivers_and_breaches_are_shown(tmp_path):
    waiver = '[{rule="minimum_level", by="A. Clerk", date=2026-11-22, reason="a trial"}]'
    done = finish(tmp_path, 'openness.minimum_level="open-source"', f"openness.waivers={waiver}", "training.rounds=1")
    text = (release(done, tmp_path / "out").folder / "README.md").read_text()
    assert "by A. Clerk on 2026-11-22: a trial" in text and "the policy asks for open-source at least" in text


def test_the_ledger_goes_along(tmp_path):
    done = finish(tmp_path, "privacy.epsilon=8.0")
    made = release(done, tmp_path / "out").folder
    assert (made / "ledger.jsonl").read_bytes() == (done.folder / "ledger.jsonl").read_bytes()
    text = (made / "README.md").read_text()
    assert "A record has spent epsilon 8 of 8" in text and "No guarantee from: counts, model." in text
    ledger = done.folder / "ledger.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines[:-1]))
    with pytest.raises(TocsinError, match="lost rows"):
        release(done, tmp_path / "shorter")
    ledger.unlink()
    with pytest.raises(TocsinError, match=r"ledger .* is gone"):
        release(done, tmp_path / "none")


def test_the_built_in_corpus_states_its_own_licence(tmp_path):
    done = finish(tmp_path, "corpus.source=service-desk", "corpus.limit=90", "training.rounds=1")
    made = release(done, tmp_path / "out", data_licence=None)
    assert made.licences.data.licence == "Apache-2.0" and made.licences.answer == "compatible"
    assert "generated from templates that come with Tocsin" in (made.folder / "README.md").read_text()


def test_files_that_must_go_along_are_signed(done, tmp_path):
    licence = tmp_path / "LICENSE"
    licence.write_text("terms")
    made = release(done, tmp_path / "out", beside=(licence,)).folder
    assert (made / "LICENSE").read_text() == "terms"
    (made / "LICENSE").write_text("other terms")
    assert verify(made).faults == ("LICENSE was changed.",)


def test_licences_that_clash_are_said_at_the_top(done, tmp_path):
    made = release(done, tmp_path / "out", data_licence="cc-by-nc-4.0")
    assert made.licences.answer == "incompatible"
    assert "do not go together" in (made.folder / "README.md").read_text().split("## ")[0]
    assert release(done, tmp_path / "unknown", data_licence=None).licences.answer == "unknown"


# -- what is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"licence": None}, "No licence is named for the adapter"),
        ({"round": 3}, "rounds 1 to 2 and no round 3"),
        ({"key": Path("none.pem")}, r"The key none\.pem cannot be read"),
        ({"beside": (Path("none"),)}, "There is no file none to add"),
    ],
)
def test_a_release_that_cannot_be_writes_nothing(done, tmp_path, wanted, words):
    with pytest.raises(TocsinError, match=words):
        release(done, tmp_path / "out", **wanted)
    assert list(tmp_path.glob("*")) == []


def test_a_name_that_is_taken(done, tmp_path):
    with pytest.raises(TocsinError, match="is there already"):
        release(done, tmp_path)
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(TocsinError, match=r"has a README\.md already"):
        release(done, tmp_path / "out", beside=(tmp_path / "README.md",))


def test_no_space_in_the_middle_leaves_nothing(done, tmp_path, monkeypatch):
    from tocsin.releasing import writing

    def full(folder, provenance, key):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "seal", full)
    with pytest.raises(TocsinError, match=r"No space left on device.*--out"):
        release(done, tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["settings"]


# -- the command -------------------------------------------------------------------------------------------------------


@pytest.fixture
def tocsin(capsys, monkeypatch):
    from tocsin import cli

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["tocsin", *map(str, words)])
        try:
            cli.main()
            code = 0
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return call


def test_release_and_verify(tocsin, done, tmp_path):
    out = tmp_path / "out"
    words = ("release", done.id, "--runs", done.folder.parent, "--licence", "mit", "--data-licence", "own")
    code, said, _ = tocsin(*words, "--out", out)
    assert code == 0 and str(out) in said and "compatible" in said
    code, said, _ = tocsin("verify", out)
    assert code == 0 and "compare it with what you know" in " ".join(said.split())
    code, said, _ = tocsin("verify", out, "--key", out / "manifest.pub", "--json")
    assert code == 0 and json.loads(said)["expected"] is True
    (out / "README.md").write_text("better")
    code, said, _ = tocsin("verify", out)
    assert code == 1 and "README.md was changed." in said
    code, said, error = tocsin("verify", tmp_path)
    assert code == 2 and said == "" and "holds no manifest.json" in error


def test_licences_that_clash_are_exit_code_1(tocsin, done, tmp_path):
    words = ("release", done.id, "--runs", done.folder.parent, "--licence", "mit", "--out", tmp_path / "out", "--json")
    code, said, _ = tocsin(*words, "--data-licence", "cc-by-nc-4.0")
    assert code == 1 and json.loads(said)["licences"]["answer"] == "incompatible"


def test_verify_is_quick_and_loads_no_torch(tmp_path):
    code = (
        "import sys; from tocsin.evidence import verification; "
        "assert not {'torch', 'transformers', 'flwr', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


def test_the_study_s_keys_are_documented():
    """docs/release.md shows a [release] that a study can have."""
    text = (Path(__file__).parents[1] / "docs" / "release.md").read_text(encoding="utf-8")
    shown = text.split("```toml\n")[1].split("```")[0]
    parsed = study.parse(tomllib.loads(shown) | {"name": "x"}, "docs/release.md").release
    assert set(tomllib.loads(shown)["release"]) == set(type(parsed).model_fields)
