"""Feeds that lie, served over HTTP: not stored, named with both numbers, and the run is degraded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from amc_assets.definitions import build_definitions
from amc_assets.defs.feed_checks import COMPARED_TABLES, FIT_CHECK
from amc_assets.defs.jobs import DISCOVERY_JOB
from amc_assets.defs.resources import HeldWorkspace
from amc_assets.lake.store import Absence, Lake
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS, SHORT_VOLUME, TABLES
from amc_assets.lake.withdrawals import providers_of
from amc_assets.market.calendar import end_of_day_as_of, previous_session
from amc_assets.market.publication import newest_published
from amc_assets.pipeline.discovery import Discovery, discover
from amc_assets.pipeline.feed_checks import accepted
from amc_assets.pipeline.feed_checks.gate import ACCEPTED, COMPARED, NOT_COMPARED
from amc_assets.pipeline.feed_checks.rules import RULES
from amc_assets.pipeline.healing import healed
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.ingest import ingest_daily_bars, ingest_short_interest, ingest_short_volume
from amc_assets.pipeline.listing import ingest_universe
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.refused_feeds import refused_feeds
from amc_assets.pipeline.share_counts import ingest_share_counts
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.reasons import Reason
from amc_assets.replay.faults import FaultKind, FaultPlan, FaultRule
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.store.runs import recent_runs
from amc_assets_tests.pipeline.conftest import Replayed, settings_in

DAY = date(2024, 5, 20)  # the session after the replayed ones
LATER = date(2024, 5, 24)  # when the report of the 15th is out
SETTLEMENT = date(2024, 5, 15)
MOMENT = Moment(DAY, "regular", end_of_day_as_of(DAY))
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
GUTTED = {"kind": FaultKind.FEW_ROWS, "keep_frac": 0.05}
BARS = {"kind": FaultKind.SCALE, "dataset": "grouped_daily"}
LIES = {
    "prices x 100": ("daily_bars", "close_ratio", BARS | {"columns": "o+h+l+c+vw", "factor": 100.0}),
    "volumes x 1,000": ("daily_bars", "volume_ratio", BARS | {"columns": "v", "factor": 1000.0}),
    "the session before": ("daily_bars", "identical_rows", {"kind": FaultKind.REPEAT, "dataset": "grouped_daily"}),
    "95 % gone": ("daily_bars", "row_count", GUTTED | {"dataset": "grouped_daily"}),
    "short volume gutted": ("short_volume", "row_count", GUTTED | {"dataset": "daily_short_volume"}),
    "short volume repeated": (
        "short_volume", "identical_rows", {"kind": FaultKind.REPEAT, "dataset": "daily_short_volume"},
    ),
    "floats gutted": ("share_counts", "row_count", GUTTED | {"dataset": "floats"}),
    "floats x 1,000": (
        "share_counts", "float_ratio",
        {"kind": FaultKind.SCALE, "dataset": "floats", "columns": "free_float", "factor": 1000.0},
    ),
    "listing gutted": ("universe", "row_count", GUTTED | {"dataset": "symbol_directory"}),
}  # fmt: skip
INGEST = {
    "universe": ingest_universe, "daily_bars": ingest_daily_bars, "short_volume": ingest_short_volume,
    "share_counts": ingest_share_counts,
}  # fmt: skip


@contextmanager
def asking(replayed: Replayed, market: SimulatedMarket, home: Path, *rules: dict) -> Iterator[Workspace]:
    """Open a workspace on a copy of the replayed lake (one copy per home); its server breaks answers by ``rules``."""
    if not (home / "lake").exists():
        shutil.copytree(replayed.lake.root, home / "lake", copy_function=os.link)
    plan = FaultPlan([FaultRule(**rule) for rule in rules])
    with open_workspace(settings_in(home), market=market, faults=plan) as workspace:
        yield workspace


def fetched(workspace: Workspace) -> dict[str, Ingested]:
    """Fetch what a run of DAY needs."""
    return {table: ingest(workspace, DAY) for table, ingest in INGEST.items()}


def run(workspace: Workspace) -> Discovery:
    return discover(workspace, MOMENT, History(workspace.lake, DAY, DAY), ["unified_detectors"])


def test_an_honest_day_is_stored_and_says_what_it_was_compared_with(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path
):
    with asking(replayed, market, tmp_path) as workspace:
        done = fetched(workspace)
        found = run(workspace)
    assert {table: item.absence for table, item in done.items()} == dict.fromkeys(INGEST)
    assert done["daily_bars"].notes[COMPARED].startswith("2024-05-17: row_count, vanished_names, close_ratio")
    assert found.status in {"succeeded", "empty"}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_not_stored_and_the_run_says_it_by_name(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path, lie: str
):
    table, rule, fault = LIES[lie]
    also = [fault | {"dataset": "tickers"}] if lie == "listing gutted" else []
    with asking(replayed, market, tmp_path, fault, *also) as workspace:
        done = fetched(workspace)
        found = run(workspace)
        absence = workspace.lake.absence(TABLES[table], DAY.isoformat())
        stored = recent_runs(workspace.engine, "unified_detectors", 1)[0]
        held = workspace.lake.current(TABLES[table], DAY.isoformat())
    refused = {name for name, item in done.items() if item.absence is not None}
    assert refused == {table}
    assert done[table].absence == absence
    assert absence.reason is Reason.IMPLAUSIBLE_FEED
    assert f"{table} of 2024-05-20: " in absence.detail
    assert f"({rule})" in absence.detail
    assert "; allowed is " in absence.detail
    assert "2024-05-17" in absence.detail
    assert done[table].rejected["implausible_feed"] > 0
    assert (stored.status, found.status) == ("degraded", "degraded")
    assert absence.detail in stored.reason
    if table != "share_counts":
        assert held.num_rows == 0


def test_in_dagster_the_check_is_red_the_job_goes_on_and_the_run_is_degraded(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path
):
    key = DAY.isoformat()
    with asking(replayed, market, tmp_path, LIES["prices x 100"][2]) as workspace:
        definitions = build_definitions(
            workspace.settings, today=date(2024, 6, 28), resources={"workspace": HeldWorkspace(workspace)}
        )
        with dg.DagsterInstance.ephemeral() as instance:
            result = definitions.resolve_job_def(DISCOVERY_JOB).execute_in_process(
                instance=instance, raise_on_error=False, run_config=QUIET,
                tags={"dagster/asset_partition_range_start": key, "dagster/asset_partition_range_end": key},
            )  # fmt: skip
        stored = recent_runs(workspace.engine, "unified_detectors", 1)[0]
        told = workspace.lake.absence(DAILY_BARS, key).detail
    assert result.success
    found = {e.asset_key.to_user_string(): e for e in result.get_asset_check_evaluations() if e.check_name == FIT_CHECK}
    assert set(found) == COMPARED_TABLES - {"short_interest"}
    assert {name for name, e in found.items() if not e.passed and e.severity is dg.AssetCheckSeverity.ERROR} == {
        "daily_bars"
    }
    assert found["daily_bars"].metadata["refused"].value == told
    assert found["universe"].passed
    assert found["short_volume"].passed
    assert stored.status == "degraded"
    assert told in stored.reason


def test_floats_that_were_refused_are_carried_from_the_day_before(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path
):
    before = previous_session(DAY).isoformat()
    with asking(replayed, market, tmp_path, LIES["floats x 1,000"][2]) as workspace:
        ingest_share_counts(workspace, DAY)
        held, earlier = (workspace.lake.current(SHARE_COUNTS, key) for key in (DAY.isoformat(), before))
    floats = [dict(zip(*(rows[name].to_pylist() for name in ("symbol", "float_shares")), strict=True))
              for rows in (held, earlier)]  # fmt: skip
    assert floats[0] == floats[1]


@pytest.mark.parametrize("lie", ["prices x 100", "volumes x 1,000", "the session before", "95 % gone"])
def test_the_earlier_version_of_the_day_stays_in_force_and_the_run_says_so(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path, lie: str
):
    with asking(replayed, market, tmp_path) as workspace:
        fetched(workspace)
        before = workspace.lake.vintages(DAILY_BARS, DAY.isoformat())
    with asking(replayed, market, tmp_path, LIES[lie][2]) as workspace:
        assert ingest_daily_bars(workspace, DAY).absence is not None
        assert workspace.lake.vintages(DAILY_BARS, DAY.isoformat()).equals(before)
        found = run(workspace)
    assert found.status == "degraded"
    assert found.reason.startswith("answers refused: daily_bars of 2024-05-20: ")
    assert "stay in force" in found.reason
    bars = next(line for line in found.snapshot.inputs if line.name == "daily_bars")
    assert bars.known_at is not None
    assert found.snapshot.feature("close_usd").present.sum() > 100


def test_a_repeated_report_of_short_interest_degrades_the_runs_that_would_have_read_it(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path
):
    fault = GUTTED | {"dataset": "short_interest"}
    with asking(replayed, market, tmp_path, fault) as workspace:
        done = ingest_short_interest(workspace, SETTLEMENT)
        late, early = Moment(LATER, "regular", end_of_day_as_of(LATER)), MOMENT
        assert newest_published(late.as_of) == SETTLEMENT
        assert refused_feeds(workspace.lake, early) == {}
        assert refused_feeds(workspace.lake, late) == {"short_interest": done.absence.detail}
    assert "(row_count)" in done.absence.detail


def test_the_next_honest_answer_heals_the_day(replayed: Replayed, market: SimulatedMarket, tmp_path: Path):
    after = date(2024, 5, 21)
    with asking(replayed, market, tmp_path, LIES["prices x 100"][2]) as workspace:
        assert ingest_daily_bars(workspace, DAY).absence is not None
    with asking(replayed, market, tmp_path) as workspace:
        assert [item.partition for item in healed(workspace, DAILY_BARS, after, ingest_daily_bars)] == ["2024-05-20"]
        assert workspace.lake.absence(DAILY_BARS, DAY.isoformat()) is None
        fetched(workspace)
        assert run(workspace).status in {"succeeded", "empty"}


def test_a_person_accepts_a_day_and_only_those_numbers(replayed: Replayed, market: SimulatedMarket, tmp_path: Path):
    key = DAY.isoformat()
    with asking(replayed, market, tmp_path, LIES["volumes x 1,000"][2]) as workspace:
        with pytest.raises(accepted.NothingRefusedError, match="nothing to accept"):
            accepted.accept(workspace.lake, DAILY_BARS, key, why="x", at=workspace.clock.now())
        assert ingest_daily_bars(workspace, DAY).absence is not None
        found = accepted.accept(workspace.lake, DAILY_BARS, key, why="lots of 1,000", at=workspace.clock.now())
        assert set(found.numbers) == {"volume_ratio"}
        done = ingest_daily_bars(workspace, DAY)
        assert done.absence is None
        assert done.notes[ACCEPTED].endswith("accepted, lots of 1,000")
        assert workspace.lake.absence(DAILY_BARS, key) is None
        assert workspace.lake.current(DAILY_BARS, key).num_rows > 100
    worse = BARS | {"columns": "v", "factor": 100_000.0}
    for fault in (worse, LIES["prices x 100"][2]):
        with asking(replayed, market, tmp_path, fault) as workspace:
            assert ingest_daily_bars(workspace, DAY).absence is not None, fault


def test_an_old_day_fetched_again_is_compared_with_the_days_before_it(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path
):
    old = date(2024, 5, 14)
    with asking(replayed, market, tmp_path, LIES["prices x 100"][2]) as workspace:
        assert "of 2024-05-13 (" in ingest_daily_bars(workspace, old).absence.detail
    with asking(replayed, market, tmp_path) as workspace:
        assert ingest_daily_bars(workspace, old).notes[COMPARED].startswith("2024-05-13: ")


def test_after_weeks_without_a_day_nothing_is_compared_and_it_says_so(
    replayed: Replayed, market: SimulatedMarket, tmp_path: Path
):
    with asking(replayed, market, tmp_path, LIES["prices x 100"][2]) as workspace:
        done = ingest_daily_bars(workspace, date(2024, 6, 20))
        assert done.absence is None
        assert done.notes[NOT_COMPARED] == "no day before it is in the lake and near enough"


def test_no_recorded_table_of_the_replay_was_refused(replayed: Replayed):
    """Three months of the simulated market with its squeezes, splits and half-empty days: not one false alarm."""
    for table in (TABLES[name] for name in RULES):
        keys = replayed.lake.asked_partitions(table)
        notes = [replayed.lake.absence(table, key) for key in keys]
        assert len(keys) >= 2, table.name
        assert not [note for note in notes if note is not None and note.reason is Reason.IMPLAUSIBLE_FEED]


def test_a_repeat_of_a_run_does_not_see_a_later_refusal(replayed: Replayed, tmp_path: Path):
    """The note is of its time: what a run could read by then was right."""
    lake = replayed.copy(tmp_path / "lake")
    day = replayed.days[-1]
    before = replayed.moment(day)
    assert refused_feeds(lake, before) == {}
    note = Absence(Reason.IMPLAUSIBLE_FEED, "daily_bars of that day lie", replayed.workspace.clock.now())
    lake.mark_absent(DAILY_BARS, day.isoformat(), note)
    assert refused_feeds(lake, before) == {"daily_bars": note.detail}
    from amc_assets.lake.arrivals import LakeAt

    assert refused_feeds(LakeAt(lake, replayed.workspace.clock.now().replace(year=2025)), before) == {}


def test_a_screener_evening_after_whole_market_bars_is_no_fault(tmp_path: Path):
    """Another provider has other names: a third of them is enough, and values are compared on the common ones."""
    from amc_assets_tests.pipeline.feed_days import broken
    from amc_assets_tests.pipeline.test_feed_rules import PAST, TODAY, only

    assert providers_of("nasdaq.screener") != providers_of("polygon.grouped_daily")
    evening = replace(only(TODAY, 640), providers=providers_of("nasdaq.screener"))
    assert broken("daily_bars", evening, PAST) == set()


def test_versions_known_later_are_not_compared_with(tmp_path: Path):
    """As known at the answer's arrival: a correction of the day before that comes tomorrow says nothing today."""
    from amc_assets.pipeline.feed_checks.earlier_days import EarlierDays
    from amc_assets_tests.features.panels import volume_table

    lake, before = Lake(tmp_path / "lake"), date(2024, 5, 17)
    first, second = end_of_day_as_of(before), end_of_day_as_of(DAY)
    lake.write(SHORT_VOLUME, before.isoformat(), volume_table(before, ("GME", 40, 100)), first)
    corrected = volume_table(before, ("GME", 40, 900), known_at=second)
    lake.write(SHORT_VOLUME, before.isoformat(), corrected, second)
    days = EarlierDays(lake)
    for at, total in ((first, 100.0), (second, 900.0), (first, 100.0)):
        rows = days.before(SHORT_VOLUME, DAY, at, 14)[0]
        assert rows.columns["total_volume_shares"].tolist() == [total], at
