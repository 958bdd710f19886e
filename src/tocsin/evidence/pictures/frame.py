"""What all pictures of a report share: sizes, the axis of rounds, how shares are written, the two models' looks."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tocsin.evidence.readings import By, Moment
from tocsin.evidence.svg import BLUE, MUTED, PAPER, VERMILLION

MOST_MARKS = 14
"""Rounds up to which each one gets its marker."""
HALF = 4.8
"""Inches of a picture that has half the page's width."""
FULL = 8.6
"""Inches of a picture that has all of it."""
HALF_ROUNDS = 10
"""Rounds up to which half of the page's width is enough for a picture with a column for each."""
HATCH = "//////"
"""What is unknown."""


@dataclass(frozen=True)
class Line:
    """How one model is drawn in every panel, and who measured it when."""

    by: By
    moment: Moment
    colour: str
    dashes: str
    marker: str
    hollow: bool
    shift: float


GLOBAL = Line("server", "after", BLUE, "-", "o", False, -0.07)
PERSONAL = Line("clients", "after", VERMILLION, "--", "s", True, 0.07)


def bare(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of that many inches, one axis over all of it whose unit is the point, and nothing drawn."""
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(0.0, 72.0 * width)
    axes.set_ylim(72.0 * height, 0.0)
    return figure, axes


def wide() -> tuple[Figure, Axes]:
    """Half the page's width, with an axis of values."""
    figure = Figure(figsize=(HALF, 1.95))
    return figure, figure.add_axes((0.065, 0.115, 0.93, 0.85))


def unknown_span(axes: Axes, left: float, right: float) -> None:
    """Hatch from `left` to `right`, over the whole height: nothing is known there."""
    axes.axvspan(left, right, facecolor=PAPER, edgecolor=MUTED, hatch=HATCH, linewidth=0, alpha=0.45, zorder=0.5)


def round_axis(axes: Axes, rounds: Sequence[int]) -> None:
    """The rounds, at whole numbers, with half a round of room at both ends."""
    if rounds:
        axes.set_xlim(min(rounds) - 0.5, max(rounds) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))


def percent(share: float) -> str:
    """`61%`."""
    return f"{100 * share:.0f}%"
