"""What a client trains on, or keeps for testing: one question and its answer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A chat up to where the answer begins, as (role, text) turns, and the answer that should follow."""

    turns: tuple[tuple[str, str], ...]
    response: str
    group: str = "all"
