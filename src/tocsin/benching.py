"""`tocsin bench`: SilentBench's tiers, its table, and `results/silentbench`."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table as Shown

from tocsin.alarm.modes import Mode
from tocsin.bench import (
    DETECTORS,
    MODES,
    QUICK,
    SCENARIOS,
    STRENGTHS,
    Case,
    Caught,
    FalseAlarms,
    Number,
    Played,
    Recording,
    Replayed,
    Result,
    Setting,
    Settings,
    Simulated,
    Source,
    Strength,
    cases,
    caught,
    confusion,
    false_alarms,
    read_recording,
    run,
    usual_table,
)
from tocsin.errors import TocsinError
from tocsin.evidence import provenance

NAME = "silentbench"
CLIENTS, EPSILON = 200, 2.0
"""Where the targets are set."""

OURS, ORACLE = "tocsin", "oracle"
_SLOW = "stereotyped-data"
_TARGETS = {"plain": 0.95, "subtle": 0.8}
_FEW: Mapping[str, float] = {"one-group-loses": 9, "stereotyped-data": 15, "refusal-lost-in-a-round": 8}
"""At 50 clients: broad effects at plain strength, and the delay that each may have."""


@dataclass(frozen=True)
class Report:
    """What was played, what it cost, and how many numbers behind it nobody measured."""

    result: Result
    numbers: tuple[Number, ...]
    processor_seconds: float


def bench_stream(quick: bool, recordings: Path | None, say: Callable[[str], None]) -> Report:
    """Run the stream tier. Scenarios with a recording in `recordings` (`*.npz`) are resampled from it, the others from
    the table of rates; and not at all where recordings ask other probes or groups than the table has.

    Raises TocsinError for recordings that cannot be read or do not ask the same cells.
    """
    began = time.process_time()
    table, found = usual_table(), _recorded(recordings)

    def source_of(name: str, strength: Strength) -> tuple[Source, bool]:
        its = found.get((name, strength))
        if its:
            return Replayed(its), True
        return Simulated(table, SCENARIOS.get(name)().script(table, strength)), False

    every = cases(source_of)
    if any(case.recorded and case.source.cells != table.cells for case in every):
        every = tuple(case for case in every if case.recorded)  # they ask what the table does not know
    result = run(QUICK if quick else Settings(), every, say)
    numbers = () if all(case.recorded for case in result.cases) else table.numbers
    return Report(result, numbers, time.process_time() - began)


def _recorded(folder: Path | None) -> dict[tuple[str, Strength], list[Recording]]:
    """By scenario and strength. All ask the same cells: where one does not ask what others do, it is unknown there."""
    found: dict[tuple[str, Strength], list[Recording]] = {}
    read: list[Recording] = []
    if folder is None:
        return found
    if not folder.is_dir():
        raise TocsinError(f"{folder} is no folder of recordings; name one with --recordings, or leave it out.")
    for path in sorted(folder.glob("*.npz")):
        recording = read_recording(path)
        SCENARIOS.get(recording.header.scenario)
        read.append(recording)
    cells = tuple(dict.fromkeys(cell for recording in read for cell in recording.cells))
    for recording in read:
        one = recording.asking(cells)
        found.setdefault((one.header.scenario, one.header.strength), []).append(one)
    return found


# --- scores ------------------------------------------------------------------------------------------------------


def _counted(result: Result) -> list[Case]:
    return [case for case in result.cases if case.mode is None and not case.beyond]


def _failing(result: Result) -> list[tuple[Case, Mode]]:
    return [(case, case.mode) for case in result.cases if case.mode is not None]


def _false(result: Result, setting: Setting) -> FalseAlarms:
    """Over all healthy scenarios that count."""
    its = result.played[setting]
    return false_alarms(_joined([its[case.name, case.strength] for case in _counted(result)]))


def _caught(result: Result, setting: Setting, wanted: list[tuple[Case, Mode]]) -> Caught:
    """Over several cases of one mode."""
    its = [result.played[setting][case.name, case.strength] for case, _ in wanted]
    return caught(_joined(its), np.tile(result.onset, len(its)), wanted[0][1])


def _joined(parts: list[Played]) -> Played:
    return Played(*(np.concatenate([getattr(one, name) for one in parts]) for name in ("first", "named", "last")))


def measures(report: Report) -> list[dict[str, Any]]:
    """Every figure, with its target where the benchmark has one, in the shape of all results."""
    result = report.result
    found: list[dict[str, Any]] = []

    def keep(what: str, value: float, unit: str, target: str | None = None, met: bool | None = None) -> None:
        told = None if np.isnan(value) else round(float(value), 4)
        found.append({"measure": what, "value": told, "unit": unit, "target": target, "met": met})

    ours, oracle = Setting(OURS, CLIENTS, EPSILON), Setting(ORACLE, CLIENTS, None)
    at = f"{CLIENTS} clients, epsilon {EPSILON:g}"
    if ours in result.played:
        for mode in Mode:
            for strength in STRENGTHS:
                its = [(c, m) for c, m in _failing(result) if m is mode and c.strength == strength]
                if not its:
                    continue
                got = _caught(result, ours, its)
                aim = _TARGETS[strength]
                keep(f"{at}: {mode}, {strength}: power", got.power, "share", f">= {aim:g}", got.power >= aim)
                right = got.settled >= 0.9
                keep(f"{at}: {mode}, {strength}: named right, last round", got.settled, "share", ">= 0.9", right)
        for case, mode in _failing(result):
            got, best = _caught(result, ours, [(case, mode)]), _caught(result, oracle, [(case, mode)])
            limit = 8 if case.name == _SLOW else 5
            aims = (f"<= {limit}", got.delay <= limit) if case.strength == "plain" else (None, None)
            keep(f"{at}: {case.name}, {case.strength}: median delay", got.delay, "rounds", *aims)
            keep(f"{at}: {case.name}, {case.strength}: ratio to the oracle's", got.delay / best.delay, "times")
        wrong = _false(result, ours)
        keep(f"{at}: familywise false alarms ({wrong.runs} runs)", wrong.share, "share", "<= 0.05", wrong.share <= 0.05)
        keep(f"{at}: the same, upper 95% limit", wrong.upper, "share", "<= 0.07", wrong.upper <= 0.07)
    few = Setting(OURS, 50, EPSILON)
    if few in result.played:
        for case, mode in _failing(result):
            got = _caught(result, few, [(case, mode)])
            what = f"50 clients, epsilon {EPSILON:g}: {case.name}, {case.strength}"
            if case.strength == "plain" and case.name in _FEW:
                keep(f"{what}: power", got.power, "share", ">= 0.95", got.power >= 0.95)
                most = _FEW[case.name]
                keep(f"{what}: median delay", got.delay, "rounds", f"<= {most:g}", got.delay <= most)
            if case.strength == "subtle" and case.name == "few-lose-refusal":
                keep(f"{what}: power", got.power, "share", ">= 0.5", got.power >= 0.5)
    for setting in result.played:
        what = _words(setting)
        keep(f"{what}: false alarms in a healthy run", _false(result, setting).share, "share")
        for strength in STRENGTHS:
            powers = [_caught(result, setting, [(c, m)]).power for c, m in _failing(result) if c.strength == strength]
            if powers:
                keep(f"{what}: mean power, {strength}", float(np.mean(powers)), "share")
    keep("processor time", report.processor_seconds, "s", "<= 600 on two cores", report.processor_seconds <= 1200)
    return found


def _words(setting: Setting) -> str:
    private = DETECTORS.get(setting.detector).private
    epsilon = f", epsilon {setting.epsilon:g}" if setting.epsilon else ", epsilon none" if private else ""
    return f"{DETECTORS.get(setting.detector).name}, {setting.clients} clients{epsilon}"


# --- what is shown -----------------------------------------------------------------------------------------------

_SHORT = slice(1, 9)  # of the columns of `scenario_rows`

_Rows = tuple[list[str], list[list[str]]]


def scenario_rows(result: Result) -> _Rows:
    """Head and rows: each failure, ours against the oracle and the best of what others see, at the targets' setting."""
    ours, oracle = Setting(OURS, CLIENTS, EPSILON), Setting(ORACLE, CLIENTS, None)
    head = ["mode", "scenario", "strength", "power", "delay", "oracle's", "ratio", "named at alarm", "named at the end"]
    head += ["mean loss", "mean accuracy", "loss moves", "accuracy moves", "behaviour moves"]
    rows = []
    for case, mode in sorted(_failing(result), key=lambda one: (MODES.index(one[1]), one[0].name)):
        got, best = _caught(result, ours, [(case, mode)]), _caught(result, oracle, [(case, mode)])
        silence = result.silence[case.name, case.strength]
        rivals = [
            _caught(result, Setting(name, CLIENTS, None), [(case, mode)]) for name in ("mean-loss", "mean-accuracy")
        ]
        row = [str(mode), case.name, case.strength, f"{got.power:.2f}", _number(got.delay), _number(best.delay)]
        row += [_number(got.delay / best.delay), _share(got.named), _share(got.settled)]
        row += [f"{rival.power:.2f}" for rival in rivals]
        row += [f"{silence.loss:+.3f}", f"{silence.accuracy:+.3f}", f"{silence.behaviour:+.2f}"]
        rows.append(row)
    return head, rows


def detector_rows(result: Result) -> _Rows:
    """Head and rows: each detector at each number of clients and epsilon."""
    head = ["detector", "clients", "epsilon", "power, plain", "delay", "power, subtle", "delay", "named at the end"]
    head += ["false alarms", "upper limit"]
    rows = []
    for setting in result.played:
        row = [DETECTORS.get(setting.detector).name, str(setting.clients), _epsilon(setting)]
        settled = []
        for strength in STRENGTHS:
            each = [_caught(result, setting, [one]) for one in _failing(result) if one[0].strength == strength]
            delays = [got.delay for got in each if not np.isnan(got.delay)]
            row += [
                f"{np.mean([got.power for got in each]):.2f}",
                _number(float(np.median(delays)) if delays else np.nan),
            ]
            settled += [got.settled * got.power for got in each if got.power]
        wrong = _false(result, setting)
        row += [_share(float(np.mean(settled)) if settled else np.nan), f"{wrong.share:.3f}", f"{wrong.upper:.3f}"]
        rows.append(row)
    return head, rows


def healthy_rows(result: Result) -> _Rows:
    """Head and rows: false alarms of each detector in each healthy scenario, at the targets' clients and epsilon."""
    healthy = [case for case in result.cases if case.mode is None]
    healthy.sort(key=lambda case: (case.beyond, case.name))
    head = ["detector", *(case.name + (" (beyond)" if case.beyond else "") for case in healthy)]
    rows = []
    for setting, its in result.played.items():
        if setting.clients == CLIENTS and setting.epsilon in (EPSILON, None):
            private = DETECTORS.get(setting.detector).private
            if not private or setting.epsilon is not None:
                shares = [false_alarms(its[case.name, case.strength]).share for case in healthy]
                rows.append([DETECTORS.get(setting.detector).name, *(f"{share:.3f}" for share in shares)])
    return head, rows


def confusion_rows(result: Result) -> _Rows:
    """Head and rows: what ours said after the last round, by what it was, at the targets' setting."""
    its = result.played[Setting(OURS, CLIENTS, EPSILON)]
    table = confusion([(mode, its[case.name, case.strength]) for case, mode in _failing(result)])
    head = ["it was", *(str(mode) for mode in MODES), "no name", "silent"]
    return head, [[str(mode), *(str(n) for n in row)] for mode, row in zip(MODES, table.tolist(), strict=True)]


def _epsilon(setting: Setting) -> str:
    if setting.epsilon is not None:
        return f"{setting.epsilon:g}"
    return "none" if DETECTORS.get(setting.detector).private else "not private"


def _number(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.1f}".removesuffix(".0")


def _share(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.2f}"


def tables(report: Report) -> Iterator[Shown]:
    """What the command prints: every detector, and each failure in short. The files have the rest."""
    result = report.result
    yield _shown("detectors", *detector_rows(result))
    if Setting(OURS, CLIENTS, EPSILON) in result.played:
        head, rows = scenario_rows(result)
        title = f"failures, {CLIENTS} clients, epsilon {EPSILON:g}"
        yield _shown(title, head[_SHORT], [row[_SHORT] for row in rows])


def _shown(title: str, head: list[str], rows: list[list[str]]) -> Shown:
    shown = Shown(*head, title=title, box=None)
    for row in rows:
        shown.add_row(*row)
    return shown


def sources_line(report: Report) -> str:
    """Where outcomes come from, and how much of it is assumed."""
    recorded = sum(case.recorded for case in report.result.cases)
    assumed = sum(not one.measured for one in report.numbers)
    return (
        f"{recorded} of {len(report.result.cases)} cases are resampled from recordings, the others from a table of "
        f"{len(report.numbers)} numbers, of which {assumed} are assumed and {len(report.numbers) - assumed} measured."
    )


def as_json(report: Report) -> dict[str, Any]:
    """Name, measures and sources, as all results have them."""
    return {
        "name": NAME,
        "measures": measures(report),
        "sources": sources_line(report),
        "assumed": [one.name for one in report.numbers if not one.measured],
        "not run": dict(report.result.missing),
    }


def write_results(report: Report, folder: Path) -> Path:
    """Write `silentbench.md` and `silentbench.json` in `folder`, each whole or not at all; returns the first."""
    made = {f"{NAME}.md": _page(report), f"{NAME}.json": json.dumps(as_json(report), indent=1) + "\n"}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in made.items():
            draft = folder / f".{name}"
            draft.write_text(text, encoding="utf-8")
            draft.replace(folder / name)
    except OSError as error:
        raise TocsinError(f"{folder} cannot be written ({error.strerror}); choose another place with --out.") from None
    return folder / f"{NAME}.md"


def _page(report: Report) -> str:
    result, made = report.result, provenance()
    settings = result.settings
    told = measures(report)
    machine = f"{made.machine['cores']} cores, {made.machine['cpu']}"
    lines = [
        "# SilentBench, stream tier",
        "",
        "**Asked:** which detector finds the six silent failures, how late, with how many false alarms, and which name "
        "does it give them?",
        "",
        f"**Where outcomes come from:** {sources_line(report)} What is assumed is listed at the end: until a recording "
        "takes its place, a figure here is a simulation.",
        "",
        "- Command: `tocsin bench --tier stream`",
        f"- Commit: {made.commit or 'unknown'}",
        f"- Seed: {settings.seed}",
        f"- {settings.rounds} rounds, onset in round {settings.onsets[0]} to {settings.onsets[-1]}, level "
        f"{settings.level:g} for the run, tolerance {settings.tolerance:g}; {len(result.onset)} runs of each failure",
        f"- Versions: tocsin {made.tocsin}; {'; '.join(f'{k} {v}' for k, v in made.packages.items())}",
        f"- Machine: {machine}; {report.processor_seconds:.0f} s of one core",
        "",
        "| measure | value | unit | target | met |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {m['measure']} | {'-' if m['value'] is None else format(m['value'], 'g')} | {m['unit']} | {m['target']} | "
        f"{'yes' if m['met'] else '**no**'} |"
        for m in told
        if m["target"]
    ]
    lines += ["", f"## Failures: {CLIENTS} clients, one total epsilon of {EPSILON:g}", ""]
    lines += _markdown(scenario_rows(result))
    lines += [
        "",
        "Delays are medians in rounds, 1 being an alarm in the first round of the failure, over runs that were caught. "
        'Mean loss and mean accuracy: their power at a threshold that rings in 5% of steady runs. "Moves" are changes '
        "from before the onset to the last five rounds against healthy runs, in nats a token and in shares; of "
        "behaviour the largest of any probe and group.",
        "",
        "## What was said after the last round, runs",
        "",
        *_markdown(confusion_rows(result)),
        "",
        "## Every detector",
        "",
        *_markdown(detector_rows(result)),
        "",
        f"False alarms are over {_false(result, next(iter(result.played))).runs} healthy runs, hard negatives and all, "
        "with the upper 95% limit. With 1,000 clients runs share clients, so that the limit is too low there.",
        "",
        f"## Healthy runs with an alarm: {CLIENTS} clients, epsilon {EPSILON:g} for the private ones",
        "",
        *_markdown(healthy_rows(result)),
        "",
        "(beyond): on average healthy, but not for each client, so that no test by client could hold its level; it is "
        "not counted above.",
        "",
        "## What each detector sees",
        "",
        *(f"- {DETECTORS.get(name).name}: {DETECTORS.get(name).sees}" for name in DETECTORS),
        *(f"- {DETECTORS.get(name).name} was not run: {why}" for name, why in result.missing.items()),
        "",
        "## Scenarios",
        "",
        *(f"- {case.name}, {case.strength}: {case.summary}" for case in result.cases if case.strength == "plain"),
        "",
        "## Assumed numbers",
        "",
        *(f"- {one.name} = {one.value:g}: {one.note}" for one in report.numbers if not one.measured),
    ]
    return "\n".join(lines) + "\n"


def _markdown(what: _Rows) -> list[str]:
    head, rows = what
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows)]
