"""Polygon's details of one ticker on a day: shares outstanding, capitalisation, type. It has no float."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import unquote

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import Envelope, in_path, open_whole, refuse_unless_fine, request_to
from amc_assets.providers.polygon.columns import ciks, floats, nullable, texts
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats

TICKER_DETAILS = "ticker_details"
_DAY_SECONDS = 86_400.0
_MONTH_SECONDS = 30 * _DAY_SECONDS


class _Details(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    share_class_shares_outstanding: float | None = None
    weighted_shares_outstanding: float | None = None
    market_cap: float | None = None
    type: str | None = None
    list_date: date | None = None
    cik: str | None = None


class _Answer(Envelope):
    results: _Details | list[_Details] | None = None


def ticker_details_request(base_url: str, api_key: str, symbol: str, day: date) -> Request:
    """Return the request for what was known of ``symbol`` on ``day``; raise BadRequest for a text that is no ticker.

    A copy serves for a day and stands in for a month: share counts change with filings.
    """
    path = f"/v3/reference/tickers/{in_path(symbol, TICKER_DETAILS)}"
    request = request_to(base_url, path, api_key, TICKER_DETAILS, {"date": day.isoformat()})
    return replace(request, for_date=day, fresh_seconds=_DAY_SECONDS, usable_seconds=_MONTH_SECONDS)


def parse_ticker_details(body: bytes, request: Request) -> Parsed:
    """Read the details of one ticker.

    Columns: ``source_symbol, outstanding_shares`` (of this share class), ``weighted_outstanding_shares`` (all classes,
    in shares of this one), ``market_cap_usd, polygon_type, list_date, cik`` (ten digits); null when not sent. A count
    or capitalisation that is not above zero is null, counted in the note ``not_positive``. Sent more than once alike it
    is one row (note ``repeated_rows``); variants that disagree, or details of another ticker, are a MalformedBody.
    """
    answer = open_whole(body, request, _Answer)
    refuse_unless_fine(answer, body, request)
    found = answer.results
    variants: list[_Details] = found if isinstance(found, list) else [] if found is None else [found]
    rows = list(dict.fromkeys(variants))
    notes = {"repeated_rows": str(len(variants) - len(rows))} if len(variants) > len(rows) else {}
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "outstanding_shares": _above_zero([row.share_class_shares_outstanding for row in rows], notes),
            "weighted_outstanding_shares": _above_zero([row.weighted_shares_outstanding for row in rows], notes),
            "market_cap_usd": _above_zero([row.market_cap for row in rows], notes),
            "polygon_type": texts([row.type for row in rows], 20),
            "list_date": pa.array([row.list_date for row in rows], pa.date32()),
            "cik": ciks([row.cik for row in rows]),
        }
    )
    rejects = Rejects(len(rows))
    describe = describer(table)
    asked = unquote(request.url.rpartition("/")[2])
    rejects.where(np.array([row.ticker != asked for row in rows], dtype=bool), "wrong_symbol", describe)
    refuse_repeats(rejects, table, ("source_symbol",), describe)
    return rejects.finish(table, request, notes)


def _above_zero(values: Sequence[float | None], notes: dict[str, str]) -> pa.Array:
    numbers = floats(values).copy()
    impossible = numbers <= 0
    if impossible.any():
        notes["not_positive"] = str(int(notes.get("not_positive", "0")) + int(impossible.sum()))
        numbers[impossible] = np.nan
    return nullable(numbers)
