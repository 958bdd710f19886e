"""From outcomes to rows: rates, differences, and what may be said of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.random import Generator

from tocsin.behaviour import ALL, Corrected, Interval, Outcome, Scored, summarise
from tocsin.behaviour.statistics import (
    bootstrap,
    clustered_difference,
    clustered_interval,
    holm,
    paired_bootstrap,
    paired_test,
)
from tocsin.probing.asking import Asked
from tocsin.probing.report import Change, Figure, Probed, Row, Word

LEVEL = 0.95


@dataclass(frozen=True)
class Measured:
    """The outcomes of one probe's items, in the order in which they were asked; `other` are the other model's.

    `stopped`: why it was enough, where that depended on the outcomes; `level` is then that of the differences.
    """

    asked: Asked
    outcomes: list[Outcome]
    other: list[Outcome] | None = None
    stopped: str | None = None
    level: float = LEVEL


def judge(measured: Sequence[Measured], seed: int) -> list[Probed]:
    """The rows of all probes. The p-values of all of them are one family (Holm)."""
    return _with_words([_probed(one, seed) for one in measured])


def _probed(measured: Measured, seed: int) -> Probed:
    probe = measured.asked.probe
    groups = summarise(measured.outcomes)
    rows = tuple(_row(measured, group, sums) for group, sums in groups.items())
    random = np.random.default_rng([seed, crc32(probe.name.encode())])
    return Probed(probe.name, probe.title, probe.kind, probe.source, rows, _figures(measured, random), measured.stopped)


def _row(measured: Measured, group: str, sums: tuple[int, float, float]) -> Row:
    places = [at for at, one in enumerate(measured.outcomes) if group in (ALL, one.group)]
    ours = [measured.outcomes[at] for at in places]
    values, clusters = [one.value for one in ours], [one.cluster for one in ours]
    probe = measured.asked.probe
    corrected = probe.corrected(sums[0], sums[1]) if isinstance(probe, Corrected) else None
    row = Row(group, *sums, _rate(measured, group, values, clusters), corrected)
    if measured.other is None:
        return row
    theirs = [measured.other[at].value for at in places]
    changes = [value - before for value, before in zip(values, theirs, strict=True)]
    return replace(
        row, other=_rate(measured, group, theirs, clusters), change=_change(measured, group, changes, clusters)
    )


def _rate(measured: Measured, group: str, values: Sequence[float], clusters: Sequence[str]) -> Interval:
    if measured.stopped is None:
        return clustered_interval(values, clusters)
    return _sequence(measured, group, values, LEVEL, 0.0)


def _change(measured: Measured, group: str, changes: Sequence[float], clusters: Sequence[str]) -> Change:
    if measured.stopped is None:
        return Change(clustered_difference(changes, clusters), paired_test(changes, clusters), None, None)
    # Only the difference over all items is in the family that the level was divided for.
    difference = _sequence(measured, group, changes, measured.level, -1.0)
    decided = difference.low > 0.0 or difference.high < 0.0
    return Change(difference, None, None, _word(difference, decided) if group == ALL else None)


def _sequence(measured: Measured, group: str, values: Sequence[float], level: float, low: float) -> Interval:
    """The interval that holds although when to stop depended on the outcomes."""
    sequence = measured.asked.sequence(level, low, None if group == ALL else group)
    sequence.add(values)
    return sequence.interval


def _figures(measured: Measured, random: Generator) -> dict[str, Figure]:
    probe, other = measured.asked.probe, measured.other
    if not isinstance(probe, Scored):
        return {}
    values = bootstrap(probe.scores, measured.outcomes, random)
    changes = paired_bootstrap(probe.scores, other, measured.outcomes, random) if other is not None else {}
    return {name: Figure(value, changes.get(name)) for name, value in values.items()}


def _with_words(probed: Sequence[Probed]) -> list[Probed]:
    tested = [row.change.p for one in probed for row in one.rows if row.change and row.change.p is not None]
    adjusted = iter(holm(tested))

    def worded(row: Row) -> Row:
        if row.change is None or row.change.p is None:
            return row
        p = next(adjusted)
        says = _word(row.change.difference, p <= 1.0 - LEVEL)
        return replace(row, change=replace(row.change, holm=p, says=says))

    return [replace(one, rows=tuple(map(worded, one.rows))) for one in probed]


def _word(difference: Interval, decided: bool) -> Word:
    if not decided:
        return "no difference shown"
    return "worse" if difference.estimate > 0.0 else "better"
