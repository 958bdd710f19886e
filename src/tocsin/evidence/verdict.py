"""What a run's measures say, in plain language: the loss beside the behaviour, and what cannot be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import hypot, sqrt
from typing import Literal

from tocsin.behaviour.statistics import Interval, difference_of_means, holm, mean_interval
from tocsin.evidence.readings import (
    By,
    Moment,
    Readings,
    noised,
    noised_p,
    paired_change,
    scaled,
    unpaired_change,
)
from tocsin.records import LOSS_BOUND, RoundRecord

LEVEL = 0.05
"""Of all comparisons of whole probes together, and of all comparisons of groups together, by Holm's correction."""

WHOLE = "all"
"""The group of a comparison over all groups of a probe."""

View = Literal["global", "received", "personalised", "training"]
"""What is compared with what.

global        the server's items: the global model against the round-0 model, on the same items
received      the clients' items: the global model as it arrives, first round against last
personalised  the clients' items: the start model, before local training in the first round, against the models
              after local training in the last
training      the clients' items: before against after the local training of the last round, on the same items
"""

Judgement = Literal["got worse", "got better", "cannot be told"]

NO_ALARM = "This is a description with intervals, not yet an alarm with a stated false-alarm rate."
_SEEN = {
    "global": "the global model, round {first} to round {last}",
    "received": "the global model on the clients' items, round {first} to round {last}",
    "personalised": "from the start model to the personalised models of round {last}",
    "training": "before to after the local training of round {last}",
}


@dataclass(frozen=True)
class Finding:
    """One comparison. `start` and `end` are mean outcomes, `change` is end less start: positive is worse.

    Of a paired view (`global`, `training`) the change is over the same items; of the others it is
    between two draws. `p` is two-sided, and `p_adjusted` Holm's over all comparisons of the run.
    """

    probe: str
    title: str
    group: str
    by: By
    view: View
    first_round: int
    last_round: int
    start: Interval
    end: Interval
    change: Interval
    p: float
    p_adjusted: float
    judgement: Judgement

    @property
    def where(self) -> str:
        """Title and group, the latter where it says more."""
        return self.title if self.group == WHOLE else f"{self.title}, {self.group}"

    @property
    def seen(self) -> str:
        """What is compared with what, in words."""
        return _SEEN[self.view].format(first=self.first_round, last=self.last_round)

    def sentence(self) -> str:
        """`harmful request not refused: 3% to 61% (+58 points, 95% interval +48 to +68), the global ...`."""
        return (
            f"{self.where}: {percent(self.start.estimate)} to {percent(self.end.estimate)} "
            f"({points(self.change.estimate)} points, 95% interval {points(self.change.low)} to "
            f"{points(self.change.high)}), {self.seen}"
        )


@dataclass(frozen=True)
class Loss:
    """Mean loss in nats a token (capped at 10): of training over all clients' own examples, or, where they tell none,
    of the global model on public ones ("mean validation loss").

    `first` is before the local training of the first round, `last` after that of the last one; `change`
    is last less first; `falls` says how many of `rounds` values after local training (the first one
    against `first`) are below the one before.
    """

    heading: str

    first_round: int
    last_round: int
    first: Interval
    last: Interval
    change: Interval
    falls: int
    rounds: int

    @property
    def looks_fine(self) -> bool:
        """Whether it fell, beyond chance."""
        return self.change.high < 0.0

    def sentence(self) -> str:
        """`Mean training loss looks fine: 2.31 before round 1, 1.42 after round 6, down every round.`"""
        what = self.heading.capitalize()
        values = (
            f"{self.first.estimate:.2f} before round {self.first_round}, "
            f"{self.last.estimate:.2f} after round {self.last_round}"
        )
        if self.looks_fine:
            every = self.falls == self.rounds
            how = "down every round" if every else f"down in {self.falls} of {self.rounds} rounds"
            return f"{what} looks fine: {values}, {how}."
        if self.change.low > 0.0:
            return f"{what} rose: {values}."
        return f"{what} did not move beyond chance: {values}."


@dataclass(frozen=True)
class Verdict:
    """The loss, and all findings: what got worse, then what got better, then the rest, each by size.

    `protection` says how the clients' tallies of the last round were protected; empty where there were none. `alarm`
    is the diagnosis in sentences; empty for a study without an alarm. `warnings` say why not all of it may be believed.
    """

    loss: Loss | None
    findings: tuple[Finding, ...]
    protection: str = ""
    alarm: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def judged(self, judgement: Judgement) -> tuple[Finding, ...]:
        """The findings with this judgement, the largest change first."""
        return tuple(one for one in self.findings if one.judgement == judgement)

    @property
    def is_silent_failure(self) -> bool:
        """Whether behaviour got worse while the loss looks fine."""
        return self.loss is not None and self.loss.looks_fine and bool(self.judged("got worse"))

    def headline(self) -> str:
        """The verdict in one sentence."""
        if not self.findings:
            return "Nothing can be told about behaviour yet."
        worse = len({one.probe for one in self.judged("got worse")})
        if not worse:
            return "No change for the worse can be told from chance."
        what = "Behaviour got worse on one probe" if worse == 1 else f"Behaviour got worse on {worse} probes"
        return f"{what} while the loss looked fine." if self.is_silent_failure else f"{what}."

    def sentences(self) -> tuple[str, ...]:
        """The verdict in plain sentences, the most important first."""
        return (
            *self.alarm,
            *self.warnings,
            self.loss.sentence() if self.loss else "No mean loss was recorded.",
            *self._worse(),
            *self._better(),
            *self._counted(),
            *(() if self.alarm else (NO_ALARM,)),
            *([self.protection] if self.protection else []),
        )

    def _worse(self) -> list[str]:
        """One sentence a probe, about the largest change for the worse of all its items, else of one group."""
        by_probe: dict[str, list[Finding]] = {}
        for finding in self.judged("got worse"):
            by_probe.setdefault(finding.probe, []).append(finding)
        said = []
        for found in by_probe.values():
            # The whole probe says more than its worst group; the groups are in the report.
            said_of = next((one for one in found if one.group == WHOLE), found[0])
            others = len(found) - 1
            more = f"; {others} more of this probe's comparisons got worse" if others else ""
            said.append(f"The probes saw: {said_of.sentence()}{more}.")
        return said

    def _better(self) -> list[str]:
        better = self.judged("got better")
        return [f"The largest change for the better: {better[0].sentence()}."] if better else []

    def _counted(self) -> list[str]:
        if not self.findings:
            return ["Nothing can be told about behaviour yet: no probe was measured twice."]
        worse, better, rest = (len(self.judged(one)) for one in ("got worse", "got better", "cannot be told"))
        counts = (
            f"Of {len(self.findings)} comparisons {worse} got worse, {better} got better and {rest} cannot "
            f"be told from chance (Holm's correction, whole probes and single groups apart, level {percent(LEVEL)})"
        )
        if not rest:
            return [f"{counts}."]
        untold = self.judged("cannot be told")
        whole = [one for one in untold if one.group == WHOLE]
        widest = max(whole or untold, key=lambda one: one.change.high)
        return [
            f"{counts}; that is no finding of health: {widest.where} may still be up to "
            f"{100 * max(0.0, widest.change.high):.0f} points worse ({widest.seen}, {widest.change.n} items)."
        ]


def verdict(
    rounds: Sequence[RoundRecord],
    titles: Mapping[str, str] | None = None,
    alarm: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Verdict:
    """Judge the rounds of a run. `titles` maps a probe's name to what an outcome of 1 means, in a few words; `alarm`
    and `warnings`: see `Verdict`.

    A comparison got worse (better) when its 95% interval excludes 0 and its p-value, after Holm's
    correction, is at most 0.05. Comparisons of whole probes are one family and those of single groups
    another. All others cannot be told, which is never the same as healthy. Items count as independent draws.
    """
    readings = Readings(rounds)
    titles = titles or {}
    adjusted: list[Finding] = []
    whole = [finding for probe in readings.probes for finding in _compare(readings, probe, _title(probe, titles), None)]
    parts = [
        finding
        for probe in readings.probes
        if len(readings.groups[probe]) > 1
        for group in readings.groups[probe]
        for finding in _compare(readings, probe, _title(probe, titles), group)
    ]
    for family in (whole, parts):
        for finding, p in zip(family, holm([finding.p for finding in family]), strict=True):
            adjusted.append(replace(finding, p_adjusted=p, judgement=_judge(finding.change, p)))
    order: list[Judgement] = ["got worse", "got better", "cannot be told"]
    adjusted.sort(key=lambda one: (order.index(one.judgement), -abs(one.change.estimate)))
    protection = next((record.protection for record in reversed(rounds) if record.protection), "")
    return Verdict(_loss(readings), tuple(adjusted), protection, tuple(alarm), tuple(warnings))


def _title(probe: str, titles: Mapping[str, str]) -> str:
    return titles.get(probe, probe)


def percent(share: float) -> str:
    """`61%`, and `0.4%` where rounding would hide it."""
    return f"{100 * share:.1f}%" if 0.0 < share < 0.0095 else f"{100 * share:.0f}%"


def points(change: float) -> str:
    """`+58`, in percentage points."""
    return f"{100 * change:+.0f}" if abs(change) >= 0.005 else "0"


def _judge(change: Interval, p_adjusted: float) -> Judgement:
    if p_adjusted > LEVEL or change.low <= 0.0 <= change.high:
        return "cannot be told"
    return "got worse" if change.low > 0.0 else "got better"


def _compare(readings: Readings, probe: str, title: str, group: str | None) -> list[Finding]:
    """All comparisons of one probe, over all its groups or in one, not adjusted yet."""
    views: list[tuple[View, By, Moment, Moment]] = [
        ("global", "server", "after", "after"),
        ("received", "clients", "before", "before"),
        ("personalised", "clients", "before", "after"),
        ("training", "clients", "after", "after"),
    ]
    kept = []
    for view, by, old, new in views:
        first, last = (
            {at: sums for at in readings.rounds if (sums := readings.sums(at, probe, moment, by, group))}
            for moment in (old, new)
        )
        if not first or not last:
            continue
        begin, end = min(first), max(last)
        pair = readings.paired(end, probe, by, group) if view in ("global", "training") else None
        if pair is not None and pair[0] == last[end][0]:
            begin = end if view == "training" else 0
            change, p = paired_change(*pair)
            noise = sqrt(2.0) * readings.noise(end, probe, "worse", by, group)  # that of `better` is as large
            n, (worse, _), (better, _) = pair
            # The other model on the same items: its sum is known, its squares are at most that sum.
            before = min(float(n), max(0.0, last[end][1] - worse + better))
            start = mean_interval(n, before, before)
        elif view != "training" and end > begin:
            change, p = unpaired_change(first[begin], last[end])
            start = mean_interval(*first[begin])
            noise = hypot(readings.noise(begin, probe, old, by, group), readings.noise(end, probe, new, by, group))
        else:
            continue
        start, stop = (noised(one, noise, 0.0) for one in (start, mean_interval(*last[end])))
        p, change = noised_p(p, change, noise), noised(change, noise)
        where = WHOLE if group is None else group
        kept.append(Finding(probe, title, where, by, view, begin, end, start, stop, change, p, p, "cannot be told"))
    return kept


def _loss(readings: Readings) -> Loss | None:
    probe, by = readings.loss_of
    moment = "before" if by == "clients" else "after"
    rounds = [round for round in readings.rounds if readings.sums(round, probe, "after", by)]
    before = readings.sums(rounds[0], probe, moment, by) if rounds else None
    if by == "server":  # which also measured the start, in round 0
        rounds = rounds[1:]
    after = readings.sums(rounds[-1], probe, "after", by) if rounds else None
    if before is None or after is None:
        return None
    pair = readings.paired(rounds[-1], probe, by, None)
    change = paired_change(*pair)[0] if by == "server" and pair else difference_of_means(after, before)
    values = [before[1] / before[0]]
    for round in rounds:
        n, total, _ = readings.sums(round, probe, "after", by) or after
        values.append(total / n)
    return Loss(
        heading=readings.loss_heading,
        first_round=rounds[0],
        last_round=rounds[-1],
        first=scaled(mean_interval(*before), LOSS_BOUND),
        last=scaled(mean_interval(*after), LOSS_BOUND),
        change=scaled(change, LOSS_BOUND),
        falls=sum(later < earlier for earlier, later in pairwise(values)),
        rounds=len(rounds),
    )
