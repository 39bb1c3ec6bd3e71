"""The health of providers from planted calls: counts, percentiles, states; and from real calls through a real road."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.clock import FixedClock
from amc_assets.pipeline.provider_health import Health, ProviderHealth, health_of, stats_of
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.settings import KNOWN_PROVIDERS, load_settings
from amc_assets.store.calls import ApiCall, last_success_at, record_calls
from amc_assets_tests.replay.rich_market import DAY, RichMarket

NOW = datetime(2026, 11, 20, 17, tzinfo=UTC)


def call(minutes_ago: float = 1.0, ms: int | None = 100, status: int | None = 200, **more: object) -> ApiCall:
    """Return a call to FINRA, a success unless the status says otherwise."""
    given = ApiCall(
        provider_name="finra",
        endpoint="x",
        request_at=NOW - timedelta(minutes=minutes_ago),
        success=status == 200,
        response_time_ms=ms,
        status_code=status,
        error_message=None if status == 200 else "finra.x: failed. Next: y",
    )
    return replace(given, **more)  # type: ignore[arg-type]


@pytest.fixture
def fresh(rich: RichMarket, tmp_path: Path) -> Iterator[Workspace]:
    """Yield a workspace without any call, whose clock stands at NOW."""
    settings = load_settings({"AMC_PLAN": "simulated"}, home=tmp_path)
    with open_workspace(settings, FixedClock(NOW), market=rich) as opened:
        yield opened


def finra(workspace: Workspace, *calls: ApiCall) -> ProviderHealth:
    """Return FINRA's health after the calls given."""
    record_calls(workspace.engine, calls)
    return by_name(health_of(workspace))["finra"]


def by_name(health: Health) -> dict[str, ProviderHealth]:
    """Return the rows by provider."""
    return {item.provider: item for item in health.providers}


def test_every_provider_has_a_row(fresh: Workspace):
    found = health_of(fresh)
    assert [item.provider for item in found.providers] == list(KNOWN_PROVIDERS)
    assert by_name(found)["yahoo"].state == "unused"
    assert by_name(found)["finra"].state == "idle"


def test_windows_are_apart(fresh: Workspace):
    calls = [call(14, 10), call(16, 1000), call(23 * 60, 1000), call(25 * 60, 5000)]
    found = finra(fresh, *calls)
    assert (found.recent.calls, found.day.calls) == (1, 3)
    assert (found.recent.p95_ms, found.day.p95_ms) == (10.0, 1000.0)
    assert found.last_success_at == NOW - timedelta(minutes=14)


def test_last_success_may_be_older_than_the_window(fresh: Workspace):
    assert finra(fresh, call(60 * 24 * 9)).last_success_at == NOW - timedelta(days=9)
    assert last_success_at(fresh.engine, "polygon") is None


@pytest.mark.parametrize(
    ("calls", "state"),
    [
        ([call()] * 20, "ok"),
        ([call()] * 9 + [call(status=500)], "ok"),
        ([call()] * 8 + [call(status=500)] * 2, "degraded"),
        ([call(status=None, ms=None)] * 3, "down"),
        ([call(status=500)], "degraded"),
        ([call(status=404)] * 5, "ok"),
        ([call(status=403)] * 5, "ok"),
        ([call(status=401)] * 5, "down"),
        ([call(60)] * 20 + [call(1, status=500)], "ok"),
        ([call(60, status=500)] * 20 + [call(1)] * 3, "ok"),
    ],
)
def test_state_follows_the_calls(fresh: Workspace, calls: list[ApiCall], state: str):
    assert finra(fresh, *calls).state == state


def test_error_limit_is_the_setting(rich: RichMarket, tmp_path: Path):
    settings = load_settings({"AMC_PLAN": "simulated", "ALERT_THRESHOLD_ERROR_RATE": "0.5"}, home=tmp_path)
    with open_workspace(settings, FixedClock(NOW), market=rich) as opened:
        assert finra(opened, *[call()] * 8, *[call(status=500)] * 2).state == "ok"


@pytest.mark.parametrize(("failed", "state"), [(2, "ok"), (3, "degraded")])
def test_a_failure_rate_of_exactly_the_limit_is_ok(rich: RichMarket, tmp_path: Path, failed: int, state: str):
    settings = load_settings({"AMC_PLAN": "simulated", "ALERT_THRESHOLD_ERROR_RATE": "0.25"}, home=tmp_path)
    with open_workspace(settings, FixedClock(NOW), market=rich) as opened:
        assert finra(opened, *[call()] * (8 - failed), *[call(status=500)] * failed).state == state


def test_calls_that_were_never_made_are_not_failures():
    kept_back = [
        call(status=None, ms=None, circuit_breaker_open=True),
        call(status=None, ms=None, rate_limited=True, error_message="finra.x: not asked: the next free slot. Next: z"),
        call(status=None, ms=None, error_message="finra.x: not asked: the 25 calls of today are used up. Next: z"),
    ]
    assert stats_of([call(), *kept_back]).calls == 1
    assert stats_of([call(), call(status=None, ms=None)]).success_pct == 50.0


@given(st.lists(st.integers(0, 100_000), min_size=1, max_size=200))
def test_percentiles_are_measured_numbers(times: list[int]):
    found = stats_of([call(ms=ms) for ms in times])
    assert found.p50_ms in times
    assert found.p95_ms in times
    assert found.p50_ms <= found.p95_ms
    assert sum(ms <= found.p50_ms for ms in times) >= len(times) / 2
    assert sum(ms <= found.p95_ms for ms in times) >= 0.95 * len(times)


def test_nothing_measured_is_none():
    assert stats_of([]) == stats_of([call(circuit_breaker_open=True)])
    assert stats_of([]).success_pct is stats_of([]).p50_ms is None


def test_open_breaker_is_down(fresh: Workspace):
    from amc_assets.providers.errors import ServerFault
    from amc_assets.providers.road.breaker import Permit

    breakers = fresh.sources.breakers()
    for _ in range(20):
        breakers.record(Permit("finra", "x"), ServerFault("finra", "x", "planted", "y"))
    found = by_name(health_of(fresh))["finra"]
    assert (found.breaker, found.state) == ("open", "down")


def test_calls_through_the_road_are_counted(workspace: Workspace):
    before = by_name(health_of(workspace))["treasury"].day.calls
    workspace.sources.treasury(DAY).bill_rates(DAY.year)
    found = by_name(health_of(workspace))["treasury"]
    assert found.day.calls == before + 1
    assert found.state == "ok"


def test_what_the_limiter_really_says_counts_as_not_asked(tmp_path: Path):
    """The filter reads the sentence of the limiter and of the breaker; were it reworded, this fails."""
    from amc_assets.providers.road.limiter import SharedLimiter
    from amc_assets.providers.road.limits import RoadLimits
    from amc_assets.providers.road.sqlite_state import SqliteState

    clock = FixedClock(NOW)
    limiter = SharedLimiter(SqliteState(tmp_path / "state.db", clock), clock)
    limits = RoadLimits(1, 60.0, per_day=1)
    limiter.acquire("finra", "x", limits, 1.0)
    for patience, one in ((0.0, RoadLimits(1, 60.0)), (999.0, limits)):
        with pytest.raises(Exception, match="not asked") as caught:
            limiter.acquire("finra", "x", one, patience)
        refused = call(status=None, ms=None, error_message=str(caught.value))
        assert stats_of([refused]).calls == 0
