"""Reading a corpus: from a built-in source, a JSONL or Parquet file, or the Hugging Face hub."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tocsin import study
from tocsin.corpora.example import Example
from tocsin.corpora.jsonl import read_rows
from tocsin.corpora.source import SOURCES, Row
from tocsin.errors import TocsinError, did_you_mean

_ROLES = ("system", "user", "assistant")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_DEFAULT_GROUP = study.Corpus.model_fields["group"].default


@dataclass(frozen=True, slots=True)
class Record:
    """An example, with every column that it was read from: a split may go by any of them."""

    example: Example
    columns: Mapping[str, object]


def read(corpus: study.Corpus, seed: int) -> tuple[Record, ...]:
    """The records of `corpus`, at most `corpus.limit` of them, chosen by `seed` and in their own order.

    A record has either a column `messages` (a list of {role, content}; the last assistant message is the
    response, the turns before it are the question) or the two columns that `corpus` names.

    Raises TocsinError with one sentence for a missing, broken or empty file, a missing column, and a
    question or answer that is empty or no text; broken lines and records are named by their number.
    """
    if corpus.source.startswith("hub:"):
        located = _hub(corpus, seed)
    elif corpus.source.endswith((".jsonl", ".parquet")):
        located = _path(Path(corpus.source).expanduser(), corpus.limit, seed)
    elif "." in corpus.source or "/" in corpus.source:
        raise TocsinError(
            f"corpus.source = {corpus.source!r} is none that can be read; name a .jsonl or .parquet file, "
            "hub:OWNER/NAME, or a built-in source."
        )
    else:
        rows = SOURCES.get(corpus.source)(corpus.limit, seed)
        kept = _kept(len(rows), corpus.limit, seed)
        located = [(f"{corpus.source}, record {index + 1}", rows[index]) for index in kept]
    if not located:
        raise TocsinError(f"{corpus.source} holds no records; name a corpus that does.")
    _check_columns(corpus, [row for _, row in located])
    return tuple(Record(_example(row, corpus, where), row) for where, row in located)


def first_record(path: Path) -> Row:
    """The first record of a JSONL or Parquet file, with all its columns. Raises TocsinError as `read` does."""
    if path.suffix not in (".jsonl", ".parquet"):
        raise TocsinError(f"{path} is neither .jsonl nor .parquet; save your data as one of the two.")
    rows = _path(path, 0, 0)
    if not rows:
        raise TocsinError(f"{path} holds no records; name a file that does.")
    return rows[0][1]


def _kept(count: int, limit: int, seed: int) -> list[int]:
    """Which of `count` records stay under `limit`: drawn, as files are often sorted, and in order."""
    if not 0 < limit < count:
        return list(range(count))
    return sorted(Random(f"{seed}/limit").sample(range(count), limit))


def _path(path: Path, limit: int, seed: int) -> list[tuple[str, Row]]:
    if not path.is_file():
        raise TocsinError(f"There is no corpus file at {path}; check corpus.source.")
    try:
        return _jsonl(path, limit, seed) if path.suffix == ".jsonl" else _parquet(path, limit, seed)
    except OSError as error:
        raise TocsinError(f"{path} cannot be read ({error}); check corpus.source.") from None


def _jsonl(path: Path, limit: int, seed: int) -> list[tuple[str, Row]]:
    rows = [(f"{path}, line {number}", row) for number, row in read_rows(path)]
    return [rows[index] for index in _kept(len(rows), limit, seed)]


def _parquet(path: Path, limit: int, seed: int) -> list[tuple[str, Row]]:
    import pyarrow
    from pyarrow import parquet

    try:
        table = parquet.read_table(path)
    except pyarrow.ArrowException as error:
        reason = str(error).splitlines()[0]
        raise TocsinError(f"{path} is not a Parquet file that can be read ({reason}).") from None
    kept = _kept(table.num_rows, limit, seed)
    rows = table.take(kept).to_pylist()
    return [(f"{path}, record {index + 1}", row) for index, row in zip(kept, rows, strict=True)]


def _hub(corpus: study.Corpus, seed: int) -> list[tuple[str, Row]]:
    name = corpus.source.removeprefix("hub:")
    if not _COMMIT.fullmatch(corpus.revision or ""):
        raise TocsinError(
            f"{corpus.source} needs corpus.revision, the 40 hex digits of a commit: names of branches and "
            "tags can move."
        )
    if Path(name).exists():  # `datasets` would read it instead of the hub, whatever the revision
        raise TocsinError(
            f'{corpus.source} would be read from the local folder "{name}"; start elsewhere, or rename it.'
        )
    import datasets

    try:
        data = datasets.load_dataset(name, revision=corpus.revision, split="train")
    except Exception as error:  # the network, the hub and each file format have errors of their own
        reason = str(error).strip().partition("\n")[0].rstrip(".:")
        raise TocsinError(
            f"{corpus.source} at {corpus.revision} cannot be read ({reason}); check the name, the revision "
            "and the network."
        ) from None
    kept = _kept(len(data), corpus.limit, seed)
    rows = data.select(kept).to_list()
    return [(f"{corpus.source}, record {index + 1}", row) for index, row in zip(kept, rows, strict=True)]


def _check_columns(corpus: study.Corpus, rows: Iterable[Row]) -> None:
    """A column that a study names, and that a record may lack, must be there in one: else a misspelt group would put
    all in one group, and misspelt rounds all in every round."""
    known = {column for row in rows for column in row}
    named = {"group": corpus.group if corpus.group != _DEFAULT_GROUP else None}
    for key, column in (named | {"since": corpus.since, "until": corpus.until}).items():
        if column is not None and column not in known:
            raise TocsinError(
                f'{corpus.source} has no column "{column}"{did_you_mean(column, known)}; set corpus.{key}.'
            )


def _example(row: Row, corpus: study.Corpus, where: str) -> Example:
    given = row.get(corpus.group)
    group = "all" if given is None or not str(given).strip() else str(given).strip()
    since, until = _round(row, corpus.since, where) or 1, _round(row, corpus.until, where)
    if until is not None and until < since:
        raise TocsinError(f"{where} is there until round {until} and only since round {since}; mend one of them.")
    if row.get("messages") is not None:
        turns, response = _chat(row["messages"], where)
        return Example(turns, response, group, since, until)
    prompt = _column(row, corpus.prompt, "prompt", where)
    return Example((("user", prompt),), _column(row, corpus.response, "response", where), group, since, until)


def _round(row: Row, column: str | None, where: str) -> int | None:
    given = None if column is None else row.get(column)
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or given < 1:
        raise TocsinError(f'{where}: the column "{column}" is {given!r}; write the number of a round, from 1.')
    return given


def _column(row: Row, column: str, key: str, where: str) -> str:
    if column not in row:
        raise TocsinError(f'{where} has no column "{column}"{did_you_mean(column, row)}; set corpus.{key}.')
    return _text(row[column], f'the column "{column}"', where)


def _chat(messages: object, where: str) -> tuple[tuple[tuple[str, str], ...], str]:
    if not isinstance(messages, list):
        raise TocsinError(f"{where}: `messages` is no list; write a list of {{role, content}}.")
    turns = []
    for number, message in enumerate(messages, 1):
        if not isinstance(message, dict) or not {"role", "content"} <= message.keys():
            raise TocsinError(f"{where}: message {number} is not {{role, content}}.")
        role = message["role"]
        if role not in _ROLES:
            raise TocsinError(f"{where}: message {number} has the role {role!r}; use {', '.join(_ROLES)}.")
        turns.append((str(role), _text(message["content"], f"the content of message {number}", where)))
    answers = [index for index, (role, _) in enumerate(turns) if role == "assistant"]
    if not answers:
        raise TocsinError(f"{where} has no assistant message; the last one is the response to learn.")
    last = answers[-1]
    if not any(role == "user" for role, _ in turns[:last]):
        raise TocsinError(f"{where} has no user message before the response; there must be a question.")
    return tuple(turns[:last]), turns[last][1]


def _text(value: object, what: str, where: str) -> str:
    if value is not None and not isinstance(value, str):
        raise TocsinError(f"{where}: {what} is no text; write a string.")
    if value is None or not value.strip():
        raise TocsinError(f"{where}: {what} is empty; fill it in, or leave the record out.")
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a \ud83d\ude00 pair: JSON allows it, tokenizers do not
        raise TocsinError(f"{where}: {what} holds half a character (a lone surrogate); mend it.") from None
    return value
