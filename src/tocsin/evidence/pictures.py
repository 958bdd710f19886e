"""The pictures of a report: loss and behaviour by round, spread over clients, what was spent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tocsin.behaviour.statistics import Interval
from tocsin.evidence.readings import By, Moment, Readings
from tocsin.evidence.svg import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    ROLES,
    RULE,
    SKY,
    VERMILLION,
    YELLOW,
    inline,
    styled,
)
from tocsin.records import RoundRecord

PHASE_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, YELLOW, MUTED)
"""In order of first appearance; phases beyond the last share its colour."""
MOST_MARKS = 14
"""Rounds up to which each one gets its marker."""
PANEL = (2.3, 1.6)
"""Inches of a panel: width, height."""
LABEL_HEIGHT = 8.5
"""Points between two labels that do not touch."""


@dataclass(frozen=True)
class _Line:
    """How one model is drawn in every panel, and who measured it when."""

    by: By
    moment: Moment
    colour: str
    dashes: str
    marker: str
    hollow: bool
    shift: float


GLOBAL = _Line("server", "after", BLUE, "-", "o", False, -0.07)
PERSONAL = _Line("clients", "after", VERMILLION, "--", "s", True, 0.07)

_Reading = Callable[[int], Interval | None]


def loss_panel(readings: Readings) -> str:
    """Mean training loss by round: the global model as it arrives, and after local training."""
    with styled():
        figure, axes = _small()
        lines: tuple[tuple[_Line, _Reading], ...] = (
            (GLOBAL, lambda at: readings.loss(at, "before")),
            (PERSONAL, lambda at: readings.loss(at, "after")),
        )
        means = [mean for _, reading in lines for at in readings.rounds if (mean := reading(at))]
        low, high = min(mean.low for mean in means), max(mean.high for mean in means)
        room = 0.12 * (high - low) + 0.02
        _draw(axes, readings.rounds, lines, "{:.2f}".format, (low - room, high + room), INK)
        return inline(figure, "loss", "Mean training loss by round; its table is below")


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
        _draw(axes, readings.rounds, lines, _percent, limits)
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


def spread_panel(rounds: Sequence[RoundRecord], probe: str, label: str, name: str) -> str:
    """Histograms over clients by round: to the left before, to the right after local training."""
    with styled():
        figure = Figure(figsize=(3.1, 2.1))
        axes = figure.add_axes((0.115, 0.105, 0.87, 0.88))
        shown = [spread for record in rounds for spread in record.spreads if spread.probe == probe]
        most = max((max(spread.votes, default=0) for spread in shown), default=1) or 1
        there = [record.round for record in rounds if any(s.probe == probe for s in record.spreads)]
        for at in there:
            axes.axvline(at, color=RULE, linewidth=0.6)
        for moment, line, side in (("before", GLOBAL, -1.0), ("after", PERSONAL, 1.0)):
            bars = [
                ((index + 0.5) / len(spread.votes), side * 0.42 * votes / most, 0.82 / len(spread.votes), record.round)
                for record in rounds
                for spread in record.spreads
                if (spread.probe, spread.moment) == (probe, moment)
                for index, votes in enumerate(spread.votes)
                if votes
            ]
            if bars:
                middles, widths, heights, where = zip(*bars, strict=True)
                left = [at + side * 0.02 for at in where]
                axes.barh(middles, widths, heights, left, color=line.colour, linewidth=0)
        axes.set_ylim(-0.02, 1.1)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: _percent(share)))
        axes.annotate(
            f"longest bar: {most} {'client' if most == 1 else 'clients'}", (1, 1),
            xycoords="axes fraction", ha="right", va="center", color=MUTED, fontsize=6.5,
        )  # fmt: skip
        _round_axis(axes, there)
        return inline(figure, name, f"{label}: histogram over clients by round; its table is below")


def seconds_panel(rounds: Sequence[RoundRecord], phases: Sequence[str]) -> str:
    """Wall seconds by round, stacked by phase in the order of `phases`."""
    with styled():
        figure, axes = _wide()
        for record in rounds:
            below = 0.0
            for phase, colour in zip(phases, _colours(phases), strict=True):
                spent = record.seconds.get(phase, 0.0)
                axes.bar(
                    record.round, spent, 0.62, below, color=colour, edgecolor=PAPER, linewidth=0.6,
                )  # fmt: skip
                below += spent
            if below and len(rounds) <= MOST_MARKS:
                axes.annotate(
                    f"{below:.0f}", (record.round, below), (0, 2.5), textcoords="offset points",
                    ha="center", color=MUTED, fontsize=7,
                )  # fmt: skip
        axes.margins(y=0.12)
        _round_axis(axes, [record.round for record in rounds])
        return inline(figure, "seconds", "Seconds by phase and round; the table is below")


def bytes_panel(rounds: Sequence[RoundRecord]) -> str:
    """Megabytes by round: server to clients, and back."""
    with styled():
        figure, axes = _wide()
        for record in rounds:
            for side, size, colour in (
                (-0.17, record.bytes_down, BLUE),
                (0.17, record.bytes_up, ORANGE),
            ):
                axes.bar(record.round + side, size / 1e6, 0.3, color=colour, linewidth=0)
                if size and len(rounds) <= MOST_MARKS:
                    axes.annotate(
                        f"{size / 1e6:.1f}", (record.round + side, size / 1e6), (0, 2.5),
                        textcoords="offset points", ha="center", color=MUTED, fontsize=6,
                    )  # fmt: skip
        axes.margins(y=0.12)
        _round_axis(axes, [record.round for record in rounds])
        return inline(figure, "bytes", "Megabytes by round; the table is below")


def roles(phases: Sequence[str]) -> list[str]:
    """The page's name for the colour of each phase."""
    return [ROLES[colour] for colour in _colours(phases)]


def _colours(phases: Sequence[str]) -> list[str]:
    return [PHASE_COLOURS[min(index, len(PHASE_COLOURS) - 1)] for index in range(len(phases))]


def _small() -> tuple[Figure, Axes]:
    figure = Figure(figsize=PANEL)
    return figure, figure.add_axes((0.155, 0.125, 0.73, 0.84))


def _wide() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.8, 1.95))
    return figure, figure.add_axes((0.065, 0.115, 0.93, 0.85))


def _draw(
    axes: Axes,
    rounds: Sequence[int],
    lines: Sequence[tuple[_Line, _Reading]],
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
    _round_axis(axes, list(rounds))
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


def _round_axis(axes: Axes, rounds: Sequence[int]) -> None:
    if rounds:
        axes.set_xlim(min(rounds) - 0.5, max(rounds) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"
