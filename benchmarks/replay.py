"""Time a replay of 60 sessions through the assets, over HTTP, and its peak memory, on the simulated market; print JSON.

The simulated market of 3,550 symbols has the size of the recorded one and exists on every machine.
"""

import json
import resource
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import dagster as dg

from amc_assets.defs.running import run_days
from amc_assets.market.calendar import session_offset, sessions_between
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import load_settings

LAST = date(2026, 6, 26)
SESSIONS, SYMBOLS = 60, 3_550
BUDGET_S = 60.0
WARM_BUDGET_S = 1.5


def main(sessions: int = SESSIONS, symbols: int = SYMBOLS) -> int:
    """Measure, print one JSON object and return the exit code."""
    days = sessions_between(session_offset(LAST, 1 - sessions), LAST)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings({"AMC_PLAN": "simulated"}, home=Path(folder))
        market = SimulatedMarket(symbol_count=symbols)
        market.bars(LAST)  # the market is made before the clock starts: it is not part of the product's work
        with open_workspace(settings, market=market) as workspace, dg.DagsterInstance.ephemeral() as instance:
            run_days(workspace, days[:1], instance)  # history of the trailing window, then one warm day
            started = time.perf_counter()
            run_days(workspace, days[1:-1], instance)
            seconds = time.perf_counter() - started
            started = time.perf_counter()
            run_days(workspace, days[-1:], instance)  # bars arrive: this is what a refresh is
            refresh = time.perf_counter() - started
            run_days(workspace, days[-1:], instance)
            started = time.perf_counter()
            run_days(workspace, days[-1:], instance)  # nothing new: the trailing window is still in memory
            repeat = time.perf_counter() - started
    report = {
        "benchmark": "replay",
        "sessions": sessions - 2,
        "symbols": symbols,
        "seconds": round(seconds, 2),
        "seconds_per_session": round(seconds / (sessions - 2), 3),
        "budget_s": BUDGET_S,
        "warm_refresh_with_new_bars_s": round(refresh, 3),
        "warm_refresh_without_news_s": round(repeat, 3),
        "budget_warm_refresh_s": WARM_BUDGET_S,
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    within = seconds <= BUDGET_S and refresh <= WARM_BUDGET_S
    print(json.dumps(report | {"within_budget": within}, indent=1))
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
