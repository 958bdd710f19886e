"""The table of rates: what real models did where it was measured, and what is assumed where it was not."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tocsin.bench.cells import Cell
from tocsin.errors import TocsinError


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the table, where it comes from, and whether it was measured."""

    name: str
    value: float
    measured: bool
    note: str


@dataclass(frozen=True, slots=True)
class Flips:
    """Shares of all items that go to the worse and to the better; net change worse - better."""

    worse: float
    better: float

    def by(self, change: float) -> "Flips":
        """As many to the better, and so many more to the worse that the net change is `change`."""
        return Flips(self.better + change, self.better)


@dataclass(frozen=True)
class Healthy:
    """One probe when nothing is wrong."""

    cells: tuple[Cell, ...]
    bounded: bool
    start: float
    received: Flips
    training: Flips


@dataclass(frozen=True)
class Table:
    """`rates.toml`, read: probes, spreads, losses, and effects by name."""

    probes: tuple[Healthy, ...]
    spread: Mapping[str, float]
    loss: Mapping[str, float]
    effects: Mapping[str, Flips]
    numbers: tuple[Number, ...]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """All cells, probe by probe."""
        return tuple(cell for probe in self.probes for cell in probe.cells)

    @property
    def assumed(self) -> tuple[Number, ...]:
        """Those that nobody measured."""
        return tuple(one for one in self.numbers if not one.measured)


@cache
def usual_table() -> Table:
    """The table that comes with Tocsin."""
    return _parse(files("tocsin.bench").joinpath("rates.toml").read_text(encoding="utf-8"), "rates.toml")


def read_table(path: Path) -> Table:
    """A table of your own. Raises TocsinError for one that cannot be read or has a number without its source."""
    try:
        return _parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise TocsinError(f"The table {path} cannot be read ({type(error).__name__}); name a TOML file.") from None


def _parse(text: str, where: str) -> Table:
    try:
        told = tomllib.loads(text)
        numbers = tuple(_numbers(told, "", where))
        found = {one.name: one.value for one in numbers}
        probes = []
        for probe in told["probe"]:
            name = f"probe.{probe['name']}"
            cells = tuple(Cell(probe["name"], g, probe["about"], probe.get("own", False)) for g in probe["groups"])
            flips = [_flips(found, f"{name}.{moment}") for moment in ("received", "training")]
            probes.append(Healthy(cells, probe.get("bounded", False), found[f"{name}.start"], *flips))
        return Table(
            tuple(probes),
            {name: found[f"spread.{name}"] for name in told["spread"]},
            {name: found[f"loss.{name}"] for name in told["loss"]},
            {name: _flips(found, f"effect.{name}") for name in told["effect"]},
            numbers,
        )
    except tomllib.TOMLDecodeError as error:
        raise TocsinError(f"The table {where} is not TOML ({error}); mend it.") from None
    except KeyError as error:
        raise TocsinError(
            f"The table {where} lacks {error}; the one that comes with Tocsin shows what is wanted."
        ) from None


def _flips(found: Mapping[str, float], name: str) -> Flips:
    """Told as `worse` and `better`, or as the net `change` and `better`."""
    better = found[f"{name}.better"]
    change = found.get(f"{name}.change")
    return Flips(found[f"{name}.worse"] if change is None else change + better, better)


def _numbers(told: Any, at: str, where: str) -> Iterator[Number]:
    """Every `{ value, measured | assumed }` in it, by dotted name; what stands in a list goes by its own name."""
    if isinstance(told, dict) and "value" in told:
        sources = [key for key in ("measured", "assumed") if told.get(key)]
        if len(sources) != 1 or not isinstance(told["value"], int | float):
            raise TocsinError(f"{at} in {where} wants a number as its value and one source, `measured` or `assumed`.")
        yield Number(at, float(told["value"]), sources[0] == "measured", str(told[sources[0]]))
    elif isinstance(told, dict):
        for key, value in told.items():
            yield from _numbers(value, f"{at}.{key}".lstrip("."), where)
    elif isinstance(told, list):
        for value in told:
            if isinstance(value, dict):
                yield from _numbers(value, f"{at}.{value['name']}", where)
