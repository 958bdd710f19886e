"""E-processes of the alarm's streams, against the threshold at which they ring."""

from collections.abc import Sequence
from math import log, log10

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from tocsin.evidence.pictures.frame import HALF, MOST_MARKS, round_axis, unknown_span
from tocsin.evidence.svg import BLUE, GREEN, INK, MUTED, ORANGE, PURPLE, RULE, SKY, VERMILLION, inline, styled
from tocsin.evidence.trip_paths import TripPath

MOST_NAMED = 4
"""Streams of a panel that have a colour and their name beside it: those with the most evidence."""

_RANG = ((VERMILLION, "-", "o"), (ORANGE, "--", "s"), (PURPLE, "-.", "^"), (INK, ":", "D"))
_QUIET = ((BLUE, "-", "o"), (GREEN, "--", "s"), (SKY, "-.", "^"), (MUTED, ":", "D"))
_LEAST, _ABOVE = -1.5, 1.45  # log10 of the lowest e-value drawn; the highest, in multiples of the threshold's log10
_LABEL = 9.5  # points between two names


def trip_panel(paths: Sequence[TripPath], last: int, label: str, name: str) -> str:
    """The streams of one mode: the e-value after each release up to round `last`, on a logarithmic scale.

    The dashed line is the threshold, a ring the alarm. A gap is a release of which nothing is known; where that is so
    of all streams the round is hatched.
    """
    with styled():
        figure = Figure(figsize=(HALF, 2.05))
        axes = figure.add_axes((0.085, 0.1, 0.575, 0.86))
        bar = log10(paths[0].threshold)
        top = bar * _ABOVE
        axes.set_ylim(_LEAST - 0.1, top + 0.1)
        round_axis(axes, (1, last))
        ranked = sorted(paths, key=lambda path: (path.rang is None, path.rang or 0, -path.highest))
        ends = []
        rang = sum(path.rang is not None for path in ranked)
        for index, path in reversed(list(enumerate(ranked))):
            named = index < MOST_NAMED
            colour, dashes, marker = (*_RANG[:rang], *_QUIET)[index] if named else (RULE, "-", "")
            at = [round for round, _ in path.told]
            y = [_height(one.log_e, top) for _, one in path.told]
            axes.plot(
                at, y, dashes, color=colour, linewidth=1.3 if named else 0.8,
                marker=marker, markersize=3.0 if last <= MOST_MARKS else 1.6,
                zorder=3 if named else 1.5, clip_on=False,
            )  # fmt: skip
            if path.rang is not None:
                where = _height(dict(path.told)[path.rang].log_e, top)
                axes.plot([path.rang], [where], "o", markersize=8.5, markerfacecolor="none", markeredgecolor=INK,
                          markeredgewidth=1.1, zorder=5, clip_on=False)  # fmt: skip
            known = [value for value in y if value == value]
            if named:
                ends.append((known[-1] if known else _LEAST, path, colour))
        axes.axhline(bar, color=INK, linewidth=0.9, linestyle=(0, (4, 2.5)), zorder=2)
        axes.annotate(
            f"rings at {paths[0].threshold:,.0f}", (1, bar), (-2, 2.5), xycoords=("axes fraction", "data"),
            textcoords="offset points", ha="right", color=INK, fontsize=7,
        )  # fmt: skip
        for when in sorted({round for path in paths for round, _ in path.told}):
            if all(one.log_e is None for path in paths for round, one in path.told if round == when):
                unknown_span(axes, when - 0.5, when + 0.5)
                axes.annotate("unknown", (when, _LEAST), (0, 4), textcoords="offset points", rotation=90, ha="center",
                              va="bottom", color=MUTED, fontsize=6.5)  # fmt: skip
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.yaxis.set_major_formatter(FuncFormatter(_power))
        _names(axes, ends, len(paths) - len(ends), top)
        return inline(figure, name, f"{label}: e-values of its streams by round; their table is below")


def _height(log_e: float | None, top: float) -> float:
    """log10 of the e-value within the picture; NaN, which leaves a gap, where it is unknown."""
    return float("nan") if log_e is None else min(top, max(_LEAST, log_e / log(10.0)))


def _power(value: float, _: object) -> str:
    return f"{10.0**value:g}" if -3 <= value <= 4 else f"1e{value:.0f}"


def _names(axes: Axes, ends: list[tuple[float, TripPath, str]], others: int, top: float) -> None:
    """Names at the right, from the highest end downwards, far enough apart to be read."""
    height = axes.get_position().height * 2.05 * 72.0
    ends.sort(key=lambda end: -end[0])
    places: list[float] = []
    for value, _, _ in ends:
        wanted = (value - _LEAST + 0.1) / (top - _LEAST + 0.2) * height
        places.append(min([wanted, *(place - _LABEL for place in places[-1:])]))
    for index in range(len(places) - 1, -1, -1):  # those that were pushed below the picture push the others up
        places[index] = max(places[index], (len(places) - 1 - index + (others > 0)) * _LABEL)
    for place, (_, path, colour) in zip(places, ends, strict=True):
        alarm = f", alarm in {path.rang}" if path.rang is not None else ""
        # Orange and sky are too pale for letters: a spot has the colour, and words are ink.
        for text, right, ink, size in (("●", 6.0, colour, 5.0), (f"{path.name}{alarm}", 13.0, INK, 7.0)):
            axes.annotate(
                text, (1, 0), (right, place), xycoords="axes fraction", textcoords="offset points",
                va="center", color=ink, fontsize=size, fontweight="bold" if alarm else "normal", annotation_clip=False,
            )  # fmt: skip
    if others:
        axes.annotate(
            f"grey: {others} more", (1, 0), (13, 0), xycoords="axes fraction",
            textcoords="offset points", va="center", color=MUTED, fontsize=7, annotation_clip=False,
        )  # fmt: skip
