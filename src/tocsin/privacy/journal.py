"""A file that only grows: one JSON object a line, each line bound to all lines before it by a hash."""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from tocsin.errors import TocsinError

Entry = Mapping[str, Any]

_START = "0" * 64


class Journal:
    """Entries in the order in which they were appended; it survives a kill at any moment.

    An entry is on the disk (fsync) before `append` returns. A last line without its newline is an append that a
    kill cut short: nobody was told that it happened, so it is cut off. Any other damage raises TocsinError, at the
    opening. Each line holds the SHA-256 of itself and the line before it: a changed, removed or inserted line is found,
    unless someone computes all hashes anew. A file that lost its *last whole lines* looks whole in itself. Both are
    found by keeping `head` elsewhere (a checkpoint) and asking `knows` for it after opening.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self._hashes = [_START]
        self._end = 0  # bytes of the file that `entries` holds
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch()
            _sync_folder(path.parent)
        with self.alone():
            pass

    @property
    def head(self) -> str:
        """SHA-256 (64 hex digits) that stands for all lines up to the last."""
        return self._hashes[-1]

    def knows(self, head: str) -> bool:
        """Whether the journal once ended, or ends now, at `head`: false when lines after the start were lost."""
        return head in self._hashes

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lock the file against other processes and read what they appended: for checking, then appending."""
        with self.path.open("r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # given back when the file closes
            self._file: BinaryIO = file
            self._catch_up()
            yield

    def append(self, entry: Entry) -> None:
        """Put `entry` on the disk. Call it inside `alone`. Raises ValueError for the key "chain"."""
        if "chain" in entry:
            raise ValueError('an entry may not have the key "chain"')
        line = json.dumps({**entry, "chain": self._next_hash(entry)}).encode() + b"\n"
        self._file.seek(self._end)
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._take(json.loads(line), len(line))

    def _catch_up(self) -> None:
        self._file.seek(self._end)
        for number, line in enumerate(self._file.read().splitlines(keepends=True), len(self.entries) + 1):
            if not line.endswith(b"\n"):
                self._file.truncate(self._end)
                break
            try:
                entry = json.loads(line)
                good = self._next_hash({k: v for k, v in entry.items() if k != "chain"}) == entry["chain"]
            except (ValueError, KeyError, AttributeError):
                good = False
            if not good:
                raise TocsinError(
                    f"{self.path}, line {number} does not follow from the lines before it: the file was changed after "
                    "it was written; restore it from a copy, or start a new run."
                )
            self._take(entry, len(line))

    def _next_hash(self, entry: Entry) -> str:
        text = self.head + json.dumps(entry, sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _take(self, entry: dict[str, Any], size: int) -> None:
        self._hashes.append(entry.pop("chain"))
        self.entries.append(entry)
        self._end += size


def _sync_folder(folder: Path) -> None:
    """Make a new file's name last: without it a crash may forget the file itself."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
