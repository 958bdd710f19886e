"""Strict reading of data files: frozen models, and one sentence where a file is wrong."""

import tomllib
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tocsin.errors import TocsinError, did_you_mean


class Strict(BaseModel):
    """A frozen record; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Record = TypeVar("Record", bound=Strict)


def read(path: Path | Traversable) -> dict[str, Any]:
    """The table in a TOML or YAML file. Raises TocsinError where it cannot be read or parsed."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise TocsinError(f"{path} cannot be read ({reason}); name a TOML or YAML file.") from None
    try:
        data = tomllib.loads(text) if path.name.endswith(".toml") else yaml.safe_load(text)
    except (tomllib.TOMLDecodeError, yaml.YAMLError) as error:
        where = " ".join(str(error).split())
        raise TocsinError(f"{path} is not well formed ({where}); mend it there.") from None
    if not isinstance(data, dict):
        raise TocsinError(f"{path} holds no table of keys; see the description files that come with Tocsin.")
    return data


def check(model: type[Record], data: Any, where: str) -> Record:
    """`data` as a `model`. Raises TocsinError with the first thing that is wrong, its place and its file."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            key = str(first["loc"][-1])
            raise TocsinError(
                f'{where}: there is no key "{place}"{did_you_mean(key, _keys(model, first["loc"][:-1]))}.'
            ) from None
        message = first["msg"].removeprefix("Value error, ")
        raise TocsinError(f"{where}: {place + ': ' if place else ''}{message}.") from None


def _keys(model: type[BaseModel], place: tuple[int | str, ...]) -> list[str]:
    """The keys that the record at `place` knows; none where the way there is not a plain field."""
    for part in place:
        field = model.model_fields.get(str(part))
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
