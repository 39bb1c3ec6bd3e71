"""The predecessor's own feature definitions (domain.md A1), kept apart because its strategies are scored with them.

They carry their own names so that nobody mistakes them for TA-Lib's. Its defaults for short histories (50 for RSI, 0
for a spike) are not carried over: those are missing here.
"""

from dataclasses import dataclass

import numpy as np

from amc_assets.features.arithmetic import ratio
from amc_assets.features.indicators import WILDER, ZERO_TOLERANCE, true_ranges
from amc_assets.features.snapshot import F64


@dataclass(frozen=True)
class OwnTail:
    """The last own bars of every symbol, newest last, (n, N) each; NaN on top of short histories."""

    close_usd: F64
    high_usd: F64
    low_usd: F64
    volume_shares: F64


def predecessor_features(tail: OwnTail, ema9_first_price: F64, ema20_first_price: F64) -> dict[str, F64]:
    """Return the predecessor's features of the newest own bar by name, F64 (N,), NaN where a window is not full."""
    close = tail.close_usd[-1]
    vwap = vwap_20d(tail)
    reclaimed = np.where(np.isfinite(vwap), (close > vwap).astype(np.float64), np.nan)
    ranges = true_ranges(tail.high_usd[-15:], tail.low_usd[-15:], tail.close_usd[-15:])
    return {
        "volume_spike_max": volume_spike_max(tail.volume_shares),
        "rsi14_cutler": rsi14_cutler(tail.close_usd[-15:]),
        "atr14_sma_frac": ratio(ranges.mean(axis=0), close),
        "ema9_first_price_usd": ema9_first_price,
        "ema20_first_price_usd": ema20_first_price,
        "vwap_20d_usd": vwap,
        "vwap_reclaim_20d": reclaimed,
    }


def volume_spike_max(volume_shares: F64) -> F64:
    """Return max(.8 V/mean5, .9 V/mean10, V/mean30), means over own bars before the newest of (31, N)."""
    volume, before = volume_shares[-1], volume_shares[-31:-1]
    ratios = [
        share * ratio(volume, before[-n:].mean(axis=0)) for share, n in ((0.8, 5), (0.9, 10), (1.0, 30))
    ]  # fmt: skip
    return np.asarray(np.maximum.reduce(ratios))


def rsi14_cutler(close_usd: F64) -> F64:
    """Return 100 x mean gain / (mean gain + mean loss) of the 14 changes in (15, N); NaN without any change."""
    changes = np.diff(close_usd, axis=0)
    net, total = changes.sum(axis=0) / WILDER, np.abs(changes).sum(axis=0) / WILDER
    share = ratio(net, np.where(total > ZERO_TOLERANCE, total, np.nan))
    return np.asarray(np.clip(50.0 * (1.0 + share), 0.0, 100.0))


def vwap_20d(tail: OwnTail) -> F64:
    """Return the mean typical price of the last 20 own bars weighted by volume, USD (N,)."""
    rows = slice(-20, None)
    typical = (tail.high_usd[rows] + tail.low_usd[rows] + tail.close_usd[rows]) / 3.0
    volume = tail.volume_shares[rows]
    return ratio((typical * volume).sum(axis=0), volume.sum(axis=0))
