"""The pace as the far end sees it: a real server stamps what arrives, over slow connections and on a busy machine."""

import threading
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest

from amc_assets.clock import Clock, FixedClock, SystemClock
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.far_end import FarEnd, answer, serving
from amc_assets_tests.providers.roads import EVENING, as_text, ask, open_road
from amc_assets_tests.providers.windows import most_in_any_window

ONE_A_SECOND = RoadLimits(calls=1, per_seconds=1.0, total_seconds=60.0)
ALPHA_VANTAGE = {"alpha_vantage": ONE_A_SECOND}
GOOD = answer(b'{"ok": true}')


class SlowToConnect(httpx.BaseTransport):
    """The real network stack, behind a name lookup that takes as long as it is told, call by call."""

    def __init__(self, seconds: Sequence[float], clock: Clock) -> None:
        self.seconds = list(seconds)
        self.clock = clock
        self.inner = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Wait, then connect and send."""
        self.clock.sleep(self.seconds.pop(0) if self.seconds else 0.0)
        return self.inner.handle_request(request)


def arrivals_of(folder: Path, slow: Sequence[float], calls: int) -> FarEnd:
    """Make calls one after another as one process would; return what the server heard."""
    with serving(GOOD) as far:
        road = open_road(folder, SlowToConnect(slow, SystemClock()), ALPHA_VANTAGE, clock=SystemClock())
        for _ in range(calls):
            road.transport.fetch(ask("alpha_vantage", url=far.url), as_text)
    assert len(far.heard_at) == calls
    return far


def test_a_call_that_left_late_is_followed_after_its_whole_spacing(tmp_path) -> None:
    """The slot was taken before the connection stood: the next call came 0.1 s after the late one."""
    far = arrivals_of(tmp_path, [0.0, 1.4, 0.0, 0.4], 5)
    assert most_in_any_window(far.heard_at, 1.0) == 1


@pytest.mark.parametrize(("late_seconds", "spacing"), [(0.0, 1.5), (0.12, 1.5), (0.13, 1.63), (7.0, 8.5)])
def test_room_is_made_for_late_calls_only(tmp_path, late_seconds, spacing) -> None:
    """A quarter of the margin may pass from the slot until the request has left; from there on it is made up for."""
    clock = FixedClock(EVENING)
    with serving(GOOD) as far:
        road = open_road(tmp_path, SlowToConnect([late_seconds], clock), ALPHA_VANTAGE, clock=clock)
        for _ in range(2):
            road.transport.fetch(ask("alpha_vantage", url=far.url), as_text)
    assert clock.monotonic() - EVENING.timestamp() == pytest.approx(spacing, abs=1e-3)


def test_threads_on_a_busy_machine_arrive_one_a_second(tmp_path) -> None:
    """Four threads share the pace while others keep the interpreter busy."""
    stop = threading.Event()

    def spin() -> None:
        while not stop.is_set():
            sum(range(1000))

    spinners = [threading.Thread(target=spin, daemon=True) for _ in range(4)]
    with serving(GOOD) as far:
        road = open_road(tmp_path, None, ALPHA_VANTAGE, clock=SystemClock())
        callers = [
            threading.Thread(target=road.transport.fetch, args=(ask("alpha_vantage", url=far.url), as_text))
            for _ in range(4)
        ]
        for thread in [*spinners, *callers]:
            thread.start()
        for thread in callers:
            thread.join()
        stop.set()
        for thread in spinners:
            thread.join()
    assert len(far.heard_at) == 4
    assert most_in_any_window(far.heard_at, 1.0) == 1
