"""What must hold of the price features for any market."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.panel import PricePanel
from amc_assets.features.prices import price_features
from amc_assets.features.vintages import VALUES
from amc_assets_tests.features.panels import panel_of, random_panel

markets = st.builds(
    random_panel,
    seed=st.integers(0, 10_000),
    sessions=st.sampled_from([1, 5, 22, 40, 120]),
    symbols=st.integers(1, 12),
    missing_frac=st.sampled_from([0.0, 0.05, 0.4]),
)
IN_USD = {"close_usd", "ema9_usd", "ema20_usd", "ema9_first_price_usd", "ema20_first_price_usd", "vwap_20d_usd"}
IN_SHARES = {"mean_volume_30_shares"}


def columns(panel: PricePanel, chosen, symbols=None) -> PricePanel:
    values = {name: getattr(panel, name)[:, chosen] for name in VALUES}
    names = panel.symbols[: len(chosen)] if symbols is None else symbols
    return PricePanel.of(panel.sessions, names, values, panel.known_at[chosen], None)


def assert_equal(ours, theirs, chosen=slice(None), rtol=1e-12):
    for name, values in ours.values.items():
        assert np.allclose(values, theirs.values[name][chosen], rtol=rtol, atol=1e-13, equal_nan=True), name
        assert np.array_equal(ours.reasons[name], theirs.reasons[name][chosen]), name


@settings(max_examples=40)
@given(markets, st.randoms(use_true_random=False))
def test_permuting_symbols_changes_nothing(panel, random):
    order = list(range(len(panel.symbols)))
    random.shuffle(order)
    assert_equal(price_features(columns(panel, order)), price_features(panel), order)


@settings(max_examples=40)
@given(markets, st.integers(0, 10_000))
def test_an_unrelated_symbol_changes_nothing(panel, seed):
    count = len(panel.symbols)
    other = random_panel(seed, len(panel.sessions), 1, 0.3)
    values = {name: np.hstack([getattr(panel, name), getattr(other, name)]) for name in VALUES}
    known_at = np.concatenate([panel.known_at, other.known_at])
    both = PricePanel.of(panel.sessions, np.append(panel.symbols, "ZZZZ"), values, known_at, None)
    found = price_features(both)
    for name, alone in price_features(panel).values.items():
        assert np.allclose(alone, found.values[name][:count], rtol=1e-12, atol=1e-13, equal_nan=True), name


@settings(max_examples=40)
@given(markets, st.sampled_from([0.05, 0.5, 4.0, 30.0]))
def test_another_share_basis_leaves_every_ratio(panel, ratio):
    values = {name: getattr(panel, name) / ratio for name in VALUES if name != "volume_shares"}
    values["volume_shares"] = panel.volume_shares * ratio
    split = price_features(PricePanel.of(panel.sessions, panel.symbols, values, panel.known_at, None))
    for name, before in price_features(panel).values.items():
        factor = 1 / ratio if name in IN_USD else ratio if name in IN_SHARES else 1.0
        assert np.allclose(before * factor, split.values[name], rtol=1e-9, atol=1e-12, equal_nan=True), name


@settings(max_examples=40)
@given(markets)
def test_values_are_finite_or_missing_with_a_reason_and_inside_their_bounds(panel):
    found = price_features(panel)
    for name, values in found.values.items():
        assert not np.isinf(values).any(), name
        assert np.array_equal(np.isnan(values), found.reasons[name] > 0), name
    for name in ("rsi14", "rsi14_cutler"):
        inside = found.values[name][np.isfinite(found.values[name])]
        assert ((inside >= 0) & (inside <= 100)).all()
    for name in ("relvol_30", "volume_trend", "atr14_frac", "bb_width_frac", "up_days", "volume_spike_max"):
        assert (found.values[name][np.isfinite(found.values[name])] >= 0).all(), name


@settings(max_examples=40)
@given(markets)
def test_taking_a_bar_away_never_makes_a_value_appear(panel):
    before = price_features(panel)
    values = {name: getattr(panel, name).copy() for name in VALUES}
    for array in values.values():
        array[len(panel.sessions) // 2] = np.nan
    after = price_features(PricePanel.of(panel.sessions, panel.symbols, values, panel.known_at, None))
    for name, found in after.values.items():
        assert not (np.isfinite(found) & np.isnan(before.values[name])).any(), name


def test_a_rising_price_has_rsi_100_and_a_falling_one_0():
    rising = np.linspace(1, 2, 40)
    found = price_features(panel_of(np.stack([rising, rising[::-1]], axis=1)))
    assert found.values["rsi14"].tolist() == [100.0, 0.0]
    assert found.values["rsi14_cutler"].tolist() == [100.0, 0.0]
