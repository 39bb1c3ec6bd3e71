"""The simple sorts: by hand, against TA-Lib, and blind to the future."""

import numpy as np
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.evaluation.atr import atr_panel
from amc_assets.evaluation.baselines import (
    BASELINES,
    BaselineInputs,
    baseline_scores,
    eligible,
    mean_volume_before,
    rank_mean,
)


def world(seed: int = 0, sessions: int = 45, names: int = 12) -> BaselineInputs:
    rng = np.random.default_rng(seed)
    close = 10 * np.exp(np.cumsum(rng.normal(0, 0.05, (sessions, names)), axis=0))
    high, low = close * (1 + rng.random(close.shape) / 20), close * (1 - rng.random(close.shape) / 20)
    return BaselineInputs(
        high_usd=high,
        low_usd=low,
        close_usd=close,
        traded_close_usd=close,
        volume_shares=np.floor(rng.lognormal(13, 1, close.shape)),
        atr14_usd=atr_panel(high, low, close),
        published_short_shares=np.floor(rng.lognormal(12, 1, close.shape)),
        float_shares=np.floor(rng.lognormal(16, 1, names)),
    )


def cut(inputs: BaselineInputs, keep: int) -> BaselineInputs:
    return BaselineInputs(**{k: v[:keep] if v.ndim == 2 else v for k, v in vars(inputs).items()})


def test_every_declared_sort_is_computed_and_no_other():
    inputs = world()
    assert set(baseline_scores(inputs, np.ones(inputs.close_usd.shape, bool))) == set(BASELINES)


def test_sorts_by_hand():
    sessions = 40
    one = np.ones((sessions, 1))
    close, high, low, volume = 10 * one, 10 * one, 10 * one, 1000 * one
    close[39], high[39], low[39], volume[39] = 12.0, 13.0, 9.0, 5000.0
    close[34] = 8.0
    inputs = BaselineInputs(high, low, close, close, volume, 0.6 * one, 300 * one, np.array([2000.0]))
    found = {name: values[39, 0] for name, values in baseline_scores(inputs, np.ones((sessions, 1), bool)).items()}
    assert found == pytest.approx(
        {
            "one_day_return": 0.2,  # 12 / 10 - 1
            "range_frac": 0.4,  # (13 - 9) / 10
            "five_day_return": 0.5,  # 12 / 8 - 1
            "relvol_30": 5.0,
            "si_float": 0.15,  # 300 / 2000
            "si_float_x_relvol": 0.75,
            "si_float_x_range": 0.06,
            "rank_mean": 1.0,  # the only name
            "atr14_frac": 0.05,  # .6 / 12
            "days_to_cover": 0.3,  # 300 / 1000
        }
    )


def test_eligibility_needs_price_turnover_history_and_label():
    sessions = 40
    close, volume = np.full((sessions, 5), 10.0), np.full((sessions, 5), 100_000.0)
    close[:, 0] = 0.99
    volume[39, 1] = 49_999
    volume[15, 2] = np.nan
    known = np.ones(close.shape, bool)
    known[:, 3] = False
    inputs = BaselineInputs(close, close, close, close, volume, close, close, np.ones(5))
    assert eligible(inputs, known)[39].tolist() == [False, False, False, False, True]
    assert not eligible(inputs, known)[29].any()  # only 29 sessions before it
    assert eligible(inputs, known)[30].tolist() == [False, True, False, False, True]


def test_missing_or_zero_inputs_are_missing_scores_and_never_zero():
    inputs = world()
    inputs.published_short_shares[40, 0] = np.nan
    inputs.float_shares[1] = 0.0
    scores = baseline_scores(inputs, np.ones(inputs.close_usd.shape, bool))
    for name in ("si_float", "si_float_x_relvol", "si_float_x_range", "rank_mean"):
        assert np.isnan(scores[name][40, :2]).all()
    assert np.isfinite(scores["one_day_return"][40, :2]).all()


def test_ranks_share_ties_and_ignore_who_is_not_eligible():
    values = (np.array([[1.0, 2.0, 2.0, 9.0]]),)
    field = np.array([[True, True, True, False]])
    assert rank_mean(values, field)[0].tolist()[:3] == pytest.approx([1 / 3, 2.5 / 3, 2.5 / 3])
    assert np.isnan(rank_mean(values, field)[0, 3])


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), keep=st.integers(32, 44))
def test_truncating_the_future_never_changes_a_sort(seed, keep):
    inputs = world(seed)
    everyone = np.ones(inputs.close_usd.shape, bool)
    full, short = baseline_scores(inputs, everyone), baseline_scores(cut(inputs, keep), everyone[:keep])
    for name, values in short.items():
        assert np.array_equal(full[name][:keep], values, equal_nan=True), name


@settings(max_examples=25)
@given(seed=st.integers(0, 1000))
def test_permuting_names_permutes_the_sorts(seed):
    inputs = world(seed)
    everyone = np.ones(inputs.close_usd.shape, bool)
    order = np.random.default_rng(seed).permutation(inputs.close_usd.shape[1])
    moved = BaselineInputs(**{k: v[..., order] for k, v in vars(inputs).items()})
    straight, permuted = baseline_scores(inputs, everyone), baseline_scores(moved, everyone)
    for name, values in straight.items():
        assert np.array_equal(values[:, order], permuted[name], equal_nan=True), name


def test_mean_volume_leaves_the_day_itself_out():
    volume = np.ones((32, 1))
    volume[31] = 1e9
    assert mean_volume_before(volume)[31, 0] == 1.0
    assert np.isnan(mean_volume_before(volume)[29, 0])
    assert np.isnan(mean_volume_before(volume[:20])).all()


@pytest.mark.parametrize("missing", [0.0, 0.15])
def test_atr_is_talibs(missing):
    rng = np.random.default_rng(4)
    close = 10 * np.exp(np.cumsum(rng.normal(0, 0.05, (120, 8)), axis=0))
    high, low = close * 1.03, close * 0.96
    gone = rng.random(close.shape) < missing
    for array in (high, low, close):
        array[gone] = np.nan
    ours = atr_panel(high, low, close)
    for name in range(8):
        there = ~gone[:, name]
        theirs = talib.ATR(high[there, name], low[there, name], close[there, name], 14)
        assert ours[there, name] == pytest.approx(theirs, rel=1e-12, nan_ok=True)
        assert np.isnan(ours[gone[:, name], name]).all()
