"""options_flow on names worked by hand, with the numbers of the shipped calibration."""

from typing import Any

import numpy as np
import pytest

from amc_assets.detectors.options_flow import DECLARATION, score
from amc_assets.detectors.parameters import check_parameters
from amc_assets.features.registry import SPECS
from amc_assets.reasons import Reason
from amc_assets.strategies.calibration import load_calibration
from amc_assets_tests.strategies.snapshots import rows

PARAMETERS = load_calibration("unified_detectors").detectors["options_flow"]
FULL = {
    "call_gamma_pressure": 0.05, "near_call_open_interest_frac": 0.10, "call_put_volume_ratio": 2.0,
    "call_put_volume_log_z": 1.0, "volume_open_interest_ratio": 0.2, "iv_percentile_frac": 0.3,
    "has_news_catalyst": 1.0, "option_volume_z": 2.0,
}  # fmt: skip
WEAK = {
    "call_gamma_pressure": 0.01, "near_call_open_interest_frac": 0.0, "call_put_volume_ratio": 0.5,
    "call_put_volume_log_z": -2.0, "volume_open_interest_ratio": 0.0, "iv_percentile_frac": 1.0,
    "has_news_catalyst": 0.0, "option_volume_z": -1.0,
}  # fmt: skip


def scored(*names: Any):
    return score(rows({f"N{place:02d}": name for place, name in enumerate(names)}), PARAMETERS)


def by_component(result, row=0):
    return {c.name: (None if np.isnan(c.scores[row]) else float(c.scores[row])) for c in result.components}


def test_the_numbers_fit_the_declaration():
    check_parameters(DECLARATION, PARAMETERS)
    for term in DECLARATION.inputs:
        assert term.feature in SPECS, term
    assert {c.name: p.weight for c, p in zip(DECLARATION.components, PARAMETERS.components.values(), strict=True)} == {
        "gamma_potential": 0.4, "call_put_flow": 0.3, "iv_expansion": 0.2, "unusual_activity": 0.1,
    }  # fmt: skip


def test_worked_example():
    # ranks of two names: 1/4 and 3/4. FULL: gamma .6 x .75 + .4 x .7 = .73
    # flow .3 x .3 + .5 x .5 + .2 x .5 = .44; iv .7 x 1 = .7; unusual .8: .4 x .73 + .3 x .44 + .2 x .7 + .1 x .8 = .644
    result = scored(FULL, WEAK)
    expected = {"gamma_potential": 0.73, "call_put_flow": 0.44, "iv_expansion": 0.7, "unusual_activity": 0.8}
    assert by_component(result) == pytest.approx(expected)
    assert result.score[0] == pytest.approx(0.644)
    # WEAK: gamma .6 x .25; everything else nothing
    assert by_component(result, 1) == pytest.approx(
        {"gamma_potential": 0.15, "call_put_flow": 0.0, "iv_expansion": 0.0, "unusual_activity": 0.0}
    )


def test_cheap_volatility_without_a_catalyst_counts_half_and_without_news_not_at_all():
    without = {**FULL, "has_news_catalyst": 0.0}
    unknown = {key: number for key, number in FULL.items() if key != "has_news_catalyst"}
    result = scored(FULL, without, unknown)
    assert [by_component(result, row)["iv_expansion"] for row in range(3)] == [
        pytest.approx(0.7), pytest.approx(0.35), None,
    ]  # fmt: skip


def test_missing_options_are_missing_and_lower_confidence():
    flow_only = {"call_put_volume_ratio": 2.0}
    result = scored(FULL, flow_only, {})
    assert result.score[1] == pytest.approx(0.3)
    assert np.isnan(result.score[2])
    assert result.confidence[0] > result.confidence[1] > result.confidence[2] == 0
    reasons = {c.name: c.reasons[2] for c in result.components}
    assert all(reason != 0 for reason in reasons.values())
    assert Reason.PRESENT not in reasons


@pytest.mark.parametrize("name", [t.feature for t in DECLARATION.inputs if t.feature != "call_gamma_pressure"])
def test_each_input_moves_the_score_in_its_declared_direction(name):
    direction = next(t.direction for t in DECLARATION.inputs if t.feature == name)
    places = (
        np.linspace(-1, 6, 29) if not name.endswith("_frac") and name != "has_news_catalyst" else np.linspace(0, 1, 21)
    )
    result = scored(*({**FULL, name: float(at)} for at in places))
    steps = np.diff(result.score)
    assert (steps >= -1e-12).all() if direction == "up" else (steps <= 1e-12).all()
    assert np.ptp(result.score) > 0.01
