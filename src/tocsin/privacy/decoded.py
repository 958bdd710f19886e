"""A tally, or a sum of tallies, as numbers again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import hypot
from typing import NamedTuple

from tocsin.privacy.channels import Reading, Stream
from tocsin.privacy.schema import SCALE, Schema
from tocsin.privacy.tally import Vector


class Cell(NamedTuple):
    """A decoded cell: `n` outcomes in [0, 1], their sum and the sum of their squares.

    `sd` is the standard deviation of the noise in the number and in the sum: 0 where there is none.
    """

    n: int
    total: float
    squares: float
    sd: float = 0.0

    def plus(self, other: "Cell") -> "Cell":
        """Both together; their noise is independent."""
        sd = hypot(self.sd, other.sd)
        return Cell(self.n + other.n, self.total + other.total, self.squares + other.squares, sd)


class Votes(NamedTuple):
    """A decoded histogram: clients in each of `BINS` equal bins, and the standard deviation of the noise in each."""

    votes: tuple[float, ...]
    sd: float = 0.0

    def plus(self, other: "Votes") -> "Votes":
        """Both together; their noise is independent."""
        return Votes(tuple(a + b for a, b in zip(self.votes, other.votes, strict=True)), hypot(self.sd, other.sd))


@dataclass(frozen=True)
class Decoded:
    """A tally, or a sum of tallies, as numbers again. Cells without outcomes are left out.

    `trips` are new first trips by stream; `unknown` says why nothing is told of a (probe, group).
    """

    cells: Mapping[tuple[str, str, str], Cell]
    spreads: Mapping[tuple[str, str], Votes]
    trips: Mapping[Stream, Reading] = field(default_factory=dict)
    unknown: Mapping[tuple[str, str], str] = field(default_factory=dict)


def decode(vector: Vector, schema: Schema) -> Decoded:
    """Numbers from a (sum of) tallies."""
    cells = {}
    for cell, at in schema.index.items():
        n, total, squares = (int(x) for x in vector[at : at + 3])
        if n > 0:
            cells[cell] = Cell(n, total / SCALE, squares / SCALE)
    spreads = {name: Votes(tuple(float(x) for x in vector[where])) for name, where in schema.spread_slices()}
    return Decoded(cells, spreads)
