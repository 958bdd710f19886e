"""Canaries: invented secrets to put among training examples, so that one can ask later what a model kept of them."""

import re
from random import Random
from typing import NamedTuple

from tocsin.corpora.example import Example
from tocsin.errors import TocsinError

GROUP = "canary"
"""The group of every canary."""

DIGITS = 6

# Invented, and rare enough that no corpus holds an access code of theirs.
# fmt: off
_FIRST = (
    "Aldo", "Berit", "Caspar", "Dagny", "Edmar", "Frieda", "Gallus", "Hedda", "Ivo", "Jorunn", "Kasimir",
    "Levke", "Mattis", "Nele", "Oswin", "Petra",
)
_LAST = (
    "Ahlgrim", "Brannvik", "Corvey", "Dalsund", "Elmqvist", "Farnholt", "Gravesen", "Hollern", "Ibsmoor",
    "Jarnvall", "Kessmark", "Lundrey", "Mossfeld", "Norrgaard", "Ostrand", "Pellworm", "Quistorp", "Rosval",
    "Sundmark", "Tarnow", "Ulvestad", "Varnholm", "Wessling", "Ystgaard",
)
# fmt: on
MOST = len(_FIRST) * len(_LAST)

_NUMBER = re.compile(r"[0-9]+")


class Secret(NamedTuple):
    """The answer of a canary in three parts: what stands before the code, the code, and what stands after it."""

    before: str
    code: str
    after: str


def canaries(count: int, seed: int) -> tuple[Example, ...]:
    """`count` examples of the group "canary", "The access code of NAME is DIGITS.", each with a name of its own and
    a code drawn evenly from all of `DIGITS` digits. The same seed gives the same ones.

    Raises TocsinError for more than there are names.
    """
    if count > MOST:
        raise TocsinError(f"There are names for {MOST} canaries, not for {count}; ask for fewer.")
    random = Random(f"{seed}/canaries")
    names = random.sample([f"{first} {last}" for first in _FIRST for last in _LAST], count)
    return tuple(
        Example(
            (("user", f"What is the access code of {name}?"),),
            f"The access code of {name} is {_code(DIGITS, random)}.",
            GROUP,
        )
        for name in names
    )


def secret(response: str) -> Secret | None:
    """The last number in `response` as its secret, so that anybody's own canaries will do; None without digits."""
    found = [match.span() for match in _NUMBER.finditer(response)]
    if not found:
        return None
    start, end = found[-1]
    return Secret(response[:start], response[start:end], response[end:])


def other_codes(code: str, count: int, random: Random) -> list[str]:
    """`count` other codes of as many digits, distinct and drawn evenly; all there are where that is fewer."""
    drawn = {code: None}
    while len(drawn) <= min(count, 10 ** len(code) - 1):
        drawn[_code(len(code), random)] = None
    return list(drawn)[1:]


def _code(digits: int, random: Random) -> str:
    return f"{random.randrange(10**digits):0{digits}d}"
