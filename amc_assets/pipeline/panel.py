"""The nightly rebuild of the price panel, and TA-Lib's judgement of a sample of it."""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from amc_assets.features.judge import JUDGED, Disagreement, disagreements
from amc_assets.features.panel import PricePanel
from amc_assets.features.prices import PriceFeatures, price_features
from amc_assets.lake.arrow_types import INSTANT
from amc_assets.pipeline.history import History
from amc_assets.reasons import CODES

SAMPLE = 40
ENOUGH_BARS = 60


@dataclass(frozen=True)
class Rebuilt:
    """One day's panel and the features read off it."""

    day: date
    as_of: datetime
    panel: PricePanel
    features: PriceFeatures

    @property
    def symbol_count(self) -> int:
        """Symbols in the trailing window."""
        return len(self.panel.symbols)

    @property
    def with_bar_count(self) -> int:
        """Symbols with a bar of the day."""
        return int(self.panel.has_bar.sum())

    @property
    def session_count(self) -> int:
        """Sessions in the window."""
        return len(self.panel.sessions)

    def table(self) -> pa.Table:
        """Return the features in the columns of PRICE_FEATURES, long form."""
        return _table(self)


@dataclass(frozen=True)
class Judgement:
    """TA-Lib against the panel: how many values were compared, and those it does not confirm."""

    compared: int
    disagreements: tuple[Disagreement, ...]


def rebuild(history: History, day: date, as_of: datetime) -> Rebuilt:
    """Compute every trailing feature of ``day``."""
    panel = history.panel(day, as_of)
    return Rebuilt(day, as_of, panel, price_features(panel))


def _table(rebuilt: Rebuilt) -> pa.Table:
    names = sorted(rebuilt.features.values)
    count = rebuilt.symbol_count
    index = pa.array(np.tile(np.arange(count, dtype=np.int32), len(names)))
    values = np.concatenate([rebuilt.features.values[name] for name in names])
    reasons = np.concatenate([rebuilt.features.reasons[name] for name in names]).astype(np.int32)
    rows = len(values)
    return pa.table(
        {
            "trade_date": pa.repeat(pa.scalar(rebuilt.day, pa.date32()), rows),
            "symbol": pa.DictionaryArray.from_arrays(index, pa.array(rebuilt.panel.symbols.tolist())),
            "feature": pa.DictionaryArray.from_arrays(
                pa.array(np.repeat(np.arange(len(names), dtype=np.int32), count)), pa.array(names)
            ),
            "value": pa.array(values, from_pandas=True),
            "reason": pa.DictionaryArray.from_arrays(pa.array(reasons), pa.array([str(item) for item in CODES])),
            "as_of": pa.repeat(pa.scalar(rebuilt.as_of, INSTANT), rows),
        }
    )


def judged_by_talib(rebuilt: Rebuilt, tolerance: float) -> Judgement:
    """Recompute RSI, ATR and both EMAs of a sample with TA-Lib, on each symbol's own bars.

    The sample is spread evenly over the symbols that have sixty bars and one of the day.
    """
    panel = rebuilt.panel
    bars = np.isfinite(panel.close_usd).sum(axis=0)
    able = np.flatnonzero((bars >= ENOUGH_BARS) & panel.has_bar)
    sample = able[:: max(len(able) // SAMPLE, 1)]
    found = disagreements(panel, rebuilt.features, sample, tolerance)
    return Judgement(len(sample) * len(JUDGED), tuple(found))
