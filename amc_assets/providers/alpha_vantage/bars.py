"""Alpha Vantage's bars: intraday of one month, daily of the last hundred sessions; each as JSON and as CSV.

Prices are as traded (``adjusted=false``). Wall times are New York's without a zone. The time of an intraday bar is its
start; the older CSV endpoint (column ``time``, last bar at 20:00:00) labelled its end, and so does any body with a bar
at 20:00:00, when after-hours trading is over: those are moved by one interval (note ``label``: ``end``).
"""

import re
from collections.abc import Callable
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.providers.alpha_vantage.answer import request_to
from amc_assets.providers.alpha_vantage.numbers import FloatArray, cast_texts, numbers
from amc_assets.providers.alpha_vantage.series import FIELDS, Series, read_csv, read_json
from amc_assets.providers.alpha_vantage.walltimes import IntArray, canonical_zone, instants_of
from amc_assets.providers.exchange import Parsed, Request
from amc_assets.providers.wire.delimited import malformed
from amc_assets.providers.wire.rejects import BoolArray, Rejects, refuse_repeats

INTRADAY, INTRADAY_CSV = "intraday_bars", "intraday_bars_csv"
DAILY, DAILY_CSV = "daily_bars_compact", "daily_bars_compact_csv"
INTERVAL = "5min"
_NAMES = ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares")
_DAY = 86_400
_OPEN, _CLOSE = 4 * 3600, 20 * 3600  # premarket opens 04:00, after-hours trading ends 20:00
_INTERVAL = re.compile(r"(1|5|15|30|60)min")


def intraday_request(
    base_url: str, api_key: str, symbol: str, month: date, *, interval: str = INTERVAL, as_csv: bool = False
) -> Request:
    """Return the request for the bars of the month that ``month`` lies in, premarket and after-hours included."""
    params = {
        "function": "TIME_SERIES_INTRADAY",
        "symbol": symbol,
        "interval": interval,
        "month": f"{month:%Y-%m}",
        "outputsize": "full",
        "adjusted": "false",
        "extended_hours": "true",
        **({"datatype": "csv"} if as_csv else {}),
    }
    dataset = INTRADAY_CSV if as_csv else INTRADAY
    return request_to(base_url, api_key, dataset, params, for_date=month.replace(day=1))


def daily_request(base_url: str, api_key: str, symbol: str, *, as_csv: bool = False) -> Request:
    """Return the request for the last hundred daily bars; more is a premium feature."""
    params = {"function": "TIME_SERIES_DAILY", "symbol": symbol, "outputsize": "compact"}
    if as_csv:
        params["datatype"] = "csv"
    return request_to(base_url, api_key, DAILY_CSV if as_csv else DAILY, params)


def parse_intraday(body: bytes, request: Request) -> Parsed:
    """Read the bars of a month: ``source_symbol, bar_start_at`` (UTC), prices in USD, ``volume_shares``.

    Raises MalformedBody for another symbol, interval or time zone than New York's and when too many bars are
    refused, and what a refusal inside a 200 stands for.
    """
    series = read_json(body, request)
    _check_head(series, request, request.params.get("interval"))
    zone = series.meta.get("Time Zone", "")
    if canonical_zone(zone) is None:
        raise malformed(request, f"the bars are in the time zone {zone[:40]!r}, not in New York's")
    return _intraday(series, request)


def parse_intraday_csv(body: bytes, request: Request) -> Parsed:
    """Read the same bars from CSV, which says neither symbol nor time zone: they are taken as asked for."""
    return _intraday(read_csv(body, request), request)


def parse_daily(body: bytes, request: Request) -> Parsed:
    """Read daily bars: ``source_symbol, trade_date``, prices in USD, ``volume_shares``; raise like parse_intraday."""
    series = read_json(body, request)
    _check_head(series, request, "Daily")
    return _daily(series, request)


def parse_daily_csv(body: bytes, request: Request) -> Parsed:
    """Read the same bars from CSV, also from the adjusted series' file, whose first columns are as traded."""
    return _daily(read_csv(body, request), request)


def _check_head(series: Series, request: Request, kind: str | None) -> None:
    symbol = series.meta.get("Symbol", "")
    if symbol.upper() != request.params.get("symbol", "").upper():
        raise malformed(request, f"asked for {request.params.get('symbol')!r}, the answer is about {symbol[:40]!r}")
    if series.kind != kind:
        raise malformed(request, f"asked for {kind} bars, the answer holds {str(series.kind)[:40]!r} bars")


def _intraday(series: Series, request: Request) -> Parsed:
    walls, bad_time = cast_texts(pa.array(series.times, pa.string()), pa.timestamp("s"))
    wall_seconds: IntArray = pc.fill_null(walls.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    wall_seconds, label = _starts(wall_seconds, series, request)
    utc_seconds, ambiguous = instants_of(wall_seconds)
    values, unreadable = _numbers(series)
    utc = pa.array(utc_seconds, pa.int64()).cast(pa.timestamp("s", tz="UTC"))
    table = _table("bar_start_at", utc.cast(pa.timestamp("us", tz="UTC")), values, request)
    describe = _describer(series)
    rejects = series.rejects
    of_day = wall_seconds % _DAY
    rejects.where(bad_time, "unreadable_time", describe)
    rejects.where(ambiguous, "ambiguous_time", describe)
    rejects.where(_not_in_month(wall_seconds, request), "wrong_date", describe)
    rejects.where((of_day < _OPEN) | (of_day >= _CLOSE), "outside_hours", describe)
    _refuse_bad_bars(rejects, values, unreadable, describe)
    refuse_repeats(rejects, table, ("bar_start_at",), describe)
    return rejects.finish(table, request, {"label": label})


def _daily(series: Series, request: Request) -> Parsed:
    dates, bad_date = cast_texts(pa.array(series.times, pa.string()), pa.date32())
    values, unreadable = _numbers(series)
    table = _table("trade_date", dates, values, request)
    describe = _describer(series)
    rejects = series.rejects
    rejects.where(bad_date, "unreadable_date", describe)
    _refuse_bad_bars(rejects, values, unreadable, describe)
    refuse_repeats(rejects, table, ("trade_date",), describe)
    return rejects.finish(table, request)


def _starts(wall_seconds: IntArray, series: Series, request: Request) -> tuple[IntArray, str]:
    """Return the wall times at which the bars start, and what the body labelled: their ``start`` or their ``end``."""
    interval = _INTERVAL.fullmatch(request.params.get("interval", ""))
    if interval is None:
        raise ValueError("an intraday request names its interval; build it with intraday_request")
    if series.time_name != "time" and not (wall_seconds % _DAY == _CLOSE).any():
        return wall_seconds, "start"
    return wall_seconds - 60 * int(interval[1]), "end"


def _not_in_month(wall_seconds: IntArray, request: Request) -> BoolArray:
    if request.for_date is None:
        raise ValueError("an intraday request names its month; build it with intraday_request")
    first = np.datetime64(request.for_date, "M")
    start, end = (month.astype("datetime64[s]").astype(np.int64) for month in (first, first + 1))
    return np.asarray((wall_seconds < start) | (wall_seconds >= end), dtype=bool)


def _numbers(series: Series) -> tuple[dict[str, FloatArray], BoolArray]:
    """Return the five columns as numbers, and the rows in which one of them is no number."""
    read = {name: numbers(series.texts[name]) for name in FIELDS}
    unreadable = np.zeros(len(series.times), dtype=bool)
    for _, bad in read.values():
        unreadable |= bad
    return {name: values for name, (values, _) in read.items()}, unreadable


def _table(time_name: str, times: pa.Array, values: dict[str, FloatArray], request: Request) -> pa.Table:
    symbols = pa.repeat(pa.scalar(request.params["symbol"], pa.string()), len(times))
    columns = {
        name: pa.array(values[sent], pa.float64(), from_pandas=True) for name, sent in zip(_NAMES, FIELDS, strict=True)
    }
    return pa.table({"source_symbol": symbols, time_name: times, **columns})


def _describer(series: Series) -> Callable[[int], str]:
    """Return a function that writes a bar as it was sent."""
    return lambda row: "|".join([series.times[row], *(series.texts[name][row] for name in FIELDS)])


def _refuse_bad_bars(
    rejects: Rejects, values: dict[str, FloatArray], unreadable: BoolArray, describe: Callable[[int], str]
) -> None:
    opened, high, low, close, volume = (values[name] for name in FIELDS)
    rejects.where(unreadable, "unreadable_field", describe)
    rejects.where(~np.isfinite(opened + high + low + close + volume), "missing_number", describe)
    rejects.where((low <= 0) | (opened <= 0) | (high <= 0) | (close <= 0), "price_not_positive", describe)
    rejects.where(volume < 0, "negative_volume", describe)
    lowest, highest = np.minimum(opened, close), np.maximum(opened, close)
    rejects.where((low > lowest) | (high < highest), "inconsistent_ohlc", describe)
