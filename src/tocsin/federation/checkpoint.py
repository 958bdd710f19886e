"""One folder for each finished round; it appears whole or not at all."""

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tocsin.errors import TocsinError
from tocsin.models import Arrays, load_adapter
from tocsin.records import RoundRecord

State = Mapping[str, NDArray[np.generic]]


@dataclass(frozen=True)
class Checkpoint:
    """The global adapter after a round, the aggregation's state, and the round's record."""

    record: RoundRecord
    arrays: Arrays
    state: State


class Checkpoints:
    """The checkpoints of one run, in `folder`/round-0000 and so on."""

    def __init__(self, folder: Path, save_adapter: Callable[[Arrays, Path], None]) -> None:
        self._folder = folder
        self._save_adapter = save_adapter

    def write(self, checkpoint: Checkpoint) -> Path:
        """Keep a checkpoint. Raises TocsinError where the disk does not let us; earlier ones are untouched."""
        target = self._folder / f"round-{checkpoint.record.round:04d}"
        draft: Path | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self._folder))
            self._save_adapter(checkpoint.arrays, draft / "adapter")
            with (draft / "aggregation.npz").open("wb") as stream:
                np.savez(stream, **checkpoint.state)  # type: ignore[arg-type]
            (draft / "record.json").write_text(checkpoint.record.model_dump_json(), encoding="utf-8")
            for file in draft.rglob("*"):
                _sync(file)
            draft.rename(target)
            _sync(self._folder)
        except OSError as error:
            raise TocsinError(
                f"Round {checkpoint.record.round} cannot be kept in {self._folder} ({error.strerror or error}); "
                "free disk space and go on with --resume."
            ) from None
        finally:
            if draft is not None:
                shutil.rmtree(draft, ignore_errors=True)
        return target

    def rounds(self) -> list[int]:
        """The rounds that are kept, in order."""
        return sorted(int(p.name.removeprefix("round-")) for p in self._folder.glob("round-*"))

    def read(self, round_: int) -> Checkpoint:
        """The checkpoint of a round."""
        folder = self._folder / f"round-{round_:04d}"
        arrays, _ = load_adapter(folder / "adapter")
        with np.load(folder / "aggregation.npz") as state:
            kept = {name: state[name] for name in state.files}
        record = RoundRecord.model_validate_json((folder / "record.json").read_text(encoding="utf-8"))
        return Checkpoint(record, arrays, kept)


def _sync(path: Path) -> None:
    """Make the kernel write a file or folder out: after a power cut a rename must not outlive its content."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
