"""The step of a refresh equals the rebuild with the bar appended, and cannot be misused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amc_assets.features.errors import FeatureInputError
from amc_assets.features.incremental import nightly_state, step
from amc_assets.features.panel import PricePanel
from amc_assets.features.prices import price_features
from amc_assets.features.vintages import VALUES
from amc_assets_tests.features.panels import random_panel


def last_two(panel: PricePanel) -> tuple[PricePanel, PricePanel]:
    """What was there last night, and the bar of today alone."""
    night = {name: getattr(panel, name)[:-1] for name in VALUES}
    return PricePanel.of(panel.sessions[:-1], panel.symbols, night, panel.known_at, None), panel.window(1)


def assert_same(ours, rebuilt):
    for name, expected in rebuilt.values.items():
        assert np.allclose(ours.values[name], expected, rtol=1e-9, atol=1e-12, equal_nan=True), name
        assert np.array_equal(ours.reasons[name], rebuilt.reasons[name]), name


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    sessions=st.sampled_from([2, 3, 10, 16, 21, 32, 36, 60, 300, 301, 320]),
    missing_frac=st.sampled_from([0.0, 0.02, 0.2]),
)
def test_step_equals_rebuild(seed, sessions, missing_frac):
    panel = random_panel(seed, sessions, 12, missing_frac)
    night, today = last_two(panel)
    assert_same(step(nightly_state(night), today), price_features(panel))


def test_step_equals_rebuild_with_a_partial_bar_and_a_curve():
    panel = random_panel(5, 80, 6)
    night, today = last_two(panel)
    partial, curve = np.array([True, False] * 3), np.full(6, 50_000.0)
    ours = step(nightly_state(night), today, is_partial=partial, mean_cumulative_volume_shares=curve)
    assert_same(ours, price_features(panel, is_partial=partial, mean_cumulative_volume_shares=curve))
    assert ours.values["relvol_30"][0] == today.volume_shares[-1, 0] / 50_000


def test_repeating_a_step_changes_nothing():
    night, today = last_two(random_panel(6, 80, 6, 0.05))
    state = nightly_state(night)
    first, second = step(state, today), step(state, today)
    for name, values in first.values.items():
        assert np.array_equal(values, second.values[name], equal_nan=True), name


def test_a_split_of_today_is_applied_to_the_state():
    panel = random_panel(7, 90, 3)
    ratios = np.array([1.0, 4.0, 0.1])
    night, _ = last_two(panel)
    split_values = {name: getattr(panel, name) / ratios for name in VALUES if name != "volume_shares"}
    split_values["volume_shares"] = panel.volume_shares * ratios
    on_new_basis = PricePanel.of(panel.sessions, panel.symbols, split_values, panel.known_at, None)
    ours = step(nightly_state(night).restated(ratios), on_new_basis.window(1))
    assert_same(ours, price_features(on_new_basis))
    forgotten = step(nightly_state(night), on_new_basis.window(1))
    assert abs(forgotten.values["change_1d_frac"][1] - ours.values["change_1d_frac"][1]) > 0.5


def test_steps_cannot_be_chained_or_mixed_up():
    panel = random_panel(8, 40, 3)
    night, today = last_two(panel)
    two_nights_ago = last_two(night)[0]
    with pytest.raises(FeatureInputError, match="rebuild it"):
        step(nightly_state(two_nights_ago), today)
    other = today.reindexed(np.array(["S0000", "S0001", "ZZZ"]))
    with pytest.raises(FeatureInputError, match="reindex"):
        step(nightly_state(night), other)
