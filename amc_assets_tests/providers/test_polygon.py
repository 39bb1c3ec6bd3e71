"""Polygon: bars of the right day, pages that never leave the provider, refusals in either field, recorded bodies."""

import json
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.market.calendar import new_york
from amc_assets.providers.errors import (
    BadRequest,
    MalformedBody,
    NotEntitled,
    NotFound,
    NotYetPublished,
    ProviderError,
    QuotaSpent,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from amc_assets.providers.polygon.bars import grouped_daily_request, parse_grouped_daily
from amc_assets.providers.polygon.client import Polygon
from amc_assets.providers.polygon.reference import parse_splits, splits_request
from amc_assets_tests.providers.cards.card import BASE
from amc_assets_tests.providers.cards.polygon_bodies import DAY, END_MS, SYMBOLS, bar
from amc_assets_tests.providers.cards.polygon_bodies import answer as polygon
from amc_assets_tests.providers.cards.polygon_bodies import bars as grouped
from amc_assets_tests.providers.roads import KEY, open_road

REQUEST = grouped_daily_request(BASE, KEY, DAY, adjusted=False)
BARS = [bar(symbol) for symbol in SYMBOLS]


def test_the_timestamp_used_here_is_the_close_in_new_york() -> None:
    assert datetime.fromtimestamp(END_MS / 1000, UTC) == new_york(DAY, 16)


@pytest.mark.parametrize(
    "day", [date(2026, 3, 8), date(2026, 3, 9), date(2026, 11, 1), date(2026, 7, 2), date(2024, 2, 29)]
)
def test_a_bar_belongs_to_its_new_york_date_over_clock_changes(day) -> None:
    request = grouped_daily_request(BASE, KEY, day, adjusted=False)
    midnight = new_york(day, 0)
    for at, belongs in [
        (new_york(day, 16), True), (new_york(day, 13), True), (midnight, True),
        (midnight - timedelta(seconds=1), False), (new_york(day + timedelta(days=1), 0), False),
    ]:  # fmt: skip
        rows = [bar(symbol, t=round(at.timestamp() * 1000)) for symbol in SYMBOLS]
        if belongs:
            assert parse_grouped_daily(grouped(rows), request).table.column("trade_date").to_pylist() == [day] * 60
        else:
            with pytest.raises(MalformedBody, match="wrong_date 60"):
                parse_grouped_daily(grouped(rows), request)


def test_numbers_arrive_as_sent_and_missing_is_null() -> None:
    rows = [*BARS, {key: value for key, value in bar("BRK.B").items() if key not in ("vw", "n")}, bar("C", vw=0)]
    parsed = parse_grouped_daily(grouped(rows), REQUEST)
    kept = {row["source_symbol"]: row for row in parsed.table.to_pylist()}
    assert kept["NULL"] == {
        "source_symbol": "NULL", "trade_date": DAY, "open_usd": 10.0, "high_usd": 11.0, "low_usd": 9.5,
        "close_usd": 10.5, "volume_shares": 112117471.0, "vwap_usd": 10.1, "trade_count": 1000.0,
    }  # fmt: skip
    assert (kept["BRK.B"]["vwap_usd"], kept["BRK.B"]["trade_count"], kept["C"]["vwap_usd"]) == (None, None, None)
    assert parsed.notes == {"adjusted": "false", "vwap_not_positive": "1"}


@pytest.mark.parametrize(
    ("sent", "asked", "noted"), [(True, False, "true"), (False, True, "false"), (None, True, "true")]
)
def test_the_basis_noted_is_the_one_the_provider_says_it_sent(sent, asked, noted) -> None:
    request = grouped_daily_request(BASE, KEY, DAY, adjusted=asked)
    assert parse_grouped_daily(grouped(BARS, adjusted=sent), request).notes["adjusted"] == noted


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"h": 9.0}, "inconsistent_ohlc"), ({"l": 12.0}, "inconsistent_ohlc"), ({"c": 11.5}, "inconsistent_ohlc"),
        ({"o": 9.0}, "inconsistent_ohlc"), ({"o": -10}, "price_not_positive"), ({"l": 0}, "price_not_positive"),
        ({"v": -1}, "negative_volume"), ({"v": None}, "missing_number"), ({"c": None}, "missing_number"),
        ({"t": None}, "wrong_date"), ({"t": END_MS - 86_400_000}, "wrong_date"), ({"t": END_MS // 1000}, "wrong_date"),
        ({"t": END_MS * 1000}, "wrong_date"), ({"T": ""}, "bad_symbol"), ({"T": "A B"}, "bad_symbol"),
        ({"T": "X" * 15}, "bad_symbol"), ({"T": "<script>"}, "bad_symbol"), ({"T": "../../x"}, "bad_symbol"),
        ({"n": 10**400}, "unreadable_row"), ({"t": 10**30}, "wrong_date"),
        ({"T": None}, "unreadable_row"), ({"c": "10.5"}, "unreadable_row"), ({"T": "A\nB"}, "bad_symbol"),
        ({"T": ".A"}, "bad_symbol"), ({"T": "A."}, "bad_symbol"), ({"T": "A..B"}, "bad_symbol"),
        ({"T": "\u202eA"}, "bad_symbol"), ({"T": "S000"}, "duplicate_row"),
        ({"T": "S000", "v": 7}, "conflicting_duplicate"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_bar_is_refused_by_name_and_the_others_stay(changes, reason) -> None:
    parsed = parse_grouped_daily(grouped([*BARS, bar("X", **changes)]), REQUEST)
    lost = 2 if reason == "conflicting_duplicate" else 1
    assert parsed.rejected == {reason: lost}
    assert parsed.table.num_rows == 61 - lost
    assert parsed.samples[0].startswith(reason)


def test_a_zero_volume_bar_stays() -> None:
    parsed = parse_grouped_daily(grouped([*BARS, bar("X", v=0)]), REQUEST)
    assert parsed.rejected == {}


@pytest.mark.parametrize("announced", [0, 59, 61])
def test_a_count_that_does_not_fit_is_truncation(announced) -> None:
    with pytest.raises(MalformedBody, match=f"{announced} rows are announced and 60 were sent"):
        parse_grouped_daily(grouped(BARS, resultsCount=announced), REQUEST)


@pytest.mark.parametrize("field", ["error", "message"])
@pytest.mark.parametrize(
    ("status", "code", "text", "error"),
    [
        (200, "ERROR", "Unknown API Key", Unauthorized),
        (200, "ERROR", "API Key was not provided", Unauthorized),
        (200, "NOT_AUTHORIZED", "You are not entitled to this data.", NotEntitled),
        (200, "ERROR", "You've exceeded the maximum requests per minute, please wait", RateLimited),
        (200, "ERROR", "You've exceeded the maximum requests per day", QuotaSpent),
        (200, "ERROR", "something else", ServerFault),
        (401, "ERROR", "Unknown API Key", Unauthorized),
        (403, "NOT_AUTHORIZED", "Attempted to request today's data before end of day.", NotYetPublished),
        (403, "NOT_AUTHORIZED", "Your plan doesn't include this data timeframe.", NotEntitled),
        (403, "NOT_AUTHORIZED", "Not entitled by the plan of this API key.", NotEntitled),
        (403, "ERROR", "Unknown API Key", Unauthorized),
        (404, "NOT_FOUND", "Data not found.", NotFound),
        (429, "ERROR", "You've exceeded the maximum requests per minute", RateLimited),
        (429, "ERROR", "You've exceeded the maximum requests per day", QuotaSpent),
        (400, "ERROR", "The parameter 'to' cannot be a time that occurs before 'from'", BadRequest),
    ],
)
def test_a_refusal_is_read_from_error_and_from_message(tmp_path, field, status, code, text, error) -> None:
    body = json.dumps({"status": code, "request_id": "r", field: f"{text} ({KEY})"})
    road = open_road(tmp_path, lambda request: httpx.Response(status, text=body))
    with pytest.raises(ProviderError) as caught:
        Polygon(road.transport, BASE, KEY).grouped_daily(DAY)
    assert type(caught.value) is error
    assert KEY not in str(caught.value)
    assert text[:20] in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"split_to": 0}, "ratio_not_positive"), ({"split_from": 0}, "ratio_not_positive"),
        ({"split_to": -1}, "ratio_not_positive"), ({"execution_date": "2026-13-01"}, "unreadable_row"),
        ({"execution_date": None}, "unreadable_row"), ({"ticker": " "}, "bad_symbol"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_bad_split_is_refused_by_name(changes, reason) -> None:
    good = [{"ticker": s, "execution_date": "2026-07-18", "split_from": 4, "split_to": 1} for s in SYMBOLS]
    request = splits_request(BASE, KEY, date(2026, 1, 1), DAY)
    parsed = parse_splits(polygon([*good, {**good[0], "ticker": "X", **changes}]), request)
    assert parsed.rejected == {reason: 1}
    assert set(parsed.table.column("ratio").to_pylist()) == {0.25}


_PRICE = st.floats(0.0001, 1e6)


_SYMBOL = st.text("ABCNUL", min_size=1, max_size=6)
_ROW = st.tuples(_SYMBOL, _PRICE, _PRICE, _PRICE, _PRICE, st.floats(0, 1e12), st.none() | _PRICE)


@given(st.lists(_ROW, max_size=30, unique_by=lambda row: row[0]))
def test_what_was_written_is_read_back(rows) -> None:
    sent = []
    for symbol, a, b, c, d, volume, vwap in rows:
        low, one, two, high = sorted((a, b, c, d))
        sent.append(bar(symbol, o=one, c=two, h=high, l=low, v=volume, vw=vwap))
    parsed = parse_grouped_daily(grouped(sent), REQUEST)
    assert parsed.rejected == {}
    names = {"T": "source_symbol", "o": "open_usd", "h": "high_usd", "l": "low_usd", "c": "close_usd",
             "v": "volume_shares", "vw": "vwap_usd"}  # fmt: skip
    for wire, name in names.items():
        assert parsed.table.column(name).to_pylist() == [row[wire] for row in sent]
