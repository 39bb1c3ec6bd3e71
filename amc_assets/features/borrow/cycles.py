"""Short-interest cycles: shares short per published report, and what was traded at which price between two reports.

Everything is on the share basis of the day of the run and as it was known at ``as_of``.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from amc_assets.features.instants import as_instants, day_number, micros
from amc_assets.features.panel import PricePanel, positions
from amc_assets.features.short_inputs import columns_of, known_us, settlement_before
from amc_assets.features.snapshot import BOOL, F64, INSTANTS
from amc_assets.features.splits import SplitHistory, share_factor
from amc_assets.market.calendar import session_offset

_T2_SINCE = date(2017, 9, 5)
_T1_SINCE = date(2024, 5, 28)
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Cycles:
    """Reports of C settlement dates, oldest first, for N symbols.

    shares: F64 (C, N) short on the basis of D, NaN where the report does not name the symbol; dollars_usd and
    volume_shares: F64 (C, N) traded between the settlement before and this one; known_at (N,) and settlement_days
    int32 (N,) of the newest report that names the symbol (NaT and D where none does); basis_unknown: bool (N,), a
    report says that shares were split and no such split is known; dropped: rows refused as known after as_of.
    """

    settlements: tuple[date, ...]
    shares: F64
    dollars_usd: F64
    volume_shares: F64
    known_at: INSTANTS
    settlement_days: NDArray[np.int32]
    basis_unknown: BOOL
    dropped: int


def last_trade_date(settlement: date) -> date:
    """Return the last session whose trades have settled by ``settlement``.

    Trades settled on T+3, from 2017-09-05 on T+2, from 2024-05-28 on T+1 (SEC rule 15c6-1). Bank holidays that
    are sessions (Columbus Day, Veterans Day) are not left out: a cycle may end one session late.
    """
    lag = 1 if settlement >= _T1_SINCE else 2 if settlement >= _T2_SINCE else 3
    return session_offset(settlement, -lag)


def read_cycles(
    table: pa.Table,
    symbols: NDArray[np.str_],
    day: date,
    as_of: datetime,
    splits: SplitHistory,
    panel: PricePanel | None,
) -> Cycles:
    """Return the reports of ``table`` (SHORT_INTEREST, any order, all vintages) that were public at ``as_of``."""
    known = known_us(table)
    in_time = known <= micros(as_of)
    columns = columns_of(table, symbols)
    settled = table["settlement_date"].cast(pa.int32()).to_numpy()
    days = np.unique(settled[in_time])
    rows = np.flatnonzero(in_time & (columns >= 0))
    rows = rows[np.argsort(known[rows], kind="stable")]  # the last assignment to a cell is its newest vintage
    cell = (np.searchsorted(days, settled[rows]), columns[rows])
    shape = (len(days), len(symbols))
    shares, known_at = np.full(shape, np.nan), np.full(len(symbols), np.datetime64("NaT", "us"))
    is_flagged, settlement_days = np.zeros(shape, np.bool_), np.full(len(symbols), day_number(day), np.int32)
    shares[cell] = table["short_interest_shares"].to_numpy()[rows]
    is_flagged[cell] = table["is_split_flagged"].combine_chunks().to_numpy(zero_copy_only=False)[rows]
    newest_first = rows[np.lexsort((known[rows], settled[rows]))]
    known_at[columns[newest_first]] = as_instants(known)[newest_first]
    settlement_days[columns[newest_first]] = settled[newest_first]
    factor = np.ones(shape)
    for index, settlement in enumerate(days.tolist()):
        basis = np.full(len(symbols), settlement, np.int32)
        factor[index] = share_factor(splits, symbols, basis, day, as_of)
    dates = tuple(_EPOCH + timedelta(days=settlement) for settlement in days.tolist())
    dollars, volume = traded_between(dates, panel, symbols)
    unknown = is_flagged[1:] & (factor[1:] == factor[:-1])
    return Cycles(
        settlements=dates,
        shares=np.where(shares >= 0, shares, np.nan) * factor,
        dollars_usd=dollars,
        volume_shares=volume,
        known_at=known_at,
        settlement_days=settlement_days,
        basis_unknown=np.asarray(unknown.any(axis=0)),
        dropped=int(np.count_nonzero(~in_time)),
    )


def traded_between(
    settlements: tuple[date, ...], panel: PricePanel | None, symbols: NDArray[np.str_]
) -> tuple[F64, F64]:
    """Return dollars and shares traded in each cycle, F64 (C, N) each, 0 where no bar tells of any.

    A cycle is the sessions whose trades settle after the settlement date before and by its own; the first one begins at
    the calendar's settlement date before it. A session's price is its VWAP, else (H+L+C)/3, else the close.
    """
    dollars, volume = np.zeros((len(settlements), len(symbols))), np.zeros((len(settlements), len(symbols)))
    if panel is None or not settlements:
        return dollars, volume
    ends = [last_trade_date(day) for day in (settlement_before(settlements[0]), *settlements)]
    cuts = [bisect_right(panel.sessions, end) for end in ends]
    columns, found = positions(panel.symbols, symbols)
    for index, (first, last) in enumerate(pairwise(cuts)):
        traded, paid = _traded(panel, slice(first, last))
        if len(traded):
            volume[index] = np.where(found, traded[columns], 0.0)
            dollars[index] = np.where(found, paid[columns], 0.0)
    return dollars, volume


def _traded(panel: PricePanel, rows: slice) -> tuple[F64, F64]:
    """Shares and dollars of the sessions ``rows``, F64 (M,) over the panel's symbols."""
    close, volume = panel.close_usd[rows], panel.volume_shares[rows]
    typical = (panel.high_usd[rows] + panel.low_usd[rows] + close) / 3.0
    vwap = panel.vwap_usd[rows]
    price = np.where(np.isfinite(vwap), vwap, np.where(np.isfinite(typical), typical, close))
    counts = np.isfinite(price) & (volume > 0)
    shares = np.where(counts, volume, 0.0)
    return shares.sum(axis=0), np.sum(np.where(counts, price, 0.0) * shares, axis=0)
