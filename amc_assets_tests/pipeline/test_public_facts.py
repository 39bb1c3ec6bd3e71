"""A public fact is known from when it was public, whatever the hour somebody asked; a withdrawn one no longer."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amc_assets.features.build import build_snapshot
from amc_assets.features.snapshot import Snapshot
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST, SHORT_VOLUME, SPLITS, UNIVERSE
from amc_assets.lake.unmapped import unmapped_of
from amc_assets.market.calendar import end_of_day_as_of, new_york, next_session, open_at, previous_session
from amc_assets.market.publication import published_at, short_volume_published_at
from amc_assets.pipeline.discovery import discover
from amc_assets.pipeline.gather import gather_from
from amc_assets.pipeline.healing import healed, healed_reports
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.ingest import ingest_short_interest, ingest_short_volume, ingest_splits
from amc_assets.pipeline.listing import ingest_universe
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import ServerFault
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets.store.engine import open_engine, upgrade
from amc_assets_tests.pipeline.conftest import Replayed

DAY = date(2024, 5, 17)  # a Friday, the last day of the replay
SATURDAY = datetime(2024, 5, 18, 15, 0, tzinfo=UTC)


class Clock:
    """A clock that stands where the test puts it."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@dataclass
class Answers:
    """Stands for the provider clients: what each gives, and the hour at which it is asked."""

    clock: Clock
    splits: Sequence[tuple[date, str, float]] = ()
    directory: pa.Table | None = None
    volume: pa.Table | None = None
    interest: pa.Table | None = None
    parsed: dict[str, Any] = field(default_factory=dict)
    is_replay: bool = False
    first_day: date | None = None
    name: str = "stub"
    bars_basis_date: date | None = None

    def uses(self, provider: str) -> bool:
        return provider in {"polygon", "nasdaq", "finra"}

    def clock_for(self, _day: date) -> Clock:
        return self.clock

    def why_not_recorded(self, _dataset: str) -> str:
        return ""

    def _answer(self, table: pa.Table | None, source: str) -> Fetched:
        if table is None:
            raise ServerFault(*source.split("."), "503", "the next run asks again")
        return Fetched(Parsed(table, **self.parsed), self.clock.now(), source)

    def polygon(self, _day: date) -> SimpleNamespace:
        def splits(first: date, last: date) -> Fetched:
            rows = [row for row in self.splits if first <= row[0] <= last]
            table = pa.table(
                {
                    "execution_date": pa.array([row[0] for row in rows], pa.date32()),
                    "source_symbol": pa.array([row[1] for row in rows], pa.string()),
                    "ratio": pa.array([row[2] for row in rows], pa.float64()),
                }
            )
            return self._answer(table, "polygon.splits")

        def tickers(_day: date) -> Fetched:
            return self._answer(None, "polygon.tickers")

        return SimpleNamespace(splits=splits, tickers=tickers)

    def nasdaq(self, _day: date) -> SimpleNamespace:
        return SimpleNamespace(symbols=lambda: self._answer(self.directory, "nasdaq.symbol_directory"))

    def finra(self, _day: date) -> SimpleNamespace:
        return SimpleNamespace(
            short_volume=lambda _day: self._answer(self.volume, "finra.daily_short_volume"),
            short_interest=lambda _day: self._answer(self.interest, "finra.short_interest"),
        )


@pytest.fixture
def workspace(replayed: Replayed, tmp_path: Path) -> Iterator[Workspace]:
    """Return a workspace on a lake of its own whose providers give what a test says."""
    lake = replayed.copy(tmp_path / "lake")
    clock = Clock(end_of_day_as_of(DAY))
    engine = open_engine(f"sqlite:///{tmp_path}/amc.db")
    upgrade(engine)
    held = replace(replayed.workspace, lake=lake, clock=clock, engine=engine, sources=Answers(clock), masters={})
    vars(held).pop("recent", None)
    yield held
    engine.dispose()


def answers(workspace: Workspace) -> Answers:
    found = workspace.sources
    assert isinstance(found, Answers)
    return found


def ask_at(workspace: Workspace, at: datetime) -> None:
    answers(workspace).clock.at = at


def snapshot_of(workspace: Workspace, day: date = DAY) -> Snapshot:
    moment = replace(MOMENT, trade_date=day, as_of=end_of_day_as_of(day))
    history = History(workspace.lake, day, day)
    return build_snapshot(gather_from(workspace.settings, workspace.lake, moment, history, is_simulated=True))


MOMENT = Moment(DAY, "regular", end_of_day_as_of(DAY))


def change_of(workspace: Workspace, symbol: str, day: date = DAY) -> float:
    snapshot = snapshot_of(workspace, day)
    return float(snapshot.feature("change_1d_frac").values[snapshot.symbols.tolist().index(symbol)])


def a_plain_name(lake: Lake) -> str:
    """Return a common stock with bars on every day of the replay."""
    bars = lake.current(DAILY_BARS, DAY.isoformat())["symbol"].to_pylist()
    before = lake.current(DAILY_BARS, previous_session(DAY).isoformat())["symbol"].to_pylist()
    universe = lake.current(UNIVERSE, DAY.isoformat())
    eligible = set(universe.filter(universe["is_eligible"])["symbol"].to_pylist())
    return next(symbol for symbol in sorted(set(bars) & set(before) & eligible) if symbol.isalpha())


@pytest.mark.parametrize("hours_late", [0.001, 0.25, 20.0])
def test_a_split_asked_for_late_is_applied_by_the_run_of_its_day(workspace: Workspace, hours_late: float):
    """A 10-for-1 that was first asked for at 19:00 made the run of 18:45 see a fall of 90 %."""
    name = a_plain_name(workspace.lake)
    before = change_of(workspace, name)
    answers(workspace).splits = [(DAY, name, 10.0)]
    ask_at(workspace, end_of_day_as_of(DAY) + timedelta(hours=hours_late))
    ingest_splits(workspace, DAY, DAY, DAY)
    assert change_of(workspace, name) == pytest.approx(10 * (1 + before) - 1)
    rows = workspace.lake.current(SPLITS, "2024-05-01").filter(pa.compute.field("symbol") == name)
    assert rows["known_at"].to_pylist() == [open_at(DAY)]
    assert rows["arrived_at"].to_pylist() == [workspace.clock.now()]


def test_a_split_is_in_the_lake_before_its_day(workspace: Workspace):
    ahead = next_session(next_session(DAY))
    name = a_plain_name(workspace.lake)
    answers(workspace).splits = [(ahead, name, 4.0)]
    before = change_of(workspace, name)
    ingest_splits(workspace, DAY, DAY, DAY)
    assert name in workspace.lake.current(SPLITS, ahead.replace(day=1).isoformat())["symbol"].to_pylist()
    assert change_of(workspace, name) == before, "it is not executed yet"


def test_a_split_that_was_moved_is_applied_once(workspace: Workspace):
    """The old date stayed beside the new one: prices were divided twice."""
    name, before = a_plain_name(workspace.lake), previous_session(DAY)
    plain = change_of(workspace, name)
    for at, executed in ((open_at(before), before), (open_at(DAY), DAY)):
        ask_at(workspace, at)
        answers(workspace).splits = [(executed, name, 10.0)]
        ingest_splits(workspace, before, DAY, DAY)
    assert change_of(workspace, name) == pytest.approx(10 * (1 + plain) - 1)
    ask_at(workspace, open_at(DAY) + timedelta(hours=1))
    answers(workspace).splits = []
    found = ingest_splits(workspace, before, DAY, DAY)
    assert sum(int(item.notes.get("rows_withdrawn", "0")) for item in found) >= 1
    assert change_of(workspace, name) == pytest.approx(plain), "a withdrawn split is not applied"


def directory_of(workspace: Workspace, without: Sequence[str] = ()) -> pa.Table:
    rows = workspace.lake.current(UNIVERSE, DAY.isoformat())
    names = [symbol for symbol in rows["symbol"].to_pylist() if symbol.isalpha() and symbol not in without]
    return pa.table(
        {
            "source_symbol": pa.array(names, pa.string()),
            "name": pa.array([f"{name} Inc. Common Stock" for name in names], pa.string()),
            "exchange": pa.array(["NYSE"] * len(names), pa.string()),
            "is_etf": pa.array([False] * len(names)),
            "is_test_issue": pa.array([False] * len(names)),
        }
    )


@pytest.mark.parametrize(
    "asked_at",
    [end_of_day_as_of(DAY) + timedelta(seconds=5), new_york(DAY, 19), SATURDAY],
    ids=["five seconds late", "19:00", "Saturday"],
)
def test_a_listing_asked_for_late_is_the_listing_of_its_day(workspace: Workspace, asked_at: datetime):
    """It left no names at all: the listing was known at the hour of the call, after the run's as_of."""
    for folder in (workspace.lake.root / UNIVERSE.name).iterdir():
        for file in folder.iterdir():
            if folder.name != DAY.isoformat():
                file.unlink()
    answers(workspace).directory = directory_of(workspace)
    for file in (workspace.lake.root / UNIVERSE.name / DAY.isoformat()).iterdir():
        file.unlink()
    ask_at(workspace, asked_at)
    found = ingest_universe(workspace, DAY)
    assert found.rows == answers(workspace).directory.num_rows
    assert set(workspace.lake.vintages(UNIVERSE, DAY.isoformat())["known_at"].to_pylist()) == {open_at(DAY)}
    assert snapshot_of(workspace).universe_count > 50


def test_a_listing_of_today_is_not_the_listing_of_last_month(workspace: Workspace):
    """A directory states what is listed now: for an earlier day it is known from the session it was asked in."""
    past = date(2024, 4, 1)
    answers(workspace).directory = directory_of(workspace)
    ask_at(workspace, SATURDAY)
    ingest_universe(workspace, past)
    assert set(workspace.lake.vintages(UNIVERSE, past.isoformat())["known_at"].to_pylist()) == {open_at(DAY)}


def test_a_day_without_any_listing_says_so(workspace: Workspace):
    """No names: the run is degraded with the reason of the listing, not an IndexError."""
    for folder in (workspace.lake.root / UNIVERSE.name).iterdir():
        for file in folder.iterdir():
            file.unlink()
    assert ingest_universe(workspace, DAY).absence is not None
    found = discover(workspace, MOMENT, History(workspace.lake, DAY, DAY), ["unified_detectors"])
    assert found.error is None
    assert found.status == "degraded"
    assert "universe: provider_unavailable" in found.reason


def volume_rows(symbols: Sequence[str]) -> pa.Table:
    count = len(symbols)
    return pa.table(
        {
            "source_symbol": pa.array(list(symbols), pa.string()),
            "trade_date": pa.array([DAY] * count, pa.date32()),
            "short_volume_shares": pa.array(np.full(count, 40.0)),
            "short_exempt_volume_shares": pa.array(np.zeros(count)),
            "total_volume_shares": pa.array(np.full(count, 100.0)),
            "market_codes": pa.array(["B"] * count, pa.string()),
        }
    )


def names_in(workspace: Workspace, as_of: datetime) -> set[str]:
    return set(workspace.lake.read(SHORT_VOLUME, DAY.isoformat(), as_of)["symbol"].to_pylist())


@pytest.fixture
def emptied(workspace: Workspace) -> Workspace:
    """Without short volume and earlier listings: files of three names are no fault where no larger ones came before."""
    for folder in (workspace.lake.root / SHORT_VOLUME.name).iterdir():
        shutil.rmtree(folder)
    for folder in (workspace.lake.root / UNIVERSE.name).iterdir():
        if folder.name != DAY.isoformat():
            shutil.rmtree(folder)
    return workspace


def three_names(workspace: Workspace) -> list[str]:
    return [
        symbol for symbol in workspace.lake.current(UNIVERSE, DAY.isoformat())["symbol"].to_pylist() if symbol.isalpha()
    ][:3]


def test_a_file_posted_again_without_a_symbol_takes_it_back(emptied: Workspace):
    names = three_names(emptied)
    first, second = short_volume_published_at(DAY), short_volume_published_at(DAY) + timedelta(hours=3)
    for at, held in ((first, names), (second, names[:2])):
        ask_at(emptied, at)
        answers(emptied).volume = volume_rows(held)
        found = ingest_short_volume(emptied, DAY)
    assert found.notes["rows_withdrawn"] == "1"
    assert names_in(emptied, second - timedelta(seconds=1)) == set(names)
    assert names_in(emptied, second) == set(names[:2])


@pytest.mark.parametrize("lost", ["refused", "unnamed"])
def test_a_row_that_was_refused_was_not_taken_back(emptied: Workspace, lost: str):
    names = three_names(emptied)
    first, second = short_volume_published_at(DAY), short_volume_published_at(DAY) + timedelta(hours=3)
    ask_at(emptied, first)
    answers(emptied).volume = volume_rows(names)
    ingest_short_volume(emptied, DAY)
    ask_at(emptied, second)
    answers(emptied).volume = volume_rows(names[:2])
    refused = {"refused_symbols": frozenset({names[2]})} if lost == "refused" else {"refused_unnamed": 1}
    answers(emptied).parsed = {"rejected": {"bad_number": 1}, **refused}
    ingest_short_volume(emptied, DAY)
    assert names_in(emptied, second) == set(names)


def test_rows_of_a_name_that_the_listing_lacked_are_asked_for_again(emptied: Workspace):
    """The day's listing left a name out, the next one has it: its rows come with the next run."""
    names, monday = three_names(emptied), next_session(DAY)
    lacking = names[2]
    for file in (emptied.lake.root / UNIVERSE.name / DAY.isoformat()).iterdir():
        file.unlink()
    whole = directory_of_names(names)
    ask_at(emptied, short_volume_published_at(DAY))
    answers(emptied).directory = directory_of_names(names[:2])
    ingest_universe(emptied, DAY)
    answers(emptied).volume = volume_rows(names)
    assert ingest_short_volume(emptied, DAY).rejected == {"unmapped_symbol": 1}
    assert unmapped_of(emptied.lake, SHORT_VOLUME, DAY.isoformat()) == ("finra_daily", [lacking])
    assert healed(emptied, SHORT_VOLUME, monday, ingest_short_volume) == [], "no later listing knows it yet"
    ask_at(emptied, short_volume_published_at(monday))
    answers(emptied).directory = whole
    ingest_universe(emptied, monday)
    (again,) = healed(emptied, SHORT_VOLUME, monday, ingest_short_volume)
    assert (again.rows_new, again.rejected) == (1, {})
    assert lacking in names_in(emptied, emptied.clock.now())
    assert healed(emptied, SHORT_VOLUME, monday, ingest_short_volume) == [], "asked again once"


def directory_of_names(names: Sequence[str]) -> pa.Table:
    return pa.table(
        {
            "source_symbol": pa.array(list(names), pa.string()),
            "name": pa.array([f"{name} Inc. Common Stock" for name in names], pa.string()),
            "exchange": pa.array(["NYSE"] * len(names), pa.string()),
            "is_etf": pa.array([False] * len(names)),
            "is_test_issue": pa.array([False] * len(names)),
        }
    )


def test_a_report_that_did_not_come_on_its_day_comes_with_a_daily_run(workspace: Workspace):
    settlement = date(2024, 4, 30)
    folder = workspace.lake.root / SHORT_INTEREST.name / settlement.isoformat()
    for file in folder.iterdir():
        file.unlink()
    ask_at(workspace, published_at(settlement) + timedelta(minutes=5))
    assert ingest_short_interest(workspace, settlement).absence is not None
    earlier = workspace.lake.current(SHORT_INTEREST, "2024-04-15")
    earlier = earlier.filter(pc.match_substring_regex(earlier["symbol"], "^[A-Z]+$"))
    answers(workspace).interest = interest_rows(settlement, earlier)
    answers(workspace).first_day = date(2024, 4, 1)  # one report is owed, the stub knows no other
    ask_at(workspace, end_of_day_as_of(DAY))
    done = healed_reports(workspace, DAY, ingest_short_interest)
    assert settlement.isoformat() in [item.partition for item in done if item.absence is None]
    held = workspace.lake.current(SHORT_INTEREST, settlement.isoformat())["symbol"].to_pylist()
    assert held == earlier["symbol"].to_pylist()
    assert healed_reports(workspace, DAY, ingest_short_interest) == []


def interest_rows(settlement: date, earlier: pa.Table) -> pa.Table:
    """Return a report of the names of an earlier one, each position 5 % larger."""
    names, shares = earlier["symbol"].to_pylist(), earlier["short_interest_shares"]
    return pa.table(
        {
            "source_symbol": names,
            "settlement_date": pa.array([settlement] * len(names), pa.date32()),
            "short_interest_shares": pc.multiply(shares, 1.05),
            "previous_short_interest_shares": shares,
            "reported_average_volume_shares": [100.0] * len(names),
            "days_to_cover_reported": [10.0] * len(names),
            "is_split_flagged": [False] * len(names),
            "is_revision_flagged": [False] * len(names),
            "market_class": ["NYSE"] * len(names),
        }
    )


def test_an_empty_answer_for_several_months_takes_no_split_back(workspace: Workspace):
    """Fifteen of each month are below the limit of a partition; the answer as a whole lacks all 45."""
    names = workspace.lake.current(UNIVERSE, DAY.isoformat())["symbol"].to_pylist()[:15]
    many = [(day, name, 2.0) for day in (date(2024, 3, 28), date(2024, 4, 16), DAY) for name in names if name.isalpha()]
    for folder in (workspace.lake.root / SPLITS.name).iterdir():
        for file in folder.iterdir():
            file.unlink()
    answers(workspace).splits = many
    ingest_splits(workspace, date(2024, 3, 1), DAY, DAY)
    answers(workspace).splits = []
    ask_at(workspace, end_of_day_as_of(DAY) + timedelta(hours=1))
    done = ingest_splits(workspace, date(2024, 3, 1), DAY, DAY)
    assert all("rows_missing_from_answer" in item.notes for item in done)
    kept = sum(workspace.lake.current(SPLITS, month).num_rows for month in ("2024-03-01", "2024-04-01", "2024-05-01"))
    assert kept == len(many) > 20


def test_a_listing_of_fewer_sources_does_not_replace_a_better_one(workspace: Workspace):
    stored = workspace.lake.current(UNIVERSE, DAY.isoformat())
    assert any("polygon" in source for source in stored["source"].to_pylist())
    answers(workspace).directory = directory_of(workspace)
    ask_at(workspace, new_york(DAY, 21))
    found = ingest_universe(workspace, DAY)
    assert "polygon" in found.notes["missing_source"]
    assert workspace.lake.current(UNIVERSE, DAY.isoformat()).equals(stored)


def test_a_listing_asked_for_before_the_next_open_is_of_the_session_before(workspace: Workspace):
    """Monday, 07:00: no session has opened since Friday, so the directory still states Friday's listing."""
    for folder in (workspace.lake.root / UNIVERSE.name).iterdir():
        for file in folder.iterdir():
            file.unlink()
    answers(workspace).directory = directory_of_names(["AAA", "BBB", "CCC"])
    ask_at(workspace, new_york(next_session(DAY), 7))
    ingest_universe(workspace, DAY)
    assert set(workspace.lake.vintages(UNIVERSE, DAY.isoformat())["known_at"].to_pylist()) == {open_at(DAY)}


def test_the_same_numbers_from_another_dataset_are_no_revision(emptied: Workspace):
    names = three_names(emptied)
    ask_at(emptied, short_volume_published_at(DAY))
    answers(emptied).volume = volume_rows(names)
    ingest_short_volume(emptied, DAY)
    table = emptied.lake.current(SHORT_VOLUME, DAY.isoformat()).select(list(SHORT_VOLUME.given_names))
    other = table.set_column(
        table.column_names.index("source"), "source", pa.array(["finra.reg_sho_daily"] * table.num_rows, pa.string())
    )
    assert emptied.lake.write(SHORT_VOLUME, DAY.isoformat(), other, new_york(DAY, 22)).rows_new == 0
