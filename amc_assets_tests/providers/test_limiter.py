"""The limiter alone on a fixed clock, and eight real processes against one limit."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import QuotaSpent, RateLimited
from amc_assets.providers.road.limiter import SharedLimiter, Unlimited
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.statefile import StateFile, StateFileError
from amc_assets_tests.conftest import ROOT
from amc_assets_tests.providers.roads import EVENING

PROCESSES = 8


def most_in_any_window(instants: list[float], seconds: float) -> int:
    """Return the greatest number of instants in any half-open window of ``seconds``."""
    times, first, most = sorted(instants), 0, 0
    for last, at in enumerate(times):
        while at - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def crowd(tmp_path: Path, work: str, seconds: float, limits: RoadLimits, patience_seconds: float) -> list[list[float]]:
    """Run eight processes at once and return what each took."""
    start = time.monotonic() + 1.5
    command = [sys.executable, "-m", "amc_assets_tests.providers.crowd", work, str(tmp_path / "state.db"), str(start)]
    rest = [str(start + seconds), str(limits.calls), str(limits.per_seconds), str(limits.burst), str(patience_seconds)]
    children = [
        subprocess.Popen([*command, *rest], stdout=subprocess.PIPE, cwd=ROOT, text=True) for _ in range(PROCESSES)
    ]
    out = [child.communicate(timeout=60)[0] for child in children]
    assert all(child.returncode == 0 for child in children)
    return [json.loads(text) for text in out]


def test_a_window_is_counted_right() -> None:
    assert most_in_any_window([0, 1, 2, 3], 2) == 2
    assert most_in_any_window([0, 0.1, 0.2, 5], 1) == 3
    assert most_in_any_window([], 1) == 0


@pytest.mark.parametrize(
    ("burst", "patience_seconds"), [(1, 0.0), (1, 5.0), (10, 0.0)], ids=["tight", "paced", "burst"]
)
def test_eight_processes_never_pass_the_limit_in_any_window(tmp_path, burst, patience_seconds) -> None:
    limits = RoadLimits(calls=60, per_seconds=2.0, burst=burst)
    taken = crowd(tmp_path, "race", 5.0, limits, patience_seconds)
    assert sum(1 for mine in taken if mine) >= 2, "one process took everything: nothing was raced for"
    together = [at for mine in taken for at in mine]
    assert most_in_any_window(together, 2.0) <= 60
    assert len(together) >= 2.5 * 60 * 0.4, "the limit was kept by hardly calling at all"


def test_without_shared_state_the_race_passes_the_limit(tmp_path) -> None:
    """The planted fault: a state file per process is what an in-memory limiter would be."""
    limits = RoadLimits(calls=40, per_seconds=1.0)
    taken = []
    for number in range(3):
        clock = FixedClock(EVENING)
        limiter = SharedLimiter(StateFile(tmp_path / f"{number}.db"), clock)
        for _ in range(40):
            limiter.acquire("finra", "d", limits, 10)
            taken.append(clock.monotonic())
    assert most_in_any_window(taken, 1.0) > 40


@given(
    calls=st.integers(1, 50),
    per_seconds=st.floats(0.5, 100),
    pauses=st.lists(st.floats(0, 30), min_size=1, max_size=40),
    data=st.data(),
)
@settings(max_examples=30, deadline=None)
def test_no_window_ever_holds_more_than_the_limit(tmp_path_factory, calls, per_seconds, pauses, data) -> None:
    burst = data.draw(st.integers(1, calls))
    limits = RoadLimits(calls, per_seconds, burst=burst)
    clock = FixedClock(EVENING)
    limiter = SharedLimiter(StateFile(tmp_path_factory.mktemp("limit") / "state.db"), clock)
    taken = []
    for pause in pauses:
        clock.sleep(pause)
        limiter.acquire("finra", "d", limits, 1e9)
        taken.append(clock.monotonic())
    assert most_in_any_window(taken, per_seconds) <= calls


def test_waiting_is_spaced_and_per_provider(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=5, per_seconds=60)
    limiter = SharedLimiter(StateFile(tmp_path / "state.db"), clock)
    limiter.acquire("polygon", "d", limits, 30)
    limiter.acquire("finra", "d", limits, 30)
    assert clock.slept == []
    limiter.acquire("polygon", "d", limits, 30)
    assert clock.slept == [pytest.approx(12.24)]


def test_a_declared_burst_comes_at_once_and_then_the_spacing_holds(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=10, per_seconds=60, burst=4)
    limiter = SharedLimiter(StateFile(tmp_path / "state.db"), clock)
    for _ in range(4):
        limiter.acquire("finra", "d", limits, 30)
    assert sum(clock.slept) < 1e-3
    limiter.acquire("finra", "d", limits, 30)
    assert clock.slept[-1] == pytest.approx(61.2 / 7)


class SleepyClock(FixedClock):
    """A clock whose machine wakes sleepers half a second late, the first time."""

    def sleep(self, seconds: float) -> None:
        """Sleep too long once."""
        super().sleep(seconds + (0.5 if not self.slept else 0.0))


def test_whoever_wakes_too_late_takes_another_slot(tmp_path) -> None:
    clock, limits = SleepyClock(EVENING), RoadLimits(calls=4, per_seconds=4, per_day=2)
    limiter = SharedLimiter(StateFile(tmp_path / "state.db"), clock)
    started = clock.monotonic()
    limiter.acquire("finra", "d", limits, 30)
    limiter.acquire("finra", "d", limits, 30)
    assert clock.monotonic() - started == pytest.approx(2 * 1.02)  # not 1.02 + .5: that slot was forfeited
    with pytest.raises(QuotaSpent):  # the forfeited slot was no call, two calls are counted
        limiter.acquire("finra", "d", limits, 30)


class SlowDisk(StateFile):
    """A state file whose every write takes thirty milliseconds."""

    def __init__(self, path: Path, clock: FixedClock) -> None:
        super().__init__(path)
        self.clock = clock

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Let time pass at the end of each write."""
        with super().writing() as connection:
            yield connection
        self.clock.at += timedelta(seconds=0.03)


def test_a_slow_disk_does_not_forfeit_slots_for_ever(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=8, per_seconds=1)
    limiter = SharedLimiter(SlowDisk(tmp_path / "state.db", clock), clock)
    limiter.acquire("sec", "d", limits, 30)
    assert 0 < clock.monotonic() - EVENING.timestamp() < 0.5


def test_a_slot_beyond_the_patience_is_refused_with_its_instant_and_not_taken(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=1, per_seconds=60)
    limiter = SharedLimiter(StateFile(tmp_path / "state.db"), clock)
    limiter.acquire("polygon", "d", limits, 0)
    for _ in range(3):
        with pytest.raises(
            RateLimited, match=r"not asked: .* in 61\.2 s.* 10\.0 s left.*2026-11-20 23:51:01 UTC"
        ) as caught:
            limiter.acquire("polygon", "d", limits, 10)
        assert caught.value.retry_after_seconds == pytest.approx(61.2)
    clock.sleep(61.3)
    limiter.acquire("polygon", "d", limits, 0)


def test_the_day_quota_ends_at_midnight_new_york(tmp_path) -> None:
    clock = FixedClock(datetime(2026, 11, 21, 4, 58, tzinfo=UTC))  # 23:58 of the 20th in New York
    limiter = SharedLimiter(StateFile(tmp_path / "state.db"), clock)
    limits = RoadLimits(calls=100, per_seconds=1, per_day=2)
    limiter.acquire("polygon", "d", limits, 10)
    limiter.acquire("polygon", "d", limits, 10)
    with pytest.raises(QuotaSpent, match=r"the 2 calls of 2026-11-20 \(New York\) are used up"):
        limiter.acquire("polygon", "d", limits, 10)
    clock.at += timedelta(minutes=3)
    limiter.acquire("polygon", "d", limits, 10)


def test_a_hold_reaches_every_user_of_the_file_and_is_at_most_an_hour(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=100, per_seconds=1)
    SharedLimiter(StateFile(tmp_path / "state.db"), clock).hold("finra", 30)
    other = SharedLimiter(StateFile(tmp_path / "state.db"), clock)
    with pytest.raises(RateLimited, match=r"in 30\.0 s"):
        other.acquire("finra", "d", limits, 5)
    other.hold("finra", 10)
    with pytest.raises(RateLimited, match=r"in 30\.0 s"):
        other.acquire("finra", "d", limits, 5)
    other.hold("finra", 1e9)
    with pytest.raises(RateLimited, match=r"in 3600\.0 s"):
        other.acquire("finra", "d", limits, 5)


def test_a_restart_of_the_machine_does_not_block(tmp_path) -> None:
    """The steady clock starts again at zero: slots of before must not lie in the far future."""
    limits = RoadLimits(calls=1, per_seconds=60)
    before = SharedLimiter(StateFile(tmp_path / "state.db"), FixedClock(EVENING))
    before.acquire("finra", "d", limits, 0)
    after = FixedClock(EVENING - timedelta(days=30))
    SharedLimiter(StateFile(tmp_path / "state.db"), after).acquire("finra", "d", limits, 0)
    assert after.slept == []
    before.hold("finra", 600)
    SharedLimiter(StateFile(tmp_path / "state.db"), after).hold("finra", 1)
    SharedLimiter(StateFile(tmp_path / "state.db"), after).acquire("finra", "d", limits, 2)


def test_unlimited_waits_for_nothing() -> None:
    limiter = Unlimited()
    limiter.hold("finra", 1000)
    for _ in range(1000):
        limiter.acquire("finra", "d", RoadLimits(calls=1, per_seconds=1000), 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls": 0}, {"per_seconds": 0.0}, {"burst": 0}, {"burst": 6}, {"retry_attempts": 0}, {"total_seconds": 0.0},
        {"breaker_failures": 0}, {"breaker_successes": 0}, {"retry_jitter_frac": 1.0}, {"retry_growth": 0.5},
    ],
    ids=str,
)  # fmt: skip
def test_senseless_limits_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match=r"RoadLimits|burst"):
        RoadLimits(**{"calls": 5, "per_seconds": 60.0, **wrong})


def test_an_unusable_state_file_is_named(tmp_path) -> None:
    torn = tmp_path / "state.db"
    torn.write_bytes(b"this is no database" * 100)
    limits = RoadLimits(calls=1, per_seconds=1)
    with pytest.raises(StateFileError, match=r"state\.db cannot be used"):
        SharedLimiter(StateFile(torn), FixedClock(EVENING)).acquire("finra", "d", limits, 1)
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x", encoding="utf-8")
    with pytest.raises(StateFileError, match="Check that its folder exists"):
        SharedLimiter(StateFile(in_the_way / "state.db"), FixedClock(EVENING)).acquire("finra", "d", limits, 1)
