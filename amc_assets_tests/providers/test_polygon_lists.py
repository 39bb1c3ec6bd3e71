"""Polygon's smaller answers: details of a ticker, the state of the market, holidays, shorts, names of tickers."""

from datetime import UTC, date, datetime

import pytest

from amc_assets.providers.errors import MalformedBody, NotFound, Unauthorized
from amc_assets.providers.polygon.details import parse_ticker_details, ticker_details_request
from amc_assets.providers.polygon.reference import parse_tickers, tickers_request
from amc_assets.providers.polygon.session import (
    market_holidays_request,
    market_status_request,
    parse_market_holidays,
    parse_market_status,
)
from amc_assets.providers.polygon.shorts import (
    parse_short_interest,
    parse_short_volume,
    short_interest_request,
    short_volume_request,
)
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import (
    DAY,
    SETTLEMENT,
    SYMBOLS,
    answer,
    details,
    half_day,
    holiday,
    holidays,
    position,
    status,
    ticker,
    volume,
)
from amc_assets_tests.providers.roads import KEY

DETAILS = ticker_details_request(BASE, KEY, "GME", DAY)


def of_gme(**changes: object) -> dict[str, object]:
    """Return the row that these details become."""
    (row,) = parse_ticker_details(answer(details(**changes)), DETAILS).table.to_pylist()
    return row


@pytest.mark.parametrize(
    ("field", "column"),
    [
        ("share_class_shares_outstanding", "outstanding_shares"), ("market_cap", "market_cap_usd"),
        ("weighted_shares_outstanding", "weighted_outstanding_shares"),
    ],
)  # fmt: skip
def test_a_count_that_is_none_is_null_and_counted(field, column) -> None:
    assert of_gme(**{field: None})[column] is None
    for impossible in (0, -5):
        parsed = parse_ticker_details(answer(details(**{field: impossible})), DETAILS)
        assert parsed.table.column(column).to_pylist() == [None]
        assert parsed.notes == {"not_positive": "1"}


@pytest.mark.parametrize(
    ("sent", "cik"), [("0001326380", "0001326380"), ("1326380", "0001326380"), ("x", None), ("", None), (None, None),
                      ("12345678901", None), ("١٢٣", None)]
)  # fmt: skip
def test_a_cik_has_ten_digits_or_is_null(sent, cik) -> None:
    assert of_gme(cik=sent)["cik"] == cik


def test_the_class_asked_for_is_the_class_given() -> None:
    request = ticker_details_request(BASE, KEY, "BRK.B", DAY)
    assert request.url == f"{BASE}/v3/reference/tickers/BRK.B"
    assert parse_ticker_details(answer(details("BRK.B")), request).table.num_rows == 1
    for other in ("BRK.A", "brk.b", "BRK"):
        with pytest.raises(MalformedBody, match="wrong_symbol 1"):
            parse_ticker_details(answer(details(other)), request)


def test_details_sent_twice_alike_are_one_row() -> None:
    parsed = parse_ticker_details(answer([details(), details()]), DETAILS)
    assert (parsed.table.num_rows, parsed.notes) == (1, {"repeated_rows": "1"})
    with pytest.raises(MalformedBody, match="conflicting_duplicate 2"):
        parse_ticker_details(answer([details(), details(market_cap=1)]), DETAILS)


def test_a_refusal_in_place_of_details_is_told_apart() -> None:
    with pytest.raises(NotFound):
        parse_ticker_details(b'{"status":"NOT_FOUND","message":"Data not found."}', DETAILS)
    with pytest.raises(Unauthorized):
        parse_ticker_details(b'{"status":"ERROR","results":"none","error":"Unknown API Key"}', DETAILS)


def test_the_state_of_the_market_is_by_its_own_clock() -> None:
    (row,) = parse_market_status(status(), market_status_request(BASE, KEY)).table.to_pylist()
    assert row == {
        "market_state": "extended-hours", "is_early_hours": False, "is_after_hours": True,
        "nyse_state": "extended-hours", "nasdaq_state": "extended-hours", "otc_state": "closed",
        "server_at": datetime(2026, 11, 20, 21, 5, tzinfo=UTC),
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"market": "ajar"}, {"market": None}, {"serverTime": "2026-11-20T16:05:00"}, {"serverTime": None},
        {"serverTime": "0001-01-01T00:00:00+14:00"}, {"exchanges": {"nyse": "ajar"}}, {"earlyHours": "no"},
    ],
)  # fmt: skip
def test_a_state_that_is_not_understood_is_malformed(changes) -> None:
    with pytest.raises(MalformedBody):
        parse_market_status(status(**changes), market_status_request(BASE, KEY))


def test_a_half_day_has_its_hours_and_a_closed_day_none() -> None:
    body = holidays([holiday(6), half_day()])
    table = parse_market_holidays(body, market_holidays_request(BASE, KEY)).table
    assert table.column("holiday_date").to_pylist() == [date(2026, 11, 26), date(2026, 11, 27)]
    assert table.column("is_closed").to_pylist() == [True, False]
    assert table.column("close_at").to_pylist() == [None, datetime(2026, 11, 27, 18, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (half_day(close=None), "missing_hours"), (half_day(open=None), "missing_hours"),
        (half_day(close="2026-11-27T18:00:00"), "unreadable_row"), (holiday(status="late-open"), "unknown_status"),
        (half_day(close="0001-01-01T00:00:00+14:00"), "bad_instant"), (holiday(exchange="\u202e"), "missing_id"),
        (holiday(date="2026-02-30"), "unreadable_row"), (holiday(1), "duplicate_row"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_holiday_is_refused_by_name_and_the_others_stay(row, reason) -> None:
    good = [holiday(number) for number in range(1, 41)]
    parsed = parse_market_holidays(holidays([*good, row]), market_holidays_request(BASE, KEY))
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 40


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"settlement_date": "2026-10-15"}, "wrong_date"), ({"settlement_date": None}, "unreadable_row"),
        ({"short_interest": -1}, "negative_number"), ({"short_interest": None}, "unreadable_row"),
        ({"avg_daily_volume": -1}, "negative_number"), ({"days_to_cover": -1}, "negative_number"),
        ({"ticker": "A B"}, "bad_symbol"), ({"ticker": "S000"}, "conflicting_duplicate"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_position_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    good = [position(symbol) for symbol in SYMBOLS]
    request = short_interest_request(BASE, KEY, SETTLEMENT)
    parsed = parse_short_interest(answer([*good, position("X", short_interest=1) | changes]), request)
    lost = 2 if reason == "conflicting_duplicate" else 1
    assert parsed.rejected == {reason: lost}
    assert parsed.table.num_rows == 61 - lost


@pytest.mark.parametrize(
    ("changes", "cover"),
    [
        ({}, 2.55), ({"days_to_cover": 999.99}, None), ({"avg_daily_volume": 0, "days_to_cover": 1}, None),
        ({"days_to_cover": None}, None), ({"avg_daily_volume": None}, 2.55),
    ],
)  # fmt: skip
def test_days_to_cover_that_are_a_sentinel_are_null(changes, cover) -> None:
    parsed = parse_short_interest(answer([position("GME", **changes)]), short_interest_request(BASE, KEY, SETTLEMENT))
    assert parsed.table.column("days_to_cover_reported").to_pylist() == [cover]
    sentinel = changes.get("days_to_cover", 2.55) is not None and cover is None
    assert parsed.notes["sentinel"] == str(int(sentinel))


def test_short_volume_is_counts_and_its_percent_is_not_read() -> None:
    request = short_volume_request(BASE, KEY, DAY)
    for ratio in (31.57, "nonsense", None):
        (row,) = parse_short_volume(answer([volume("GME", short_volume_ratio=ratio)]), request).table.to_pylist()
        assert row == {
            "source_symbol": "GME", "trade_date": DAY, "short_volume_shares": 181219.0,
            "short_exempt_volume_shares": 67840.0, "total_volume_shares": 574084.0,
        }  # fmt: skip
    (row,) = parse_short_volume(answer([volume("GME", exempt_volume=None)]), request).table.to_pylist()
    assert row["short_exempt_volume_shares"] is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"date": "2026-11-19"}, "wrong_date"), ({"short_volume": 574086}, "short_above_total"),
        ({"short_volume": -1}, "negative_volume"), ({"exempt_volume": -1}, "negative_volume"),
        ({"total_volume": -1}, "negative_volume"), ({"total_volume": None}, "unreadable_row"),
        ({"ticker": ""}, "bad_symbol"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_short_volume_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    good = [volume(symbol) for symbol in SYMBOLS]
    parsed = parse_short_volume(answer([*good, volume("X") | changes]), short_volume_request(BASE, KEY, DAY))
    assert parsed.rejected == {reason: 1}
    assert parsed.table.num_rows == 60


def test_the_names_of_tickers_are_text_of_strangers() -> None:
    sent = [ticker("A", name="A\u202e\x00B\nC" + "x" * 9999, type="C\x07S", primary_exchange=None)]
    (row,) = parse_tickers(answer(sent), tickers_request(BASE, KEY, DAY)).table.to_pylist()
    assert str(row["name"]).startswith("AB Cxx")
    assert (len(str(row["name"])), row["polygon_type"], row["primary_exchange"]) == (500, "CS", None)
