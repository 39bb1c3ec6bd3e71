"""Bars of a source of last sales have a close and a volume, no range: what needs a range is missing, and it heals."""

import numpy as np
import pytest

from amc_assets.features.incremental import nightly_state, step
from amc_assets.features.indicators import WILDER, true_ranges, wilder_weights
from amc_assets.features.judge import disagreements
from amc_assets.features.panel import PricePanel
from amc_assets.features.prices import NEEDS_RANGE, price_features
from amc_assets.features.vintages import VALUES
from amc_assets.reasons import Reason, code
from amc_assets_tests.features.panels import random_panel

GAPS = (40, 41, 57)


def rangeless(panel: PricePanel, rows: tuple[int, ...]) -> PricePanel:
    """Return the panel with sessions that have closes and volumes only."""
    values = {}
    for name in VALUES:
        array = getattr(panel, name).copy()
        if name not in ("close_usd", "volume_shares"):
            array[list(rows)] = np.nan
        values[name] = array
    return PricePanel.of(panel.sessions, panel.symbols, values, panel.known_at, panel.as_of)


@pytest.fixture
def whole() -> PricePanel:
    """Sixty sessions of five names without a gap."""
    return random_panel(3, 60, 5)


def test_a_day_without_a_range_has_no_atr_and_no_vwap_and_says_why(whole):
    found = price_features(rangeless(whole, (59,)))
    for name in NEEDS_RANGE:
        assert np.isnan(found.values[name]).all(), name
        assert (found.reasons[name] == code(Reason.INPUT_MISSING)).all(), name
    for name in ("close_usd", "relvol_30", "rsi14", "ema9_usd", "change_5d_frac", "dollar_volume_usd"):
        np.testing.assert_array_equal(found.values[name], price_features(whole).values[name])


def test_a_gap_in_the_past_is_left_out_and_not_carried_for_300_sessions(whole):
    gappy = rangeless(whole, GAPS)
    found = price_features(gappy).values["atr14_frac"]
    ranges = true_ranges(gappy.high_usd, gappy.low_usd, gappy.close_usd)
    for column in range(5):
        own = ranges[np.isfinite(ranges[:, column]), column]
        expected = wilder_weights(len(own), WILDER) @ own / gappy.close_usd[-1, column]
        assert found[column] == pytest.approx(expected, rel=1e-12)
    assert not disagreements(gappy, price_features(gappy), np.arange(5))


@pytest.mark.parametrize("gaps", [(58,), (59,), (30, 58), (58, 59)])
def test_the_step_equals_the_rebuild(whole, gaps):
    gappy = rangeless(whole, gaps)
    before = PricePanel.of(
        gappy.sessions[:-1],
        gappy.symbols,
        {name: getattr(gappy, name)[:-1] for name in VALUES},
        gappy.known_at,
        gappy.as_of,
    )
    stepped, rebuilt = step(nightly_state(before), gappy.window(1)), price_features(gappy)
    for name, values in rebuilt.values.items():
        np.testing.assert_allclose(stepped.values[name], values, rtol=1e-9, err_msg=name)
        np.testing.assert_array_equal(stepped.reasons[name], rebuilt.reasons[name], err_msg=name)
