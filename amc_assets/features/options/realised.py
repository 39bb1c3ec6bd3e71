"""Realised volatility as a declared stand-in for an implied history that does not exist yet: derived, never observed.

It says where the stock's own restlessness stands, not what options charge for it; a percentile made of it is marked
``is_proxy`` and its confidence is at most .5. It is made only when somebody asks for it.
"""

import numpy as np
import pyarrow as pa

from amc_assets.features.options.percentile import MOST_PROXY_CONFIDENCE, PROXY_METHOD
from amc_assets.features.snapshot import F64
from amc_assets.lake.tables import IV_30D
from amc_assets.reasons import Reason

RETURNS = 21
"""Sessions in 30 calendar days."""
SESSIONS_A_YEAR = 252.0


def realised_proxy_rows(closes: pa.Table) -> pa.Table:
    """Return rows shaped like IV_30D, with trade_date and without provenance: one per symbol and day with 22 closes.

    closes: columns trade_date, symbol, close_usd, one row per symbol and session, in any order, adjusted for splits (an
    unadjusted split would be a crash). Volatility: sample standard deviation (ddof 1) of the last 21 log returns x
    sqrt(252), fraction a year. A close that is missing or not above zero breaks the chain of returns.
    """
    ordered = closes.sort_by([("symbol", "ascending"), ("trade_date", "ascending")])
    symbol = np.array(ordered["symbol"].to_pylist(), np.str_)
    close = np.asarray(ordered["close_usd"].cast(pa.float64()).to_numpy(), np.float64)
    volatility = _rolling(np.where(close > 0, close, np.nan), symbol[1:] == symbol[:-1])
    keep = np.flatnonzero(np.isfinite(volatility))
    count = keep.size
    columns = {
        "trade_date": ordered["trade_date"].cast(pa.date32()).take(pa.array(keep)).combine_chunks(),
        "symbol": pa.array(symbol[keep].tolist(), pa.string()),
        "iv_30d_frac": pa.array(volatility[keep]),
        "reason": pa.array([str(Reason.PRESENT)] * count, pa.string()),
        "method": pa.array([PROXY_METHOD] * count, pa.string()),
        "iv_confidence": pa.array(np.full(count, MOST_PROXY_CONFIDENCE)),
        "is_calendar_arbitrage": pa.array([False] * count, pa.bool_()),
        "implied_borrow_frac": pa.nulls(count, pa.float64()),
        "borrow_reason": pa.nulls(count, pa.string()),
        "quotes_used_count": pa.array(np.zeros(count)),
        "quotes_dropped": pa.array(["{}"] * count, pa.string()),
        "term": pa.array(["[]"] * count, pa.string()),
    }
    schema = pa.schema([IV_30D.arrow.field(name) for name in columns])
    return pa.table(list(columns.values()), schema=schema)


def _rolling(close: F64, same: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> F64:
    """Volatility at each row from the returns up to it; NaN before 21 unbroken ones of the same symbol."""
    result: F64 = np.full(len(close), np.nan)
    if len(close) <= RETURNS:
        return result
    returns = np.where(same, np.diff(np.log(close)), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(returns, RETURNS)
    result[RETURNS:] = np.std(windows, axis=1, ddof=1) * np.sqrt(SESSIONS_A_YEAR)
    return result
