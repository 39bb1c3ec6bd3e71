"""Days of a market as panels of shape (sessions, symbols), read through the public Market methods only."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from amc_assets.market.calendar import sessions_between
from amc_assets.replay.market import Market

Panel = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Panels:
    """Prices and volumes on the share basis of the first session; NaN where there is no bar."""

    sessions: list[date]
    symbols: list[str]
    open_usd: Panel
    high_usd: Panel
    low_usd: Panel
    close_usd: Panel
    volume_shares: Panel

    def row(self, day: date) -> int:
        """Return the row of a session."""
        return self.sessions.index(day)

    def column(self, symbol: str) -> int:
        """Return the column of a symbol."""
        return self.symbols.index(symbol)


def read_panels(market: Market, types: frozenset[str] = frozenset({"CS", "ADRC"})) -> Panels:
    """Return the panels of the companies ever listed."""
    sessions = sessions_between(market.first_day, market.last_day)
    symbols = sorted(
        {
            row.symbol
            for day in sessions[::60] + sessions[-1:]
            for row in market.directory(day)
            if row.polygon_type in types
        }
    )
    position = {symbol: number for number, symbol in enumerate(symbols)}
    names = ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares")
    arrays = {name: np.full((len(sessions), len(symbols)), np.nan) for name in names}
    for row, day in enumerate(sessions):
        bars = market.bars(day)
        assert bars is not None
        columns = np.array([position.get(symbol, -1) for symbol in bars.symbols])
        for name in names:
            arrays[name][row, columns[columns >= 0]] = getattr(bars, name)[columns >= 0]
    multiple = np.ones((len(sessions), len(symbols)))
    for split in market.splits(market.first_day, market.last_day):
        if split.symbol in position:
            multiple[sessions.index(split.execution_date) :, position[split.symbol]] *= (
                split.split_to / split.split_from
            )
    prices = [arrays[name] * multiple for name in names[:4]]
    return Panels(sessions, symbols, *prices, arrays["volume_shares"] / multiple)


def log_returns(close_usd: Panel) -> Panel:
    """Return close-to-close log returns, shape (sessions - 1, symbols)."""
    return np.diff(np.log(close_usd), axis=0)


def kurtosis(returns: Panel) -> Panel:
    """Return the kurtosis of each column (3 for a normal)."""
    centred = returns - np.nanmean(returns, axis=0)
    fourth, second = np.nanmean(centred**4, axis=0), np.nanmean(centred**2, axis=0)
    return np.asarray(fourth / second**2)


def clustering(returns: Panel) -> Panel:
    """Return the first autocorrelation of absolute returns of each column."""
    sizes = np.abs(returns) - np.nanmean(np.abs(returns), axis=0)
    return np.asarray(np.nanmean(sizes[1:] * sizes[:-1], axis=0) / np.nanmean(sizes**2, axis=0))


def volume_follows_moves(returns: Panel, volume_shares: Panel) -> Panel:
    """Return the correlation of log volume with the absolute return of each column."""
    sizes, volumes = np.abs(returns), np.log(volume_shares[1:])
    sizes, volumes = sizes - np.nanmean(sizes, axis=0), volumes - np.nanmean(volumes, axis=0)
    scale = np.sqrt(np.nanmean(sizes**2, axis=0) * np.nanmean(volumes**2, axis=0))
    return np.asarray(np.nanmean(sizes * volumes, axis=0) / scale)


def relvol_30(volume_shares: Panel) -> Panel:
    """Return volume over the mean of the thirty sessions before, shape (sessions - 30, symbols); NaN if one lacks."""
    sums = np.cumsum(np.vstack([np.zeros(volume_shares.shape[1]), np.nan_to_num(volume_shares)]), axis=0)
    seen = np.cumsum(np.vstack([np.zeros(volume_shares.shape[1]), np.isfinite(volume_shares)]), axis=0)
    means = np.where(seen[30:-1] - seen[:-31] == 30, (sums[30:-1] - sums[:-31]) / 30, np.nan)
    return np.asarray(volume_shares[30:] / means)
