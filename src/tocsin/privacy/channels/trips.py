"""Trips: each client tells once in a run which of its streams tripped its sentinel first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from tocsin.privacy.channels.channel import Known, Noise, Reading, digest, too_few
from tocsin.privacy.tally import Vector
from tocsin.privacy.units import Adjacency, Unit

Stream = tuple[str, ...]
"""What is watched, in words: (mode, probe, group, moment) in a run."""


@dataclass(frozen=True)
class Trips:
    """One-hot over `streams` in the round of a client's first trip, zeros in all others.

    L1 sensitivity over all cells and rounds: 1 when a client is added or removed, 2 when it is replaced. One held-out
    record can move the trip from one stream or round to another: 2 either way.
    """

    name: ClassVar[str] = "trips"
    noise: ClassVar[Noise] = "discrete Laplace"
    unit: ClassVar[Unit] = "client"
    once: ClassVar[bool] = True
    step: ClassVar[int] = 1

    streams: tuple[Stream, ...]

    @property
    def size(self) -> int:
        """See `Channel.size`."""
        return len(self.streams)

    @property
    def bound(self) -> int:
        """See `Channel.bound`."""
        return 1

    @cached_property
    def hash(self) -> str:
        """See `Channel.hash`."""
        return digest(self.name, self.streams)

    def moved(self, unit: Unit, adjacency: Adjacency) -> int | None:
        """See `Channel.moved`."""
        match unit:
            case "client":
                return 1 if adjacency == "add-or-remove" else 2
            case "record":
                return 2
            case "training record":
                return 0  # it gets here through the model alone, and is charged there

    def encode(self, first: Stream | None) -> Vector:
        """int64 of (size,); `first` only in the round of the client's first trip.

        The caller remembers on its disk that it has tripped: what the ledger claims rests on that. Raises ValueError
        for an unknown stream.
        """
        vector: Vector = np.zeros(self.size, dtype=np.int64)
        if first is not None:
            vector[self.streams.index(first)] = 1
        return vector

    def decode(self, total: Vector, clients: int, floor: int, variance: float) -> Mapping[Stream, Reading]:
        """New trips per stream: `total` is the sum over a roster of `clients`, `variance` that of the noise in each
        entry (0: noise off). All unknown when the roster has fewer than `floor` clients."""
        few = too_few(clients, floor)
        sd = math.sqrt(variance)
        return {s: few or Known((float(x),), sd) for s, x in zip(self.streams, total, strict=True)}
