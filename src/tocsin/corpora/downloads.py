"""Getting published benchmarks from their original addresses, each file checked by its sha256."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from tocsin.corpora.published import BENCHMARKS, RemoteFile
from tocsin.corpora.root import chosen_root
from tocsin.errors import TocsinError, did_you_mean

_CHUNK = 1 << 16
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Available:
    """A benchmark that can be had; `present` when each file lies on this machine, exactly as published."""

    name: str
    title: str
    licence: str
    files: tuple[str, ...]
    present: bool


def available() -> tuple[Available, ...]:
    """Every benchmark that `get` knows, by name, and whether it is on this machine already."""
    root = chosen_root()
    return tuple(
        Available(
            name=benchmark.name,
            title=benchmark.title,
            licence=benchmark.licence,
            files=tuple(file.name for file in benchmark.files),
            present=all(_is_here(root / benchmark.name / file.name, file) for file in benchmark.files),
        )
        for benchmark in BENCHMARKS
    )


def get(
    name: str, into: Path | None = None, progress: Callable[[str, int, int], None] | None = None
) -> tuple[Path, ...]:
    """Bring the benchmark `name` to `into/name` (by default where `data_root` looks), and return its files.

    `progress` is told (file, bytes had, bytes in all). A file that is there already is not fetched again.
    Nothing is written unless every file came whole and with the right sha256.

    Raises TocsinError for an unknown name, an address that cannot be reached, a file that is not the one
    that was pinned, and a folder that cannot be written.
    """
    table = {benchmark.name: benchmark for benchmark in BENCHMARKS}
    if name not in table:
        raise TocsinError(f'There is no benchmark called "{name}"{did_you_mean(name, table)}.')
    folder = (chosen_root() if into is None else into) / name
    wanted = [file for file in table[name].files if not _is_here(folder / file.name, file)]
    # The largest benchmark has 51 MB, so all of it is held in memory until each file has passed.
    contents = {file.name: _download(file, progress) for file in wanted}
    for file_name, content in contents.items():
        _put(folder / file_name, content)
    return tuple(folder / file.name for file in table[name].files)


def _is_here(path: Path, file: RemoteFile) -> bool:
    try:
        return path.stat().st_size == file.size and sha256(path.read_bytes()).hexdigest() == file.sha256
    except OSError:
        return False


def _download(file: RemoteFile, progress: Callable[[str, int, int], None] | None) -> bytes:
    content = bytearray()
    try:
        with urlopen(file.url, timeout=_TIMEOUT) as answer:
            # One byte over the size is enough to know that it is another file.
            while len(content) <= file.size and (chunk := answer.read(_CHUNK)):
                content += chunk
                if progress is not None:
                    progress(file.name, len(content), file.size)
    except HTTPError as error:
        raise TocsinError(f"{file.url} answers {error.code} {error.reason}; try again later.") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise TocsinError(f"{file.url} cannot be reached ({reason}); check the network.") from None
    if sha256(content).hexdigest() != file.sha256:
        raise TocsinError(
            f"{file.url} gave a file that is not the one pinned (its sha256 differs); nothing was kept, try again."
        )
    return bytes(content)


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
        part.replace(path)  # in one step: no reader ever sees half a file
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise TocsinError(f"{path} cannot be written ({error.strerror}); name another folder.") from None
