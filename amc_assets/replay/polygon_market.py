"""Polygon's answers that are not lists of reference rows: bars of one ticker, snapshot, details, market hours."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from amc_assets.market.calendar import exchange_date, is_session
from amc_assets.replay import wire_polygon_market
from amc_assets.replay.polygon_params import ParameterRefused, day_of, limit_of, with_cursor
from amc_assets.replay.site import Routed, Site
from amc_assets.replay.symbol_history import bars_between, bars_by_symbol, newest_bars, restated
from amc_assets.replay.wire_polygon_market import SnapshotRow

NextUrl = Callable[[str, Mapping[str, str], int], str]
_MINUTES = frozenset({1, 5, 15, 30, 60})


def aggregates(site: Site, groups: Sequence[str], routed: Routed, next_url: NextUrl) -> bytes:
    """Return the bars of one ticker: day bars, or minute bars where the market has them; raises ParameterRefused."""
    ticker, multiplier, span, first_text, last_text = groups
    params = with_cursor(routed.params)
    first, last = _range_day(first_text, "from"), _range_day(last_text, "to")
    if last < first:
        raise ParameterRefused("The parameter 'to' cannot be a time that occurs before 'from'")
    wants_adjusted = params.get("adjusted", "true").lower() != "false"
    if (multiplier, span) == ("1", "day"):
        rows = _day_rows(site, ticker, first, last, wants_adjusted=wants_adjusted)
    elif span == "minute" and multiplier.isdecimal() and int(multiplier) in _MINUTES:
        rows = _minute_rows(site, ticker, first, last, int(multiplier))
    else:
        raise ParameterRefused("The parameters 'multiplier' and 'timespan' must be 1 day, or 1, 5, 15, 30 or 60 minute")
    if params.get("sort") == "desc":
        rows = rows[::-1]
    start, limit = int(params.get("page_start", "0")), limit_of(params, 5000, 50_000)
    more = next_url(routed.path, params, start + limit) if start + limit < len(rows) else None
    is_adjusted = wants_adjusted or site.market.bars_basis_date is not None
    page = rows[start : start + limit]
    return wire_polygon_market.ticker_bars(ticker, page, is_adjusted=is_adjusted, path=routed.canonical, next_url=more)


def snapshot(site: Site, ticker: str | None, routed: Routed) -> bytes | None:
    """Return the snapshot of the market, or of one ticker; None for a ticker that is not listed.

    ``day`` is the running session: its bar once that is out, minutes so far where the market has them, else zeros.
    """
    wanted = set(filter(None, routed.params.get("tickers", "").split(",")))
    rows = [row for row in _session_rows(site, ticker) if not wanted or row.symbol in wanted]
    if ticker is None:
        return wire_polygon_market.market_snapshot(rows, path=routed.canonical)
    return wire_polygon_market.ticker_snapshot(rows[0], path=routed.canonical) if rows else None


def ticker_details(site: Site, ticker: str, day: date, canonical: str) -> bytes | None:
    """Return the details of one ticker as of ``day``; None when it was not listed."""
    listing = next((row for row in site.market.directory(day) if row.symbol == ticker and row.polygon_type), None)
    if listing is None:
        return None
    counts = [row for row in site.market.share_counts() if row.symbol == ticker and row.filed_date <= day]
    floats = [row for row in site.market.floats() if row.symbol == ticker and row.effective_date <= day]
    outstanding: float | None = None
    if counts:
        outstanding = max(counts, key=lambda row: (row.filed_date, row.end_date)).outstanding_shares
    elif floats:
        outstanding = max(floats, key=lambda row: row.effective_date).outstanding_shares
    newest = newest_bars(site.market, ticker, day, 1, is_out=site.gate.has_bars)
    return wire_polygon_market.details(
        listing,
        cik=counts[0].cik if counts else None,
        outstanding_shares=outstanding,
        close_usd=newest[0].close_usd if newest else None,
        path=canonical,
    )


def market_status(now: datetime) -> bytes:
    """Return ``/v1/marketstatus/now``."""
    return wire_polygon_market.status(now)


def holidays(now: datetime) -> bytes:
    """Return ``/v1/marketstatus/upcoming``: closures and half days of the year ahead."""
    first = exchange_date(now) + timedelta(days=1)
    return wire_polygon_market.upcoming(first, first + timedelta(days=364))


def _day_rows(site: Site, ticker: str, first: date, last: date, *, wants_adjusted: bool) -> list[dict[str, Any]]:
    bars = bars_between(site.market, ticker, first, last, is_out=site.gate.has_bars)
    if wants_adjusted and bars and site.market.bars_basis_date is None:
        splits = site.market.splits(bars[0].day, site.gate.today)
        bars = restated(bars, [split for split in splits if split.symbol == ticker])
    return [wire_polygon_market.day_bar(bar) for bar in bars]


def _minute_rows(site: Site, ticker: str, first: date, last: date, minutes: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    day = max(first, site.market.first_day)
    while day <= min(last, site.gate.today):
        bars = site.market.minute_bars(ticker, day) if is_session(day) else None
        if bars is not None:
            rows += wire_polygon_market.minute_rows(bars.before(site.gate.now.timestamp()).per(minutes))
        day += timedelta(days=1)
    return rows


def _session_rows(site: Site, ticker: str | None) -> list[SnapshotRow]:
    today = site.gate.today
    newest, before = site.two_newest_bar_days()
    is_running = is_session(today) and newest != today
    day, previous = (today, newest) if is_running else (newest, before)
    if day is None:
        return []
    bars_now = {} if is_running else bars_by_symbol(site.market, day)
    bars_before = {} if previous is None else bars_by_symbol(site.market, previous)
    found: list[SnapshotRow] = []
    for symbol, listing in site.listings().items():
        if listing.polygon_type is None or ticker not in {None, symbol}:
            continue
        minutes = site.market.minute_bars(symbol, today) if is_running else None
        so_far = None if minutes is None else minutes.before(site.gate.now.timestamp())
        row = SnapshotRow(symbol, bars_now.get(symbol), bars_before.get(symbol), so_far)
        if not row.is_empty:
            found.append(row)
    return found


def _range_day(text: str, name: str) -> date:
    if text.isdecimal():
        return exchange_date(datetime.fromtimestamp(int(text) / 1000, UTC))
    return day_of(text, name)
