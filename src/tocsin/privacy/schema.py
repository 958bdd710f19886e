"""The schema that all clients share: which cells a tally has, in which order, under one hash."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

MOMENTS = ("before", "after", "worse", "better")
SPREAD_MOMENTS = ("before", "after")

# An outcome in [0, 1] travels as an integer number of 1/65536: a rounding error of at most 8e-6.
SCALE = 1 << 16
BINS = 20


@dataclass(frozen=True)
class Schema:
    """Cells of a tally: for each probe, group and moment the number, sum and sum of squares of outcomes;
    for each probe and spread moment a one-hot histogram (`BINS` equal bins) of the client's mean outcome.

    `groups` maps a probe to its groups, the same for all clients. `most` bounds the items of one client
    in one cell: it is what keeps every entry below `bound`, and so a sum over clients below the modulus.
    """

    groups: Mapping[str, Sequence[str]]
    most: int = 1 << 20

    @cached_property
    def cells(self) -> tuple[tuple[str, str, str], ...]:
        """(probe, group, moment) of each cell in order."""
        return tuple(
            (probe, group, moment)
            for probe in sorted(self.groups)
            for group in sorted(set(self.groups[probe]))
            for moment in MOMENTS
        )

    @cached_property
    def spreads(self) -> tuple[tuple[str, str], ...]:
        """(probe, moment) of each histogram in order."""
        return tuple((probe, moment) for probe in sorted(self.groups) for moment in SPREAD_MOMENTS)

    @cached_property
    def index(self) -> Mapping[tuple[str, str, str], int]:
        """Where a cell's three entries begin."""
        return {cell: 3 * i for i, cell in enumerate(self.cells)}

    @property
    def size(self) -> int:
        """Entries of a tally."""
        return 3 * len(self.cells) + BINS * len(self.spreads)

    @property
    def bound(self) -> int:
        """No entry of one client's tally is larger than this."""
        return self.most * SCALE

    def spread_slices(self) -> Iterator[tuple[tuple[str, str], slice]]:
        """Each (probe, moment) with the entries of its histogram."""
        begin = 3 * len(self.cells)
        for i, name in enumerate(self.spreads):
            yield name, slice(begin + BINS * i, begin + BINS * (i + 1))

    @cached_property
    def hash(self) -> str:
        """SHA-256 over everything that a tally's reader has to know (64 hex digits)."""
        text = repr((self.cells, self.spreads, SCALE, BINS, self.most))
        return hashlib.sha256(text.encode()).hexdigest()
