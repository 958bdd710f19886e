"""A tally: bounded integers on a schema. Adding is the only thing done to tallies."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tocsin.privacy.schema import BINS, SCALE, Schema

Vector = NDArray[np.int64]


class Cell(NamedTuple):
    """A decoded cell: `n` outcomes in [0, 1], their sum and the sum of their squares."""

    n: int
    total: float
    squares: float


@dataclass(frozen=True)
class Decoded:
    """A tally, or a sum of tallies, as numbers again. Cells without outcomes are left out."""

    cells: Mapping[tuple[str, str, str], Cell]
    spreads: Mapping[tuple[str, str], tuple[int, ...]]


class Tally:
    """One client's tally of one round, being filled."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.vector: Vector = np.zeros(schema.size, dtype=np.int64)

    def add(self, probe: str, moment: str, outcomes: Iterable[tuple[str, float]]) -> None:
        """Add (group, outcome) pairs. Raises ValueError for an outcome outside [0, 1], a cell that the
        schema does not have, or more outcomes in a cell than it allows."""
        for group, value in outcomes:
            if not 0.0 <= value <= 1.0:  # also refuses NaN
                raise ValueError(f"{probe}: an outcome is {value}; outcomes are in [0, 1]")
            try:
                at = self.schema.index[probe, group, moment]
            except KeyError:
                raise ValueError(f'the schema has no cell for probe "{probe}", group "{group}", {moment}') from None
            if self.vector[at] >= self.schema.most:
                raise ValueError(f'{probe}, group "{group}": more than {self.schema.most} outcomes in one cell')
            self.vector[at] += 1
            self.vector[at + 1] += round(value * SCALE)
            self.vector[at + 2] += round(value * value * SCALE)

    def vote(self, probe: str, moment: str, score: float) -> None:
        """One vote of this client for the bin of its mean outcome, in [0, 1]."""
        where = dict(self.schema.spread_slices())[probe, moment]
        self.vector[where] = 0
        self.vector[where.start + min(int(score * BINS), BINS - 1)] = 1


def check(vector: NDArray[np.generic], schema: Schema) -> str | None:
    """Why `vector` is no tally of one client on `schema`, or None when it may be one."""
    if vector.dtype != np.int64 or vector.shape != (schema.size,):
        return f"its tally is {vector.dtype} of shape {vector.shape}, the schema wants int64 of ({schema.size},)"
    if (vector < 0).any() or (vector > schema.bound).any():  # type: ignore[operator]
        return "its tally has an entry out of bounds"
    return None


def add(vectors: Sequence[Vector], schema: Schema) -> Vector:
    """The sum of tallies. Cannot overflow: raises ValueError where the number of clients could make it."""
    if len(vectors) * schema.bound > np.iinfo(np.int64).max:
        raise ValueError(f"{len(vectors)} tallies of up to {schema.bound} an entry do not fit 64 bits")
    total: Vector = np.sum(np.stack(vectors), axis=0, dtype=np.int64) if vectors else np.zeros(schema.size, np.int64)
    return total


def decode(vector: Vector, schema: Schema) -> Decoded:
    """Numbers from a (sum of) tallies."""
    cells = {}
    for cell, at in schema.index.items():
        n, total, squares = (int(x) for x in vector[at : at + 3])
        if n > 0:
            cells[cell] = Cell(n, total / SCALE, squares / SCALE)
    spreads = {name: tuple(int(x) for x in vector[where]) for name, where in schema.spread_slices()}
    return Decoded(cells, spreads)
