"""LoRA adapters as named arrays, to and from safetensors, in PEFT's own folder layout."""

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tocsin.errors import TocsinError

Arrays = dict[str, NDArray[np.float32]]

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"


def save_adapter(
    arrays: Mapping[str, NDArray[np.float32]], folder: Path, config: Mapping[str, object], fingerprint: str
) -> None:
    """Write an adapter that PEFT can load, with the fingerprint of its base model in the file's metadata.

    The folder appears whole or not at all. Raises TocsinError where the disk does not let us.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".adapter-", dir=folder.parent))
        try:
            ordered = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
            # One key only: safetensors writes several in a random order, and the same adapter must be the same bytes.
            save_file(ordered, draft / WEIGHTS, metadata={"base": fingerprint})
            (draft / CONFIG).write_text(json.dumps(dict(config), indent=2, sort_keys=True), encoding="utf-8")
            draft.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            draft.rename(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or error
        raise TocsinError(
            f"The adapter cannot be written to {folder} ({reason}); free disk space or name another folder."
        ) from None


def load_adapter(folder: Path) -> tuple[Arrays, str | None]:
    """The arrays of an adapter's folder and its base model's fingerprint (None where it was not recorded).

    Raises TocsinError when there is no adapter or it is broken.
    """
    file = folder / WEIGHTS
    if not file.is_file():
        raise TocsinError(f"There is no adapter in {folder}: {WEIGHTS} is missing; name a folder that holds one.")
    try:
        with safe_open(file, framework="numpy") as tensors:
            names = sorted(tensors.keys())
            return {name: tensors.get_tensor(name).astype(np.float32) for name in names}, (
                tensors.metadata() or {}
            ).get("base")
    except (SafetensorError, OSError, TypeError) as error:
        raise TocsinError(f"The adapter {file} is broken ({error}); make it anew.") from None


def check_fits(arrays: Mapping[str, NDArray[np.float32]], reference: Mapping[str, NDArray[np.float32]]) -> str | None:
    """Why `arrays` cannot stand in for `reference` (names and shapes), or None when they can."""
    if missing := sorted(reference.keys() - arrays.keys()):
        return f"it lacks {len(missing)} arrays, the first is {missing[0]}"
    if extra := sorted(arrays.keys() - reference.keys()):
        return f"it has {len(extra)} arrays too many, the first is {extra[0]}"
    for name, array in arrays.items():
        if array.shape != reference[name].shape:
            return f"{name} has shape {array.shape} where {reference[name].shape} is expected"
    return None
