"""Ctrl-C and SIGTERM: one sentence, exit 130 or 143, nothing torn, no open row; the next run ends as if never stopped.

The moments are the lines that the child prints: it is stopped while it fetches, while it builds, between two sessions.
"""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from amc_assets.store.engine import open_engine
from amc_assets_tests.cli.conftest import IGNITION, PEAK, Replayed

CHILD = """
import sys
from datetime import date
from functools import partial
from amc_assets import cli
from amc_assets.replay import simulated
simulated.SimulatedMarket = partial(
    simulated.SimulatedMarket, symbol_count=200, first_day=date(2026, 3, 2), last_day=date(2026, 9, 18)
)
sys.argv = ["amc", *sys.argv[1:]]
cli.main()
"""
DAYS = ("--from", IGNITION.isoformat(), "--to", PEAK.isoformat())


@dataclass(frozen=True)
class Ended:
    """How a child ended: its code and what it had said on stderr."""

    code: int
    said: list[str]


def replay_until(home: Path, line_starts: str, number: int) -> Ended:
    """Replay two sessions, stop the child by a signal when it has printed a line, and return how it ended."""
    command = [sys.executable, "-c", CHILD, "replay", *DAYS, "--home", str(home), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr is not None
        said = []
        for line in child.stderr:
            said.append(line.rstrip())
            if line.startswith(line_starts):
                child.send_signal(number)
                break
        said += child.stderr.read().splitlines()
        return Ended(child.wait(timeout=60), said)


def reasons_of_failed(home: Path) -> list[str]:
    """Return the reasons of the runs that failed, and see that no row is still open."""
    engine = open_engine(f"sqlite:///{home / 'amc.db'}")
    try:
        with engine.connect() as connection:
            rows = connection.execute(text("select status, reason from discovery_audit_log")).all()
    finally:
        engine.dispose()
    assert [row for row in rows if row.status == "running"] == []
    return [row.reason for row in rows if row.status == "failed"]


@pytest.mark.slow
@pytest.mark.fault
def test_three_stops_and_the_next_run_ends_with_the_same_lists(replayed: Replayed, tmp_path: Path):
    home = tmp_path / "home"
    moments = [
        ("listings: ", signal.SIGINT, 130, "0 of 2"),
        ("events: ", signal.SIGTERM, 143, "0 of 2"),
        (f"{IGNITION} ", signal.SIGINT, 130, "1 of 2"),
    ]
    for line, number, code, stored in moments:
        ended = replay_until(home, line, number)
        assert ended.code == code, ended.said
        assert "Traceback" not in "\n".join(ended.said)
        name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
        assert ended.said[-1].startswith(f"amc: stopped by {name}: {stored} sessions are stored in {home}"), ended.said
        assert f"amc replay --from {IGNITION} --to {PEAK} --float biased --home {home}` goes on" in ended.said[-1]
        assert list(home.rglob("*.tmp-*")) == []
        assert all(reason.startswith("interrupted: ") for reason in reasons_of_failed(home))
    command = [sys.executable, "-c", CHILD, "replay", *DAYS, "--home", str(home), "--json", "--full"]
    whole = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert lists(whole.stdout) == lists(replayed.printed.out)
    assert reasons_of_failed(home) == []


def lists(printed: str) -> list[tuple[str, str, list[tuple[str, float, float]]]]:
    """Return day, strategy and every ranked name with its score and confidence."""
    return [
        (
            screen["trade_date"], screen["strategy"],
            [(name["symbol"], name["score"], name["confidence"]) for name in screen["ranked"]],
        )
        for screen in json.loads(printed)
    ]  # fmt: skip
