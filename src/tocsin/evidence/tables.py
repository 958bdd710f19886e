"""The tables of the run store. Migrations build them; a test keeps both the same."""

from typing import Any, ClassVar

from sqlalchemy import JSON, Double, ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

HEAD = "0002"
"""The newest migration: a store that has it needs no look at the others."""


class Base(DeclarativeBase):
    """All tables. None has a hidden row id, so that its primary key is the only way to name a row."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, dict[str, str]: JSON}
    __table_args__: ClassVar[dict[str, Any]] = {"sqlite_with_rowid": False}  # type: ignore[misc]


class RunRow(Base):
    """One run: what was asked, by which code, on which kind of machine. No host name, no user name."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    study: Mapped[dict[str, Any]]
    seed: Mapped[int]
    created: Mapped[str]
    tocsin: Mapped[str]
    packages: Mapped[dict[str, str]]
    commit: Mapped[str | None]
    machine: Mapped[dict[str, Any]]


class RoundRow(Base):
    """One round, as the federation wrote it."""

    __tablename__ = "rounds"

    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    record: Mapped[str]


class MeasureRow(Base):
    """One measure of a round, once more and flat, for queries."""

    __tablename__ = "measures"

    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    round: Mapped[int] = mapped_column(primary_key=True)
    probe: Mapped[str] = mapped_column(primary_key=True)
    group: Mapped[str] = mapped_column(primary_key=True)
    moment: Mapped[str] = mapped_column(primary_key=True)
    by: Mapped[str] = mapped_column(primary_key=True)
    cohort: Mapped[str] = mapped_column(primary_key=True)
    n: Mapped[int]
    total: Mapped[float] = mapped_column(Double)
    squares: Mapped[float] = mapped_column(Double)
    sd: Mapped[float] = mapped_column(Double)


class EventRow(Base):
    """Something that happened to a run, in order."""

    __tablename__ = "events"

    run: Mapped[str] = mapped_column(ForeignKey("runs.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    time: Mapped[str]
    kind: Mapped[str]
    detail: Mapped[dict[str, Any]]
