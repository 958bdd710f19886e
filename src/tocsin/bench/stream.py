"""The stream tier: thousands of runs of up to a thousand clients, resampled from recordings or from the table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.alarm.laws import DiscreteLaplace
from tocsin.alarm.modes import Mode
from tocsin.alarm.trips import TripPlan
from tocsin.bench.bank import Bank, Sums, make_bank
from tocsin.bench.cells import STRENGTHS, Strength, Watch
from tocsin.bench.detector import DETECTORS, SILENT, Detector, Facts, Seen, rounds_of
from tocsin.bench.scenario import SCENARIOS
from tocsin.bench.scores import Played
from tocsin.bench.source import Source
from tocsin.errors import TocsinError

CALM = "steady"
"""The scenario of rehearsals, drawn again for them."""


@dataclass(frozen=True)
class Settings:
    """What is run. Times and sizes are of one scenario at one strength.

    onsets        first rounds of failure, one federation each, so that all phases of a release are met
    bank          clients of a federation's bank, at least the most clients of a run
    healthy       federations for each onset, of a healthy scenario that counts: more of them, as false alarms are rare
    runs          runs drawn from a federation's bank, of a failure
    healthy_runs  the same of a healthy scenario
    rehearsals    the same, of healthy runs that detectors may set thresholds by
    """

    clients: tuple[int, ...] = (10, 50, 200, 1000)
    epsilons: tuple[float | None, ...] = (0.5, 1.0, 2.0, 8.0, None)
    rounds: int = 30
    level: float = 0.05
    tolerance: float = 0.03
    onsets: tuple[int, ...] = (10, 11, 12, 13, 14)
    bank: int = 1200
    healthy: int = 6
    runs: int = 12
    healthy_runs: int = 6
    rehearsals: int = 60
    seed: int = 2026


QUICK = Settings(clients=(50, 200), epsilons=(2.0, None), bank=400, healthy=2, runs=5, healthy_runs=17, rehearsals=40)


@dataclass(frozen=True)
class Case:
    """One scenario at one strength, and where its outcomes come from. Healthy ones have the strength `plain`."""

    name: str
    mode: Mode | None
    beyond: bool
    strength: Strength
    summary: str
    source: Source
    recorded: bool


@dataclass(frozen=True)
class Setting:
    """One detector, so many clients, one epsilon (None: no privacy asked for, or none to be had)."""

    detector: str
    clients: int
    epsilon: float | None


@dataclass(frozen=True)
class Silence:
    """How little a failure shows: mean change from before the onset to the last five rounds, against healthy runs.

    loss      nats a token, of the mean training loss
    accuracy  share, of mean accuracy on clients' own data
    behaviour the largest change over cells of the mean outcome of personalised models
    """

    loss: float
    accuracy: float
    behaviour: float


@dataclass(frozen=True)
class Result:
    """Everything that was played, by setting and case. `onset` (runs of a failure,) is the same in all of them."""

    settings: Settings
    cases: tuple[Case, ...]
    played: Mapping[Setting, Mapping[tuple[str, Strength], Played]]
    onset: NDArray[np.int64]
    silence: Mapping[tuple[str, Strength], Silence]
    missing: Mapping[str, str]
    """Detectors that could not run, and why."""


def cases(source_of: Callable[[str, Strength], tuple[Source, bool]]) -> tuple[Case, ...]:
    """Every scenario at its strengths; `source_of` gives where outcomes come from, and whether that is a recording."""
    found = []
    for name in SCENARIOS:
        scenario = SCENARIOS.get(name)()
        for strength in STRENGTHS if scenario.mode else STRENGTHS[:1]:
            source, recorded = source_of(name, strength)
            found.append(Case(name, scenario.mode, scenario.beyond, strength, scenario.summary, source, recorded))
    return tuple(found)


def run(settings: Settings, every: Sequence[Case], say: Callable[[str], None]) -> Result:
    """Play every detector on every case. Raises TocsinError when cases do not ask the same cells."""
    calm = next((case for case in every if case.name == CALM), None)
    if calm is None:
        raise TocsinError(f'There is no recording of "{CALM}", which all others are compared with; record it as well.')
    for case in every:
        if case.source.cells != calm.source.cells:
            raise TocsinError(
                f'The recording of "{case.name}" asks other probes or groups than that of "{CALM}"; record both alike.'
            )
    watch = Watch.of(calm.source.cells)
    plans = {many: _false_trip(settings, many, len(watch.streams)) for many in settings.clients}
    sums: dict[int, list[Sums]] = {many: [] for many in settings.clients}
    rehearsals: dict[int, tuple[Seen, ...]] = {}
    silence: dict[tuple[str, Strength], Silence] = {}
    calm_look = np.zeros(3)
    for number, case in enumerate((calm, *sorted(every, key=lambda one: one.name != CALM))):
        say(f"{case.name}, {case.strength}")
        calmly = number == 0
        rng = np.random.default_rng([settings.seed, number])
        each = settings.rehearsals if calmly else settings.runs if case.mode else settings.healthy_runs
        drawn: dict[int, list[Sums]] = {many: [] for many in settings.clients}
        looks = []
        for bank in _banks(settings, case, number, tuple({1.0 / c for c in plans.values()})):
            looks.append(_look(watch, bank))
            for many in settings.clients:
                drawn[many].append(bank.draw(rng, each, many, 1.0 / plans[many]))
        for many in settings.clients:
            if calmly:
                rehearsals[many] = rounds_of(Sums.joined(drawn[many]))
            else:
                sums[many].append(Sums.joined(drawn[many]))
        shown = np.mean(looks, axis=0)
        calm_look = shown if calmly else calm_look
        silence[case.name, case.strength] = Silence(
            float(shown[0] - calm_look[0]), float(shown[1] - calm_look[1]), float(shown[2])
        )
    ordered = sorted(every, key=lambda one: one.name != CALM)
    played: dict[Setting, dict[tuple[str, Strength], Played]] = {}
    missing: dict[str, str] = {}
    for many in settings.clients:
        parts = sums.pop(many)
        together = Sums.joined(parts)
        seen = rounds_of(together)
        ends = np.cumsum([len(part.clients) for part in parts])
        for name in DETECTORS:
            detector = DETECTORS.get(name)()
            for at, epsilon in enumerate(settings.epsilons if detector.private else (None,)):
                if name in missing:
                    continue
                say(f"{detector.name}, {many} clients" + (f", epsilon {epsilon:g}" if epsilon else ""))
                rng = np.random.default_rng([settings.seed, many, at])
                facts = Facts(
                    watch,
                    many,
                    settings.rounds,
                    settings.level,
                    settings.tolerance,
                    epsilon,
                    plans[many],
                    len(together.clients),
                    rehearsals[many],
                    rng,
                )
                try:
                    got = play(detector, facts, seen)
                except TocsinError as error:
                    missing[name] = str(error)
                    continue
                split = (
                    got.of((np.arange(ends[-1]) < end) & (np.arange(ends[-1]) >= end - len(part.clients)))
                    for end, part in zip(ends, parts, strict=True)
                )
                played[Setting(name, many, epsilon)] = {
                    (case.name, case.strength): its for case, its in zip(ordered, split, strict=True)
                }
    onset = np.repeat(settings.onsets, settings.runs)
    return Result(settings, tuple(every), played, onset, silence, missing)


def play(detector: Detector, facts: Facts, rounds: Sequence[Seen]) -> Played:
    """One detector on runs side by side."""
    detector.configure(facts)
    first = np.zeros(facts.runs, dtype=np.int64)
    named = np.full(facts.runs, SILENT, dtype=np.int8)
    claims = named
    for at, seen in enumerate(rounds, start=1):
        claims = detector.observe(at, seen).copy()
        new = (claims != SILENT) & (first == 0)
        first[new], named[new] = at, claims[new]
    return Played(first, named, claims)


def _false_trip(settings: Settings, clients: int, streams: int) -> float:
    """What sentinels are told by the usual plan; it is the same for every noise."""
    return TripPlan.usual(clients, streams, settings.rounds, settings.level, DiscreteLaplace(1.0)).false_trip


def _banks(settings: Settings, case: Case, number: int, barriers: tuple[float, ...]) -> Iterator[Bank]:
    many = settings.healthy if case.mode is None and not case.beyond and number else 1
    for at, onset in enumerate(np.repeat(settings.onsets, many)):
        rng = np.random.default_rng([settings.seed, number, at])
        yield make_bank(rng, case.source, settings.bank, settings.rounds, int(onset), settings.tolerance, barriers)


def _look(watch: Watch, bank: Bank) -> tuple[float, float, float]:
    """What dashboards would show of all clients of the bank: changes as in `Silence`."""
    seen = rounds_of(bank.everyone())
    late, early = seen[-5:], seen[bank.onset - 6 : bank.onset - 1]
    means = np.mean([one.means[0] for one in late], axis=0) - np.mean([one.means[0] for one in early], axis=0)
    loss = np.mean([one.mean_loss[0] for one in late]) - np.mean([one.mean_loss[0] for one in early])
    error = np.mean([one.error(watch)[0] for one in late]) - np.mean([one.error(watch)[0] for one in early])
    return float(loss), -float(error), float(means[np.argmax(np.abs(means))])
