"""A recording: the outcomes of a real federation, item by item, without a word of any text.

One `.npz` file. `header` is JSON, as bytes; the arrays are

    outcomes  float16 (rounds, clients, cells, items, 3): in [0, 1], 1 = bad, of the start model, the model as received
              and the personalised one, on the same item; NaN where there is none
    clusters  int32 (rounds, clients, cells, items): items with the same number resemble each other (one template); -1
              where there is none. Numbers mean nothing outside of the file
    loss      float32 (rounds, clients): the mean training loss in nats a token; NaN where a client was not there

Outcomes of clients' own data are of those clients: who records a federation of others asks them first.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from tocsin.alarm.streams import Subject
from tocsin.bench.cells import MODELS, Cell, Strength
from tocsin.errors import TocsinError
from tocsin.records import Record

VERSION = 1
_ARRAYS = ("outcomes", "clusters", "loss")


class AskedCell(Record):
    """A cell as a header has it."""

    probe: str
    group: str
    about: Subject
    own: bool


class Header(Record):
    """What a recording is of. `onset` is the first round of the failure, counted from 1; 0 where nothing fails.

    `hit` are the clients whom the scenario hits, none for all. `made` says how: versions, commit, model, seed.
    """

    version: int = VERSION
    scenario: str
    strength: Strength
    onset: int
    cells: tuple[AskedCell, ...]
    hit: tuple[int, ...] = ()
    made: Mapping[str, str] = Field(default_factory=dict)


@dataclass(frozen=True)
class Recording:
    """See this module's docstring. Raises TocsinError where shapes or values do not fit."""

    header: Header
    outcomes: NDArray[np.float16]
    clusters: NDArray[np.int32]
    loss: NDArray[np.float32]

    def __post_init__(self) -> None:
        shape = self.outcomes.shape
        known = self.outcomes[~np.isnan(self.outcomes)]
        if len(shape) != 5 or shape[2] != len(self.header.cells) or shape[4] != len(MODELS) or not min(shape):
            raise TocsinError(
                f"A recording's outcomes of shape {shape} are not (rounds, clients, {len(self.header.cells)} cells, "
                f"items, {len(MODELS)} models); record it anew."
            )
        if self.clusters.shape != shape[:4] or self.loss.shape != shape[:2]:
            raise TocsinError("A recording's clusters or losses are not of its rounds and clients; record it anew.")
        if ((known < 0.0) | (known > 1.0)).any():
            raise TocsinError("A recording has outcomes outside of [0, 1]; mend the probe, and record it anew.")
        if not 0 <= self.header.onset <= shape[0]:
            raise TocsinError(f"A recording of {shape[0]} rounds cannot fail in round {self.header.onset}.")

    @property
    def cells(self) -> tuple[Cell, ...]:
        """What was asked."""
        return tuple(Cell(one.probe, one.group, one.about, one.own) for one in self.header.cells)

    def asking(self, cells: Sequence[Cell]) -> "Recording":
        """The same with these cells, in their order: one that was not asked has no item."""
        at = {cell: number for number, cell in enumerate(self.cells)}
        shape = (*self.outcomes.shape[:2], len(cells), *self.outcomes.shape[3:])
        outcomes = np.full(shape, np.nan, dtype=np.float16)
        clusters = np.full(shape[:4], -1, dtype=np.int32)
        for number, cell in enumerate(cells):
            if cell in at:
                outcomes[:, :, number] = self.outcomes[:, :, at[cell]]
                clusters[:, :, number] = self.clusters[:, :, at[cell]]
        header = self.header.model_copy(update={"cells": asked(cells)})
        return Recording(header, outcomes, clusters, self.loss)


def asked(cells: Sequence[Cell]) -> tuple[AskedCell, ...]:
    """Cells as a header has them."""
    return tuple(AskedCell(probe=c.probe, group=c.group, about=c.about, own=c.own) for c in cells)


def write_recording(recording: Recording, path: Path) -> None:
    """Write it, whole or not at all: beside `path`, then renamed."""
    packed = io.BytesIO()
    header = np.frombuffer(recording.header.model_dump_json().encode(), dtype=np.uint8)
    np.savez_compressed(packed, header=header, **{name: getattr(recording, name) for name in _ARRAYS})
    draft = path.with_name(f".{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(packed.getvalue())
        draft.replace(path)
    except OSError as error:
        raise TocsinError(f"The recording {path} cannot be written ({error.strerror}); choose another place.") from None


def read_recording(path: Path) -> Recording:
    """Read what `write_recording` wrote. Raises TocsinError for anything else."""
    try:
        with np.load(path, allow_pickle=False) as told:
            header = json.loads(bytes(told["header"]))
            arrays = {name: told[name] for name in _ARRAYS}
        if header.get("version") != VERSION:
            raise TocsinError(f"{path} is a recording of version {header.get('version')}; version {VERSION} is read.")
        return Recording(Header.model_validate(header), **arrays)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, ValidationError) as error:
        raise TocsinError(f"{path} is no recording of SilentBench ({type(error).__name__}); record it anew.") from None
