"""A provider that is down, comes and goes, or fails most of the time, over real sockets: the breaker and the audit."""

import socket
from pathlib import Path

import pytest

from amc_assets.clock import Clock, SystemClock
from amc_assets.providers.errors import BreakerOpen, ProviderError, ServerFault, Unreachable
from amc_assets.providers.road.limits import RoadLimits
from amc_assets_tests.providers.far_end import answer, drip, in_order, serving
from amc_assets_tests.providers.roads import Road, as_text, ask, open_road

DOWN = answer(b"", status="500 no")
UP = answer(b"fine")


class MovedClock(SystemClock):
    """The machine's clock, whose steady seconds a test moves on: nobody has to wait for a breaker, or to be in time."""

    def __init__(self) -> None:
        self.ahead_seconds = 0.0

    def monotonic(self) -> float:
        """Return the machine's steady seconds and those it was moved by."""
        return super().monotonic() + self.ahead_seconds


def a_road(folder: Path, breaker_failures: int = 3, breaker_seconds: float = 60, clock: Clock | None = None) -> Road:
    """Return a road without retries whose breaker opens soon."""
    limits = RoadLimits(
        calls=1000, per_seconds=1, burst=1000, retry_attempts=1, total_seconds=30, breaker_failures=breaker_failures,
        breaker_seconds=breaker_seconds,
    )  # fmt: skip
    return open_road(folder, None, limits, clock=clock or SystemClock())


def outcome(road: Road, url: str) -> str:
    """Ask once; return how it ended."""
    try:
        road.transport.fetch(ask("finra", url=url), as_text)
    except ProviderError as error:
        return type(error).__name__
    return "fine"


def changes(road: Road) -> list[str]:
    """Return what the breaker did."""
    return [event.event_type for event in road.audit.breaker_events]


def test_a_provider_that_is_down_is_soon_left_alone(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    road = a_road(tmp_path)
    ended = [outcome(road, f"http://127.0.0.1:{port}/thing") for _ in range(50)]
    assert ended == ["Unreachable"] * 3 + ["BreakerOpen"] * 47
    assert changes(road) == ["OPENED"]
    assert len(road.audit.calls) == 50
    assert sum(row.circuit_breaker_open for row in road.audit.calls) == 47


def test_a_flapping_provider_gets_one_probe_at_a_time_and_heals(tmp_path) -> None:
    clock = MovedClock()
    road = a_road(tmp_path, clock=clock)
    with serving(in_order(*[DOWN] * 4, UP)) as far:
        assert [outcome(road, far.url) for _ in range(5)] == ["ServerFault"] * 3 + ["BreakerOpen"] * 2
        clock.ahead_seconds += 61
        assert [outcome(road, far.url) for _ in range(3)] == ["ServerFault"] + ["BreakerOpen"] * 2  # the probe failed
        assert far.did == 4
        clock.ahead_seconds += 61
        assert [outcome(road, far.url) for _ in range(3)] == ["fine"] * 3
    assert far.did == 7
    assert changes(road) == ["OPENED", "HALF_OPENED", "OPENED", "HALF_OPENED", "CLOSED"]


def test_four_failures_out_of_five_open_it_by_rate(tmp_path) -> None:
    """With failures in a row alone, every fifth call a success, it never opens: five in a row never come."""
    road = a_road(tmp_path, breaker_failures=5)
    with serving(in_order(*[DOWN, DOWN, DOWN, DOWN, UP] * 4)) as far:
        ended = [outcome(road, far.url) for _ in range(20)]
    refused_at = ended.index("BreakerOpen")
    assert far.did == refused_at <= 20
    assert ended[:refused_at] == (["ServerFault"] * 4 + ["fine"]) * (refused_at // 5) + ["ServerFault"] * (
        refused_at % 5
    )
    assert set(ended[refused_at:]) == {"BreakerOpen"}
    assert changes(road) == ["OPENED"]


def test_the_error_names_what_opened_it(tmp_path) -> None:
    road = a_road(tmp_path, breaker_failures=1)
    with serving(DOWN) as far:
        with pytest.raises(ServerFault):
            road.transport.fetch(ask("finra", url=far.url), as_text)
        with pytest.raises(BreakerOpen, match="answered 500"):
            road.transport.fetch(ask("finra", url=far.url), as_text)


def test_a_slow_provider_is_an_unreachable_one_and_opens_it_too(tmp_path) -> None:
    limits = RoadLimits(calls=1000, per_seconds=1, burst=1000, retry_attempts=1, total_seconds=1.0, breaker_failures=2)
    road = open_road(tmp_path, None, limits, clock=SystemClock())
    with serving(drip("silence")) as far:
        ended = [outcome(road, far.url) for _ in range(4)]
    assert ended == [Unreachable.__name__] * 2 + ["BreakerOpen"] * 2
    assert len(far.heard) == 2
