"""A repeat of a run is the same run; facts that came late make another one, which says what came late."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amc_assets.clock import FixedClock, SystemClock
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Absence, Lake
from amc_assets.lake.tables import DAILY_BARS, DISCOVERY_RUNS, SHARE_COUNTS, SHORT_VOLUME, TRADE_HALTS, UNIVERSE
from amc_assets.market.calendar import open_at
from amc_assets.pipeline.discovery import Discovery, discover
from amc_assets.pipeline.history import History
from amc_assets.pipeline.repeats import FirstRun, late_facts
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason
from amc_assets.store.engine import open_engine, upgrade
from amc_assets.store.runs import recent_runs
from amc_assets_tests.pipeline.conftest import Replayed

STRATEGIES = ["unified_detectors"]


@dataclass
class Evening:
    """A workspace on a lake of its own, and the first run of a day that lacked a file which comes later."""

    workspace: Workspace
    replayed: Replayed
    day: date
    withheld: Path

    def run(self, *, repeat: bool = False) -> Discovery:
        moment = self.replayed.moment(self.day)
        return discover(
            self.workspace, moment, History(self.workspace.lake, self.day, self.day), STRATEGIES, repeat=repeat
        )

    def short_volume_arrives(self) -> int:
        """Write the day's file as it would be written now: public at 18:00, arrived now."""
        table = Lake(self.withheld).current(SHORT_VOLUME, self.day.isoformat())
        rows = table.select(list(SHORT_VOLUME.given_names))
        now = self.workspace.clock.now()
        self.workspace.lake.write(SHORT_VOLUME, self.day.isoformat(), rows, now)
        return rows.num_rows

    def head(self, found: Discovery) -> dict:
        runs = self.workspace.lake.read_part(DISCOVERY_RUNS, self.day.isoformat(), found.part)
        return json.loads(pc.first(runs["head"]).as_py())


@pytest.fixture
def evening(replayed: Replayed, tmp_path: Path) -> Iterator[Evening]:
    lake, withheld = replayed.copy(tmp_path / "lake"), replayed.copy(tmp_path / "withheld")
    day = replayed.days[-1]
    for file in (lake.root / SHORT_VOLUME.name / day.isoformat()).iterdir():
        file.unlink()
    for file in (lake.root / DISCOVERY_RUNS.name / day.isoformat()).iterdir():
        file.unlink()
    clock = FixedClock(SystemClock().now() + timedelta(hours=1))  # after everything of the replay had arrived
    engine = open_engine(f"sqlite:///{tmp_path}/amc.db")
    upgrade(engine)
    workspace = replace(replayed.workspace, lake=lake, clock=clock, engine=engine)
    vars(workspace).pop("recent", None)
    yield Evening(workspace, replayed, day, withheld.root)
    engine.dispose()


def later(evening: Evening, hours: int) -> None:
    evening.workspace.clock = FixedClock(evening.workspace.clock.now() + timedelta(hours=hours))


def test_a_repeat_without_news_is_the_same_run(evening: Evening):
    first = evening.run()
    later(evening, 30)
    again = evening.run()
    assert (again.run_ids, again.part, again.snapshot.content_hash) == (
        first.run_ids, first.part, first.snapshot.content_hash,
    )  # fmt: skip
    assert again.arrived_by == first.arrived_by
    assert again.late == {}


def test_a_recomputation_has_its_own_id_and_says_what_came_late(evening: Evening):
    first = evening.run()
    later(evening, 3)
    rows = evening.short_volume_arrives()
    again = evening.run()
    assert again.snapshot.content_hash != first.snapshot.content_hash
    assert again.run_ids != first.run_ids
    assert again.part != first.part
    assert again.late == {"short_volume": rows}
    assert again.recomputes == first.run_ids
    assert evening.head(again)["came_late"] == {"short_volume": rows}
    assert evening.head(again)["recomputes"] == str(first.run_ids["unified_detectors"])
    assert evening.head(first)["snapshot_hash"] == first.snapshot.content_hash, "the first run stays as it was"
    stored = {
        str(run.discovery_run_id): run.snapshot_hash
        for run in recent_runs(evening.workspace.engine, "unified_detectors", 50)
    }
    assert stored[str(first.run_ids["unified_detectors"])] == first.snapshot.content_hash
    assert stored[str(again.run_ids["unified_detectors"])] == again.snapshot.content_hash


def test_a_recomputation_again_is_the_same_recomputation(evening: Evening):
    evening.run()
    later(evening, 3)
    evening.short_volume_arrives()
    one, other = evening.run(), evening.run()
    assert one.run_ids == other.run_ids


def test_a_repeat_reads_what_had_arrived_by_its_first_time(evening: Evening):
    first = evening.run()
    later(evening, 3)
    evening.short_volume_arrives()
    again = evening.run(repeat=True)
    assert again.snapshot.content_hash == first.snapshot.content_hash
    assert again.run_ids == first.run_ids
    assert again.arrived_by == first.arrived_by
    assert (again.late, again.status, again.reason) == ({}, first.status, first.reason)


def test_a_repeat_that_reads_everything_is_caught(evening: Evening, monkeypatch: pytest.MonkeyPatch):
    """The fault: without the limit a repeat under the same id holds another snapshot."""
    monkeypatch.setattr("amc_assets.lake.arrivals.arrived_by", lambda table, _limit: table)
    monkeypatch.setattr("amc_assets.lake.arrivals.LakeAt.holds", Lake.holds)
    with pytest.raises(AssertionError):
        test_a_repeat_reads_what_had_arrived_by_its_first_time(evening)


def test_a_late_fact_that_changes_nothing_leaves_the_run(evening: Evening):
    first = evening.run()
    later(evening, 3)
    old = date(2024, 3, 25)
    table = evening.workspace.lake.current(SHORT_VOLUME, old.isoformat()).slice(0, 0)
    assert table.num_rows == 0
    row = evening.workspace.lake.current(SHORT_VOLUME, old.isoformat()).slice(0, 1).to_pylist()[0]
    stranger = {**{name: row[name] for name in SHORT_VOLUME.given_names}, "symbol": "ZZZZ"}
    rows = SHORT_VOLUME.arrow.empty_table().select(list(SHORT_VOLUME.given_names)).from_pylist([stranger])
    evening.workspace.lake.write(SHORT_VOLUME, old.isoformat(), rows, first.arrived_by + timedelta(seconds=1))
    known = evening.workspace.lake.vintages(SHORT_VOLUME, old.isoformat())
    assert known.num_rows
    again = evening.run()
    assert again.run_ids == first.run_ids


def test_a_killed_run_has_no_first_time(evening: Evening):
    """Heads are written last: a run that died before is run anew under its id, with what is there now."""
    first = evening.run()
    for file in (evening.workspace.lake.root / DISCOVERY_RUNS.name / evening.day.isoformat()).iterdir():
        file.unlink()
    later(evening, 3)
    evening.short_volume_arrives()
    again = evening.run()
    assert again.run_ids == first.run_ids
    assert again.snapshot.content_hash != first.snapshot.content_hash
    assert again.arrived_by == evening.workspace.clock.now()


def test_instants_are_utc(evening: Evening):
    assert datetime.fromisoformat(evening.head(evening.run())["arrived_by"]).tzinfo is not None


def test_an_empty_answer_that_came_late_is_another_run(evening: Evening):
    """No row arrived, but "there are no halts" did: it read "never asked" before, under the same id."""
    folder = evening.workspace.lake.root / TRADE_HALTS.name / evening.day.isoformat()
    for file in folder.iterdir():
        file.unlink()
    first = evening.run()
    later(evening, 3)
    now = evening.workspace.clock.now()
    evening.workspace.lake.write(TRADE_HALTS, evening.day.isoformat(), TRADE_HALTS.arrow.empty_table(), now)
    assert evening.run(repeat=True).snapshot.content_hash == first.snapshot.content_hash
    again = evening.run()
    assert (again.run_ids == first.run_ids) == (again.snapshot.content_hash == first.snapshot.content_hash)
    assert evening.head(first)["arrived_by"] == first.arrived_by.isoformat()


@pytest.mark.parametrize("table", [DAILY_BARS, SHARE_COUNTS, TRADE_HALTS], ids=lambda schema: schema.name)
def test_a_reason_that_came_late_is_another_run(evening: Evening, table: TableSchema):
    for file in (evening.workspace.lake.root / table.name / evening.day.isoformat()).iterdir():
        file.unlink()
    first = evening.run()
    later(evening, 3)
    note = Absence(Reason.PROVIDER_UNAVAILABLE, "503", evening.workspace.clock.now())
    evening.workspace.lake.mark_absent(table, evening.day.isoformat(), note)
    repeated, again = evening.run(repeat=True), evening.run()
    assert (repeated.run_ids, repeated.snapshot.content_hash, repeated.reason) == (
        first.run_ids, first.snapshot.content_hash, first.reason,
    )  # fmt: skip
    assert (again.run_ids == first.run_ids) == (again.snapshot.content_hash == first.snapshot.content_hash)


def test_facts_of_long_ago_that_came_late_are_late(evening: Evening):
    """However far a run looks back: a listing of January decides who had a symbol."""
    first = evening.run()
    later(evening, 3)
    rows = evening.workspace.lake.current(UNIVERSE, evening.day.isoformat()).select(list(UNIVERSE.given_names))
    known = rows.set_column(
        rows.column_names.index("known_at"), "known_at", pa.repeat(open_utc(date(2024, 1, 30)), rows.num_rows)
    )
    evening.workspace.lake.write(UNIVERSE, "2024-01-30", known, evening.workspace.clock.now())
    found = late_facts(evening.workspace.lake, first.moment, FirstRun(first.arrived_by, "", {}))
    assert found == {"universe": rows.num_rows}


def open_utc(day: date) -> pa.Scalar:
    return pa.scalar(open_at(day), UNIVERSE.arrow.field("known_at").type)


def test_two_revisions_of_one_instant_are_both_kept_for_the_repeat(evening: Evening):
    """In a replay everything of a day is observed at its end: the second revision overwrote what the first run read."""
    lake, key = evening.workspace.lake, evening.day.isoformat()
    evening.short_volume_arrives()
    observed = evening.replayed.moment(evening.day).as_of

    def revised(factor: float) -> None:
        later(evening, 1)
        rows = lake.current(SHORT_VOLUME, key).select(list(SHORT_VOLUME.given_names))
        column = rows.column_names.index("short_volume_shares")
        rows = rows.set_column(column, "short_volume_shares", pc.multiply(rows["short_volume_shares"], factor))
        lake.write(SHORT_VOLUME, key, rows, observed, arrived_at=evening.workspace.clock.now())

    revised(0.5)
    first = evening.run()
    revised(0.5)
    assert evening.run(repeat=True).snapshot.content_hash == first.snapshot.content_hash
    assert evening.run().snapshot.content_hash != first.snapshot.content_hash


def test_a_good_run_stays_good_when_executing_it_again_fails(evening: Evening, monkeypatch: pytest.MonkeyPatch):
    first = evening.run()

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("amc_assets.pipeline.records.keep", full)
    again = evening.run()
    assert again.status == "failed"
    assert set(again.run_ids.values()).isdisjoint(first.run_ids.values())
    rows = {run.discovery_run_id: run.status for run in recent_runs(evening.workspace.engine, "unified_detectors", 9)}
    assert rows[first.run_ids["unified_detectors"]] == first.status
    assert rows[again.run_ids["unified_detectors"]] == "failed"


def test_a_recomputation_that_is_stored_stays_as_it_is(evening: Evening):
    """A second late batch that changes nothing must not change what the recomputation says of itself."""
    evening.run()
    later(evening, 3)
    rows = evening.short_volume_arrives()
    one = evening.run()
    head = evening.head(one)
    later(evening, 3)
    old = date(2024, 3, 25)
    row = evening.workspace.lake.current(SHORT_VOLUME, old.isoformat()).slice(0, 1).to_pylist()[0]
    stranger = {**{name: row[name] for name in SHORT_VOLUME.given_names}, "symbol": "ZZZZ"}
    extra = SHORT_VOLUME.arrow.empty_table().select(list(SHORT_VOLUME.given_names)).from_pylist([stranger])
    evening.workspace.lake.write(SHORT_VOLUME, old.isoformat(), extra, evening.workspace.clock.now())
    other = evening.run()
    assert (other.run_ids, other.late, other.arrived_by) == (one.run_ids, {"short_volume": rows}, one.arrived_by)
    assert evening.head(other) == head


def test_a_database_that_is_younger_than_the_lake_gets_its_rows(evening: Evening, tmp_path: Path):
    first = evening.run()
    engine = open_engine(f"sqlite:///{tmp_path}/younger.db")
    upgrade(engine)
    evening.workspace.engine = engine
    again = evening.run()
    assert (again.run_ids, again.status) == (first.run_ids, first.status)
    assert len(recent_runs(engine, "unified_detectors", 9)) == 1
    engine.dispose()
