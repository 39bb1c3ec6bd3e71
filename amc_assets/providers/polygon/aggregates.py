"""Polygon's aggregates: the bars of one ticker over a range of days, a bar a day or a minute."""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal
from urllib.parse import unquote

import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import Envelope, in_path, open_answer, refuse_other_count, request_to
from amc_assets.providers.polygon.bars import (
    Prices,
    basis_sent,
    day_start_ms,
    numbers_of,
    price_columns,
    refuse_bad_prices,
    without_bad_vwap,
)
from amc_assets.providers.polygon.columns import INSTANT
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import BoolArray, describer, refuse_repeats

AGGREGATES = "aggregates"
AGGREGATE_KEY = ("bar_start_at",)
Span = Literal["day", "minute"]
_MINUTE_MS = 60_000
_ADDRESS = re.compile(r"/v2/aggs/ticker/([^/]+)/range/1/(day|minute)/(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)\Z")


class _Aggregates(Envelope):
    results: list[Prices] | None = None


@dataclass(frozen=True)
class _Asked:
    ticker: str
    span: str
    first: date
    last: date


def aggregates_request(
    base_url: str, api_key: str, symbol: str, first: date, last: date, *, span: Span, adjusted: bool
) -> Request:
    """Return the request for the first page of the bars of ``symbol`` from ``first`` to ``last``, both included.

    ``limit`` counts minutes even when bars of a day are asked for, so it is the largest that Polygon allows. Raises
    BadRequest for a text that is no ticker and ValueError when ``last`` is before ``first``.
    """
    if last < first:
        raise ValueError(f"bars are asked for from {first} to {last}: give the earlier day first")
    ticker = in_path(symbol, AGGREGATES)
    path = f"/v2/aggs/ticker/{ticker}/range/1/{span}/{first.isoformat()}/{last.isoformat()}"
    params = {"adjusted": str(adjusted).lower(), "sort": "asc", "limit": "50000"}
    return replace(request_to(base_url, path, api_key, AGGREGATES, params), for_date=last)


def parse_aggregates(body: bytes, request: Request) -> Parsed:
    """Read one page of the bars of one ticker; ``request`` is that of the first page, which says what was asked.

    Columns: ``source_symbol, trade_date`` (New York), ``bar_start_at`` (UTC) and those of the grouped daily bars. A day
    bar starts at New York's midnight, a minute bar on a whole minute. Raises MalformedBody, also for bars of another
    ticker, and what a refusal inside a 200 stands for.
    """
    asked = _asked(request)
    envelope, bars, rejects = open_answer(body, request, _Aggregates, Prices)
    if envelope.ticker not in (None, asked.ticker):
        raise malformed(request, f"the bars are those of {str(envelope.ticker)[:40]!r}, asked was {asked.ticker!r}")
    refuse_other_count(envelope.resultsCount, len(bars) + sum(rejects.counts.values()), request)
    numbers = numbers_of(bars)
    dates, outside, misaligned = _place(numbers[7], asked)
    starts_ms = np.where(outside, 0.0, numbers[7]).astype(np.int64)
    table = pa.table(
        {
            "source_symbol": pa.array([asked.ticker] * len(bars), pa.string()),
            "trade_date": dates,
            "bar_start_at": pa.array(1000 * starts_ms, mask=outside).cast(INSTANT),
            **price_columns(numbers),
        }
    )
    describe = describer(table)
    rejects.where(outside, "wrong_date", describe)
    rejects.where(misaligned, "misplaced_bar", describe)
    refuse_bad_prices(rejects, table, numbers)
    refuse_repeats(rejects, table, AGGREGATE_KEY, describe)
    notes = {"adjusted": basis_sent(envelope, request), **envelope.notes}
    return rejects.finish(without_bad_vwap(table, notes), request, notes)


def _asked(request: Request) -> _Asked:
    found = _ADDRESS.search(request.url)
    if found is None:
        raise ValueError("an aggregates request names ticker, span and days; build it with aggregates_request")
    ticker, span, first, last = found.groups()
    return _Asked(unquote(ticker), span, date.fromisoformat(first), date.fromisoformat(last))


def _place(starts_ms: np.ndarray, asked: _Asked) -> tuple[pa.Array, BoolArray, BoolArray]:
    """Return the New York date of each start, which are outside the days asked for, and which are no bar's start."""
    count = (asked.last - asked.first).days + 1
    midnights = np.array([day_start_ms(asked.first + timedelta(days=n)) for n in range(count + 1)], dtype=np.float64)
    places = np.searchsorted(midnights, starts_ms, side="right") - 1  # NaN sorts behind the last
    outside: BoolArray = ~((places >= 0) & (places < count))
    within = np.where(outside, 0, places)
    since = starts_ms - midnights[within]
    misaligned: BoolArray = ~outside & (since != 0 if asked.span == "day" else since % _MINUTE_MS != 0)
    dates = np.datetime64(asked.first, "D") + within.astype("timedelta64[D]")
    return pa.array(dates, mask=outside), outside, misaligned
