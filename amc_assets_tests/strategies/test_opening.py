"""The opening sentence by value: in, out, missing and hostile names; and parts that add up to what they explain."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.strategies.calibration import load_calibration
from amc_assets.strategies.calibration_content import Entry
from amc_assets.strategies.contributions import Yardstick, contributions, yardstick
from amc_assets.strategies.explain import add_contributions, explain_many
from amc_assets.strategies.opening import opening
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.score import score_all
from amc_assets_tests.strategies.snapshots import universe

ENTRY = Entry(watchlist_score=0.70, trade_ready_score=0.75, trade_ready_confidence=0.40)
AGAINST = Yardstick(ENTRY, {"volume": 0.6, "squeeze": 0.4})
SNAPSHOT = universe(200, 4, missing_frac=0.25)
RESULTS = score_all(SNAPSHOT, list(STRATEGIES), "regular")


def part(name, score, weight, reason=None):
    return {"name": name, "score": score, "weight": weight, "reason": reason}


def gate(name, value, limit, *, unit="ratio", direction="at_least", passed=True, reason=None, kind="hard"):
    return {
        "name": name, "kind": kind, "value": value, "limit": limit, "unit": unit, "direction": direction,
        "passed": passed, "reason": reason,
    }  # fmt: skip


def named(action="watchlist", score=0.72, confidence=0.378, failed=(), gates=(), squeeze=0.3):
    detectors = [
        {"name": "volume", "score": 1.0, "components": [part("relvol", 1.0, 0.75), part("vwap", 1.0, 0.25)]},
        {
            "name": "squeeze", "score": squeeze,
            "components": [part("short", squeeze, 0.5), part("float", None, 0.5, "biased_not_asked")],
        },
    ]  # fmt: skip
    return {
        "symbol": "GME", "score": score, "confidence": confidence, "action": action, "passed": not failed,
        "failed_gates": list(failed), "detectors": detectors, "gates": list(gates),
    }  # fmt: skip


PARTS = (
    "relvol of volume weighs most, 0.450 of the score 0.720; 1 of 4 components has no value (biased_not_asked): "
    "float of squeeze"
)
ON = "GME is on the watchlist because it passed every hard gate and its score 0.720 meets 0.700"
LACKS = "trade ready needs a score of at least 0.750 (now 0.720) and a confidence of at least 0.400 (now 0.378)."
UNCHECKED = gate("not_halted", None, 0.0, unit="flag", direction="equals", passed=None, reason="not_recorded")
NO_PRICE = gate("price", None, 1.0, unit="USD", passed=None, reason="no_bar")
RELVOL = gate("relvol", 2.4999, 2.5, passed=False)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            named(gates=[gate("relvol", 2.51, 2.5)]),
            f"{ON}; {PARTS}; it would drop out with relvol below 2.50x (now 2.51x); {LACKS}",
        ),
        (
            named(gates=[UNCHECKED]),
            f"{ON}; {PARTS}; not_halted was not checked (not_recorded); it would drop out with its score below "
            f"0.700 (now 0.720); {LACKS}",
        ),
        (
            named("trade_ready", 0.76, 0.4002, gates=[gate("relvol", 9.4, 2.5)]),
            "GME is trade ready because it passed every hard gate, its score 0.760 meets 0.750 and its confidence "
            f"0.4002 meets 0.4000; {PARTS.replace('0.720', '0.760')}; it would fall back to the watchlist with "
            "its confidence below 0.4000 (now 0.4002).",
        ),
        (
            named("none", 0.72, failed=["relvol"], gates=[RELVOL]),
            f"GME is out because it failed relvol (2.4999x, must be at least 2.5000x); {PARTS}; to come in it needs "
            "relvol at least 2.5000x.",
        ),
        (
            named("none", 0.6999, failed=["price", "relvol"], gates=[NO_PRICE, RELVOL]),
            "GME is out because it failed relvol (2.4999x, must be at least 2.5000x) and price (no value: no_bar); "
            f"{PARTS.replace('0.720', '0.6999')}; to come in it needs relvol at least 2.5000x, a value for price and a "
            "score of at least 0.7000 (now 0.6999).",
        ),
        (
            named("none", 0.6999),
            "GME passed every hard gate and is out because its score 0.6999 is below the limit 0.7000; "
            f"{PARTS.replace('0.720', '0.6999')}; to come in it needs a score of at least 0.7000 (now 0.6999).",
        ),
    ],
)  # fmt: skip
def test_the_opening_says_why_what_counts_what_is_missing_and_what_would_change_it(name, said):
    assert opening(name, AGAINST) == said


def test_a_name_without_any_value_is_out_for_that():
    name = named("none", None, None)
    for detector in name["detectors"]:
        detector["score"] = None
        detector["components"] = [part(one["name"], None, one["weight"], "no_bar") for one in detector["components"]]
    assert opening(name, AGAINST) == (
        "GME is out because no detector has a value for it, so it has no score; 4 of 4 components have no value (most "
        "often no_bar): all of volume and all of squeeze; to come in it needs a score of at least 0.700."
    )


def test_a_path_that_nobody_took_is_named_with_its_choices():
    path = gate("squeeze_path", None, ["small_float", "large_float"], unit="path", direction="any_path", passed=False)
    said = opening(named("none", 0.72, failed=["squeeze_path"], gates=[path]), AGAINST)
    assert "failed squeeze_path (none, must be one of small_float, large_float)" in said


def test_where_detectors_are_multiplied_nothing_is_said_to_be_part_of_the_score():
    said = opening(named(), Yardstick(ENTRY, None))
    assert "what weighs most is relvol in volume (0.750 of 1.000) and short in squeeze (0.300 of 0.300)" in said


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_what_components_add_is_the_score(strategy):
    result, against = RESULTS[strategy], yardstick(STRATEGIES[strategy], load_calibration(strategy))
    assert (against.weights is None) == (strategy == "fuel_ignition")
    for name in explain_many(result, SNAPSHOT, SNAPSHOT.symbols.tolist()):
        found = contributions(name, against)
        for detector in name["detectors"]:
            own = sum(one.amount for one in found if one.detector == detector["name"])
            if against.weights is None and detector["score"] is not None:
                assert own == pytest.approx(detector["score"], abs=1e-9)
        if against.weights is not None and name["score"] is not None:
            assert sum(one.amount for one in found) == pytest.approx(name["score"], abs=1e-9)


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_every_component_of_several_terms_shows_all_and_they_add_up(strategy):
    declared = {
        (detector.name, component.name): component
        for detector in STRATEGIES[strategy].declarations
        for component in detector.components
    }
    for name in explain_many(RESULTS[strategy], SNAPSHOT, SNAPSHOT.symbols.tolist()):
        for detector in name["detectors"]:
            for shown in detector["components"]:
                component = declared[detector["name"], shown["name"]]
                assert [term["feature"] for term in shown.get("terms", ())] == (
                    [term.feature for term in component.terms] if len(component.terms) > 1 else []
                )
                _check_sum(shown)


def _check_sum(shown):
    counted = [term["contribution"] for term in shown.get("terms", ()) if term["contribution"] is not None]
    if shown["score"] is None:
        assert counted == []
    elif shown.get("combine") == "product":
        assert np.prod(counted) == pytest.approx(shown["score"], abs=1e-9)
    elif "terms" in shown:
        assert min(sum(counted), 1.0) == pytest.approx(shown["score"], abs=1e-9)


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_every_name_of_a_hostile_universe_has_a_true_opening(strategy):
    result, against = RESULTS[strategy], yardstick(STRATEGIES[strategy], load_calibration(strategy))
    for name in explain_many(result, SNAPSHOT, SNAPSHOT.symbols.tolist()):
        said = opening(name, against)
        assert said.startswith(name["symbol"])
        assert (" is on the watchlist " in said) == (name["action"] == "watchlist")
        assert (" is trade ready " in said) == (name["action"] == "trade_ready")
        assert (" is out because it failed " in said) == bool(name["failed_gates"])
        assert not re.search(r"\bnan\b|None|inf\b", said)
        if name["action"] != "none" and name["score"] is not None:
            assert f"{name['score']:.3f}" in said


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 1)), min_size=1, max_size=5))
def test_terms_of_a_mean_add_up_to_the_mean(pairs):
    terms = [{"score": score, "share": share} for score, share in pairs] + [{"score": None, "share": 0.5}]
    add_contributions("mean", terms, is_scored=True)
    mean = sum(score * share for score, share in pairs) / sum(share for _, share in pairs)
    assert sum(term["contribution"] or 0.0 for term in terms) == pytest.approx(mean)
    assert terms[-1]["contribution"] is None


def test_a_term_of_an_unscored_component_counts_for_nothing():
    terms = [{"score": None, "share": 0.7}, {"score": 0.3, "share": 0.3}]
    add_contributions("bonus", terms, is_scored=False)
    assert [term["contribution"] for term in terms] == [None, None]
