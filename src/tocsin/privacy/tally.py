"""A tally: bounded integers on a schema. Adding is the only thing done to tallies."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from tocsin.privacy.schema import BINS, SCALE, Schema

Vector = NDArray[np.int64]


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
