"""Polygon's bars: what every bar holds and must obey, and the grouped daily answer, the whole market's session."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.market.calendar import new_york
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.polygon.answer import Envelope, open_answer, refuse_other_count, request_to
from amc_assets.providers.polygon.columns import floats, nullable
from amc_assets.providers.wire.rejects import Rejects, describer, refuse_repeats
from amc_assets.providers.wire.tickers import bad_tickers

GROUPED_DAILY = "grouped_daily"
_COLUMNS = ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares", "vwap_usd", "trade_count")
_BLOCK_ROWS = 2048
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Numbers = np.ndarray[tuple[int, int], np.dtype[np.float64]]


class Prices(msgspec.Struct, frozen=True, gc=False):
    """The numbers of one bar, in the order they are sent: fields found where they are expected decode faster."""

    v: float | None = None
    vw: float | None = None
    o: float | None = None
    c: float | None = None
    h: float | None = None
    l: float | None = None  # noqa: E741 - Polygon's names
    t: float | None = None
    n: float | None = None


class _Bar(Prices, frozen=True, gc=False, kw_only=True):
    T: str


class _Bars(Envelope):
    results: list[_Bar] | None = None


def grouped_daily_request(base_url: str, api_key: str, day: date, *, adjusted: bool) -> Request:
    """Return the request for all bars of ``day``; ``adjusted`` asks for today's share basis (splits only)."""
    request = request_to(
        base_url,
        f"/v2/aggs/grouped/locale/us/market/stocks/{day.isoformat()}",
        api_key,
        GROUPED_DAILY,
        {"adjusted": str(adjusted).lower(), "include_otc": "false"},
    )
    return replace(request, for_date=day)


def parse_grouped_daily(body: bytes, request: Request) -> Parsed:
    """Read the bars of one session.

    Columns: ``source_symbol, trade_date, open_usd, high_usd, low_usd, close_usd, volume_shares, vwap_usd`` (null when
    not sent), ``trade_count`` (null when not sent). The note ``adjusted`` is what the provider says it sent. No rows on
    a day without trading. Raises MalformedBody, also when most bars are of another day, and what a refusal inside a
    200 stands for.
    """
    envelope, bars, rejects = open_answer(body, request, _Bars, _Bar)
    refuse_other_count(envelope.resultsCount, len(bars) + sum(rejects.counts.values()), request)
    tickers = [bar.T for bar in bars]
    numbers = numbers_of(bars)
    dates = pa.repeat(pa.scalar(request.for_date, pa.date32()), len(tickers))
    table = pa.table({"source_symbol": pa.array(tickers, pa.string()), "trade_date": dates, **price_columns(numbers)})
    describe = describer(table)
    rejects.where(bad_tickers(tickers), "bad_symbol", describe)
    ends_ms = numbers[7]
    first_ms, next_ms = _day_ms(request)
    rejects.where(~((ends_ms >= first_ms) & (ends_ms < next_ms)), "wrong_date", describe)
    refuse_bad_prices(rejects, table, numbers)
    refuse_repeats(rejects, table, ("source_symbol",), describe)
    notes = {"adjusted": basis_sent(envelope, request)}
    return rejects.finish(without_bad_vwap(table, notes), request, notes)


def basis_sent(envelope: Envelope, request: Request) -> str:
    """Return ``true`` or ``false``: whether the bars are split-adjusted, as the provider says, else as it was asked.

    What was sent may differ from what was asked: a replay of adjusted recordings has no other basis to offer.
    """
    sent = envelope.adjusted if envelope.adjusted is not None else request.params.get("adjusted") != "false"
    return str(sent).lower()


def numbers_of(bars: Sequence[Prices]) -> Numbers:
    """Return open, high, low, close, volume, vwap, count and time as rows of one array, NaN where nothing was sent.

    In blocks that stay in the processor's cache: a tenth faster than whole columns of 11,000 bars.
    """
    numbers: Numbers = np.empty((8, len(bars)), dtype=np.float64)
    for start in range(0, len(bars), _BLOCK_ROWS):
        block = bars[start : start + _BLOCK_ROWS]
        into = numbers[:, start : start + len(block)]
        into[0] = floats([bar.o for bar in block])
        into[1] = floats([bar.h for bar in block])
        into[2] = floats([bar.l for bar in block])
        into[3] = floats([bar.c for bar in block])
        into[4] = floats([bar.v for bar in block])
        into[5] = floats([bar.vw for bar in block])
        into[6] = floats([bar.n for bar in block])
        into[7] = floats([bar.t for bar in block])
    return numbers


def price_columns(numbers: Numbers) -> dict[str, pa.Array]:
    """Return the columns ``open_usd`` to ``trade_count``, null where nothing was sent."""
    return {name: nullable(row) for name, row in zip(_COLUMNS, numbers, strict=False)}


def refuse_bad_prices(rejects: Rejects, table: pa.Table, numbers: Numbers) -> None:
    """Refuse bars without a price or volume, below zero, or with open or close outside low to high."""
    describe = describer(table)
    opened, high, low, close, volume, *_ = numbers
    rejects.where(~np.isfinite(opened + high + low + close + volume), "missing_number", describe)
    rejects.where((low <= 0) | (opened <= 0) | (high <= 0) | (close <= 0), "price_not_positive", describe)
    rejects.where(volume < 0, "negative_volume", describe)
    lowest, highest = np.minimum(opened, close), np.maximum(opened, close)
    rejects.where((low > lowest) | (high < highest), "inconsistent_ohlc", describe)


def day_start_ms(day: date) -> int:
    """Return New York's midnight of ``day`` in milliseconds since 1970."""
    return round(1000 * (new_york(day, 0) - _EPOCH).total_seconds())


def _day_ms(request: Request) -> tuple[int, int]:
    """Return the New York day as [start, end) in milliseconds since 1970: ``t`` is the end of the session, 16:00."""
    if request.for_date is None:
        raise ValueError("a grouped-daily request names its day; build it with grouped_daily_request")
    return day_start_ms(request.for_date), day_start_ms(request.for_date + timedelta(days=1))


def without_bad_vwap(table: pa.Table, notes: dict[str, str]) -> pa.Table:
    """Turn a VWAP that cannot be one into a null, counted in the note ``vwap_not_positive``."""
    vwap = table.column("vwap_usd")
    bad = pc.fill_null(pc.less_equal(vwap, 0), fill_value=False)
    count = pc.sum(bad).as_py() or 0
    if not count:
        return table
    notes["vwap_not_positive"] = str(count)
    index = table.column_names.index("vwap_usd")
    return table.set_column(index, "vwap_usd", pc.if_else(bad, pa.scalar(None, pa.float64()), vwap))
