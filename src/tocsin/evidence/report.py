"""The report: one HTML file that needs nothing else, now or in ten years."""

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from tocsin.errors import TocsinError
from tocsin.evidence.readings import LOSS, By, Moment, Readings
from tocsin.evidence.store import Run
from tocsin.evidence.verdict import IN_THE_CLEAR, Finding, percent, points, verdict
from tocsin.records import RoundRecord

FILE = "report.html"
_MODELS: tuple[tuple[str, By, Moment], ...] = (
    ("global model, the server's items", "server", "before"),
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
class Section:
    """The panels of one probe's groups."""

    heading: str
    panels: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """A data table: headings, and rows whose first `names` columns are names."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int


def report_html(run: Run, titles: Mapping[str, str] | None = None) -> str:
    """The report of a run. `titles` maps a probe's name to what an outcome of 1 means, in a few words.

    The same run gives the same text. It holds measures and settings, never an item or an answer.
    """
    from tocsin.evidence import pictures  # here, because Matplotlib takes longer than most commands

    rounds = run.rounds()
    readings = Readings(rounds)
    titles = {probe: (titles or {}).get(probe, probe) for probe in readings.probes}
    judged = verdict(rounds, titles)
    phases = tuple(dict.fromkeys(phase for record in rounds for phase in record.seconds))
    overview = [pictures.loss_panel(readings)] if LOSS in readings.groups else []
    sections = []
    for index, probe in enumerate(readings.probes):
        limits = pictures.limits(readings, probe)
        groups = readings.groups[probe]
        several = len(groups) > 1
        overview.append(
            pictures.behaviour_panel(readings, probe, None, probe, limits, f"probe{index}")
        )
        if several:
            panels = (
                pictures.behaviour_panel(readings, probe, group, group, limits, f"probe{index}-{number}")
                for number, group in enumerate(groups)
            )
            sections.append(Section(probe, tuple(panels)))
    spread_probes = tuple(dict.fromkeys(spread.probe for record in rounds for spread in record.spreads))
    spreads = tuple(
        pictures.spread_panel(rounds, probe, probe, f"spread{index}")
        for index, probe in enumerate(probe for probe in spread_probes if probe != LOSS)
    )
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
        reach=max((abs(end) for one in judged.findings for end in (one.change.low, one.change.high)), default=1.0),
        titles=titles,
        overview=overview,
        sections=sections,
        behaviour_rows=_behaviour_rows(readings),
        spreads=spreads,
        spread_rows=_spread_rows(rounds, spread_probes),
        spent=(pictures.seconds_panel(rounds, phases), pictures.bytes_panel(rounds)) if spent else (),
        spent_rows=_spent_rows(rounds, phases),
        phases=list(zip(phases, pictures.roles(phases), strict=True)),
        study=json.dumps(run.study_data, indent=2, ensure_ascii=False),
        in_the_clear=IN_THE_CLEAR,
    )


def write_report(run: Run, titles: Mapping[str, str] | None = None, path: Path | None = None) -> Path:
    """Write the report, whole or not at all, to `path`, else to `report.html` in the run's folder.

    Raises TocsinError where it cannot be written.
    """
    path = path or run.folder / FILE
    text = report_html(run, titles)
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
            f"The report cannot be written to {path} ({error.strerror}); free some space or name another file."
        ) from None
    return path
