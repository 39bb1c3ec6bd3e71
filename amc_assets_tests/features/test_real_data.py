"""The recorded market of January 2021: spot values, TA-Lib on live columns, and the cost of consecutive days."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from amc_assets.features.judge import disagreements
from amc_assets.features.panel import BarHistory
from amc_assets.features.prices import price_features
from amc_assets.lake.tables import DAILY_BARS
from amc_assets.market.calendar import end_of_day_as_of, sessions_between
from amc_assets.market.publication import daily_bar_published_at
from amc_assets_tests.features.panels import splits_table
from amc_assets_tests.lake.rows import stored

pytestmark = pytest.mark.real_data
DAY = date(2021, 1, 27)


@pytest.fixture(scope="module")
def recorded(shared_data: Path) -> BarHistory:
    rows = pq.read_table(shared_data / "bars" / "daily_bars.parquet").filter(pc.field("complete_for_replay"))
    rows = rows.sort_by([("trade_date", "ascending"), ("symbol", "ascending")])
    sessions = sessions_between(date(2020, 7, 1), date(2021, 3, 31))
    index = np.array(rows["trade_date"].to_pylist(), dtype="datetime64[D]")
    tables = {}
    for day in sessions:
        low, high = np.searchsorted(index, np.datetime64(day)), np.searchsorted(index, np.datetime64(day), "right")
        tables[day] = as_bars(rows.slice(low, high - low), day)
    return BarHistory.from_tables(sessions, tables, splits_table())


def as_bars(rows: pa.Table, day: date) -> pa.Table:
    count = rows.num_rows
    columns = {
        **{name: rows[name] for name in ("trade_date", "symbol", "open_usd", "high_usd", "low_usd", "close_usd")},
        "volume_shares": rows["volume_shares"],
        "vwap_usd": pa.nulls(count, pa.float64()),
        "basis_date": pa.array([date(2021, 1, 27)] * count),
        "source": pa.array(["recorded"] * count),
        "known_at": pa.array([daily_bar_published_at(day)] * count, pa.timestamp("us", tz="UTC")),
        "is_simulated": pa.array([False] * count),
    }
    return stored(columns, DAILY_BARS)


@pytest.mark.parametrize(
    ("symbol", "close"),
    [("GME", 347.51), ("AMC", 19.90), ("KOSS", 58.00), ("BBBY", 52.89), ("NAKD", 1.38), ("EXPR", 9.55)],
)
def test_closes_of_the_day(recorded, symbol, close):
    panel = recorded.panel(DAY, end_of_day_as_of(DAY), symbols=[symbol])
    assert price_features(panel).values["close_usd"][0] == pytest.approx(close)


def test_features_of_gme(recorded):
    panel = recorded.panel(DAY, end_of_day_as_of(DAY), symbols=["GME"])
    found = {name: values[0] for name, values in price_features(panel).values.items()}
    assert found["change_1d_frac"] == pytest.approx(347.51 / 147.98 - 1)
    assert found["up_days"] == 5
    # against the mean of those thirty sessions it was 2.30: under the gate of 2.5, on a day of 32 billion USD
    assert found["relvol_30"] == pytest.approx(9.39, abs=0.01)
    assert found["dollar_volume_usd"] > 30e9
    assert found["breakout_frac"] > 1
    assert found["rsi14"] > 95
    assert 0.05 < found["atr14_frac"] < 0.2


def test_the_universe_is_sane_and_talib_agrees_on_a_sample(recorded):
    panel = recorded.panel(DAY, end_of_day_as_of(DAY))
    features = price_features(panel)
    assert disagreements(panel, features, np.arange(0, len(panel.symbols), 29)) == []
    relvol = features.values["relvol_30"]
    assert np.nanmedian(relvol) == pytest.approx(1.3, abs=0.4)
    for name, values in features.values.items():
        assert np.isfinite(values).mean() > 0.9, name


def test_sixty_consecutive_days_are_views(recorded):
    days = [day for day in recorded.sessions if day >= date(2020, 12, 1)][:60]
    for day in days:
        panel = recorded.panel(day, end_of_day_as_of(day))
        assert np.shares_memory(panel.close_usd, recorded.bars.newest.values["close_usd"]), day
