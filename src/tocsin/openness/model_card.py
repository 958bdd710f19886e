"""A Hugging Face model card: its metadata, which are claims, and whether it says anything."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

_FRONT = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")
_ENOUGH = 200
_EMPTY = "[More Information Needed]"


@dataclass(frozen=True)
class ModelCard:
    """What a README.md holds: metadata (huggingface.co/docs/hub/model-cards) and text."""

    metadata: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""

    @property
    def has_text(self) -> bool:
        """Whether it says something about the model: 200 characters that are no empty template."""
        return len(self.text.replace(_EMPTY, "").strip()) >= _ENOUGH and self.text.count(_EMPTY) < 10

    @property
    def licence(self) -> str | None:
        """The licence that the metadata name; for "other", the name given beside it."""
        licence = self.metadata.get("license")
        if licence == "other":
            licence = self.metadata.get("license_name") or licence
        if isinstance(licence, list):
            licence = " AND ".join(str(each) for each in licence)
        return str(licence) if licence else None

    @property
    def tuned(self) -> bool:
        """Whether the card names a base model."""
        return bool(_names(self.metadata.get("base_model")))

    def claims(self) -> dict[str, tuple[str, ...]]:
        """Components that the card names, with the addresses it gives."""
        found: dict[str, tuple[str, ...]] = {}
        if self.metadata.get("datasets"):
            found["tuning-datasets" if self.tuned else "datasets"] = _hub("datasets/", self.metadata["datasets"])
        if self.tuned:
            found["base-weights"] = _hub("", self.metadata["base_model"])
        papers = tuple(dict.fromkeys(f"https://arxiv.org/abs/{number}" for number in _ARXIV.findall(self.text)))
        if papers:
            found["research-paper"] = papers
        if self.metadata.get("model-index"):
            found["evaluation-results"] = ()
        return found


def parse_card(text: str) -> ModelCard:
    """A card from the text of its README.md; metadata that are no YAML are taken as none."""
    front = _FRONT.match(text)
    if front is None:
        return ModelCard(text=text)
    try:
        metadata = yaml.safe_load(front.group(1))
    except yaml.YAMLError:
        metadata = None
    return ModelCard(metadata if isinstance(metadata, dict) else {}, text[front.end() :])


def _hub(prefix: str, names: Any) -> tuple[str, ...]:
    return tuple(f"https://huggingface.co/{prefix}{name}" for name in _names(names))


def _names(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(each) for each in value] if isinstance(value, list) else []
