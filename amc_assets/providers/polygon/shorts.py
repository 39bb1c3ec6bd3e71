"""Polygon's short interest and daily short volume, both FINRA's numbers at second hand."""

from dataclasses import replace
from datetime import date

import msgspec
import numpy as np
import pyarrow as pa

from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import Envelope, open_answer, request_to
from amc_assets.providers.polygon.columns import floats, nullable
from amc_assets.providers.wire.rejects import describer, refuse_repeats
from amc_assets.providers.wire.tickers import bad_tickers

SHORT_INTEREST, SHORT_VOLUME = "polygon_short_interest", "polygon_short_volume"
SHORT_KEY = ("source_symbol",)
NO_DAYS_TO_COVER = 999.99
_ROUNDING_SHARES = 1.0


class _Position(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    settlement_date: date
    short_interest: float
    avg_daily_volume: float | None = None
    days_to_cover: float | None = None


class _Positions(Envelope):
    results: list[_Position] | None = None


class _Volume(msgspec.Struct, frozen=True, gc=False):
    ticker: str
    date: date
    short_volume: float
    total_volume: float
    exempt_volume: float | None = None


class _Volumes(Envelope):
    results: list[_Volume] | None = None


def short_interest_request(base_url: str, api_key: str, settlement: date) -> Request:
    """Return the request for the first page of all positions of one settlement date.

    Without the filter and the limit Polygon answers ten rows that look like the whole.
    """
    params = {"settlement_date": settlement.isoformat(), "limit": "50000", "sort": "ticker.asc"}
    return replace(
        request_to(base_url, "/stocks/v1/short-interest", api_key, SHORT_INTEREST, params), for_date=settlement
    )


def short_volume_request(base_url: str, api_key: str, day: date) -> Request:
    """Return the request for the first page of all short volumes of one day."""
    params = {"date": day.isoformat(), "limit": "50000", "sort": "ticker.asc"}
    return replace(request_to(base_url, "/stocks/v1/short-volume", api_key, SHORT_VOLUME, params), for_date=day)


def parse_short_interest(body: bytes, request: Request) -> Parsed:
    """Read one page of positions.

    Columns: ``source_symbol, settlement_date, short_interest_shares, reported_average_volume_shares,
    days_to_cover_reported`` (never below 1; null for 999.99 or without volume, counted in the note ``sentinel``).
    Raises MalformedBody and what a refusal inside a 200 stands for.
    """
    envelope, rows, rejects = open_answer(body, request, _Positions, _Position)
    short = floats([row.short_interest for row in rows])
    volume = floats([row.avg_daily_volume for row in rows])
    cover = floats([row.days_to_cover for row in rows]).copy()
    negative = (short < 0) | (volume < 0) | (cover < 0)
    sentinel = (cover >= NO_DAYS_TO_COVER) | ((volume == 0) & ~np.isnan(cover))
    cover[sentinel] = np.nan
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "settlement_date": pa.array([row.settlement_date for row in rows], pa.date32()),
            "short_interest_shares": nullable(short),
            "reported_average_volume_shares": nullable(volume),
            "days_to_cover_reported": nullable(cover),
        }
    )
    describe = describer(table)
    rejects.where(bad_tickers([row.ticker for row in rows]), "bad_symbol", describe)
    other_day = np.array([row.settlement_date != request.for_date for row in rows], dtype=bool)
    rejects.where(other_day, "wrong_date", describe)
    rejects.where(negative, "negative_number", describe)
    refuse_repeats(rejects, table, SHORT_KEY, describe)
    return rejects.finish(table, request, {**envelope.notes, "sentinel": str(int(sentinel.sum()))})


def parse_short_volume(body: bytes, request: Request) -> Parsed:
    """Read one page of short volumes.

    Columns: ``source_symbol, trade_date, short_volume_shares, short_exempt_volume_shares`` (null when not sent),
    ``total_volume_shares`` (off-exchange only). Polygon's ratio is in percent and not read: it is computed from the
    counts. Raises MalformedBody and what a refusal inside a 200 stands for.
    """
    envelope, rows, rejects = open_answer(body, request, _Volumes, _Volume)
    short = floats([row.short_volume for row in rows])
    exempt = floats([row.exempt_volume for row in rows])
    total = floats([row.total_volume for row in rows])
    table = pa.table(
        {
            "source_symbol": pa.array([row.ticker for row in rows], pa.string()),
            "trade_date": pa.array([row.date for row in rows], pa.date32()),
            "short_volume_shares": nullable(short),
            "short_exempt_volume_shares": nullable(exempt),
            "total_volume_shares": nullable(total),
        }
    )
    describe = describer(table)
    rejects.where(bad_tickers([row.ticker for row in rows]), "bad_symbol", describe)
    rejects.where(np.array([row.date != request.for_date for row in rows], dtype=bool), "wrong_date", describe)
    rejects.where((short < 0) | (exempt < 0) | (total < 0), "negative_volume", describe)
    rejects.where(short > total + _ROUNDING_SHARES, "short_above_total", describe)
    refuse_repeats(rejects, table, SHORT_KEY, describe)
    return rejects.finish(table, request, envelope.notes)
