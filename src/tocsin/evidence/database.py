"""The SQLite file under the run store: opening, migrating, and saying plainly what is wrong with it."""

import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from tocsin.errors import TocsinError
from tocsin.evidence.tables import HEAD

PATIENCE = 10.0
"""Seconds to wait for another process that writes."""

_SENTENCES = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and resume the run",
    sqlite3.SQLITE_BUSY: "another process keeps it locked; wait for that one to end, or stop it",
    sqlite3.SQLITE_LOCKED: "another process keeps it locked; wait for that one to end, or stop it",
    sqlite3.SQLITE_READONLY: "it may not be written; change its permissions, or set TOCSIN_RUNS",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check its folder, or set TOCSIN_RUNS",
    sqlite3.SQLITE_IOERR: "the disk cannot be read or written; check it, or set TOCSIN_RUNS",
    sqlite3.SQLITE_NOTADB: "it is no SQLite database; move it away",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restore it from a copy, or move it away",
}


class Database:
    """One SQLite file in WAL mode, migrated to the newest schema."""

    def __init__(self, path: Path) -> None:
        """Open or create. Raises TocsinError where it cannot be used, or was written by a newer Tocsin."""
        self.path = path
        self._engine = _engine(path)
        with self._plainly(), self._engine.execution_options(write=True).begin() as connection:
            _migrate(connection, path)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the store."""
        with self._plainly(), Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction that no other writer can enter: it is kept whole, or not at all."""
        with self._plainly(), Session(self._engine.execution_options(write=True)) as session, session.begin():
            yield session

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        try:
            with _ctrl_c_waits():
                yield
        except DBAPIError as error:
            code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the high bits only refine the low ones
            if code not in _SENTENCES:
                raise
            raise TocsinError(f"The run store {self.path}: {_SENTENCES[code]}.") from None


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C takes effect at the end: in the middle, the driver would print a traceback of its own."""
    if threading.current_thread() is not threading.main_thread():  # which alone is ever interrupted
        yield
        return
    pressed: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if pressed and callable(before):
            before(*pressed[0])


def _engine(path: Path) -> Engine:
    # No pool: a connection that outlives its use keeps the file busy, and opening one takes microseconds.
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": PATIENCE}, poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver would begin transactions too late: we begin them
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def _migrate(connection: Connection, path: Path) -> None:
    tables = connection.execute(text("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"))
    if tables.scalar():
        here = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if here == HEAD:
            return
        if here is not None and here > HEAD:
            raise TocsinError(f"The run store {path} was written by a newer Tocsin; upgrade this one.")
    from alembic import command  # here, because a store that is up to date should open fast
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
