"""A report as a table in the terminal."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from rich.console import Group
from rich.table import Table
from rich.text import Text

from tocsin.aligning import percent
from tocsin.behaviour import ALL, Interval
from tocsin.probing.report import Change, Figure, Probed, Report, Row


@dataclass(frozen=True)
class Column:
    """What it says of a row, and of a figure that is no mean of outcomes."""

    title: str
    row: Callable[[Row], str]
    figure: Callable[[Figure], str] = lambda figure: ""
    least: int = 10  # characters: in a narrow terminal an interval stands in two lines, whole


def table(report: Report) -> Group:
    """A block for each probe: all items, each group, the probe's own figures, and quality beside bias."""
    columns = _columns(report)
    shown = Table(box=None, pad_edge=False, collapse_padding=True)
    shown.add_column("probe, group", min_width=20)
    for column in columns:
        shown.add_column(column.title, min_width=column.least, justify="right" if column.title == "items" else "left")
    for one in report.probes:
        _block(shown, report, one, columns)
    return Group(shown, *(Text(note) for note in _notes(report)))


def _columns(report: Report) -> list[Column]:
    rows = [row for one in report.probes for row in one.rows]
    alone = report.against is None
    columns = [
        Column(
            "bad (95% interval)" if alone else _short(report.adapter),
            lambda row: percent(row.rate),
            lambda figure: _value(figure.value),
        )
    ]
    if any(row.corrected for row in rows):
        columns.append(Column("corrected", lambda row: percent(row.corrected) if row.corrected else ""))
    if report.against is not None:
        columns.append(Column(_short(report.against), lambda row: percent(row.other) if row.other else ""))
        columns.append(
            Column(
                "difference in points",
                lambda row: _points(row.change) if row.change else "",
                lambda figure: _value(figure.change, "+") if figure.change else "",
                least=12,
            )
        )
        if report.until is None:
            columns.append(Column("p (Holm)", lambda row: _p(row.change), least=6))
        columns.append(Column("", lambda row: (row.change and row.change.says) or ""))
    return [*columns, Column("items", lambda row: str(row.n), least=5)]


def _block(shown: Table, report: Report, one: Probed, columns: list[Column]) -> None:
    for row in one.rows:
        whole = row.group == ALL
        name = f"{one.probe}: {one.title}" if whole else f"  {row.group}"
        shown.add_row(name, *(column.row(row) for column in columns), style="bold" if whole else None)
    for name, figure in one.figures.items():
        shown.add_row(f"  {name}", *(column.figure(figure) for column in columns))
    beside = report.row(one.beside) if one.beside else None
    if beside is not None:
        shown.add_row(f"  beside it: {one.beside}", *(column.row(beside) for column in columns), style="italic")
    shown.add_row()


def _notes(report: Report) -> list[str]:
    notes = [f"{one.probe}: {one.stopped}." for one in report.probes if one.stopped]
    if report.until is not None and any(one.figures or any(row.corrected for row in one.rows) for one in report.probes):
        notes.append("Intervals of a probe's own figures and of corrected rates are as for a fixed number of items.")
    return [*notes, *report.notes]


def _short(adapter: str) -> str:
    return Path(adapter).name or adapter


def _points(change: Change) -> str:
    """`+6 (-1 to +13)`."""
    difference = change.difference
    return f"{100 * difference.estimate:+.0f} ({100 * difference.low:+.0f} to {100 * difference.high:+.0f})"


def _value(value: Interval, sign: str = "") -> str:
    if not isfinite(value.estimate):
        return "not defined"
    return f"{value.estimate:{sign}.3g} ({value.low:{sign}.3g} to {value.high:{sign}.3g})"


def _p(change: Change | None) -> str:
    if change is None or change.holm is None:
        return ""
    return "< .001" if change.holm < 0.001 else f"{change.holm:.3f}"
