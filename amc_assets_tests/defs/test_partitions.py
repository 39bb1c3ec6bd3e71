"""Partition schemes against the exchange calendar, and the refusal of keys that are no session or have not opened."""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import exchange_calendars
import pytest

from amc_assets.definitions import loaded_definitions
from amc_assets.defs.partitions import opened_session, session_partitions, settlement_partitions
from amc_assets.market.calendar import FIRST_DAY, sessions_between
from amc_assets.market.publication import settlement_dates
from amc_assets.pipeline.first_session import keep_first_session
from amc_assets.settings import Settings, load_settings

NEW_YORK = ZoneInfo("America/New_York")


def test_keys_are_the_sessions_of_thirteen_years() -> None:
    """From the calendar's first session to 2029, as the UI shows them at New Year 2030, against our own calendar."""
    keys = session_partitions().get_partition_keys(current_time=datetime(2029, 12, 31, 23, tzinfo=UTC))
    assert keys == [day.isoformat() for day in sessions_between(FIRST_DAY, date(2029, 12, 31))]


@pytest.mark.filterwarnings("ignore:Series.values")  # pandas 3.1 warns about exchange_calendars
def test_keys_are_the_sessions_other_people_know() -> None:
    """The same against exchange_calendars, which does not read our table of closures."""
    theirs = exchange_calendars.get_calendar("XNYS").sessions_in_range("2017-01-03", "2026-11-20")
    keys = session_partitions().get_partition_keys(current_time=datetime(2026, 11, 20, 23, tzinfo=UTC))
    assert keys == [day.date().isoformat() for day in theirs]


def test_a_demo_fills_every_session_that_the_ui_lists(tmp_path: Path) -> None:
    """The UI begins where the demo began; a longer demo moves that back, a shorter one hides nothing."""
    settings = load_settings({"AMC_HOME": str(tmp_path)})
    assert first_key(settings) == "2017-01-03", "nothing is kept: every session may be backfilled"
    keep_first_session(tmp_path, date(2026, 11, 2))
    keep_first_session(tmp_path, date(2026, 11, 19))
    assert first_key(settings) == "2026-11-02"
    keep_first_session(tmp_path, date(2026, 10, 1))
    assert first_key(settings) == "2026-10-01"
    everything = load_settings({"AMC_HOME": str(tmp_path), "AMC_FIRST_SESSION": "2021-01-04"})
    assert first_key(everything) == "2021-01-04", "the variable wins: older days can be backfilled"


def first_key(settings: Settings) -> str:
    """Return the first trading day of the assets that Dagster loads."""
    loaded = loaded_definitions(settings, date(2026, 11, 20))
    node = loaded.resolve_asset_graph().get(dg.AssetKey("candidates"))
    assert node.partitions_def is not None
    return node.partitions_def.get_partition_keys(current_time=datetime(2026, 11, 20, 23, tzinfo=UTC))[0]


def test_today_is_a_key_while_it_runs_and_changes_at_new_york_midnight() -> None:
    """At 23:59 New York (already the next day in UTC) the newest key is still today's."""
    before = datetime(2026, 7, 1, 23, 59, tzinfo=NEW_YORK)
    after = datetime(2026, 7, 2, 0, 1, tzinfo=NEW_YORK)
    assert session_partitions().get_partition_keys(current_time=before)[-1] == "2026-07-01"
    assert session_partitions().get_partition_keys(current_time=after)[-1] == "2026-07-02"


def test_a_session_that_dagster_shows_too_early_is_refused() -> None:
    """On a weekend dagster 1.13 already lists Monday; the asset refuses it, with when it opens."""
    saturday = datetime(2026, 11, 21, 15, tzinfo=UTC)
    assert session_partitions().get_partition_keys(current_time=saturday)[-1] == "2026-11-23"
    with pytest.raises(dg.Failure, match=r"2026-11-23 has not opened: premarket begins 2026-11-23T09:00:00\+00:00"):
        opened_session("2026-11-23", saturday)
    assert opened_session("2026-11-23", datetime(2026, 11, 23, 9, tzinfo=UTC)) == date(2026, 11, 23)


@pytest.mark.parametrize("key", ["2026-11-21", "2026-07-03", "2025-01-09"])
def test_a_day_without_session_is_refused(key: str) -> None:
    """A weekend, a holiday and a day of mourning: one sentence that says what to do; a retry would not help."""
    with pytest.raises(dg.Failure, match="is not a trading session") as caught:
        opened_session(key, datetime(2026, 11, 22, tzinfo=UTC))
    assert caught.value.allow_retries is False


def test_settlement_keys_are_those_of_the_publication_calendar() -> None:
    """From 2017 to a year past today, so that a server which is never restarted keeps working."""
    keys = settlement_partitions(date(2026, 11, 22)).get_partition_keys()
    assert keys == [day.isoformat() for day in settlement_dates(FIRST_DAY, date(2027, 12, 27))]
    assert "2026-11-30" in keys
    assert "2027-11-30" in keys


def test_listing_the_keys_is_quick_enough_for_the_ui() -> None:
    """The UI lists all keys of each asset on every page: 2.0 s for 15-minute keys is why there are none."""
    keys = session_partitions().get_partition_keys(current_time=datetime(2030, 12, 30, tzinfo=UTC))
    assert len(keys) < 4000
