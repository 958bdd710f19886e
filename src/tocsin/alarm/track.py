"""A stream over the rounds of a run: when it rang, how strongly, and what it says since a round."""

import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tocsin.alarm.reading import Reading
from tocsin.alarm.streams import Stream
from tocsin.errors import TocsinError


@dataclass(frozen=True)
class Track:
    """The readings of one stream, rounds ascending, one or more."""

    stream: Stream
    readings: tuple[Reading, ...]

    @cached_property
    def known(self) -> tuple[Reading, ...]:
        """Those with a value."""
        return tuple(one for one in self.readings if one.value is not None)

    @cached_property
    def rang(self) -> int | None:
        """The first round at or over the threshold. A page is a decision: falling again takes nothing back."""
        return next((one.round for one in self.known if (one.excess or 0.0) >= 0.0), None)

    @cached_property
    def excess(self) -> float:
        """The highest log_e over the log of its threshold, in nats; -inf where nothing was known."""
        return max((one.excess for one in self.known if one.excess is not None), default=-math.inf)

    def unknown(self, round: int) -> str | None:
        """Why nothing is known of it in `round`; None where something is."""
        last = self.readings[-1]
        return "nothing was released" if last.round < round else last.why if last.value is None else None

    def since(self, round: int) -> tuple[float, float] | None:
        """The mean of the known values from `round` on, weighted by precision, and its standard deviation."""
        late = [(one.value, one.sd) for one in self.known if one.round >= round and one.value is not None]
        return pooled(late) if late else None


def pooled(values: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """The precision-weighted mean of one or more (value, sd), and its standard deviation."""
    weighted = [(value, sd**-2) for value, sd in values]
    weight = math.fsum(w for _, w in weighted)
    return math.fsum(v * w for v, w in weighted) / weight, weight**-0.5


def tracks(readings: Iterable[Reading]) -> tuple[Track, ...]:
    """Readings in any order as tracks in the streams' order. Raises TocsinError for two of one stream and round."""
    found: defaultdict[Stream, dict[int, Reading]] = defaultdict(dict)
    for one in readings:
        if found[one.stream].setdefault(one.round, one) is not one:
            raise TocsinError(f"{one.stream} has two readings in round {one.round}; give one of each round.")
    return tuple(
        Track(stream, tuple(found[stream][round] for round in sorted(found[stream]))) for stream in sorted(found)
    )
