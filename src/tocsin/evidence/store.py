"""The run store: every run of a folder in one append-only database, its artefacts in a folder beside it."""

import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import ValidationError
from sqlalchemy import func, select

from tocsin.errors import TocsinError, did_you_mean
from tocsin.evidence.database import Database
from tocsin.evidence.provenance import Provenance, provenance
from tocsin.evidence.tables import EventRow, MeasureRow, RoundRow, RunRow
from tocsin.records import RoundRecord
from tocsin.study import Study, parse

EventKind = Literal["started", "resumed", "failed", "interrupted", "finished"]
FILE = "tocsin.sqlite"


@dataclass(frozen=True)
class Event:
    """Something that happened to a run; `time` is UTC, ISO 8601; `seq` counts from 0."""

    seq: int
    time: str
    kind: EventKind
    detail: dict[str, Any]


@dataclass(frozen=True)
class RunSummary:
    """A line of a list of runs. `rounds` are training rounds done; `state` is the kind of the last event."""

    id: str
    name: str
    seed: int
    created: str
    rounds: int
    state: EventKind


class Store:
    """All runs under one folder: `tocsin.sqlite`, and a folder of artefacts for each run."""

    def __init__(self, root: Path) -> None:
        """Open the store in the folder `root`, which must exist; `open` is kinder."""
        self.root = root
        self._database = Database(root / FILE)

    @classmethod
    def open(cls, root: Path | None = None, *, create: bool = True) -> Self:
        """The store in `root`, else in the folder that TOCSIN_RUNS names, else in ./tocsin-runs.

        Migrations run by themselves. Raises TocsinError when the store cannot be used, or when there is
        none and `create` is false.
        """
        root = root or Path(os.environ.get("TOCSIN_RUNS") or "tocsin-runs")
        if not create and not (root / FILE).is_file():
            raise TocsinError(f"There are no runs in {root}; start one with `tocsin run`, or set TOCSIN_RUNS.")
        try:
            root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TocsinError(
                f"The runs folder {root} cannot be made ({error.strerror}); set TOCSIN_RUNS to another one."
            ) from None
        return cls(root)

    def new_run(self, study: Study, made_by: Provenance | None = None) -> "Run":
        """Add a run, its folder and its event `started`. `made_by` is this process where none is given."""
        made_by = made_by or provenance()
        now = datetime.now(UTC)
        with self._database.writing() as session:
            id = _id(study.name, now)
            while (self.root / id).exists():
                id = _id(study.name, now)
            row = RunRow(
                id=id,
                name=study.name,
                study=study.model_dump(mode="json"),
                seed=study.seed,
                created=_iso(now),
                tocsin=made_by.tocsin,
                packages=made_by.packages,
                commit=made_by.commit,
                machine=dict(made_by.machine),
            )
            session.add(row)
            session.flush()
            session.add(EventRow(run=id, seq=0, time=_iso(now), kind="started", detail={}))
            session.flush()
            session.expunge(row)
            try:
                (self.root / id).mkdir()
            except OSError as error:
                raise TocsinError(
                    f"The folder {self.root / id} cannot be made ({error.strerror}); free some space, "
                    "or set TOCSIN_RUNS to another folder."
                ) from None
        return Run(self, self._database, row)

    def run(self, name: str = "latest") -> "Run":
        """The run with this id, or the only one whose id begins so, or the `latest`.

        Raises TocsinError, with the nearest id, when there is none, or when several begin so.
        """
        ids = [summary.id for summary in self.runs()]
        if not ids:
            raise TocsinError(f"There are no runs in {self.root}; start one with `tocsin run`.")
        wanted = ids[0] if name == "latest" else name
        fitting = [wanted] if wanted in ids else [id for id in ids if id.startswith(wanted)]
        if not fitting:
            raise TocsinError(f'There is no run "{name}" in {self.root}{did_you_mean(name, ids[:8])}.')
        if len(fitting) > 1:
            some = ", ".join(fitting[:4])
            raise TocsinError(f'"{name}" begins {len(fitting)} runs ({some}); write more of the id.')
        with self._database.reading() as session:
            row = session.get_one(RunRow, fitting[0])
            session.expunge(row)
        return Run(self, self._database, row)

    def runs(self) -> list[RunSummary]:
        """All runs, the newest first."""
        rounds = select(func.count()).where(RoundRow.run == RunRow.id, RoundRow.round > 0).scalar_subquery()
        last = (
            select(EventRow.kind).where(EventRow.run == RunRow.id).order_by(EventRow.seq.desc()).limit(1)
        ).scalar_subquery()
        columns = (RunRow.id, RunRow.name, RunRow.seed, RunRow.created, rounds, last)
        with self._database.reading() as session:
            rows = session.execute(select(*columns).order_by(RunRow.created.desc(), RunRow.id.desc())).all()
        return [RunSummary(*row) for row in rows]


class Run:
    """One run of the store: its study, its rounds, its events. Rows are added and never changed."""

    def __init__(self, store: Store, database: Database, row: RunRow) -> None:
        self._database = database
        self.id = row.id
        self.name = row.name
        self.seed = row.seed
        self.created = row.created
        self.folder = store.root / row.id
        self.study_data: dict[str, Any] = row.study
        self.made_by = Provenance(row.tocsin, row.packages, row.commit, row.machine)

    @cached_property
    def study(self) -> Study:
        """The study as it was run. Raises TocsinError where this version cannot read it any more."""
        return parse(self.study_data, f"the study of run {self.id}")

    def add_round(self, record: RoundRecord) -> None:
        """Keep a round and its measures, in one transaction. The same record again changes nothing.

        Raises TocsinError for another record of a round that is there, and for a number that is not finite.
        """
        text = record.model_dump_json()
        if _read(text) != record:  # JSON has no NaN and no infinity
            raise TocsinError(f"Round {record.round} of run {self.id} holds a number that is not finite.")
        with self._database.writing() as session:
            there = session.get(RoundRow, (self.id, record.round))
            if there is not None:
                if _read(there.record) == record:
                    return
                raise TocsinError(
                    f"Round {record.round} of run {self.id} is in the store with other values; "
                    "a round is never changed, so start a new run."
                )
            session.add(RoundRow(run=self.id, round=record.round, record=text))
            session.add_all(
                MeasureRow(run=self.id, round=record.round, **measure.model_dump()) for measure in record.measures
            )

    def rounds(self) -> tuple[RoundRecord, ...]:
        """All rounds that were kept, in order."""
        query = select(RoundRow.record).where(RoundRow.run == self.id).order_by(RoundRow.round)
        with self._database.reading() as session:
            return tuple(RoundRecord.model_validate_json(text) for text in session.scalars(query))

    def event(self, kind: EventKind, detail: Mapping[str, Any] | None = None) -> Event:
        """Note that something happened, now. `detail` must be JSON."""
        with self._database.writing() as session:
            seq = session.scalar(select(func.count()).where(EventRow.run == self.id)) or 0
            plain = json.loads(json.dumps(dict(detail or {})))
            event = Event(seq=seq, time=_iso(datetime.now(UTC)), kind=kind, detail=plain)
            session.add(EventRow(run=self.id, **vars(event)))
        return event

    def events(self) -> tuple[Event, ...]:
        """Everything that happened, in order."""
        query = select(EventRow).where(EventRow.run == self.id).order_by(EventRow.seq)
        with self._database.reading() as session:
            return tuple(Event(row.seq, row.time, _kind(row.kind), row.detail) for row in session.scalars(query))


def _id(name: str, now: datetime) -> str:
    """Sorts by time, can be read, and is not met twice: `20261122-1612-service-desk-a3f`."""
    word = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:32].strip("-") or "run"
    return f"{now:%Y%m%d-%H%M}-{word}-{secrets.token_hex(2)[:3]}"


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")


def _read(text: str) -> RoundRecord | None:
    try:
        return RoundRecord.model_validate_json(text)
    except ValidationError:
        return None


def _kind(text: str) -> EventKind:
    return text  # type: ignore[return-value]  # only `event` writes it
