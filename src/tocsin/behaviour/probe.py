"""What a probe is: items in, bounded outcomes out. No torch here: the model is a Protocol."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal, NamedTuple, Protocol

from tocsin.registry import Registry

Source = Literal["generated", "benchmark", "held-out"]
"""Where a probe's items come from."""


class Likelihood(NamedTuple):
    """Log-likelihood of a text given what stands before it: `total` in nats, over `tokens` tokens."""

    total: float
    tokens: int


class LanguageModel(Protocol):
    """What a probe may ask of a model."""

    def chat(self, user: str) -> str:
        """`user` as a chat turn, in the model's own template, up to where the answer begins."""

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """log p(text | prefix) for each (prefix, text); an empty prefix is the beginning of a document."""

    def generate(self, prompts: Sequence[str], max_tokens: int) -> list[str]:
        """The greedy continuation of each prompt, at most `max_tokens` tokens, special tokens removed."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question to a model.

    `prompt` is what is asked; `texts` are the texts compared, where there are any, and `prefixes` what
    stands before each of them, given and not scored (none: the beginning of a document).
    """

    id: str
    group: str
    prompt: str = ""
    texts: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item: `value` in [0, 1], 1 = bad."""

    item: str
    group: str
    value: float


class HeldOut(NamedTuple):
    """A client's own held-out example: prompt in the model's chat form, the answer, and its group."""

    prompt: str
    response: str
    group: str


class Probe(Protocol):
    """A question that can be asked of any model. One file and one test each, in `behaviour/probes`."""

    name: str
    title: str  # what an outcome of 1 means, in a few words: "harmful request not refused"
    source: Source
    groups: tuple[str, ...]  # every group that `draw` can give; () where a study must say

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """`count` fresh items (fewer where the pool is smaller), groups in turn."""

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item, in the items' order."""


PROBES: Registry[Probe] = Registry("probe", "tocsin.behaviour.probes")
