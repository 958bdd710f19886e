"""The measures of a run, indexed: means and changes with intervals, by cell or over all groups of a probe."""

from collections.abc import Sequence
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
from tocsin.records import LOSS_BOUND, TRAINING_LOSS, RoundRecord

By = Literal["server", "clients"]
Moment = Literal["before", "after"]
Part = tuple[float, float]


class Readings:
    """What was measured in each round. Where `group` is None the groups of a probe count together."""

    def __init__(self, rounds: Sequence[RoundRecord]) -> None:
        self.rounds = tuple(record.round for record in rounds)
        self._sums: dict[tuple[int, str, str, str, str], Sums] = {}
        groups: dict[str, dict[str, None]] = {}  # dicts for their order, which is the study's
        for record in rounds:
            for one in record.measures:
                groups.setdefault(one.probe, {})[one.group] = None
                if one.n > 0:
                    key = (record.round, one.probe, one.group, one.moment, one.by)
                    self._sums[key] = (one.n, one.total, one.squares)
        self.groups = {probe: tuple(names) for probe, names in groups.items()}
        self.probes = tuple(probe for probe in groups if probe != TRAINING_LOSS)

    def sums(self, round: int, probe: str, moment: str, by: By, group: str | None = None) -> Sums | None:
        """n, sum and sum of squares as measured, or None where nothing was."""
        groups = self.groups.get(probe, ()) if group is None else (group,)
        found = [self._sums[key] for one in groups if (key := (round, probe, one, moment, by)) in self._sums]
        if not found:
            return None
        n, total, squares = (sum(part) for part in zip(*found, strict=True))
        return int(n), float(total), _fitting(int(n), float(total), float(squares))

    def mean(self, round: int, probe: str, moment: Moment, by: By, group: str | None = None) -> Interval | None:
        """The mean outcome with its 95% interval."""
        sums = self.sums(round, probe, moment, by, group)
        return mean_interval(*sums) if sums else None

    def loss(self, round: int, moment: Moment) -> Interval | None:
        """The mean training loss with its 95% interval, in nats a token."""
        mean = self.mean(round, TRAINING_LOSS, moment, "clients")
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


def scaled(interval: Interval, by: float) -> Interval:
    """The same interval in another unit."""
    return Interval(interval.estimate * by, interval.low * by, interval.high * by, interval.n)


def _fitting(n: int, total: float, squares: float) -> float:
    """`squares` as some outcomes could have it: tallies round each square, so a sum can be off by a hair."""
    return min(total, max(squares, total**2 / n))
