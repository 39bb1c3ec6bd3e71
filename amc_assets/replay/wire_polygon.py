"""Exact bytes of Polygon's answers: grouped bars, splits, tickers, floats, and its error envelopes.

A value that is missing is an absent key, never null or zero. Request ids are a hash of the request, so the same
question always gets the same bytes.
"""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import msgspec

from amc_assets.market.calendar import new_york
from amc_assets.replay.market import BarsOfDay, FloatRow, Listing, SplitRow

MIC_OF_EXCHANGE = {"Q": "XNAS", "N": "XNYS", "A": "XASE", "P": "ARCX", "Z": "BATS"}
_JSON = msgspec.json.Encoder()


class _Bar(msgspec.Struct, omit_defaults=True):
    T: str
    v: float
    vw: float | msgspec.UnsetType
    o: float
    c: float
    h: float
    l: float  # noqa: E741 - Polygon's name for the low
    t: int
    n: int | msgspec.UnsetType


def request_id(path: str) -> str:
    """Return the id that answers to ``path`` carry: 32 hexadecimal digits, the same for the same path."""
    return hashlib.blake2b(path.encode(), digest_size=16).hexdigest()


def grouped_daily(day: date, bars: BarsOfDay | None, *, is_adjusted: bool, path: str) -> bytes:
    """Return the grouped daily answer; without bars the ``results`` key is absent, as on a holiday."""
    count = 0 if bars is None else len(bars.symbols)
    envelope: dict[str, Any] = {"queryCount": count, "resultsCount": count, "adjusted": is_adjusted}
    if bars is not None:
        envelope["results"] = list(_bars(day, bars))
    envelope |= {"status": "OK", "request_id": request_id(path)}
    if bars is not None:
        envelope["count"] = count
    return _JSON.encode(envelope)


def split_row(row: SplitRow) -> dict[str, Any]:
    """Return one result of ``/v3/reference/splits``."""
    return {
        "execution_date": row.execution_date,
        "id": "E" + request_id(f"{row.symbol}{row.execution_date}"),
        "split_from": row.split_from,
        "split_to": row.split_to,
        "ticker": row.symbol,
    }


def ticker_row(row: Listing, day: date) -> dict[str, Any]:
    """Return one result of ``/v3/reference/tickers``, as of ``day``."""
    result: dict[str, Any] = {"ticker": row.symbol, "name": row.name, "market": "stocks", "locale": "us"}
    if row.exchange in MIC_OF_EXCHANGE:
        result["primary_exchange"] = MIC_OF_EXCHANGE[row.exchange]
    if row.polygon_type is not None:
        result["type"] = row.polygon_type
    if row.cik is not None:
        result["cik"] = f"{row.cik:010d}"
    if row.composite_figi is not None:
        result["composite_figi"] = row.composite_figi
    return result | {"active": True, "currency_name": "usd", "last_updated_utc": f"{day.isoformat()}T00:00:00Z"}


def float_row(row: FloatRow) -> dict[str, Any]:
    """Return one result of ``/stocks/vX/float``; the percentage is 0-100 and absent without shares outstanding."""
    result: dict[str, Any] = {
        "ticker": row.symbol,
        "effective_date": row.effective_date,
        "free_float": int(row.float_shares),
    }
    if row.outstanding_shares:
        result["free_float_percent"] = round(100 * row.float_shares / row.outstanding_shares, 2)
    return result


def page(results: Sequence[Any], *, path: str, next_url: str | None, with_count: bool = False) -> bytes:
    """Return a page in Polygon's v3 envelope."""
    envelope: dict[str, Any] = {"results": results, "status": "OK", "request_id": request_id(path)}
    if with_count:
        envelope["count"] = len(results)
    if next_url is not None:
        envelope["next_url"] = next_url
    return _JSON.encode(envelope)


def error(status: str, text: str, *, path: str, field: str = "error") -> bytes:
    """Return an error body; the sentence is under ``error`` in some families and ``message`` in others."""
    return _JSON.encode({"status": status, "request_id": request_id(path), field: text})


def _bars(day: date, bars: BarsOfDay) -> Iterator[_Bar]:
    end_of_window_ms = int(new_york(day, 16).timestamp() * 1000)  # 16:00 New York, on half days too
    unset = msgspec.UNSET
    blank: list[Any] = [unset] * len(bars.symbols)
    vwaps = blank if bars.vwap_usd is None else [unset if v != v else v for v in bars.vwap_usd.tolist()]  # noqa: PLR0124
    trades = blank if bars.trade_count is None else bars.trade_count.astype("int64").tolist()
    columns = zip(
        bars.symbols.tolist(), bars.volume_shares.tolist(), vwaps, bars.open_usd.tolist(), bars.close_usd.tolist(),
        bars.high_usd.tolist(), bars.low_usd.tolist(), trades,
        strict=True,
    )  # fmt: skip
    for symbol, volume, vwap, open_, close, high, low, count in columns:
        yield _Bar(symbol, volume, vwap, open_, close, high, low, end_of_window_ms, count)
