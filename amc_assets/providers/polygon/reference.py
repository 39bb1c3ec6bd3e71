"""Polygon's reference lists, each in pages: tickers of a day, stock splits, free float."""

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import Envelope, open_answer, request_to
from amc_assets.providers.polygon.columns import ciks, figis, iso_dates, texts
from amc_assets.providers.wire.rejects import describer, refuse_repeats
from amc_assets.providers.wire.text import TITLE_CHARACTERS
from amc_assets.providers.wire.tickers import bad_tickers

TICKERS, SPLITS, FLOATS = "tickers", "splits", "floats"
TICKER_KEY = ("source_symbol",)
SPLIT_KEY = ("source_symbol", "execution_date")
FLOAT_KEY = ("source_symbol", "effective_date")
_CODE_CHARACTERS = 20


class _Ticker(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    active: bool
    name: str | None = None
    primary_exchange: str | None = None
    type: str | None = None
    cik: str | int | None = None
    composite_figi: str | None = None
    list_date: str | None = None  # documented for the details of one ticker only; taken where it is sent


class _Tickers(Envelope):
    results: list[_Ticker] | None = None


class _Split(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    execution_date: date
    split_from: float
    split_to: float


class _Splits(Envelope):
    results: list[_Split] | None = None


class _Float(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    effective_date: date
    free_float: float


class _Floats(Envelope):
    results: list[_Float] | None = None


def tickers_request(base_url: str, api_key: str, day: date) -> Request:
    """Return the request for the first page of the stocks listed on ``day``."""
    params = {"market": "stocks", "active": "true", "date": day.isoformat(), "limit": "1000"}
    return replace(request_to(base_url, "/v3/reference/tickers", api_key, TICKERS, params), for_date=day)


def splits_request(base_url: str, api_key: str, first: date, last: date) -> Request:
    """Return the request for the first page of the splits executed from ``first`` to ``last``, both included."""
    params = {"execution_date.gte": first.isoformat(), "execution_date.lte": last.isoformat(), "limit": "1000"}
    return request_to(base_url, "/v3/reference/splits", api_key, SPLITS, params)


def floats_request(base_url: str, api_key: str) -> Request:
    """Return the request for the first page of the newest free floats."""
    return request_to(base_url, "/stocks/vX/float", api_key, FLOATS, {"limit": "5000"})


def parse_tickers(body: bytes, request: Request) -> Parsed:
    """Read one page; raise MalformedBody.

    Columns: ``source_symbol, name, primary_exchange, polygon_type, is_active, cik`` (ten digits), ``composite_figi,
    list_date``; null where nothing, or nothing of that form, was sent.
    """
    envelope, rows, rejects = open_answer(body, request, _Tickers, _Ticker)
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "name": texts([row.name for row in rows], TITLE_CHARACTERS),
            "primary_exchange": texts([row.primary_exchange for row in rows], _CODE_CHARACTERS),
            "polygon_type": texts([row.type for row in rows], _CODE_CHARACTERS),
            "is_active": pa.array([row.active for row in rows], pa.bool_()),
            "cik": ciks([row.cik for row in rows]),
            "composite_figi": figis([row.composite_figi for row in rows]),
            "list_date": iso_dates([row.list_date for row in rows]),
        }
    )
    describe = describer(table)
    rejects.where(bad_tickers([row.ticker for row in rows]), "bad_symbol", describe)
    refuse_repeats(rejects, table, TICKER_KEY, describe)
    return rejects.finish(table, request, envelope.notes)


def parse_splits(body: bytes, request: Request) -> Parsed:
    """Read one page: ``source_symbol, execution_date, ratio`` (new shares per old share); raise MalformedBody."""
    envelope, rows, rejects = open_answer(body, request, _Splits, _Split)
    to, old = (np.array([getattr(row, name) for row in rows], dtype=np.float64) for name in ("split_to", "split_from"))
    possible = (to > 0) & (old > 0)
    ratio = np.divide(to, old, out=np.zeros(len(rows)), where=possible)
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "execution_date": pa.array([row.execution_date for row in rows], pa.date32()),
            "ratio": pa.array(ratio, pa.float64()),
        }
    )
    describe = describer(table)
    rejects.where(bad_tickers([row.ticker for row in rows]), "bad_symbol", describe)
    rejects.where(~possible | ~(np.isfinite(ratio) & (ratio > 0)), "ratio_not_positive", describe)
    refuse_repeats(rejects, table, SPLIT_KEY, describe)
    return rejects.finish(table, request, envelope.notes, day_column="execution_date")


def parse_floats(body: bytes, request: Request) -> Parsed:
    """Read one page: ``source_symbol, effective_date, float_shares``; raise MalformedBody."""
    envelope, rows, rejects = open_answer(body, request, _Floats, _Float)
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "effective_date": pa.array([row.effective_date for row in rows], pa.date32()),
            "float_shares": pa.array([row.free_float for row in rows], pa.float64()),
        }
    )
    describe = describer(table)
    rejects.where(bad_tickers([row.ticker for row in rows]), "bad_symbol", describe)
    rejects.where(~(table.column("float_shares").to_numpy() > 0), "float_not_positive", describe)
    refuse_repeats(rejects, table, FLOAT_KEY, describe)
    return rejects.finish(table, request, envelope.notes)
