"""What happened when: failures from onset to alarm, and everything else that was out of the ordinary."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from tocsin.evidence.incidents import LANES, Incident, Mark
from tocsin.evidence.pictures.frame import FULL, HATCH, bare
from tocsin.evidence.svg import GREEN, INK, MUTED, ORANGE, PAPER, PURPLE, RULE, VERMILLION, inline, styled

_LOOKS = {
    "dropped out": (MUTED, "v"),
    "answers refused": (PURPLE, "s"),
    "rounds retried": (ORANGE, "D"),
    "remedies": (GREEN, "P"),
    "cells unknown": (MUTED, ""),
}
_LANE, _AXIS, _GUTTER, _RIGHT = 19.0, 18.0, 150.0, 14.0
"""Points: a lane, the axis of rounds, the names, the room at the right."""


def timeline_picture(incidents: Sequence[Incident], marks: Sequence[Mark], last: int, alarm: bool) -> str:
    """A lane for each failure, or (where the study has an `alarm`) one that says there was none; then one for each kind
    of mark that there is. Rounds 1 to `last` across."""
    lanes = [lane for lane in LANES if any(mark.lane == lane for mark in marks)]
    failures = len(incidents) or (1 if alarm else 0)
    width, height = 72.0 * FULL, _AXIS + _LANE * (failures + len(lanes))
    step = (width - _GUTTER - _RIGHT) / last
    with styled():
        figure, axes = bare(width / 72.0, height / 72.0)
        every = next(n for n in (1, 2, 5, 10, 20, 50, 100) if step * n >= 18.0 or n == 100)
        for at in range(1, last + 1):
            x = _x(at, step)
            axes.plot((x, x), (0.0, height - _AXIS), color=RULE, linewidth=0.5, zorder=0)
            if at % every == 0 or at == 1:
                axes.text(x, height - _AXIS / 2, str(at), ha="center", va="center", color=MUTED, fontsize=7.5)
        axes.text(0.0, height - _AXIS / 2, "round", va="center", color=MUTED, fontsize=7.5)
        for index, one in enumerate(incidents):
            _failure(axes, one, (index + 0.5) * _LANE, step, last)
        if alarm and not incidents:
            _name(axes, "alarm", _LANE / 2, INK)
            axes.text(_x(1, step), _LANE / 2, "none rang", ha="left", va="center", color=MUTED, fontsize=7.5,
                      backgroundcolor=PAPER)  # fmt: skip
        for index, lane in enumerate(lanes, failures):
            y = (index + 0.5) * _LANE
            _name(axes, lane, y, INK)
            for mark in marks:
                if mark.lane == lane:
                    _mark(axes, mark, _x(mark.round, step), y, step)
        return inline(figure, "timeline", "What happened in which round; its table is below")


def _x(round_: float, step: float) -> float:
    return _GUTTER + (round_ - 0.5) * step


def _name(axes: Axes, name: str, y: float, colour: str, bold: bool = False) -> None:
    text = name[:1].upper() + name[1:]
    axes.text(0.0, y, text, va="center", color=colour, fontsize=7.5, fontweight="bold" if bold else "normal")


def _failure(axes: Axes, one: Incident, y: float, step: float, last: int) -> None:
    """A pale box over the interval of the onset, a line from the onset to now, a filled triangle at the alarm."""
    _name(axes, one.mode, y, INK, bold=True)
    low, high = _x(one.onset_low - 0.5, step), _x(one.onset_high + 0.5, step)
    axes.add_patch(Rectangle((low, y - 6.0), high - low, 12.0, facecolor=VERMILLION, alpha=0.25, linewidth=0))
    onset, rang = _x(one.onset, step), _x(one.rang, step)
    axes.plot((onset, rang), (y, y), color=VERMILLION, linewidth=1.8, solid_capstyle="butt", zorder=3)
    axes.plot((rang, _x(last, step)), (y, y), color=VERMILLION, linewidth=1.8, linestyle=(0, (1, 1)), zorder=3)
    axes.plot((onset, onset), (y - 6.0, y + 6.0), color=VERMILLION, linewidth=1.8, solid_capstyle="butt", zorder=3)
    axes.plot([rang], [y - 0.5], marker="^", markersize=8.0, color=INK, markeredgewidth=0, zorder=4)


def _mark(axes: Axes, mark: Mark, x: float, y: float, step: float) -> None:
    colour, marker = _LOOKS[mark.lane]
    if not marker:
        width = min(step, 26.0)
        box = Rectangle((x - width / 2, y - 6.0), width, 12.0, facecolor=PAPER, edgecolor=MUTED, hatch=HATCH)
        box.set(linewidth=0, alpha=0.45)
        axes.add_patch(box)
    else:
        axes.plot([x], [y], marker=marker, markersize=6.0, color=colour, markeredgewidth=0, zorder=3)
    if mark.count > 1 and step >= 16.0:
        offset = 0.0 if not marker else 5.5
        axes.text(x + offset, y, str(mark.count), ha="left" if marker else "center", va="center", color=INK,
                  fontsize=7.0, zorder=5)  # fmt: skip
