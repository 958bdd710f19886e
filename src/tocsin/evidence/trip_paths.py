"""The e-process of each stream of trips, release by release."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from tocsin.records import RoundRecord, TripCount

MOMENTS = {
    "training": "within a round",
    "received": "as received",
    "personalised": "personalised",
}
"""Which models a stream compares, in words; see `tocsin.alarm.Stream`."""


@dataclass(frozen=True)
class TripPath:
    """One stream: what was told of it in each round with a release. It rings at `threshold`, and `rang` is when."""

    mode: str
    probe: str
    group: str
    cohort: str
    moment: str
    threshold: float
    told: tuple[tuple[int, TripCount], ...]
    rang: int | None

    @property
    def name(self) -> str:
        """`refusal, within a round`, with group and cohort where they say more."""
        more = [one for one in (self.group, self.cohort) if one != "all"]
        return ", ".join([self.probe, MOMENTS.get(self.moment, self.moment), *more])

    @property
    def highest(self) -> float:
        """The highest logarithm of its e-value so far, -inf where none is known."""
        return max((one.log_e for _, one in self.told if one.log_e is not None), default=float("-inf"))


def trip_paths(records: Sequence[RoundRecord]) -> tuple[TripPath, ...]:
    """All streams in the order in which they were told."""
    told: dict[tuple[str, ...], list[tuple[int, TripCount]]] = {}
    for record in records:
        for one in record.trips:
            key = (one.mode, one.probe, one.group, one.cohort, one.moment)
            told.setdefault(key, []).append((record.round, one))
    paths = []
    for (mode, probe, group, cohort, moment), its in told.items():
        rang = next((at for at, one in its if one.log_e is not None and one.log_e >= log(one.threshold)), None)
        paths.append(TripPath(mode, probe, group, cohort, moment, its[-1][1].threshold, tuple(its), rang))
    return tuple(paths)


def e_value(log_e: float) -> str:
    """`0.04`, `12`, `3.1e+08`."""
    return f"{exp(min(log_e, 700.0)):.2g}" if log_e < log(0.1) or log_e >= log(1e4) else f"{exp(log_e):.3g}"
