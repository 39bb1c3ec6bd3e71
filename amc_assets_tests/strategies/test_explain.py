"""Explanations: the name object key by key, plain values, reasons where something is missing, lists and funnel."""

import json

import numpy as np
import pytest

from amc_assets.reasons import Reason
from amc_assets.strategies.explain import UnknownSymbol, explain, explain_many, head, ranked
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.score import score_all
from amc_assets_tests.strategies.snapshots import rows, universe

NAME_KEYS = [
    "symbol", "rank", "score", "confidence", "ranking_score", "action", "passed", "failed_gates", "detectors", "gates",
]  # fmt: skip
COMPONENT_KEYS = ["name", "value", "unit", "score", "weight", "source", "known_at", "provenance", "reason"]
GATE_KEYS = ["name", "kind", "value", "limit", "unit", "direction", "passed", "reason"]
SNAPSHOT = universe(200, 4, missing_frac=0.25)
RESULTS = score_all(SNAPSHOT, list(STRATEGIES), "regular")


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_every_name_has_the_whole_object_and_a_reason_for_everything_missing(strategy):
    names = explain_many(RESULTS[strategy], SNAPSHOT, SNAPSHOT.symbols.tolist())
    reasons = {str(r) for r in Reason} - {"present"}
    for name in names:
        assert list(name) == NAME_KEYS
        assert [d["name"] for d in name["detectors"]] == [d.name for d in STRATEGIES[strategy].declarations]
        for component in (c for d in name["detectors"] for c in d["components"]):
            assert list(component)[:9] == COMPONENT_KEYS
            assert (component["score"] is None) == (component["reason"] in reasons)
            for part in component.get("terms", [component] if component["source"] else []):
                assert (part["value"] is None) == (part["known_at"] is None)
        for gate in name["gates"]:
            assert list(gate) == GATE_KEYS
            assert (gate["passed"] is None) == (gate["reason"] in reasons)
        assert set(name["failed_gates"]) <= {g["name"] for g in name["gates"] if g["kind"] == "hard"}
        assert name["passed"] == (not name["failed_gates"])
    assert json.loads(json.dumps(names, allow_nan=False)) == names


def test_values_are_those_of_the_arrays():
    result = RESULTS["unified_detectors"]
    best = result.order[0]
    name = explain(result, SNAPSHOT, str(SNAPSHOT.symbols[best]))
    assert name["rank"] == 1
    assert name["score"] == result.score[best]
    relvol = name["detectors"][0]["components"][0]
    assert relvol["value"] == SNAPSHOT.feature("relvol_30").values[best]
    assert (relvol["unit"], relvol["source"], relvol["known_at"]) == ("ratio", "polygon.bars", "2021-01-26T21:15:00Z")
    assert name["action"] == result.action[best]


def test_the_first_used_term_stands_for_its_component():
    snapshot = rows({"AAA": {"days_to_cover": 5.0}})
    result = score_all(snapshot, ["unified_detectors"], "regular")["unified_detectors"]
    squeeze = explain(result, snapshot, "AAA")["detectors"][1]["components"][1]
    assert (squeeze["name"], squeeze["value"], squeeze["unit"]) == ("short_metrics", 5.0, "days")
    assert squeeze["source"] == "finra.short_interest"
    assert [t["reason"] for t in squeeze["terms"]] == ["source_not_built", None, *["source_not_built"] * 2]


def test_an_unscored_name_is_explained_too():
    snapshot = rows({"AAA": {"close_usd": 5.0}, "BBB": {}})
    result = score_all(snapshot, ["hybrid_v1"], "regular")["hybrid_v1"]
    name = explain(result, snapshot, "BBB")
    assert (name["rank"], name["score"], name["confidence"], name["ranking_score"]) == (None, None, None, None)
    assert name["action"] == "none"
    assert "bar_present" in name["failed_gates"]
    gates = {g["name"]: g for g in name["gates"]}
    assert gates["not_halted"]["passed"] is None
    assert gates["not_halted"]["reason"] == "source_not_built"
    assert gates["squeeze_path"]["limit"] == ["small_float", "large_float"]
    assert gates["squeeze_path"]["value"] is None


def test_the_derived_average_has_its_date_and_source():
    snapshot = rows({"AAA": {"ema9_first_price_usd": 2.0, "ema20_first_price_usd": 1.0}})
    result = score_all(snapshot, ["hybrid_v1"], "regular")["hybrid_v1"]
    cross = explain(result, snapshot, "AAA")["detectors"][4]["components"][0]
    assert (cross["value"], cross["source"], cross["known_at"]) == (1.0, "derived", "2021-01-26T21:15:00Z")


def test_the_path_taken_is_named():
    values = {"float_shares": 10e6, "short_interest_float_frac": 0.3}
    snapshot = rows({"AAA": values})
    result = score_all(snapshot, ["hybrid_v1"], "regular")["hybrid_v1"]
    gate = next(g for g in explain(result, snapshot, "AAA")["gates"] if g["name"] == "squeeze_path")
    assert (gate["value"], gate["passed"], gate["direction"], gate["unit"]) == ("small_float", True, "any_path", "path")


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_ranked_is_all_scored_names_best_first_without_detectors(strategy):
    result = RESULTS[strategy]
    names = ranked(result)
    assert [n["rank"] for n in names] == list(range(1, np.isfinite(result.score).sum() + 1))
    assert "detectors" not in names[0]
    whole = explain(result, SNAPSHOT, names[0]["symbol"])
    assert names[0] == {k: v for k, v in whole.items() if k != "detectors"}
    assert ranked(result, 5) == names[:5]


def test_head_has_the_funnel_in_order():
    shown = head(RESULTS["unified_detectors"])
    assert shown["funnel"][0] == {
        "gate": "security_type",
        "in": 200,
        "out": RESULTS["unified_detectors"].funnel[0].passed,
    }
    assert shown["funnel"][-1]["out"] == shown["candidates_found"]
    assert all(a["out"] == b["in"] for a, b in zip(shown["funnel"], shown["funnel"][1:], strict=False))


def test_strangers_are_refused():
    with pytest.raises(UnknownSymbol, match="NOPE not among the 200 symbols"):
        explain(RESULTS["legacy_v0"], SNAPSHOT, "NOPE")
    with pytest.raises(ValueError, match="the snapshot it was made from"):
        explain(RESULTS["legacy_v0"], rows({"AAA": {}}), "AAA")
