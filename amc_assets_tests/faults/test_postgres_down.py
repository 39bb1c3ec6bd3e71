"""A run killed with its PostgreSQL, or left alone by it: after the restart the same run leaves the same rows."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from amc_assets.store.engine import open_engine
from amc_assets.store.runs import unclosed_runs
from amc_assets_tests.faults.leftovers import database_rows, lake_rows, temporary_files
from amc_assets_tests.faults.worker import run, small_market
from amc_assets_tests.postgres import MortalServer, mortal_postgres

__all__ = ["mortal_postgres"]

pytestmark = [pytest.mark.fault, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
FAR = datetime(2100, 1, 1, tzinfo=UTC)
MOMENTS = {
    "fetching": "SELECT count(*) >= 20 FROM amc_store.provider_api_calls",
    "scoring": "SELECT count(*) >= 1 FROM amc_store.discovery_audit_log",
}


@dataclass(frozen=True)
class Undisturbed:
    """What the same days leave where nothing is killed."""

    lake: dict[str, list[str]]
    database: dict[str, list[str]]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """Run the days once on SQLite."""
    home = tmp_path_factory.mktemp("undisturbed")
    run(home, small_market())
    return Undisturbed(lake_rows(home), database_rows(home))


def start(folder: Path, url: str) -> subprocess.Popen[str]:
    """Start the run in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AMC_", "DAGSTER_"))}
    more = {"PYTHONPATH": str(ROOT), "AMC_PLAN": "simulated", "AMC_HOME": str(folder / "state"), "DATABASE_URL": url}
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "amc_assets_tests.faults.postgres_worker"],
        cwd=folder, env=environment | more, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def wait_for(question: str, url: str, process: subprocess.Popen[str]) -> None:
    """Wait until a question to the database is answered with true; tables may not be there yet."""
    engine = create_engine(url, poolclass=NullPool)
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0][-3000:]
        try:
            with engine.connect() as connection:
                if connection.execute(text(question)).scalar_one():
                    return
        except SQLAlchemyError:
            pass
        time.sleep(0.02)
    pytest.fail(f"the run never came to: {question}")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("who", ["run and server", "server"])
def test_the_same_run_after_the_restart_leaves_the_same_rows(
    mortal_postgres: MortalServer, undisturbed: Undisturbed, tmp_path: Path, moment: str, who: str
) -> None:
    for name in ("dagster.yaml", "workspace.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    url, home = mortal_postgres.url, tmp_path / "state"
    process = start(tmp_path, url)
    wait_for(MOMENTS[moment], url, process)
    mortal_postgres.crash()
    if who == "server":
        said = process.communicate(timeout=180)[0]
        assert process.returncode != 0, "the run did not notice: nothing is tested"
        assert "connection" in said
    else:
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
        process.communicate()
    mortal_postgres.start()

    again = start(tmp_path, url)
    said = again.communicate(timeout=300)[0]
    assert again.returncode == 0, said[-3000:]
    engine = open_engine(url)
    assert unclosed_runs(engine, FAR) == []
    engine.dispose()
    assert temporary_files(home) == []
    assert lake_rows(home) == undisturbed.lake
    assert database_rows(home, url) == undisturbed.database
