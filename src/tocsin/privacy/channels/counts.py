"""Counts: numbers and sums of outcomes on held-out records, per probe and group."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from tocsin.privacy.channels.channel import STEP, Known, Noise, Reading, Unknown, digest, too_few
from tocsin.privacy.schema import MOMENTS, SCALE, Schema
from tocsin.privacy.tally import Vector
from tocsin.privacy.units import Adjacency, Unit

# A cell under the floor slips through when its noise is larger than this many standard deviations: 1 in 100.
_MARGIN = 2.33


@dataclass(frozen=True)
class Counts:
    """For each (probe, group) of `schema`: the number of items, and the sum of their outcomes at each of `moments`.

    It protects one *held-out* record, scored on a model that the record had no part in training. A training record can
    move every score, by moving the model: leave the training loss, and whatever else is measured on training data, out
    of `schema`. What is claimed rests on this: a record that comes or goes changes at most `items` items of a round.
    "worse" and "better" are two halves of one change, of which at most one is not zero, so that together they move one
    entry.
    """

    name: ClassVar[str] = "counts"
    noise: ClassVar[Noise] = "discrete Gaussian"
    unit: ClassVar[Unit] = "record"
    once: ClassVar[bool] = False
    step: ClassVar[int] = STEP

    schema: Schema
    moments: tuple[str, ...] = ("worse", "better")
    items: int = 1

    def __post_init__(self) -> None:
        if not self.moments or len(set(self.moments)) < len(self.moments) or set(self.moments) - set(MOMENTS):
            raise ValueError(f"counts of the moments {self.moments}: one or more of {MOMENTS} is wanted")

    @cached_property
    def keys(self) -> tuple[tuple[str, str], ...]:
        """(probe, group) of each cell in order."""
        return tuple(dict.fromkeys((probe, group) for probe, group, _ in self.schema.cells))

    @property
    def size(self) -> int:
        """See `Channel.size`."""
        return len(self.keys) * (1 + len(self.moments))

    @property
    def bound(self) -> int:
        """See `Channel.bound`."""
        return self.schema.most * STEP

    @cached_property
    def hash(self) -> str:
        """See `Channel.hash`."""
        return digest(self.name, self.keys, self.moments, self.items, STEP, self.schema.most)

    def moved(self, unit: Unit, adjacency: Adjacency) -> int | None:
        """See `Channel.moved`: for a record the number of items, and each sum that one item can move."""
        if unit == "client":
            return None
        if unit == "training record":
            return 0  # it gets here through the model alone, and is charged there
        sums = len({"change" if moment in ("worse", "better") else moment for moment in self.moments})
        return (1 + sums) * self.items * (1 if adjacency == "add-or-remove" else 2)

    def encode(self, tally: Vector) -> Vector:
        """From a client's tally on `schema` to int64 of (size,), in steps of 1/16.

        A cell's sum is rounded once, so that one more outcome in [0, 1] moves it by at most 16 steps. Raises
        ValueError when the moments of a cell have different numbers of items.
        """
        vector: Vector = np.zeros(self.size, dtype=np.int64)
        for at, key in self._places():
            entries = [self.schema.index[(*key, moment)] for moment in self.moments]
            numbers = {int(tally[i]) for i in entries}
            if len(numbers) > 1:
                raise ValueError(f"{key}: {self.moments} have different numbers of items: {sorted(numbers)}")
            vector[at] = numbers.pop() * STEP
            # Half a step more, then the integer part: rounding that moves by whole steps when the sum does.
            vector[at + 1 : at + 1 + len(entries)] = [
                (int(tally[i + 1]) * STEP * 2 + SCALE) // (2 * SCALE) for i in entries
            ]
        return vector

    def decode(self, total: Vector, clients: int, floor: int, variance: float) -> Mapping[tuple[str, str], Reading]:
        """(number of items, sum at each moment) per cell: `total` is the sum over a roster of `clients`, `variance`
        that of the noise in each entry, in steps (0: noise off).

        Unknown are all cells of a roster of fewer than `floor` clients, and cells that may have fewer than `floor`
        items: the noised number has to exceed the floor by 2.33 standard deviations, so that a cell under it is shown
        with a probability of at most 1 in 100.
        """
        few = too_few(clients, floor)
        sd = math.sqrt(variance) / STEP
        readings: dict[tuple[str, str], Reading] = {}
        for at, key in self._places():
            values = tuple(float(x) / STEP for x in total[at : at + 1 + len(self.moments)])
            if few is None and values[0] >= floor + _MARGIN * sd:
                readings[key] = Known(values, sd)
            else:
                readings[key] = few or Unknown(f"too few items to be sure of {floor} or more under the noise")
        return readings

    def _places(self) -> Iterator[tuple[int, tuple[str, str]]]:
        for i, key in enumerate(self.keys):
            yield i * (1 + len(self.moments)), key
