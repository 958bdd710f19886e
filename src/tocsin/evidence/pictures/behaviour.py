"""Loss and behaviour, round by round."""

from collections.abc import Callable, Sequence
from math import ceil, floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tocsin.behaviour.statistics import Interval
from tocsin.evidence.pictures.frame import GLOBAL, MOST_MARKS, PERSONAL, Line, percent, round_axis
from tocsin.evidence.readings import Readings
from tocsin.evidence.svg import INK, MUTED, PAPER, inline, styled

PANEL = (2.3, 1.6)
"""Inches of a panel: width, height."""
LABEL_HEIGHT = 8.5
"""Points between two labels that do not touch."""

_Reading = Callable[[int], Interval | None]


def loss_panel(readings: Readings) -> str:
    """Mean loss by round: of training as the global model arrives and after local training, or of validation."""
    of_clients = readings.loss_of[1] == "clients"
    with styled():
        figure, axes = _small()
        lines: tuple[tuple[Line, _Reading], ...] = (
            (GLOBAL, lambda at: readings.loss(at, "before" if of_clients else "after")),
            (PERSONAL, lambda at: readings.loss(at, "after") if of_clients else None),
        )
        means = [mean for _, reading in lines for at in readings.rounds if (mean := reading(at))]
        low, high = min(mean.low for mean in means), max(mean.high for mean in means)
        room = 0.12 * (high - low) + 0.02
        _draw(axes, readings.rounds, lines, "{:.2f}".format, (low - room, high + room), INK)
        return inline(figure, "loss", f"{readings.loss_heading.capitalize()} by round; its table is below")


def behaviour_panel(
    readings: Readings, probe: str, group: str | None, *, limits: tuple[float, float], label: str, name: str
) -> str:
    """The share of bad outcomes by round with 95% intervals, of one group or (None) of all together.

    The dotted line is where the global model began.
    """
    with styled():
        figure, axes = _small()
        lines = tuple(
            (line, lambda at, line=line: readings.mean(at, probe, line.moment, line.by, group))
            for line in (GLOBAL, PERSONAL)
        )
        start = next((mean for at in readings.rounds if (mean := lines[0][1](at))), None)
        if start is not None:
            axes.axhline(start.estimate, color=MUTED, linewidth=0.7, linestyle=(0, (1, 2)))
        _draw(axes, readings.rounds, lines, percent, limits)
        return inline(figure, name, f"{label}: share of bad outcomes by round; its table is below")


def limits(readings: Readings, probe: str) -> tuple[float, float]:
    """The range that all panels of a probe share, so that groups can be compared: whole tens of percent."""
    means = [
        mean
        for group in (None, *readings.groups[probe])
        for line in (GLOBAL, PERSONAL)
        for at in readings.rounds
        if (mean := readings.mean(at, probe, line.moment, line.by, group))
    ]
    low = floor(10 * min((mean.low for mean in means), default=0.0)) / 10
    high = ceil(10 * max((mean.high for mean in means), default=1.0)) / 10
    high = min(1.0, max(high, low + 0.3))  # a change of a point or two should not fill the panel
    return min(low, high - 0.3) - 0.02, high + 0.04


def _small() -> tuple[Figure, Axes]:
    figure = Figure(figsize=PANEL)
    return figure, figure.add_axes((0.155, 0.125, 0.73, 0.84))


def _draw(
    axes: Axes,
    rounds: Sequence[int],
    lines: Sequence[tuple[Line, _Reading]],
    text: Callable[[float], str],
    limits: tuple[float, float],
    colour: str | None = None,
) -> None:
    """Draw the lines with their intervals, and name each last value."""
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: text(value)))
    ends = []
    for line, reading in lines:
        points = [(at, mean) for at in rounds if (mean := reading(at))]
        if not points:
            continue
        own = colour or line.colour
        where = [at + line.shift for at, _ in points]
        means = [mean.estimate for _, mean in points]
        axes.vlines(
            where, [mean.low for _, mean in points], [mean.high for _, mean in points],
            color=own, linewidth=1.6, alpha=0.32,
        )  # fmt: skip
        axes.plot(
            where, means, line.dashes, color=own, linewidth=1.25,
            marker=line.marker if len(points) <= MOST_MARKS else "", markersize=3.4, markeredgewidth=0.9,
            markerfacecolor=PAPER if line.hollow else own, markeredgecolor=own,
        )  # fmt: skip
        ends.append((means[-1], where[-1], own))
    round_axis(axes, list(rounds))
    _name_ends(axes, ends, text)


def _name_ends(axes: Axes, ends: list[tuple[float, float, str]], text: Callable[[float], str]) -> None:
    """Write the last values beside their points, pushed apart where they would touch."""
    if not ends:
        return
    ends.sort()
    edge = max(where for _, where, _ in ends)
    low, high = axes.get_ylim()
    height = axes.get_position().height * PANEL[1] * 72.0 / (high - low)  # points a unit
    lack = max(0.0, LABEL_HEIGHT - (ends[-1][0] - ends[0][0]) * height) if len(ends) > 1 else 0.0
    for index, (value, _, colour) in enumerate(ends):
        axes.annotate(
            text(value), (edge, value), (6, lack * (index - 0.5)), textcoords="offset points",
            va="center", color=colour, fontsize=7.5, fontweight="bold", annotation_clip=False,
        )  # fmt: skip
