import os
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event

import tocsin.evidence
from tocsin.errors import TocsinError
from tocsin.evidence import Provenance, Run, Store, database, run_json
from tocsin.evidence.store import FILE
from tocsin.evidence.tables import HEAD, Base, EventRow
from tocsin.records import Measure, Refusal, RoundRecord, Spread
from tocsin.study import Study

MADE_BY = Provenance("1.2.3", {"torch": "2.6"}, "abc", {"cores": 2, "cpu": "a processor"})
STUDY = Study(name="Service desk, Nr. 1", seed=7)


def record(round: int = 1, total: float = 0.1 + 0.2) -> RoundRecord:
    return RoundRecord(
        round=round,
        asked=(0, 1),
        answered=(0,),
        refused=(Refusal(client=1, reason="its update is not finite"),),
        measures=(
            Measure(probe="p", group="a", moment="before", by="clients", n=4, total=total, squares=0.3),
            Measure(probe="p", group="a", moment="before", by="server", n=4, total=total, squares=0.3),
        ),
        spreads=(Spread(probe="p", moment="after", votes=(1, 0)),),
        seconds={"training": 1.5},
        bytes_up=9,
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "runs")


@pytest.fixture
def run(store: Store) -> Run:
    return store.new_run(STUDY, MADE_BY)


@contextmanager
def raw(store: Store) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(store.root / "tocsin.sqlite", isolation_level=None)) as connection:
        yield connection


def test_a_run_comes_back_as_it_went_in(store: Store, run: Run) -> None:
    run.add_round(record(2))
    run.add_round(record(1))
    again = Store.open(store.root, create=False).run(run.id)
    assert again.study == STUDY
    assert again.made_by == MADE_BY
    assert again.rounds() == (record(1), record(2))
    assert again.folder.is_dir()
    assert (again.id, again.name, again.seed, again.created) == (run.id, STUDY.name, 7, run.created)


def test_ids_are_readable_and_sortable(run: Run) -> None:
    assert re.fullmatch(r"\d{8}-\d{4}-service-desk-nr-1-[0-9a-f]{3}", run.id)
    assert run.created.endswith("+00:00")


def test_the_same_round_again_is_a_no_op_and_another_is_refused(store: Store, run: Run) -> None:
    run.add_round(record())
    run.add_round(record())
    with pytest.raises(TocsinError, match=r"Round 1 .* other values"):
        run.add_round(record(total=0.4))
    assert run.rounds() == (record(),)
    with raw(store) as connection:
        assert connection.execute("SELECT count(*) FROM measures").fetchone() == (2,)


def test_a_round_is_kept_whole_or_not_at_all(store: Store, run: Run) -> None:
    twice = record().model_copy(update={"measures": record().measures[:1] * 2})
    with pytest.raises(Exception, match=r"never changed|UNIQUE|conflicts"):
        run.add_round(twice)
    assert run.rounds() == ()
    with raw(store) as connection:
        assert connection.execute("SELECT count(*) FROM measures").fetchone() == (0,)


def test_numbers_that_json_cannot_hold_are_refused(run: Run) -> None:
    with pytest.raises(TocsinError, match="not finite"):
        run.add_round(RoundRecord(round=1, seconds={"training": float("nan")}))


@pytest.mark.parametrize("table", ["runs", "rounds", "measures", "events"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "REPLACE"])
def test_rows_are_never_changed(store: Store, run: Run, table: str, change: str) -> None:
    run.add_round(record())
    with raw(store) as connection:
        columns = [f'"{column[1]}"' for column in connection.execute(f"PRAGMA table_info({table})")]
        statement = change.format(table, columns[0], columns[0])
        if change == "REPLACE":
            statement = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
        before = connection.execute(f"SELECT * FROM {table}").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match=f"rows of {table} are never changed"):
            connection.execute(statement)
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == before != []


def test_events_are_in_order_and_the_last_is_the_state(store: Store, run: Run) -> None:
    run.event("interrupted", {"round": 2})
    run.add_round(record(0))
    run.add_round(record(1))
    run.event("finished")
    assert [(event.seq, event.kind) for event in run.events()] == [
        (0, "started"), (1, "interrupted"), (2, "finished"),
    ]  # fmt: skip
    assert run.events()[1].detail == {"round": 2}
    (summary,) = store.runs()
    assert (summary.id, summary.rounds, summary.state) == (run.id, 1, "finished")


def test_runs_are_found_by_id_by_beginning_and_as_latest(store: Store, run: Run) -> None:
    other = store.new_run(Study(name="another"), MADE_BY)
    assert store.run().id == store.run("latest").id == other.id
    assert store.run(run.id).id == store.run(run.id[:-1]).id == run.id
    assert [summary.id for summary in store.runs()] == [other.id, run.id]
    with pytest.raises(TocsinError, match="begins 2 runs"):
        store.run(run.id[:4])
    with pytest.raises(TocsinError, match=f'did you mean "{run.id}"'):
        store.run(run.id.replace("service", "servise"))


def test_an_empty_store_says_so(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TocsinError, match="There are no runs"):
        store.run()
    monkeypatch.setenv("TOCSIN_RUNS", str(tmp_path / "elsewhere"))
    with pytest.raises(TocsinError, match=r"There are no runs in .*elsewhere"):
        Store.open(create=False)
    assert not (tmp_path / "elsewhere").exists()
    Store.open()
    assert (tmp_path / "elsewhere" / "tocsin.sqlite").is_file()


def test_two_processes_can_write(store: Store, run: Run) -> None:
    other = Store.open(store.root).run(run.id)
    run.add_round(record(1))
    other.add_round(record(2))
    assert [one.round for one in run.rounds()] == [1, 2]
    with raw(store) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_locked_store_is_one_sentence(store: Store, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0.01)
    impatient = Store.open(store.root).run(run.id)
    with raw(store) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(TocsinError, match="another process keeps it locked") as caught:
            impatient.add_round(record())
        assert run.rounds() == ()  # reading goes on
    assert str(caught.value).count(".") <= 2 + str(store.root).count(".")


def test_a_full_disk_is_one_sentence(store: Store, run: Run) -> None:
    def small(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")

    event.listen(run._database._engine, "connect", small)
    big = RoundRecord(round=1, refused=tuple(Refusal(client=i, reason="x" * 200) for i in range(500)))
    with pytest.raises(TocsinError, match="the disk is full"):
        run.add_round(big)


def test_what_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "tocsin.sqlite").write_text("This is a letter. " * 100)
    with pytest.raises(TocsinError, match="no SQLite database"):
        Store.open(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(TocsinError, match="cannot be opened"):
        Store.open(tmp_path)


def test_a_file_where_the_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(TocsinError, match="cannot be made"):
        Store.open(tmp_path / "runs")


def test_a_newer_store_is_left_alone(store: Store) -> None:
    with raw(store) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(TocsinError, match="newer Tocsin"):
        Store.open(store.root)


def test_the_migrations_build_the_tables_that_the_code_knows(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(tocsin.evidence.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    with create_engine(f"sqlite:///{store.root / 'tocsin.sqlite'}").connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_ctrl_c_in_a_transaction_waits_for_its_end(store: Store, run: Run, ctrl_c: None) -> None:
    with pytest.raises(KeyboardInterrupt), database.Database(store.root / FILE).writing() as session:
        os.kill(os.getpid(), signal.SIGINT)
        session.add(EventRow(run=run.id, seq=9, time="", kind="resumed", detail={}))
    assert [event.seq for event in run.events()] == [0, 9]


def test_provenance_names_no_host_and_no_person() -> None:
    made_by = tocsin.evidence.provenance()
    text = repr(made_by)
    assert set(made_by.machine) == {"cores", "cpu", "system"}
    assert os.uname().nodename not in text
    assert str(Path.home()) not in text
    assert made_by.packages["python"]


def test_run_json_holds_everything(run: Run) -> None:
    import json

    run.add_round(record())
    run.event("finished")
    data = json.loads(json.dumps(run_json(run)))
    assert data["run"]["id"] == run.id
    assert data["run"]["commit"] == "abc"
    assert Study.model_validate_json(json.dumps(data["run"]["study"])) == STUDY
    assert [RoundRecord.model_validate_json(json.dumps(one)) for one in data["rounds"]] == [record()]
    assert [event["kind"] for event in data["events"]] == ["started", "finished"]
