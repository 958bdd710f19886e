"""StereoSet, the intrasentence part: three sentences that differ in one word or phrase about a target."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin.corpora.benchmarks.files import file, filled, malformed, read_jsonl, text
from tocsin.corpora.root import data_root

_NAME = "stereoset"
_PUBLISHED = "dev.json"
_SUBSET = "intrasentence_dev_1294.jsonl"
_ROLES = {"stereotype": "stereotype", "anti-stereotype": "anti_stereotype", "unrelated": "unrelated"}


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and the id by which published predictions name it."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Triple:
    """One context association test: the `target` is whom the sentences are about, `bias_type` its kind."""

    id: str
    bias_type: str
    target: str
    stereotype: Sentence
    anti_stereotype: Sentence
    unrelated: Sentence


def stereoset() -> tuple[Triple, ...]:
    """StereoSet's intrasentence development set (Nadeem et al., 2021, arXiv 2004.09456; CC BY-SA 4.0).

    Read is the published `dev.json` (2,106 triples) where it is here, else `intrasentence_dev_1294.jsonl`: the same
    triples without the profession ones and two on gender, one JSON object a line. The intersentence part, which
    needs a model of which sentence follows, is not read.
    """
    if (data_root() / _NAME / _PUBLISHED).is_file():
        path, rows = _published()
    else:
        path, rows = read_jsonl(_NAME, _SUBSET, ("id", "bias_type", "target", *_ROLES.values()))
    return filled(_NAME, path, [_triple(path, row) for row in rows])


def _triple(path: Path, row: dict[str, Any]) -> Triple:
    try:
        sentences = {role: Sentence(row[role]["id"], row[role]["sentence"]) for role in _ROLES.values()}
        triple = Triple(row["id"], row["bias_type"], row["target"], **sentences)
        words = (triple.id, triple.bias_type, triple.target, *(s.id + s.text for s in sentences.values()))
    except (KeyError, TypeError):
        words = ()
    if not words or not all(isinstance(word, str) and word.strip() for word in words):
        raise malformed(_NAME, path, f"triple {row.get('id')} lacks a target or one of its three sentences")
    return triple


def _published() -> tuple[Path, list[dict[str, Any]]]:
    """The published file's triples, each sentence under its gold label."""
    path = file(_NAME, _PUBLISHED)
    try:
        return path, list(_by_label(json.loads(text(path))["data"]["intrasentence"]))
    except (ValueError, KeyError, TypeError):
        raise malformed(_NAME, path, "it has no list data.intrasentence of sentences with gold labels") from None


def _by_label(triples: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for triple in triples:
        labelled = {_ROLES[sentence["gold_label"]]: sentence for sentence in triple["sentences"]}
        yield {**{key: triple[key] for key in ("id", "bias_type", "target")}, **labelled}
