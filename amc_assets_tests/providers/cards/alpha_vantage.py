"""Contract cards of Alpha Vantage: every refusal is a 200, every number is text."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

from amc_assets.providers.alpha_vantage.bars import daily_request, intraday_request
from amc_assets.providers.alpha_vantage.catalog import DATASETS
from amc_assets.providers.alpha_vantage.company import global_quote_request, overview_request
from amc_assets.providers.alpha_vantage.news import news_sentiment_request
from amc_assets.providers.alpha_vantage.options import historical_options_request
from amc_assets.providers.alpha_vantage.refusals import read_refusal
from amc_assets.providers.errors import NotEntitled, NotFound, QuotaSpent, RateLimited, Unauthorized
from amc_assets_tests.providers.cards import alpha_vantage_bodies as wire
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status
from amc_assets_tests.providers.roads import KEY

ADDRESS = f"{BASE}/query"
SINCE = datetime(2026, 11, 19, 14, 30, tzinfo=UTC)
OVERVIEW = overview_request(ADDRESS, KEY, "GME")
QUOTE = global_quote_request(ADDRESS, KEY, "GME")
INTRADAY = intraday_request(ADDRESS, KEY, "GME", wire.DAY)
INTRADAY_CSV = intraday_request(ADDRESS, KEY, "GME", wire.DAY, as_csv=True)
DAILY = daily_request(ADDRESS, KEY, "GME")
DAILY_CSV = daily_request(ADDRESS, KEY, "GME", as_csv=True)
NEWS = news_sentiment_request(ADDRESS, KEY, "GME", SINCE)
OPTIONS = historical_options_request(ADDRESS, KEY, "GME", wire.DAY)

_STATUSES = {
    "401": Status(401, Unauthorized),
    "403": Status(403, NotEntitled, b"<html>Forbidden</html>"),
    "429": Status(429, RateLimited, b"", {"Retry-After": "9"}),
}
SOFT = {
    "bad key": Body(wire.said(wire.KEYLESS, "Error Message"), error=Unauthorized),
    "demo key": Body(wire.said(wire.DEMO), error=Unauthorized),
    "bad call": Body(wire.said(wire.BAD_CALL, "Error Message"), error=NotFound),
    "bad inputs": Body(wire.said(wire.BAD_INPUTS), error=NotFound),
    "burst": Body(wire.said(wire.BURST), error=RateLimited),
    "burst on a paid plan": Body(wire.said(wire.BURST_PAID), error=RateLimited),
    "old note": Body(wire.said(wire.OLD_NOTE, "Note"), error=RateLimited),
    "quota": Body(wire.said(wire.QUOTA), error=QuotaSpent),
    "quota with the key": Body(
        wire.said(f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day."),
        error=QuotaSpent,
    ),
    "paywall": Body(wire.said(wire.PAYWALL), error=NotEntitled),
    "paid size": Body(wire.said(wire.PAID_SIZE), error=NotEntitled),
    "artificial": Body(wire.artificial(), error=NotEntitled),
    "unknown sentence": Body(wire.said("We are celebrating our birthday."), error=REFUSED),
    "web page": Body(b"<!DOCTYPE html><html><body>Back soon</body></html>", error=REFUSED),
    "text": Body(b"Too Many Requests", error=REFUSED),
    "nothing": Body(b"", error=REFUSED),
    "null": Body(b"null", error=REFUSED),
    "array": Body(b"[]", error=REFUSED),
    "other object": Body(b'{"status":"OK","results":[]}', error=REFUSED),
}
_CSV_CUT = "the file has no count and no last line: cut between two lines it looks like a shorter one"
_OVERVIEW, _QUOTE, _INTRADAY, _INTRADAY_CSV, _DAILY, _DAILY_CSV, _NEWS, _OPTIONS = DATASETS
_MINUTES, _DAYS = wire.intraday_rows(60), wire.daily_rows(60)
_ITEMS, _CONTRACTS = [wire.item(n) for n in range(60)], [wire.contract(n) for n in range(60)]
_ONE_ROW = {
    "duplicated": "one company, one row",
    "unsorted": "one company, one row",
    "empty": "an empty object means an unknown symbol: see not_found",
}


def _members(*names: str) -> Callable[[bytes], int | None]:
    """Return a counter of the members or items under one of these names; of repeated members each counts."""

    def count(body: bytes) -> int | None:
        try:
            pairs = json.loads(body, object_pairs_hook=tuple)
        except ValueError:
            return None
        found = [value for name, value in pairs if name.startswith(names)] if isinstance(pairs, tuple) else []
        return len(found[0]) if len(found) == 1 and isinstance(found[0], list | tuple) else None

    return count


def _one(_body: bytes) -> int | None:
    return 1


def _lines(body: bytes) -> int | None:
    return body.count(b"\n") - 1


def _bar_card(index: int, **given: object) -> dict[str, object]:
    """Return what the four cards of bars have in common."""
    write, rows = ((wire.intraday, _MINUTES), (wire.bars_csv, _MINUTES), (wire.daily, _DAYS), (wire.bars_csv, _DAYS))[
        index
    ]
    is_csv = index % 2 == 1
    time, first = rows[0]
    names = {"wrong_column": b"close" if is_csv else b"4. close"}
    whole = write(rows)
    return {
        "good": Body(whole, rows=60),
        "keys": ("source_symbol", "bar_start_at" if index < 2 else "trade_date"),
        "small": write(rows[:20]),
        "rows_sent": _lines if is_csv else _members("Time Series"),
        "empty": Body(write([]), rows=0),
        "not_found": SOFT["bad call"],
        "statuses": _STATUSES,
        "error_in_200": SOFT,
        "duplicated": {
            "same": Body(write([*rows, rows[0]]), 60, {"duplicate_row": 1}),
            "other": Body(write([*rows, (time, {**first, "volume": "7"})]), 59, {"conflicting_duplicate": 2}),
        },
        "unsorted": Body(write(rows[1::2] + rows[::2]), 60),
        "wrong_column": {"renamed": Body(whole.replace(names["wrong_column"], b"renamed"), error=REFUSED)},
        "not_a_number": {
            text: Body(write([*rows[1:], (time, {**first, "close": text})]), 59, {"unreadable_field": 1})
            for text in ("NaN", "inf", "1e999", "abc", "1_0")
        }
        | {"not sent": Body(write([*rows[1:], (time, {**first, "close": "None"})]), 59, {"missing_number": 1})},
        "truncation_hides": _CSV_CUT if is_csv else "",
        "read_refusal": read_refusal,
        **given,
    }


_INTRADAY_QUERY = (
    "/query?function=TIME_SERIES_INTRADAY&symbol=GME&interval=5min&month=2026-11&outputsize=full&adjusted=false"
    "&extended_hours=true"
)
_DAILY_QUERY = "/query?function=TIME_SERIES_DAILY&symbol=GME&outputsize=compact"

CARDS: tuple[Card, ...] = (
    Card(
        _OVERVIEW,
        OVERVIEW,
        ("GET", "/query?function=OVERVIEW&symbol=GME"),
        good=Body(wire.overview(), rows=1),
        keys=("source_symbol",),
        small=wire.overview(),
        rows_sent=_one,
        not_found=Body(b"{}", error=NotFound),
        statuses=_STATUSES,
        error_in_200=SOFT,
        wrong_column={
            "renamed": Body(wire.overview(Symbol=None, Ticker="GME"), error=REFUSED),
            "other company": Body(wire.overview(Symbol="AMC"), error=REFUSED),
        },
        not_a_number={
            text: Body(wire.overview(SharesFloat=text), error=REFUSED) for text in ("abc", "NaN", "inf", "1e999")
        }
        | {text: Body(wire.overview(SharesFloat=text), rows=1) for text in ("None", "-", ".", "", "0")},
        read_refusal=read_refusal,
        not_applicable=_ONE_ROW,
    ),
    Card(
        _QUOTE,
        QUOTE,
        ("GET", "/query?function=GLOBAL_QUOTE&symbol=GME"),
        good=Body(wire.quote(), rows=1),
        keys=("source_symbol", "trade_date"),
        small=wire.quote(),
        rows_sent=_one,
        not_found=Body(b'{"Global Quote":{}}', error=NotFound),
        statuses=_STATUSES,
        error_in_200=SOFT,
        wrong_column={
            "renamed": Body(wire.quote().replace(b"05. price", b"05. close"), error=REFUSED),
            "other company": Body(wire.quote(symbol="AMC"), error=REFUSED),
        },
        not_a_number={
            text: Body(wire.quote(price=text), error=REFUSED) for text in ("abc", "NaN", "inf", "None", "0", "-1")
        },
        read_refusal=read_refusal,
        not_applicable=_ONE_ROW,
    ),
    Card(_INTRADAY, INTRADAY, ("GET", _INTRADAY_QUERY), **_bar_card(0)),  # type: ignore[arg-type]
    Card(_INTRADAY_CSV, INTRADAY_CSV, ("GET", f"{_INTRADAY_QUERY}&datatype=csv"), **_bar_card(1)),  # type: ignore[arg-type]
    Card(_DAILY, DAILY, ("GET", _DAILY_QUERY), **_bar_card(2)),  # type: ignore[arg-type]
    Card(_DAILY_CSV, DAILY_CSV, ("GET", f"{_DAILY_QUERY}&datatype=csv"), **_bar_card(3)),  # type: ignore[arg-type]
    Card(
        _NEWS,
        NEWS,
        ("GET", "/query?function=NEWS_SENTIMENT&tickers=GME&time_from=20261119T1430&sort=LATEST&limit=1000"),
        good=Body(wire.feed(_ITEMS), rows=60),
        keys=("item_id",),
        small=wire.feed([wire.item(n, topics=[], authors=[]) for n in range(19)]),
        rows_sent=_members("feed"),
        empty=Body(wire.said(wire.NO_ARTICLES), rows=0),
        not_found=Body(wire.said(wire.BAD_INPUTS), error=NotFound),
        statuses=_STATUSES,
        error_in_200=SOFT,
        duplicated={
            "same": Body(wire.feed([*_ITEMS, _ITEMS[0]]), 60, {"duplicate_row": 1}),
            "other": Body(wire.feed([*_ITEMS, wire.item(0, title="Another")]), 59, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(wire.feed(_ITEMS[1::2] + _ITEMS[::2]), 60),
        wrong_column={
            "time": Body(wire.feed(_ITEMS).replace(b"time_published", b"published"), error=REFUSED),
            "feed": Body(wire.feed(_ITEMS).replace(b'"feed"', b'"news"'), error=REFUSED),
        },
        not_a_number={
            "sentiment": Body(
                wire.feed(
                    [*_ITEMS, wire.item(99, ticker_sentiment=[{"ticker": "GME", "ticker_sentiment_score": "x"}])]
                ),
                61,
            ),
            "time": Body(
                wire.feed([*_ITEMS, wire.item(99, time_published="20261320T170245")]), 60, {"unreadable_time": 1}
            ),
        },
        read_refusal=read_refusal,
    ),
    Card(
        _OPTIONS,
        OPTIONS,
        ("GET", "/query?function=HISTORICAL_OPTIONS&symbol=GME&date=2026-11-20"),
        good=Body(wire.chain(_CONTRACTS), rows=60),
        keys=("contract_symbol",),
        small=wire.chain(_CONTRACTS[:19]),
        rows_sent=_members("data"),
        empty=Body(wire.chain([], "No data for symbol GME on date 2026-11-20."), rows=0),
        not_found=SOFT["bad call"],
        statuses=_STATUSES,
        error_in_200=SOFT
        | {
            "artificial in success": Body(
                wire.chain([wire.contract(0, symbol="XXYYZZ", expiration="2099-99-99")]), error=NotEntitled
            ),
            "rows without success": Body(wire.chain(_CONTRACTS, "partial"), error=REFUSED),
            "no message": Body(json.dumps({"data": _CONTRACTS}).encode(), error=REFUSED),
        },
        duplicated={
            "same": Body(wire.chain([*_CONTRACTS, _CONTRACTS[0]]), 60, {"duplicate_row": 1}),
            "other": Body(wire.chain([*_CONTRACTS, wire.contract(0, bid="1.00")]), 59, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(wire.chain(_CONTRACTS[1::2] + _CONTRACTS[::2]), 60),
        wrong_column={
            "strike": Body(wire.chain(_CONTRACTS).replace(b'"strike"', b'"price"'), error=REFUSED),
            "data": Body(wire.chain(_CONTRACTS).replace(b'"data"', b'"rows"'), error=REFUSED),
        },
        not_a_number={
            text: Body(wire.chain([*_CONTRACTS[1:], wire.contract(0, bid=text)]), 59, {"unreadable_field": 1})
            for text in ("NaN", "inf", "1e999", "abc")
        }
        | {
            "not sent": Body(wire.chain([*_CONTRACTS[1:], wire.contract(0, bid="None")]), 60),
            "no text": Body(wire.chain([*_CONTRACTS[1:], wire.contract(0, bid=6.1)]), 59, {"unreadable_row": 1}),
        },
        read_refusal=read_refusal,
    ),
)
