"""Scores of a detector: power, delay, false alarms, names."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv

from tocsin.alarm.modes import Mode
from tocsin.bench.detector import MODES, SILENT, UNNAMED


@dataclass(frozen=True)
class Played:
    """What a detector claimed of several runs. All are (runs,).

    first  the round of its first claim, 0: none
    named  what it said then, `SILENT` where nothing
    last   what it said after the last round
    """

    first: NDArray[np.int64]
    named: NDArray[np.int8]
    last: NDArray[np.int8]

    def of(self, runs: NDArray[np.bool_]) -> "Played":
        """Those of some runs, (runs,)."""
        return Played(self.first[runs], self.named[runs], self.last[runs])


@dataclass(frozen=True)
class Caught:
    """How a failure was found in several runs.

    power   share of runs with a first alarm in the round of the onset or later
    early   share with one before: false, and the run is lost
    delay   median over those caught, in rounds: 1 is an alarm in the first round of the failure; NaN for none
    named   share of those caught that were named right at the alarm; NaN for none
    settled the same after the last round
    """

    runs: int
    power: float
    early: float
    delay: float
    named: float
    settled: float


def caught(played: Played, onset: NDArray[np.int64], mode: Mode) -> Caught:
    """`onset` (runs,) is the first round of the failure, whose name is `mode`."""
    found = played.first >= onset
    right = MODES.index(mode)
    late = played.first[found] - onset[found] + 1
    nothing = float("nan")
    return Caught(
        len(onset),
        float(found.mean()),
        float(((played.first > 0) & ~found).mean()),
        float(np.median(late)) if len(late) else nothing,
        float((played.named[found] == right).mean()) if len(late) else nothing,
        float((played.last[found] == right).mean()) if len(late) else nothing,
    )


@dataclass(frozen=True)
class FalseAlarms:
    """Of healthy runs the share with any alarm, and the upper end of its 95% interval (Clopper and Pearson 1934)."""

    runs: int
    share: float
    upper: float


def false_alarms(played: Played) -> FalseAlarms:
    """Of runs in which nothing failed."""
    runs, rang = len(played.first), int((played.first > 0).sum())
    upper = 1.0 if rang == runs else float(betaincinv(rang + 1, runs - rang, 0.975))
    return FalseAlarms(runs, rang / runs, upper)


def confusion(played: Sequence[tuple[Mode, Played]]) -> NDArray[np.int64]:
    """(modes, modes + 2): runs of each mode (rows) by what was said after the last round; then unnamed; then silent."""
    table = np.zeros((len(MODES), len(MODES) + 2), dtype=np.int64)
    for mode, its in played:
        column = np.where(its.last == SILENT, UNNAMED + 1, its.last)
        table[MODES.index(mode)] += np.bincount(column, minlength=table.shape[1])
    return table
