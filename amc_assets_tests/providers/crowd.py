"""Eight processes that share nothing but a state: what each of them does (``python -m``), and how they are started."""

import json
import multiprocessing
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import BreakerOpen, RateLimited
from amc_assets.providers.road.audit import ListAudit
from amc_assets.providers.road.breaker import Breakers
from amc_assets.providers.road.limiter import SharedLimiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.mirrored_state import MirroredState
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets.providers.road.state import Change, Document, Result, SharedState, StateError
from amc_assets.providers.road.ticks import stamped
from amc_assets_tests.conftest import ROOT

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

PROCESSES = 8
PREFIX = "amc:test:road:"


class UnlockedState:
    """The planted fault: reads, changes and writes without a lock, as three steps."""

    def __init__(self, inner: SqliteState) -> None:
        self.inner = inner

    def update(self, key: str, change: Change[Result]) -> Result:
        """Overwrite what others wrote in between."""
        document, now = self.read(key)
        changed, result = change(document, now)
        time.sleep(0.0005)
        if changed is not None:
            with self.inner.writing() as rows:
                rows.store(key, stamped(changed, now))
        return result

    def read(self, key: str) -> tuple[Document | None, float]:
        """Read as the state below does."""
        return self.inner.read(key)


def state_at(address: str) -> SharedState:
    """Return the state a test names: ``sqlite:``, ``unlocked:``, a server's address, ``file + address``: a mirror."""
    file, plus, server = address.partition(" + ")
    if plus:
        local = SqliteState(Path(file.removeprefix("sqlite:")))
        return MirroredState(state_at(server), local, SystemClock(), name="the server", pause_seconds=1.0)
    kind, _, rest = address.partition(":")
    if kind == "sqlite":
        return SqliteState(Path(rest))
    if kind == "unlocked":
        return UnlockedState(SqliteState(Path(rest)))
    if kind.startswith("postgresql"):
        from amc_assets.providers.road.postgres_state import PostgresState

        return PostgresState(address)
    from amc_assets.providers.road.redis_state import RedisState

    return RedisState(address, PREFIX)


def crowd(address: str, work: str, seconds: float, limits: RoadLimits, patience_seconds: float) -> list[list[float]]:
    """Let eight processes start at once and return the instants (steady clock) at which each got leave."""
    order = {"address": address, "work": work, "limits": asdict(limits), "patience_seconds": patience_seconds}
    command = [sys.executable, "-m", "amc_assets_tests.providers.crowd", json.dumps({**order, "seconds": seconds})]
    done = subprocess.run(command, stdout=subprocess.PIPE, cwd=ROOT, text=True, check=True, timeout=seconds + 60)
    taken: list[list[float]] = json.loads(done.stdout)
    assert len(taken) == PROCESSES
    return taken


def race(state: SharedState, limits: RoadLimits, until: float, patience_seconds: float) -> list[float]:
    """Take slots until ``until``; return the instants (steady clock) at which leave was given."""
    limiter = SharedLimiter(state, SystemClock())
    taken = []
    while time.monotonic() < until:
        try:
            limiter.acquire("finra", "race", limits, patience_seconds)
        except (RateLimited, StateError):
            time.sleep(0.0005)
            continue
        taken.append(time.monotonic())
    return taken


def probe(state: SharedState, limits: RoadLimits) -> list[float]:
    """Ask a half-open breaker for leave once; return when it was given."""
    breakers = Breakers(state, {"finra": limits}, ListAudit(), SystemClock())
    try:
        breakers.enter("finra", "race")
    except BreakerOpen:
        return []
    taken = [time.monotonic()]
    time.sleep(0.5)  # the others ask while this one probes
    return taken


def take_part(order: dict[str, Any], start: "Barrier", results: "Queue[list[float]]") -> None:
    """Open a state of one's own, wait for the others, do the work, hand in the instants."""
    limits, state = RoadLimits(**order["limits"]), state_at(order["address"])
    state.read("warm-up")
    start.wait(30)
    until = time.monotonic() + order["seconds"]
    is_race = order["work"] == "race"
    results.put(race(state, limits, until, order["patience_seconds"]) if is_race else probe(state, limits))


def main() -> None:
    """Fork eight processes before any state is open (eight interpreters would take seconds), print what they took."""
    order = json.loads(sys.argv[1])
    state_at(order["address"])  # opens nothing; what it imports is then there for all eight
    forks = multiprocessing.get_context("fork")
    start, results = forks.Barrier(PROCESSES), forks.Queue()
    children = [forks.Process(target=take_part, args=(order, start, results)) for _ in range(PROCESSES)]
    for child in children:
        child.start()
    taken = [results.get(timeout=order["seconds"] + 40) for _ in children]
    for child in children:
        child.join()
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    main()
