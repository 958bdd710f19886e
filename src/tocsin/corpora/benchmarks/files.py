"""Reading a benchmark's files from `TOCSIN_DATA`, with one clear sentence for whatever is not as published."""

import json
from csv import DictReader
from csv import Error as CsvError
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from tocsin.corpora.root import data_root
from tocsin.errors import TocsinError

T = TypeVar("T")


def read_csv(name: str, part: str, columns: tuple[str, ...], delimiter: str = ",") -> tuple[Path, list[dict[str, str]]]:
    """The rows of a table whose header has `columns`, none of them empty in any row."""
    path = file(name, part)
    # newline="": csv wants line ends as they are, for a quoted field may hold some.
    reader = DictReader(StringIO(text(path), newline=""), strict=True, delimiter=delimiter)
    try:
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise malformed(name, path, f'it has no column "{missing[0]}"')
        rows = list(reader)
    except CsvError as error:
        raise malformed(name, path, f"line {reader.reader.line_num}: {error}") from None
    for number, row in enumerate(rows, 1):
        if not all(isinstance(row[column], str) and row[column].strip() for column in columns):
            raise malformed(name, path, f"record {number} is not whole")
    return path, rows


def file(name: str, part: str) -> Path:
    """The path of a benchmark's file. Raises TocsinError where it is not here, naming two ways to it."""
    path = data_root() / name / part
    if not path.is_file():
        raise TocsinError(
            f"There is no file {path}; get it with `tocsin data get {name}`, "
            "or set TOCSIN_DATA to the folder that holds it."
        )
    return path


def text(path: Path) -> str:
    """A UTF-8 file's text, line ends as they are."""
    try:
        # Bytes, so that no line end inside a field is rewritten.
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TocsinError(f"{path} cannot be read ({error}); get it again with `tocsin data get`.") from None


def malformed(name: str, path: Path, what: str) -> TocsinError:
    """The error for a file that is not what its publisher put out."""
    return TocsinError(f"{path} is not as published: {what}; get it again with `tocsin data get {name}`.")


def filled(name: str, path: Path, found: list[T]) -> tuple[T, ...]:
    """`found`, which must not be empty."""
    if not found:
        raise malformed(name, path, "it holds no records")
    return tuple(found)


def read_jsonl(name: str, part: str, fields: tuple[str, ...]) -> tuple[Path, list[dict[str, Any]]]:
    """The objects of a JSONL file, each with all of `fields`; blank lines are passed over."""
    path = file(name, part)
    rows = []
    for number, line in enumerate(text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            sound = isinstance(row, dict) and all(field in row for field in fields)
        except ValueError:
            sound = False
        if not sound:
            raise malformed(name, path, f"line {number} is no object with {', '.join(fields)}")
        rows.append(row)
    return path, rows
