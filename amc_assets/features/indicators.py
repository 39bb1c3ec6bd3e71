"""Latest values of the smoothed indicators, with TA-Lib's definitions and seeds, for all symbols at once.

TA-Lib's recursions are linear in their inputs, so the last value is one fixed row of weights times the (bars, symbols)
matrix: no loop over days, no full history written. Dense functions take bars without gaps; the ones ending in ``_last``
take NaN for a missing session and work on each symbol's own observed bars, which is what TA-Lib on its compressed
series gives. Conventions: EMA is seeded with the mean of its first n values; RSI and ATR are Wilder's with the mean of
their first n changes or true ranges as seed; the first true range is at bar 1 (it needs the previous close).
"""

from dataclasses import dataclass

import numpy as np

from amc_assets.features.arithmetic import ratio
from amc_assets.features.own_bars import OwnBars
from amc_assets.features.snapshot import F64

EMA_FAST = 9
EMA_SLOW = 20
WILDER = 14
ZERO_TOLERANCE = 1e-14
"""Below this a sum of gains and losses is nothing, as in TA-Lib; there the ratio of the two has no value."""
_CHUNK_CELLS = 65_536  # half a megabyte per temporary: the pass over the days stays in the cache of one core


def smoothing_weights(count: int, n: int, alpha: float) -> F64:
    """Return the weight of each of ``count`` values (oldest first) in the last value of a seeded recursion.

    Seed: mean of the first ``n``; then s += alpha * (x - s). F64 (count,), all NaN when count < n.
    """
    if count < n:
        return np.full(count, np.nan)
    weights = alpha * (1.0 - alpha) ** np.arange(count - 1, -1, -1, dtype=np.float64)
    weights[:n] = (1.0 - alpha) ** (count - n) / n
    return weights


def ema_weights(count: int, n: int) -> F64:
    """Return the weights of TA-Lib's EMA(n): seed mean of the first n, alpha 2 / (n + 1)."""
    return smoothing_weights(count, n, 2.0 / (n + 1))


def ema_first_price_weights(count: int, n: int) -> F64:
    """Return the weights of an EMA(n) seeded with the first price of the window: the predecessor's convention."""
    return smoothing_weights(count, 1, 2.0 / (n + 1))


def wilder_weights(count: int, n: int) -> F64:
    """Return the weights of Wilder's average over ``count`` changes: seed mean of the first n, alpha 1 / n."""
    return smoothing_weights(count, n, 1.0 / n)


@dataclass(frozen=True)
class Smoothed:
    """Last values of every recursion, F64 (N,), NaN before the first one is defined.

    net_change_usd and total_change_usd: Wilder averages of the change and of its size (gain - loss, gain + loss).
    """

    ema9_usd: F64
    ema20_usd: F64
    ema9_first_price_usd: F64
    ema20_first_price_usd: F64
    net_change_usd: F64
    total_change_usd: F64
    atr14_usd: F64

    @property
    def rsi14(self) -> F64:
        """Wilder's RSI, 0-100; NaN without any change in the window (TA-Lib prints 0 there, which is no reading)."""
        return _relative_strength(self.net_change_usd, self.total_change_usd)


FIELDS = tuple(Smoothed.__annotations__)


def smoothed_dense(close: F64, high: F64, low: F64) -> Smoothed:
    """Return the recursions over bars without gaps, (m, g) each; NaN throughout where m is too short."""
    count, width = close.shape
    emas = np.stack(
        [
            ema_weights(count, EMA_FAST),
            ema_weights(count, EMA_SLOW),
            ema_first_price_weights(count, EMA_FAST),
            ema_first_price_weights(count, EMA_SLOW),
        ]
    )
    lines = emas @ close
    net, total = _weighted_changes(close, wilder_weights(count - 1, WILDER)) if count > WILDER else _missing(width)
    true_range = _weighted_true_range(high, low, close) if count > WILDER else np.full(width, np.nan)
    return Smoothed(lines[0], lines[1], lines[2], lines[3], net, total, true_range)


def smoothed_last(own: OwnBars) -> Smoothed:
    """Return the recursions of every symbol over its own observed bars, F64 (N,)."""
    arrays = {name: np.full(own.symbol_count, np.nan) for name in FIELDS}
    for block in own.blocks():
        part = smoothed_dense(block.close_usd, block.high_usd, block.low_usd)
        for name in FIELDS:
            arrays[name][block.columns] = getattr(part, name)
    return Smoothed(**arrays)


def ema_last(close_usd: F64, n: int) -> F64:
    """Return TA-Lib's EMA(n) of each column's own observed values at the last of them, F64 (N,); needs n values."""
    own = OwnBars.of_close(close_usd)
    result = np.full(own.symbol_count, np.nan)
    for block in own.blocks():
        result[block.columns] = ema_weights(len(block.close_usd), n) @ block.close_usd
    return result


def rsi_last(close_usd: F64, n: int = WILDER) -> F64:
    """Return Wilder's RSI(n) at each column's last observed value, 0-100, F64 (N,); needs n + 1 values and a change."""
    own = OwnBars.of_close(close_usd)
    result = np.full(own.symbol_count, np.nan)
    for block in own.blocks():
        if len(block.close_usd) > n:
            net, total = _weighted_changes(block.close_usd, wilder_weights(len(block.close_usd) - 1, n))
            result[block.columns] = _relative_strength(net, total)
    return result


def atr_last(high_usd: F64, low_usd: F64, close_usd: F64, n: int = WILDER) -> F64:
    """Return Wilder's ATR(n) in USD at each column's last observed bar, F64 (N,); needs n + 1 bars."""
    own = OwnBars.of(close_usd, high_usd, low_usd)
    result = np.full(own.symbol_count, np.nan)
    for block in own.blocks():
        if len(block.close_usd) > n:
            result[block.columns] = _weighted_true_range(block.high_usd, block.low_usd, block.close_usd, n)
    return result


def bollinger_width(close_tail_usd: F64, sigmas: float = 2.0) -> F64:
    """Return (upper - lower) / middle of Bollinger bands over the rows given, population sigma (ddof 0), F64 (N,).

    NaN in any row gives NaN; a middle of zero too.
    """
    middle = close_tail_usd.mean(axis=0)
    sigma = np.sqrt(np.square(close_tail_usd - middle).mean(axis=0))
    return ratio(2.0 * sigmas * sigma, middle)


def true_ranges(high: F64, low: F64, close: F64) -> F64:
    """Return the true ranges of rows 1.. of (m, g) bars: max(high, previous close) - min(low, previous close)."""
    return np.maximum(high[1:], close[:-1]) - np.minimum(low[1:], close[:-1])


def _relative_strength(net: F64, total: F64) -> F64:
    share = ratio(net, np.where(total > ZERO_TOLERANCE, total, np.nan))
    return np.asarray(np.clip(50.0 * (1.0 + share), 0.0, 100.0))


def _missing(width: int) -> tuple[F64, F64]:
    return np.full(width, np.nan), np.full(width, np.nan)


def _chunks(count: int, width: int) -> list[slice]:
    step = max(1, _CHUNK_CELLS // max(width, 1))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def _weighted_changes(close: F64, weights: F64) -> tuple[F64, F64]:
    net, total = np.zeros(close.shape[1]), np.zeros(close.shape[1])
    before, after = close[:-1], close[1:]
    for rows in _chunks(len(weights), close.shape[1]):
        change = after[rows] - before[rows]
        net += weights[rows] @ change
        total += weights[rows] @ np.abs(change, out=change)
    return net, total


def _weighted_true_range(high: F64, low: F64, close: F64, n: int = WILDER) -> F64:
    weights = wilder_weights(len(close) - 1, n)
    result = np.zeros(close.shape[1])
    for rows in _chunks(len(weights), close.shape[1]):
        previous = close[:-1][rows]
        top = np.maximum(high[1:][rows], previous)
        top -= np.minimum(low[1:][rows], previous)
        result += weights[rows] @ top
    gappy = np.flatnonzero(~np.isfinite(result))
    if gappy.size:
        result[gappy] = _true_range_of_the_ranged(high[:, gappy], low[:, gappy], close[:, gappy], n)
    return result


def _true_range_of_the_ranged(high: F64, low: F64, close: F64, n: int) -> F64:
    """Return Wilder's average over the bars that have a high and a low: a source of last sales sends none."""
    own = OwnBars.of_close(true_ranges(high, low, close))
    result = np.full(own.symbol_count, np.nan)
    for block in own.blocks():
        if len(block.close_usd) >= n:
            result[block.columns] = wilder_weights(len(block.close_usd), n) @ block.close_usd
    return result
