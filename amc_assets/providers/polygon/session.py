"""Polygon's own word on the session: whether the market is open now, and the coming holidays and half days."""

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import open_whole, raise_refusal, request_to
from amc_assets.providers.polygon.columns import INSTANT, texts
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats
from amc_assets.providers.wire.rows import NOT_JSON, decode_rows

MARKET_STATUS, MARKET_HOLIDAYS = "market_status", "market_holidays"
HOLIDAY_KEY = ("exchange", "holiday_date")
_DAY_SECONDS = 86_400.0
_FIRST_YEAR, _LAST_YEAR = 2000, 2099
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_State = Literal["open", "closed", "extended-hours"]


class _Exchanges(msgspec.Struct, frozen=True):
    nyse: _State | None = None
    nasdaq: _State | None = None
    otc: _State | None = None


class _Now(msgspec.Struct, frozen=True):
    market: _State
    serverTime: _Instant  # noqa: N815 - Polygon's names
    earlyHours: bool | None = None  # noqa: N815
    afterHours: bool | None = None  # noqa: N815
    exchanges: _Exchanges | None = None


class _Holiday(msgspec.Struct, frozen=True, gc=False):
    exchange: str
    name: str
    date: date
    status: str
    open: _Instant | None = None
    close: _Instant | None = None


def market_status_request(base_url: str, api_key: str) -> Request:
    """Return the request for the state of the market now."""
    return request_to(base_url, "/v1/marketstatus/now", api_key, MARKET_STATUS)


def market_holidays_request(base_url: str, api_key: str) -> Request:
    """Return the request for the coming holidays and half days; a copy serves for a day and stands in for a month."""
    request = request_to(base_url, "/v1/marketstatus/upcoming", api_key, MARKET_HOLIDAYS)
    return replace(request, fresh_seconds=_DAY_SECONDS, usable_seconds=30 * _DAY_SECONDS)


def parse_market_status(body: bytes, request: Request) -> Parsed:
    """Read the state of the market, one row; the answer has no envelope.

    Columns: ``market_state`` (open, closed, extended-hours), ``is_early_hours, is_after_hours, nyse_state,
    nasdaq_state, otc_state`` (null when not sent), ``server_at`` (UTC). Raises MalformedBody, also for a state that is
    not one of these, and what a refusal inside a 200 stands for.
    """
    now = open_whole(body, request, _Now)
    _plausible(now.serverTime, request)
    exchanges = now.exchanges or _Exchanges()
    return Parsed(
        pa.table(
            {
                "market_state": pa.array([now.market], pa.string()),
                "is_early_hours": pa.array([now.earlyHours], pa.bool_()),
                "is_after_hours": pa.array([now.afterHours], pa.bool_()),
                "nyse_state": pa.array([exchanges.nyse], pa.string()),
                "nasdaq_state": pa.array([exchanges.nasdaq], pa.string()),
                "otc_state": pa.array([exchanges.otc], pa.string()),
                "server_at": pa.array([now.serverTime], INSTANT),
            }
        )
    )


def parse_market_holidays(body: bytes, request: Request) -> Parsed:
    """Read the coming holidays: a bare array, one row per exchange and day.

    Columns: ``exchange, name, holiday_date, is_closed`` (else a half day), ``open_at, close_at`` (UTC, null on closed
    days). A half day without its hours is refused. Raises MalformedBody and what a refusal inside a 200 stands for.
    """
    try:
        rows, unread = decode_rows(body, _Holiday)
    except NOT_JSON as error:
        raise_refusal(body, request)
        raise malformed(request, f"the body is not an array of holidays ({error}): {body[:60]!r}") from None
    rejects = Rejects(len(rows))
    rejects.unread(unread)
    implausible = [any(not _in_range(each) for each in (row.open, row.close) if each) for row in rows]
    hours = [(None, None) if bad else (row.open, row.close) for row, bad in zip(rows, implausible, strict=True)]
    closed = np.array([row.status == "closed" for row in rows], dtype=bool)
    half = np.array([row.status == "early-close" for row in rows], dtype=bool)
    table = pa.table(
        {
            "exchange": texts([row.exchange for row in rows], 40),
            "name": texts([row.name for row in rows], 100),
            "holiday_date": pa.array([row.date for row in rows], pa.date32()),
            "is_closed": pa.array(closed),
            "open_at": pa.array([opens for opens, _ in hours], INSTANT),
            "close_at": pa.array([closes for _, closes in hours], INSTANT),
        }
    )
    describe = describer(table)
    hourless = np.array([opens is None or closes is None for opens, closes in hours], dtype=bool)
    rejects.where(table.column("exchange").is_null().to_numpy(), "missing_id", describe)
    rejects.where(np.array(implausible, dtype=bool), "bad_instant", describe)
    rejects.where(~(closed | half), "unknown_status", describe)
    rejects.where(half & hourless, "missing_hours", describe)
    refuse_repeats(rejects, table, HOLIDAY_KEY, describe)
    return rejects.finish(table, request)


def _in_range(at: datetime) -> bool:
    return _FIRST_YEAR <= at.year <= _LAST_YEAR


def _plausible(at: datetime, request: Request) -> None:
    if not _in_range(at):
        raise malformed(request, f"the server's time is said to be {at}")
