"""What a run leaves: every table, each row once, the same numbers in lake, database, screen and explanation."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from amc_assets.commands.published import published_name, published_screen
from amc_assets.features.snapshot import Snapshot
from amc_assets.lake.tables import CANDIDATES, DETECTOR_SCORES, DISCOVERY_RUNS, FEATURE_SNAPSHOT, SCORES
from amc_assets.pipeline import discovery
from amc_assets.pipeline.audit import future_rows
from amc_assets.pipeline.discovery import discover
from amc_assets.pipeline.history import History
from amc_assets.pipeline.screen import NoSuchRunError, newest_part, rescored, stored_explained, stored_screen
from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.results import candidates_of_run, detector_performance_of
from amc_assets.store.runs import recent_runs, unclosed_runs
from amc_assets.strategies.explain import UnknownSymbol
from amc_assets.strategies.registry import STRATEGIES
from amc_assets_tests.pipeline.conftest import Replayed

# copied by hand from the specification (detectors.md, JSON); not from the code
SCREEN = (
    "trade_date session as_of strategy discovery_run_id snapshot_hash calibration_hash is_simulated universe_count "
    "arrived_by inputs funnel candidates reason"
)
INPUT = "name source known_at age_hours reason"
FUNNEL = "gate in out"
RANKED = "symbol rank score confidence ranking_score action passed failed_gates gates"
COMPONENT = "name value unit score weight source known_at reason"
GATE = "name kind value limit unit direction passed"


def keys(text: str) -> set[str]:
    return set(text.split())


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_screen_has_the_keys_of_the_specification(replayed: Replayed, strategy: str):
    for day in replayed.days:
        plain = published_screen(stored_screen(replayed.lake, day, strategy))
        full = published_screen(stored_screen(replayed.lake, day, strategy, full=True))
        assert set(plain) == keys(SCREEN)
        assert set(full) == keys(SCREEN) | {"ranked"}
        assert all(set(item) == keys(INPUT) for item in full["inputs"])
        assert all(set(item) == keys(FUNNEL) for item in full["funnel"])
        assert len(full["ranked"]) > 50
        assert all(set(name) == keys(RANKED) for name in full["ranked"])
        assert all(set(name) == keys(RANKED) | {"detectors"} for name in full["candidates"])
        json.dumps(full, allow_nan=False)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_explained_name_has_the_keys_of_the_specification(replayed: Replayed, strategy: str):
    name = published_name(stored_explained(replayed.lake, replayed.days[0], strategy, some_symbol(replayed)).name)
    assert set(name) == keys(RANKED) | {"detectors"}
    assert all(set(gate) == keys(GATE) for gate in name["gates"])
    for detector in name["detectors"]:
        assert set(detector) == {"name", "score", "confidence", "components"}
        assert all(keys(COMPONENT) <= set(component) for component in detector["components"])


def some_symbol(replayed: Replayed) -> str:
    found: str = stored_screen(replayed.lake, replayed.days[0], "legacy_v0", full=True)["ranked"][0]["symbol"]
    return found


def test_every_table_holds_the_run(replayed: Replayed):
    for day in replayed.days:
        part, key = replayed.part(day), day.isoformat()
        tables = {s.name: replayed.lake.read_part(s, key, part) for s in (FEATURE_SNAPSHOT, DETECTOR_SCORES, SCORES)}
        assert all(table is not None and table.num_rows for table in tables.values())
        assert replayed.lake.read_part(CANDIDATES, key, part) is not None
        heads = replayed.lake.read_part(DISCOVERY_RUNS, key, part)
        assert sorted(heads["strategy"].to_pylist()) == sorted(STRATEGIES)
        checked, late = future_rows(replayed.lake, replayed.moment(day), part)
        assert checked > 1000
        assert late == 0


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_rescored_numbers_are_the_stored_ones(replayed: Replayed, strategy: str):
    for day in replayed.days:
        stored = stored_screen(replayed.lake, day, strategy, full=True)["ranked"]
        head, snapshot, result = rescored(replayed.lake, day, strategy, replayed.part(day))
        assert snapshot.content_hash == head["snapshot_hash"]
        again = result.symbols[result.order].tolist()
        assert [row["symbol"] for row in stored] == again
        for name, values in (("score", result.score), ("confidence", result.confidence)):
            assert [row[name] for row in stored] == values[result.order].tolist()


def all_candidates(replayed: Replayed) -> list[tuple[date, str, dict[str, Any]]]:
    screens = [(d, s, stored_screen(replayed.lake, d, s)) for d in replayed.days for s in STRATEGIES]
    return [(day, strategy, name) for day, strategy, screen in screens for name in screen["candidates"]]


def test_the_explanation_is_the_one_stored_for_a_candidate(replayed: Replayed):
    found = all_candidates(replayed)
    assert found, "no day of the replay has a candidate: nothing is compared"
    for day, strategy, name in found:
        assert stored_explained(replayed.lake, day, strategy, name["symbol"]).name == name


def test_failed_gates_name_the_gates_that_reject(replayed: Replayed):
    day = replayed.days[1]
    for row in stored_screen(replayed.lake, day, "unified_detectors", full=True)["ranked"]:
        name = stored_explained(replayed.lake, day, "unified_detectors", row["symbol"]).name
        hard = [gate for gate in name["gates"] if gate["kind"] == "hard"]
        failed = [gate["name"] for gate in hard if gate["passed"] is False]
        unknown = {gate["name"] for gate in hard if gate["passed"] is None}
        assert [gate for gate in row["failed_gates"] if gate not in unknown] == failed
        assert row["passed"] is (not row["failed_gates"])
        assert name["failed_gates"] == row["failed_gates"]


def test_the_database_says_what_the_lake_says(replayed: Replayed):
    engine = replayed.workspace.engine
    for strategy in STRATEGIES:
        runs = {run.trade_date: run for run in recent_runs(engine, strategy, 99)}
        assert sorted(runs) == replayed.days
        for day, run in runs.items():
            screen = stored_screen(replayed.lake, day, strategy)
            assert str(run.discovery_run_id) == screen["discovery_run_id"]
            # its own list decides, not that of the strategy that is served
            assert run.status == screen["status"] == ("succeeded" if screen["candidates"] else "empty")
            assert (run.reason or None) == screen["reason"]
            stored = candidates_of_run(engine, run.discovery_run_id)
            assert [item.row.explanation for item in stored] == screen["candidates"]
            rows = detector_performance_of(engine, run.discovery_run_id)
            ranked = stored_screen(replayed.lake, day, strategy, full=True)["ranked"]
            past = {row["symbol"] for row in ranked if row["passed"]}
            assert {row.symbol for row in rows} <= past
            assert all(row.hard_gate_passed for row in rows)
            assert bool(rows) is bool(past)


def test_every_run_is_closed(replayed: Replayed):
    assert unclosed_runs(replayed.workspace.engine, replayed.workspace.clock.now()) == []


def test_an_empty_list_says_why(replayed: Replayed):
    screens = [stored_screen(replayed.lake, day, "hybrid_v1") for day in replayed.days]
    assert all(screen["reason"] for screen in screens if not screen["candidates"])


def test_a_repeated_run_is_the_same_run(replayed: Replayed):
    day = replayed.days[0]
    before = stored_screen(replayed.lake, day, "legacy_v0", full=True)
    discover(replayed.workspace, replayed.moment(day), replayed.workspace.history(day, day))
    assert stored_screen(replayed.lake, day, "legacy_v0", full=True) == before
    assert len(replayed.lake.parts(SCORES, day.isoformat())) == 1
    assert len(recent_runs(replayed.workspace.engine, "legacy_v0", 99)) == len(replayed.days)


def test_a_bad_day_is_a_failed_row_and_the_others_go_on(
    replayed: Replayed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A first run that fails has its row; the same day run again well takes that row over."""
    bad, good = replayed.days[1], replayed.days[2]
    honest = discovery.build_snapshot

    def broken(inputs: Any) -> Snapshot:
        if inputs.trade_date == bad:
            raise ZeroDivisionError("planted")
        return honest(inputs)

    lake, engine = replayed.copy(tmp_path / "lake"), open_engine(f"sqlite:///{tmp_path}/amc.db")
    upgrade(engine)
    shutil.rmtree(lake.root / DISCOVERY_RUNS.name)
    workspace = replace(replayed.workspace, lake=lake, engine=engine)
    vars(workspace).pop("recent", None)
    monkeypatch.setattr(discovery, "build_snapshot", broken)
    history = History(lake, bad, good)
    found = [discover(workspace, replayed.moment(day), history) for day in (bad, good)]
    assert [item.status == "failed" for item in found] == [True, False]
    runs = {run.trade_date: run for run in recent_runs(engine, "legacy_v0", 99)}
    assert (runs[bad].status, runs[bad].reason) == ("failed", "ZeroDivisionError: planted")
    assert runs[bad].finished_at is not None
    monkeypatch.undo()
    again = discover(workspace, replayed.moment(bad), history)
    assert (again.error, again.run_ids) == (None, found[0].run_ids)
    assert {run.status for run in recent_runs(engine, "legacy_v0", 99)} <= {"empty", "succeeded", "degraded"}
    engine.dispose()


@pytest.mark.parametrize(
    ("moment", "error", "reason"),
    [
        *((moment, KeyboardInterrupt(), "interrupted: ") for moment in ("build_snapshot", "keep", "close")),
        ("close", ZeroDivisionError("planted"), "ZeroDivisionError: planted"),
    ],
)
def test_a_run_that_ends_inside_leaves_no_row_open_and_stops_the_others(
    replayed: Replayed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str, error: BaseException, reason: str
):
    """While a day is built, kept, or its rows are closed: rows say why it ended, the day runs again well."""
    day = replayed.days[1]
    lake, engine = replayed.copy(tmp_path / "lake"), open_engine(f"sqlite:///{tmp_path}/amc.db")
    upgrade(engine)
    shutil.rmtree(lake.root / DISCOVERY_RUNS.name)
    workspace = replace(replayed.workspace, lake=lake, engine=engine)
    vars(workspace).pop("recent", None)

    def ended(*_: Any) -> None:
        raise error

    monkeypatch.setattr(discovery if moment == "build_snapshot" else discovery.records, moment, ended)
    history = History(lake, day, day)
    with pytest.raises(type(error)):
        discover(workspace, replayed.moment(day), history)
    (run,) = recent_runs(engine, "legacy_v0", 99)
    assert run.status == "failed"
    assert (run.reason or "").startswith(reason)
    monkeypatch.undo()
    assert discover(workspace, replayed.moment(day), history).error is None
    (run,) = recent_runs(engine, "legacy_v0", 99)
    assert run.status in {"empty", "succeeded", "degraded"}
    engine.dispose()


def test_what_was_never_run_is_said(replayed: Replayed):
    with pytest.raises(NoSuchRunError, match=r"no discovery run of 2024-01-05.*Next"):
        newest_part(replayed.lake, date(2024, 1, 5), "legacy_v0")
    with pytest.raises(UnknownSymbol, match="NOBODY"):
        stored_explained(replayed.lake, replayed.days[0], "legacy_v0", "NOBODY")


def test_the_confidence_distribution_counts_every_scored_name(replayed: Replayed):
    run = recent_runs(replayed.workspace.engine, "unified_detectors", 1)[0]
    scored = stored_screen(replayed.lake, run.trade_date, "unified_detectors", full=True)["ranked"]
    assert sum(run.confidence_distribution.values()) == len(scored)
    assert np.isfinite([row["confidence"] for row in scored]).all()


def test_a_run_of_an_earlier_version_ends_in_a_sentence(replayed: Replayed, tmp_path: Path):
    lake = replayed.copy(tmp_path / "lake")
    day = replayed.days[-1]
    part = newest_part(lake, day, "unified_detectors")
    runs = lake.read_part(DISCOVERY_RUNS, day.isoformat(), part)
    assert runs is not None
    heads = [json.loads(text) for text in runs.column("head").to_pylist()]
    old = [json.dumps({key: value for key, value in head.items() if key != "session_overrides"}) for head in heads]
    place = runs.column_names.index("head")
    lake.write_part(DISCOVERY_RUNS, day.isoformat(), part, runs.set_column(place, "head", pa.array(old)))
    with pytest.raises(NoSuchRunError, match="stored by an earlier version"):
        stored_screen(lake, day, "unified_detectors")
