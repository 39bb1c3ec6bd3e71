"""Our indicators against TA-Lib (their definition) and against numbers that other people printed.

Outside references, a few literals each: the bars and values of StockCharts' ATR sheet as kept in bukosabino/ta
(test/data/cs-atr.csv); the first thirty closes of TA-Lib's own regression corpus with the values its C test tables
print (ta_regtest: test_ma.c, test_rsi.c); the RSI series of ta-lib-python (tests/test_func.py).
"""

import numpy as np
import pytest
import talib

from amc_assets.features.indicators import atr_last, bollinger_width, ema_last, rsi_last
from amc_assets.features.judge import disagreements
from amc_assets.features.own_bars import OwnBars
from amc_assets.features.prices import price_features
from amc_assets.features.relative_volume import relative_volumes
from amc_assets_tests.features.panels import NAN, panel_of, random_panel

pytestmark = pytest.mark.conformance
TOLERANCE = 1e-9

CORPUS = [
    91.5, 94.815, 94.375, 95.095, 93.78, 94.625, 92.53, 92.75, 90.315, 92.47, 96.125, 97.25, 98.5, 89.875, 91.0,
    92.815, 89.155, 89.345, 91.625, 89.875, 88.375, 87.625, 84.78, 83.0, 83.5, 81.375, 84.44, 89.25, 86.375, 86.25,
]  # fmt: skip

# high, low, close, ATR(14) where the sheet prints one
STOCKCHARTS_ATR = [
    (48.70, 47.79, 48.16, None), (48.72, 48.14, 48.61, None), (48.90, 48.39, 48.75, None),
    (48.87, 48.37, 48.63, None), (48.82, 48.24, 48.74, None), (49.05, 48.635, 49.03, None),
    (49.20, 48.94, 49.07, None), (49.35, 48.86, 49.32, None), (49.92, 49.50, 49.91, None),
    (50.19, 49.87, 50.13, None), (50.12, 49.20, 49.53, None), (49.66, 48.90, 49.50, None),
    (49.88, 49.43, 49.75, None), (50.19, 49.725, 50.03, 0.555), (50.36, 49.26, 50.31, 0.5939285714),
    (50.57, 50.09, 50.52, 0.5857908163), (50.65, 50.30, 50.41, 0.5689486152), (50.43, 49.21, 49.34, 0.6154522855),
    (49.63, 48.98, 49.37, 0.6179199794), (50.33, 49.61, 50.23, 0.6423542666),
]  # fmt: skip


def column(values):
    return np.array(values, float)[:, None]


@pytest.mark.parametrize(("bars", "printed"), [(10, 93.22), (11, 93.75), (30, 86.46)])
def test_ema_of_talibs_own_corpus(bars, printed):
    assert ema_last(column(CORPUS[:bars]), 10)[0] == pytest.approx(printed, abs=0.01)


@pytest.mark.parametrize(("bars", "printed"), [(15, 49.14), (16, 52.32), (17, 46.07)])
def test_rsi_of_talibs_own_corpus(bars, printed):
    assert rsi_last(column(CORPUS[:bars]))[0] == pytest.approx(printed, abs=0.01)


def test_bollinger_of_talibs_own_corpus():
    # ta_regtest test_bbands.c, 20 bars, 2 sigma: 98.0734, 92.8910, 87.7086
    assert bollinger_width(column(CORPUS[:20]))[0] == pytest.approx((98.0734 - 87.7086) / 92.8910, abs=2e-6)


def test_rsi_of_a_price_near_zero():
    ticks = [24, 24, 24, 24, 24, 23, 24, 24, 24, 24, 23, 24, 23, 24, 23, 24, 24, 23, 23, 23]
    close = column([tick * 1e-8 for tick in ticks])
    assert rsi_last(close[:11], 10)[0] == pytest.approx(33.333333333333329, abs=1e-6)
    assert rsi_last(close[:16], 10)[0] == pytest.approx(52.101824405061215, abs=1e-6)
    assert rsi_last(close, 10)[0] == pytest.approx(43.043664867691085, abs=1e-6)


@pytest.mark.parametrize("row", range(13, 20))
def test_atr_of_the_stockcharts_sheet(row):
    # the sheet's first true range is high - low; a close inside the first bar's range before it gives ours the same
    bars = [(48.0, 48.0, 48.0, None), *STOCKCHARTS_ATR[: row + 1]]
    high, low, close = (column([bar[i] for bar in bars]) for i in range(3))
    assert atr_last(high, low, close)[0] == pytest.approx(STOCKCHARTS_ATR[row][3], abs=1e-9)


def own(panel, index):
    observed = np.isfinite(panel.close_usd[:, index])
    arrays = (panel.close_usd, panel.high_usd, panel.low_usd)
    return (np.ascontiguousarray(array[observed, index]) for array in arrays)


@pytest.mark.parametrize("missing_frac", [0.0, 0.03, 0.3])
@pytest.mark.parametrize("sessions", [300, 120, 22])
def test_talib_confirms_every_symbol(sessions, missing_frac):
    panel = random_panel(11, sessions, 60, missing_frac)
    features = price_features(panel)
    assert disagreements(panel, features, np.arange(60), TOLERANCE) == []
    assert np.isfinite(features.values["ema9_usd"]).sum() >= 15


@pytest.mark.parametrize("sessions", [300, 25, 20])
def test_talib_confirms_bollinger_bands(sessions):
    panel = random_panel(12, sessions, 40, 0.0)
    features = price_features(panel)
    for index in range(40):
        close, _, _ = own(panel, index)
        upper, middle, lower = (band[-1] for band in talib.BBANDS(close, 20, 2.0, 2.0, 0))
        # relative to the price: TA-Lib's running sums lose digits of a narrow width
        assert features.values["bb_width_frac"][index] * middle == pytest.approx(upper - lower, abs=1e-8 * middle)


def test_talib_confirms_histories_of_every_length():
    """A triangle: symbol i has the last i bars. The first value appears where TA-Lib's does."""
    walk = random_panel(13, 40, 40).close_usd
    for i in range(40):
        walk[: 39 - i, i] = NAN
    panel = panel_of(walk)
    features = price_features(panel)
    assert disagreements(panel, features, np.arange(40), TOLERANCE) == []
    assert np.flatnonzero(np.isfinite(features.values["ema20_usd"]))[0] == 19
    assert np.flatnonzero(np.isfinite(features.values["rsi14"]))[0] == 14
    assert np.flatnonzero(np.isfinite(features.values["atr14_frac"]))[0] == 14


@pytest.mark.parametrize("name", ["ema9_usd", "ema20_usd", "rsi14", "atr14_frac"])
def test_the_judge_catches_a_wrong_seed_a_stale_value_and_an_invented_one(name):
    panel = random_panel(14, 60, 5)
    features = price_features(panel)
    features.values[name][2] *= 1 + 1e-8
    found = disagreements(panel, features, np.arange(5), TOLERANCE)
    assert [(d.symbol, d.feature) for d in found] == [("S0002", name)]
    features.values[name][2] = NAN
    assert [d.feature for d in disagreements(panel, features, np.arange(5), TOLERANCE)] == [name]
    short = panel_of(panel.close_usd[:8])
    invented = price_features(short)
    invented.values[name][0] = 50.0
    assert [d.feature for d in disagreements(short, invented, np.arange(5), TOLERANCE)] == [name]


@pytest.mark.parametrize(("sessions", "missing_frac"), [(300, 0.0), (300, 0.03), (300, 0.3), (31, 0.03), (25, 0.0)])
def test_pandas_rolling_median_confirms_relative_volume_of_every_day(sessions, missing_frac):
    import pandas as pd

    panel = random_panel(16, sessions, 60, missing_frac)
    volume = pd.DataFrame(np.where(np.isfinite(panel.close_usd), panel.volume_shares, NAN))
    theirs = (volume / volume.shift().rolling(30, min_periods=20).median()).to_numpy()
    assert relative_volumes(volume.to_numpy()) == pytest.approx(theirs, rel=1e-12, nan_ok=True)
    ours = price_features(panel).values["relvol_30"]
    assert ours == pytest.approx(theirs[-1], rel=1e-12, nan_ok=True)
    assert np.isfinite(ours).sum() >= 15


def test_first_price_seed_is_not_talibs():
    """The predecessor's seed is kept under its own name because it differs: by 3.8 % after ten bars here."""
    close = column([10, 20, 10, 20, 10, 20, 10, 20, 10, 20])
    assert talib.EMA(close[:, 0], 9)[-1] == pytest.approx(ema_last(close, 9)[0])
    first = price_features(panel_of(close)).values["ema9_first_price_usd"][0]
    assert abs(first / ema_last(close, 9)[0] - 1) == pytest.approx(0.0383479, abs=1e-6)


def test_own_bars_keep_their_order_and_every_symbol_is_covered():
    panel = random_panel(15, 50, 30, 0.2)
    bars = OwnBars.of(panel.close_usd, panel.high_usd, panel.low_usd)
    seen = {}
    for block in bars.blocks():
        for position, index in enumerate(np.arange(30)[block.columns]):
            seen[index] = block.close_usd[:, position]
    for index in range(30):
        expected = panel.close_usd[np.isfinite(panel.close_usd[:, index]), index]
        if expected.size:
            assert np.array_equal(seen[index], expected), index
            tail = bars.tail(panel.close_usd, 7)[:, index]
            assert np.array_equal(tail[np.isfinite(tail)], expected[-7:])
