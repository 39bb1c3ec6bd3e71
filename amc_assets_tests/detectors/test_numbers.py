"""The calibration holds exactly the published numbers (a second copy, made by hand, is in ``oracle``)."""

import pytest

from amc_assets.detectors.registry import DETECTORS
from amc_assets.features.registry import SPECS
from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.registry import STRATEGIES
from amc_assets_tests.detectors import oracle

UNIFIED = load_calibration("unified_detectors").detectors


def test_weights_of_detectors():
    assert {name: d.weight for name, d in UNIFIED.items()} == oracle.DETECTOR_WEIGHTS
    assert list(DETECTORS) == list(oracle.DETECTOR_WEIGHTS)


@pytest.mark.parametrize("detector", sorted(oracle.COMPONENT_WEIGHTS))
def test_weights_of_components(detector):
    given = {name: c.weight for name, c in UNIFIED[detector].components.items()}
    assert given == oracle.COMPONENT_WEIGHTS[detector]


@pytest.mark.parametrize("place", sorted(oracle.KNOTS), ids=".".join)
def test_knots(place):
    detector, component, feature = place
    given = UNIFIED[detector].components[component].terms[feature].points
    assert [tuple(p) for p in given] == [tuple(map(float, p)) for p in oracle.KNOTS[place]]


def test_no_curve_escapes_the_comparison():
    elsewhere = {
        ("squeeze", "options_gamma", "call_gamma_pressure"): ((0, 0), (1, 1)),
        ("options_flow", "gamma_potential", "call_gamma_pressure"): ((0, 0), (1, 1)),
        ("technicals", "breakout_quality", "relvol_30"): ((0, 0), (1.5, 1)),
        ("vigl_pattern", "similarity", "relvol_30"): ((0, 0), (20.9, 1)),
        ("vigl_pattern", "similarity", "short_interest_float_frac"): ((0, 0), (0.18, 1)),
        ("vigl_pattern", "similarity", "float_shares"): ((15_200_000, 1),),
        ("vigl_pattern", "similarity", "close_usd"): ((2.94 - 10, 0), (2.94, 1), (2.94 + 10, 0)),
    }
    found = {
        (d, c, f): terms.points
        for d, detector in UNIFIED.items()
        for c, component in detector.components.items()
        for f, terms in component.terms.items()
    }
    assert set(found) == set(oracle.KNOTS) | set(elsewhere)
    for place, points in elsewhere.items():
        assert [x for p in found[place] for x in p] == pytest.approx([x for p in points for x in p]), place


def test_shares():
    given = {
        (d, c): [t.share for t in UNIFIED[d].components[c].terms.values()]
        for d, c in (
            ("catalyst_news", "event_proximity"),
            ("options_flow", "gamma_potential"),
            ("options_flow", "call_put_flow"),
            ("options_flow", "iv_expansion"),
        )
    }
    assert list(given.values()) == [[0.75, 0.25], [0.6, 0.4], [0.3, 0.5, 0.2], [0.7, 0.3]]
    terms = UNIFIED["vigl_pattern"].components["similarity"].terms
    assert {f: t.share for f, t in terms.items()} == {
        "relvol_30": 0.4, "short_interest_float_frac": 0.3, "float_shares": 0.2, "close_usd": 0.1,
    }  # fmt: skip
    assert UNIFIED["technicals"].minimum_bars == oracle.BARS_FOR_TECHNICALS


def test_declared_units_are_those_of_the_features():
    derived = {"ema9_over_ema20_first_price_frac", "change_1d_atrs"}
    wrong = [
        (d.name, t.feature, t.unit, SPECS[t.feature].unit)
        for strategy in STRATEGIES.values()
        for d in strategy.declarations
        for t in d.inputs
        if t.feature not in derived and SPECS[t.feature].unit != t.unit
    ]
    assert wrong == []
