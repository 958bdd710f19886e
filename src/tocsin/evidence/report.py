"""The report: one HTML file that needs nothing else, now or in ten years."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from tocsin.errors import TocsinError
from tocsin.evidence import rows
from tocsin.evidence.incidents import Incident, marks
from tocsin.evidence.missing import missing
from tocsin.evidence.readings import Readings
from tocsin.evidence.severity import severity_maps
from tocsin.evidence.spending import Spending
from tocsin.evidence.store import Run
from tocsin.evidence.trip_paths import TripPath, trip_paths
from tocsin.evidence.verdict import Finding, Loss, percent, points, verdict
from tocsin.records import TRAINING_LOSS

FILE = "report.html"


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


def report_html(
    run: Run,
    titles: Mapping[str, str] | None = None,
    spending: Spending | None = None,
    alarm: Sequence[str] = (),
    warnings: Sequence[str] = (),
    incidents: Sequence[Incident] = (),
) -> str:
    """The report of a run. `titles` maps a probe's name to what an outcome of 1 means, in a few words; `spending` is
    the run's ledger, where it has one; `alarm` and `warnings`: see `Verdict`; `incidents` are what the alarm named.

    The same run gives the same text. It holds measures and settings, never an item or an answer.
    """
    from tocsin.evidence import pictures  # here, because Matplotlib takes longer than most commands

    rounds = run.rounds()
    readings = Readings(rounds)
    titles = {probe: (titles or {}).get(probe, probe) for probe in readings.probes}
    judged = verdict(rounds, titles, alarm, warnings)
    phases = tuple(dict.fromkeys(phase for record in rounds for phase in record.seconds))
    losses = [readings.loss(at, moment) for at in readings.rounds for moment in rows.PHASES]
    overview = [Panel(readings.loss_heading, pictures.loss_panel(readings))] if any(losses) else []
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
    maps = severity_maps(rounds, readings)
    by_mode: dict[str, list[TripPath]] = {}
    for path in (paths := trip_paths(rounds)):
        by_mode.setdefault(path.mode, []).append(path)
    happened = marks(rounds)
    last = rounds[-1].round if rounds else 0
    watched = "alarm" in run.study_data and run.study_data["alarm"] is not None
    eventful = last > 0 and (happened or incidents or watched)
    survey = [one for record in rounds for one in record.survey]
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
        behaviour_rows=rows.behaviour_rows(readings, titles),
        maps=[
            Panel(one.heading, pictures.severity_picture(one, titles, f"severity{index}"))
            for index, one in enumerate(maps)
        ],
        broad=last > pictures.HALF_ROUNDS,
        thinned=-(-last // pictures.MOST_ROUNDS),
        severity_rows=rows.severity_rows(maps, titles),
        clients_unmeasured=last > 0 and all(not one.by_clients for one in maps),
        streams=[
            Panel(mode, pictures.trip_panel(its, last, mode, f"trips{index}"))
            for index, (mode, its) in enumerate(by_mode.items())
        ],
        trip_rows=rows.trip_rows(paths, titles),
        incidents=incidents,
        timeline=pictures.timeline_picture(incidents, happened, last, watched) if eventful else "",
        incident_rows=rows.incident_rows(incidents, happened),
        mended=[(record.round, record.remedies) for record in rounds if record.remedies],
        remedies=[one["name"] for one in run.study_data.get("remedy", [])],
        survey_rows=rows.survey_rows(survey),
        missing=missing(survey),
        aggregation=run.study_data.get("aggregation", {}),
        spreads=spreads,
        noisy=any(one.sd for record in rounds for one in record.spreads),
        spread_rows=rows.spread_rows(rounds, titles),
        spent=[
            Panel("Seconds by phase", pictures.seconds_panel(rounds, phases)),
            Panel("Megabytes: what messages hold", pictures.bytes_panel(rounds)),
        ]
        if spent
        else [],
        spent_rows=rows.spent_rows(rounds, phases),
        phases=list(zip(phases, pictures.roles(phases), strict=True)),
        study=json.dumps(run.study_data, indent=2, ensure_ascii=False),
        protection=judged.protection,
        privacy=run.study_data.get("privacy", {}),
        unknown_rows=rows.unknown_rows(rounds, titles),
        spending=spending,
        burn_down=pictures.burn_down_picture(spending) if spending and spending.steps and spending.units else "",
        failed=any(step.failed for step in spending.steps) if spending else False,
        ledger_rows=rows.ledger_rows(spending) if spending else None,
        waivers=run.study_data.get("openness", {}).get("waivers", []),
    )


def write_report(
    run: Run,
    titles: Mapping[str, str] | None = None,
    path: Path | None = None,
    spending: Spending | None = None,
    alarm: Sequence[str] = (),
    warnings: Sequence[str] = (),
    incidents: Sequence[Incident] = (),
) -> Path:
    """Write the report, whole or not at all, to `path`, else to `report.html` in the run's folder.

    Raises TocsinError where it cannot be written.
    """
    path = path or run.folder / FILE
    text = report_html(run, titles, spending, alarm, warnings, incidents)
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
        cards.append(Card(loss.heading, f"{loss.first.estimate:.2f}", f"{loss.last.estimate:.2f}", note))
    largest = {one.probe: one for one in reversed(worse)}
    for one in sorted(largest.values(), key=lambda one: -one.change.estimate)[:2]:
        span = f"{points(one.change.low)} to {points(one.change.high)}"
        note = f"{points(one.change.estimate)} points, 95% interval {span}; {one.seen}"
        cards.append(Card(one.where, percent(one.start.estimate), percent(one.end.estimate), note))
    return cards
