"""What a run's clients have given away: the privacy ledger, and what left each client, for screens and programs."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table

from tocsin.errors import TocsinError
from tocsin.evidence import Run, Spending, Spent, Store
from tocsin.federation import EGRESS, LEDGER, release_of, schema_of, streams_of
from tocsin.privacy import ENROLMENT, Departure, Ledger, enrolment_line, identity_in, summary, table, totals
from tocsin.privacy.egress import read


def ledger_of(run: Run) -> Ledger:
    """The ledger of a run. Raises TocsinError where the run has none."""
    file = run.folder / LEDGER
    plan = release_of(run.study, schema_of(run.study), run.folder, streams_of(run.study)).plan
    if plan is None or not file.is_file():
        raise TocsinError(
            f"Run {run.id} has no privacy ledger: its sums are masked and not noised; set privacy.epsilon in the study."
        )
    return Ledger(file, plan)


def ledger_json(ledger: Ledger) -> dict[str, Any]:
    """The budget, every row, and what each unit has spent."""
    return {
        "budget": asdict(ledger.plan.budget),
        "training": ledger.plan.model.statement,
        "rows": [asdict(row) for row in ledger.rows],
        "spent": dict(ledger.spent()),
        "head": ledger.head,
    }


def ledger_shown(ledger: Ledger) -> Group:
    """A row for each attempt at a release, the noise of each channel, and one sentence for each unit."""
    heads, _, *rows = table(ledger)  # the second is about training, and a sentence here
    kept = [heads.index(head) for head in _SHOWN]
    shown = Table(*_SHOWN, box=None)
    for row in rows:
        shown.add_row(*(row[at] for at in kept))
    noise = dict.fromkeys((row.channel, row.unit, row.sensitivity, row.noise) for row in ledger.rows)
    channels = [f"{channel}: one {unit} moves {moved}; {law}" for channel, unit, moved, law in noise]
    training = f"Training: {ledger.plan.model.statement}."
    return Group(shown, "", *channels, training, "", *summary(ledger))


_SHOWN = ("round", "attempt", "channel", "release", "clients", "unit", "state", "epsilon so far")
"""The columns that fit a screen."""


def spending(run: Run) -> Spending | None:
    """The ledger of a run for its report; None where there is none."""
    if run.study.privacy.epsilon is None:
        return None
    ledger = ledger_of(run)
    steps = tuple(
        Spent(
            row.round,
            row.attempt,
            row.channel,
            row.state == "failed",
            {str(unit): one for unit, one in row.epsilon.items()},
        )
        for row in ledger.rows
    )
    return Spending(table(ledger), summary(ledger), steps, ledger.plan.budget.epsilon, ledger.plan.units)


@dataclass(frozen=True)
class Left:
    """All that left one client. `client` is the name of its folder."""

    client: str
    departures: tuple[Departure, ...]


def egress_of(where: str, root: Path | None) -> tuple[Left, ...]:
    """What left the clients of a run on this machine, or of one client: `where` is a run or a client's folder.

    Raises TocsinError where there is no record.
    """
    folder = Path(where)
    if not folder.is_dir():
        folder = Store.open(root, create=False).run(where).folder / "clients"
    files = [folder / EGRESS] if (folder / EGRESS).is_file() else sorted(folder.glob(f"client-*/{EGRESS}"))
    if not files:
        raise TocsinError(f"There is no egress record under {folder}; name a run, or the folder of a client.")
    return tuple(Left(file.parent.name, read(file)) for file in files)


def egress_json(found: Sequence[Left]) -> list[dict[str, Any]]:
    """Every departure, client by client."""
    return [
        {"client": left.client, "departures": [asdict(one) | {"when": one.when.isoformat()} for one in left.departures]}
        for left in found
    ]


def egress_shown(found: Sequence[Left], every: bool) -> Table:
    """A row for each kind of each client; or, with `every`, for each departure."""
    if every:
        shown = Table("client", "when (UTC)", "to", "what", "protection", box=None)
        shown.add_column("bytes", justify="right")
        for left in found:
            for one in left.departures:
                when = f"{one.when:%Y-%m-%d %H:%M:%S}"
                shown.add_row(left.client, when, one.to, one.kind, one.protection, f"{one.size:,}")
        return shown
    shown = Table("client", "what", "protection", box=None)
    for head in ("times", "bytes"):
        shown.add_column(head, justify="right")
    for left in found:
        for (kind, protection), total in totals(left.departures).items():
            shown.add_row(left.client, kind, protection, f"{total.times:,}", f"{total.size:,}")
    return shown


def enrol(client: int, home: Path | None) -> Mapping[str, str]:
    """Make a client's identity on its own machine, once; `line` is what the consortium puts into its list.

    `home` is the folder in which the client keeps its state; without it `TOCSIN_CLIENT_HOME` says. Raises TocsinError
    where neither is there.
    """
    named = home or (Path(os.environ["TOCSIN_CLIENT_HOME"]) if os.environ.get("TOCSIN_CLIENT_HOME") else None)
    if named is None:
        raise TocsinError("Say where this client keeps its state: --home FOLDER, or TOCSIN_CLIENT_HOME.")
    folder = named / f"client-{client:04d}"
    return {
        "line": enrolment_line(client, identity_in(folder)),
        "identity": str(folder / "identity"),
        "list": str(named / ENROLMENT),
    }
