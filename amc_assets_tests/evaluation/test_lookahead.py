"""The look-ahead guard finds every planted leak and nothing else."""

import copy
import math

import pytest

from amc_assets.evaluation.lookahead import compare_runs


def screen() -> dict[str, object]:
    name = {
        "symbol": "GME",
        "rank": 1,
        "score": 0.81,
        "passed": True,
        "failed_gates": [],
        "detectors": [
            {"name": "squeeze", "score": 0.9, "components": [{"name": "float", "value": 46e6, "reason": None}]}
        ],
        "gates": [{"name": "price", "value": 20.0, "passed": True}],
    }
    return {
        "trade_date": "2021-01-12",
        "session": "regular",
        "as_of": "2021-01-12T23:45:00Z",
        "strategy": "s",
        "snapshot_hash": "aa",
        "inputs": [{"name": "daily_bars", "age_hours": 1.5}],
        "funnel": [{"gate": "price", "in": 9, "out": 8}],
        "candidates": [name],
        "ranked": [{"symbol": "GME", "rank": 1}, {"symbol": "AMC", "rank": 2}],
    }


def test_equal_runs_have_no_difference():
    assert compare_runs(screen(), copy.deepcopy(screen())) == []


def leak(path: list[object], value: object) -> dict[str, object]:
    changed: object = screen()
    whole = changed
    for step in path[:-1]:
        changed = changed[step]
    changed[path[-1]] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value", "symbol", "field"),
    [
        (["snapshot_hash"], "bb", "", "snapshot_hash"),
        (["funnel", 0, "out"], 7, "", "funnel[price].out"),
        (["inputs", 0, "age_hours"], 1.0, "", "inputs[daily_bars].age_hours"),
        (["candidates", 0, "score"], math.nextafter(0.81, 1.0), "GME", "candidates.score"),
        (["candidates", 0, "failed_gates"], ["price"], "GME", "candidates.failed_gates"),
        (
            ["candidates", 0, "detectors", 0, "components", 0, "value"],
            None,
            "GME",
            "candidates.detectors[squeeze].components[float].value",
        ),
        (["candidates", 0, "gates", 0, "passed"], 1, "GME", "candidates.gates[price].passed"),
        (["ranked", 1, "rank"], 3, "AMC", "ranked.rank"),
        (["ranked", 1, "symbol"], "KOSS", "AMC", "ranked"),
        (["candidates"], [], "GME", "candidates"),
        (["reason"], "late", "", "reason"),
    ],
)
def test_each_planted_leak_is_found(path, value, symbol, field):
    found = compare_runs(leak(path, value), screen())
    assert (symbol, field) in [(one.symbol, one.field) for one in found]
    assert len(found) == (2 if value == "KOSS" else 1)
    assert field in str(found[0]) or value == "KOSS"


def test_a_list_that_names_someone_twice_is_compared_as_it_stands():
    doubled = leak(["ranked", 1, "symbol"], "GME")
    assert [one.field for one in compare_runs(doubled, screen())] == ["ranked"]


def test_not_a_number_equals_itself():
    one, other = leak(["funnel", 0, "in"], float("nan")), leak(["funnel", 0, "in"], float("nan"))
    assert compare_runs(one, other) == []


@pytest.mark.parametrize("key", ["trade_date", "session", "as_of", "strategy"])
def test_runs_of_different_days_are_not_compared(key):
    with pytest.raises(ValueError, match=key):
        compare_runs(leak([key], "other"), screen())
    gone = screen()
    del gone[key]
    with pytest.raises(ValueError, match=key):
        compare_runs(screen(), gone)
