"""Where clients' outcomes come from: the table of rates, or recordings of real federations."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tocsin.bench.cells import Cell

Outcomes = NDArray[np.float32]
"""(clients, cells, items, models) in [0, 1], 1 = bad, models as in `MODELS`; NaN where there is no item."""


@dataclass(frozen=True)
class RoundOutcomes:
    """One round of one federation. Of a client that is not there `loss` is NaN, and so are all its outcomes."""

    outcomes: Outcomes
    loss: NDArray[np.float32]


@dataclass(frozen=True)
class Federation:
    """One federation, with its own history of global models: (clients,) `hit` says which clients the scenario hits.

    Rounds come one after the other, once.
    """

    hit: NDArray[np.bool_]
    rounds: Iterator[RoundOutcomes]


class Source(Protocol):
    """Federations of one scenario at one strength."""

    cells: tuple[Cell, ...]

    def federation(self, rng: np.random.Generator, clients: int, rounds: int, onset: int) -> Federation:
        """A new one. Rounds are counted from 1, and what goes wrong begins in round `onset`."""
