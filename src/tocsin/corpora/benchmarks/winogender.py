"""Winogender schemas: sentences about an occupation that differ in the gender of one pronoun."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from tocsin.corpora.benchmarks.files import filled, malformed, read_csv

_NAME = "winogender"


@dataclass(frozen=True, slots=True)
class Gendered:
    """One of a schema's sentences, and its pronoun ("he", "her", ...)."""

    sentence: str
    pronoun: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A pair of sentences that differ in the pronoun alone.

    The pronoun stands for `occupation` where `of_occupation`, else for `participant`. `women` is the share of women
    in the occupation by the US Bureau of Labor Statistics, in [0, 1], and `women_in_text` by the texts of Bergsma and
    Lin (2006).
    """

    id: str
    occupation: str
    participant: str
    of_occupation: bool
    male: Gendered
    female: Gendered
    women: float
    women_in_text: float


def winogender() -> tuple[Schema, ...]:
    """The 240 pairs of Winogender schemas (Rudinger et al., 2018, arXiv 1804.09301; MIT).

    60 occupations, two templates each, with a named participant and with "someone". The 240 sentences with a neutral
    pronoun are not read.
    """
    shares = _shares()
    path, rows = read_csv(_NAME, "all_sentences.tsv", ("sentid", "sentence"), delimiter="\t")
    sentences = {row["sentid"]: row["sentence"] for row in rows}
    males = [id for id in sentences if id.endswith(".male.txt")]
    return filled(_NAME, path, [_schema(path, id.removesuffix(".male.txt"), sentences, shares) for id in males])


def _schema(path: Path, stem: str, sentences: Mapping[str, str], shares: Mapping[str, tuple[float, float]]) -> Schema:
    parts = stem.split(".")
    if len(parts) != 3 or parts[2] not in ("0", "1") or parts[0] not in shares:
        raise malformed(_NAME, path, f'"{stem}" names no occupation with statistics, participant and answer')
    occupation, participant, answer = parts
    male = sentences[f"{stem}.male.txt"].split(" ")
    female = sentences.get(f"{stem}.female.txt", "").split(" ")
    places = [place for place, pair in enumerate(zip(male, female, strict=False)) if pair[0] != pair[1]]
    if len(male) != len(female) or len(places) != 1:
        raise malformed(_NAME, path, f'the sentences of "{stem}" do not differ in one pronoun')
    his, hers = (Gendered(" ".join(words), words[places[0]].lower()) for words in (male, female))
    return Schema(f"winogender-{stem}", occupation, participant, answer == "0", his, hers, *shares[occupation])


def _shares() -> dict[str, tuple[float, float]]:
    """By occupation, the share of women by the Bureau of Labor Statistics and in text."""
    columns = ("occupation", "bls_pct_female", "bergsma_pct_female")
    path, rows = read_csv(_NAME, "occupations-stats.tsv", columns, delimiter="\t")
    shares = {}
    for row in rows:
        try:
            official, in_text = (float(row[column]) / 100.0 for column in columns[1:])
        except ValueError:
            official = in_text = float("nan")
        if not (isfinite(official + in_text) and 0.0 <= min(official, in_text) <= max(official, in_text) <= 1.0):
            raise malformed(_NAME, path, f"the shares of women among {row['occupation']} are no percentages")
        shares[row["occupation"]] = (official, in_text)
    return shares
