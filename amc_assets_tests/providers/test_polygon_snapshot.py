"""The running session: zeros that are no prices, units of time, and what is refused by name."""

from datetime import UTC, datetime

import pytest

from amc_assets.providers.errors import MalformedBody
from amc_assets.providers.polygon.snapshot import market_snapshot_request, parse_market_snapshot
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import NOON_NS, SYMBOLS, market, name
from amc_assets_tests.providers.roads import KEY

REQUEST = market_snapshot_request(BASE, KEY)
NAMES = [name(symbol) for symbol in SYMBOLS]
DAY = {"o": 10, "h": 11, "l": 9.5, "c": 10.5, "v": 1e6, "vw": 10.2}


def test_everything_sent_arrives_with_its_unit() -> None:
    (row,) = parse_market_snapshot(market([name("GME")]), REQUEST).table.to_pylist()
    noon = datetime(2026, 11, 20, 17, 0, 0, 123456, tzinfo=UTC)
    assert row == {
        "source_symbol": "GME", "day_open_usd": 10.0, "day_high_usd": 11.0, "day_low_usd": 9.5, "day_close_usd": 10.5,
        "day_volume_shares": 1e6, "day_vwap_usd": 10.2, "previous_close_usd": 9.9, "last_trade_usd": 10.51,
        "last_trade_at": noon, "minute_cumulative_volume_shares": 999000.0, "updated_at": noon,
    }  # fmt: skip


def test_the_zeros_before_the_open_are_no_prices_and_no_volume() -> None:
    zeros = dict.fromkeys(DAY, 0)
    sent = name("GME", day=zeros, min={"av": 0}, lastTrade={"p": 0, "t": 0}, updated=0)
    (row,) = parse_market_snapshot(market([sent]), REQUEST).table.to_pylist()
    assert {key for key, value in row.items() if value is not None} == {"source_symbol", "previous_close_usd"}


@pytest.mark.parametrize("nothing", [{}, None])
def test_parts_that_are_not_sent_are_null(nothing) -> None:
    sent = dict.fromkeys(("day", "min", "prevDay", "lastTrade"), nothing)
    (row,) = parse_market_snapshot(market([name("GME", **sent, updated=None)]), REQUEST).table.to_pylist()
    assert {key for key, value in row.items() if value is not None} == {"source_symbol"}
    (row,) = parse_market_snapshot(market([{"ticker": "GME"}]), REQUEST).table.to_pylist()
    assert {key for key, value in row.items() if value is not None} == {"source_symbol"}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"updated": NOON_NS // 10**6}, "bad_instant"), ({"updated": NOON_NS // 10**9}, "bad_instant"),
        ({"updated": -1}, "bad_instant"), ({"updated": 2**63 - 1}, "bad_instant"), ({"updated": 1e300}, "bad_instant"),
        ({"lastTrade": {"p": 10, "t": NOON_NS // 1000}}, "bad_instant"), ({"updated": 2**63}, "unreadable_row"),
        ({"updated": "2026-11-20T17:00:00Z"}, "unreadable_row"), ({"ticker": "<b>"}, "bad_symbol"),
        ({"ticker": None}, "unreadable_row"), ({"day": {**DAY, "c": -10}}, "price_not_positive"),
        ({"prevDay": {"c": -1}}, "price_not_positive"), ({"lastTrade": {"p": -1}}, "price_not_positive"),
        ({"day": {**DAY, "v": -1}}, "negative_volume"), ({"min": {"av": -1}}, "negative_volume"),
        ({"day": {**DAY, "h": 10.2}}, "inconsistent_ohlc"), ({"day": {**DAY, "l": 10.2}}, "inconsistent_ohlc"),
        ({"day": {"h": 9, "l": 10}}, None), ({"day": {"o": 12, "h": 11}}, "inconsistent_ohlc"),
        ({"day": {**DAY, "vw": -1}}, None), ({"day": []}, "unreadable_row"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_name_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    parsed = parse_market_snapshot(market([*NAMES, name("X", **changes)]), REQUEST)
    assert parsed.rejected == ({reason: 1} if reason else {})
    assert parsed.table.num_rows == 60 + (reason is None)


def test_a_float_of_nanoseconds_is_taken_to_the_microsecond() -> None:
    (row,) = parse_market_snapshot(market([name("GME", updated=float(NOON_NS))]), REQUEST).table.to_pylist()
    assert abs((row["updated_at"] - datetime(2026, 11, 20, 17, 0, 0, 123456, tzinfo=UTC)).total_seconds()) < 2e-6


@pytest.mark.parametrize("body", [b'{"status":"OK","tickers":null,"count":0}', b'{"status":"DELAYED","count":0}'])
def test_a_market_before_its_first_trade_is_empty(body) -> None:
    assert parse_market_snapshot(body, REQUEST).table.num_rows == 0


@pytest.mark.parametrize("body", [b'{"status":"OK"}', b'{"status":"OK","results":[]}', market(NAMES, count=61)])
def test_an_answer_without_its_list_is_not_an_empty_market(body) -> None:
    with pytest.raises(MalformedBody):
        parse_market_snapshot(body, REQUEST)
