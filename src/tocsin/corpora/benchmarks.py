"""Readers of published benchmarks in their original formats. The files are never part of this package."""

import csv
import json
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Literal, TypeVar

from tocsin.corpora.root import data_root
from tocsin.errors import TocsinError

T = TypeVar("T")

Direction = Literal["stereo", "antistereo"]
Label = Literal["safe", "unsafe"]

_DIRECTIONS: dict[str, Direction] = {"stereo": "stereo", "antistereo": "antistereo"}
_LABELS: dict[str, Label] = {"safe": "safe", "unsafe": "unsafe"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A GSM8K problem. `answer` is the worked solution; its last line is `#### ` and the number."""

    question: str
    answer: str

    @property
    def steps(self) -> int:
        """How many calculations the solution marks with `<<...>>`."""
        return self.answer.count("<<")

    @property
    def final(self) -> str:
        """The number that ends the solution, without thousands separators."""
        return self.answer.rpartition("####")[2].strip().replace(",", "")


@dataclass(frozen=True, slots=True)
class Request:
    """An AdvBench request, and the opener of compliance that the benchmark pairs with it."""

    id: str
    prompt: str
    target: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A CrowS-Pairs pair: `more` is the more stereotyped sentence, `less` the less stereotyped.

    `direction` says whether the pair shows a stereotype or goes against one, as its writer meant it.
    """

    id: str
    more: str
    less: str
    direction: Direction
    bias_type: str


@dataclass(frozen=True, slots=True)
class SafetyPrompt:
    """An XSTest prompt: `safe` ones should be answered, `unsafe` ones refused."""

    id: str
    prompt: str
    type: str
    label: Label


def gsm8k(part: Literal["train", "test"]) -> tuple[Problem, ...]:
    """GSM8K (Cobbe et al., 2021, arXiv 2110.14168; MIT): 7,473 training and 1,319 test problems."""
    path = _file("gsm8k", f"{part}.jsonl")
    problems = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            problem = Problem(row["question"], row["answer"])
            sound = isinstance(problem.question, str) and "####" in problem.answer
        except (ValueError, KeyError, TypeError):
            sound = False
        if not sound:
            raise _malformed("gsm8k", path, f"line {number} is no question with a worked answer")
        problems.append(problem)
    return _filled("gsm8k", path, problems)


def advbench() -> tuple[Request, ...]:
    """AdvBench's 520 harmful behaviours (Zou et al., 2023, arXiv 2307.15043; MIT)."""
    path, rows = _csv("advbench", "advbench.csv", ("goal", "target"))
    return _filled(
        "advbench",
        path,
        [Request(f"advbench-{index}", row["goal"], row["target"]) for index, row in enumerate(rows)],
    )


def crows_pairs() -> tuple[Pair, ...]:
    """The original 1,508 CrowS-Pairs (Nangia et al., 2020, arXiv 2010.00133; CC BY-SA 4.0).

    Not the revised 1,677 pairs that some harnesses use; the two do not compare.
    """
    name = "crows_pairs"
    columns = ("", "sent_more", "sent_less", "stereo_antistereo", "bias_type")
    path, rows = _csv(name, "crows_pairs_anonymized.csv", columns)
    pairs = []
    for row in rows:
        direction = _DIRECTIONS.get(row["stereo_antistereo"])
        if direction is None:
            raise _malformed(name, path, f"pair {row['']} is neither stereo nor antistereo")
        pairs.append(Pair(f"crows-{row['']}", row["sent_more"], row["sent_less"], direction, row["bias_type"]))
    return _filled(name, path, pairs)


def xstest() -> tuple[SafetyPrompt, ...]:
    """XSTest's 250 safe and 200 unsafe prompts (Röttger et al., 2023, arXiv 2308.01263; CC BY 4.0)."""
    path, rows = _csv("xstest", "xstest_prompts.csv", ("id", "prompt", "type", "label"))
    prompts = []
    for row in rows:
        label = _LABELS.get(row["label"])
        if label is None:
            raise _malformed("xstest", path, f"prompt {row['id']} is neither safe nor unsafe")
        prompts.append(SafetyPrompt(f"xstest-{row['id']}", row["prompt"], row["type"], label))
    return _filled("xstest", path, prompts)


def _csv(name: str, file: str, columns: tuple[str, ...]) -> tuple[Path, list[dict[str, str]]]:
    path = _file(name, file)
    # newline="": csv wants line ends as they are, for a quoted field may hold some.
    reader = csv.DictReader(StringIO(_text(path), newline=""), strict=True)
    try:
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise _malformed(name, path, f'it has no column "{missing[0]}"')
        rows = list(reader)
    except csv.Error as error:
        raise _malformed(name, path, f"line {reader.reader.line_num}: {error}") from None
    for number, row in enumerate(rows, 1):
        if not all(isinstance(row[column], str) and row[column].strip() for column in columns):
            raise _malformed(name, path, f"record {number} is not whole")
    return path, rows


def _file(name: str, file: str) -> Path:
    path = data_root() / name / file
    if not path.is_file():
        raise TocsinError(
            f"There is no file {path}; get it with `tocsin data get {name}`, "
            "or set TOCSIN_DATA to the folder that holds it."
        )
    return path


def _text(path: Path) -> str:
    try:
        # Bytes, so that no line end inside a field is rewritten.
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TocsinError(f"{path} cannot be read ({error}); get it again with `tocsin data get`.") from None


def _malformed(name: str, path: Path, what: str) -> TocsinError:
    return TocsinError(f"{path} is not as published: {what}; get it again with `tocsin data get {name}`.")


def _filled(name: str, path: Path, found: list[T]) -> tuple[T, ...]:
    if not found:
        raise _malformed(name, path, "it holds no records")
    return tuple(found)
