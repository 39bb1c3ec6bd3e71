"""Work that ends at its deadline whatever it waits for; a name that is looked up for ever among it."""

import socket
import threading
import time
from contextvars import ContextVar
from typing import Any

import pytest

from amc_assets.clock import SystemClock
from amc_assets.providers.errors import Unreachable
from amc_assets.providers.road.limits import RoadLimits
from amc_assets.providers.road.watchdog import Overdue, Watchdog
from amc_assets_tests.providers.far_end import answer, serving
from amc_assets_tests.providers.roads import as_text, ask, open_road

HANGS_SECONDS = 60  # what is not cut off; a busy machine stays far below half of it


def test_work_returns_and_raises_as_if_it_were_done_here() -> None:
    assert Watchdog().run(5, lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        Watchdog().run(5, lambda: 1 // 0)
    with pytest.raises(TimeoutError, match="its own"):
        Watchdog().run(5, lambda: _raise(TimeoutError("its own")))


def _raise(error: BaseException) -> None:
    raise error


def test_work_sees_the_callers_context() -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")
    name.set("run 7")
    assert Watchdog().run(5, name.get) == "run 7"


def test_work_that_does_not_end_is_left_behind() -> None:
    released = threading.Event()
    dog = Watchdog(grace_seconds=0.1)
    started = time.monotonic()
    with pytest.raises(Overdue):
        dog.run(0.1, lambda: released.wait(HANGS_SECONDS))
    assert 0.19 < time.monotonic() - started < HANGS_SECONDS / 2
    assert dog.has_bitten
    released.set()


def test_work_that_ends_in_time_is_not_bitten() -> None:
    dog = Watchdog()
    dog.run(5, lambda: None)
    assert not dog.has_bitten


@pytest.mark.parametrize("comes_back", [True, False], ids=["late", "after the call was given up"])
def test_a_hanging_name_lookup_costs_no_more_than_the_budget(tmp_path, monkeypatch, comes_back) -> None:
    """httpx's connect timeout starts after the lookup; the resolver may take half a minute."""
    released, looked_up = threading.Event(), threading.Event()
    real = socket.getaddrinfo

    def hanging(host, port, *more: Any, **named: Any):
        looked_up.set()
        released.wait(HANGS_SECONDS)
        return real("127.0.0.1", port, *more, **named)

    with serving(answer(b"fine")) as far:
        monkeypatch.setattr(socket, "getaddrinfo", hanging)
        limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, total_seconds=0.5, breaker_failures=1)
        road = open_road(tmp_path, None, limits, clock=SystemClock())
        started = time.monotonic()
        with pytest.raises(Unreachable, match=r"name lookup or the connection hangs.*cut off at the end"):
            road.transport.fetch(ask(url=f"http://provider.test:{far.port}/thing"), as_text)
        assert time.monotonic() - started < HANGS_SECONDS / 2
        assert looked_up.is_set()
        before = threading.active_count()
        if comes_back:
            released.set()
            for _ in range(100):
                if threading.active_count() < before:
                    break
                time.sleep(0.02)
            time.sleep(0.1)
    assert not any(b"GET" in heard for heard in far.heard), "a call that was given up was made after all"
    released.set()
    assert [row.success for row in road.audit.calls] == [False]
    assert [event.event_type for event in road.audit.breaker_events] == ["OPENED"]


def test_a_name_that_does_not_exist_is_unreachable(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_attempts=1, total_seconds=5)
    road = open_road(tmp_path, None, limits, clock=SystemClock())
    with pytest.raises(Unreachable):
        road.transport.fetch(ask(url="http://no-such-host.invalid/thing"), as_text)
