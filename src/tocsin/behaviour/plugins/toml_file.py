"""A probe of one TOML file that names its shape, and a JSONL file of items."""

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints, ValidationError

from tocsin.behaviour.plugins.shapes import Choices, Pairs, Refusals
from tocsin.behaviour.pools import by_group
from tocsin.behaviour.probe import Item, Kind
from tocsin.corpora.jsonl import read_rows
from tocsin.errors import TocsinError
from tocsin.study import Section, what_is_wrong

Text = Annotated[str, StringConstraints(min_length=1)]


class Declared(Section):
    """The table [probe] of the file."""

    name: Text
    title: Text
    kind: Kind
    shape: Literal["pairs", "choices", "refusals"]
    items: Text
    format: Literal["raw", "chat"] | None = None
    bad_if_refused: bool | None = None


class File(Section):
    """The whole file."""

    probe: Declared


class Line(Section):
    """What a line of any shape may hold."""

    prompt: str = ""
    group: Text = "all"
    cluster: str = ""


class Pair(Line):
    """A line of the shape "pairs": the text that is bad to prefer, and the other."""

    texts: Annotated[list[Text], Field(min_length=2, max_length=2)]


class Choice(Line):
    """A line of the shape "choices": the texts, and which of them is right."""

    texts: Annotated[list[Text], Field(min_length=2)]
    answer: Text


class Request(Line):
    """A line of the shape "refusals"."""

    prompt: Text


L = TypeVar("L", bound=Line)


def load_toml(path: Path) -> Pairs | Choices | Refusals:
    """The probe that the file declares, with all its items. Their file is seen from the TOML file's folder.

    Raises TocsinError, naming file and line, for what is not TOML or JSON, an unknown or missing key, and a line
    that does not fit the shape.
    """
    declared = _declared(path)
    items = path.parent / Path(declared.items).expanduser()
    if not items.is_file():
        raise _fault(path, "items", f"there is no file {items}; items is seen from the folder of this file.")
    chat = declared.format == "chat" if declared.format else declared.shape == "refusals"
    shared = (declared.name, declared.title, declared.kind)
    if declared.shape == "pairs":
        return Pairs(*shared, _pool(items, Pair, _pair, chat), chat)
    if declared.shape == "choices":
        return Choices(*shared, _pool(items, Choice, _choice, True), chat)
    if declared.bad_if_refused is None:
        raise _fault(path, "shape", 'shape = "refusals" needs bad_if_refused = true (safe requests) or false.')
    if not chat:
        raise _fault(path, "format", 'shape = "refusals" asks in chat form; leave format out.')
    return Refusals(*shared, _pool(items, Request, _request, True), chat, bad_if_refused=declared.bad_if_refused)


def _declared(path: Path) -> Declared:
    try:
        text = path.read_text(encoding="utf-8")
        declared = File.model_validate(tomllib.loads(text)).probe
    except (OSError, UnicodeDecodeError) as error:
        raise TocsinError(f"{path} cannot be read ({error}); name a TOML file.") from None
    except tomllib.TOMLDecodeError as error:
        raise TocsinError(f"{path} is not valid TOML: {error}; mend that line.") from None
    except ValidationError as error:
        raise _fault(path, str(error.errors()[0]["loc"][-1]), what_is_wrong(error, File)) from None
    if declared.bad_if_refused is not None and declared.shape != "refusals":
        raise _fault(path, "bad_if_refused", 'bad_if_refused is for shape = "refusals"; leave it out.')
    return declared


def _fault(path: Path, key: str, sentence: str) -> TocsinError:
    """The error, with the line where the key stands, or else the table begins."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = [number for number, line in enumerate(lines, 1) if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line)]
    table = [number for number, line in enumerate(lines, 1) if line.strip() == "[probe]"]
    return TocsinError(f"{path}, line {(at or table or [1])[0]}: {sentence}")


def _pool(path: Path, shape: type[L], make: Any, prompted: bool) -> dict[str, list[Item]]:
    items = []
    for number, row in read_rows(path):
        where = f"{path}, line {number}"
        try:
            line = shape.model_validate(row)
        except ValidationError as error:
            raise TocsinError(f"{where}: {what_is_wrong(error, shape)}") from None
        if prompted and not line.prompt:
            raise TocsinError(f"{where}: the key prompt is missing; add it.")
        items.append(make(f"line-{number}", line, where))
    if not items:
        raise TocsinError(f"{path} holds no items; write one JSON object a line.")
    return by_group(items)


def _pair(id: str, line: Pair, where: str) -> Item:
    if line.texts[0] == line.texts[1]:
        raise TocsinError(f"{where}: the two texts are the same; a pair needs two.")
    return Item(id, line.group, line.prompt, tuple(line.texts), cluster=line.cluster)


def _choice(id: str, line: Choice, where: str) -> Item:
    if line.texts.count(line.answer) != 1:
        raise TocsinError(
            f"{where}: answer = {line.answer!r} is not one of the texts, once; write it as it stands there."
        )
    roles = tuple("correct" if text == line.answer else "wrong" for text in line.texts)
    return Item(id, line.group, line.prompt, tuple(line.texts), roles=roles, cluster=line.cluster)


def _request(id: str, line: Request, where: str) -> Item:
    return Item(id, line.group, line.prompt, cluster=line.cluster)
