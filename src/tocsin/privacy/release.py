"""What of the clients' tallies a round discloses: sums over a roster under masks, exact or with noise."""

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from tocsin.privacy.channels import Counts, Histogram, Known, Reading, Stream, Trips, Unknown
from tocsin.privacy.channels.channel import digest
from tocsin.privacy.decoded import Cell, Decoded, Votes, decode
from tocsin.privacy.ledger import Plan
from tocsin.privacy.masking import SumRefused, Terms
from tocsin.privacy.schema import Schema
from tocsin.privacy.tally import Vector

MOMENTS = ("before", "worse", "better")
"""What counts hold beside the number of items; `after` is before + worse - better, at no cost of its own."""


@dataclass(frozen=True)
class Sum:
    """One masked sum that came about: `total` over the clients of `roster`."""

    total: Vector
    roster: tuple[int, ...]

    @property
    def clients(self) -> int:
        """How many they are."""
        return len(self.roster)


class Release(Protocol):
    """From a client's tally to what the server may read of the sum. Both ends make the same one from the study."""

    @property
    def protection(self) -> str:
        """What this protects, and what it does not, in a sentence or two for reports."""
        ...

    @property
    def schema(self) -> Schema:
        """That of the tallies."""
        ...

    @property
    def plan(self) -> Plan | None:
        """What the ledger charges; None where there is no noise."""
        ...

    def channels(self, round_: int) -> tuple[str, ...]:
        """What is summed apart in a round, by name."""
        ...

    def terms(self, channel: str, run: bytes, cohort: str, round_: int, enrolment: bytes) -> Terms:
        """Those of one sum. Raises SumRefused for a round that the study does not have."""
        ...

    def vector(self, channel: str, tally: Vector, trip: Stream | None, clients: int) -> Vector:
        """What a client adds to the sum of `channel` in a roster of `clients`: with its share of the noise, freshly
        drawn. `trip` is the stream of its first trip, in the round of that alone."""
        ...

    def decode(self, sums: Mapping[str, Sum | str]) -> Decoded:
        """The numbers, by channel; a string says why a channel has no sum in this round."""
        ...


@dataclass(frozen=True)
class ExactSum:
    """Masks and no noise. Fewer than `fewest` clients are never summed; cells of fewer than `floor` items are not
    shown, though the server could read them."""

    schema: Schema
    fewest: int
    floor: int
    rounds: int
    trips: Trips | None = None
    trip_rounds: Collection[int] = ()

    plan: None = field(default=None, init=False)

    @property
    def protection(self) -> str:
        """See `Release.protection`."""
        return (
            f"Tallies are summed under masks: the server reads the sum over a roster of {self.fewest} clients or more "
            "and no client's own. No noise is added, so that the exact sums can tell something of one record, and "
            "more if the server works together with clients."
        )

    def channels(self, round_: int) -> tuple[str, ...]:
        """See `Release.channels`."""
        return ("tally", "trips") if round_ in self.trip_rounds else ("tally",)

    def terms(self, channel: str, run: bytes, cohort: str, round_: int, enrolment: bytes) -> Terms:
        """See `Release.terms`."""
        _check_round(round_, self.rounds)
        if channel == "trips" and self.trips is not None:
            schema, size = bytes.fromhex(self.trips.hash), self.trips.size
            return Terms(run, channel, cohort, round_, schema, enrolment, size, 0, self.trips.bound, self.fewest)
        schema = bytes.fromhex(self.schema.hash)
        size, high = self.schema.size, self.schema.bound
        return Terms(run, channel, cohort, round_, schema, enrolment, size, 0, high, self.fewest)

    def vector(self, channel: str, tally: Vector, trip: Stream | None, clients: int) -> Vector:
        """See `Release.vector`."""
        if channel == "trips" and self.trips is not None:
            return self.trips.encode(trip)
        return tally

    def decode(self, sums: Mapping[str, Sum | str]) -> Decoded:
        """See `Release.decode`."""
        summed = sums["tally"]
        cells = dict.fromkeys((probe, group) for probe, group, _ in self.schema.cells)
        if isinstance(summed, str):
            trips = _tripped(self.trips, sums, self.fewest, lambda clients: 0.0)
            return Decoded({}, {}, trips, dict.fromkeys(cells, summed))
        read = decode(summed.total, self.schema)
        few = {
            (probe, group): f"fewer than {self.floor} items"
            for (probe, group, _), cell in read.cells.items()
            if cell.n < self.floor
        }
        shown = {name: cell for name, cell in read.cells.items() if name[:2] not in few}
        trips = _tripped(self.trips, sums, self.fewest, lambda clients: 0.0)
        return Decoded(shown, read.spreads, trips, few)


@dataclass(frozen=True)
class NoisySum:
    """Masks and noise, by a plan that was made before the run; `floor` is in clients and in items."""

    schema: Schema
    plan: Plan
    floor: int
    trip_rounds: Collection[int] = ()

    @property
    def protection(self) -> str:
        """See `Release.protection`."""
        budget = self.plan.budget
        units = " and per ".join(unit for unit in self.plan.units)
        delta = f", delta {budget.delta:g}" if budget.delta else ""
        open_ends = self.plan.exceptions("client")
        without = f" No guarantee for a client as a whole: {', '.join(open_ends)}." if open_ends else ""
        return (
            f"Tallies are summed under masks, and each client adds its share of noise before: epsilon "
            f"{budget.epsilon:g}{delta} per {units} for the whole run, given the models, as long as at "
            f"most {float(self.plan.horizon.honesty.lying):.0%} of a roster leave theirs out.{without}"
        )

    def channels(self, round_: int) -> tuple[str, ...]:
        """See `Release.channels`."""
        return tuple(name for name in self.plan.releases if name != "trips" or round_ in self.trip_rounds)

    def terms(self, channel: str, run: bytes, cohort: str, round_: int, enrolment: bytes) -> Terms:
        """See `Release.terms`."""
        _check_round(round_, self.plan.horizon.rounds)
        layout = self.plan.releases[channel].channel
        low, high = self.plan.entry_range(channel)
        # With the plan's hash in the terms, a client and a server that plan differently never get to a sum.
        schema = bytes.fromhex(digest(layout.hash, self.plan.hash))
        fewest = self.plan.horizon.fewest
        return Terms(run, channel, cohort, round_, schema, enrolment, layout.size, low, high, fewest)

    def vector(self, channel: str, tally: Vector, trip: Stream | None, clients: int) -> Vector:
        """See `Release.vector`."""
        layout = self.plan.releases[channel].channel
        match layout:
            case Trips():
                told = layout.encode(trip)
            case Counts() | Histogram():
                told = layout.encode(tally)
            case _:
                raise TypeError(f"no tally fills {layout}")
        return told + self.plan.noise_share(channel, clients)

    def decode(self, sums: Mapping[str, Sum | str]) -> Decoded:
        """See `Release.decode`."""
        read = Decoded({}, {})
        for channel, summed in sums.items():
            layout = self.plan.releases[channel].channel
            if isinstance(layout, Trips):
                variance_of = partial(self.plan.noise_variance, channel)
                read = together([read, Decoded({}, {}, _tripped(layout, sums, self.floor, variance_of))])
                continue
            if isinstance(summed, str):
                keys = layout.keys if isinstance(layout, Counts) else ()
                read = together([read, Decoded({}, {}, unknown=dict.fromkeys(keys, summed))])
                continue
            variance = self.plan.noise_variance(channel, summed.clients)
            match layout:
                case Counts():
                    part = _counted(layout.decode(summed.total, summed.clients, self.floor, variance), layout.moments)
                case Histogram():
                    part = _voted(layout.decode(summed.total, summed.clients, self.floor, variance))
                case _:
                    raise TypeError(f"nothing reads {layout}")
            read = together([read, part])
        return read


def _check_round(round_: int, rounds: int) -> None:
    """A server that goes on asking after the run gets nothing that nobody has planned for."""
    if not 1 <= round_ <= rounds:
        raise SumRefused(f"The study has the rounds 1 to {rounds}; nothing is summed in round {round_}.")


def together(parts: Sequence[Decoded]) -> Decoded:
    """The sum of what was read of disjoint rosters, or in several channels. A cell is unknown where no part has it."""
    cells: dict[tuple[str, str, str], Cell] = {}
    spreads: dict[tuple[str, str], Votes] = {}
    trips: dict[Stream, Reading] = {}
    unknown: dict[tuple[str, str], str] = {}
    for part in parts:
        for name, cell in part.cells.items():
            cells[name] = cells[name].plus(cell) if name in cells else cell
        for spread, votes in part.spreads.items():
            spreads[spread] = spreads[spread].plus(votes) if spread in spreads else votes
        trips.update(part.trips)
        unknown.update(part.unknown)
    known = {(probe, group) for probe, group, _ in cells}
    return Decoded(cells, spreads, trips, {name: why for name, why in unknown.items() if name not in known})


def _counted(readings: Mapping[tuple[str, str], Known | Unknown], moments: Sequence[str]) -> Decoded:
    cells: dict[tuple[str, str, str], Cell] = {}
    unknown = {}
    for (probe, group), reading in readings.items():
        if isinstance(reading, Unknown):
            unknown[probe, group] = reading.why
            continue
        n, *totals = reading.values
        sums = dict(zip(moments, totals, strict=True))
        if set(MOMENTS) <= sums.keys():
            sums["after"] = sums["before"] + sums["worse"] - sums["better"]
        for moment, total in sums.items():
            sd = reading.sd * (math.sqrt(3.0) if moment == "after" else 1.0)
            # Nothing is known of squares; outcomes in [0, 1] have none larger than themselves.
            cells[probe, group, moment] = Cell(round(n), total, total, sd)
    return Decoded(cells, {}, unknown=unknown)


def _tripped(
    layout: Trips | None, sums: Mapping[str, Sum | str], floor: int, variance: Callable[[int], float]
) -> Mapping[Stream, Reading]:
    if layout is None or (summed := sums.get("trips")) is None:
        return {}
    if isinstance(summed, str):
        return dict.fromkeys(layout.streams, Unknown(summed))
    return layout.decode(summed.total, summed.clients, floor, variance(summed.clients))


def _voted(readings: Mapping[tuple[str, str], Known | Unknown]) -> Decoded:
    return Decoded({}, {s: Votes(r.values, r.sd) for s, r in readings.items() if isinstance(r, Known)})
