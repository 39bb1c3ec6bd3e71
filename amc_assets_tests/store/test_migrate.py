"""Migrations: up and down with rows inside, from an installed package, by several processes at once."""

import ast
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from setuptools import find_packages
from sqlalchemy import Column, Engine, Integer, MetaData, create_engine, insert, inspect, text

from amc_assets.store.engine import current, downgrade, head, open_engine, upgrade
from amc_assets.store.errors import StoreError
from amc_assets.store.migrate import _wait_for_turn
from amc_assets.store.models import candidates, metadata, shared_state
from amc_assets.store.results import replace_candidates
from amc_assets.store.schema import VERSION_TABLE, enter_schema, schema_of
from amc_assets.store.transactions import reading, writing
from amc_assets_tests.store.conftest import ROOT, RUN_ID, Spawn, candidate_rows, release
from amc_assets_tests.store.rows import FIRST_TABLES, counts, fill

STORE = ROOT / "amc_assets" / "store"


def _differences(engine: Engine, wanted: MetaData) -> list[object]:
    with reading(engine) as connection:
        schema = schema_of(connection)
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "version_table": VERSION_TABLE,
            "version_table_schema": schema,
            "include_schemas": schema is not None,
            "include_name": lambda name, kind, _parents: kind != "schema" or name == schema,
        }
        here = MetaData()
        for table in wanted.tables.values():
            table.to_metadata(here, schema=schema)
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), here))


def test_the_newest_revision_is_what_the_models_say(engine: Engine) -> None:
    assert current(engine) == head() == "0003"
    assert _differences(engine, metadata) == []


def test_the_comparison_sees_a_planted_column(engine: Engine) -> None:
    changed = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(changed)
    changed.tables[candidates.fullname].append_column(Column("planted", Integer))
    assert len(_differences(engine, changed)) == 1


def test_rules_are_in_the_database_as_in_the_models(engine: Engine) -> None:
    with reading(engine) as connection:
        inspector = inspect(connection)
        schema = schema_of(connection)
        for table in metadata.tables.values():
            checks = {rule["name"] for rule in inspector.get_check_constraints(table.name, schema=schema)}
            uniques = {rule["name"] for rule in inspector.get_unique_constraints(table.name, schema=schema)}
            assert checks | uniques == {rule.name for rule in table.constraints} - {None}, table.name


def test_going_down_keeps_the_rows_of_surviving_tables(engine: Engine) -> None:
    fill(engine)
    replace_candidates(engine, RUN_ID, candidate_rows(3))
    before = counts(engine)
    assert before["candidates"] == 3

    downgrade(engine, "0001")
    assert current(engine) == "0001"
    kept = {name: rows for name, rows in before.items() if name in FIRST_TABLES}
    assert counts(engine) == kept
    assert all(kept.values())

    upgrade(engine)
    assert counts(engine) == {**kept, "candidates": 0, "shared_state": 0}
    replace_candidates(engine, RUN_ID, candidate_rows(2))
    assert counts(engine)["candidates"] == 2


def test_the_shared_state_comes_and_goes_with_its_own_revision(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(shared_state), {"key": "slots:finra", "document": "{}"})
    fill(engine)
    before = counts(engine)
    downgrade(engine, "0002")
    assert counts(engine) == {name: rows for name, rows in before.items() if name != "shared_state"}
    upgrade(engine)
    assert counts(engine) == {**before, "shared_state": 0}


def test_going_up_keeps_the_rows_of_an_older_database(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade(engine, "0001")
    fill(engine)
    before = counts(engine)
    assert set(before) == FIRST_TABLES
    upgrade(engine)
    assert counts(engine) == {**before, "candidates": 0, "shared_state": 0}
    engine.dispose()


def test_down_to_the_base_and_up_again(engine: Engine) -> None:
    fill(engine)
    downgrade(engine, "base")
    assert current(engine) is None
    with reading(engine) as connection:
        assert inspect(connection).get_table_names(schema=schema_of(connection)) == [VERSION_TABLE]
    upgrade(engine)
    assert not any(counts(engine).values())
    fill(engine)


def test_a_migration_that_fails_leaves_nothing_behind(database_url: str) -> None:
    engine = open_engine(database_url)
    with writing(engine) as connection:
        enter_schema(connection)
        connection.execute(text("CREATE TABLE circuit_breaker_events (planted INTEGER)"))
    with pytest.raises(StoreError, match="circuit_breaker_events"):
        upgrade(engine)
    with reading(engine) as connection:
        assert inspect(connection).get_table_names(schema=schema_of(connection)) == ["circuit_breaker_events"]
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        enter_schema(connection)
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))  # noqa: S608
    with pytest.raises(StoreError, match=r"up to 0003.*newer amc_assets"):
        upgrade(engine)


def test_an_up_to_date_database_is_not_locked(database_url: str) -> None:
    engine = open_engine(database_url)
    upgrade(engine)
    other = open_engine(database_url)
    with writing(other) as connection:
        _wait_for_turn(connection)
        upgrade(engine)  # would wait for `other` until the test's end
    engine.dispose()
    other.dispose()


def test_an_upgrade_waits_for_its_turn(database_url: str) -> None:
    engine, other = open_engine(database_url), open_engine(database_url)
    thread = threading.Thread(target=upgrade, args=(engine,))
    with writing(other) as connection:
        _wait_for_turn(connection)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive(), "the upgrade did not wait"
    thread.join(30)
    assert current(other) == head()
    engine.dispose()
    other.dispose()


def test_eight_processes_open_a_fresh_database_at_once(database_url: str, spawn: Spawn) -> None:
    workers = [spawn("upgrade", database_url) for _ in range(8)]
    release(workers)
    outputs = [worker.communicate(timeout=120)[0].strip() for worker in workers]
    assert outputs == ["done"] * 8
    engine = open_engine(database_url)
    with writing(engine) as connection:
        enter_schema(connection)
        versions = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608
        assert connection.execute(versions).scalars().all() == [head()]
    assert _differences(engine, metadata) == []
    fill(engine)
    engine.dispose()


def test_migrations_work_from_a_package_installed_elsewhere(tmp_path: Path) -> None:
    site = tmp_path / "site 100%"
    shutil.copytree(STORE, site / "amc_assets" / "store", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("__init__.py", "clock.py"):
        shutil.copy(ROOT / "amc_assets" / file, site / "amc_assets" / file)
    code = (
        "from amc_assets.store.engine import *; from amc_assets.store import engine as e; "
        f"o = open_engine('sqlite:///{tmp_path}/amc.db'); upgrade(o); print(current(o), e.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == f"0003 {site}/amc_assets/store/engine.py", done.stderr


def test_the_wheel_takes_every_migration() -> None:
    packages = find_packages(str(ROOT), include=["amc_assets*"])
    folders = {file.parent for file in (STORE / "migrations").rglob("*.py")}
    assert {".".join(folder.relative_to(ROOT).parts) for folder in folders} <= set(packages)
    assert len(list((STORE / "migrations" / "versions").glob("v*.py"))) == 3


def test_migrations_do_not_depend_on_today_s_models() -> None:
    for file in (STORE / "migrations").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not any(name.startswith("amc_assets") for name in names), file


def test_an_sqlite_database_opens_in_plain_sqlalchemy(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/amc.db")
    upgrade(engine)
    plain = create_engine(f"sqlite:///{tmp_path}/amc.db")
    with plain.connect() as connection:
        assert set(inspect(connection).get_table_names()) == {
            *(table.name for table in metadata.tables.values()),
            VERSION_TABLE,
        }
    plain.dispose()
    engine.dispose()


def test_a_backup_of_the_file_restores(tmp_path: Path) -> None:
    """The command of docs/database.md, while the database is open and its write-ahead log holds rows."""
    engine = open_engine(f"sqlite:///{tmp_path}/amc.db")
    upgrade(engine)
    fill(engine)
    before = counts(engine)
    with closing(sqlite3.connect(tmp_path / "amc.db")) as connection:
        connection.execute(f"VACUUM INTO '{tmp_path}/ours.db'")
    engine.dispose()
    restored = open_engine(f"sqlite:///{tmp_path}/ours.db")
    assert (current(restored), counts(restored)) == (head(), before)
    fill(restored)
    restored.dispose()
