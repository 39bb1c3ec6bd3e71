"""Staleness: judged by what the plan can have delivered by an instant, not by the age in hours."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.lake.store import Absence, Lake
from amc_assets.lake.tables import DAILY_BARS
from amc_assets.market.calendar import new_york, session_on_or_before, sessions_between
from amc_assets.pipeline import staleness
from amc_assets.pipeline.staleness import TableAge, table_ages
from amc_assets.reasons import Reason
from amc_assets.settings import KNOWN_PROVIDERS, load_settings

FRIDAY = date(2026, 11, 20)


def sources(plan: str = "brief", *without: str, **more: str) -> Any:
    """Return what staleness reads of ``Sources``: settings, and which providers are asked."""
    keys = {"POLYGON_API_KEY": "k", "ALPHA_VANTAGE_API_KEY": "k", "AMC_CONTACT": "a@example.org"}
    brief = {
        "SCORING_STRATEGY": "hybrid_v1", "FINRA_API_BASE_URL": "https://x.example.org", "REDIS_URL": "redis://x/0",
        "SLACK_WEBHOOK_URL": "https://x.example.org/w", "DATABASE_URL": "postgresql://x/y",
    }  # fmt: skip
    settings = load_settings({**keys, **brief, "AMC_PLAN": plan, **more})
    return SimpleNamespace(settings=settings, uses=lambda name: name not in without and settings.uses(name))


def ages(lake: Lake, now: datetime, asked: Any = None) -> dict[str, TableAge]:
    """Return the ages by table."""
    return {age.table: age for age in table_ages(lake, asked or sources(), now)}


@pytest.mark.parametrize(
    ("now", "table", "due"),
    [
        (new_york(FRIDAY, 12), "daily_bars", date(2026, 11, 19)),
        (new_york(FRIDAY, 17), "daily_bars", date(2026, 11, 19)),
        (new_york(FRIDAY, 17, 15), "daily_bars", FRIDAY),
        (new_york(date(2026, 11, 22), 12), "daily_bars", FRIDAY),
        (new_york(FRIDAY, 18, 59), "short_volume", date(2026, 11, 19)),
        (new_york(FRIDAY, 19), "short_volume", FRIDAY),
        (new_york(FRIDAY, 10, 29), "universe", date(2026, 11, 19)),
        (new_york(FRIDAY, 10, 30), "universe", FRIDAY),
        # published 18:00 on 2026-11-10, forty-eight hours of patience
        (new_york(date(2026, 11, 12), 17), "short_interest", date(2026, 10, 15)),
        (new_york(date(2026, 11, 12), 18), "short_interest", date(2026, 10, 30)),
        (new_york(FRIDAY, 12), "fails_to_deliver", date(2026, 10, 16)),
        (new_york(FRIDAY, 12), "bill_rates", date(2026, 11, 19)),
        # half day after Thanksgiving: closed at 13:00
        (new_york(date(2026, 11, 27), 14, 15), "daily_bars", date(2026, 11, 27)),
        (new_york(date(2026, 11, 26), 23), "daily_bars", date(2026, 11, 25)),
    ],
)
def test_due_date_follows_publication(tmp_path: Path, now: datetime, table: str, due: date):
    assert ages(Lake(tmp_path), now)[table].due == due


def test_end_of_day_plan_is_not_stale_at_noon(tmp_path: Path):
    """The brief's "60 minutes stale" would be true all day of a plan that delivers after the close."""
    lake = Lake(tmp_path)
    write_bars(lake, date(2026, 11, 19))
    assert ages(lake, new_york(FRIDAY, 12))["daily_bars"].state == "fresh"
    assert ages(lake, new_york(FRIDAY, 17, 15))["daily_bars"].state == "stale"


def write_bars(lake: Lake, day: date) -> None:
    """Put an empty partition of daily bars into a lake: its date is all that is looked at."""
    lake.write(DAILY_BARS, day.isoformat(), DAILY_BARS.arrow.empty_table(), datetime(2026, 11, 22, tzinfo=UTC))


def test_never_fetched_says_so_and_an_absence_gives_its_reason(tmp_path: Path):
    lake, now = Lake(tmp_path), new_york(FRIDAY, 20)
    found = ages(lake, now)["daily_bars"]
    assert (found.state, found.is_stale) == ("never", True)
    assert "is the schedule running" in found.why
    lake.mark_absent(DAILY_BARS, FRIDAY.isoformat(), Absence(Reason.PROVIDER_REFUSED, "planted", now))
    assert ages(lake, now)["daily_bars"].why == "provider_refused: planted"


def test_free_plan_owes_no_option_chains(tmp_path: Path):
    now = new_york(FRIDAY, 20)
    free = ages(Lake(tmp_path), now, sources("free"))["option_chains"]
    assert (free.state, free.is_stale) == ("not_in_plan", False)
    assert ages(Lake(tmp_path), now, sources("brief"))["option_chains"].state == "never"
    opted = sources("free", AMC_YAHOO_OPTIONS="true")
    assert ages(Lake(tmp_path), now, opted)["option_chains"].providers == ("yahoo",)


def test_table_without_a_source_is_not_stale(tmp_path: Path):
    found = table_ages(Lake(tmp_path), sources("brief", *KNOWN_PROVIDERS), new_york(FRIDAY, 20))
    assert {age.state for age in found} == {"not_in_plan"}


@given(hours=st.integers(0, 24 * 365 * 6))
def test_due_never_goes_back_and_is_never_of_the_future(hours: int):
    asked, at = sources(), datetime(2020, 11, 2, tzinfo=UTC) + timedelta(hours=hours)
    for rule in staleness._rules(asked.settings):
        now, later = rule.due(at), rule.due(at + timedelta(hours=7))
        assert now is not None
        assert later is not None
        assert now <= later
        assert now <= at.date()


@pytest.mark.parametrize("published", [staleness.open_at, staleness.daily_bar_published_at])
def test_every_session_is_due_once_its_time_has_come(published: Callable[[date], datetime]):
    due = staleness._session(published)
    for day in sessions_between(date(2026, 1, 2), date(2026, 11, 20)):
        moment = published(day) + staleness.GRACE
        assert due(moment) == day
        assert due(moment - timedelta(seconds=1)) == session_on_or_before(day - timedelta(days=1))
