"""Cells: what is asked of every client, and the streams that are watched on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.streams import Stream, Subject, streams

MODELS = ("start", "received", "personalised")
"""The models whose outcomes are kept of an item, in the order of arrays' last axis."""

_PAIRS = {"training": (1, 2), "received": (0, 1), "personalised": (0, 2)}


@dataclass(frozen=True, slots=True)
class Cell:
    """Items of one probe and group. `own`: they are a client's own held-out examples, not a pool that all draw from."""

    probe: str
    group: str
    about: Subject
    own: bool = False


@dataclass(frozen=True)
class Watch:
    """The streams on some cells, those of trips: client-level, and what each client can see by itself.

    streams  in the order in which the probes and groups come in `cells`
    cell     of each stream its cell, (streams,)
    pair     of each stream its two models, (streams, 2), numbers of `MODELS`: before and after
    """

    cells: tuple[Cell, ...]
    streams: tuple[Stream, ...]
    cell: NDArray[np.int64]
    pair: NDArray[np.int64]

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> "Watch":
        """Every stream of `cells`. Groups of one probe are watched one by one."""
        by_probe: dict[str, list[Cell]] = {}
        for cell in cells:
            by_probe.setdefault(cell.probe, []).append(cell)
        found: list[Stream] = []
        for probe, its in by_probe.items():
            found += streams(probe, its[0].about, "trips", [cell.group for cell in its])
        at = {(cell.probe, cell.group): number for number, cell in enumerate(cells)}
        return cls(
            tuple(cells),
            tuple(found),
            np.array([at[one.probe, one.group] for one in found]),
            np.array([_PAIRS[one.moment] for one in found]),
        )

    def differences(self, outcomes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Paired differences (clients, streams, items) of outcomes (clients, cells, items, models)."""
        after = outcomes[:, self.cell, :, self.pair[:, 1]]
        before = outcomes[:, self.cell, :, self.pair[:, 0]]
        got: NDArray[np.float32] = np.moveaxis(after - before, 0, 1)
        return got


Strength = Literal["plain", "subtle"]
STRENGTHS: tuple[Strength, ...] = ("plain", "subtle")
"""At *plain* strength an oracle needs a round or two, at *subtle* about five."""
