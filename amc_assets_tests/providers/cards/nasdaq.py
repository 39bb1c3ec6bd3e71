"""Contract cards of Nasdaq: the symbol directory, trade halts, the threshold list, the screener."""

import json
import re

from amc_assets.clock import FixedClock
from amc_assets.providers.errors import NotEntitled, NotFound, NotYetPublished, RateLimited, ServerFault
from amc_assets.providers.nasdaq.catalog import DATASETS
from amc_assets.providers.nasdaq.halts import trade_halts_request
from amc_assets.providers.nasdaq.screener import screener_request
from amc_assets.providers.nasdaq.symbols import symbols_request
from amc_assets.providers.nasdaq.threshold import threshold_request
from amc_assets.providers.wire.threshold import absent_list
from amc_assets_tests.providers.cards.card import BASE, REFUSED, Body, Card, Status
from amc_assets_tests.providers.cards.nasdaq_bodies import (
    DAY,
    TICKERS,
    directory,
    directory_row,
    halt,
    halts,
    screened,
    screener,
    threshold,
    threshold_row,
)
from amc_assets_tests.providers.roads import EVENING

_SYMBOLS, _HALTS, _THRESHOLD, _SCREENER = DATASETS
_PAGE = b"<!DOCTYPE html><html><head><title>NASDAQTrader</title></head><body>Error</body></html>"
_KEYLESS = {"401": "asked without a key: nothing to refuse", "key_in_no_output": "no key is sent"}
_STATUSES = {
    "403": Status(403, NotEntitled, _PAGE), "429": Status(429, RateLimited, b"", {"Retry-After": "9"}),
    "404": Status(404, NotFound, _PAGE),
}  # fmt: skip


def feed_items(body: bytes) -> int | None:
    """Return the items of a feed, counted as text; None where comments, CDATA or control characters could hide some."""
    if b"<!" in body or re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x80-\xff]", body.removeprefix(b"\xef\xbb\xbf")):
        return None
    return len(re.findall(rb"(?i)<item(?=[\s/>])", body))


def _lines_between(body: bytes) -> int:
    """Return the lines between the first and the last of a file."""
    text = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    return text.partition(b"\n")[2].rstrip().count(b"\n")


def list_rows(body: bytes) -> int | None:
    """Return the rows of a threshold list that are not flagged N; None when a flag is oddly spaced."""
    lines = body.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").rstrip().split(b"\n")[1:-1]
    if any(b"\r" in line or line.count(b"|") != 5 for line in lines):
        return None
    symbols = [line.split(b"|")[0] for line in lines]
    not_flagged = sum(line.split(b"|")[3].strip() == b"N" for line in lines)
    return None if not_flagged and len(set(symbols)) < len(symbols) else len(lines) - not_flagged


def _screener_rows(body: bytes) -> int | None:
    data = json.loads(body.decode("utf-8", "surrogateescape"), strict=False)["data"]
    return len(data["rows"] if data.get("rows") is not None else data["table"]["rows"])


_DIRECTORY = [directory_row(symbol) for symbol in TICKERS]
_ITEMS = [halt(symbol, HaltTime=f"09:45:{n:02d}") for n, symbol in enumerate(TICKERS)]
_RESUMED = {"ResumptionDate": "11/20/2026", "ResumptionQuoteTime": "09:50:01", "ResumptionTradeTime": "09:55:01"}
_LIST = [threshold_row(symbol) for symbol in TICKERS]
_ROWS = [screened(symbol) for symbol in TICKERS]

CARDS: tuple[Card, ...] = (
    Card(
        _SYMBOLS,
        symbols_request(BASE),
        ("GET", "/dynamic/SymDir/nasdaqtraded.txt"),
        good=Body(directory(_DIRECTORY), rows=30),
        keys=("source_symbol",),
        small=directory(_DIRECTORY),
        rows_sent=_lines_between,
        empty=Body(directory([]), rows=0),
        not_found=_STATUSES["404"],
        statuses=_STATUSES,
        error_in_200={"web page": Body(_PAGE, error=REFUSED), "nothing": Body(b"", error=REFUSED)},
        duplicated={
            "same": Body(directory([*_DIRECTORY, _DIRECTORY[0]]), 30, {"duplicate_row": 1}),
            "other": Body(directory([*_DIRECTORY, directory_row("SAA", ETF="Y")]), 29, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(directory(_DIRECTORY[::-1]), 30),
        wrong_column={"renamed": Body(directory(_DIRECTORY).replace(b"Test Issue", b"Test"), error=REFUSED)},
        not_applicable={**_KEYLESS, "not_a_number": "it holds no numbers"},
    ),
    Card(
        _HALTS,
        trade_halts_request(BASE, DAY),
        ("GET", "/rss.aspx?feed=tradehalts&haltdate=11202026"),
        good=Body(halts(_ITEMS), rows=30),
        keys=("source_symbol", "halted_at"),
        small=halts(_ITEMS[:6]),
        rows_sent=feed_items,
        empty=Body(halts([]), rows=0),
        not_found=_STATUSES["404"],
        statuses=_STATUSES,
        error_in_200={
            "web page": Body(_PAGE, error=REFUSED), "text": Body(b"Too Many Requests", error=REFUSED),
            "json": Body(b'{"error": 1}', error=REFUSED), "nothing": Body(b"", error=REFUSED),
        },
        duplicated={
            "same": Body(halts([*_ITEMS, _ITEMS[0]]), 30, {"duplicate_row": 1}),
            "other": Body(
                halts([*_ITEMS, halt("SAA", HaltTime="09:45:00", **_RESUMED)]), 29, {"conflicting_duplicate": 2}
            ),
            "another halt of the symbol": Body(halts([*_ITEMS, halt("SAA", HaltTime="10:45:00")]), 31),
        },
        unsorted=Body(halts(_ITEMS[::-1]), 30),
        wrong_column={
            "symbol": Body(halts(_ITEMS).replace(b"IssueSymbol", b"Symbol"), error=REFUSED),
            "time": Body(halts(_ITEMS).replace(b"HaltTime", b"Time"), error=REFUSED),
        },
        not_a_number={
            "price": Body(halts([*_ITEMS, halt("X", PauseThresholdPrice="NaN")]), 30, {"unreadable_price": 1}),
        },
        not_applicable=_KEYLESS,
    ),
    Card(
        _THRESHOLD,
        threshold_request(BASE, DAY),
        ("GET", "/dynamic/symdir/regsho/nasdaqth20261120.txt"),
        good=Body(threshold([*_LIST, threshold_row("OTHER", "N")]), rows=30),
        keys=("source_symbol",),
        small=threshold(_LIST),
        rows_sent=list_rows,
        empty=Body(threshold([]), rows=0),
        not_found=Status(404, NotYetPublished, _PAGE),
        statuses={**_STATUSES, "404": Status(404, NotYetPublished, _PAGE)},
        error_in_200={"web page": Body(_PAGE, error=REFUSED), "nothing": Body(b"", error=REFUSED)},
        duplicated={
            "same": Body(threshold([*_LIST, _LIST[0]]), 30, {"duplicate_row": 1}),
            "other": Body(threshold([*_LIST, threshold_row("SAA", "N")]), 29, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(threshold(_LIST[::-1]), 30),
        wrong_column={"renamed": Body(threshold(_LIST).replace(b"Threshold Flag", b"Flag"), error=REFUSED)},
        read_refusal=absent_list(FixedClock(EVENING)),
        not_applicable={**_KEYLESS, "not_a_number": "it holds no numbers"},
    ),
    Card(
        _SCREENER,
        screener_request(BASE),
        ("GET", "/api/screener/stocks?tableonly=true&limit=10000&download=true"),
        good=Body(screener(_ROWS), rows=30),
        keys=("source_symbol",),
        small=screener(_ROWS[:11]),
        rows_sent=_screener_rows,
        empty=Body(screener([]), rows=0),
        not_found=_STATUSES["404"],
        statuses=_STATUSES,
        error_in_200={
            "no data": Body(b'{"data":null,"message":null,"status":{"rCode":400}}', error=ServerFault),
            "web page": Body(_PAGE, error=REFUSED), "nothing": Body(b"", error=REFUSED),
            "no rows": Body(b'{"data":{"filters":null}}', error=REFUSED),
        },
        duplicated={
            "same": Body(screener([*_ROWS, _ROWS[0]]), 30, {"duplicate_row": 1}),
            "other": Body(screener([*_ROWS, screened("SAA", lastsale="$2")]), 29, {"conflicting_duplicate": 2}),
        },
        unsorted=Body(screener(_ROWS[::-1]), 30),
        wrong_column={"symbol": Body(screener(_ROWS).replace(b'"symbol": "S', b'"ticker": "S'), error=REFUSED)},
        not_a_number={
            value: Body(screener([*_ROWS, screened("X", volume=value)]), 30, {"unreadable_number": 1})
            for value in ("NaN", "1e999", "Infinity", "12abc")
        },
        not_applicable=_KEYLESS,
    ),
)  # fmt: skip
