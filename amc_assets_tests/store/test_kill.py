"""kill -9 in the middle of a write: the old rows or the new ones, never a mix, and a repeat that works."""

import signal
import sqlite3
import subprocess
import time

import pytest
from sqlalchemy import Engine, text

from amc_assets.store.results import candidates_of_run, replace_candidates
from amc_assets.store.runs import DiscoveryRun, start_run
from amc_assets.store.transactions import reading
from amc_assets_tests.store.conftest import RUN_ID, Spawn, candidate_rows, make_run, say

OTHER_SESSIONS = text(
    "SELECT count(*) FILTER (WHERE state = 'idle in transaction'), count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


def _in_transaction(engine: Engine) -> bool:
    """Return whether another process holds a transaction open that has written or is about to."""
    if engine.dialect.name == "postgresql":
        with reading(engine) as connection:
            return int(connection.execute(OTHER_SESSIONS).one()[0]) == 1
    probe = sqlite3.connect(str(engine.url.database), timeout=0, isolation_level=None)
    try:
        probe.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    else:
        return False
    finally:
        probe.close()


def _kill(engine: Engine, worker: subprocess.Popen[str]) -> None:
    worker.send_signal(signal.SIGKILL)
    assert worker.wait(timeout=30) == -signal.SIGKILL
    if engine.dialect.name == "postgresql":
        for _ in range(200):  # the server has to notice
            with reading(engine) as connection:
                if connection.execute(OTHER_SESSIONS).one()[1] == 0:
                    return
            time.sleep(0.05)
        pytest.fail("the killed worker's session is still there")


def _actions(engine: Engine) -> list[str]:
    return [stored.row.action for stored in candidates_of_run(engine, RUN_ID)]


@pytest.mark.parametrize(
    ("point", "left"),
    [
        ("locked", ["old"] * 20),
        ("deleted", ["old"] * 20),
        ("inserted", ["old"] * 20),
        ("committed", ["new"] * 30),
    ],
)
def test_a_killed_writer_leaves_old_or_new_rows(
    engine: Engine, run: DiscoveryRun, spawn: Spawn, point: str, left: list[str]
) -> None:
    replace_candidates(engine, RUN_ID, candidate_rows(20, action="old"))
    worker = spawn("stop_at", engine.url.render_as_string(hide_password=False), RUN_ID, point, "whole")
    assert say(worker) == point
    assert _in_transaction(engine) is (point != "committed")
    assert _actions(engine) == left  # a reader is not held up and sees no half
    _kill(engine, worker)
    assert _actions(engine) == left

    start_run(engine, make_run())
    replace_candidates(engine, RUN_ID, candidate_rows(30, action="new"))
    assert _actions(engine) == ["new"] * 30


def test_the_kill_test_sees_a_write_in_two_transactions(engine: Engine, run: DiscoveryRun, spawn: Spawn) -> None:
    replace_candidates(engine, RUN_ID, candidate_rows(20, action="old"))
    worker = spawn("stop_at", engine.url.render_as_string(hide_password=False), RUN_ID, "inserted", "planted")
    assert say(worker) == "inserted"
    assert _in_transaction(engine)
    _kill(engine, worker)
    assert _actions(engine) == [], "the planted fault should have lost the old rows"
