"""legacy_v0 on names worked by hand: the VIGL score, the WOLF risk and the two-way pass rule."""

import numpy as np
import pytest

from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.legacy_v0 import score_legacy, wolf_risk_worst
from amc_assets_tests.strategies.snapshots import rows

LEGACY = load_calibration("legacy_v0")
LISTED = {"is_common_or_adr": 1, "has_bar": 1, "dollar_volume_usd": 3e6, "market_data_age_minutes": 0}
# price 5 -> 1; spike 25 -> .95; +20 % -> 1; atr 12 % -> 1: .25 + .3325 + .25 + .15 = .9825
HOT = LISTED | {
    "close_usd": 5, "volume_spike_max": 25, "change_1d_frac": 0.2, "change_5d_frac": 0.3, "atr14_sma_frac": 0.12
}  # fmt: skip
# price 15 -> .85; spike 4 -> .75; +6 % -> .6; atr 5 % -> .6: .2125 + .2625 + .15 + .09 = .715
WARM = LISTED | {
    "close_usd": 15, "volume_spike_max": 4, "change_1d_frac": 0.06, "change_5d_frac": 0, "atr14_sma_frac": 0.05
}  # fmt: skip
# price 50 -> .7; spike 1.6 -> .5; -2 % -> .3; no atr: (.175 + .175 + .075) / .85 = .425 / .85 = .5
PARTIAL = LISTED | {"close_usd": 50, "volume_spike_max": 1.6, "change_1d_frac": -0.02, "change_5d_frac": 0}


def test_names_by_hand():
    result = score_legacy(rows({"HOT": HOT, "NONE": {}, "PARTIAL": PARTIAL, "WARM": WARM}), LEGACY)
    assert result.score.tolist() == pytest.approx([0.9825, np.nan, 0.5, 0.715], nan_ok=True)
    assert result.action.tolist() == ["trade_ready", "none", "none", "watchlist"]
    # everything there at .98; without atr .85 of it, and nothing else is missing of what this strategy reads
    assert result.confidence.tolist() == pytest.approx([0.98, np.nan, 0.833, 0.98], nan_ok=True)


@pytest.mark.parametrize(
    ("feature", "steps"),
    [
        ("close_usd", {0.005: 0, 0.01: 0.7, 2.49: 0.7, 2.5: 0.85, 2.99: 0.85, 3: 1, 12: 1, 12.01: 0.85, 20: 0.85,
                       20.01: 0.7, 100: 0.7, 100.01: 0}),
        ("volume_spike_max", {0: 0.2, 1.49: 0.2, 1.5: 0.5, 2: 0.65, 3: 0.75, 5: 0.85, 10: 0.9, 20.8: 0.9, 20.9: 0.95}),
        ("change_1d_frac", {-0.5: 0.1, -0.0501: 0.1, -0.05: 0.3, -0.001: 0.3, 0: 0.4, 0.05: 0.6, 0.149: 0.6, 0.15: 1,
                            0.25: 1}),
        ("atr14_sma_frac", {0: 0.3, 0.039: 0.3, 0.04: 0.6, 0.06: 0.8, 0.0999: 0.8, 0.10: 1}),
    ],
)  # fmt: skip
def test_steps(feature, steps):
    snapshot = rows({f"S{i:02d}": {feature: x} for i, x in enumerate(steps)})
    assert score_legacy(snapshot, LEGACY).score.tolist() == pytest.approx(list(steps.values()))


@pytest.mark.parametrize(
    ("values", "risk"),
    [
        ({}, 0.2),
        ({"close_usd": 0.49}, 0.8),
        ({"close_usd": 0.5}, 0.4),
        ({"close_usd": 1.0}, 0.2),
        ({"volume_spike_max": 51, "change_1d_frac": -0.019}, 0.7),
        ({"volume_spike_max": 51, "change_1d_frac": 0.02}, 0.2),
        ({"change_1d_frac": -0.11, "atr14_sma_frac": 0.21}, 0.6),
        ({"change_5d_frac": -0.16}, 0.5),
        ({"change_5d_frac": -0.15}, 0.2),
        ({"atr14_sma_frac": 0.26, "change_1d_frac": -0.049}, 0.4),
    ],
)
def test_wolf_flags(values, risk):
    assert LEGACY.risk is not None
    quiet = {
        "close_usd": 5, "volume_spike_max": 1, "change_1d_frac": 0.1, "change_5d_frac": 0, "atr14_sma_frac": 0.05
    }  # fmt: skip
    assert wolf_risk_worst(rows({"AAA": quiet | values}), LEGACY.risk).tolist() == [risk]


def test_an_unknown_flag_counts_as_raised_unless_another_input_rules_it_out():
    assert LEGACY.risk is not None
    known = {"close_usd": 5, "change_5d_frac": 0, "volume_spike_max": 1, "change_1d_frac": 0.1}
    # no atr: falling_in_wide_ranges and wide_range_without_direction are ruled out by +10 %
    assert wolf_risk_worst(rows({"AAA": known}), LEGACY.risk).tolist() == [0.2]
    assert wolf_risk_worst(rows({"AAA": known | {"change_1d_frac": -0.2}}), LEGACY.risk).tolist() == [0.6]
    assert wolf_risk_worst(rows({"AAA": {"change_5d_frac": 0}}), LEGACY.risk).tolist() == [0.8]


def rule(values):
    outcome = next(g for g in score_legacy(rows({"AAA": values}), LEGACY).gates if g.gate.name == "vigl_pass")
    return outcome.values[0], bool(outcome.passed[0])


def test_pass_rule():
    assert rule(HOT) == (1, True)
    # each limb of the first path fails into the second
    assert rule(HOT | {"volume_spike_max": 1.9}) == (2, True)
    assert rule(HOT | {"change_5d_frac": -0.2}) == (2, True)
    assert rule(HOT | {"atr14_sma_frac": 0.019}) == (2, True)
    # and only the first lets 100 to 500 USD in
    assert rule(HOT | {"close_usd": 400}) == (1, True)
    assert rule(HOT | {"close_usd": 501}) == (0, False)
    assert rule(HOT | {"volume_spike_max": 0.9}) == (0, False)
    assert rule(PARTIAL) == (2, True)
