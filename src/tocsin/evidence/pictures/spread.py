"""How clients' own scores are spread, round by round."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from tocsin.evidence.pictures.frame import FULL, GLOBAL, HALF, HALF_ROUNDS, PERSONAL, percent, round_axis, unknown_span
from tocsin.evidence.readings import EVERYONE
from tocsin.evidence.svg import INK, MUTED, PAPER, RULE, inline, styled
from tocsin.records import RoundRecord, Spread

_REACH = 0.43
"""Of a round's width, for the longest bar."""
_CERTAIN = 2.0
"""Standard deviations of the noise above which a bar is drawn in full."""
_PALE = 0.28


def spread_panel(rounds: Sequence[RoundRecord], probe: str, label: str, name: str) -> str:
    """Histograms over clients by round: to the left before, to the right after local training, a tick at each median.

    With noise, bars within two standard deviations of it are pale, negative ones are not drawn, and nor are medians.
    Rounds in between of which nothing is known are hatched.
    """
    with styled():
        its = [
            (record.round, one)
            for record in rounds
            for one in record.spreads
            if one.probe == probe and one.cohort == EVERYONE
        ]
        most = max((max(one.votes, default=0.0) for _, one in its), default=0.0) or 1.0
        there = sorted({at for at, _ in its})
        width = HALF if len(there) <= HALF_ROUNDS else FULL
        figure = Figure(figsize=(width, 2.15))
        axes = figure.add_axes((0.36 / width, 0.1, 1.0 - 0.4 / width, 0.82))
        for at in range(min(there), max(there) + 1) if there else ():
            if at in there:
                axes.axvline(at, color=RULE, linewidth=0.6)
            else:
                unknown_span(axes, at - 0.5, at + 0.5)
                axes.annotate("unknown", (at, 0.5), rotation=90, ha="center", va="center", color=MUTED, fontsize=6.5)
        for line, side in ((GLOBAL, -1.0), (PERSONAL, 1.0)):
            moment = "before" if line is GLOBAL else "after"
            for at, one in its:
                if one.moment == moment:
                    _bars(axes, at, one, side, line.colour, most)
        axes.set_ylim(-0.02, 1.02)
        axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: percent(share)))
        noise = max((one.sd for _, one in its), default=0.0)
        said = f"longest bar: {most:.3g} {'client' if most == 1 else 'clients'}"
        said += f"; noise of sd {noise:.2g} in each" if noise else ""
        axes.annotate(
            said, (1, 1), (0, 4), xycoords="axes fraction", textcoords="offset points",
            ha="right", va="bottom", color=MUTED, fontsize=6.5,
        )  # fmt: skip
        round_axis(axes, there)
        return inline(figure, name, f"{label}: histogram over clients by round; its table is below")


def median(votes: Sequence[float]) -> float:
    """The median score of the clients behind these votes in equal bins of [0, 1], as evenly spread within each bin."""
    half, below = sum(votes) / 2.0, 0.0
    for index, count in enumerate(votes):
        if count and below + count >= half:
            return (index + (half - below) / count) / len(votes)
        below += count
    return 0.0


def _bars(axes: Axes, at: int, one: Spread, side: float, colour: str, most: float) -> None:
    bins = len(one.votes)
    for pale in (False, True):
        shown = [(i, v) for i, v in enumerate(one.votes) if v > 0 and (v <= _CERTAIN * one.sd) == pale]
        if shown:
            axes.barh(
                [(index + 0.5) / bins for index, _ in shown], [side * _REACH * votes / most for _, votes in shown],
                0.84 / bins, at + side * 0.015, color=colour, linewidth=0, alpha=_PALE if pale else None,
            )  # fmt: skip
    if not one.sd and any(one.votes):
        where = median(one.votes)
        ends = (at + side * 0.015, at + side * 0.3)
        axes.plot(ends, (where, where), color=PAPER, linewidth=3.2, solid_capstyle="butt", zorder=3)
        axes.plot(ends, (where, where), color=INK, linewidth=1.3, solid_capstyle="butt", zorder=4)
