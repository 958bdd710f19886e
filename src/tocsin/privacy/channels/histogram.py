"""Score histogram: each client votes for the bin of its mean outcome, so that a tail of bad clients shows."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from tocsin.privacy.channels.channel import STEP, Known, Noise, Reading, digest, too_few
from tocsin.privacy.schema import BINS, Schema
from tocsin.privacy.tally import Vector
from tocsin.privacy.units import Adjacency, Unit


@dataclass(frozen=True)
class Histogram:
    """For each (probe, moment) of `spreads`: how many clients have their mean outcome in each of 20 equal bins.

    One-hot per client, spread and release; of held-out records and public probes, not of training data. The floor is
    on the roster and not on single bins: with a bin of few clients left out there would be no tail to see; what
    protects its clients is the noise.
    """

    name: ClassVar[str] = "histogram"
    noise: ClassVar[Noise] = "discrete Gaussian"
    unit: ClassVar[Unit] = "client"
    once: ClassVar[bool] = False
    step: ClassVar[int] = STEP

    schema: Schema
    spreads: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not self.spreads or set(self.spreads) - set(self.schema.spreads):
            raise ValueError(f"histograms of {self.spreads}: some of {self.schema.spreads} are wanted")

    @property
    def size(self) -> int:
        """See `Channel.size`."""
        return BINS * len(self.spreads)

    @property
    def bound(self) -> int:
        """See `Channel.bound`."""
        return STEP

    @cached_property
    def hash(self) -> str:
        """See `Channel.hash`."""
        return digest(self.name, self.spreads, BINS, STEP)

    def moved(self, unit: Unit, adjacency: Adjacency) -> int | None:
        """See `Channel.moved`: one bin per spread; two where a vote changes place, as one held-out record can do."""
        match unit:
            case "client":
                return len(self.spreads) * (1 if adjacency == "add-or-remove" else 2)
            case "record":
                return len(self.spreads) * 2
            case "training record":
                return 0  # it gets here through the model alone, and is charged there

    def encode(self, tally: Vector) -> Vector:
        """From a client's tally on `schema` to int64 of (size,), in steps of 1/16 of a vote."""
        where = dict(self.schema.spread_slices())
        vector: Vector = np.concatenate([tally[where[spread]] for spread in self.spreads]) * STEP
        return vector

    def decode(self, total: Vector, clients: int, floor: int, variance: float) -> Mapping[tuple[str, str], Reading]:
        """Votes per bin, (BINS,), of each spread: `total` is the sum over a roster of `clients`, `variance` that of
        the noise in each entry, in steps (0: noise off). All unknown when the roster has fewer than `floor` clients."""
        few = too_few(clients, floor)
        sd = math.sqrt(variance) / STEP
        rows = total.reshape(-1, BINS) / STEP
        return {s: few or Known(tuple(map(float, row)), sd) for s, row in zip(self.spreads, rows, strict=True)}
