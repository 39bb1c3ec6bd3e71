"""TA-Lib as the judge of a live panel: recompute a sample of symbols with it and list every disagreement.

A blocking check hands in the panel and the features of a run; an empty list means agreement.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from amc_assets.features.panel import HISTORY_SESSIONS, PricePanel
from amc_assets.features.prices import PriceFeatures
from amc_assets.features.snapshot import F64

JUDGED = ("ema9_usd", "ema20_usd", "rsi14", "atr14_frac")


@dataclass(frozen=True)
class Disagreement:
    """One value that TA-Lib does not confirm."""

    symbol: str
    feature: str
    ours: float
    talib: float


def disagreements(
    panel: PricePanel, features: PriceFeatures, columns: NDArray[np.intp], tolerance: float = 1e-9
) -> list[Disagreement]:
    """Recompute the ``columns`` of the panel with TA-Lib on each symbol's own bars; relative tolerance.

    Symbols without a bar of D are skipped, and so is the ATR of one with a bar that has no range: TA-Lib knows no such
    bar. RSI of a symbol that never moved is missing here and 0 in TA-Lib: no
    disagreement, because 0 would read as oversold.
    """
    window = panel.window(HISTORY_SESSIONS)
    found = []
    for column in np.asarray(columns)[window.has_bar[columns]].tolist():
        observed = np.isfinite(window.close_usd[:, column])
        bars = tuple(
            np.ascontiguousarray(array[observed, column])
            for array in (window.close_usd, window.high_usd, window.low_usd)
        )
        is_ranged = bool(np.isfinite(bars[1]).all())
        for name, theirs in _by_talib(*bars).items():
            if name == "atr14_frac" and not is_ranged:
                continue
            ours = float(features.values[name][column])
            if not _agree(ours, theirs, tolerance):
                found.append(Disagreement(str(window.symbols[column]), name, ours, theirs))
    return found


def _by_talib(close: F64, high: F64, low: F64) -> dict[str, float]:
    import talib  # noqa: PLC0415 - heavy, and only the check needs it

    moved = bool((np.diff(close) != 0).any())
    return {
        "ema9_usd": float(talib.EMA(close, 9)[-1]),
        "ema20_usd": float(talib.EMA(close, 20)[-1]),
        "rsi14": float(talib.RSI(close, 14)[-1]) if moved else np.nan,
        "atr14_frac": float(talib.ATR(high, low, close, 14)[-1] / close[-1]),
    }


def _agree(ours: float, theirs: float, tolerance: float) -> bool:
    if np.isnan(ours) or np.isnan(theirs):
        return bool(np.isnan(ours) and np.isnan(theirs))
    return abs(ours - theirs) <= tolerance * max(abs(theirs), 1e-300)
