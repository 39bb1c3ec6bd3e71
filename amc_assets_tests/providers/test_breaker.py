"""The breaker: opens in a row and by rate, heals by one probe, is shared, and is never in the way of a slow call."""

import threading
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.clock import FixedClock, SystemClock
from amc_assets.providers.errors import BreakerOpen, ServerFault
from amc_assets.providers.road.audit import ListAudit
from amc_assets.providers.road.breaker import Breakers, Permit
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets_tests.providers.roads import EVENING

LIMITS = RoadLimits(calls=60, per_seconds=60, breaker_failures=3, breaker_seconds=300, total_seconds=120)
BROKEN = ServerFault("finra", "d", "GET x was answered 500", "wait")


def breakers(folder: Path, clock: FixedClock, limits: RoadLimits = LIMITS, *, enabled: bool = True) -> Breakers:
    """Return breakers on a file of ``folder``, as another process would open them."""
    return Breakers(SqliteState(folder / "state.db", clock), {"finra": limits}, ListAudit(), clock, enabled=enabled)


def call(shared: Breakers, failure: ServerFault | None) -> None:
    """Make one call with this outcome."""
    shared.record(shared.enter("finra", "d"), failure)


def events(shared: Breakers) -> list[str]:
    """Return the changes this process told the audit."""
    audit = shared._audit
    assert isinstance(audit, ListAudit)
    return [event.event_type for event in audit.breaker_events]


def test_it_opens_after_failures_in_a_row_and_says_until_when(tmp_path) -> None:
    clock = FixedClock(EVENING)
    shared = breakers(tmp_path, clock)
    for failure in (BROKEN, BROKEN, None, BROKEN, BROKEN):
        call(shared, failure)
    assert events(shared) == []
    call(shared, BROKEN)
    assert events(shared) == ["OPENED"]
    event = shared._audit.breaker_events[0]  # type: ignore[attr-defined]
    assert event.failure_count == 3
    assert event.auto_recovery_at == EVENING + timedelta(seconds=300)
    assert "answered 500" in (event.trigger_reason or "")
    for refuse in (shared.check, shared.enter, breakers(tmp_path, clock).enter):
        with pytest.raises(BreakerOpen, match=r"not asked: .*open for 300 s.* 23:55:00 UTC"):
            refuse("finra", "d")


def test_it_opens_by_rate_when_failures_never_come_in_a_row(tmp_path) -> None:
    """Four failures out of five and a success between: counting in a row alone never opened (measured)."""
    patient = RoadLimits(calls=60, per_seconds=60, breaker_failures=5)
    shared = breakers(tmp_path, FixedClock(EVENING), patient)
    for failure in [BROKEN, BROKEN, BROKEN, BROKEN, None] * 2:  # nine calls are too few, the tenth is a success
        call(shared, failure)
        assert events(shared) == []
    call(shared, BROKEN)
    assert events(shared) == ["OPENED"]


@pytest.mark.parametrize(("successes_first", "opens"), [(0, True), (2, False)])
def test_half_of_the_last_twenty_calls_is_enough_to_open_it_and_one_less_is_not(
    tmp_path, successes_first, opens
) -> None:
    """Ten of twenty, or nine: no two in a row, and the rate is judged at the last one."""
    limits = RoadLimits(calls=60, per_seconds=60, breaker_failures=20, breaker_window_min_calls=20)
    shared = breakers(tmp_path, FixedClock(EVENING), limits)
    for failure in [*[None] * successes_first, *[None, BROKEN] * 10][:19]:
        call(shared, failure)
        assert events(shared) == []
    call(shared, BROKEN)
    assert events(shared) == (["OPENED"] if opens else [])


def test_a_fair_share_of_failures_does_not_open_it(tmp_path) -> None:
    shared = breakers(tmp_path, FixedClock(EVENING))
    for _ in range(20):
        for failure in (None, None, BROKEN):
            call(shared, failure)
    assert events(shared) == []


def test_half_open_lets_one_probe_through_and_closes_on_its_success(tmp_path) -> None:
    clock = FixedClock(EVENING)
    mine, theirs = breakers(tmp_path, clock), breakers(tmp_path, clock)
    for _ in range(3):
        call(mine, BROKEN)
    clock.sleep(301)
    theirs.check("finra", "d")
    probe = theirs.enter("finra", "d")
    assert probe.probe
    for refuse in (mine.check, mine.enter):
        with pytest.raises(BreakerOpen, match="another process is probing"):
            refuse("finra", "d")
    theirs.record(probe, None)
    assert events(theirs) == ["HALF_OPENED", "CLOSED"]
    assert not mine.enter("finra", "d").probe
    for _ in range(2):  # what was before it opened is forgotten
        call(mine, BROKEN)
    assert events(mine) == ["OPENED"]


def test_a_failed_probe_opens_it_again_for_the_whole_time(tmp_path) -> None:
    clock = FixedClock(EVENING)
    shared = breakers(tmp_path, clock)
    for _ in range(3):
        call(shared, BROKEN)
    clock.sleep(301)
    call(shared, BROKEN)
    assert events(shared) == ["OPENED", "HALF_OPENED", "OPENED"]
    clock.sleep(299)
    with pytest.raises(BreakerOpen):
        shared.enter("finra", "d")


def test_several_good_probes_when_the_limits_ask_for_them(tmp_path) -> None:
    clock = FixedClock(EVENING)
    cautious = RoadLimits(calls=60, per_seconds=60, breaker_failures=1, breaker_seconds=10, breaker_successes=3)
    shared = breakers(tmp_path, clock, cautious)
    call(shared, BROKEN)
    clock.sleep(11)
    for expected in ([], [], ["CLOSED"]):
        call(shared, None)
        assert events(shared)[2:] == expected


def test_good_probes_of_an_earlier_time_do_not_count(tmp_path) -> None:
    clock = FixedClock(EVENING)
    cautious = RoadLimits(calls=60, per_seconds=60, breaker_failures=1, breaker_seconds=10, breaker_successes=2)
    shared = breakers(tmp_path, clock, cautious)
    call(shared, BROKEN)
    for failure in (None, BROKEN):
        clock.sleep(11)
        call(shared, failure)
    clock.sleep(11)
    call(shared, None)
    assert events(shared)[-1] == "HALF_OPENED"
    call(shared, None)
    assert events(shared)[-1] == "CLOSED"


def test_the_window_is_the_limits_own(tmp_path) -> None:
    keen = RoadLimits(
        calls=60, per_seconds=60, breaker_failures=9, breaker_window_calls=5, breaker_window_min_calls=4,
        breaker_window_failure_frac=0.7,
    )  # fmt: skip
    shared = breakers(tmp_path, FixedClock(EVENING), keen)
    for failure in (BROKEN, BROKEN, None, BROKEN):
        assert events(shared) == []
        call(shared, failure)
    assert events(shared) == ["OPENED"]


def test_a_probe_that_never_answers_loses_its_reservation(tmp_path) -> None:
    clock = FixedClock(EVENING)
    shared = breakers(tmp_path, clock)
    for _ in range(3):
        call(shared, BROKEN)
    clock.sleep(301)
    lost = shared.enter("finra", "d")
    clock.sleep(LIMITS.total_seconds + 1)
    second = shared.enter("finra", "d")
    shared.record(lost, BROKEN)  # it comes back after all: too late to decide
    assert events(shared) == ["OPENED", "HALF_OPENED"]
    shared.record(second, None)
    assert events(shared)[-1] == "CLOSED"


def test_a_probe_given_back_frees_the_place(tmp_path) -> None:
    clock = FixedClock(EVENING)
    shared = breakers(tmp_path, clock)
    for _ in range(3):
        call(shared, BROKEN)
    clock.sleep(301)
    shared.release(shared.enter("finra", "d"))
    assert shared.enter("finra", "d").probe
    shared.release(Permit("finra", "d"))  # an ordinary permit holds nothing


def test_a_late_answer_to_a_call_of_before_does_not_close_it(tmp_path) -> None:
    clock = FixedClock(EVENING)
    shared = breakers(tmp_path, clock)
    slow = shared.enter("finra", "d")
    for _ in range(3):
        call(shared, BROKEN)
    shared.record(slow, None)
    with pytest.raises(BreakerOpen):
        shared.check("finra", "d")


def test_the_reset_job_moves_what_is_due_and_nothing_else(tmp_path) -> None:
    clock = FixedClock(EVENING)
    shared = breakers(tmp_path, clock)
    assert shared.half_open_due() == []
    for _ in range(3):
        call(shared, BROKEN)
    assert shared.half_open_due() == []
    clock.sleep(301)
    assert shared.half_open_due() == ["finra"]
    assert shared.half_open_due() == []
    assert [status.state for status in shared.statuses()] == ["half-open"]
    assert shared.enter("finra", "d").probe


def test_switched_off_it_counts_and_never_refuses(tmp_path) -> None:
    clock = FixedClock(EVENING)
    off = breakers(tmp_path, clock, enabled=False)
    for _ in range(5):
        off.check("finra", "d")
        call(off, BROKEN)
    assert events(off) == ["OPENED"]
    with pytest.raises(BreakerOpen):
        breakers(tmp_path, clock).check("finra", "d")


def test_a_restart_of_the_machine_leads_to_a_probe_not_to_a_longer_wait(tmp_path) -> None:
    shared = breakers(tmp_path, FixedClock(EVENING))
    for _ in range(3):
        call(shared, BROKEN)
    after = breakers(tmp_path, FixedClock(EVENING - timedelta(days=30)))
    assert after.enter("finra", "d").probe


def test_slow_calls_of_threads_run_side_by_side(tmp_path) -> None:
    """Wrapping calls in pybreaker let one of eight threads work at a time."""
    shared = Breakers(SqliteState(tmp_path / "state.db"), {"finra": LIMITS}, ListAudit(), SystemClock())
    together = threading.Barrier(8, timeout=30)

    def slow() -> None:
        permit = shared.enter("finra", "d")
        together.wait()  # one after another would break it
        shared.record(permit, None)

    threads = [threading.Thread(target=slow) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not together.broken


@given(st.lists(st.sampled_from(["good", "bad", "wait", "late"]), max_size=60))
@settings(max_examples=40)
def test_whatever_happens_it_heals_once_the_provider_does(tmp_path_factory, story) -> None:
    clock = FixedClock(EVENING)
    shared = breakers(tmp_path_factory.mktemp("breaker"), clock)
    held: list[Permit] = []
    for step in story:
        if step == "wait":
            clock.sleep(100)
            continue
        try:
            permit = shared.enter("finra", "d")
        except BreakerOpen:
            continue
        if step == "late":
            held.append(permit)
        else:
            shared.record(permit, BROKEN if step == "bad" else None)
    for permit in held:
        shared.record(permit, BROKEN)
    clock.sleep(LIMITS.breaker_seconds + LIMITS.total_seconds + 1)
    call(shared, None)
    assert [status.state for status in shared.statuses()] == ["closed"]
    changes = events(shared)
    assert all(change == "HALF_OPENED" for before, change in pairwise(changes) if before == "OPENED")
