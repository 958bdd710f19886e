"""How much worse than at the start, for each probe, group and round; or unknown, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import hypot, sqrt

from tocsin.behaviour.statistics import Interval
from tocsin.evidence.readings import EVERYONE, By, Moment, Readings, noised, paired_change, unpaired_change
from tocsin.records import RoundRecord

WHOLE = "all"
"""The row over all groups of a probe."""

_NOT_MEASURED = "not measured"
_NO_START = "not measured at the start"
_OTHER_GROUPS = "not the groups that were known at the start"


@dataclass(frozen=True)
class Cell:
    """The change of the mean outcome, in [-1, 1], positive is worse, with its 95% interval; None is unknown, and
    `why`."""

    change: Interval | None
    why: str = ""


@dataclass(frozen=True)
class SeverityRow:
    """One group of a probe, a cell for each round."""

    probe: str
    group: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class SeverityMap:
    """Rows of one model against the start, `rounds` across. `heading` says which model, and who measured it."""

    heading: str
    by_clients: bool
    rounds: tuple[int, ...]
    rows: tuple[SeverityRow, ...]


@dataclass(frozen=True)
class _View:
    """Which model in each round, against which one at the start."""

    heading: str
    by: By
    start: Moment
    moment: Moment


_SERVER = _View("The global model, measured by the server", "server", "after", "after")
_PERSONAL = _View("Personalised models, measured by the clients", "clients", "before", "after")
_RECEIVED = _View("The global model, measured by the clients", "clients", "before", "before")


def severity_maps(records: Sequence[RoundRecord], readings: Readings) -> tuple[SeverityMap, ...]:
    """The map of the global model, and that of the personalised ones (where a study has none: of the model that clients
    received); each where anything of it is known.

    A probe without a value in any round is left out of a map; a group with one in some round is unknown in the others.
    """
    maps = {view: _map(records, readings, view) for view in (_SERVER, _PERSONAL, _RECEIVED)}
    views = (_SERVER, _PERSONAL if maps[_PERSONAL].rows else _RECEIVED)
    return tuple(maps[view] for view in views if maps[view].rows)


def _map(records: Sequence[RoundRecord], readings: Readings, view: _View) -> SeverityMap:
    whys = {
        (record.round, one.probe, one.group): one.why
        for record in records
        for one in record.unknown
        if one.cohort == EVERYONE
    }
    rounds = tuple(at for at in readings.rounds if at)[view is _RECEIVED :]  # the first is its start
    rows: list[SeverityRow] = []
    for probe in readings.probes:
        its = list(_rows(readings, whys, view, rounds, probe))
        if any(cell.change for row in its for cell in row.cells):
            rows += its
    return SeverityMap(view.heading, view.by == "clients", rounds, tuple(rows))


def _rows(
    readings: Readings, whys: dict[tuple[int, str, str], str], view: _View, rounds: Sequence[int], probe: str
) -> Iterator[SeverityRow]:
    groups = readings.groups[probe]
    for group in (None, *groups) if len(groups) > 1 else (None,):
        # Of which groups a sum is: one over other groups than at the start is no change of anything.
        of = groups if group is None else (group,)
        known = {at: [one for one in of if readings.sums(at, probe, view.moment, view.by, one)] for at in rounds}
        first = next((at for at in readings.rounds if readings.sums(at, probe, view.start, view.by, group)), None)
        cells = []
        for at in rounds:
            why = next((whys[at, probe, one] for one in of if (at, probe, one) in whys), _NOT_MEASURED)
            if not known[at]:
                cells.append(Cell(None, why))
            elif first is None or first > at or (view is _RECEIVED and first == at):
                cells.append(Cell(None, _NO_START))
            elif known[at] != [one for one in of if readings.sums(first, probe, view.start, view.by, one)]:
                cells.append(Cell(None, _OTHER_GROUPS if len(known[at]) == len(of) else why))
            else:
                cells.append(Cell(_change(readings, view, probe, group, first, at)))
        yield SeverityRow(probe, WHOLE if group is None else group, tuple(cells))


def _change(readings: Readings, view: _View, probe: str, group: str | None, first: int, at: int) -> Interval:
    """Over the same items where they were the same, else between two draws."""
    same_items = view is _SERVER or (view is _PERSONAL and at == first)
    pair = readings.paired(at, probe, view.by, group) if same_items else None
    if pair is not None:
        # The noise of the part that went to the better is as large.
        noise = sqrt(2.0) * readings.noise(at, probe, "worse", view.by, group)
        return noised(paired_change(*pair)[0], noise)
    start = readings.sums(first, probe, view.start, view.by, group)
    now = readings.sums(at, probe, view.moment, view.by, group)
    assert start is not None and now is not None
    noise = hypot(
        readings.noise(first, probe, view.start, view.by, group), readings.noise(at, probe, view.moment, view.by, group)
    )
    return noised(unpaired_change(start, now)[0], noise)
