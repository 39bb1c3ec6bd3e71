"""A reused symbol and a rename, end to end: listings over HTTP, changes in the lake, features of the runs after."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amc_assets.defs.running import run_days
from amc_assets.features.build import build_snapshot
from amc_assets.features.snapshot import Snapshot
from amc_assets.lake.tables import IDENTITY_CHANGES, SHORT_INTEREST, SHORT_VOLUME, UNIVERSE
from amc_assets.market.calendar import end_of_day_as_of, session_offset, sessions_between
from amc_assets.pipeline.gather import gather
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.ingest import ingest_daily_bars, ingest_short_interest, ingest_short_volume
from amc_assets.pipeline.listing import ingest_universe, symbol_master
from amc_assets.pipeline.listing_changes import record_identity_changes
from amc_assets.pipeline.past_listings import past_listings
from amc_assets.pipeline.recent import RecentTables
from amc_assets.pipeline.share_counts import ingest_share_counts
from amc_assets.pipeline.workspace import Workspace, open_workspace
from amc_assets.reasons import CODES, Reason
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.replay.simulation.ticker_uses import TickerUse
from amc_assets.settings import load_settings
from amc_assets_tests.pipeline.conftest import settings_in

FIRST, LAST = date(2024, 3, 25), date(2024, 6, 28)
CHANGE = date(2024, 5, 14)
MONTH = "2024-05-01"
BEFORE = session_offset(CHANGE, -1)
OLD, NEW_USER, RENAMED, SUCCESSOR = "BBZC", "BDHT", "BUL", "CGSI"
NEW_TICKER = "QZXK"
DAYS = sessions_between(BEFORE, session_offset(CHANGE, 3))


def uses(change: date) -> list[TickerUse]:
    """On ``change`` NEW_USER lists under OLD's symbol, RENAMED takes NEW_TICKER, SUCCESSOR lists under RENAMED's."""
    before = change - timedelta(days=1)
    return [
        TickerUse(OLD, OLD, FIRST, before),
        TickerUse(NEW_USER, OLD, change, LAST),
        TickerUse(RENAMED, RENAMED, FIRST, before),
        TickerUse(RENAMED, NEW_TICKER, change, LAST),
        TickerUse(SUCCESSOR, RENAMED, change, LAST),
    ]


def market(change: date, *, is_changed: bool = True) -> SimulatedMarket:
    planted = uses(change) if is_changed else ()
    return SimulatedMarket(symbol_count=150, first_day=FIRST, last_day=LAST, ticker_uses=planted)


@dataclass
class Lived:
    """A workspace that took every session from the first on as it came."""

    workspace: Workspace

    def snapshot(self, day: date) -> Snapshot:
        moment = Moment(day, "regular", end_of_day_as_of(day))
        return build_snapshot(gather(self.workspace, moment, History(self.workspace.lake, day, day)))

    def values(self, day: date, symbol: str) -> dict[str, float | Reason]:
        snapshot = self.snapshot(day)
        place = snapshot.symbols.tolist().index(symbol)
        return {
            name: float(feature.values[place]) if feature.present[place] else CODES[feature.reasons[place]]
            for name, feature in snapshot.features.items()
        }


def live(workspace: Workspace) -> Lived:
    sessions = sessions_between(FIRST, DAYS[-1])
    for day in sessions_between(BEFORE, DAYS[-1]):
        ingest_universe(workspace, day)
    for day in sessions:
        ingest_daily_bars(workspace, day)
        ingest_short_volume(workspace, day)
    for day in DAYS:
        ingest_share_counts(workspace, day)
    for settlement in (date(2024, 4, 15), date(2024, 4, 30)):
        ingest_short_interest(workspace, settlement)
    return Lived(workspace)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with open_workspace(settings_in(tmp_path_factory.mktemp("changed")), market=market(CHANGE)) as workspace:
        yield live(workspace)


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """The same draws without the changes: what a company's own history is worth."""
    planted = market(CHANGE, is_changed=False)
    with open_workspace(settings_in(tmp_path_factory.mktemp("unchanged")), market=planted) as workspace:
        yield live(workspace)


def changes(workspace: Workspace, day: date) -> list[tuple[str, str, str | None]]:
    rows = workspace.lake.current(IDENTITY_CHANGES, MONTH).to_pylist()
    return [(row["symbol"], row["kind"], row["previous_symbol"]) for row in rows if row["change_date"] == day]


def test_the_listing_of_the_day_shows_what_changed_hands(lived: Lived):
    found = changes(lived.workspace, CHANGE)
    assert sorted(found, key=str) == sorted(
        [(OLD, "break", None), (RENAMED, "break", None), (NEW_TICKER, "rename", RENAMED)], key=str
    )
    assert changes(lived.workspace, DAYS[2]) == changes(lived.workspace, DAYS[3]) == []
    rows = lived.workspace.lake.vintages(IDENTITY_CHANGES, MONTH)
    listed = lived.workspace.lake.vintages(UNIVERSE, CHANGE.isoformat())
    assert set(rows["known_at"].to_pylist()) == set(listed["known_at"].to_pylist())


@pytest.mark.parametrize("symbol", [OLD, RENAMED])
def test_the_new_user_of_a_symbol_has_a_short_history_and_nobody_elses_numbers(lived: Lived, symbol: str):
    day = DAYS[3]
    values = lived.values(day, symbol)
    assert values["bars_observed"] == 3.0
    for name in ("relvol_30", "mean_volume_30_shares", "rsi14", "atr14_frac", "change_5d_frac", "short_volume_ratio_z"):
        assert values[name] is Reason.SHORT_HISTORY, name
    for name in ("short_interest_shares", "days_to_cover_reported", "short_interest_change_frac"):
        assert values[name] is Reason.OTHER_SECURITY, name


def test_a_renamed_security_keeps_everything_it_had(lived: Lived, unchanged: Lived):
    for day in DAYS[1:]:
        ours, plain = lived.values(day, NEW_TICKER), unchanged.values(day, RENAMED)
        for name in (
            "bars_observed", "relvol_30", "rsi14", "atr14_frac", "ema20_usd", "change_5d_frac", "short_interest_shares",
            "days_to_cover", "short_interest_change_frac", "short_volume_ratio", "short_volume_ratio_z", "float_shares",
            "short_interest_float_frac",
        ):  # fmt: skip
            assert ours[name] == plain[name], (day, name)


def test_nobody_else_is_touched(lived: Lived, unchanged: Lived):
    ours, plain = lived.snapshot(DAYS[3]), unchanged.snapshot(DAYS[3])
    others = sorted(set(ours.symbols.tolist()) & set(plain.symbols.tolist()) - {OLD, RENAMED, NEW_TICKER, SUCCESSOR})
    assert len(others) > 80
    for name, feature in ours.features.items():
        here = feature.values[np.isin(ours.symbols, others)]
        there = plain.features[name].values[np.isin(plain.symbols, others)]
        assert np.allclose(here, there, rtol=1e-12, equal_nan=True), name  # sums of blocks of other sizes round apart


def test_a_run_before_the_change_was_known_sees_the_old_history(lived: Lived, unchanged: Lived):
    for symbol in (OLD, RENAMED):
        assert lived.values(BEFORE, symbol) == unchanged.values(BEFORE, symbol)


def test_tables_of_many_days_are_read_by_security_too(lived: Lived):
    recent, as_of = RecentTables(lived.workspace.lake), end_of_day_as_of(DAYS[3])
    for schema, first in ((SHORT_VOLUME, FIRST), (SHORT_INTEREST, FIRST)):
        rows = recent.between(schema, first, DAYS[3], as_of)
        date_column = rows.column_names[0]
        old = rows.filter(pc.less(rows[date_column], pa.scalar(CHANGE, pa.date32())))
        assert old.num_rows
        assert not {OLD, RENAMED} & set(old["symbol"].to_pylist())
        assert NEW_TICKER in old["symbol"].to_pylist()


def test_a_repeat_adds_nothing(lived: Lived):
    before = lived.workspace.lake.vintages(IDENTITY_CHANGES, MONTH)
    assert record_identity_changes(lived.workspace, CHANGE, end_of_day_as_of(DAYS[3])) == 0
    assert lived.workspace.lake.vintages(IDENTITY_CHANGES, MONTH).equals(before)


def test_a_first_run_long_after_the_change_fetches_the_listings_that_show_it(tmp_path: Path):
    change, day = date(2024, 4, 29), date(2024, 5, 24)
    with (
        open_workspace(settings_in(tmp_path), market=market(change)) as workspace,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        run_days(workspace, [day], instance)
        keys = workspace.lake.partitions(UNIVERSE)
        assert keys == [FIRST.isoformat(), session_offset(FIRST, 30).isoformat(), day.isoformat()]
        found = Lived(workspace).values(day, OLD)
        # the change lies between two listings: bars before the second one may be anybody's
        assert found["bars_observed"] == len(sessions_between(session_offset(FIRST, 30), day))
        assert found["relvol_30"] is Reason.SHORT_HISTORY
        renamed = Lived(workspace).values(day, NEW_TICKER)
        assert renamed["bars_observed"] > found["bars_observed"]


def test_past_listings_lie_a_step_apart_and_inside_the_market():
    days = past_listings(date(2024, 5, 13), 300, date(2024, 3, 25))
    assert days == [date(2024, 3, 25), session_offset(date(2024, 3, 25), 30)]
    days = past_listings(date(2024, 5, 13), 300, None)
    assert len(days) == 10
    assert days[0] == session_offset(date(2024, 5, 13), -300)


def test_a_day_between_two_listings_maps_what_either_of_them_names(lived: Lived):
    """A symbol that came after the older listing would else be lost from the bars between."""
    workspace = lived.workspace
    first = workspace.lake.partitions(UNIVERSE)[0]
    assert first == BEFORE.isoformat()
    assert set(symbol_master(workspace, FIRST).symbols) == set(symbol_master(workspace, BEFORE).symbols)
    (workspace.lake.root / "universe" / CHANGE.isoformat() / "data.parquet").rename(
        workspace.lake.root / "universe" / CHANGE.isoformat() / "hidden"
    )
    workspace.masters.clear()
    try:
        around = set(symbol_master(workspace, CHANGE).symbols)
    finally:
        folder = workspace.lake.root / "universe" / CHANGE.isoformat()
        (folder / "hidden").rename(folder / "data.parquet")
        workspace.masters.clear()
    assert NEW_TICKER in around


def test_a_plan_without_polygon_takes_the_numbers_of_the_sec(tmp_path: Path):
    """With names alone a rebrand would end a history."""
    settings = load_settings({"AMC_PLAN": "keyless"}, home=tmp_path)
    with open_workspace(settings, market=market(CHANGE)) as workspace:
        ingest_universe(workspace, BEFORE)
        rows = workspace.lake.current(UNIVERSE, BEFORE.isoformat())
        ciks = dict(zip(rows["symbol"].to_pylist(), rows["cik"].to_pylist(), strict=True))
        assert sum(cik is not None for cik in ciks.values()) > 50
        assert all(cik is None or len(cik) == 10 for cik in ciks.values())
        assert set(rows["composite_figi"].to_pylist()) == {None}
        ingest_universe(workspace, CHANGE)
        assert (NEW_TICKER, "rename", RENAMED) in changes(workspace, CHANGE)
        assert (OLD, "break", None) in changes(workspace, CHANGE)
