"""Polygon's market snapshot: the running session of every stock in one answer (paid plans)."""

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import Envelope, open_answer, refuse_other_count, request_to
from amc_assets.providers.polygon.columns import FloatArray, Nanoseconds, below_zero, instants, nullable, positive
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats
from amc_assets.providers.wire.tickers import bad_tickers

MARKET_SNAPSHOT = "market_snapshot"
_DAY_PRICES = ("day_open_usd", "day_high_usd", "day_low_usd", "day_close_usd")
_PRICES = (*_DAY_PRICES, "previous_close_usd", "last_trade_usd")
_VOLUMES = ("day_volume_shares", "minute_cumulative_volume_shares")


class _Day(msgspec.Struct, frozen=True, gc=False):
    c: float | None = None
    h: float | None = None
    l: float | None = None  # noqa: E741 - Polygon's names
    o: float | None = None
    v: float | None = None
    vw: float | None = None


class _Minute(msgspec.Struct, frozen=True, gc=False):
    av: float | None = None


class _Trade(msgspec.Struct, frozen=True, gc=False):
    p: float | None = None
    t: Nanoseconds = None


_NO_DAY, _NO_MINUTE, _NO_TRADE = _Day(), _Minute(), _Trade()


class _Name(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    day: _Day | None = None
    minute: _Minute | None = msgspec.field(default=None, name="min")
    last_trade: _Trade | None = msgspec.field(default=None, name="lastTrade")
    previous: _Day | None = msgspec.field(default=None, name="prevDay")
    updated: Nanoseconds = None


class _Market(Envelope):
    tickers: list[_Name] | msgspec.UnsetType | None = msgspec.UNSET


def market_snapshot_request(base_url: str, api_key: str) -> Request:
    """Return the request for the running session of all listed stocks."""
    path = "/v2/snapshot/locale/us/markets/stocks/tickers"
    return request_to(base_url, path, api_key, MARKET_SNAPSHOT, {"include_otc": "false"})


def parse_market_snapshot(body: bytes, request: Request) -> Parsed:
    """Read the running session: one row per stock.

    Columns: ``source_symbol, day_open_usd, day_high_usd, day_low_usd, day_close_usd, day_volume_shares, day_vwap_usd,
    previous_close_usd, last_trade_usd, last_trade_at, minute_cumulative_volume_shares, updated_at``; null when not
    sent. Polygon writes zeros where it has no value: before the first trade the whole day is null, its volume too, and
    no zero is ever a price. Raises MalformedBody and what a refusal inside a 200 stands for.
    """
    envelope, names, rejects = open_answer(body, request, _Market, _Name, "tickers")
    if getattr(envelope, "tickers", None) is msgspec.UNSET and envelope.count != 0:
        raise malformed(request, f"there is no list of tickers in the body: {body[:60]!r}")
    refuse_other_count(envelope.count, len(names) + sum(rejects.counts.values()), request)
    numbers = _numbers(names)
    traded_at, bad_trade_time = instants([(name.last_trade or _NO_TRADE).t for name in names])
    updated_at, bad_update_time = instants([name.updated for name in names])
    columns = {name: nullable(values) for name, values in numbers.items()}
    table = pa.table(
        {"source_symbol": pa.array([name.ticker for name in names], pa.string()), **columns}
        | {"last_trade_at": traded_at, "updated_at": updated_at}
    ).select(_ORDER)
    describe = describer(table)
    rejects.where(bad_tickers([name.ticker for name in names]), "bad_symbol", describe)
    rejects.where(bad_trade_time | bad_update_time, "bad_instant", describe)
    _refuse_bad_numbers(rejects, table, numbers)
    refuse_repeats(rejects, table, ("source_symbol",), describe)
    return rejects.finish(table, request)


_ORDER = [
    "source_symbol", *_DAY_PRICES, "day_volume_shares", "day_vwap_usd", "previous_close_usd", "last_trade_usd",
    "last_trade_at", "minute_cumulative_volume_shares", "updated_at",
]  # fmt: skip


def _numbers(names: list[_Name]) -> dict[str, FloatArray]:
    days = [name.day or _NO_DAY for name in names]
    numbers = {
        "day_open_usd": positive([day.o for day in days]),
        "day_high_usd": positive([day.h for day in days]),
        "day_low_usd": positive([day.l for day in days]),
        "day_close_usd": positive([day.c for day in days]),
        "day_vwap_usd": positive([day.vw for day in days]),
        # a volume of zero cannot be told from a day that has not begun: both are sent as a row of zeros
        "day_volume_shares": positive([day.v for day in days]),
        "previous_close_usd": positive([(name.previous or _NO_DAY).c for name in names]),
        "last_trade_usd": positive([(name.last_trade or _NO_TRADE).p for name in names]),
        "minute_cumulative_volume_shares": positive([(name.minute or _NO_MINUTE).av for name in names]),
    }
    numbers["day_vwap_usd"][numbers["day_vwap_usd"] < 0] = np.nan  # derived by Polygon, and not worth the row
    return numbers


def _refuse_bad_numbers(rejects: Rejects, table: pa.Table, numbers: dict[str, FloatArray]) -> None:
    describe = describer(table)
    opened, high, low, close = (numbers[name] for name in _DAY_PRICES)
    rejects.where(below_zero([numbers[name] for name in _PRICES]), "price_not_positive", describe)
    rejects.where(below_zero([numbers[name] for name in _VOLUMES]), "negative_volume", describe)
    lowest, highest = np.fmin(opened, close), np.fmax(opened, close)
    rejects.where((low > lowest) | (high < highest), "inconsistent_ohlc", describe)  # what is not sent is not judged
