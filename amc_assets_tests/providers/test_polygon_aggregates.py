"""Bars of one ticker: New York days over clock changes, minutes, and bars that were not asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.market.calendar import new_york
from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.polygon.aggregates import Span, aggregates_request, parse_aggregates
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import DAY, MIDNIGHT_MS, bar, bars
from amc_assets_tests.providers.roads import KEY

HOUR_MS, MINUTE_MS = 3_600_000, 60_000


def asked(first: date = DAY, last: date = DAY, span: Span = "day", symbol: str = "GME"):
    """Return the request for the bars of some days."""
    return aggregates_request(BASE, KEY, symbol, first, last, span=span, adjusted=False)


def midnight_ms(day: date) -> int:
    """Return New York's midnight in wire time."""
    return round(new_york(day, 0).timestamp() * 1000)


def test_a_day_bar_has_its_new_york_date_and_the_instant_it_starts() -> None:
    (row,) = parse_aggregates(bars([bar()], ticker="GME"), asked()).table.to_pylist()
    assert row == {
        "source_symbol": "GME", "trade_date": DAY, "bar_start_at": datetime(2026, 11, 20, 5, tzinfo=UTC),
        "open_usd": 10.0, "high_usd": 11.0, "low_usd": 9.5, "close_usd": 10.5, "volume_shares": 112117471.0,
        "vwap_usd": 10.1, "trade_count": 1000.0,
    }  # fmt: skip


@given(st.dates(date(2004, 1, 1), date(2030, 1, 1)), st.integers(1, 400))
@settings(max_examples=40)
def test_every_day_of_a_range_comes_back_over_every_change_of_clocks(first, count) -> None:
    days = [first + timedelta(days=n) for n in range(count)]
    table = parse_aggregates(bars([bar(t=midnight_ms(day)) for day in days]), asked(first, days[-1])).table
    assert table.column("trade_date").to_pylist() == days
    assert table.column("bar_start_at").to_pylist() == [new_york(day, 0) for day in days]


@pytest.mark.parametrize(
    ("span", "start_ms", "reason"),
    [
        ("day", MIDNIGHT_MS + 24 * HOUR_MS, "wrong_date"), ("day", MIDNIGHT_MS - 30 * 24 * HOUR_MS, "wrong_date"),
        ("day", MIDNIGHT_MS * 1000, "wrong_date"), ("day", MIDNIGHT_MS // 1000, "wrong_date"),
        ("day", None, "wrong_date"), ("day", 1e300, "wrong_date"), ("day", -1e300, "wrong_date"),
        ("day", MIDNIGHT_MS - 5 * HOUR_MS, "misplaced_bar"),  # midnight in UTC is the evening before in New York
        ("day", MIDNIGHT_MS + 16 * HOUR_MS, "misplaced_bar"), ("day", MIDNIGHT_MS + 1, "misplaced_bar"),
        ("minute", MIDNIGHT_MS - MINUTE_MS, "wrong_date"), ("minute", MIDNIGHT_MS + 24 * HOUR_MS, "wrong_date"),
        ("minute", MIDNIGHT_MS + 30_000, "misplaced_bar"),
    ],
)  # fmt: skip
def test_a_bar_that_starts_elsewhere_is_refused_by_name(span, start_ms, reason) -> None:
    days = [DAY - timedelta(days=29 - n) for n in range(30)]
    starts = [midnight_ms(day) for day in days] if span == "day" else [MIDNIGHT_MS + n * MINUTE_MS for n in range(30)]
    first = days[0] if span == "day" else DAY
    parsed = parse_aggregates(bars([bar(t=at) for at in (*starts, start_ms)]), asked(first, DAY, span))
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 30


def test_minutes_before_and_after_the_session_belong_to_the_day() -> None:
    starts = [new_york(DAY, 4), new_york(DAY, 9, 30), new_york(DAY, 19, 59)]
    rows = [bar(t=round(at.timestamp() * 1000)) for at in starts]
    table = parse_aggregates(bars(rows), asked(span="minute")).table
    assert table.column("bar_start_at").to_pylist() == starts
    assert set(table.column("trade_date").to_pylist()) == {DAY}


def test_bars_of_another_ticker_are_not_taken_even_beside_an_odd_row() -> None:
    for odd in ([], [{**bar(), "c": "x"}]):
        with pytest.raises(MalformedBody, match="the bars are those of 'GMED', asked was 'GME'"):
            parse_aggregates(bars([*[bar()] * 40, *odd], ticker="GMED"), asked())


@pytest.mark.parametrize("announced", [0, 2])
def test_another_number_of_bars_than_announced_is_no_whole_answer(announced) -> None:
    with pytest.raises(MalformedBody, match=f"{announced} rows are announced and 1 were sent"):
        parse_aggregates(bars([bar()], resultsCount=announced), asked())


def test_days_in_the_wrong_order_are_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="give the earlier day first"):
        asked(DAY, DAY - timedelta(days=1))
