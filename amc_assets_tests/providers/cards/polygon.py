"""Contract cards of Polygon: every dataset against its good, empty, refused, injured and odd answers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from amc_assets.providers.errors import (
    NotEntitled,
    NotFound,
    NotYetPublished,
    QuotaSpent,
    RateLimited,
    ServerFault,
    Unauthorized,
)
from amc_assets.providers.exchange import Request
from amc_assets.providers.polygon import aggregates, bars, details, news, options, reference, session, shorts, snapshot
from amc_assets.providers.polygon.catalog import DATASETS
from amc_assets.providers.polygon.refusals import read_refusal
from amc_assets_tests.providers.cards import polygon_bodies as make
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status
from amc_assets_tests.providers.cards.polygon_bodies import DAY, SETTLEMENT, SYMBOLS, Row
from amc_assets_tests.providers.roads import KEY

MANY, FEW = 60, 24
_BY_NAME = {dataset.name: dataset for dataset in DATASETS}
_MINUTE_MS = 60_000
_STATUSES = {
    "401": Status(401, Unauthorized, b'{"status":"ERROR","request_id":"r","error":"Unknown API Key"}'),
    "403": Status(
        403, NotEntitled,
        b'{"status":"NOT_AUTHORIZED","message":"You are not entitled to this data. Please upgrade your plan"}',
    ),
    "429": Status(
        429, RateLimited,
        b'{"status":"ERROR","error":"You\'ve exceeded the maximum requests per minute, please wait or upgrade"}',
    ),
}  # fmt: skip
_NOT_FOUND = Status(404, NotFound, b'{"status":"NOT_FOUND","request_id":"r","message":"Data not found."}')
_REFUSALS = {
    "bad key": Body(b'{"status":"ERROR","error":"Unknown API Key"}', error=Unauthorized),
    "no key": Body(b'{"status":"ERROR","message":"API Key was not provided"}', error=Unauthorized),
    "plan": Body(b'{"status":"NOT_AUTHORIZED","message":"You are not entitled to this data."}', error=NotEntitled),
    "too old": Body(
        b'{"status":"NOT_AUTHORIZED","message":"Your plan doesn\'t include this data timeframe."}', error=NotEntitled
    ),
    "today": Body(
        b'{"status":"NOT_AUTHORIZED","message":"Attempted to request today\'s data before end of day."}',
        error=NotYetPublished,
    ),
    "minute": Body(b'{"status":"ERROR","error":"exceeded the maximum requests per minute"}', error=RateLimited),
    "day": Body(b'{"status":"ERROR","error":"exceeded the maximum requests per day"}', error=QuotaSpent),
    "unknown words": Body(b'{"status":"ERROR","error":"something else"}', error=ServerFault),
    "words alone": Body(b'{"error":"Unknown API Key"}', error=Unauthorized),
    "no words": Body(b'{"hello":"world"}', error=REFUSED),
}


def rows_in(body: bytes) -> int | None:
    """Return how many rows a body holds, counted without the product."""
    decoded = json.loads(body.decode("utf-8", "surrogateescape"), strict=False)
    if isinstance(decoded, list):
        return len(decoded)
    snapshot = decoded.get("tickers") or []
    if not all(isinstance(row, dict) for row in snapshot):
        snapshot = []  # an item of news torn open has tickers of its own: texts, no rows
    rows = decoded.get("results") or snapshot
    return len(rows) if isinstance(rows, list) else 1


def objects_in(body: bytes) -> int | None:
    """Return 1 for a body with one object, 0 for none; None for a list, whose equal variants are one."""
    found = json.loads(body.decode("utf-8", "surrogateescape"), strict=False).get("results")
    return None if isinstance(found, list) else int(found is not None)


def renamed(body: bytes, column: str) -> dict[str, Body]:
    """Return the body with one column called otherwise, which must not pass."""
    mark = f'"{column}":'.encode()
    assert mark in body
    return {column: Body(body.replace(mark, b'"other":'), error=REFUSED)}


def no_numbers(body: bytes, sent: str, rejected: int, rows: int) -> dict[str, Body]:
    """Return the body with texts that are no JSON number, and one that is but fits no double, in place of ``sent``."""
    assert sent.encode() in body
    before = sent.rpartition(":")[0]
    put = {text: body.replace(sent.encode(), f"{before}:{text}".encode(), 1) for text in ("NaN", "-Infinity", "1e999")}
    large = Body(put["1e999"], rows, {"unreadable_row": rejected}) if rejected else Body(put["1e999"], error=REFUSED)
    return {"NaN": Body(put["NaN"], error=REFUSED), "-Infinity": Body(put["-Infinity"], error=REFUSED), "1e999": large}


def listing(
    request: Request,
    path: str,
    body_of: Callable[[Sequence[Mapping[str, object]]], bytes],
    row: Callable[[int], Row],
    keys: tuple[str, ...],
    *,
    empty: bytes,
    column: str,
    differs: Mapping[str, object],
    number: str = "",
) -> Card:
    """Return the card of a dataset that is a list of rows: ``differs`` contradicts the first, ``number`` is in it."""
    rows = [row(place) for place in range(MANY)]
    good = body_of(rows)
    torn = body_of([*rows, {**rows[0], **differs}])
    return Card(
        dataset=_BY_NAME[request.dataset],
        request=request,
        sent=("GET", path),
        good=Body(good, MANY),
        keys=keys,
        small=body_of(rows[:FEW]),
        rows_sent=rows_in,
        empty=Body(empty),
        not_found=_NOT_FOUND,
        statuses=_STATUSES,
        error_in_200=_REFUSALS,
        duplicated={
            "same": Body(body_of([*rows, rows[0]]), MANY, {"duplicate_row": 1}),
            "contradicted": Body(torn, MANY - 1, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(body_of(rows[1::2] + rows[::2]), MANY),
        wrong_column=renamed(good, column),
        not_a_number=no_numbers(good, number, 1, MANY - 1) if number else {},
        read_refusal=read_refusal,
        not_applicable={} if number else {"not_a_number": "no column holds a number"},
    )


_NO_BARS = b'{"queryCount":0,"resultsCount":0,"adjusted":true,"status":"OK","request_id":"r"}'
_NO_BARS_OF_GME = b'{"ticker":"GME","queryCount":0,"resultsCount":0,"adjusted":true,"status":"OK","request_id":"r"}'
_NULL = b'{"status":"OK","results":null}'
_PATH_OF_BARS = "/v2/aggs/ticker/GME/range/1/minute/2026-11-20/2026-11-20?adjusted=false&sort=asc&limit=50000"


def _minute(place: int) -> Row:
    return make.bar(t=make.MIDNIGHT_MS + (570 + place) * _MINUTE_MS)


def _market_cards() -> tuple[Card, ...]:
    grouped = listing(
        bars.grouped_daily_request(BASE, KEY, DAY, adjusted=False),
        "/v2/aggs/grouped/locale/us/market/stocks/2026-11-20?adjusted=false&include_otc=false",
        make.bars, lambda place: make.bar(SYMBOLS[place]), ("source_symbol", "trade_date"),
        empty=_NO_BARS, column="c", differs={"v": 7}, number='"c":10.5',
    )  # fmt: skip
    of_one = listing(
        aggregates.aggregates_request(BASE, KEY, "GME", DAY, DAY, span="minute", adjusted=False),
        _PATH_OF_BARS, lambda rows: make.bars(rows, ticker="GME"), _minute, ("source_symbol", "bar_start_at"),
        empty=_NO_BARS_OF_GME, column="c", differs={"v": 7}, number='"c":10.5',
    )  # fmt: skip
    now = listing(
        snapshot.market_snapshot_request(BASE, KEY),
        "/v2/snapshot/locale/us/markets/stocks/tickers?include_otc=false",
        make.market, lambda place: make.name(SYMBOLS[place]), ("source_symbol",),
        empty=b'{"status":"OK","count":0,"tickers":[]}', column="tickers", differs={"prevDay": {"c": 8}},
        number='"c":10.5',
    )  # fmt: skip
    return grouped, replace(of_one, not_found=Body(_NO_BARS_OF_GME)), now


def _reference_cards() -> tuple[Card, ...]:
    return (
        listing(
            reference.tickers_request(BASE, KEY, DAY),
            "/v3/reference/tickers?market=stocks&active=true&date=2026-11-20&limit=1000",
            make.answer, lambda place: make.ticker(SYMBOLS[place]), ("source_symbol",),
            empty=_NULL, column="ticker", differs={"primary_exchange": "XNYS"},
        ),
        listing(
            reference.splits_request(BASE, KEY, date(2026, 1, 1), DAY),
            "/v3/reference/splits?execution_date.gte=2026-01-01&execution_date.lte=2026-11-20&limit=1000",
            make.answer, lambda place: make.split(SYMBOLS[place]), reference.SPLIT_KEY,
            empty=b'{"status":"OK","results":[]}', column="split_to", differs={"split_to": 10}, number='"split_to":20',
        ),
        listing(
            reference.floats_request(BASE, KEY), "/stocks/vX/float?limit=5000",
            make.answer, lambda place: make.free_float(SYMBOLS[place]), reference.FLOAT_KEY,
            empty=b'{"status":"DELAYED"}', column="free_float", differs={"free_float": 6e6},
            number='"free_float":5000000.0',
        ),
        _details_card(),
    )  # fmt: skip


def _details_card() -> Card:
    good, twice = make.answer(make.details()), make.answer([make.details(), make.details()])
    return Card(
        dataset=_BY_NAME[details.TICKER_DETAILS],
        request=details.ticker_details_request(BASE, KEY, "GME", DAY),
        sent=("GET", "/v3/reference/tickers/GME?date=2026-11-20"),
        good=Body(good, 1),
        keys=("source_symbol",),
        small=good,
        rows_sent=objects_in,
        empty=Body(_NULL),
        not_found=_NOT_FOUND,
        statuses=_STATUSES,
        error_in_200=_REFUSALS,
        duplicated={
            "another ticker": Body(make.answer(make.details("GMED")), error=REFUSED),
            "same and contradicted": Body(
                make.answer([make.details(), make.details(share_class_shares_outstanding=1)]), error=REFUSED
            ),
            "contradicted type": Body(make.answer([make.details(), make.details(type="PFD")]), error=REFUSED),
            "same": Body(twice, 1),
        },
        wrong_column=renamed(good, "ticker"),
        not_a_number=no_numbers(good, '"share_class_shares_outstanding":447300000', 0, 0),
        read_refusal=read_refusal,
        not_applicable={"unsorted": "there is one row"},
    )


def _option_and_news_cards() -> tuple[Card, ...]:
    chain = listing(
        options.option_snapshot_request(BASE, KEY, "GME"), "/v3/snapshot/options/GME?limit=250",
        make.answer, lambda place: make.contract(place + 1), options.CONTRACT_KEY,
        empty=b'{"status":"OK","results":[],"request_id":"r"}', column="strike_price", differs={"open_interest": 7},
        number='"open_interest":813',
    )  # fmt: skip
    headlines = listing(
        news.news_request(BASE, KEY, datetime(2026, 11, 20, 12, tzinfo=UTC)),
        "/v2/reference/news?published_utc.gte=2026-11-20T12%3A00%3A00Z&order=asc&sort=published_utc&limit=1000",
        make.answer, make.item, news.NEWS_KEY,
        empty=b'{"status":"OK","results":[],"count":0}', column="published_utc", differs={"title": "Another"},
    )  # fmt: skip
    return chain, headlines


def _session_cards() -> tuple[Card, ...]:
    now = make.status()
    status = Card(
        dataset=_BY_NAME[session.MARKET_STATUS],
        request=session.market_status_request(BASE, KEY),
        sent=("GET", "/v1/marketstatus/now"),
        good=Body(now, 1),
        keys=("server_at",),
        small=now,
        rows_sent=lambda _: 1,
        not_found=_NOT_FOUND,
        statuses=_STATUSES,
        error_in_200=_REFUSALS,
        wrong_column=renamed(now, "market") | renamed(now, "serverTime"),
        read_refusal=read_refusal,
        not_applicable={
            "empty": "there is always one state", "duplicated": "there is one row", "unsorted": "there is one row",
            "not_a_number": "no column holds a number",
        },
    )  # fmt: skip
    coming = listing(
        session.market_holidays_request(BASE, KEY), "/v1/marketstatus/upcoming",
        make.holidays, make.holiday, session.HOLIDAY_KEY,
        empty=b"[]", column="status", differs={"name": "Another"},
    )  # fmt: skip
    return status, coming


def _short_cards() -> tuple[Card, ...]:
    return (
        listing(
            shorts.short_interest_request(BASE, KEY, SETTLEMENT),
            "/stocks/v1/short-interest?settlement_date=2026-10-30&limit=50000&sort=ticker.asc",
            make.answer, lambda place: make.position(SYMBOLS[place]), ("source_symbol", "settlement_date"),
            empty=b'{"status":"OK","results":[],"request_id":"r"}', column="short_interest",
            differs={"short_interest": 1}, number='"short_interest":61782730',
        ),
        listing(
            shorts.short_volume_request(BASE, KEY, DAY),
            "/stocks/v1/short-volume?date=2026-11-20&limit=50000&sort=ticker.asc",
            make.answer, lambda place: make.volume(SYMBOLS[place]), ("source_symbol", "trade_date"),
            empty=b'{"status":"OK","request_id":"r"}', column="total_volume", differs={"short_volume": 1},
            number='"short_volume":181219',
        ),
    )  # fmt: skip


CARDS: tuple[Card, ...] = (
    *_market_cards(), *_reference_cards(), *_option_and_news_cards(), *_session_cards(), *_short_cards(),
)  # fmt: skip
