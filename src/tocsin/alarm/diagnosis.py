"""From readings to one of the six modes: since when, where, how bad, how sure, and resting on which ledger rows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from tocsin.alarm.attribution import Contest, contests, strongest
from tocsin.alarm.modes import ABOUT, Layer, Mode, suspects
from tocsin.alarm.onset import Onset, estimate_onset
from tocsin.alarm.reading import Reading
from tocsin.alarm.streams import Channel, Stream
from tocsin.alarm.track import Track, tracks
from tocsin.records import Record

Verdict = Literal["failing", "unknown", "none"]
"""`none`: no alarm, by streams that are all known. `unknown` is no alarm either, and not the same."""

Unit = Literal["share of items", "share of clients", "clients"]

_UNITS: dict[Channel, Unit] = {
    "server": "share of items",
    "counts": "share of items",
    "histogram": "share of clients",
    "trips": "clients",
}


class State(Record):
    """What is said of one mode. `why` has the reasons where it is unknown, also beside an alarm."""

    mode: Mode
    verdict: Verdict
    why: tuple[str, ...] = ()


class Failing(Record):
    """A mode of which one or more streams rang.

    rang                  the round of the first alarm
    onset                 the round it began, with a 95% interval (`onset_low` to `onset_high`, both included)
    groups, cohorts       those of the streams that rang
    effect                how much worse now, median with a 95% interval, in `unit`
    false_alarm           at most this chance that no stream of the run should have rung so strongly (familywise)
    confidence            that it is a mode of its own: (1 - false_alarm) times the least sure of the comparisons with
                          other modes that the same streams could mean (one half where one could not be made)
    follows               the mode that explains it, if another does
    because               those comparisons, in words
    ledger_rows           what it rests on
    """

    mode: Mode
    layer: Layer
    rang: int
    onset: int
    onset_low: int
    onset_high: int
    probes: tuple[str, ...]
    groups: tuple[str, ...]
    cohorts: tuple[str, ...]
    effect: float
    effect_low: float
    effect_high: float
    unit: Unit
    false_alarm: float
    confidence: float
    follows: Mode | None
    because: tuple[str, ...]
    ledger_rows: tuple[int, ...]

    def sentence(self) -> str:
        """`Alignment Erosion since round 9 (7 to 10), alarm in round 12: +21% (+15% to +28%) of items, ...`."""
        if self.unit == "clients":
            size = f"{self.effect:.0f} clients ({self.effect_low:.0f} to {self.effect_high:.0f})"
        else:
            low, high = f"{self.effect_low:+.0%}", f"{self.effect_high:+.0%}"
            size = f"{self.effect:+.0%} ({low} to {high}) of {self.unit.removeprefix('share of ')}"
        follows = f", follows {self.follows}" if self.follows else ""
        return (
            f"{self.mode} since round {self.onset} ({self.onset_low} to {self.onset_high}), "
            f"alarm in round {self.rang}: {size}, groups {', '.join(self.groups)}, cohorts {', '.join(self.cohorts)}, "
            f"confidence {self.confidence:.2f}{follows}"
        )


class Diagnosis(Record):
    """What the readings of rounds up to `round` say.

    `failing` is ranked: modes that lead before those that follow, then by evidence, that of followers included (what
    persists gathers evidence for ever, and what caused it in one round does not). As rounds come in the name may
    change; `confidence` says how settled it is. `suspects` is the order in which to look at the other modes, along the
    paper's influence graph; no evidence, and empty without an alarm. `states`
    has all six modes.
    """

    round: int
    failing: tuple[Failing, ...]
    states: tuple[State, ...]
    suspects: tuple[Mode, ...]

    @property
    def verdict(self) -> Verdict:
        """`failing` if any mode is, else `unknown` if any mode is, else `none`."""
        verdicts = {state.verdict for state in self.states}
        return "failing" if "failing" in verdicts else "unknown" if "unknown" in verdicts else "none"


def diagnose(readings: Iterable[Reading], level: float, tolerance: float) -> Diagnosis:
    """The diagnosis after the last round in `readings`, which may come in any order.

    `level` is the study's familywise false-alarm level, which the readings' thresholds hold; `tolerance` the change
    that it calls healthy, in shares. No mode is failing without a stream of its own that rang. A mode is `none` only
    where it has streams and each of them is known in the last round. See `attribution` for how modes are told apart.
    Raises TocsinError for two readings of one stream in one round.
    """
    every = tracks(readings)
    now = max((track.readings[-1].round for track in every), default=0)
    rang = [one for one in every if one.rang is not None]
    ringing = {mode: its for mode in Mode if (its := [one for one in rang if one.stream.mode is mode])}
    onsets = {one.stream: _onset(one, one.rang, level, tolerance) for one in rang if one.rang is not None}
    asked = contests(every, ringing, onsets)
    follows = _follows(ringing, asked)
    evidence = {mode: strongest(its).excess for mode, its in ringing.items()}
    explained = {mode: max(evidence[one] for one in ringing if _leads(mode, one, follows)) for mode in ringing}
    ranked = sorted(ringing, key=lambda mode: (mode in follows, -explained[mode], mode))
    return Diagnosis(
        round=now,
        failing=tuple(_failing(mode, ringing[mode], onsets, asked, follows.get(mode), level) for mode in ranked),
        states=tuple(_state(mode, every, mode in ringing, now) for mode in Mode),
        suspects=suspects(ranked),
    )


def _onset(track: Track, rang: int, level: float, tolerance: float) -> Onset:
    trips = track.stream.channel == "trips"
    known = track.known
    # Of n clients' sentinels, each at `level` for the run, so many trip a round with nothing wrong.
    drift = level * max(one.clients for one in known) / len(known) if trips else tolerance
    return estimate_onset(
        [one.round for one in known],
        [one.value for one in known if one.value is not None],
        [one.sd for one in known],
        rang,
        drift,
        "trips" if trips else "level",
    )


def _follows(ringing: Mapping[Mode, Sequence[Track]], asked: Sequence[Contest]) -> dict[Mode, Mode]:
    """Who follows whom: the surest comparisons first, none that would close a circle (ranked pairs, Tideman 1987)."""
    follows: dict[Mode, Mode] = {}
    pairs = [(one, one.rival) for one in asked if one.rival is not None]
    for one, rival in sorted(pairs, key=lambda pair: (-abs(pair[0].probability - 0.5), pair[0].mode, pair[1])):
        leader, other = (one.mode, rival) if one.probability >= 0.5 else (rival, one.mode)
        if not _leads(other, leader, follows):
            follows.setdefault(other, leader)
    return follows


def _leads(mode: Mode, other: Mode | None, follows: Mapping[Mode, Mode]) -> bool:
    """Whether `other` is `mode`, or follows it, or follows one that does."""
    while other is not None and other is not mode:
        other = follows.get(other)
    return other is mode


def _failing(
    mode: Mode,
    its: Sequence[Track],
    onsets: Mapping[Stream, Onset],
    asked: Sequence[Contest],
    follows: Mode | None,
    level: float,
) -> Failing:
    # Trips tell when sentinels had seen enough; what was measured tells when it began, and how much.
    measured = [one for one in its if one.stream.channel != "trips"] or its
    rang = min(one.rang for one in its if one.rang is not None)
    first = strongest([one for one in measured if one.rang == min(it.rang or 0 for it in measured)])
    best = strongest(measured)
    onset, effect = onsets[first.stream], onsets[best.stream]
    mine = [one.probability for one in asked if one.mode is mode]
    mine += [1.0 - one.probability for one in asked if one.rival is mode]
    # Ville and Bonferroni: over the run some stream passes K/p with probability p at most.
    false_alarm = level * math.exp(-strongest(its).excess)
    return Failing(
        mode=mode,
        layer=ABOUT[mode].layer,
        rang=rang,
        onset=min(onset.round, rang),
        onset_low=min(onset.low, rang),
        onset_high=min(onset.high, rang),
        probes=_names(one.stream.probe for one in its),
        groups=_names(one.stream.group for one in its),
        cohorts=_names(one.stream.cohort for one in its),
        effect=effect.effect,
        effect_low=effect.effect_low,
        effect_high=effect.effect_high,
        unit=_UNITS[best.stream.channel],
        false_alarm=false_alarm,
        confidence=(1.0 - false_alarm) * min(mine, default=1.0),
        follows=follows,
        because=tuple(one.because for one in asked if mode in (one.mode, one.rival)),
        ledger_rows=tuple(sorted({row for one in its for reading in one.known for row in reading.ledger_rows})),
    )


def _state(mode: Mode, every: Sequence[Track], failing: bool, now: int) -> State:
    its = [one for one in every if one.stream.mode is mode]
    why = tuple(f"{one.stream}: {reason}" for one in its if (reason := one.unknown(now)) is not None)
    if not its:
        why = ("no stream of the study watches it",)
    return State(mode=mode, verdict="failing" if failing else "unknown" if why else "none", why=why)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
