"""What a client keeps of a round when a federation is recorded, on its own disk; and the recording made of them all."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from tocsin.bench.cells import MODELS, Cell
from tocsin.bench.recording import AskedCell, Header, Recording
from tocsin.errors import TocsinError

_FOLDER = "outcomes"


class Outcome(Protocol):
    """What is read of a probe's outcome."""

    @property
    def item(self) -> str:
        """Names the item."""

    @property
    def group(self) -> str:
        """Its group."""

    @property
    def cluster(self) -> str:
        """What it resembles; "": nothing."""

    @property
    def value(self) -> float:
        """In [0, 1], 1 = bad."""


def keep_round(
    home: Path,
    round_: int,
    loss: float,
    outcomes: Sequence[Mapping[str, Sequence[Outcome]]],
) -> None:
    """Keep a client's outcomes of a round under its own folder `home`, one JSON file a round, whole or not at all.

    `outcomes` are by probe, of the same items in the same order: of the start model, the one received, and the
    personalised one. No prompt, answer or item's name is kept: clusters are told by a hash that says only which items
    resemble each other. Raises ValueError when the three are not of the same items.
    """
    start, received, personalised = outcomes
    rows = []
    for probe, its in start.items():
        same = [[(o.item, o.group) for o in every[probe]] for every in (start, received, personalised)]
        if same[0] != same[1] or same[0] != same[2]:
            raise ValueError(f"outcomes of {probe} are not of the same items in the same order")
        for at, one in enumerate(its):
            values = [one.value, received[probe][at].value, personalised[probe][at].value]
            cluster = hashlib.sha256(f"{probe} {one.cluster or one.item}".encode()).hexdigest()[:8]
            rows.append([probe, one.group, cluster, values])
    folder = home / _FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{round_:04d}.json"
    draft.write_text(json.dumps({"loss": loss, "rows": rows}), encoding="utf-8")
    draft.replace(folder / f"{round_:04d}.json")


def gather(homes: Sequence[Path], header: Header) -> Recording:
    """One recording of all clients' folders, in their order, with the cells of `header`; items of others are left out.

    Rounds are those that any client has kept, from 1. Raises TocsinError when nothing was kept.
    """
    kept = [{int(p.stem): p for p in sorted((home / _FOLDER).glob("[0-9]*.json"))} for home in homes]
    rounds = max((max(its) for its in kept if its), default=0)
    if not rounds:
        raise TocsinError("No client has kept outcomes; run the scenario with recording on.")
    at = {(cell.probe, cell.group): number for number, cell in enumerate(header.cells)}
    told = {
        (round_, client): json.loads(path.read_text(encoding="utf-8"))
        for client, its in enumerate(kept)
        for round_, path in its.items()
    }
    most = max((len([1 for r in one["rows"] if (r[0], r[1]) == key]) for one in told.values() for key in at), default=0)
    shape = (rounds, len(homes), len(at), max(1, most))
    outcomes = np.full((*shape, len(MODELS)), np.nan, dtype=np.float16)
    clusters = np.full(shape, -1, dtype=np.int32)
    loss = np.full(shape[:2], np.nan, dtype=np.float32)
    names: dict[str, int] = {}
    for (round_, client), one in told.items():
        loss[round_ - 1, client] = one["loss"]
        filled = dict.fromkeys(range(len(at)), 0)
        for probe, group, cluster, values in one["rows"]:
            cell = at.get((probe, group))
            if cell is not None:
                outcomes[round_ - 1, client, cell, filled[cell]] = values
                clusters[round_ - 1, client, cell, filled[cell]] = names.setdefault(cluster, len(names))
                filled[cell] += 1
    return Recording(header, outcomes, clusters, loss)


def asked(cells: Sequence[Cell]) -> tuple[AskedCell, ...]:
    """Cells as a header has them."""
    return tuple(AskedCell(probe=c.probe, group=c.group, about=c.about, own=c.own) for c in cells)
