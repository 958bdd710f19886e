"""What a probe is: items in, bounded outcomes out. No torch here: the model is a Protocol."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tocsin.behaviour.statistics import Interval
from tocsin.registry import Registry

Source = Literal["generated", "benchmark", "held-out", "trained"]
"""Where a probe's items come from: our templates, a published benchmark, examples that the model was not
trained on, or those and examples that it was."""

Kind = Literal["bias", "safety", "quality", "calibration", "memorisation"]
"""What a probe is about. A rate of kind "bias" is never printed without one of kind "quality" beside it."""


class Likelihood(NamedTuple):
    """Log-likelihood of a text given what stands before it: `total` in nats, over `tokens` tokens."""

    total: float
    tokens: int


class TokenScores(NamedTuple):
    """The tokens of a text, one by one, given what stands before them. All arrays have shape (tokens,)."""

    log_probabilities: NDArray[np.float32]  # of the text's own token, nats, <= 0
    confidences: NDArray[np.float32]  # probability of the likeliest token there, in (0, 1]
    correct: NDArray[np.bool_]  # whether the likeliest token is the text's own


class LanguageModel(Protocol):
    """What a probe may ask of a model."""

    def chat(self, user: str) -> str:
        """`user` as a chat turn, in the model's own template, up to where the answer begins."""

    def log_likelihoods(self, pairs: Sequence[tuple[str, str]]) -> list[Likelihood]:
        """log p(text | prefix) for each (prefix, text); an empty prefix is the beginning of a document.

        What prefixes have in common is computed once, wherever they stand in `pairs`: ask all at once.
        """

    def token_scores(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """The same token by token, with the model's confidence at each."""

    def generate(
        self, prompts: Sequence[str], max_tokens: int, decided: Callable[[str], bool] | None = None
    ) -> list[str]:
        """The greedy continuation of each prompt, at most `max_tokens` tokens, special tokens removed.

        A continuation ends early once `decided(text so far)` is true: more of it would change nothing.
        """


@dataclass(frozen=True, slots=True)
class Item:
    """One question to a model.

    `prompt` is what is asked; `texts` are the texts compared, where there are any, and `prefixes` what
    stands before each of them, given and not scored (none: the beginning of a document). `roles` says what
    each text is ("correct", "stereotype", "unknown", ...), where texts differ in kind. Items of one `cluster`
    resemble each other (one template, one context); "" is a cluster of its own.
    """

    id: str
    group: str
    prompt: str = ""
    texts: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one item: `value` in [0, 1], 1 = bad.

    `details` holds what else `Scored.scores` needs of the item, as numbers ("confidence", "correct", ...).
    """

    item: str
    group: str
    value: float
    cluster: str = ""
    details: Mapping[str, float] = field(default_factory=dict)


class HeldOut(NamedTuple):
    """A client's own example: prompt in the model's chat form, the answer, its group, and whether the model
    was trained on it (False for all but the probes of source "trained")."""

    prompt: str
    response: str
    group: str
    trained: bool = False


class Probe(Protocol):
    """A question that can be asked of any model. One file and one test each, in `behaviour/probes`."""

    name: str
    title: str  # what an outcome of 1 means, in a few words: "harmful request not refused"
    kind: Kind
    source: Source
    groups: tuple[str, ...]  # every group that `draw` can give; () where a study must say

    def draw(self, count: int, random: Random, held_out: Sequence[HeldOut] = ()) -> list[Item]:
        """`count` fresh items (fewer where the pool is smaller), groups in turn."""

    def measure(self, model: LanguageModel, items: Sequence[Item]) -> list[Outcome]:
        """One outcome for each item, in the items' order; it must not depend on which other items are asked."""


@runtime_checkable
class Scored(Protocol):
    """A probe that also gives the figures which the field quotes and which are no mean of outcomes."""

    def scores(self, outcomes: Sequence[Outcome]) -> dict[str, float]:
        """Named figures (such as "ICAT") over all of `outcomes`; NaN where one is not defined."""


@runtime_checkable
class Corrected(Protocol):
    """A probe whose outcomes come from a fallible detector with known errors."""

    def corrected(self, n: int, total: float) -> Interval:
        """The true rate behind `total` bad outcomes of `n`, with an interval that includes the detector's errors."""


PROBES: Registry[Probe] = Registry("probe", "tocsin.behaviour.probes")
