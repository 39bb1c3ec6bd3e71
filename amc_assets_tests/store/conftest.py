"""Databases for the tests of the store: every test runs on SQLite and on a real PostgreSQL."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from sqlalchemy import Engine

from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.results import CandidateRow, DetectorRow
from amc_assets.store.runs import DiscoveryRun, start_run
from amc_assets_tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

ROOT = Path(__file__).resolve().parents[2]
AS_OF = datetime(2021, 1, 27, 23, 45, tzinfo=UTC)
RUN_ID = uuid5(UUID(int=0), "a run of the tests")

Spawn = Callable[..., subprocess.Popen[str]]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database without tables, once per backend."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/amc.db"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Yield an open database with all tables."""
    opened = open_engine(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def run(engine: Engine) -> DiscoveryRun:
    """Return a run that has started."""
    started = make_run()
    start_run(engine, started)
    return started


def make_run(run_id: UUID = RUN_ID, **changes: object) -> DiscoveryRun:
    """Return a run of 27 January 2021 that is not in any database yet."""
    values: dict[str, object] = {
        "discovery_run_id": run_id,
        "strategy_used": "unified_detectors",
        "session_type": "regular",
        "trade_date": date(2021, 1, 27),
        "as_of": AS_OF,
        "calibration_hash": "c" * 64,
        "is_simulated": False,
        "started_at": AS_OF,
    }
    return DiscoveryRun(**(values | changes))  # type: ignore[arg-type]


def candidate_rows(count: int, action: str = "watchlist") -> list[CandidateRow]:
    """Return `count` candidates, S1 the best; `action` tells one generation from another."""
    return [
        CandidateRow(
            symbol=f"S{rank}",
            rank=rank,
            score=1 - rank / 1000,
            confidence=0.5,
            ranking_score=0.9 - rank / 1000,
            action=action,
            explanation={"detectors": [{"name": "squeeze", "score": 0.25, "reason": None}]},
        )
        for rank in range(1, count + 1)
    ]


def detector_rows(count: int) -> list[DetectorRow]:
    """Return rows of six detectors for `count` symbols."""
    return [
        DetectorRow(
            symbol=f"S{symbol}",
            detector_name=f"detector_{detector}",
            raw_score=0.5,
            confidence_score=None,
            data_sources_used=("polygon", "finra"),
            soft_gate_penalties={"atr": -0.05},
        )
        for symbol in range(1, count + 1)
        for detector in range(6)
    ]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Yield a function that starts worker.py with a task; whatever still runs at the end is killed by its id."""
    started: list[subprocess.Popen[str]] = []

    def start(task: str, *arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("worker.py")), task, *map(str, arguments)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def say(process: subprocess.Popen[str]) -> str:
    """Return the next line the worker prints."""
    assert process.stdout is not None
    line = process.stdout.readline().strip()
    assert line, "the worker ended without a word: its traceback is above"
    return line


def release(processes: list[subprocess.Popen[str]]) -> None:
    """Let workers that printed "ready" go on, all at once."""
    for process in processes:
        assert say(process) == "ready"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> dict[str, object]:
    """Return the JSON object the worker prints at its end."""
    decoded: dict[str, object] = json.loads(say(process))
    return decoded
