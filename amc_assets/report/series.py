"""Pick the chart series of some symbols out of plain arrays, with nothing in them that was not known on the day."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.snapshot import F64
from amc_assets.report.data import ChartSeries, ShortInterestPoint

CHART_SESSIONS = 90


def chart_series(
    wanted: Sequence[str],
    *,
    symbols: NDArray[np.str_],
    trade_dates: Sequence[date],
    close_usd: F64,
    volume_shares: F64,
    trade_date: date,
    sessions: int = CHART_SESSIONS,
    settlement_dates: Sequence[date] = (),
    visible_from: Sequence[date] = (),
    short_interest_shares: F64 | None = None,
) -> Mapping[str, ChartSeries]:
    """Return the last ``sessions`` sessions up to ``trade_date`` of every wanted symbol that is in the arrays.

    close_usd, volume_shares: (T, N), NaN = did not trade; symbols: (N,) in any order; short_interest_shares: (S, N)
    by settlement, of which ``visible_from`` says from when each was public: later ones are left out, as are bars after
    ``trade_date``. Raises ValueError when array and axis lengths differ.
    """
    if close_usd.shape != (len(trade_dates), len(symbols)) or close_usd.shape != volume_shares.shape:
        raise ValueError(
            f"close has shape {close_usd.shape}, its dates and symbols say {(len(trade_dates), len(symbols))}"
        )
    if (
        not len(settlement_dates)
        == len(visible_from)
        == (0 if short_interest_shares is None else len(short_interest_shares))
    ):
        raise ValueError("settlement dates, publication dates and rows of short interest differ in number")
    kept = [i for i, day in enumerate(trade_dates) if day <= trade_date][-sessions:]
    public = [i for i, day in enumerate(visible_from) if day <= trade_date]
    place = {symbol: i for i, symbol in enumerate(symbols.tolist())}
    found: dict[str, ChartSeries] = {}
    for symbol in wanted:
        if (column := place.get(symbol)) is None or not kept:
            continue
        points: tuple[ShortInterestPoint, ...] = ()
        if short_interest_shares is not None:
            points = _points(
                short_interest_shares[:, column], settlement_dates, visible_from, public, trade_dates[kept[0]]
            )
        found[symbol] = ChartSeries(
            trade_dates=tuple(trade_dates[i] for i in kept),
            close_usd=_values(close_usd[kept, column]),
            volume_shares=_values(volume_shares[kept, column]),
            short_interest=points,
        )
    return found


def _values(column: F64) -> tuple[float | None, ...]:
    return tuple(float(value) if np.isfinite(value) else None for value in column)


def _points(
    shares: F64, settlement_dates: Sequence[date], visible_from: Sequence[date], public: Sequence[int], first: date
) -> tuple[ShortInterestPoint, ...]:
    # Of the reports that were public before the chart begins only the newest still holds on its first day.
    named = [i for i in public if np.isfinite(shares[i])]
    before = [i for i in named if visible_from[i] < first]
    return tuple(
        ShortInterestPoint(settlement_dates[i], visible_from[i], float(shares[i]))
        for i in named
        if i not in before[:-1]
    )
