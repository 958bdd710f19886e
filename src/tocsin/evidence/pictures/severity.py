"""Probe, group and round: how much worse than at the start, written in each cell."""

from collections.abc import Sequence
from itertools import groupby
from math import inf

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tocsin.evidence.pictures.frame import FULL, HALF, HALF_ROUNDS, HATCH, bare
from tocsin.evidence.severity import WHOLE, Cell, SeverityMap, SeverityRow
from tocsin.evidence.svg import BLUE, INK, MUTED, PAPER, VERMILLION, inline, styled
from tocsin.evidence.verdict import points

WORST = 0.5
"""A change, in shares, from which on colours are at their strongest: the same in every report."""
MOST_ROUNDS = 30
"""Rounds that have a column; of more some are left out, evenly, and never the last."""
MOST_GROUPS = 12
"""Groups of a probe that have a row, the worst of the last round."""

_ROW, _TITLE, _GAP, _GUTTER, _WIDEST = 14.5, 15.0, 7.0, 74.0, 46.0
"""Points: a row's height, a probe's heading, between probes, for groups' names, the widest cell."""
_STRONGEST = 0.7  # of a colour's opacity: text is read through it, on light paper and on dark


def severity_picture(map_: SeverityMap, titles: dict[str, str], name: str) -> str:
    """One map. Up is worse in every number; colour says it again; hatched cells are unknown."""
    shown = columns(len(map_.rounds))
    by_probe = [(probe, _worst(list(rows))) for probe, rows in groupby(map_.rows, key=lambda row: row.probe)]
    height = _TITLE + sum(_TITLE + _GAP + _ROW * len(rows) for _, rows in by_probe)
    width = 72.0 * (HALF if len(map_.rounds) <= HALF_ROUNDS else FULL)
    cell = min(_WIDEST, (width - _GUTTER) / len(shown))
    size = min(7.5, cell / 2.9)  # of numbers: the widest, as +100 in bold, is about 2.8 times its size
    with styled():
        figure, axes = bare(width / 72.0, height / 72.0)
        for at, index in enumerate(shown):
            _write(axes, _GUTTER + (at + 0.5) * cell, _TITLE / 2, str(map_.rounds[index]), MUTED)
        _write(axes, 0.0, _TITLE / 2, "round", MUTED, ha="left")
        top = _TITLE
        for probe, rows in by_probe:
            title = titles[probe]
            axes.text(0.0, top + _TITLE * 0.6, title[:1].upper() + title[1:], va="center", fontweight="bold")
            top += _TITLE
            for row in rows:
                said = "all items" if row.group == WHOLE else row.group
                _write(axes, 6.0, top + _ROW / 2, _cut(said), INK if row.group == WHOLE else MUTED, ha="left")
                _draw(axes, [row.cells[index] for index in shown], top, cell, size)
                top += _ROW
            top += _GAP
        return inline(figure, name, f"{map_.heading}: change since the start by probe, group and round; table below")


def columns(rounds: int) -> list[int]:
    """Which of so many rounds are drawn, by index: all, or every second, third, ... up to the last."""
    every = -(-rounds // MOST_ROUNDS)
    return list(range((rounds - 1) % every, rounds, every))


def _worst(rows: Sequence[SeverityRow]) -> list[SeverityRow]:
    """The row of the whole probe and those of its worst groups, in their order; unknown is worse than known."""
    groups = [row for row in rows if row.group != WHOLE]
    ranked = sorted(groups, key=lambda row: -(row.cells[-1].change.estimate if row.cells[-1].change else inf))
    return [row for row in rows if row.group == WHOLE or row in ranked[:MOST_GROUPS]]


def _draw(axes: Axes, cells: Sequence[Cell], top: float, width: float, size: float) -> None:
    at = 0
    for known, run in groupby(cells, key=lambda cell: cell.change is not None):
        its = list(run)
        if not known:
            _unknown(axes, _GUTTER + at * width, top, len(its) * width)
        for cell in its:
            if cell.change is not None:
                change, left = cell.change, _GUTTER + at * width
                colour = VERMILLION if change.estimate > 0 else BLUE
                strength = _STRONGEST * min(1.0, abs(change.estimate) / WORST) ** 0.75
                _box(axes, left, top, width, facecolor=colour, alpha=strength, edgecolor="none")
                bold = change.low > 0.0 or change.high < 0.0
                _write(axes, left + width / 2, top + _ROW / 2, points(change.estimate), INK, size=size, bold=bold)
            at += 1


def _unknown(axes: Axes, left: float, top: float, width: float) -> None:
    """Unknown cells side by side are one box, so that there is room for the word."""
    _box(axes, left, top, width, facecolor=PAPER, edgecolor=MUTED, hatch=HATCH, alpha=0.6)
    _box(axes, left, top, width, facecolor="none", edgecolor=MUTED, linewidth=0.5)
    size = min(7.0, (width - 1.5) / 3.9)  # the word is about 3.9 times its size
    room = min(size * 4.3, width - 2.5)
    box = Rectangle(
        (left + (width - room) / 2, top + 3.0), room, _ROW - 6.0, facecolor=PAPER, linewidth=0, clip_on=False
    )
    axes.add_patch(box)
    _write(axes, left + width / 2, top + _ROW / 2, "unknown", MUTED, size=size)


def _box(axes: Axes, left: float, top: float, width: float, **look: object) -> None:
    box = Rectangle((left + 0.75, top + 0.75), width - 1.5, _ROW - 1.5, linewidth=0)
    box.set(clip_on=False, **look)  # clipping paths would be half of the file
    axes.add_patch(box)


def _write(
    axes: Axes, x: float, y: float, text: str, colour: str, *, ha: str = "center", size: float = 7.5, bold: bool = False
) -> None:
    weight = "bold" if bold else "normal"
    axes.text(x, y, text, ha=ha, va="center", color=colour, fontsize=size, fontweight=weight)


def _cut(name: str, most: int = 15) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"
