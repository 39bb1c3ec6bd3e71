"""Opening a database: addresses, settings, and a sentence for everything that can be wrong."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, event, func, insert, make_url, select, text
from sqlalchemy.pool import QueuePool

from amc_assets.store.engine import open_engine, parse_url, upgrade
from amc_assets.store.errors import StoreError
from amc_assets.store.models import candidates, discovery_audit_log
from amc_assets.store.results import candidates_of_run, replace_candidates
from amc_assets.store.runs import DiscoveryRun, start_run
from amc_assets.store.transactions import database_name, reading, writing
from amc_assets_tests.store.conftest import RUN_ID, Spawn, answer, candidate_rows, make_run


@pytest.mark.parametrize(
    "url",
    [
        "postgres://amc:pw@db.example/amc",
        "postgresql://amc:pw@db.example/amc",
        "postgresql+psycopg://amc:pw@db.example/amc",
        "postgresql:///amc?host=/var/run/postgresql",
    ],
)
def test_every_postgresql_address_uses_the_shipped_driver(url: str) -> None:
    parsed = parse_url(url)
    assert parsed.drivername == "postgresql+psycopg2"
    assert parsed.query == make_url(url).query
    assert parsed.password == make_url(url).password


def test_a_relative_sqlite_path_does_not_move_with_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert parse_url("sqlite:///.amc/amc.db").database == str(tmp_path / ".amc" / "amc.db")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("nonsense", "cannot be read"),
        ("mysql://amc:hunter2@db.example/amc", "mysql is not supported"),
        ("sqlite://", "not a plain file"),
        ("sqlite:///:memory:", "not a plain file"),
        ("sqlite:///file:amc.db?uri=true", "not a plain file"),
    ],
)
def test_an_address_that_cannot_serve_is_refused_with_what_would(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as caught:
        open_engine(url)
    assert "postgresql://user:password@host/database" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_passwords_are_masked_wherever_the_address_holds_them() -> None:
    name = database_name(make_url("postgresql://amc:hunter2@db.example/amc?sslpassword=hunter3&sslmode=require"))
    assert "hunter" not in name
    assert "sslmode=require" in name


def test_sqlite_is_opened_for_several_processes(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/new/deep/amc.db")
    with reading(engine) as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys", "synchronous")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "busy_timeout": 30_000, "foreign_keys": 1, "synchronous": 1}


def test_postgresql_uses_the_pool_of_the_brief(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    pool = engine.pool
    assert isinstance(pool, QueuePool)
    assert (pool.size(), pool._max_overflow, pool._timeout, pool._recycle, pool._pre_ping) == (20, 30, 30, 3600, True)
    engine.dispose()


def test_a_connection_the_server_ended_is_replaced(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    with reading(engine) as connection:
        ended = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    other = open_engine(postgres_url)
    with reading(other) as connection:
        assert connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": ended}).scalar_one()
    with reading(engine) as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != ended
    engine.dispose()
    other.dispose()


def test_a_server_that_is_down_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="check that the server runs") as caught:
        open_engine(f"postgresql://amc:hunter2@/amc?host={tmp_path}")
    assert str(tmp_path) in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_database_that_does_not_exist_is_named(postgres_url: str) -> None:
    missing = make_url(postgres_url).set(database="no_such_database").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match=r"no_such_database.*create that database"):
        open_engine(missing)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "amc.db"
    file.write_bytes(b"symbol,close\nGME,347.51\n" * 200)
    before = file.read_bytes()
    with pytest.raises(StoreError, match=r"not a database.*move it away"):
        open_engine(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"folder cannot be created.*DATABASE_URL"):
        open_engine(f"sqlite:///{tmp_path}/file/amc.db")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"unable to open.*DATABASE_URL"):
        open_engine(f"sqlite:///{tmp_path}")


def test_missing_tables_say_which_command_makes_them(database_url: str) -> None:
    engine = open_engine(database_url)
    with pytest.raises(StoreError, match="amc db upgrade"):
        candidates_of_run(engine, RUN_ID)
    engine.dispose()


def test_a_failing_row_is_not_quoted(engine: Engine) -> None:
    row = {"discovery_run_id": RUN_ID, "symbol": "SECRETIVE", "strategy": "unified_detectors"}
    with pytest.raises(StoreError) as caught, writing(engine) as connection:
        connection.execute(insert(candidates), row)
    assert "SECRETIVE" not in str(caught.value)
    assert "parameters hidden" in str(caught.value.__cause__)  # Dagster stores the whole chain
    assert "nothing of this write was kept" in str(caught.value)


def test_a_full_disk_is_said_and_keeps_the_old_rows(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/amc.db")
    upgrade(engine)
    start_run(engine, make_run())
    replace_candidates(engine, RUN_ID, candidate_rows(3, action="old"))
    engine.dispose()

    def no_more_pages(connection: sqlite3.Connection, _entry: object) -> None:
        connection.execute("PRAGMA max_page_count=1")  # SQLite takes the present size: not one page more

    event.listen(engine, "connect", no_more_pages)
    big = [replace(row, explanation={"why": "x" * 20_000}) for row in candidate_rows(99, action="new")]
    with pytest.raises(StoreError, match=r"disk is full.*free some disk space"):
        replace_candidates(engine, RUN_ID, big)
    assert [stored.row.action for stored in candidates_of_run(engine, RUN_ID)] == ["old"] * 3
    engine.dispose()


def test_a_writer_that_waits_too_long_is_told_who_to_look_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/amc.db"
    engine = open_engine(url)
    upgrade(engine)
    other = open_engine(url)
    event.listen(other, "connect", lambda connection, _entry: connection.execute("PRAGMA busy_timeout=50"))
    other.dispose()
    with pytest.raises(StoreError, match=r"locked.*hanging run"), writing(engine), writing(other):
        pytest.fail("two writers at once")
    engine.dispose()
    other.dispose()


def test_the_switch_to_wal_waits_for_another_process(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "amc.db", isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN EXCLUSIVE")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        holder.execute("COMMIT")
        holder.close()

    engine = open_engine(f"sqlite:///{tmp_path}/amc.db", sleep=sleep)
    assert slept
    with reading(engine) as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    engine.dispose()


def test_a_forked_child_opens_its_own_connection(database_url: str, spawn: Spawn) -> None:
    assert answer(spawn("fork", database_url, "guarded")) == {
        "shared_by_child": False,
        "parent_works": True,
        "parent_keeps_its_own": True,
    }


def test_the_fork_test_sees_a_shared_connection(database_url: str, spawn: Spawn) -> None:
    assert answer(spawn("fork", database_url, "planted"))["shared_by_child"] is True


def test_a_transaction_is_kept_whole_or_not_at_all(engine: Engine, run: DiscoveryRun) -> None:
    def forget_and_break() -> None:
        with writing(engine) as connection:
            connection.execute(delete(discovery_audit_log))
            raise KeyError(run.strategy_used)

    with pytest.raises(KeyError):
        forget_and_break()
    with reading(engine) as connection:
        assert connection.execute(select(func.count()).select_from(discovery_audit_log)).scalar_one() == 1
