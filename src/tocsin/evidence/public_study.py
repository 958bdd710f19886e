"""A study as it may be shown to anybody: without the paths of the machine that it was run on."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from tocsin.study import Study

_HUB = "hub:"


def public_study(study: Study, model: str) -> dict[str, Any]:
    """The study with each path cut to its last part; `model` stands for the model's source."""
    data: dict[str, Any] = _without_paths(study.model_dump(mode="json"))
    data["model"]["source"] = model
    # These may be relative, and then look like any other word with a slash in it.
    data["corpus"]["source"] = public_source(study.corpus.source)
    data["model"]["start"] = PurePath(study.model.start).name
    return data


def public_source(corpus: str) -> str:
    """A corpus as the study names it; of a file its name alone."""
    return corpus if corpus.startswith(_HUB) else PurePath(corpus).name


def study_hash(study: Mapping[str, Any]) -> str:
    """SHA-256 (64 hex digits) of the whole study with its paths, as JSON with sorted keys and no blanks."""
    text = json.dumps(study, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _without_paths(value: Any) -> Any:
    match value:
        case dict():
            return {key: _without_paths(each) for key, each in value.items()}
        case list():
            return [_without_paths(each) for each in value]
        case str():
            return _without_folder(value)
    return value


def _without_folder(text: str) -> str:
    """`/home/me/x.py` is x.py and `lm-eval:/home/me/x.yaml` lm-eval:x.yaml; other text stays as it is."""
    prefix, colon, rest = text.partition(":")
    if colon and rest.startswith(("/", "~")) and not rest.startswith("//"):
        return f"{prefix}:{PurePath(rest).name}"
    return PurePath(text).name if text.startswith(("/", "~", "./", "../")) else text
