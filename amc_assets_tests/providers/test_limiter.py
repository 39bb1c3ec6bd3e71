"""The limiter alone, on a clock that only sleeping moves; eight real processes are in test_state_race.py."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.clock import Clock, FixedClock
from amc_assets.providers.errors import QuotaSpent, RateLimited
from amc_assets.providers.road.limiter import SharedLimiter, Unlimited
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.slots import DayCount
from amc_assets.providers.road.sqlite_state import SqliteRows, SqliteState
from amc_assets.providers.road.state import StateError
from amc_assets_tests.providers.roads import EVENING
from amc_assets_tests.providers.windows import most_in_any_window


def limiter_at(path: Path, clock: Clock) -> SharedLimiter:
    """Return a limiter on a state file, as another process would open it."""
    return SharedLimiter(SqliteState(path, clock), clock)


def test_a_window_is_counted_right() -> None:
    assert most_in_any_window([0, 1, 2, 3], 2) == 2
    assert most_in_any_window([0, 0.1, 0.2, 5], 1) == 3
    assert most_in_any_window([], 1) == 0


def test_without_shared_state_the_race_passes_the_limit(tmp_path) -> None:
    """The planted fault: a state file per process is what an in-memory limiter would be."""
    limits = RoadLimits(calls=40, per_seconds=1.0)
    taken = []
    for number in range(3):
        clock = FixedClock(EVENING)
        limiter = limiter_at(tmp_path / f"{number}.db", clock)
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
@settings(max_examples=30)
def test_no_window_ever_holds_more_than_the_limit(tmp_path_factory, calls, per_seconds, pauses, data) -> None:
    burst = data.draw(st.integers(1, calls))
    limits = RoadLimits(calls, per_seconds, burst=burst)
    clock = FixedClock(EVENING)
    limiter = limiter_at(tmp_path_factory.mktemp("limit") / "state.db", clock)
    taken = []
    for pause in pauses:
        clock.sleep(pause)
        limiter.acquire("finra", "d", limits, 1e9)
        taken.append(clock.monotonic())
    assert most_in_any_window(taken, per_seconds) <= calls


def test_waiting_is_spaced_and_per_provider(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=5, per_seconds=60)
    limiter = limiter_at(tmp_path / "state.db", clock)
    limiter.acquire("polygon", "d", limits, 30)
    limiter.acquire("finra", "d", limits, 30)
    assert clock.slept == []
    limiter.acquire("polygon", "d", limits, 30)
    assert clock.slept == [pytest.approx(12.24)]


@pytest.mark.parametrize(
    ("calls", "per_seconds", "spacing", "margin"),
    [(1, 1.0, 1.5, 0.5), (8, 1.0, 1.5 / 8, 0.5), (5, 60.0, 12.24, 1.2), (60, 60.0, 1.02, 1.2)],
)
def test_the_first_call_of_a_window_may_be_late_by_the_margin(calls, per_seconds, spacing, margin) -> None:
    """2 % of the window, at least half a second: 20 ms were less than a connection takes."""
    limits = RoadLimits(calls, per_seconds)
    assert limits.interval_seconds == pytest.approx(spacing)
    arrivals = [number * limits.interval_seconds for number in range(calls + 1)]
    assert most_in_any_window([arrivals[0] + 0.999 * margin, *arrivals[1:]], per_seconds) <= calls
    assert limits.punctuality_seconds == pytest.approx(margin / 4)


def test_a_declared_burst_comes_at_once_and_then_the_spacing_holds(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=10, per_seconds=60, burst=4)
    limiter = limiter_at(tmp_path / "state.db", clock)
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
    limiter = limiter_at(tmp_path / "state.db", clock)
    started = clock.monotonic()
    limiter.acquire("finra", "d", limits, 30)
    limiter.acquire("finra", "d", limits, 30)
    assert clock.monotonic() - started == pytest.approx(2 * 1.125)  # not 1.125 + .5: that slot was forfeited
    with pytest.raises(QuotaSpent):  # the forfeited slot was no call, two calls are counted
        limiter.acquire("finra", "d", limits, 30)


class SlowDisk(SqliteState):
    """A state file whose every write takes thirty milliseconds."""

    def __init__(self, path: Path, clock: FixedClock) -> None:
        super().__init__(path, clock)
        self.clock = clock

    @contextmanager
    def writing(self) -> Iterator[SqliteRows]:
        """Let time pass at the end of each write."""
        with super().writing() as rows:
            yield rows
        self.clock.at += timedelta(seconds=0.03)


def test_a_slow_disk_does_not_forfeit_slots_for_ever(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=8, per_seconds=1)
    limiter = SharedLimiter(SlowDisk(tmp_path / "state.db", clock), clock)
    limiter.acquire("sec", "d", limits, 30)
    assert 0 < clock.monotonic() - EVENING.timestamp() < 0.5


def test_a_slot_beyond_the_patience_is_refused_with_its_instant_and_not_taken(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=1, per_seconds=60)
    limiter = limiter_at(tmp_path / "state.db", clock)
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
    limiter = limiter_at(tmp_path / "state.db", clock)
    limits = RoadLimits(calls=100, per_seconds=1, per_day=2)
    limiter.acquire("polygon", "d", limits, 10)
    limiter.acquire("polygon", "d", limits, 10)
    with pytest.raises(QuotaSpent, match=r"the 2 calls of 2026-11-20 \(New York\) are used up"):
        limiter.acquire("polygon", "d", limits, 10)
    clock.at += timedelta(minutes=3)
    limiter.acquire("polygon", "d", limits, 10)


def test_the_count_of_the_day_is_told_without_taking_a_slot(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=100, per_seconds=1, per_day=3)
    limiter = limiter_at(tmp_path / "state.db", clock)
    assert limiter.left("polygon", limits) == DayCount(0, 3)
    limiter.acquire("polygon", "d", limits, 10)
    assert limiter.left("polygon", limits) == limiter.left("polygon", limits) == DayCount(1, 2)
    assert limiter.left("polygon", RoadLimits(calls=1, per_seconds=1)) == DayCount(1, None)
    assert limiter.left("polygon", RoadLimits(calls=1, per_seconds=1, per_day=1)) == DayCount(1, 0)
    assert limiter.left("finra", limits) == DayCount(0, 3)


@pytest.mark.parametrize("per_day", [25, None])
def test_a_day_that_the_provider_calls_spent_is_spent_for_all_until_midnight(tmp_path, per_day) -> None:
    """Another program with the same key, or a count the provider keeps otherwise: its word beats ours."""
    clock, limits = FixedClock(EVENING), RoadLimits(calls=100, per_seconds=1, per_day=per_day)
    limiter, other = (limiter_at(tmp_path / "state.db", clock) for _ in range(2))
    limiter.acquire("alpha_vantage", "d", limits, 10)
    limiter.spend_day("alpha_vantage", limits)
    with pytest.raises(QuotaSpent, match=r"the provider said that the calls of 2026-11-20 \(New York\) are used up"):
        other.acquire("alpha_vantage", "d", limits, 10)
    assert other.left("alpha_vantage", limits) == DayCount(1, 0)
    other.acquire("finra", "d", limits, 10)
    clock.at += timedelta(hours=6)
    assert other.left("alpha_vantage", limits) == DayCount(0, per_day)
    other.acquire("alpha_vantage", "d", limits, 10)


def test_a_hold_reaches_every_user_of_the_file_and_is_at_most_an_hour(tmp_path) -> None:
    clock, limits = FixedClock(EVENING), RoadLimits(calls=100, per_seconds=1)
    limiter_at(tmp_path / "state.db", clock).hold("finra", 30)
    other = limiter_at(tmp_path / "state.db", clock)
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
    before = limiter_at(tmp_path / "state.db", FixedClock(EVENING))
    before.acquire("finra", "d", limits, 0)
    after = FixedClock(EVENING - timedelta(days=30))
    limiter_at(tmp_path / "state.db", after).acquire("finra", "d", limits, 0)
    assert after.slept == []
    before.hold("finra", 600)
    limiter_at(tmp_path / "state.db", after).hold("finra", 1)
    limiter_at(tmp_path / "state.db", after).acquire("finra", "d", limits, 2)


def test_unlimited_waits_for_nothing() -> None:
    limiter = Unlimited()
    limiter.hold("finra", 1000)
    limiter.spend_day("finra", RoadLimits(calls=1, per_seconds=1000))
    for _ in range(1000):
        limiter.acquire("finra", "d", RoadLimits(calls=1, per_seconds=1000), 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"calls": 0}, {"per_seconds": 0.0}, {"burst": 0}, {"burst": 6}, {"retry_attempts": 0}, {"total_seconds": 0.0},
        {"breaker_window_min_calls": 0}, {"breaker_window_min_calls": 21}, {"breaker_window_failure_frac": 0.0},
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
    with pytest.raises(StateError, match=r"state\.db cannot be used"):
        limiter_at(torn, FixedClock(EVENING)).acquire("finra", "d", limits, 1)
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x", encoding="utf-8")
    with pytest.raises(StateError, match="Check that its folder exists"):
        limiter_at(in_the_way / "state.db", FixedClock(EVENING)).acquire("finra", "d", limits, 1)
