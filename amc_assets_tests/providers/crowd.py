"""What a child process of the limiter and breaker tests does; started by ``python -m``, so it shares no memory."""

import json
import sys
import time
from pathlib import Path

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import BreakerOpen, RateLimited
from amc_assets.providers.road.audit import ListAudit
from amc_assets.providers.road.breaker import Breakers
from amc_assets.providers.road.limiter import SharedLimiter
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.statefile import StateFile


def race(state: StateFile, limits: RoadLimits, until: float, patience_seconds: float) -> list[float]:
    """Take slots until ``until``; return the instants (steady clock) at which leave was given."""
    limiter = SharedLimiter(state, SystemClock())
    taken = []
    while time.monotonic() < until:
        try:
            limiter.acquire("finra", "race", limits, patience_seconds)
        except RateLimited:
            time.sleep(0.0005)
            continue
        taken.append(time.monotonic())
    return taken


def probe(state: StateFile, limits: RoadLimits) -> list[float]:
    """Ask a half-open breaker for leave once; return when it was given."""
    breakers = Breakers(state, {"finra": limits}, ListAudit(), SystemClock())
    try:
        breakers.enter("finra", "race")
    except BreakerOpen:
        return []
    time.sleep(0.5)
    return [time.monotonic()]


def main() -> None:
    """Wait for the common start, do the work, print the instants."""
    work, path, start, until, calls, per_seconds, burst, patience_seconds = sys.argv[1:]
    limits = RoadLimits(int(calls), float(per_seconds), burst=int(burst), breaker_seconds=0.2)
    state = StateFile(Path(path))
    time.sleep(max(0.0, float(start) - time.monotonic()))
    taken = race(state, limits, float(until), float(patience_seconds)) if work == "race" else probe(state, limits)
    sys.stdout.write(json.dumps(taken))


if __name__ == "__main__":
    main()
