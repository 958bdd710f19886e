"""The components of a model release, read from components.toml."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from tocsin.errors import TocsinError, did_you_mean
from tocsin.openness.strict import Strict, check, read

Kind = Literal["code", "data", "document", "access"]
"""The content type that decides which licences fit (Model Openness Framework, arXiv 2403.13784, section 6)."""

LICENSED_KINDS = tuple(kind for kind in get_args(Kind) if kind != "access")


class Component(Strict):
    """One component: its id, its names, its kind."""

    id: str
    title: str
    kind: Kind
    what: str
    mot: str | None = None
    at_base: str | None = None


@cache
def components() -> Mapping[str, Component]:
    """Every component by its id, in the order in which an audit lists them."""
    where = files("tocsin.openness") / "components.toml"
    return {
        name: check(Component, {"id": name, **entry}, f"components.toml, {name}") for name, entry in read(where).items()
    }


def component(name: str) -> Component:
    """The component called `name`. Raises TocsinError, with the nearest name, when there is none."""
    known = components()
    if name not in known:
        raise TocsinError(f'There is no component called "{name}"{did_you_mean(name, known)}.')
    return known[name]
