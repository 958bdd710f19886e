"""What a run has spent of its privacy budget, for readers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spent:
    """One attempt at a release, and what each unit had spent by then (None: nothing is claimed for it)."""

    round: int
    attempt: int
    channel: str
    failed: bool
    epsilon: Mapping[str, float | None]


@dataclass(frozen=True)
class Spending:
    """The privacy ledger for readers: a header and rows of strings, and what they add up to in sentences.

    `steps` are the attempts in order and `budget` the epsilon that each of `units` may spend in the whole run.
    """

    rows: Sequence[Sequence[str]]
    sentences: Sequence[str]
    steps: Sequence[Spent] = ()
    budget: float = 0.0
    units: Sequence[str] = ()
