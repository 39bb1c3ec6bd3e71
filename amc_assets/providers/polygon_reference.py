"""Polygon's reference lists, each in pages: tickers of a day, stock splits, free float."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.delimited import malformed
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon_answer import Envelope, open_envelope, request_to
from amc_assets.providers.polygon_bars import TICKER
from amc_assets.providers.rejects import Rejects, refuse_repeats
from amc_assets.providers.rows import decode_rows

TICKERS, SPLITS, FLOATS = "tickers", "splits", "floats"
TICKER_KEY, SPLIT_KEY, FLOAT_KEY = ("source_symbol",), ("source_symbol", "execution_date"), (
    "source_symbol",
    "effective_date",
)
RowT = TypeVar("RowT", bound=msgspec.Struct)


class _Ticker(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    active: bool
    name: str | None = None
    primary_exchange: str | None = None
    type: str | None = None


class _Split(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    execution_date: date
    split_from: float
    split_to: float


class _Float(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    effective_date: date
    free_float: float


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
    """Read one page: ``source_symbol, name, primary_exchange, polygon_type, is_active``; raise MalformedBody."""
    envelope, rows, rejects = _rows(body, request, _Ticker)
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "name": pa.array([row.name for row in rows], pa.string()),
            "primary_exchange": pa.array([row.primary_exchange for row in rows], pa.string()),
            "polygon_type": pa.array([row.type for row in rows], pa.string()),
            "is_active": pa.array([row.active for row in rows], pa.bool_()),
        }
    )
    describe = _describer(table)
    _refuse_bad_tickers(rejects, table, describe)
    refuse_repeats(rejects, table, TICKER_KEY, describe)
    return rejects.finish(table, request, _notes(envelope))


def parse_splits(body: bytes, request: Request) -> Parsed:
    """Read one page: ``source_symbol, execution_date, ratio`` (new shares per old share); raise MalformedBody."""
    envelope, rows, rejects = _rows(body, request, _Split)
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
    describe = _describer(table)
    _refuse_bad_tickers(rejects, table, describe)
    rejects.where(~possible | ~(np.isfinite(ratio) & (ratio > 0)), "ratio_not_positive", describe)
    refuse_repeats(rejects, table, SPLIT_KEY, describe)
    return rejects.finish(table, request, _notes(envelope))


def parse_floats(body: bytes, request: Request) -> Parsed:
    """Read one page: ``source_symbol, effective_date, float_shares``; raise MalformedBody."""
    envelope, rows, rejects = _rows(body, request, _Float)
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "effective_date": pa.array([row.effective_date for row in rows], pa.date32()),
            "float_shares": pa.array([row.free_float for row in rows], pa.float64()),
        }
    )
    describe = _describer(table)
    _refuse_bad_tickers(rejects, table, describe)
    rejects.where(~(table.column("float_shares").to_numpy() > 0), "float_not_positive", describe)
    refuse_repeats(rejects, table, FLOAT_KEY, describe)
    return rejects.finish(table, request, _notes(envelope))


def _rows(body: bytes, request: Request, row_type: type[RowT]) -> tuple[Envelope, list[RowT], Rejects]:
    envelope, raw = open_envelope(body, request)
    try:
        rows, unreadable, samples = decode_rows(raw, row_type)
    except msgspec.DecodeError as error:
        raise malformed(request, f"the results are not a list of {request.dataset} ({error})") from None
    rejects = Rejects(len(rows))
    rejects.before_parsing({"unreadable_row": unreadable} if unreadable else {}, samples)
    return envelope, rows, rejects


def _refuse_bad_tickers(rejects: Rejects, table: pa.Table, describe: Callable[[int], str]) -> None:
    bad = pc.invert(pc.match_substring_regex(table.column("source_symbol"), TICKER)).to_numpy()
    rejects.where(bad, "bad_symbol", describe)


def _describer(table: pa.Table) -> Callable[[int], str]:
    names: Sequence[str] = table.column_names
    return lambda row: "|".join(str(table.column(name)[row].as_py()) for name in names)


def _notes(envelope: Envelope) -> dict[str, str]:
    return {"next_url": envelope.next_url} if envelope.next_url else {}
