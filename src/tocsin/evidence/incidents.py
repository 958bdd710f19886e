"""What happened in a run, round by round: failures, alarms, clients that were refused or gone, retries, remedies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from tocsin.records import NO_ANSWER, RoundRecord

Lane = Literal["dropped out", "answers refused", "rounds retried", "remedies", "cells unknown"]
LANES: tuple[Lane, ...] = ("dropped out", "answers refused", "rounds retried", "remedies", "cells unknown")


@dataclass(frozen=True)
class Incident:
    """A silent failure that the alarm named: the round in which it began, with a 95% interval from `onset_low` to
    `onset_high` (both included), and the round of the alarm. `sentence` is the diagnosis in words."""

    mode: str
    onset: int
    onset_low: int
    onset_high: int
    rang: int
    sentence: str = ""


@dataclass(frozen=True)
class Mark:
    """Something else that happened: `count` clients, attempts, remedies or cells in one round."""

    lane: Lane
    round: int
    count: int
    detail: str


def marks(records: Sequence[RoundRecord]) -> tuple[Mark, ...]:
    """All of them, round by round."""
    return tuple(mark for old, record in pairwise((None, *records)) if record for mark in _of(old, record))


def _of(old: RoundRecord | None, record: RoundRecord) -> Iterator[Mark]:
    silent = [one.client for one in record.refused if one.reason == NO_ANSWER]
    # Of clients that were here in the round before and were not asked, because they had left.
    gone = sorted(set(old.asked) - set(record.asked)) if old is not None and record.asked else []
    if silent or gone:
        said = [f"{_clients(silent)}: {NO_ANSWER}"] if silent else []
        said += [f"{_clients(gone)}: no longer here"] if gone else []
        yield Mark("dropped out", record.round, len(silent) + len(gone), "; ".join(said))
    refused = [one for one in record.refused if one.reason != NO_ANSWER]
    if refused:
        detail = "; ".join(f"client {one.client}: {one.reason}" for one in refused)
        yield Mark("answers refused", record.round, len(refused), detail)
    if record.attempts > 1:
        again = record.attempts - 1
        yield Mark("rounds retried", record.round, again, f"took {record.attempts} attempts")
    if record.remedies:
        yield Mark("remedies", record.round, len(record.remedies), "; ".join(record.remedies))
    cells = dict.fromkeys((one.probe, one.group, one.cohort) for one in record.unknown)
    trips = [one for one in record.trips if one.value is None]
    if cells or trips:
        said = [f"{len(cells)} cell{'' if len(cells) == 1 else 's'} of the clients' tallies"] if cells else []
        said += [f"{len(trips)} of {len(record.trips)} streams of the alarm"] if trips else []
        yield Mark("cells unknown", record.round, len(cells) + len(trips), " and ".join(said))


def _clients(numbers: Sequence[int]) -> str:
    return f"client{'' if len(numbers) == 1 else 's'} {', '.join(map(str, numbers))}"
