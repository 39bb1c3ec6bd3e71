"""Missing is not zero: an input that is gone has its reason everywhere, and never makes anything look surer."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from amc_assets.features.build import build_snapshot
from amc_assets.lake.store import Absence, Lake
from amc_assets.lake.tables import TABLES
from amc_assets.pipeline import discovery, ingest, lookahead
from amc_assets.pipeline.discovery import Discovery, discover
from amc_assets.pipeline.gather import gather_from
from amc_assets.pipeline.history import History
from amc_assets.pipeline.listing import ingest_universe
from amc_assets.pipeline.screen import stored_explained, stored_screen
from amc_assets.pipeline.share_counts import ingest_share_counts
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.reasons import Reason
from amc_assets.replay.faults import FaultKind, FaultPlan, FaultRule
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.store.runs import recent_runs
from amc_assets.strategies.registry import STRATEGIES
from amc_assets_tests.pipeline.conftest import Replayed, settings_in

INPUTS = ("share_counts", "daily_bars", "short_volume", "short_interest")
MISSING_WITHOUT = {"share_counts", "daily_bars", "short_volume", "short_interest"}


def names_of(replayed: Replayed, lake: Lake, strategy: str) -> dict[str, dict[str, Any]]:
    scored = lookahead.scored(replayed.settings, lake, replayed.days[-1], strategy)
    return {name["symbol"]: name for name in scored["ranked"]}


def components(names: dict[str, dict[str, Any]]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for name in names.values():
        for detector in name["detectors"]:
            for component in detector["components"]:
                yield detector, component


@pytest.mark.parametrize("gone", INPUTS)
@pytest.mark.parametrize("strategy", ["unified_detectors", "hybrid_v1"])
def test_without_a_dataset_nobody_is_surer_and_nothing_is_filled_in(
    replayed: Replayed, tmp_path: Path, gone: str, strategy: str
):
    lake = replayed.copy(tmp_path / "lake")
    shutil.rmtree(lake.root / gone)
    before, after = names_of(replayed, replayed.lake, strategy), names_of(replayed, lake, strategy)
    assert len(before) > 50
    assert set(after) <= set(before)
    surer = {symbol for symbol, name in after.items() if name["confidence"] > before[symbol]["confidence"]}
    assert surer == set()
    if strategy == "unified_detectors":
        assert not after or any(name["confidence"] < before[symbol]["confidence"] for symbol, name in after.items())
    for detector, component in components(after):
        assert (component["score"] is None) == (component["reason"] is not None), component
        if all(item["score"] is None for item in detector["components"]):
            assert detector["score"] is None, f"{detector['name']} scored nothing at all"


def test_without_the_split_table_nobody_is_surer(replayed: Replayed, tmp_path: Path):
    lake = replayed.copy(tmp_path / "lake")
    shutil.rmtree(lake.root / "splits")
    before = names_of(replayed, replayed.lake, "unified_detectors")
    after = names_of(replayed, lake, "unified_detectors")
    assert {s for s, name in after.items() if name["confidence"] > before[s]["confidence"]} == set()


def test_a_missing_input_has_neither_value_nor_score(replayed: Replayed, tmp_path: Path):
    """Short interest that is not there is null with its reason, not zero."""
    lake = replayed.copy(tmp_path / "lake")
    shutil.rmtree(lake.root / "short_interest")
    names = names_of(replayed, lake, "unified_detectors")
    honest = [item for _, item in components(names) if item["name"] == "short_metrics"]
    terms = [term for item in honest for term in item["terms"] if term["feature"] == "short_interest_float_frac"]
    assert terms
    assert all(term["value"] is None and term["score"] is None for term in terms)
    assert {term["reason"] for term in terms} == {"not_fetched"}


@pytest.mark.parametrize("gone", sorted(MISSING_WITHOUT | {"universe"}))
def test_each_missing_dataset_says_so(replayed: Replayed, tmp_path: Path, gone: str):
    lake = replayed.copy(tmp_path / "lake")
    shutil.rmtree(lake.root / gone)
    moment = replayed.moment(replayed.days[-1])
    history = History(lake, moment.trade_date, moment.trade_date)
    snapshot = build_snapshot(gather_from(replayed.settings, lake, moment, history, is_simulated=True))
    line = next(age for age in snapshot.inputs if age.name == gone)
    assert (line.known_at, line.reason) == (None, Reason.NOT_FETCHED)
    assert "never materialised" in line.note
    assert gone in discovery.REQUIRED


def test_a_note_of_the_provider_is_the_reason(replayed: Replayed, tmp_path: Path):
    lake = replayed.copy(tmp_path / "lake")
    day = replayed.days[-1]
    shutil.rmtree(lake.root / "daily_bars" / day.isoformat())
    moment = replayed.moment(day)
    note = Absence(Reason.PROVIDER_REFUSED, "polygon.daily_bars: 401", moment.as_of)
    lake.mark_absent(TABLES["daily_bars"], day.isoformat(), note)
    history = History(lake, day, day)
    snapshot = build_snapshot(gather_from(replayed.settings, lake, moment, history, is_simulated=True))
    line = next(age for age in snapshot.inputs if age.name == "daily_bars")
    assert (line.reason, line.note) == (Reason.PROVIDER_REFUSED, note.detail)
    missing = snapshot.feature("relvol_30")
    assert not missing.present.any()


@dataclass(frozen=True)
class Outage:
    """What breaks, which tables then have no rows of the day, and which are filled by another source."""

    rules: list[FaultRule]
    absent: set[str]
    stand_ins: dict[str, str] = field(default_factory=dict)


POLYGON_DOWN = FaultRule(FaultKind.STATUS, provider="polygon", status=503)
SCREENER_DOWN = FaultRule(FaultKind.RESET, "screener")
FILE_DOWN = FaultRule(FaultKind.HTML, "daily_short_volume")  # a reset is tried thrice, which opens FINRA's breaker
OUTAGES = {
    "polygon": Outage([POLYGON_DOWN], set(), {"daily_bars": "nasdaq.screener"}),
    "bars_html": Outage([FaultRule(FaultKind.HTML, "grouped_daily"), SCREENER_DOWN], {"daily_bars"}),
    "all_bars": Outage([POLYGON_DOWN, SCREENER_DOWN], {"daily_bars"}),
    "finra_file": Outage([FILE_DOWN], set(), {"short_volume": "finra.reg_sho_daily"}),
    "finra": Outage([FaultRule(FaultKind.STATUS, provider="finra", status=503)], {"short_volume"}),
    "everything": Outage([FaultRule(FaultKind.STATUS, status=500)], {"daily_bars", "short_volume", "universe"}),
}


def ingest_and_discover(workspace: Workspace, replayed: Replayed) -> Discovery:
    """Do for the last day what the discovery job does, without Dagster."""
    day = replayed.days[-1]
    ingest_universe(workspace, day)
    ingest_share_counts(workspace, day)
    ingest.ingest_daily_bars(workspace, day)
    ingest.ingest_short_volume(workspace, day)
    workspace.forget_history()
    return discover(workspace, replayed.moment(day), workspace.history(day, day))


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.usefixtures("no_waiting")
def test_a_provider_that_is_down_for_a_day_costs_confidence_and_heals(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path, outage: str
):
    broken = OUTAGES[outage]
    absent = broken.absent
    day, key = replayed.days[-1], replayed.days[-1].isoformat()
    shutil.copytree(replayed.lake.root, tmp_path / "lake", copy_function=os.link)
    for name in ("universe", "share_counts", "daily_bars", "short_volume", "discovery_runs"):
        shutil.rmtree(tmp_path / "lake" / name / key)
    faults = FaultPlan(broken.rules)
    with open_workspace(settings_in(tmp_path), market=market, faults=faults) as workspace:
        found = ingest_and_discover(workspace, replayed)
        assert faults.injected.total() > 0, "no fault was injected"
        assert found.error is None
        for name in absent:
            note = workspace.lake.absence(TABLES[name], key)
            assert note is not None, name
            assert note.reason in {Reason.PROVIDER_UNAVAILABLE, Reason.PROVIDER_REFUSED}, note
        for name, source in broken.stand_ins.items():
            rows = workspace.lake.vintages(TABLES[name], key)
            assert set(rows.column("source").to_pylist()) == {source}, name
        if "daily_bars" in absent:
            assert found.status == "degraded"
            assert "daily_bars" in found.reason
        assert {run.status for name in STRATEGIES for run in recent_runs(workspace.engine, name, 9)} <= {
            "degraded", "empty", "succeeded",
        }  # fmt: skip
        screen = stored_screen(workspace.lake, day, "unified_detectors")
        assert {item["name"] for item in screen["inputs"] if item["known_at"] is None} >= absent & {"daily_bars"}
        compare_confidence(replayed, found)
        if "daily_bars" in absent:
            told = stored_explained(workspace.lake, day, "unified_detectors", str(found.snapshot.symbols[0])).name
            reasons = {item["reason"] for item in told["detectors"][0]["components"]}
            assert reasons & {"provider_unavailable", "provider_refused"}
    with open_workspace(settings_in(tmp_path), market=market) as workspace:
        healed = ingest_and_discover(workspace, replayed)
        whole = stored_screen(replayed.lake, day, "unified_detectors", full=True)
        again = stored_screen(workspace.lake, day, "unified_detectors", full=True)
        assert healed.status in {"succeeded", "empty"}
        assert set(healed.late) >= absent, "the healed run says what came late"
        assert set(healed.run_ids.values()).isdisjoint(found.run_ids.values())
        assert without_instants(again) == without_instants(whole)
        assert [workspace.lake.absence(TABLES[name], key) for name in absent] == [None] * len(absent)


def without_instants(screen: dict[str, Any]) -> dict[str, Any]:
    """Return a screen without when its inputs were known and came: the healed run is another one that says so."""
    told = json.loads(json.dumps(screen, default=str))
    text = re.sub(r'"(known_at|age_hours)": [^,}]+', r'"\1": null', json.dumps(told))
    text = text.replace("+finra.reg_sho_daily", "")  # rows of the stand-in that the healed answer repeats keep its name
    of_the_run = {"snapshot_hash", "discovery_run_id", "arrived_by", "recomputes", "came_late"}
    return {k: v for k, v in json.loads(text).items() if k not in of_the_run}


def compare_confidence(replayed: Replayed, found: Discovery) -> None:
    """Nobody is surer than with everything there."""
    for strategy, result in found.results.items():
        rows = stored_screen(replayed.lake, found.moment.trade_date, strategy, full=True)["ranked"]
        before = {row["symbol"]: row["confidence"] for row in rows}
        now = dict(zip(result.symbols.tolist(), result.confidence.tolist(), strict=True))
        surer = {s: c for s, c in now.items() if np.isfinite(c) and c > before.get(s, -1.0)}
        assert surer == {}, strategy
