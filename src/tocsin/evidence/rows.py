"""The data tables of a report: what its pictures show, in words and numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.behaviour.statistics import Interval
from tocsin.evidence.incidents import Incident, Mark
from tocsin.evidence.readings import By, Moment, Readings
from tocsin.evidence.severity import Cell, SeverityMap
from tocsin.evidence.spending import Spending
from tocsin.evidence.trip_paths import MOMENTS, TripPath, e_value
from tocsin.evidence.verdict import percent, points
from tocsin.records import TRAINING_LOSS, RoundRecord, Spread, Surveyed, TripCount

PHASES: tuple[Moment, ...] = ("before", "after")

_MODELS: tuple[tuple[str, By, Moment], ...] = (
    ("global model, the server's items", "server", "after"),
    ("global model, the clients' items", "clients", "before"),
    ("personalised models", "clients", "after"),
)


@dataclass(frozen=True)
class Rows:
    """A data table: headings, and rows whose first `names` columns are names. `wraps`: cells hold sentences."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int
    wraps: bool = False


def behaviour_rows(readings: Readings, titles: Mapping[str, str]) -> Rows:
    """Every mean with its interval: a row for each cell and model, a column for each round."""
    rows = []
    for moment in PHASES:
        losses = [readings.loss(at, moment) for at in readings.rounds]
        if any(losses):
            cells = (f"{one.estimate:.2f} ({one.low:.2f} to {one.high:.2f})" if one else "" for one in losses)
            model = f"{moment} local training" if readings.loss_of[1] == "clients" else _MODELS[0][0]
            rows.append((readings.loss_heading, "", model, *cells))
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


def severity_rows(maps: Sequence[SeverityMap], titles: Mapping[str, str]) -> Rows:
    """Every cell of the maps: a row for each probe, group and model, a column for each round of any map."""
    rounds = sorted({at for one in maps for at in one.rounds})
    rows = []
    for one in maps:
        for row in one.rows:
            cells = dict(zip(one.rounds, row.cells, strict=True))
            said = (_severity(cells[at]) if at in cells else "" for at in rounds)
            rows.append((titles[row.probe], row.group, one.heading, *said))
    return Rows(("probe", "group", "model", *(f"round {at}" for at in rounds)), tuple(rows), 3)


def _severity(cell: Cell) -> str:
    if cell.change is None:
        return f"unknown: {cell.why}"
    return f"{points(cell.change.estimate)} ({points(cell.change.low)} to {points(cell.change.high)})"


def trip_rows(paths: Sequence[TripPath], titles: Mapping[str, str]) -> Rows:
    """Every stream: new trips and e-value in each release."""
    releases = sorted({at for path in paths for at, _ in path.told})
    rows = []
    for path in paths:
        told = dict(path.told)
        rows.append(
            (
                path.mode,
                titles.get(path.probe, path.probe),
                path.group,
                path.cohort,
                MOMENTS.get(path.moment, path.moment),
                f"round {path.rang}" if path.rang is not None else "none",
                f"{path.threshold:,.0f}",
                *(_trips(told[at]) if at in told else "" for at in releases),
            )
        )
    heads = ("mode", "probe", "group", "cohort", "model", "alarm", "rings at", *(f"round {at}" for at in releases))
    return Rows(heads, tuple(rows), 5)


def _trips(one: TripCount) -> str:
    if one.value is None or one.log_e is None:
        return f"unknown: {one.why}"
    noise = f" ± {one.sd:.2g}" if one.sd else ""
    return f"{one.value:.3g}{noise} trips, e {e_value(one.log_e)}"


def spread_rows(rounds: Sequence[RoundRecord], titles: Mapping[str, str]) -> Rows:
    """Every histogram over clients: bins with votes, a row for each probe, cohort and moment, a column a round."""
    there = [record for record in rounds if record.spreads]
    votes = {(one.probe, one.cohort, one.moment, record.round): one for record in there for one in record.spreads}
    names = dict.fromkeys((one.probe, one.cohort, one.moment) for record in there for one in record.spreads)
    rows = [
        (
            titles.get(probe, probe),
            cohort,
            f"{moment} local training",
            *(_votes(votes.get((probe, cohort, moment, record.round))) for record in there),
        )
        for probe, cohort, moment in names
        if probe != TRAINING_LOSS
    ]
    return Rows(("probe", "cohort", "moment", *(f"round {record.round}" for record in there)), tuple(rows), 3)


def _votes(spread: Spread | None) -> str:
    if spread is None:
        return "unknown"
    bins = len(spread.votes)
    noise = f" (each ± {spread.sd:.2g})" if spread.sd else ""
    return (
        ", ".join(
            f"{100 * index / bins:.0f}-{100 * (index + 1) / bins:.0f}%: {count:.3g}"
            for index, count in enumerate(spread.votes)
            if count
        )
        + noise
    )


def incident_rows(incidents: Sequence[Incident], marks: Sequence[Mark]) -> Rows:
    """Everything that happened, by round: an alarm in the round in which it rang."""
    found = [(one.rang, "alarm", one.sentence or one.mode) for one in incidents]
    found += [(one.round, one.lane, one.detail) for one in marks]
    rows = tuple((str(at), what, detail) for at, what, detail in sorted(found, key=lambda one: one[0]))
    return Rows(("round", "what", "detail"), rows, 3, wraps=True)


def survey_rows(survey: Sequence[Surveyed]) -> Rows:
    """What the clients' training data are made of: a row for each aspect and cohort."""
    every = {one.cohort: one.examples for one in survey if one.aspect == "all"}
    rows = []
    for one in survey:
        whole = every.get(one.cohort)
        told = (one.why, "", "")
        if one.examples is not None:
            told = (str(one.examples), percent(one.examples / whole) if whole else "", f"{one.clients} of {one.of}")
        rows.append((one.aspect, one.value, one.cohort, *told))
    return Rows(("aspect", "value", "cohort", "examples", "share", "clients that have any"), tuple(rows), 3)


def unknown_rows(rounds: Sequence[RoundRecord], titles: Mapping[str, str]) -> Rows:
    """Every cell of which nothing was told, and in which rounds, by reason."""
    found: dict[tuple[str, str, str, str], list[int]] = {}
    for record in rounds:
        for one in record.unknown:
            found.setdefault((titles.get(one.probe, one.probe), one.group, one.cohort, one.why), []).append(
                record.round
            )
    rows = tuple((*cell, ", ".join(map(str, at))) for cell, at in found.items())
    return Rows(("probe", "group", "cohort", "why", "rounds"), rows, 4)


def ledger_rows(spending: Spending) -> Rows:
    """The ledger as it stands."""
    heads, *rows = spending.rows
    return Rows(tuple(heads), tuple(map(tuple, rows)), len(heads) - 1)


def spent_rows(rounds: Sequence[RoundRecord], phases: Sequence[str]) -> Rows:
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
