"""`amc screen` and `amc explain`: exactly the keys of the contract, and a sentence where there is no answer."""

import re
from datetime import datetime
from typing import Any

import pytest

from amc_assets.strategies.registry import STRATEGIES
from amc_assets_tests.cli.conftest import PEAK, PLANTED, Replayed, amc

DAY = PEAK.isoformat()
SCREEN = {
    "trade_date", "session", "as_of", "strategy", "discovery_run_id", "snapshot_hash", "calibration_hash",
    "is_simulated", "universe_count", "arrived_by", "inputs", "funnel", "candidates", "reason",
}  # fmt: skip
INPUT = {"name", "source", "known_at", "age_hours", "reason"}
RANKED = {"symbol", "rank", "score", "confidence", "ranking_score", "action", "passed", "failed_gates", "gates"}
DETECTOR = {"name", "score", "confidence", "components"}
COMPONENT = {"name", "value", "unit", "score", "weight", "source", "known_at", "provenance", "reason"}
GATE = {"name", "kind", "value", "limit", "unit", "direction", "passed"}


def screen(replayed: Replayed, *options: str) -> Any:
    """Return `amc screen --json` of the peak."""
    return amc("screen", "--date", DAY, "--home", replayed.home, "--json", *options).json


def explain(replayed: Replayed, symbol: str) -> Any:
    """Return `amc explain --json` of a symbol at the peak."""
    return amc("explain", symbol, "--date", DAY, "--home", replayed.home, "--json").json


def test_screen_has_the_keys_of_the_contract_and_no_others(replayed: Replayed):
    found = screen(replayed)
    assert set(found) == SCREEN
    assert {frozenset(item) for item in found["inputs"]} == {frozenset(INPUT)}
    assert {frozenset(step) for step in found["funnel"]} == {frozenset({"gate", "in", "out"})}
    assert found["candidates"]
    for name in found["candidates"]:
        assert set(name) == RANKED | {"detectors"}
        assert {frozenset(item) for item in name["detectors"]} == {frozenset(DETECTOR)}
        assert {frozenset(part) for item in name["detectors"] for part in item["components"]} == {frozenset(COMPONENT)}
        assert {frozenset(gate) for gate in name["gates"]} == {frozenset(GATE)}


def test_full_adds_ranked_with_gates_and_without_detectors(replayed: Replayed):
    found = screen(replayed, "--full")
    assert set(found) == SCREEN | {"ranked"}
    assert {frozenset(name) for name in found["ranked"]} == {frozenset(RANKED)}
    names = [gate["name"] for gate in found["ranked"][0]["gates"]]
    assert "relvol" in names
    for name in found["ranked"]:
        assert [gate["name"] for gate in name["gates"]] == names
        failed = {gate["name"] for gate in name["gates"] if gate["kind"] == "hard" and gate["passed"] is False}
        assert failed <= set(name["failed_gates"])


def test_ranked_agrees_with_what_was_stored(replayed: Replayed):
    found = screen(replayed, "--full")
    by_symbol = {name["symbol"]: name for name in found["ranked"]}
    for candidate in found["candidates"]:
        same = by_symbol[candidate["symbol"]]
        assert {key: candidate[key] for key in RANKED} == same


def test_funnel_counts_agree_with_the_gates_of_ranked(replayed: Replayed):
    found = screen(replayed, "--full")
    hard = [step for step in found["funnel"] if step["gate"] in {gate["name"] for gate in found["ranked"][0]["gates"]}]
    assert hard[-1]["out"] == sum(name["passed"] for name in found["ranked"])


def test_missing_is_null_with_a_reason_and_times_are_utc(replayed: Replayed):
    found = screen(replayed)
    assert {"options", "news", "trade_halts", "threshold_list"} <= {item["name"] for item in found["inputs"]}
    for item in found["inputs"]:
        assert (item["known_at"] is None) == (item["reason"] is not None)
    assert datetime.fromisoformat(found["as_of"]).utcoffset().total_seconds() == 0  # type: ignore[union-attr]


def test_a_name_that_scarce_sources_were_not_asked_about_says_so(replayed: Replayed):
    last = screen(replayed, "--full")["ranked"][-1]["symbol"]
    flow = next(item for item in explain(replayed, last)["detectors"] if item["name"] == "options_flow")
    assert flow["score"] is None
    reasons = {part["reason"] for part in flow["components"]}
    assert reasons <= {"not_shortlisted", "no_chain", "input_missing"}, reasons
    assert all(part["score"] is None for part in flow["components"])


def test_explain_of_a_candidate(replayed: Replayed):
    found = explain(replayed, PLANTED)
    assert set(found) == RANKED | {"detectors"}
    assert found["passed"] is True
    for detector in found["detectors"]:
        for part in detector["components"]:
            assert set(part) - {"terms", "combine"} == COMPONENT
            assert (part["score"] is None) == (part["reason"] is not None)


def test_explain_of_a_rejected_name_names_its_gates(replayed: Replayed):
    rejected = next(name for name in screen(replayed, "--full")["ranked"] if not name["passed"])
    found = explain(replayed, rejected["symbol"])
    assert found["failed_gates"] == rejected["failed_gates"] != []
    by_name = {gate["name"]: gate for gate in found["gates"]}
    for name in found["failed_gates"]:
        assert by_name[name]["passed"] is not True
        assert by_name[name]["limit"] is not None


def test_explain_for_people(replayed: Replayed):
    found = amc("explain", PLANTED, "--date", DAY, "--home", replayed.home)
    assert found.code == 0
    assert found.out.startswith(f"{PLANTED} is ")
    for word in ("because it passed every hard gate", "weighs most", "relvol", "short_history", "at least 2.50x"):
        assert word in found.out
    for term in ("short_interest_float_frac", "days_to_cover", "short_volume_ratio_z", "borrow_stress"):
        assert f"- {term}" in found.out  # short_metrics is made of four


def test_one_numbering_of_the_list_and_the_words_of_the_funnel(replayed: Replayed):
    full = screen(replayed, "--full")["ranked"]
    rank = next(name["rank"] for name in full if name["symbol"] == PLANTED)
    explained = amc("explain", PLANTED, "--date", DAY, "--home", replayed.home).out
    assert f"rank {rank} of {len(full)} scored names" in explained
    found = amc("screen", "--date", DAY, "--home", replayed.home).out
    assert "rank of scored" in found
    funnel = found[found.index("funnel") :]
    assert re.search(r"gate +. entered +. passed", funnel)
    assert "not_shortlisted" not in funnel


def test_the_settlement_date_stands_beside_the_publication(replayed: Replayed):
    from amc_assets.market.publication import newest_published

    stored = screen(replayed)
    line = next(item for item in stored["inputs"] if item["name"] == "short_interest")
    settled = newest_published(datetime.fromisoformat(stored["as_of"]))
    assert settled is not None
    row = next(
        text
        for text in amc("screen", "--date", DAY, "--home", replayed.home).out.splitlines()
        if "short_interest " in text
    )
    cells = [cell.strip() for cell in row.split("│")]
    assert cells[2:5] == [settled.isoformat(), f"{(PEAK - settled).days}", line["known_at"]]


def test_reading_a_stored_run_says_nothing_of_the_plan_in_force(replayed: Replayed):
    for command in (("screen",), ("explain", PLANTED), ("report",)):
        found = amc(*command, "--date", DAY, "--home", replayed.home)
        assert "plan simulated" not in found.talk


def test_sources_are_those_of_the_rows(replayed: Replayed):
    parts = [part for detector in explain(replayed, PLANTED)["detectors"] for part in detector["components"]]
    found = {term["feature"]: term["source"] for part in parts for term in part.get("terms", ())}
    assert found["relvol_30"] == "polygon.grouped_daily"
    assert found["short_volume_ratio_z"] == "finra.daily_short_volume"


def test_screen_for_people_says_simulated_and_counts(replayed: Replayed):
    found = amc("screen", "--date", DAY, "--home", replayed.home)
    assert found.code == 0
    assert "SIMULATED market" in found.out
    assert "candidates of" in found.out
    assert "\x1b[" not in found.out


def test_unknown_symbol_is_not_found(replayed: Replayed):
    found = amc("explain", "NOSUCH", "--date", DAY, "--home", replayed.home)
    assert (found.code, found.out) == (3, "")
    assert "NOSUCH is not among the" in found.talk
    assert found.talk.count("NOSUCH") == 1, "an error is said once"


def test_a_symbol_in_another_case_is_found_and_said(replayed: Replayed):
    found = amc("explain", PLANTED.lower(), "--date", DAY, "--home", replayed.home, "--json")
    assert found.json == explain(replayed, PLANTED)
    assert f"{PLANTED.lower()} is read as {PLANTED}" in found.talk


def test_a_symbol_with_a_slip_gets_its_nearest_names(replayed: Replayed):
    found = amc("explain", f"{PLANTED}X", "--date", DAY, "--home", replayed.home)
    assert found.code == 3
    assert re.search(rf"Next: try one of the nearest names: .*\b{PLANTED}\b", found.talk), found.talk


def test_day_without_a_run_is_not_found(replayed: Replayed):
    found = amc("screen", "--date", "2026-07-01", "--home", replayed.home)
    assert (found.code, found.out) == (3, "")
    assert "no discovery run of 2026-07-01" in found.talk
    assert "Next:" in found.talk


@pytest.mark.parametrize("command", ["screen", "explain", "report", "lookahead"])
@pytest.mark.parametrize(
    ("date", "sentence"),
    [
        ("yesterday", "'yesterday' is not a date"),
        ("2026-08-22", "2026-08-22 is not a trading session. Next: use 2026-08-21"),
        ("2026-07-03", "is not a trading session"),
        ("1999-01-04", "1999"),
    ],
)
def test_bad_date_is_a_usage_error(replayed: Replayed, command: str, date: str, sentence: str):
    symbol = [PLANTED] if command == "explain" else []
    found = amc(command, *symbol, "--date", date, "--home", replayed.home)
    assert (found.code, found.out) == (2, "")
    assert sentence in found.talk
    assert "Traceback" not in found.err


@pytest.mark.parametrize("command", ["screen", "explain", "lookahead"])
def test_unknown_strategy_is_a_usage_error(replayed: Replayed, command: str):
    symbol = [PLANTED] if command == "explain" else []
    found = amc(command, *symbol, "--date", DAY, "--strategy", "hunch", "--home", replayed.home)
    assert (found.code, found.out) == (2, "")
    assert f"'hunch' is not a strategy. Next: one of {', '.join(sorted(STRATEGIES))}" in found.talk


def test_home_without_a_lake_says_what_to_run(tmp_path: Any):
    found = amc("screen", "--date", DAY, "--home", tmp_path)
    assert (found.code, found.out) == (3, "")
    assert "`amc demo`" in found.talk
