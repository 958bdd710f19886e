"""The report: one HTML file that needs nothing else, now or in ten years."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from tocsin.behaviour.statistics import Interval
from tocsin.errors import TocsinError
from tocsin.evidence.readings import By, Moment, Readings
from tocsin.evidence.store import Run
from tocsin.evidence.verdict import Finding, Loss, percent, points, verdict
from tocsin.records import TRAINING_LOSS, RoundRecord

FILE = "report.html"
LOSS_HEADING = "mean training loss"
_MOMENTS: tuple[Moment, ...] = ("before", "after")
_MODELS: tuple[tuple[str, By, Moment], ...] = (
    ("global model, the server's items", "server", "after"),
    ("global model, the clients' items", "clients", "before"),
    ("personalised models", "clients", "after"),
)


@dataclass(frozen=True)
class Card:
    """A first and a last value, side by side at the top."""

    what: str
    first: str
    last: str
    note: str


@dataclass(frozen=True)
class Panel:
    """A picture with its heading."""

    heading: str
    svg: str


@dataclass(frozen=True)
class Section:
    """The panels of one probe's groups."""

    heading: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Rows:
    """A data table: headings, and rows whose first `names` columns are names."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int


@dataclass(frozen=True)
class Spending:
    """The privacy ledger for readers: a header and rows of strings, and what they add up to in sentences."""

    rows: Sequence[Sequence[str]]
    sentences: Sequence[str]


def report_html(
    run: Run,
    titles: Mapping[str, str] | None = None,
    spending: Spending | None = None,
    alarm: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> str:
    """The report of a run. `titles` maps a probe's name to what an outcome of 1 means, in a few words; `spending` is
    the run's ledger, where it has one; `alarm` and `warnings`: see `Verdict`.

    The same run gives the same text. It holds measures and settings, never an item or an answer.
    """
    from tocsin.evidence import pictures  # here, because Matplotlib takes longer than most commands

    rounds = run.rounds()
    readings = Readings(rounds)
    titles = {probe: (titles or {}).get(probe, probe) for probe in readings.probes}
    judged = verdict(rounds, titles, alarm, warnings)
    phases = tuple(dict.fromkeys(phase for record in rounds for phase in record.seconds))
    losses = [readings.loss(at, moment) for at in readings.rounds for moment in _MOMENTS]
    overview = [Panel(LOSS_HEADING, pictures.loss_panel(readings))] if any(losses) else []
    sections = []
    for index, probe in enumerate(readings.probes):
        draw = partial(pictures.behaviour_panel, readings, probe, limits=pictures.limits(readings, probe))
        title, groups = titles[probe], readings.groups[probe]
        overview.append(Panel(title, draw(None, label=title, name=f"probe{index}")))
        if len(groups) > 1:
            panels = tuple(
                Panel(group, draw(group, label=f"{title}, {group}", name=f"probe{index}-{at}"))
                for at, group in enumerate(groups)
            )
            sections.append(Section(title, panels))
    spread_probes = tuple(
        dict.fromkeys(one.probe for record in rounds for one in record.spreads if one.probe != TRAINING_LOSS)
    )
    spreads = [
        Panel(title, pictures.spread_panel(rounds, probe, title, f"spread{index}"))
        for index, probe in enumerate(spread_probes)
        if (title := titles.get(probe, probe))
    ]
    spent = any(record.seconds or record.bytes_down or record.bytes_up for record in rounds)
    return _template().render(
        run=run,
        state=run.events()[-1].kind,
        events=run.events(),
        rounds=rounds,
        rounds_asked=run.study_data.get("training", {}).get("rounds"),
        verdict=judged,
        cards=_cards(judged.loss, judged.judged("got worse")),
        told=[one for one in judged.findings if one.judgement != "cannot be told"],
        untold=judged.judged("cannot be told"),
        reach=max((max(-one.change.low, one.change.high) for one in judged.findings), default=1.0),
        titles=titles,
        overview=overview,
        sections=sections,
        behaviour_rows=_behaviour_rows(readings, titles),
        spreads=spreads,
        spread_rows=_spread_rows(rounds, titles),
        spent=[
            Panel("Seconds by phase", pictures.seconds_panel(rounds, phases)),
            Panel("Megabytes: what messages hold", pictures.bytes_panel(rounds)),
        ]
        if spent
        else [],
        spent_rows=_spent_rows(rounds, phases),
        phases=list(zip(phases, pictures.roles(phases), strict=True)),
        study=json.dumps(run.study_data, indent=2, ensure_ascii=False),
        protection=judged.protection,
        privacy=run.study_data.get("privacy", {}),
        unknown_rows=_unknown_rows(rounds, titles),
        spending=spending,
        ledger_rows=_ledger_rows(spending) if spending else None,
        waivers=run.study_data.get("openness", {}).get("waivers", []),
    )


def write_report(
    run: Run,
    titles: Mapping[str, str] | None = None,
    path: Path | None = None,
    spending: Spending | None = None,
    alarm: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Path:
    """Write the report, whole or not at all, to `path`, else to `report.html` in the run's folder.

    Raises TocsinError where it cannot be written.
    """
    path = path or run.folder / FILE
    text = report_html(run, titles, spending, alarm, warnings)
    draft = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            draft = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(0o644)  # temporary files are closed to others, reports are there to be read
        draft.replace(path)
    except OSError as error:
        if draft is not None:
            draft.unlink(missing_ok=True)
        raise TocsinError(
            f"The report cannot be written to {path} ({error.strerror}); free space, or name another file."
        ) from None
    return path


def _template() -> Template:
    pages = Environment(
        loader=PackageLoader("tocsin.evidence"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters |= {"percent": percent, "points": points}
    return pages.get_template("report.html.jinja")


def _cards(loss: Loss | None, worse: Sequence[Finding]) -> list[Card]:
    """The loss beside the largest change for the worse of at most two probes."""
    cards = []
    if loss is not None:
        change = loss.change
        note = f"{change.estimate:+.2f}, 95% interval {change.low:+.2f} to {change.high:+.2f}"
        cards.append(Card(LOSS_HEADING, f"{loss.first.estimate:.2f}", f"{loss.last.estimate:.2f}", note))
    largest = {one.probe: one for one in reversed(worse)}
    for one in sorted(largest.values(), key=lambda one: -one.change.estimate)[:2]:
        span = f"{points(one.change.low)} to {points(one.change.high)}"
        note = f"{points(one.change.estimate)} points, 95% interval {span}; {one.seen}"
        cards.append(Card(one.where, percent(one.start.estimate), percent(one.end.estimate), note))
    return cards


def _behaviour_rows(readings: Readings, titles: Mapping[str, str]) -> Rows:
    """Every mean with its interval: a row for each cell and model, a column for each round."""
    rows = []
    for moment in _MOMENTS:
        losses = [readings.loss(at, moment) for at in readings.rounds]
        if any(losses):
            cells = (f"{one.estimate:.2f} ({one.low:.2f} to {one.high:.2f})" if one else "" for one in losses)
            rows.append((LOSS_HEADING, "", f"{moment} local training", *cells))
    for probe in readings.probes:
        groups = readings.groups[probe]
        for group in (None, *groups) if len(groups) > 1 else (None,):
            for model, by, moment in _MODELS:
                means = [readings.mean(at, probe, moment, by, group) for at in readings.rounds]
                if any(means):
                    cells = (_mean(one) for one in means)
                    rows.append((titles[probe], group or "all", model, *cells))
    heads = ("probe", "group", "model", *(f"round {at}" for at in readings.rounds))
    return Rows(heads, tuple(rows), 3)


def _mean(mean: Interval | None) -> str:
    if mean is None:
        return ""
    return f"{percent(mean.estimate)} ({percent(mean.low)} to {percent(mean.high)}), n {mean.n}"


def _unknown_rows(rounds: Sequence[RoundRecord], titles: Mapping[str, str]) -> Rows:
    """Every cell of which nothing was told, and in which rounds, by reason."""
    found: dict[tuple[str, str, str, str], list[int]] = {}
    for record in rounds:
        for one in record.unknown:
            found.setdefault((titles.get(one.probe, one.probe), one.group, one.cohort, one.why), []).append(
                record.round
            )
    rows = tuple((*cell, ", ".join(map(str, at))) for cell, at in found.items())
    return Rows(("probe", "group", "cohort", "why", "rounds"), rows, 4)


def _ledger_rows(spending: Spending) -> Rows:
    heads, *rows = spending.rows
    return Rows(tuple(heads), tuple(map(tuple, rows)), len(heads) - 1)


def _spread_rows(rounds: Sequence[RoundRecord], titles: Mapping[str, str]) -> Rows:
    """Every histogram over clients: bins with votes, a row for each probe and moment, a column a round."""
    there = [record for record in rounds if record.spreads]
    votes = {(one.probe, one.moment, record.round): one.votes for record in there for one in record.spreads}
    names = dict.fromkeys((one.probe, one.moment) for record in there for one in record.spreads)
    rows = [
        (
            titles.get(probe, probe),
            f"{moment} local training",
            *(_votes(votes.get((probe, moment, record.round), ())) for record in there),
        )
        for probe, moment in names
        if probe != TRAINING_LOSS
    ]
    return Rows(("probe", "moment", *(f"round {record.round}" for record in there)), tuple(rows), 2)


def _votes(votes: Sequence[float]) -> str:
    bins = len(votes)
    return ", ".join(
        f"{100 * index / bins:.0f}-{100 * (index + 1) / bins:.0f}%: {count:.3g}"
        for index, count in enumerate(votes)
        if count
    )


def _spent_rows(rounds: Sequence[RoundRecord], phases: Sequence[str]) -> Rows:
    """Seconds and bytes, a row a round."""
    rows = tuple(
        (
            str(record.round),
            *(f"{record.seconds[phase]:.1f}" if phase in record.seconds else "" for phase in phases),
            f"{sum(record.seconds.values()):.1f}",
            f"{record.bytes_down:,}",
            f"{record.bytes_up:,}",
        )
        for record in rounds
    )
    return Rows(("round", *(f"{phase}, s" for phase in phases), "all, s", "bytes down", "bytes up"), rows, 1)
