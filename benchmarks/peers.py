"""The trailing features of ``rebuild.py`` as users of other libraries write them: pandas, polars and a TA-Lib loop.

Each computes its indicators over the whole history and keeps the last row, which is what those libraries offer; each is
given the bars in its own best layout, outside the measured time. pandas and polars smooth with ewm, whose seed is made
TA-Lib's by replacing the first n values with their mean.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Bars = Mapping[str, F64]
"""close, high, low, volume: (sessions, symbols), oldest first, no gap."""

OUTPUTS = (
    "ema9_usd", "ema20_usd", "rsi14", "atr14_frac", "bb_width_frac", "relvol_30", "volume_trend", "up_days",
    "change_1d_frac", "change_5d_frac", "breakout_frac", "vwap_20d_usd", "dollar_volume_usd",
)  # fmt: skip


def _seeded(frame: Any, n: int, first: int = 0) -> Any:
    """Replace the first n values after row ``first`` by their mean at the last of them, as TA-Lib seeds."""
    seeded = frame.copy()
    seeded.iloc[first + n - 1] = frame.iloc[first : first + n].mean()
    seeded.iloc[: first + n - 1] = np.nan
    return seeded


def _rsi(change: Any, n: int = 14) -> Any:
    gain, loss = change.clip(lower=0), (-change).clip(lower=0)
    up = _seeded(gain, n, 1).ewm(alpha=1 / n, adjust=False).mean()
    down = _seeded(loss, n, 1).ewm(alpha=1 / n, adjust=False).mean()
    return 100 * up / (up + down)


def _up_days(rising: Any) -> Any:
    count = rising.cumsum()
    return count - count.where(~rising).ffill().fillna(0)


def pandas_features(close: Any, high: Any, low: Any, volume: Any) -> dict[str, Any]:
    """Return every output as pandas computes it on Series of one symbol or wide frames, all rows."""
    before = close.shift()
    upper, lower = high.where(high > before, before), low.where(low < before, before)
    true_range = (upper - lower).where(before.notna())
    bands, typical = close.rolling(20), (high + low + close) / 3
    return {
        "ema9_usd": _seeded(close, 9).ewm(span=9, adjust=False).mean(),
        "ema20_usd": _seeded(close, 20).ewm(span=20, adjust=False).mean(),
        "rsi14": _rsi(close.diff()),
        "atr14_frac": _seeded(true_range, 14, 1).ewm(alpha=1 / 14, adjust=False).mean() / close,
        "bb_width_frac": 4 * bands.std(ddof=0) / bands.mean(),
        "relvol_30": volume / volume.shift().rolling(30).median(),
        "volume_trend": volume.rolling(5).mean() / volume.shift(5).rolling(30).mean(),
        "up_days": _up_days(close.diff() > 0),
        "change_1d_frac": close / before - 1,
        "change_5d_frac": close / close.shift(5) - 1,
        "breakout_frac": close / high.shift().rolling(20).max() - 1,
        "vwap_20d_usd": (typical * volume).rolling(20).sum() / volume.rolling(20).sum(),
        "dollar_volume_usd": close * volume,
    }


def prepare_pandas_wide(bars: Bars) -> Any:
    """Return wide frames (sessions x symbols)."""
    import pandas as pd

    return {name: pd.DataFrame(values) for name, values in bars.items()}


def pandas_wide(frames: Any) -> dict[str, F64]:
    """One frame per column, symbols side by side."""
    return {name: frame.iloc[-1].to_numpy() for name, frame in pandas_features(**frames).items()}


def prepare_long(bars: Bars) -> Any:
    """Return one long frame, sorted by symbol and session."""
    import pandas as pd

    sessions, symbols = bars["close"].shape
    columns = {name: values.T.ravel() for name, values in bars.items()}
    return pd.DataFrame({"symbol": np.repeat(np.arange(symbols), sessions), **columns})


def pandas_groupby(frame: Any) -> dict[str, F64]:
    """One pass of pandas per symbol of a long frame."""
    rows = []
    for _, one in frame.groupby("symbol", sort=True):
        found = pandas_features(one["close"], one["high"], one["low"], one["volume"])
        rows.append({name: series.iloc[-1] for name, series in found.items()})
    return {name: np.array([row[name] for row in rows]) for name in OUTPUTS}


def prepare_talib(bars: Bars) -> Any:
    """Return symbol-major contiguous arrays."""
    return {name: np.ascontiguousarray(values.T) for name, values in bars.items()}


def talib_loop(bars: Any) -> dict[str, F64]:
    """TA-Lib symbol by symbol, last value kept; what it does not have in NumPy on the same row."""
    import talib

    out = {name: np.empty(len(bars["close"])) for name in OUTPUTS}
    for i in range(len(bars["close"])):
        close, high, low, volume = (bars[name][i] for name in ("close", "high", "low", "volume"))
        upper, middle, lower = talib.BBANDS(close, 20, 2.0, 2.0, 0)
        mean_30 = talib.SMA(volume, 30)
        typical = talib.TYPPRICE(high, low, close)
        falling = np.flatnonzero(np.diff(close) <= 0)
        row = (
            talib.EMA(close, 9)[-1],
            talib.EMA(close, 20)[-1],
            talib.RSI(close, 14)[-1],
            talib.ATR(high, low, close, 14)[-1] / close[-1],
            (upper[-1] - lower[-1]) / middle[-1],
            volume[-1] / np.median(volume[-31:-1]),
            talib.SMA(volume, 5)[-1] / mean_30[-6],
            len(close) - 2 - falling[-1] if falling.size else len(close) - 1,
            talib.ROCP(close, 1)[-1],
            talib.ROCP(close, 5)[-1],
            close[-1] / talib.MAX(high, 20)[-2] - 1,
            talib.SUM(typical * volume, 20)[-1] / talib.SUM(volume, 20)[-1],
            close[-1] * volume[-1],
        )
        for name, value in zip(OUTPUTS, row, strict=True):
            out[name][i] = value
    return out


def prepare_polars(bars: Bars) -> Any:
    """Return a long polars frame, sorted by symbol and session."""
    import polars as pl

    sessions, symbols = bars["close"].shape
    columns = {name: values.T.ravel() for name, values in bars.items()}
    return pl.DataFrame({"symbol": np.repeat(np.arange(symbols), sessions), **columns})


def polars_groupby(frame: Any) -> dict[str, F64]:
    """Polars expressions per group of a long frame, last value of each."""
    import polars as pl

    close, high, low, volume = (pl.col(n) for n in ("close", "high", "low", "volume"))

    def smoothed(values: Any, n: int, alpha: float, first: int = 0) -> Any:
        row = pl.int_range(pl.len())
        seed = values.slice(first, n).mean()
        start = first + n - 1
        seeded = pl.when(row < start).then(None).when(row == start).then(seed).otherwise(values)
        return seeded.ewm_mean(alpha=alpha, adjust=False, ignore_nulls=True).last()

    before, change = close.shift(), close.diff()
    gain = smoothed(change.clip(lower_bound=0), 14, 1 / 14, 1)
    loss = smoothed((-change).clip(lower_bound=0), 14, 1 / 14, 1)
    true_range = pl.max_horizontal(high, before) - pl.min_horizontal(low, before)
    bands, typical = close.tail(20), (high + low + close) / 3
    expressions = {
        "ema9_usd": smoothed(close, 9, 0.2),
        "ema20_usd": smoothed(close, 20, 2 / 21),
        "rsi14": 100 * gain / (gain + loss),
        "atr14_frac": smoothed(true_range, 14, 1 / 14, 1) / close.last(),
        "bb_width_frac": 4 * bands.std(ddof=0) / bands.mean(),
        "relvol_30": volume.last() / volume.tail(31).head(30).median(),
        "volume_trend": volume.tail(5).mean() / volume.tail(35).head(30).mean(),
        "up_days": pl.len() - 1 - (change <= 0).arg_true().last().fill_null(0),
        "change_1d_frac": close.last() / close.get(-2) - 1,
        "change_5d_frac": close.last() / close.get(-6) - 1,
        "breakout_frac": close.last() / high.tail(21).head(20).max() - 1,
        "vwap_20d_usd": (typical * volume).tail(20).sum() / volume.tail(20).sum(),
        "dollar_volume_usd": close.last() * volume.last(),
    }
    done = frame.group_by("symbol", maintain_order=True).agg(**expressions)
    return {name: done[name].to_numpy().astype(float) for name in OUTPUTS}
