"""What was spent, round by round: seconds and bytes."""

from collections.abc import Sequence

from tocsin.evidence.pictures.frame import MOST_MARKS, round_axis, wide
from tocsin.evidence.svg import (
    BLUE,
    GREEN,
    MUTED,
    ORANGE,
    PAPER,
    PURPLE,
    ROLES,
    SKY,
    VERMILLION,
    YELLOW,
    inline,
    styled,
)
from tocsin.records import RoundRecord

PHASE_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILLION, YELLOW, MUTED)
"""In order of first appearance; phases beyond the last share its colour."""


def seconds_panel(rounds: Sequence[RoundRecord], phases: Sequence[str]) -> str:
    """Wall seconds by round, stacked by phase in the order of `phases`."""
    with styled():
        figure, axes = wide()
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
        round_axis(axes, [record.round for record in rounds])
        return inline(figure, "seconds", "Seconds by phase and round; the table is below")


def bytes_panel(rounds: Sequence[RoundRecord]) -> str:
    """Megabytes by round: server to clients, and back."""
    with styled():
        figure, axes = wide()
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
        round_axis(axes, [record.round for record in rounds])
        return inline(figure, "bytes", "Megabytes by round; the table is below")


def roles(phases: Sequence[str]) -> list[str]:
    """The page's name for the colour of each phase."""
    return [ROLES[colour] for colour in _colours(phases)]


def _colours(phases: Sequence[str]) -> list[str]:
    return [PHASE_COLOURS[min(index, len(PHASE_COLOURS) - 1)] for index in range(len(phases))]
