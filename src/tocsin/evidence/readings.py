"""The measures of a run, indexed: means and changes with intervals, by cell or over all groups of a probe."""

from collections.abc import Sequence
from math import erfc, hypot, sqrt
from typing import Literal

from tocsin.behaviour.statistics import (
    Interval,
    Sums,
    difference_interval,
    difference_of_means,
    mean_interval,
    paired_p,
    unpaired_p,
)
from tocsin.records import LOSS_BOUND, TRAINING_LOSS, VALIDATION_LOSS, RoundRecord

By = Literal["server", "clients"]
Moment = Literal["before", "after"]
Part = tuple[float, float]

EVERYONE = "all"
"""The cohort of all clients."""

Z = 1.959964
"""Half the width of a normal 95% interval, in standard deviations."""


class Readings:
    """What was measured in each round. Where `group` is None the groups of a probe count together."""

    def __init__(self, rounds: Sequence[RoundRecord]) -> None:
        self.rounds = tuple(record.round for record in rounds)
        self._sums: dict[tuple[int, str, str, str, str], Sums] = {}
        self._noise: dict[tuple[int, str, str, str, str], float] = {}  # standard deviation, where there is noise
        groups: dict[str, dict[str, None]] = {}  # dicts for their order, which is the study's
        for record in rounds:
            for one in record.measures:
                groups.setdefault(one.probe, {})[one.group] = None
                if one.n > 0 and one.cohort == EVERYONE:
                    key = (record.round, one.probe, one.group, one.moment, one.by)
                    self._sums[key] = (one.n, one.total, one.squares)
                    self._noise[key] = one.sd
        self.groups = {probe: tuple(names) for probe, names in groups.items()}
        self.probes = tuple(probe for probe in groups if probe not in (TRAINING_LOSS, VALIDATION_LOSS))
        # Where clients do not tell theirs, the server's is what a federation watches.
        told = TRAINING_LOSS in groups or VALIDATION_LOSS not in groups
        self.loss_of: tuple[str, By] = (TRAINING_LOSS, "clients") if told else (VALIDATION_LOSS, "server")

    @property
    def loss_heading(self) -> str:
        """What the loss is called."""
        return f"mean {self.loss_of[0].replace('-', ' ')}"

    def sums(self, round: int, probe: str, moment: str, by: By, group: str | None = None) -> Sums | None:
        """n, sum and sum of squares as measured, or None where nothing was. Sums that noise took out of [0, n] are
        brought back to where outcomes can be."""
        found = [self._sums[key] for key in self._keys(round, probe, moment, by, group)]
        if not found:
            return None
        n, total, squares = (sum(part) for part in zip(*found, strict=True))
        total = min(float(n), max(0.0, float(total)))
        return int(n), total, _fitting(int(n), total, float(squares))

    def noise(self, round: int, probe: str, moment: str, by: By, group: str | None = None) -> float:
        """Standard deviation of the noise in a mean, on top of what its items leave uncertain; 0 without noise.

        Number and sum both have it: that of their quotient m is sd sqrt(1 + m^2) / n to first order, and m <= 1.
        """
        keys = self._keys(round, probe, moment, by, group)
        sd = sqrt(sum(self._noise[key] ** 2 for key in keys))
        return sd * sqrt(2.0) / sum(self._sums[key][0] for key in keys) if sd else 0.0

    def _keys(
        self, round: int, probe: str, moment: str, by: By, group: str | None
    ) -> list[tuple[int, str, str, str, str]]:
        groups = self.groups.get(probe, ()) if group is None else (group,)
        return [key for one in groups if (key := (round, probe, one, moment, by)) in self._sums]

    def mean(self, round: int, probe: str, moment: Moment, by: By, group: str | None = None) -> Interval | None:
        """The mean outcome with its 95% interval."""
        sums = self.sums(round, probe, moment, by, group)
        return noised(mean_interval(*sums), self.noise(round, probe, moment, by, group), 0.0) if sums else None

    def loss(self, round: int, moment: Moment) -> Interval | None:
        """The mean training loss, else the mean validation loss, with its 95% interval, in nats a token."""
        probe, by = self.loss_of
        mean = self.mean(round, probe, moment, by)
        return scaled(mean, LOSS_BOUND) if mean else None

    def paired(self, round: int, probe: str, by: By, group: str | None) -> tuple[int, Part, Part] | None:
        """n and the (sum, sum of squares) of changes to the worse and to the better, over the same items."""
        worse, better = (self.sums(round, probe, part, by, group) for part in ("worse", "better"))
        if worse is None or better is None or worse[0] != better[0]:
            return None
        n, (up, up_squares), (down, down_squares) = worse[0], worse[1:], better[1:]
        least = (up + down) ** 2 / n
        if 0.0 < up_squares + down_squares < least:
            stretch = least / (up_squares + down_squares)
            up_squares, down_squares = min(up, up_squares * stretch), min(down, down_squares * stretch)
        return n, (up, up_squares), (down, down_squares)


def paired_change(n: int, worse: Part, better: Part) -> tuple[Interval, float]:
    """The mean change over the same items with its 95% interval, positive is worse, and its p-value."""
    return difference_interval(n, worse, better), paired_p(n, worse, better)


def unpaired_change(first: Sums, last: Sums) -> tuple[Interval, float]:
    """The change of the mean between two draws of items with its 95% interval, and its p-value."""
    return difference_of_means(last, first), unpaired_p(last, first)


def noised(interval: Interval, sd: float, least: float = -1.0) -> Interval:
    """The interval when what it is of has noise of that standard deviation, too; from `least` to 1."""
    if not sd:
        return interval
    at = interval.estimate
    below, above = (hypot(at - end, Z * sd) for end in (interval.low, interval.high))
    return Interval(at, max(least, at - below), min(1.0, at + above), interval.n)


def noised_p(p: float, change: Interval, sd: float) -> float:
    """The p-value of a change with noise in it, by the normal law: never below the `p` that it has without."""
    if not sd:
        return p
    error = hypot((change.high - change.low) / (2.0 * Z), sd)
    return max(p, erfc(abs(change.estimate) / error / sqrt(2.0)))


def scaled(interval: Interval, by: float) -> Interval:
    """The same interval in another unit."""
    return Interval(interval.estimate * by, interval.low * by, interval.high * by, interval.n)


def _fitting(n: int, total: float, squares: float) -> float:
    """`squares` as some outcomes could have it: tallies round each square, so a sum can be off by a hair."""
    return min(total, max(squares, total**2 / n))
