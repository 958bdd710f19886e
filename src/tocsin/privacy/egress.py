"""Every byte that leaves a client, written down on that client's own disk before it leaves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from tocsin.errors import TocsinError
from tocsin.privacy.journal import Journal

Kind = Literal["key", "update", "tally", "count", "trip", "histogram", "prompt", "message"]
"""What it is: a public key or signature; a model update; a plain tally; the masked vector of a channel; a prompt for a
model that somebody else runs; anything else that a message holds (number of examples, names, errors)."""


@dataclass(frozen=True)
class Departure:
    """One thing that left: `size` bytes on the wire; `protection` in words ("masked and noised", "none")."""

    when: datetime
    to: str
    kind: Kind
    protection: str
    size: int


@dataclass(frozen=True)
class Total:
    """All departures of one kind under one protection."""

    times: int
    size: int


class Egress:
    """The record of one client, at `path`.

    It is written *before* the bytes are handed over: after a kill it may hold a departure that did not happen, and
    never misses one that did.
    """

    def __init__(self, path: Path) -> None:
        self._journal = Journal(path)

    def record(self, to: str, kind: Kind, protection: str, size: int, when: datetime | None = None) -> None:
        """Write down that `size` bytes are about to leave. Raises ValueError for a size under 0, an unknown kind
        or a `when` without time zone."""
        if size < 0 or kind not in get_args(Kind):
            raise ValueError(f"no departure: {size} bytes of kind {kind!r}")
        when = when or datetime.now(UTC)
        if when.tzinfo is None:
            raise ValueError("a departure's time needs a time zone")
        with self._journal.alone():
            self._journal.append(
                {"when": when.isoformat(), "to": to, "kind": kind, "protection": protection, "bytes": size}
            )


def read(path: Path) -> tuple[Departure, ...]:
    """All departures in order. Raises TocsinError when there is no record at `path`, or it was changed."""
    if not path.is_file():
        raise TocsinError(f"There is no egress record at {path}; give the folder in which a client keeps its state.")
    return tuple(
        Departure(datetime.fromisoformat(e["when"]), e["to"], e["kind"], e["protection"], e["bytes"])
        for e in Journal(path).entries
    )


def totals(departures: Sequence[Departure]) -> Mapping[tuple[Kind, str], Total]:
    """Per (kind, protection), in the order of the names: how often, and how many bytes in all."""
    sums: dict[tuple[Kind, str], Total] = {}
    for one in departures:
        so_far = sums.get((one.kind, one.protection), Total(0, 0))
        sums[one.kind, one.protection] = Total(so_far.times + 1, so_far.size + one.size)
    return dict(sorted(sums.items()))
