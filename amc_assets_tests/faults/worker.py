"""A warm parent of runs to be killed: it imports everything once, then forks one run per line it is sent.

Started as a process of its own, so that the test's process is never forked. Each line is a JSON object: ``home``,
``fsync`` (the child kills itself with SIGKILL in the middle of its n-th lake write, of those of a ``table`` when one is
given) or ``seconds`` (the parent kills it that long after its first row or file). The answer is a JSON line: how it
ended and what stood on disk at that moment.
"""

import json
import os
import signal
import sys
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

from amc_assets.lake import files
from amc_assets.lake.tables import DAILY_BARS, SHORT_VOLUME
from amc_assets.market.calendar import end_of_day_as_of, sessions_between
from amc_assets.pipeline import ingest, listing, share_counts
from amc_assets.pipeline.discovery import discover
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import load_settings

DAYS = sessions_between(date(2024, 5, 15), date(2024, 5, 17))
FIRST_DAY, SETTLEMENT = date(2024, 5, 1), date(2024, 4, 30)


def small_market() -> SimulatedMarket:
    """Return 150 symbols with ten sessions of past: every table gets rows, and a run takes seconds."""
    return SimulatedMarket(symbol_count=150, first_day=FIRST_DAY, last_day=date(2024, 6, 28))


def run(home: Path, market: SimulatedMarket) -> None:
    """Replay the days through the project's own jobs."""
    import dagster as dg

    from amc_assets.defs.running import run_days

    with (
        open_workspace(load_settings({"AMC_PLAN": "simulated"}, home=home), market=market) as workspace,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        run_days(workspace, DAYS, instance)


def run_plain(home: Path, market: SimulatedMarket) -> None:
    """Do the same days without Dagster, as fast as the machine can: ingest what is not held, then discover."""
    with open_workspace(load_settings({"AMC_PLAN": "simulated"}, home=home), market=market) as workspace:
        listing.ingest_universe(workspace, DAYS[0])
        share_counts.ingest_share_counts(workspace, DAYS[0])
        for day in sessions_between(FIRST_DAY, DAYS[-1]):
            for schema, fetch in ((DAILY_BARS, ingest.ingest_daily_bars), (SHORT_VOLUME, ingest.ingest_short_volume)):
                if not workspace.lake.holds(schema, day.isoformat()):
                    fetch(workspace, day)
        ingest.ingest_splits(workspace, DAYS[0], DAYS[-1], DAYS[-1])
        ingest.ingest_short_interest(workspace, SETTLEMENT)
        history = workspace.history(DAYS[0], DAYS[-1])
        for day in DAYS:
            discover(workspace, Moment(day, "regular", end_of_day_as_of(day)), history)


RUNS = {"jobs": run, "plain": run_plain}


def written(home: Path) -> list[str]:
    """Return the Parquet files and torn temporary files of a home."""
    return [str(path.relative_to(home)) for path in (home / "lake").rglob("*.parquet*")]


def kill_at_write(number: int, table: str | None) -> None:
    """Make this process kill itself when it has written its n-th temporary file (of a table) and not yet renamed it."""
    seen, honest = [0], files._fsync

    def fsync(path: Path) -> None:
        seen[0] += table is None or table in path.parts
        if seen[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)
        honest(path)

    files._fsync = fsync


def child(order: dict[str, Any], market: SimulatedMarket) -> None:
    """Run in the forked child; never returns."""
    try:
        if order.get("fsync"):
            kill_at_write(int(order["fsync"]), order.get("table"))
        RUNS[order["how"]](Path(order["home"]), market)
    except BaseException:  # noqa: BLE001 - a forked child must never fall back into its parent's loop
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def killed(order: dict[str, Any], market: SimulatedMarket) -> dict[str, Any]:
    """Fork a run, see it killed, and return how it ended and what it had written."""
    process = os.fork()
    if process == 0:
        child(order, market)
    status = _killed_after(process, order) if "seconds" in order else os.waitpid(process, 0)[1]
    by_signal = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    return {"signal": by_signal, "exit": os.waitstatus_to_exitcode(status), "written": written(Path(order["home"]))}


def _killed_after(process: int, order: dict[str, Any]) -> int:
    """Wait for the first file, then the given time, then kill; return how the process ended."""
    home = Path(order["home"])
    while not written(home):
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return status
        time.sleep(0.002)
    time.sleep(order["seconds"])
    os.kill(process, signal.SIGKILL)  # not reaped yet, so the number still belongs to it even if it has ended
    return os.waitpid(process, 0)[1]


def main() -> None:
    """Answer orders until the input ends."""
    warnings.simplefilter("ignore")
    import amc_assets.defs.running  # noqa: F401 - warm: what a child needs is imported before the first fork

    market = small_market()
    for day in sessions_between(FIRST_DAY, DAYS[-1]):
        market.bars(day)
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(killed(json.loads(line), market)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
