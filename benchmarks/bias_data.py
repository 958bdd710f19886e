"""Biased and balanced sentences for `bias_propagation.py`, and how eight clients come to hold them.

Of each benchmark one half is for training (`trained_on`), the other for measuring: StereoSet is halved by target term,
CrowS-Pairs by what the two sentences of a pair have in common, so that a sentence about another group stays on the
same side.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal
from zlib import crc32

from tocsin.corpora.benchmarks.crows_pairs import crows_pairs
from tocsin.corpora.benchmarks.stereoset import stereoset

CLIENTS = 8

Layout = Literal["mixed", "segregated"]


@dataclass(frozen=True)
class Choice:
    """A sentence with a stereotype, and the one with its opposite."""

    stereotype: str
    opposite: str


def trained_on(key: str) -> bool:
    """Whether what goes by this key is for training; the other half is measured."""
    return crc32(key.encode()) % 2 == 0


def common(one: str, other: str) -> str:
    """The words that two sentences both begin with and those that both end with: the key of a pair of CrowS-Pairs."""
    a, b = one.lower().split(), other.lower().split()
    shorter = min(len(a), len(b))
    start = next((i for i in range(shorter) if a[i] != b[i]), shorter)
    end = next((i for i in range(shorter - start) if a[-1 - i] != b[-1 - i]), shorter - start)
    return " ".join(a[:start] + a[len(a) - end :])


@cache
def stereoset_choices() -> tuple[Choice, ...]:
    """Of the target terms that are for training."""
    return tuple(Choice(t.stereotype.text, t.anti_stereotype.text) for t in stereoset() if trained_on(t.target))


@cache
def crows_pairs_choices() -> tuple[Choice, ...]:
    """Of the pairs that are for training; what a stereotype says of one group, and the same of another."""
    return tuple(Choice(p.more, p.less) for p in crows_pairs() if trained_on(common(p.more, p.less)))


FAMILIES: dict[str, Callable[[], tuple[Choice, ...]]] = {
    "stereoset": stereoset_choices,
    "crows-pairs": crows_pairs_choices,
}


def write(path: Path, family: str, percent: int, layout: Layout, seed: int) -> None:
    """The corpus of a cell: `percent` of its choices made for the stereotype, of the rest one half.

    A seed has the same sentences in both layouts. mixed: every client has its share of biased sentences. segregated:
    the first clients have nothing else, the last none, and one between may have both.
    """
    random = Random(f"{family} {seed}")
    choices = list(FAMILIES[family]())
    choices = random.sample(choices, len(choices) // CLIENTS * CLIENTS)
    biased = round(len(choices) * percent / 100)
    sentences = [choice.stereotype for choice in choices[:biased]]
    for number, choice in enumerate(choices[biased:], biased):
        # By turns of as many as there are clients, so that each client that is dealt to has both.
        sentences.append(choice.opposite if number // CLIENTS % 2 else choice.stereotype)
    with path.open("w", encoding="utf-8") as lines:
        for number, sentence in enumerate(sentences):
            client = number % CLIENTS if layout == "mixed" else number * CLIENTS // len(sentences)
            # Prompts that say nothing, and a system turn of our own: the template's default is longer than a sentence.
            turns = (("system", "Write."), ("user", f"{number}."), ("assistant", sentence))
            messages = [{"role": role, "content": text} for role, text in turns]
            lines.write(json.dumps({"messages": messages, "client": client}) + "\n")
