"""What happened is read on one share basis, whichever basis the rows came on."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.evaluation.atr import atr_panel
from amc_assets.evaluation.baselines import BaselineInputs, baseline_scores, eligible
from amc_assets.evaluation.labels import forward_labels
from amc_assets.evaluation.moves import PriceArrays, forward_moves
from amc_assets.evaluation.positions import ShortPositions
from amc_assets.lake.store import Lake
from amc_assets.market.calendar import session_offset
from amc_assets.pipeline.hindsight import hindsight, reports_around
from amc_assets_tests.pipeline.split_markets import (
    DAY,
    FLOAT,
    NOW,
    PRICE_USD,
    SESSIONS,
    SETTLEMENTS,
    SHORT,
    VOLUME,
    Change,
    fill,
)


@pytest.fixture(params=[1 / 30, 10.0], ids=["1-for-30", "10-for-1"])
def past(request, tmp_path):
    return hindsight(fill(Lake(tmp_path), Change(request.param, date(2021, 1, 19))), SESSIONS, DAY, NOW), request.param


def test_prices_volumes_positions_and_floats_are_those_of_the_newest_basis(past):
    found, ratio = past
    assert found.panel.close_usd[:, 0] == pytest.approx(PRICE_USD / ratio)
    assert found.panel.volume_shares[:, 0] == pytest.approx(VOLUME * ratio)
    three = [found.positions.settlement_dates.index(day) for day in SETTLEMENTS]
    assert found.positions.shares[three, 0] == pytest.approx(SHORT * ratio)
    assert found.float_shares == pytest.approx([FLOAT * ratio, FLOAT])
    assert found.positions.breaks[three, 0].tolist() == [False, False, True]


def test_a_split_is_neither_a_rise_nor_a_crash(past):
    panel = past[0].panel
    moves = forward_moves(PriceArrays(panel.open_usd, panel.high_usd, panel.low_usd, panel.close_usd), 5)
    row = panel.sessions.index(DAY)
    # a bar spans half a dollar around its close of 50 USD, or of 1,500 or 5 USD after the split
    assert -0.11 < moves.deepest_fall_frac[row, 0] < 0 < moves.highest_rise_frac[row, 0] < 0.11


def test_the_limit_in_usd_is_about_what_was_traded(tmp_path):
    """A share of 50 cents is no share of 15 USD because somebody joined thirty of them later."""
    found = hindsight(fill(Lake(tmp_path), Change(100.0, date(2021, 1, 27))), SESSIONS, DAY, NOW)
    before, after = found.panel.sessions.index(DAY), found.panel.sessions.index(date(2021, 1, 27))
    assert found.panel.close_usd[[before, after], 0] == pytest.approx([0.5, 0.5])
    assert found.traded_close_usd[[before, after], 0] == pytest.approx([50.0, 0.5])


def test_a_report_that_nobody_has_is_a_gap_and_not_skipped(tmp_path):
    """Without the report of 2021-01-15, that of 01-29 tells of four weeks: covering in two is unknown."""
    lake = fill(Lake(tmp_path), Change(), without=date(2021, 1, 15))
    found = hindsight(lake, SESSIONS, DAY, NOW).positions
    lost = found.settlement_dates.index(date(2021, 1, 15))
    assert np.isnan(found.shares[lost]).all()
    assert found.breaks[lost].all()
    before, after = found.before_and_after(SESSIONS)
    assert np.isnan(before[SESSIONS.index(date(2021, 1, 11))]).all()
    assert np.isnan(after[SESSIONS.index(DAY)]).all()
    assert reports_around([DAY]) == [date(2020, 11, 30), date(2020, 12, 15), *SETTLEMENTS]
    public = [session_offset(day, 8) for day in found.settlement_dates]
    assert found.published([date(2021, 1, 28)], public).tolist() == [[SHORT, SHORT]]  # of 2020-12-31: 01-15 never came


def random_past(seed: int) -> tuple[PriceArrays, np.ndarray, ShortPositions, np.ndarray]:
    rng = np.random.default_rng(seed)
    shape = (len(SESSIONS), 6)
    close = 8 * np.exp(np.cumsum(rng.standard_t(3, shape) * 0.08, axis=0))
    prices = PriceArrays(close * (1 + rng.normal(0, 0.02, shape)), close * 1.06, close * 0.95, close)
    settlements = tuple(SESSIONS[index] for index in (5, 16, 27, 38, 49, 60, 71))
    shares = np.floor(np.exp(rng.normal(13, 0.4, (7, 6))))
    volume = np.floor(np.exp(rng.normal(12, 1, shape)))
    return prices, volume, ShortPositions(settlements, shares, rng.random((7, 6)) < 0.1), np.exp(rng.normal(16, 1, 6))


def judged(prices, volume, positions, floats, traded_close):
    atr = atr_panel(prices.high_usd, prices.low_usd, prices.close_usd)
    labels = forward_labels(
        prices, trade_dates=SESSIONS, symbols=np.array(list("ABCDEF")), atr14_usd=atr, positions=positions
    ).labels
    published = positions.published(SESSIONS, [SESSIONS[min(i + 8, 71)] for i in (5, 16, 27, 38, 49, 60)] + [date.max])
    inputs = BaselineInputs(
        prices.high_usd, prices.low_usd, prices.close_usd, traded_close, volume, atr, published, floats
    )
    field = eligible(inputs, labels["move_30_5"].known)
    return labels, field, baseline_scores(inputs, field)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.lists(st.sampled_from([1 / 30, 0.1, 0.5, 2, 3, 20]), min_size=6, max_size=6))
def test_another_share_basis_changes_no_label_and_no_sort(seed, ratios):
    prices, volume, positions, floats = random_past(seed)
    ratio = np.array(ratios)
    moved = PriceArrays(*(getattr(prices, f"{name}_usd") / ratio for name in ("open", "high", "low", "close")))
    restated = ShortPositions(positions.settlement_dates, positions.shares * ratio, positions.breaks)
    before = judged(prices, volume, positions, floats, prices.close_usd)
    after = judged(moved, volume * ratio, restated, floats * ratio, prices.close_usd)
    for name, label in before[0].items():
        assert np.array_equal(label.hit, after[0][name].hit), name
        assert np.array_equal(label.known, after[0][name].known), name
    assert np.array_equal(before[1], after[1])
    assert before[1].any()
    for name, values in before[2].items():
        assert np.allclose(values, after[2][name], rtol=1e-9, atol=1e-12, equal_nan=True), name
