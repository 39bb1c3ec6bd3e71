"""Recorded bars, float and short interest as plain arrays, once per session."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from amc_assets.evaluation.atr import atr_panel
from amc_assets.evaluation.baselines import BaselineInputs
from amc_assets.evaluation.moves import PriceArrays
from amc_assets.evaluation.positions import ShortPositions, visible_after_sessions

# The recorded baselines (README of the data) waited this long; the calendar in force waits seven.
README_LAG_SESSIONS = 8


@dataclass(frozen=True)
class Recorded:
    """breaks: split and revision flags, which the recorded baselines did not look at; positions are without them."""

    trade_dates: tuple[date, ...]
    symbols: np.ndarray
    prices: PriceArrays
    positions: ShortPositions
    breaks: np.ndarray
    inputs: BaselineInputs


@pytest.fixture(scope="session")
def recorded(shared_data: Path) -> Recorded:
    """Bars, positions and baseline inputs of the 3,550 symbols that are complete for replay."""
    import pandas as pd

    bars = pd.read_parquet(shared_data / "bars" / "daily_bars.parquet")
    bars = bars[bars["complete_for_replay"]]
    wide = {
        column: bars.pivot(index="trade_date", columns="symbol", values=column)
        for column in ("open_usd", "high_usd", "low_usd", "close_usd", "volume_shares")
    }
    index = wide["close_usd"]
    trade_dates = tuple(date.fromisoformat(str(day)) for day in index.index)
    symbols = np.array(index.columns, dtype=np.str_)
    array = {column: frame.to_numpy(np.float64) for column, frame in wide.items()}
    reference = pd.read_csv(shared_data / "reference" / "universe_recommended.csv.gz", keep_default_na=False)
    floats = pd.to_numeric(reference.set_index("Symbol")["float_wsj_20210128"]).reindex(symbols).to_numpy(np.float64)
    positions, breaks = _positions(shared_data, symbols)
    visible = visible_after_sessions(positions.settlement_dates, trade_dates, README_LAG_SESSIONS)
    prices = PriceArrays(array["open_usd"], array["high_usd"], array["low_usd"], array["close_usd"])
    inputs = BaselineInputs(
        high_usd=prices.high_usd,
        low_usd=prices.low_usd,
        close_usd=prices.close_usd,
        traded_close_usd=prices.close_usd,
        volume_shares=array["volume_shares"],
        atr14_usd=atr_panel(prices.high_usd, prices.low_usd, prices.close_usd),
        published_short_shares=positions.published(trade_dates, visible),
        float_shares=floats,
    )
    return Recorded(trade_dates, symbols, prices, positions, breaks, inputs)


def _positions(shared_data: Path, symbols: np.ndarray) -> tuple[ShortPositions, np.ndarray]:
    import pandas as pd

    dates, rows, breaks = [], [], []
    for path in sorted((shared_data / "finra_short_interest").glob("shrt*.csv.gz")):
        report = pd.read_csv(path, sep="|", keep_default_na=False, dtype={"symbolCode": str})
        report = report.drop_duplicates("symbolCode").set_index("symbolCode")
        dates.append(date.fromisoformat(str(report["settlementDate"].iloc[0])))
        rows.append(report["currentShortPositionQuantity"].reindex(symbols).to_numpy(np.float64))
        flags = report[["stockSplitFlag", "revisionFlag"]].isin(["S", "R"]).any(axis=1)
        breaks.append(flags.reindex(symbols, fill_value=False).to_numpy(bool))
    return ShortPositions(tuple(dates), np.stack(rows)), np.stack(breaks)
