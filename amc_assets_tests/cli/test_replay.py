"""`amc replay` and `amc demo`: the assets run, the JSON is a list of screen objects, a second run is the same."""

import json
from pathlib import Path

import pytest

from amc_assets.strategies.registry import STRATEGIES
from amc_assets_tests.cli.conftest import IGNITION, PEAK, PLANTED, Replayed, amc


def test_json_is_a_list_of_screens_one_per_session_and_strategy(replayed: Replayed):
    found = [(screen["trade_date"], screen["strategy"]) for screen in replayed.printed.json]
    assert found == [(day.isoformat(), name) for day in (IGNITION, PEAK) for name in STRATEGIES]


def test_the_planted_squeeze_is_a_candidate(replayed: Replayed):
    peak = next(
        screen
        for screen in replayed.printed.json
        if screen["trade_date"] == PEAK.isoformat() and screen["strategy"] == "unified_detectors"
    )
    assert PLANTED in [name["symbol"] for name in peak["candidates"]]
    assert peak["is_simulated"] is True
    assert peak["reason"] is None


def test_full_lists_every_scored_name_in_order(replayed: Replayed):
    for screen in replayed.printed.json:
        ranks = [name["rank"] for name in screen["ranked"]]
        assert ranks == list(range(1, len(ranks) + 1))
        assert len(ranks) > 50
        assert {name["symbol"] for name in screen["candidates"]} <= {name["symbol"] for name in screen["ranked"]}


def test_talk_is_on_stderr_without_traceback(replayed: Replayed):
    assert "replaying 2 sessions" in replayed.printed.talk
    assert "Traceback" not in replayed.printed.err
    assert "Warning" not in replayed.printed.err


def test_second_replay_gives_the_same_runs(replayed: Replayed):
    days = ("--from", IGNITION.isoformat(), "--to", PEAK.isoformat())
    again = amc("replay", *days, "--home", replayed.home, "--json", "--full")
    assert again.json == replayed.printed.json


def test_one_strategy_without_full(replayed: Replayed):
    day = PEAK.isoformat()
    found = amc("replay", "--from", day, "--to", day, "--home", replayed.home, "--json", "-s", "legacy_v0").json
    assert [screen["strategy"] for screen in found] == ["legacy_v0"]
    assert "ranked" not in found[0]


def test_tables_measure_the_lists_beside_sorts(replayed: Replayed):
    day = PEAK.isoformat()
    found = amc("replay", "--from", day, "--to", day, "--home", replayed.home)
    assert found.code == 0
    assert "precision@" in found.out
    assert "sort:" in found.out
    assert "\x1b[" not in found.out


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2026-08-24", "soon", "'soon' is not a date"),
        ("2026-08-22", "2026-08-23", "no trading session"),
        ("2026-08-25", "2026-08-24", "no trading session"),
        ("2019-01-03", "2019-01-04", "is not inside the simulated market"),
        ("2026-08-24", "2030-01-03", "is not inside the simulated market"),
    ],
)
def test_bad_range_is_refused(small_market: None, tmp_path: Path, first: str, last: str, sentence: str):
    found = amc("replay", "--from", first, "--to", last, "--home", tmp_path)
    assert (found.code, found.out) == (2, "")
    assert sentence in found.talk
    assert "Next:" in found.talk
    assert not list(tmp_path.iterdir())


def test_folder_without_recorded_days_is_refused(tmp_path: Path):
    day = PEAK.isoformat()
    found = amc("replay", "--data", tmp_path, "--from", day, "--to", day, "--home", tmp_path / "home")
    assert (found.code, found.out) == (2, "")
    assert "market.toml is not there" in found.talk


def test_demo_prints_candidates_precision_report_and_next_steps(replayed: Replayed):
    found = amc("demo", "--days", "2", "--to", PEAK.isoformat(), "--home", replayed.home)
    assert found.code == 0, found.err
    for part in (PLANTED, "precision_frac", "planted", "report: ", "next: ", "SIMULATED"):
        assert part in found.out
    report = found.out.partition("report: ")[2].splitlines()[0]
    assert Path(report).read_text(encoding="utf-8").startswith("<!")


def test_demo_json_is_json_only(replayed: Replayed):
    found = amc("demo", "--days", "1", "--to", PEAK.isoformat(), "--home", replayed.home, "--json")
    body = found.json
    assert set(body) == {"screens", "precision", "report"}
    assert [card["strategy"] for card in body["precision"]] == list(STRATEGIES)
    assert PLANTED in json.dumps(body["screens"])


def test_demo_refuses_a_day_that_is_not_over(small_market: None, tmp_path: Path):
    found = amc("demo", "--days", "2", "--to", "2030-01-03", "--home", tmp_path)
    assert (found.code, found.out) == (2, "")
    assert "complete sessions" in found.talk


@pytest.mark.real_data
def test_real_days_never_go_into_a_simulated_lake(replayed: Replayed, shared_data: Path):
    day = ("--from", "2021-01-26", "--to", "2021-01-26")
    found = amc("replay", "--data", shared_data, *day, "--home", replayed.home)
    assert (found.code, found.out) == (1, "")
    assert "holds simulated data and this run is real. Next:" in found.talk
