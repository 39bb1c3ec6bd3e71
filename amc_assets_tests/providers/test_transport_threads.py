"""Nothing waits for a call but its caller: threads run in parallel, no transaction is open during a call."""

import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from amc_assets.clock import SystemClock
from amc_assets.providers.road.cache_sqlite import SqliteCache
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.retry_budget import RetryBudget
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets_tests.providers.far_end import answer, serving
from amc_assets_tests.providers.roads import as_text, ask, open_road

LIMITS = RoadLimits(calls=100_000, per_seconds=1, burst=50_000, total_seconds=20)
THREADS, CALL_SECONDS = 8, 0.5


def test_eight_threads_through_one_transport_take_the_time_of_one_call(tmp_path) -> None:
    """Through one pybreaker around the call they took turns: eight times 0.1 s were 0.8 s."""
    under_way, most, lock = [0], [0], threading.Lock()

    def slow(connection) -> None:
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        time.sleep(CALL_SECONDS)
        with lock:
            under_way[0] -= 1
        answer(b"fine")(connection)

    road = open_road(tmp_path, None, LIMITS, clock=SystemClock(), cache=SqliteCache(tmp_path / "cache.db"))
    with serving(slow) as far, ThreadPoolExecutor(THREADS) as pool:
        urls = [f"{far.url}?n={number}" for number in range(THREADS)]
        list(pool.map(lambda url: road.transport.fetch(ask(url=url, fresh_seconds=60.0), as_text), urls))
    assert most[0] == THREADS, "they were not in parallel"
    assert far.did == len(road.audit.calls) == THREADS


def test_no_transaction_is_open_while_a_call_is_under_way(tmp_path) -> None:
    tried: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        for path in tmp_path.glob("*.db"):
            _write_alone(path)
            tried.append(path.name)
        return httpx.Response(200, content=b"fine")

    cache, budget = SqliteCache(tmp_path / "cache.db"), RetryBudget(SqliteState(tmp_path / "retries.db"))
    road = open_road(tmp_path, handler, LIMITS, cache=cache, retry_budget=budget)
    for _ in range(2):
        road.transport.fetch(ask(fresh_seconds=60.0, url=f"https://x.test/{_}"), as_text)
    assert {"state.db", "cache.db"} <= set(tried)


def _write_alone(path: Path) -> None:
    connection = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN EXCLUSIVE")  # fails at once when anybody holds a lock
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def test_an_open_transaction_would_be_found(tmp_path) -> None:
    holder = sqlite3.connect(tmp_path / "state.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        _write_alone(tmp_path / "state.db")
    except sqlite3.OperationalError as error:
        assert "locked" in str(error)  # noqa: PT017 - the guard's own proof
    else:
        raise AssertionError("an open transaction went unnoticed")
    finally:
        holder.close()
