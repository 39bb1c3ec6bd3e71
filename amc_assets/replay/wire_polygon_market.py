"""Exact bytes of Polygon's bars of one ticker, snapshots, ticker details and market hours.

Times differ by answer: bars of a ticker begin their window (ms), snapshots are in nanoseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from amc_assets.market.calendar import (
    NEW_YORK,
    MarketSession,
    close_at,
    closures_in,
    is_half_day,
    new_york,
    open_at,
    session_of,
    sessions_between,
)
from amc_assets.market.closures import session_table
from amc_assets.replay.market import Listing
from amc_assets.replay.minute_bars import MINUTE_SECONDS, MinuteBars
from amc_assets.replay.symbol_history import SymbolBar
from amc_assets.replay.wire_polygon import MIC_OF_EXCHANGE, request_id

ZERO_DAY = {"o": 0, "h": 0, "l": 0, "c": 0, "v": 0, "vw": 0}
EXCHANGES = ("NYSE", "NASDAQ", "OTC")
_STATUS = {
    MarketSession.REGULAR: "open",
    MarketSession.PREMARKET: "extended-hours",
    MarketSession.AFTERHOURS: "extended-hours",
}
_JSON = msgspec.json.Encoder()


@dataclass(frozen=True)
class SnapshotRow:
    """One ticker: its bar of the session if out, the one before, and the minutes of a running session."""

    symbol: str
    bar: SymbolBar | None
    before: SymbolBar | None
    minutes: MinuteBars | None

    @property
    def is_empty(self) -> bool:
        """Return whether nothing at all is known of the ticker."""
        return self.bar is None and self.before is None and (self.minutes is None or not len(self.minutes.open_usd))


def ticker_bars(
    ticker: str, rows: Sequence[dict[str, Any]], *, is_adjusted: bool, path: str, next_url: str | None
) -> bytes:
    """Return the answer of ``/v2/aggs/ticker``; without bars the ``results`` key is absent."""
    envelope: dict[str, Any] = {
        "ticker": ticker, "queryCount": len(rows), "resultsCount": len(rows), "adjusted": is_adjusted,
    }  # fmt: skip
    if rows:
        envelope["results"] = rows
    envelope |= {"status": "OK", "request_id": request_id(path)}
    if rows:
        envelope["count"] = len(rows)
    if next_url is not None:
        envelope["next_url"] = next_url
    return _JSON.encode(envelope)


def day_bar(bar: SymbolBar) -> dict[str, Any]:
    """Return one day bar; its window starts at midnight New York."""
    row: dict[str, Any] = {"v": bar.volume_shares}
    if bar.vwap_usd is not None:
        row["vw"] = bar.vwap_usd
    row |= {"o": bar.open_usd, "c": bar.close_usd, "h": bar.high_usd, "l": bar.low_usd}
    row["t"] = int(new_york(bar.day, 0).timestamp() * 1000)
    return row if bar.trade_count is None else row | {"n": bar.trade_count}


def minute_rows(bars: MinuteBars) -> list[dict[str, Any]]:
    """Return minute bars; neither VWAP nor a number of trades is known of them."""
    columns = zip(
        bars.volume_shares.tolist(), bars.open_usd.tolist(), bars.close_usd.tolist(), bars.high_usd.tolist(),
        bars.low_usd.tolist(), (bars.start_seconds * 1000).tolist(), strict=True,
    )  # fmt: skip
    return [dict(zip(("v", "o", "c", "h", "l", "t"), row, strict=True)) for row in columns]


def market_snapshot(rows: Sequence[SnapshotRow], *, path: str) -> bytes:
    """Return the snapshot of all tickers."""
    tickers = [_ticker(row) for row in rows]
    return _JSON.encode({"tickers": tickers, "status": "OK", "request_id": request_id(path), "count": len(tickers)})


def ticker_snapshot(row: SnapshotRow, *, path: str) -> bytes:
    """Return the snapshot of one ticker."""
    return _JSON.encode({"request_id": request_id(path), "status": "OK", "ticker": _ticker(row)})


def details(
    listing: Listing, *, cik: int | None, outstanding_shares: float | None, close_usd: float | None, path: str
) -> bytes:
    """Return ``/v3/reference/tickers/{T}``: ``results`` is an object; what is unknown is absent. There is no float."""
    results: dict[str, Any] = {"ticker": listing.symbol, "name": listing.name, "market": "stocks", "locale": "us"}
    if listing.exchange in MIC_OF_EXCHANGE:
        results["primary_exchange"] = MIC_OF_EXCHANGE[listing.exchange]
    results |= {"type": listing.polygon_type, "active": True, "currency_name": "usd"}
    if cik is not None:
        results["cik"] = f"{cik:010d}"
    if outstanding_shares:
        results["share_class_shares_outstanding"] = int(outstanding_shares)
        results["weighted_shares_outstanding"] = int(outstanding_shares)
        if close_usd is not None:
            results["market_cap"] = round(outstanding_shares * close_usd, 2)
    return _JSON.encode({"request_id": request_id(path), "results": results, "status": "OK"})


def status(now: datetime) -> bytes:
    """Return the state of the market at ``now``; this answer has no envelope."""
    session = session_of(now).session
    market = _STATUS.get(session, "closed")
    local = now.astimezone(NEW_YORK).replace(microsecond=0)
    body = {
        "market": market,
        "earlyHours": session is MarketSession.PREMARKET,
        "afterHours": session is MarketSession.AFTERHOURS,
        "serverTime": local.isoformat(),
        "exchanges": {name.lower(): market for name in EXCHANGES},
        "currencies": {},
    }
    return _JSON.encode(body)


def upcoming(first: date, last: date) -> bytes:
    """Return closures and half days from ``first`` to ``last``: a bare array, one row per exchange."""
    reasons = session_table().closures
    rows: list[dict[str, Any]] = [
        {"exchange": exchange, "name": reasons[day], "date": day.isoformat(), "status": "closed"}
        for day in closures_in(first, last)
        for exchange in EXCHANGES
    ]
    for day in sessions_between(first, last):
        if is_half_day(day):
            near = next((reasons[day + timedelta(days=n)] for n in (1, -1) if day + timedelta(days=n) in reasons), "")
            times = {"open": _zulu(open_at(day)), "close": _zulu(close_at(day))}
            row = {"name": near or "Early close", "date": day.isoformat(), "status": "early-close", **times}
            rows += [{"exchange": exchange, **row} for exchange in EXCHANGES]
    return _JSON.encode(sorted(rows, key=lambda row: str(row["date"])))


def _ticker(row: SnapshotRow) -> dict[str, Any]:
    minutes = row.minutes if row.minutes is not None and len(row.minutes.open_usd) else None
    result: dict[str, Any] = {"ticker": row.symbol, "todaysChange": 0, "todaysChangePerc": 0, "updated": 0}
    close: float | None = None
    if minutes is not None:
        close = float(minutes.close_usd[-1])
        result |= {"day": _so_far(minutes), "min": _last_minute(minutes)}
        result["updated"] = (int(minutes.start_seconds[-1]) + MINUTE_SECONDS) * 1_000_000_000
    elif row.bar is not None:
        close = row.bar.close_usd
        result["day"] = _day(row.bar)
        result["updated"] = int(close_at(row.bar.day).timestamp()) * 1_000_000_000
    else:
        result["day"] = ZERO_DAY
    if row.before is not None:
        result["prevDay"] = _day(row.before)
        if close is not None:
            change = close - row.before.close_usd
            result["todaysChange"] = round(change, 4)
            result["todaysChangePerc"] = round(100 * change / row.before.close_usd, 4)
    return result


def _day(bar: SymbolBar) -> dict[str, Any]:
    row: dict[str, Any] = {"o": bar.open_usd, "h": bar.high_usd, "l": bar.low_usd, "c": bar.close_usd}
    row["v"] = bar.volume_shares
    return row if bar.vwap_usd is None else row | {"vw": bar.vwap_usd}


def _so_far(bars: MinuteBars) -> dict[str, Any]:
    return {
        "o": float(bars.open_usd[0]),
        "h": float(bars.high_usd.max()),
        "l": float(bars.low_usd.min()),
        "c": float(bars.close_usd[-1]),
        "v": float(bars.volume_shares.sum()),
    }


def _last_minute(bars: MinuteBars) -> dict[str, Any]:
    row = minute_rows(bars)[-1]
    return row | {"av": float(bars.volume_shares.sum())}


def _zulu(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
