"""kill -9 at any moment of a replay: the next run leaves each row once, no torn file, no stray file, no open run."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from amc_assets.lake.run_tables import CANDIDATES
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.store.engine import open_engine
from amc_assets.store.runs import unclosed_runs
from amc_assets_tests.faults.leftovers import database_rows, lake_rows, temporary_files
from amc_assets_tests.faults.worker import RUNS, small_market

ROOT = Path(__file__).resolve().parents[2]
FAR = datetime(2100, 1, 1, tzinfo=UTC)
SEED = 20210128
Kill = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return small_market()


@dataclass(frozen=True)
class Target:
    """One way to run the days, what an undisturbed run of it left, and how many seconds that took."""

    how: str
    home: Path
    seconds: float
    lake: dict[str, list[str]]
    database: dict[str, list[str]]

    @property
    def writes(self) -> int:
        return len(self.lake)


def undisturbed(how: str, market: SimulatedMarket, home: Path) -> Target:
    started = time.monotonic()
    RUNS[how](home, market)
    seconds = time.monotonic() - started
    return Target(how, home, seconds, lake_rows(home), database_rows(home))


@pytest.fixture(scope="module")
def plain(market: SimulatedMarket, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """Run once without a kill and without Dagster."""
    return undisturbed("plain", market, tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def jobs(market: SimulatedMarket, tmp_path_factory: pytest.TempPathFactory) -> Target:
    """Run once without a kill through the project's own jobs."""
    return undisturbed("jobs", market, tmp_path_factory.mktemp("jobs"))


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Start the warm parent; return the function that has it fork a run and kill it."""
    parent = subprocess.Popen(
        [sys.executable, "-m", "amc_assets_tests.faults.worker"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip

    def order(given: dict[str, Any]) -> dict[str, Any]:
        parent.stdin.write(json.dumps(given) + "\n")
        parent.stdin.flush()
        answer: dict[str, Any] = json.loads(parent.stdout.readline())
        return answer

    assert json.loads(parent.stdout.readline()) == {"ready": True}
    yield order
    parent.stdin.close()
    assert parent.wait(60) == 0
    parent.stdout.close()


def open_runs(home: Path) -> int:
    if not (home / "amc.db").exists():
        return 0
    engine = open_engine(f"sqlite:///{home / 'amc.db'}")
    try:
        return len(unclosed_runs(engine, FAR))
    finally:
        engine.dispose()


def assert_whole(home: Path, target: Target) -> None:
    """Fail unless ``home`` holds the same rows as the undisturbed run, each once, and nothing else."""
    assert temporary_files(home) == []
    assert open_runs(home) == 0
    there, expected = lake_rows(home), target.lake
    assert sorted(there) == sorted(expected)
    differing = [name for name, rows in expected.items() if there[name] != rows]
    assert differing == []
    assert database_rows(home) == target.database


def survive(
    kill: Kill, market: SimulatedMarket, target: Target, home: Path, order: dict[str, Any]
) -> tuple[int, int] | None:
    """Kill one run, repeat it whole, compare; return torn temporary files and open runs found after the kill.

    None when the run had ended before its moment came: that kill hit nothing and does not count.
    """
    ended = kill({"home": str(home), "how": target.how, **order})
    if ended["exit"] == 0:
        return None
    assert ended["signal"] == signal.SIGKILL, f"the child failed by itself: {ended['exit']}"
    assert ended["written"], "killed before it wrote anything: this kill proves nothing"
    torn, left_open = len(temporary_files(home)), open_runs(home)
    RUNS[target.how](home, market)
    assert_whole(home, target)
    return torn, left_open


def attack(kill: Kill, market: SimulatedMarket, target: Target, folder: Path, count: int) -> tuple[int, int]:
    """Hit ``count`` runs, in turn inside a random write and at a random moment; return torn files and open runs.

    The first kill falls into a discovery run on any machine: where the random ones fall depends on its speed.
    """
    drawn = random.Random(SEED)
    hits = torn = left_open = 0
    for number in range(3 * count):
        inside = {"fsync": drawn.randint(2, target.writes)}  # the first write is kind.json, before any row
        timed = {"seconds": round(drawn.uniform(0.0, 0.6) * target.seconds, 3)}
        order = timed if number % 2 else inside if number else {"fsync": 1, "table": CANDIDATES.name}
        found = survive(kill, market, target, folder / str(number), order)
        if found is not None:
            hits, torn, left_open = hits + 1, torn + found[0], left_open + found[1]
        if hits == count:
            return torn, left_open
    pytest.fail(f"only {hits} of {3 * count} kills hit a run that was writing")


def test_a_killed_run_repeated_leaves_each_row_once(kill: Kill, market: SimulatedMarket, plain: Target, tmp_path: Path):
    torn, _ = attack(kill, market, plain, tmp_path, 5)
    assert torn >= 3, "the kills inside a write must have left torn files to sweep"


def test_a_run_killed_inside_discovery_is_found_open_and_then_closed(
    kill: Kill, market: SimulatedMarket, plain: Target, tmp_path: Path
):
    found = survive(kill, market, plain, tmp_path / "home", {"fsync": plain.writes - 2})
    assert found is not None
    assert found[0] == 1
    assert found[1] >= 1


@pytest.mark.fault
@pytest.mark.slow
@pytest.mark.parametrize(("how", "count"), [("plain", 40), ("jobs", 12)])
def test_many_kills(
    kill: Kill, market: SimulatedMarket, request: pytest.FixtureRequest, tmp_path: Path, how: str, count: int
):
    torn, left_open = attack(kill, market, request.getfixturevalue(how), tmp_path, count)
    assert torn >= count // 3
    assert left_open >= 1, "no kill fell into a discovery run"


def test_the_comparison_sees_a_row_too_many_and_a_stray_file(plain: Target, tmp_path: Path):
    other = tmp_path / "other"
    shutil.copytree(plain.home, other)
    assert_whole(other, plain)
    stray = other / "lake" / "x.parquet.tmp-1-1"
    stray.write_text("half")
    with pytest.raises(AssertionError):
        assert_whole(other, plain)
    stray.unlink()
    min((other / "lake" / "candidates").rglob("*.parquet")).unlink()
    with pytest.raises(AssertionError):
        assert_whole(other, plain)
