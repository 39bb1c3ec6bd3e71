"""Dagster's own history: SQLite in the state folder, PostgreSQL by DATABASE_URL, and four processes at a fresh home.

This is also the contract test of the semi-internal Dagster modules that ``defs/instance_storage.py`` leans on.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from sqlalchemy.pool import NullPool, QueuePool

from amc_assets.defs import instance_storage
from amc_assets.defs.instance_storage import one_at_a_time, pooled_postgres
from amc_assets.defs.running import instance_of

ROOT = Path(__file__).resolve().parents[2]
WORKER = Path(__file__).with_name("worker.py")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder with copies of dagster.yaml and workspace.yaml the working folder; no variable is set."""
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    for name in ("AMC_HOME", "DAGSTER_HOME", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def start(folder: Path, *arguments: object, **variables: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", str(WORKER), *map(str, arguments)],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def answer(process: subprocess.Popen[str]) -> dict[str, object]:
    out, errors = process.communicate(timeout=180)
    assert process.returncode == 0, errors[-3000:]
    found: dict[str, object] = json.loads(out.strip().splitlines()[-1])
    return found


def test_four_processes_at_a_fresh_home_share_one_history(project: Path) -> None:
    """Opened together without the lock, a fresh home is corrupt for good; every later process fails on it."""
    started = [start(project, "materialise", 1) for _ in range(4)]
    for process in started:
        assert answer(process)["storage"] == "SqliteRunStorage"
    found = answer(start(project, "runs"))
    assert found["runs"] == 4
    assert found["root"] == str(project / ".amc" / "dagster")
    assert found["logs"] == str(project / ".amc" / "dagster" / "logs")
    for database in (project / ".amc" / "dagster").rglob("runs.db"):
        with closing(sqlite3.connect(database)) as opened:
            assert len(opened.execute("SELECT * FROM alembic_version").fetchall()) == 1
    assert list((project / ".amc" / "dagster" / "logs").rglob("*.out"))
    assert {path.name for path in project.iterdir()} == {"dagster.yaml", "workspace.yaml", ".amc"}


def test_the_second_process_waits_for_the_first(project: Path) -> None:
    """While one process holds the first opening, another does not touch the storage; when it dies, it goes on."""
    base = project / ".amc" / "dagster"
    base.mkdir(parents=True)
    with one_at_a_time(base):
        waiting = start(project, "runs")
        time.sleep(4.0)
        assert waiting.poll() is None
        assert {path.name for path in base.iterdir() if "lock" not in path.name} == set()
    assert answer(waiting)["runs"] == 0


def test_a_lock_that_is_never_free_is_an_error(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The wait ends with SQLite's own error instead of going on for ever."""
    monkeypatch.setattr(instance_storage, "FIRST_OPEN_SECONDS", 0.05)
    with one_at_a_time(project), pytest.raises(sqlite3.OperationalError, match="locked"), one_at_a_time(project):
        pytest.fail("two processes were let in")


def test_amc_home_moves_the_history(project: Path) -> None:
    """AMC_HOME carries everything, Dagster's own files too."""
    home = project / "elsewhere"
    found = answer(start(project, "materialise", 1, AMC_HOME=str(home)))
    assert found["root"] == str(home / "dagster")
    assert not (project / ".amc").exists()


def test_the_demo_writes_where_dagster_dev_reads(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`amc demo` (instance_of) and a process that opens dagster.yaml see the same runs, for each kind of home."""
    default, other = project / ".amc", project / "other"
    for home, variables in ((default, {}), (other, {"AMC_HOME": str(other)})):
        home.mkdir()
        with instance_of(home) as instance:
            assert dg.materialize([_nothing], instance=instance).success
        assert answer(start(project, "runs", **variables))["runs"] == 1
    monkeypatch.setenv("AMC_HOME", str(other))
    with instance_of(other) as instance:
        assert instance.get_runs_count() == 1


def test_no_home_means_memory(project: Path) -> None:
    """A replay passes a home that does not exist: its hundred runs are no history of the installation."""
    with instance_of(Path("-")) as instance:
        assert instance.is_ephemeral
    assert {path.name for path in project.iterdir()} == {"dagster.yaml", "workspace.yaml"}


def test_postgres_keeps_history_and_connections(project: Path, postgres_url: str) -> None:
    """DATABASE_URL selects PostgreSQL in every process; the state folder holds files only."""
    assert answer(start(project, "materialise", 1, DATABASE_URL=postgres_url))["storage"] == "PostgresRunStorage"
    assert answer(start(project, "runs", DATABASE_URL=postgres_url))["runs"] == 1
    assert not list((project / ".amc" / "dagster").rglob("*.db"))


def test_postgres_connections_are_pooled(postgres_url: str) -> None:
    """Contract with dagster-postgres: its engines are NullPool until asked, and a pool holds one connection each."""
    from dagster_postgres.storage import DagsterPostgresStorage

    plain = DagsterPostgresStorage(postgres_url)
    pooled = pooled_postgres(postgres_url, None)
    for storage, kind in ((plain, NullPool), (pooled, QueuePool)):
        for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
            assert isinstance(part._engine.pool, kind)
    assert pooled.run_storage.get_runs_count() == 0
    assert pooled.run_storage.get_runs_count() == 0
    assert pooled.run_storage._engine.pool.checkedin() == 1
    for part in (pooled.run_storage, pooled.event_log_storage, pooled.schedule_storage):
        part._engine.dispose()


@dg.asset
def _nothing() -> None:
    """Hold nothing."""
