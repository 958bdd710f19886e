"""Readings made up from mean paths: what an honest run would release, with a valid e-process on each."""

from collections.abc import Callable, Iterable

import numpy as np

from tocsin.alarm.modes import Mode
from tocsin.alarm.reading import Reading
from tocsin.alarm.streams import ALL, Channel, Moment, Stream, Subject

ROUNDS = 30
STREAMS = 30
LEVEL = 0.05
TOLERANCE = 0.03
_BETS = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0])

Path = Callable[[int], float]


def stream(
    mode: Mode,
    probe: str = "p",
    group: str = ALL,
    moment: Moment = "personalised",
    subject: Subject = "safety",
    channel: Channel = "counts",
    cohort: str = ALL,
) -> Stream:
    return Stream(mode, probe, group, cohort, moment, subject, channel)


def watch(of: Stream, path: Path, random: np.random.Generator, sd: float = 0.03, until: int = ROUNDS) -> list[Reading]:
    """Values around `path` with normal noise; the e-process of a mean at most TOLERANCE (none for trips: at most 0)."""
    null = 0.0 if of.channel == "trips" else TOLERANCE
    bets = _BETS * (0.02 if of.channel == "trips" else 1.0)
    log_wealth = np.full(len(bets), -np.inf)
    found = []
    for at in range(1, until + 1):
        value = path(at) + float(random.normal(0.0, sd))
        gained = bets * (value - null) - (bets * sd) ** 2 / 2.0
        log_wealth = np.logaddexp(log_wealth, -np.log(ROUNDS)) + gained
        unspent = np.log(1.0 - at / ROUNDS) if at < ROUNDS else -np.inf
        log_e = float(np.logaddexp(np.logaddexp.reduce(log_wealth) - np.log(len(bets)), unspent))
        found.append(Reading(of, at, value, sd, 200, log_e, STREAMS / LEVEL, ledger_rows=(at,)))
    return found


def unknown(of: Stream, at: int, why: str = "4 clients, and nothing is shown of fewer than 5") -> Reading:
    return Reading(of, at, None, 0.0, 4, None, STREAMS / LEVEL, why=why)


def flat(_: int) -> float:
    return 0.005


def jump(onset: int, size: float) -> Path:
    return lambda at: size if at >= onset else 0.0


def climb(onset: int, step: float, most: float) -> Path:
    return lambda at: min(most, step * max(0, at - onset + 1))


def together(*some: Iterable[Reading]) -> list[Reading]:
    return [one for readings in some for one in readings]
