"""What a new user gets: a real daily run without any key, and one on free keys within the limits of the free plans.

The replay server keeps the providers' own limits and entitlements here, and waiting moves its calendar on.
"""

from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from sqlalchemy import text

from amc_assets.clock import MarketClock
from amc_assets.defs.running import run_days
from amc_assets.lake.tables import DAILY_BARS, IV_30D, NEWS, SHARE_COUNTS, SHORT_VOLUME, UNIVERSE
from amc_assets.market.calendar import end_of_day_as_of, next_session
from amc_assets.pipeline.screen import stored_explained, stored_screen
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.providers.errors import ProviderError
from amc_assets.reasons import Reason
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import Settings, load_settings

DAY = date(2024, 5, 16)
KEYS = {"POLYGON_API_KEY": "a-free-key", "ALPHA_VANTAGE_API_KEY": "another-free-key"}  # pragma: allowlist secret
MOST_IN_A_MINUTE = {"polygon": 5, "finra": 60, "nasdaq": 30, "nyse": 12}


def settings_of(home: Path, plan: str) -> Settings:
    """Return the settings a user of this plan would have."""
    keys = KEYS if plan == "free" else {}
    return load_settings({"AMC_PLAN": plan, "AMC_CONTACT": "user@example.com", **keys}, home=home)


def run(workspace: Workspace, day: date) -> None:
    """Do what the daily job does for one day."""
    with dg.DagsterInstance.ephemeral() as instance:
        run_days(workspace, [day], instance)


def calls(workspace: Workspace) -> list[dict[str, Any]]:
    """Return every attempt of the audit."""
    with workspace.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text("SELECT * FROM provider_api_calls")).mappings()]


def sources_of(workspace: Workspace, table: Any, day: date) -> set[str]:
    return set(workspace.lake.vintages(table, day.isoformat()).column("source").to_pylist())


@pytest.fixture(scope="module")
def keyless(market: SimulatedMarket, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run two days without any key."""
    home, clock = tmp_path_factory.mktemp("keyless"), MarketClock(end_of_day_as_of(DAY))
    with open_workspace(settings_of(home, "keyless"), clock, market=market, host_plan="free") as workspace:
        for day in (DAY, next_session(DAY)):
            clock.at = end_of_day_as_of(day)
            run(workspace, day)
        yield workspace


def test_without_a_key_the_day_is_real_and_says_what_it_lacks(keyless: Workspace):
    assert {call["provider_name"] for call in calls(keyless)} == {"finra", "nasdaq", "nyse", "sec", "treasury", "news"}
    assert sources_of(keyless, DAILY_BARS, DAY) == {"nasdaq.screener"}
    assert sources_of(keyless, UNIVERSE, DAY) == {"nasdaq.symbol_directory"}
    assert keyless.lake.vintages(SHORT_VOLUME, DAY.isoformat()).num_rows > 50
    screen = stored_screen(keyless.lake, DAY, "unified_detectors", full=True)
    assert screen["universe_count"] > 50
    assert len(screen["ranked"]) > 50
    lacking = {item["name"]: item for item in screen["inputs"] if item["known_at"] is None}
    assert lacking["options"]["reason"] == str(Reason.PLAN_LACKS_SOURCE)
    assert "AMC_YAHOO_OPTIONS" in lacking["options"]["note"]


def test_without_a_key_ranges_are_missing_and_closes_are_there(keyless: Workspace):
    rows = keyless.lake.vintages(DAILY_BARS, DAY.isoformat())
    assert rows.column("high_usd").null_count == rows.num_rows
    assert rows.column("close_usd").null_count == 0
    symbol = stored_screen(keyless.lake, DAY, "unified_detectors", full=True)["ranked"][0]["symbol"]
    told = stored_explained(keyless.lake, DAY, "unified_detectors", symbol).name
    reasons = {
        component["name"]: component["reason"]
        for detector in told["detectors"]
        if detector["name"] == "volume_momentum"
        for component in detector["components"]
    }
    assert reasons["atr_expansion"] in {str(Reason.INPUT_MISSING), str(Reason.SHORT_HISTORY)}
    assert reasons["vwap_reclaim"] == str(Reason.INPUT_MISSING)
    assert reasons["relvol"] == str(Reason.SHORT_HISTORY)  # the screener has no past: history grows from the first day


def test_a_second_day_without_a_key_adds_to_the_history(keyless: Workspace):
    second = next_session(DAY)
    assert {DAY.isoformat(), second.isoformat()} <= set(keyless.lake.partitions(DAILY_BARS))
    names = stored_screen(keyless.lake, second, "unified_detectors", full=True)["ranked"]
    told = stored_explained(keyless.lake, second, "unified_detectors", names[0]["symbol"]).name
    changes = [
        gate for gate in told["gates"] if gate["name"] == "relvol"
    ]  # still too short a history: the gate cannot be passed, and says so
    assert changes
    assert changes[0]["value"] is None


@pytest.fixture(scope="module")
def free(market: SimulatedMarket, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run two days on free keys against a server that keeps the free plans' limits."""
    home, clock = tmp_path_factory.mktemp("free"), MarketClock(end_of_day_as_of(DAY))
    with open_workspace(settings_of(home, "free"), clock, market=market, host_plan="free") as workspace:
        for day in (DAY, next_session(DAY)):
            clock.at = end_of_day_as_of(day)
            run(workspace, day)
        yield workspace


def test_a_free_day_fits_the_free_limits(free: Workspace):
    made = calls(free)
    assert not [call for call in made if call["rate_limited"]], "a provider had to slow us down"
    assert not [call for call in made if call["status_code"] == 429]
    used = Counter(call["provider_name"] for call in made)
    assert used["polygon"] > 0
    assert used["alpha_vantage"] <= 2 * 25


def test_a_free_evening_has_closes_at_once_and_whole_bars_the_next_day(free: Workspace):
    second = next_session(DAY)
    assert sources_of(free, DAILY_BARS, DAY) == {"nasdaq.screener", "polygon.grouped_daily"}
    newest = free.lake.read(DAILY_BARS, DAY.isoformat(), free.clock_for(second).now())
    assert newest.filter(newest.column("high_usd").is_valid()).num_rows > 50
    assert sources_of(free, DAILY_BARS, second) == {"nasdaq.screener"}


def test_scarce_floats_go_to_the_shortlist_and_are_carried(free: Workspace):
    first = free.lake.vintages(SHARE_COUNTS, DAY.isoformat())
    asked = [source for source in first.column("source").to_pylist() if source.startswith("alpha_vantage")]
    assert 0 < len(asked) <= 15  # three fifths of twenty-five
    second = free.lake.vintages(SHARE_COUNTS, next_session(DAY).isoformat())
    assert set(first.column("symbol").to_pylist()) <= set(second.column("symbol").to_pylist())


def test_no_call_is_spent_on_what_a_free_key_never_gets(free: Workspace):
    endpoints = Counter(call["endpoint"] for call in calls(free) if call["provider_name"] == "polygon")
    assert not [name for name in endpoints if "options" in name or "snapshot" in name]
    absence = free.lake.absence(IV_30D, DAY.isoformat())
    assert absence is not None
    assert absence.reason is Reason.PLAN_LACKS_SOURCE
    assert free.lake.vintages(NEWS, DAY.isoformat()).num_rows >= 0
    refused = [call for call in calls(free) if call["status_code"] == 403 and call["provider_name"] == "polygon"]
    assert len(refused) <= 2 * 2  # today's bars and the floats, once a day each


def test_the_limits_of_this_test_can_be_broken(market: SimulatedMarket, tmp_path: Path):
    """A user who claims a faster plan than the host's is slowed down: the server really counts."""
    settings = load_settings(
        {"AMC_PLAN": "brief", "POLYGON_RATE_LIMIT": "6000", "DATABASE_URL": f"sqlite:///{tmp_path}/amc.db",
         "SCORING_STRATEGY": "unified_detectors", "FINRA_API_BASE_URL": "http://127.0.0.1:1",
         "SLACK_WEBHOOK_URL": "https://hooks.slack.com/services/T0/B0/x",  # pragma: allowlist secret
         "REDIS_URL": "redis://127.0.0.1:1", **KEYS},
        home=tmp_path,
    )  # fmt: skip
    settings = settings.model_copy(update={"redis_address": None})
    with open_workspace(settings, market=market, host_plan="free") as workspace:
        for back in range(8):
            day = DAY - timedelta(days=back)
            with suppress(ProviderError):  # the audit below says which
                workspace.sources.polygon(DAY).grouped_daily(day)
        assert [call for call in calls(workspace) if call["status_code"] == 429]
