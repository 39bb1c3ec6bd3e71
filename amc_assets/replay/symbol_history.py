"""The daily bars of one symbol over many days, and bars restated for splits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from amc_assets.market.calendar import previous_session, session_on_or_before, sessions_between
from amc_assets.replay.market import BarsOfDay, Market, SplitRow


@dataclass(frozen=True, slots=True)
class SymbolBar:
    """One day of one symbol; None where the market does not know."""

    day: date
    open_usd: float
    high_usd: float
    low_usd: float
    close_usd: float
    volume_shares: float
    vwap_usd: float | None
    trade_count: int | None


def bar_of(market: Market, symbol: str, day: date) -> SymbolBar | None:
    """Return the bar of ``symbol`` on ``day`` as the market holds it; None without a trade."""
    bars = market.bars(day)
    return None if bars is None else _pick(bars, symbol, day)


def bars_by_symbol(market: Market, day: date) -> dict[str, SymbolBar]:
    """Return every bar of ``day`` by symbol; empty without bars."""
    bars = market.bars(day)
    if bars is None:
        return {}
    return {symbol: _at(bars, row, day) for row, symbol in enumerate(bars.symbols.tolist())}


def bars_between(
    market: Market, symbol: str, first: date, last: date, *, is_out: Callable[[date], bool]
) -> list[SymbolBar]:
    """Return the bars of ``symbol`` from ``first`` to ``last`` whose day is out, in order."""
    first, last = max(first, market.first_day), min(last, market.last_day)
    days = sessions_between(first, last) if first <= last else []
    found = (bar_of(market, symbol, day) for day in days if is_out(day))
    return [bar for bar in found if bar is not None]


def newest_bars(
    market: Market, symbol: str, last: date, count: int, *, is_out: Callable[[date], bool]
) -> list[SymbolBar]:
    """Return the newest ``count`` bars of ``symbol`` up to ``last``, newest first; looks twice that many days back."""
    found: list[SymbolBar] = []
    for day in _back_from(market, last, 2 * count + 10):
        if len(found) == count:
            break
        bar = bar_of(market, symbol, day) if is_out(day) else None
        if bar is not None:
            found.append(bar)
    return found


def restated(bars: Sequence[SymbolBar], splits: Sequence[SplitRow]) -> list[SymbolBar]:
    """Return ``bars`` on the share basis after ``splits`` of their symbol: each bar by the splits after its day."""
    return [_restated(bar, splits) for bar in bars]


def adjusted_bars(bars: BarsOfDay, later_splits: Sequence[SplitRow]) -> BarsOfDay:
    """Return ``bars`` on the share basis after ``later_splits``: prices divided and volumes multiplied by the ratio."""
    if not later_splits:
        return bars
    ratio_of: dict[str, float] = {}
    for split in later_splits:
        ratio_of[split.symbol] = ratio_of.get(split.symbol, 1.0) * split.split_to / split.split_from
    ratio = np.array([ratio_of.get(symbol, 1.0) for symbol in bars.symbols.tolist()])
    return replace(
        bars,
        open_usd=np.round(bars.open_usd / ratio, 4),
        high_usd=np.round(bars.high_usd / ratio, 4),
        low_usd=np.round(bars.low_usd / ratio, 4),
        close_usd=np.round(bars.close_usd / ratio, 4),
        volume_shares=np.round(bars.volume_shares * ratio),
        vwap_usd=None if bars.vwap_usd is None else np.round(bars.vwap_usd / ratio, 4),
    )


def _back_from(market: Market, last: date, most: int) -> Iterator[date]:
    day = session_on_or_before(last)
    for _ in range(most):
        if day < market.first_day:
            return
        yield day
        day = previous_session(day)


def _pick(bars: BarsOfDay, symbol: str, day: date) -> SymbolBar | None:
    found = np.flatnonzero(bars.symbols == symbol)
    if not len(found):
        return None
    return _at(bars, int(found[0]), day)


def _at(bars: BarsOfDay, row: int, day: date) -> SymbolBar:
    vwap = None if bars.vwap_usd is None else float(bars.vwap_usd[row])
    return SymbolBar(
        day=day,
        open_usd=float(bars.open_usd[row]),
        high_usd=float(bars.high_usd[row]),
        low_usd=float(bars.low_usd[row]),
        close_usd=float(bars.close_usd[row]),
        volume_shares=float(bars.volume_shares[row]),
        vwap_usd=None if vwap is None or np.isnan(vwap) else vwap,
        trade_count=None if bars.trade_count is None else int(bars.trade_count[row]),
    )


def _restated(bar: SymbolBar, splits: Sequence[SplitRow]) -> SymbolBar:
    ratio = 1.0
    for split in splits:
        if split.execution_date > bar.day:
            ratio *= split.split_to / split.split_from
    if ratio == 1.0:
        return bar
    return replace(
        bar,
        open_usd=round(bar.open_usd / ratio, 4),
        high_usd=round(bar.high_usd / ratio, 4),
        low_usd=round(bar.low_usd / ratio, 4),
        close_usd=round(bar.close_usd / ratio, 4),
        volume_shares=float(round(bar.volume_shares * ratio)),
        vwap_usd=None if bar.vwap_usd is None else round(bar.vwap_usd / ratio, 4),
    )
