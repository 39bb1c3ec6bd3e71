"""`amc accept`: only what was refused, with a reason, and recorded."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS
from amc_assets.pipeline.feed_checks import accepted
from amc_assets_tests.cli.conftest import amc
from amc_assets_tests.pipeline.feed_days import TODAY_AND_PAST, changed, judged

DAY = "2024-05-20"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A lake in which bars of 100 times the price were refused."""
    lake, (today, past) = Lake(tmp_path / "lake"), TODAY_AND_PAST
    wrong = judged("daily_bars", changed(today, close_usd=today.columns["close_usd"] * 100), past).broken
    at = datetime(2024, 5, 20, 22, tzinfo=UTC)
    accepted.keep_refusal(lake, DAILY_BARS, DAY, wrong, at=at, limits_hash="0")
    return tmp_path


def test_it_records_numbers_reason_and_time(home: Path):
    found = amc("accept", "daily_bars", "--date", DAY, "--why", "quoted in cents", "--home", home, "--json")
    assert found.code == 0
    told = json.loads(found.out)
    assert set(told) == {"table", "date", "numbers", "why", "accepted_at"}
    assert (told["table"], told["date"], told["why"]) == ("daily_bars", DAY, "quoted in cents")
    assert set(told["numbers"]) == {"close_ratio", "jumped_closes"}
    kept = accepted.accepted_for(Lake(home / "lake"), DAILY_BARS, DAY)
    assert [dict(item.numbers) for item in kept] == [told["numbers"]]
    assert datetime.fromisoformat(kept[0].accepted_at).date() > date(2024, 5, 20)


def test_for_people_it_says_what_was_accepted_and_what_to_do_next(home: Path):
    found = amc("accept", "daily_bars", "--date", DAY, "--why", "quoted in cents", "--home", home)
    assert found.code == 0
    assert f"accepted for daily_bars of {DAY}: close_ratio " in found.out
    assert "next: fetch the day again" in found.out + found.err


@pytest.mark.parametrize(
    ("table", "day", "why", "code", "told"),
    [
        ("daily_bars", "2024-05-21", "x", 3, "nothing to accept"),
        ("news", DAY, "x", 2, "no rules across days; one of universe, daily_bars"),
        ("daily_bars", DAY, " ", 2, "--why is empty"),
        ("daily_bars", "20.5.2024", "x", 2, "is not a date"),
    ],
)
def test_what_cannot_be_accepted(home: Path, table: str, day: str, why: str, code: int, told: str):
    found = amc("accept", table, "--date", day, "--why", why, "--home", home)
    assert found.code == code
    assert told in found.out + found.err
