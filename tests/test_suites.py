"""What all of our generated suites promise: size, distinctness, balance, and no sentence of a benchmark."""

import csv
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tocsin.behaviour import PROBES, Item, Probe

SUITES = (
    "capability",
    "off-domain",
    "over-refusal",
    "questions",
    "questions-accuracy",
    "refusal",
    "stereotype",
)


@pytest.fixture(params=SUITES)
def probe(request: pytest.FixtureRequest) -> Probe:
    return PROBES.get(request.param)


@pytest.fixture
def pool(probe: Probe) -> list[Item]:
    return probe.draw(10**6, Random(0))


def asked(item: Item) -> tuple[str, ...]:
    """All that a model is given of an item."""
    if not item.texts:
        return (item.prompt,)
    return tuple(sorted(prefix + text for prefix, text in zip(item.prefixes, item.texts, strict=True)))


def test_ten_thousand_distinct_items(pool: list[Item]) -> None:
    assert len(pool) >= 10_000
    assert len({item.id for item in pool}) == len(pool)
    # A pair of sentences that is asked both ways round is two items: the order is part of it.
    assert len({(asked(item), item.roles, item.texts, item.prefixes) for item in pool}) == len(pool)


def test_groups_are_of_one_size(probe: Probe, pool: list[Item]) -> None:
    sizes = Counter(item.group for item in pool)
    assert set(sizes) == set(probe.groups)
    assert len(set(sizes.values())) == 1


def test_draws_are_determined_and_take_turns(probe: Probe) -> None:
    drawn = probe.draw(61, Random(7))
    assert drawn == probe.draw(61, Random(7)) != probe.draw(61, Random(8))
    counts = Counter(item.group for item in drawn)
    assert max(counts.values()) - min(counts[group] for group in probe.groups) <= 1


def test_clusters_lie_within_a_group_and_are_many(probe: Probe, pool: list[Item]) -> None:
    assert all(item.cluster for item in pool)
    context = re.compile(" (ambiguous|disambiguated)$")  # A topic's questions are of both kinds.
    homes = {(item.cluster, context.sub("", item.group)) for item in pool}
    clusters = Counter(item.cluster for item in pool)
    assert len(homes) == len(clusters) >= 50
    assert max(clusters.values()) < len(pool) / 20


def test_texts_are_clean(pool: list[Item]) -> None:
    for item in pool:
        for text in asked(item):
            assert not set("{}~|") & set(text) and "  " not in text and text == text.strip(), text


# -- benchmarks ---------------------------------------------------------------------------------

FILES = (
    *("advbench/*.csv", "bbq/*.jsonl", "crows_pairs/*.csv", "do_not_answer/*.jsonl", "gsm8k/test.jsonl"),
    *("hh_rlhf/*.gz", "honest/*.tsv", "realtoxicityprompts_sample/*.txt", "stereoset/*.jsonl", "truthfulqa/*.csv"),
    *("winogender/*.tsv", "xstest/xstest_prompts.csv"),
)


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from strings(member)


def texts_of(path: Path) -> Iterator[str]:
    text = (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode(errors="replace")
    if path.suffix in (".jsonl", ".gz"):
        for line in text.splitlines():
            if line.startswith("{"):
                yield from strings(json.loads(line))
    elif path.suffix in (".csv", ".tsv"):
        for row in csv.reader(text.splitlines(), delimiter="\t" if path.suffix == ".tsv" else ","):
            yield from row
    else:
        yield from text.splitlines()


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


@pytest.fixture(scope="module")
def theirs(data_root: Path) -> tuple[set[str], set[str]]:
    """The benchmarks' texts and all rows of eight words in them."""
    texts = {text for pattern in FILES for path in data_root.glob(pattern) for text in texts_of(path)}
    split = [words(text) for text in texts]
    said = {" ".join(text) for text in split}
    eights = {" ".join(text[at : at + 8]) for text in split for at in range(len(text) - 7)}
    assert len(said) > 20_000 and len(eights) > 200_000
    return said, eights


def test_nothing_is_taken_from_a_benchmark(pool: list[Item], theirs: tuple[set[str], set[str]]) -> None:
    said, eights = theirs
    mine = {text for item in pool for text in asked(item)}
    mine |= {line.removeprefix("Q: ") for text in mine for line in text.split("\n") if line.startswith("Q: ")}
    for text in mine:
        split = words(text)
        assert " ".join(split) not in said, text
        assert not {" ".join(split[at : at + 8]) for at in range(len(split) - 7)} & eights, text
