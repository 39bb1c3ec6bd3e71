"""Each price feature against a number worked out by hand, and each way of being missing with its reason."""

import numpy as np
import pytest

from amc_assets.features.prices import price_features, up_days
from amc_assets.features.registry import PREDECESSOR_SPECS, PRICE_SPECS
from amc_assets.reasons import CODES, Reason
from amc_assets_tests.features.panels import NAN, panel_of, random_panel

# 36 sessions: 31 quiet ones at 10.00 with 1,000 shares, then five that move.
CLOSE = [10.0] * 31 + [10.5, 11.0, 10.8, 11.34, 12.474]
VOLUME = [1000.0] * 31 + [1500.0, 1500.0, 1500.0, 1500.0, 4000.0]
HIGH = [c + 0.5 for c in CLOSE[:-1]] + [13.0]
LOW = [c - 0.5 for c in CLOSE[:-1]] + [12.0]

BY_HAND = {
    "close_usd": 12.474,
    "has_bar": 1.0,
    "bars_observed": 36.0,
    "mean_volume_30_shares": 1066.6666666667,  # (26 x 1000 + 4 x 1500) / 30
    "relvol_30": 4.0,  # 4000 / 1000, the median of 26 x 1000 and 4 x 1500
    "volume_trend": 2.0,  # (4 x 1500 + 4000) / 5 / 1000
    "dollar_volume_usd": 49896.0,
    "vwap_ratio": 1.0395,  # 12.474 / 12, the VWAP sent
    "up_days": 2.0,  # 10.80 was below 11.00
    "change_1d_frac": 0.10,
    "change_5d_frac": 0.2474,  # 12.474 / 10 - 1
    "breakout_frac": 0.0535472973,  # highest of the 20 before: 11.84
    # k = .2 from 10: 10.1, 10.28, 10.384, 10.5752, 10.95496
    "ema9_usd": 10.95496,
    # k = 2/21 from 10: 10.0476190, 10.1383220, 10.2013389, 10.3097829, 10.5158988
    "ema20_usd": 10.5158987764,
    "ema9_over_ema20_frac": 0.0417521349,
    # Wilder gain 0.1719635494, loss 0.0123177843
    "rsi14": 93.3157726,
    # Wilder: 1, then (13 + 1.04) / 14 = 1.00285714, then (13 x 1.00285714 + 1.66) / 14 = 1.04979592
    "atr14_frac": 0.0841587236,
    # mean 10.3057, population sigma 0.6299692931
    "bb_width_frac": 0.2445129562,
    "volume_spike_max": 3.75,  # .8 x 4000/1400 = 2.29, .9 x 4000/1200 = 3.00, 4000/1066.67 = 3.75
    "rsi14_cutler": 93.0410578,  # gains 2.674, losses 0.2
    "atr14_sma_frac": 0.0841750842,  # (12 x 1 + 1.04 + 1.66) / 14 = 1.05
    "ema9_first_price_usd": 10.95496,  # thirty-one equal prices: both seeds are 10
    "ema20_first_price_usd": 10.5158987764,
    # (15 x 10 x 1000 + 1500 x 43.64 + 4000 x 12.4913333) / 25000
    "vwap_20d_usd": 10.6170133333,
    "vwap_reclaim_20d": 1.0,
}


@pytest.fixture
def by_hand():
    return price_features(panel_of(CLOSE, high=HIGH, low=LOW, volume=VOLUME, vwap=[10.0] * 35 + [12.0]))


@pytest.mark.parametrize(("name", "expected"), BY_HAND.items())
def test_worked_example(by_hand, name, expected):
    assert by_hand.values[name][0] == pytest.approx(expected, rel=1e-8)
    assert by_hand.reasons[name][0] == 0


def test_every_declared_price_feature_has_a_worked_example():
    declared = {spec.name for spec in (*PRICE_SPECS, *PREDECESSOR_SPECS)} - {"market_data_age_minutes"}
    assert declared == set(BY_HAND)


def test_without_a_vwap_the_typical_price_takes_its_place_and_says_so():
    found = price_features(panel_of(CLOSE, high=HIGH, low=LOW, volume=VOLUME))
    # (13 + 12 + 12.474) / 3 = 12.4913333
    assert found.values["vwap_ratio"][0] == pytest.approx(0.99861237, rel=1e-7)
    assert found.vwap_is_typical[0]


def test_ema_seeds_differ_while_history_is_short():
    found = price_features(panel_of([float(i) for i in range(1, 11)]))  # 1..10
    # TA-Lib: mean of 1..9 is 5, then 5 + .2 (10 - 5) = 6. First price: a ramp lags by 4 (1 - .8^9) = 3.463129088
    assert found.values["ema9_usd"][0] == pytest.approx(6.0)
    assert found.values["ema9_first_price_usd"][0] == pytest.approx(6.536870912)
    found = price_features(panel_of([float(i) for i in range(1, 22)]))  # 1..21
    # mean of 1..20 is 10.5, then + 2/21 x 10.5; a ramp lags by 9.5 (1 - (19/21)^20)
    assert found.values["ema20_usd"][0] == pytest.approx(11.5)
    assert found.values["ema20_first_price_usd"][0] == pytest.approx(21 - 9.5 * (1 - (19 / 21) ** 20))


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ([4000.0] * 20 + [1000.0] * 10, 1.8),  # mean10 1000: .9 x 2; mean5 gives 1.6, mean30 .67
        ([1000.0] * 25 + [500.0] * 5, 3.2),  # mean5 500: .8 x 4; mean10 gives 2.4
        ([1000.0] * 20 + [4000.0] * 10, 1.0),  # mean30 2000; mean10 gives .45
    ],
)
def test_volume_spike_is_the_largest_of_three(before, expected):
    found = price_features(panel_of([10.0, 10.5] * 15 + [11.0], volume=[*before, 2000.0]))
    assert found.values["volume_spike_max"][0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "bars_needed"),
    [
        ("close_usd", 1), ("dollar_volume_usd", 1), ("vwap_ratio", 1), ("up_days", 2), ("change_1d_frac", 2),
        ("change_5d_frac", 6), ("ema9_usd", 9), ("ema20_usd", 20), ("ema9_over_ema20_frac", 20), ("rsi14", 15),
        ("atr14_frac", 15), ("bb_width_frac", 20), ("breakout_frac", 16), ("relvol_30", 21),
        ("mean_volume_30_shares", 21), ("volume_trend", 25), ("volume_spike_max", 31), ("rsi14_cutler", 15),
        ("atr14_sma_frac", 15), ("ema9_first_price_usd", 9), ("ema20_first_price_usd", 20), ("vwap_20d_usd", 20),
        ("vwap_reclaim_20d", 20),
    ],
)  # fmt: skip
def test_one_bar_too_few_is_short_history_and_enough_is_a_value(name, bars_needed):
    walk = [10 + 0.1 * i + 0.3 * (i % 3) for i in range(40)]
    if bars_needed > 1:
        short = price_features(panel_of(walk[: bars_needed - 1]))
        assert np.isnan(short.values[name][0])
        assert CODES[short.reasons[name][0]] is Reason.SHORT_HISTORY
    enough = price_features(panel_of(walk[:bars_needed]))
    assert np.isfinite(enough.values[name][0])
    # a late listing in a long panel counts the same as a short panel
    late = price_features(panel_of([NAN] * (40 - bars_needed) + walk[:bars_needed]))
    assert late.values[name][0] == pytest.approx(enough.values[name][0], rel=1e-12)


def test_without_a_bar_of_the_day_everything_is_no_bar_except_the_counts():
    found = price_features(panel_of([*CLOSE[:-1], NAN]))
    for name in BY_HAND:
        if name in ("has_bar", "bars_observed"):
            continue
        assert np.isnan(found.values[name][0]), name
        assert CODES[found.reasons[name][0]] is Reason.NO_BAR, name
    assert found.values["has_bar"][0] == 0.0
    assert found.values["bars_observed"][0] == 35.0


def test_a_session_without_a_bar_is_missing_not_zero_volume():
    gapped = [*CLOSE]
    gapped[20] = NAN
    found = price_features(panel_of(gapped, volume=VOLUME))
    # the other 29: (25 x 1000 + 4 x 1500) / 29; a zero would have given 31000 / 30
    assert found.values["mean_volume_30_shares"][0] == pytest.approx(31000 / 29)


def test_relative_volume_of_the_second_week_of_a_squeeze_is_not_measured_against_the_first():
    volume = [1000.0] * 22 + [20_000.0] * 8 + [40_000.0]
    found = price_features(panel_of([10.0, 10.5] * 15 + [11.0], volume=volume))
    assert found.values["relvol_30"][0] == 40.0  # against their mean, 6066.67, it was 6.59


def test_relative_volume_takes_the_middle_of_the_sessions_that_have_a_bar():
    close, volume = [10.0, 10.5] * 15 + [11.0], [*(float(n) for n in range(100, 3100, 100)), 31_000.0]
    assert price_features(panel_of(close, volume=volume)).values["relvol_30"][0] == 20.0  # between 1500 and 1600
    gapped = [NAN, *close[1:]]
    found = price_features(panel_of(gapped, volume=[NAN, *volume[1:]]))
    assert found.values["relvol_30"][0] == 31_000 / 1600  # 29 of them: the 15th of 200 .. 3000


def test_more_idle_sessions_than_traded_ones_leave_relative_volume_without_a_base():
    close, volume = [10.0, 10.5] * 15 + [11.0], [0.0] * 16 + [1000.0] * 14 + [4000.0]
    found = price_features(panel_of(close, volume=volume))
    assert np.isnan(found.values["relvol_30"][0])  # against the mean, 466.67, it was 8.57
    assert CODES[found.reasons["relvol_30"][0]] is Reason.ZERO_DENOMINATOR
    assert found.values["mean_volume_30_shares"][0] == pytest.approx(466.6666666667)


def test_no_volume_before_is_a_zero_denominator():
    found = price_features(panel_of(CLOSE, volume=[0.0] * 35 + [4000.0]))
    for name in ("relvol_30", "volume_spike_max"):
        assert CODES[found.reasons[name][0]] is Reason.ZERO_DENOMINATOR


def test_a_price_that_never_moved_has_no_rsi():
    found = price_features(panel_of([10.0] * 40))
    for name in ("rsi14", "rsi14_cutler"):
        assert np.isnan(found.values[name][0])
        assert CODES[found.reasons[name][0]] is Reason.ZERO_DENOMINATOR
    assert found.values["bb_width_frac"][0] == 0.0


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ([1, 2, 3, 4], 3), ([4, 3, 2, 1], 0), ([1, 2, 2, 3], 1), ([5, 1, 2, 3], 2), ([1, 2, NAN, 3, 4], 1),
        ([1, 2, NAN, 3], NAN), ([1, 2, 3, NAN], NAN), ([3], NAN),
    ],
)  # fmt: skip
def test_up_days(closes, expected):
    assert up_days(np.array(closes, float)[:, None])[0] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(("name", "sessions"), [("change_1d_frac", 1), ("change_5d_frac", 5)])
def test_a_change_needs_the_very_session_it_names(name, sessions):
    closes = [*CLOSE]
    closes[-1 - sessions] = NAN
    found = price_features(panel_of(closes))
    assert np.isnan(found.values[name][0])


def test_inside_a_session_whole_day_comparisons_are_missing_unless_a_curve_is_given():
    panel = panel_of(CLOSE, volume=VOLUME)
    partial = np.array([True])
    found = price_features(panel, is_partial=partial)
    for name in ("relvol_30", "volume_trend", "volume_spike_max"):
        assert CODES[found.reasons[name][0]] is Reason.SHORT_HISTORY
    assert found.values["close_usd"][0] == 12.474
    with_curve = price_features(panel, is_partial=partial, mean_cumulative_volume_shares=np.array([1600.0]))
    assert with_curve.values["relvol_30"][0] == 2.5
    unknown = price_features(panel, is_partial=partial, mean_cumulative_volume_shares=np.array([NAN]))
    assert np.isnan(unknown.values["relvol_30"][0])


def test_only_the_last_300_sessions_count():
    long = random_panel(3, 320, 4)
    inside, outside = price_features(long), price_features(long.window(300))
    for name, values in inside.values.items():
        assert np.array_equal(values, outside.values[name], equal_nan=True), name
    assert (inside.values["bars_observed"] == 300).all()


def test_values_are_nan_exactly_where_a_reason_is_given():
    found = price_features(random_panel(4, 60, 50, missing_frac=0.1))
    for name, values in found.values.items():
        assert np.array_equal(np.isnan(values), found.reasons[name] > 0), name


# feature, sessions before D of the oldest one that counts, what is changed there
SESSION_WINDOWS = [
    ("breakout_frac", 20, "high"),
    ("mean_volume_30_shares", 30, "volume"),
    ("relvol_30", 30, "volume"),
    ("volume_trend", 34, "volume"),
    ("change_1d_frac", 1, "close"),
    ("change_5d_frac", 5, "close"),
]


@pytest.mark.parametrize(("name", "oldest", "changed"), SESSION_WINDOWS)
def test_the_oldest_session_of_a_window_counts_and_the_one_before_does_not(name, oldest, changed):
    """Thirty-seven sessions whose volumes, closes and highs all differ, so that each one moves a median too."""
    count = 37
    arrays = {
        "close": 10.0 + 0.01 * np.arange(count),
        "high": 11.0 + 0.01 * np.arange(count),
        "volume": 1000.0 + 10.0 * ((np.arange(count) * 7) % count),
    }

    def value(sessions_before=None):
        given = {key: array.copy() for key, array in arrays.items()}
        if sessions_before is not None:
            given[changed][-1 - sessions_before] = 10_000.0 if given[changed][-1 - sessions_before] < 1180.0 else 1.0
        panel = panel_of(given["close"], high=given["high"], volume=given["volume"])
        return price_features(panel).values[name][0]

    assert np.isfinite(value())
    assert value(oldest) != value()
    assert value(oldest + 1) == value()
