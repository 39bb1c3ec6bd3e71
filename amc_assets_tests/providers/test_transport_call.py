"""The road of a library that makes its own HTTP calls: everything but the size cap."""

import threading
import time

import pyarrow as pa
import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import BreakerOpen, NotEntitled, RateLimited, ServerFault, Unreachable
from amc_assets.providers.exchange import Parsed
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.roads import EVENING, Road, open_road

ROW = Parsed(pa.table({"a": [1]}))
LIMITS = RoadLimits(calls=1000, per_seconds=1, burst=1000, breaker_failures=3, breaker_seconds=60)


def a_road(tmp_path, limits: RoadLimits = LIMITS) -> Road:
    """Return a road on which HTTP is not needed."""
    return open_road(tmp_path, lambda request: pytest.fail("no request of ours is made"), limits)


def test_what_the_library_brings_is_dated_named_and_audited(tmp_path) -> None:
    road = a_road(tmp_path)
    fetched = road.transport.call("nasdaq", "option_chain", lambda: ROW)
    assert (fetched.parsed, fetched.fetched_at, fetched.source) == (ROW, EVENING, "nasdaq.option_chain")
    (row,) = road.audit.calls
    assert (row.provider_name, row.endpoint, row.success) == ("nasdaq", "option_chain", True)
    assert (row.status_code, row.response_time_ms) == (None, 0)


def test_only_what_passes_is_tried_again(tmp_path) -> None:
    road = a_road(tmp_path)
    left: list[Exception] = [ServerFault("nasdaq", "d", "a", "n"), RateLimited("nasdaq", "d", "a", "n", 30.0)]

    def ask() -> Parsed:
        if left:
            raise left.pop(0)
        return ROW

    assert road.transport.call("nasdaq", "option_chain", ask).parsed is ROW
    assert sum(road.slept) >= 30
    assert [row.success for row in road.audit.calls] == [False, False, True]
    with pytest.raises(NotEntitled):
        road.transport.call("nasdaq", "option_chain", _raising(NotEntitled("nasdaq", "d", "a", "n")))
    assert len(road.audit.calls) == 4


def _raising(error: Exception):
    def ask() -> Parsed:
        raise error

    return ask


def test_limits_and_breaker_hold(tmp_path) -> None:
    road = a_road(tmp_path, RoadLimits(calls=1, per_seconds=3600, total_seconds=60))
    road.transport.call("nasdaq", "option_chain", lambda: ROW)
    with pytest.raises(RateLimited, match="not asked"):
        road.transport.call("nasdaq", "option_chain", lambda: ROW)
    road = a_road(tmp_path / "b")
    with pytest.raises(ServerFault):
        road.transport.call("nasdaq", "option_chain", _raising(ServerFault("nasdaq", "d", "a", "n")))
    with pytest.raises(BreakerOpen):
        road.transport.call("nasdaq", "option_chain", lambda: ROW)


def test_a_library_that_hangs_is_left_behind_at_the_end_of_the_budget(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, total_seconds=0.3)
    road = open_road(tmp_path, None, limits, clock=SystemClock())
    released = threading.Event()

    def hang() -> Parsed:
        released.wait(60)
        return ROW

    started = time.monotonic()
    with pytest.raises(Unreachable, match="did not come back"):
        road.transport.call("nasdaq", "option_chain", hang)
    assert 0.25 < time.monotonic() - started < 30  # of the sixty that it hangs
    released.set()
    assert [row.success for row in road.audit.calls] == [False]


def test_an_exception_that_was_not_mapped_is_raised_and_audited(tmp_path) -> None:
    road = a_road(tmp_path)
    with pytest.raises(KeyError):
        road.transport.call("nasdaq", "option_chain", _raising(KeyError("strike")))
    (row,) = road.audit.calls
    assert (row.success, row.error_message) == (False, "nasdaq.option_chain: parser fault: KeyError: 'strike'")


def test_a_provider_without_limits_is_named(tmp_path) -> None:
    with pytest.raises(ValueError, match="no limits are set for 'somebody'"):
        a_road(tmp_path).transport.call("somebody", "d", lambda: ROW)
