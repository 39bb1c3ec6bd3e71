"""Eight processes on every backend: never more than the limit, one probe; each race is shown to be one."""

from pathlib import Path

import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import ServerFault
from amc_assets.providers.road.audit import ListAudit
from amc_assets.providers.road.breaker import Breakers
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.crowd import crowd, state_at
from amc_assets_tests.providers.state_fixtures import *  # noqa: F403 - fixtures
from amc_assets_tests.providers.windows import most_in_any_window

AT_ONCE = RoadLimits(calls=60, per_seconds=60, burst=60)
BROKEN = ServerFault("finra", "d", "GET x was answered 500", "wait")


def together(taken: list[list[float]]) -> list[float]:
    """Return all instants; refuse a race in which fewer than three processes won anything."""
    assert sum(1 for mine in taken if mine) >= 3, "hardly anybody took part: nothing was raced for"
    return [at for mine in taken for at in mine]


def test_of_sixty_slots_at_once_exactly_sixty_are_taken(backend: str) -> None:
    assert len(together(crowd(backend, "race", 1.0, AT_ONCE, 0.0))) == 60


def test_a_state_without_a_lock_gives_too_many(tmp_path: Path) -> None:
    """The planted fault: the same race on a state that reads and writes in separate steps."""
    assert len(together(crowd(f"unlocked:{tmp_path}/state.db", "race", 1.0, AT_ONCE, 0.0))) > 60


def test_no_window_ever_passes_the_limit(backend: str) -> None:
    limits = RoadLimits(calls=60, per_seconds=1.5)
    taken = together(crowd(backend, "race", 3.0, limits, 0.0))
    assert most_in_any_window(taken, 1.5) <= 60
    assert len(taken) >= 2 * 60 * 0.4, "the limit was kept by hardly calling at all"


def test_without_a_lock_windows_pass_the_limit(tmp_path: Path) -> None:
    taken = together(crowd(f"unlocked:{tmp_path}/state.db", "race", 3.0, RoadLimits(calls=60, per_seconds=1.5), 0.0))
    assert most_in_any_window(taken, 1.5) > 60


@pytest.mark.slow
@pytest.mark.parametrize("burst", [1, 10])
@pytest.mark.parametrize("patience_seconds", [0.0, 5.0], ids=["tight", "waiting"])
def test_sixty_in_six_seconds_for_thirteen_seconds(backend: str, patience_seconds: float, burst: int) -> None:
    limits = RoadLimits(calls=60, per_seconds=6.0, burst=burst)
    taken = together(crowd(backend, "race", 13.0, limits, patience_seconds))
    assert most_in_any_window(taken, 6.0) <= 60
    assert len(taken) >= 13 / 6 * 60 * 0.7


def open_breaker(backend: str, limits: RoadLimits) -> None:
    """Let the breaker of ``finra`` open."""
    shared = Breakers(state_at(backend), {"finra": limits}, ListAudit(), SystemClock())
    shared.record(shared.enter("finra", "d"), BROKEN)
    assert [status.state for status in shared.statuses()] == ["open"]


def test_of_eight_processes_exactly_one_probes(backend: str) -> None:
    """pybreaker on Redis let all eight through (measured)."""
    short = RoadLimits(calls=40, per_seconds=1.0, breaker_failures=1, breaker_seconds=0.05)
    open_breaker(backend, short)
    taken = crowd(backend, "probe", 0.1, short, 0.0)
    assert sorted(len(mine) for mine in taken) == [0] * 7 + [1]


def test_without_a_lock_several_probe(tmp_path: Path) -> None:
    short = RoadLimits(calls=40, per_seconds=1.0, breaker_failures=1, breaker_seconds=0.05)
    address = f"unlocked:{tmp_path}/state.db"
    probes = 0
    for _ in range(5):
        open_breaker(address, short)
        probes = sum(len(mine) for mine in crowd(address, "probe", 0.1, short, 0.0))
        if probes > 1:
            return
        (tmp_path / "state.db").unlink()
    pytest.fail("eight processes never met: the test above proves nothing")
