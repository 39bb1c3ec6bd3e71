"""Average true range for every session and symbol at once, by TA-Lib's definition."""

import numpy as np

from amc_assets.features.snapshot import F64

PERIOD_SESSIONS = 14


def atr_panel(high_usd: F64, low_usd: F64, close_usd: F64, period_sessions: int = PERIOD_SESSIONS) -> F64:
    """Return Wilder's ATR, USD (T, N): seed = mean of the first ``period_sessions`` true ranges (TA-Lib ATR).

    Bars (T, N) in USD, NaN where a symbol did not trade: such a session is left out of the symbol's own series, as
    if TA-Lib were given the bars in order without gaps. NaN until period_sessions + 1 bars have been seen.
    """
    atr = np.full_like(close_usd, np.nan)
    previous_close = np.full(close_usd.shape[1], np.nan)
    running = np.zeros(close_usd.shape[1])
    ranges_seen = np.zeros(close_usd.shape[1], dtype=np.int64)
    for session in range(len(close_usd)):
        high, low, close = high_usd[session], low_usd[session], close_usd[session]
        traded = np.isfinite(high) & np.isfinite(low) & np.isfinite(close)
        true_range = np.maximum(high - low, np.maximum(np.abs(high - previous_close), np.abs(low - previous_close)))
        counted = traded & np.isfinite(true_range)
        ranges_seen += counted
        seeding = np.where(ranges_seen <= period_sessions, running + true_range / period_sessions, running)
        smoothed = (running * (period_sessions - 1) + true_range) / period_sessions
        running = np.where(counted, np.where(ranges_seen <= period_sessions, seeding, smoothed), running)
        atr[session] = np.where(counted & (ranges_seen >= period_sessions), running, np.nan)
        previous_close = np.where(traded, close, previous_close)
    return atr
