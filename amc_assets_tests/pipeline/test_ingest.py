"""Provider answers in the lake: mapped, counted, stamped with when they could be known, absent with a reason."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS, SHORT_INTEREST, SHORT_VOLUME, SPLITS, UNIVERSE
from amc_assets.market.calendar import open_at
from amc_assets.market.publication import daily_bar_published_at, published_at, short_volume_published_at
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline import storing
from amc_assets.pipeline.ingest import ingest_short_interest, ingest_short_volume, ingest_splits
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.reasons import Reason
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets_tests.pipeline.conftest import Replayed, settings_in


def known_at(replayed: Replayed, schema: TableSchema, key: str) -> set[datetime]:
    table = replayed.lake.vintages(schema, key)
    assert table.num_rows
    return set(pc.unique(table.column("known_at")).to_pylist())


def test_rows_are_known_from_their_publication(replayed: Replayed):
    for day in replayed.days:
        key = day.isoformat()
        assert known_at(replayed, DAILY_BARS, key) == {daily_bar_published_at(day)}
        assert known_at(replayed, SHORT_VOLUME, key) == {short_volume_published_at(day)}
        assert known_at(replayed, UNIVERSE, key) == {open_at(day)}


def test_a_report_is_known_from_its_publication_and_not_before(replayed: Replayed):
    settlement = date(2024, 4, 30)
    assert known_at(replayed, SHORT_INTEREST, "2024-04-30") == {published_at(settlement)}
    assert not replayed.lake.holds(SHORT_INTEREST, "2024-05-15"), "it is public on 2024-05-24, after the replay"


def test_a_report_that_is_not_public_is_noted_with_its_hour(market: SimulatedMarket, tmp_path: Path):
    from amc_assets.clock import FixedClock

    clock = FixedClock(datetime(2024, 5, 17, 22, 45, tzinfo=UTC))
    with open_workspace(settings_in(tmp_path), clock=clock, market=market) as workspace:
        found = ingest_short_interest(workspace, date(2024, 5, 15))
        assert (found.rows, found.absence.reason) == (0, Reason.NOT_PUBLISHED)
        assert "2024-05-24" in found.absence.detail
        assert workspace.lake.absence(SHORT_INTEREST, "2024-05-15") == found.absence


def test_what_no_master_knows_is_counted_and_left_out(replayed: Replayed):
    sent = pa.table({"source_symbol": ["AAA?", "ZZZZQ", "", "ZZZZQ"], "n": [1, 2, 3, 4]})
    found = storing.map_symbols(replayed.workspace, sent, Spelling.FINRA_DAILY, replayed.days[0])
    assert found.rows.num_rows == 0
    assert found.dropped == {"unmapped_symbol": 4}
    assert found.unmapped == ("AAA?", "ZZZZQ")


def test_a_symbol_sent_twice_is_kept_once_and_counted(replayed: Replayed):
    symbol = symbol_master(replayed.workspace, replayed.days[0]).symbols[0]
    sent = pa.table({"source_symbol": [symbol, symbol, "ZZZZQ"], "n": [1, 2, 3]})
    found = storing.map_symbols(replayed.workspace, sent, Spelling.POLYGON, replayed.days[0], ("symbol",))
    assert found.rows.select(["n", "symbol"]).to_pylist() == [{"n": 1, "symbol": symbol}]
    assert found.dropped == {"unmapped_symbol": 1, "duplicate_symbol": 1}


def test_class_shares_arrive_in_every_table(replayed: Replayed):
    """FINRA writes them with a slash and without anything, Polygon with a dot: they are one name here."""
    day = replayed.days[0].isoformat()
    tables = {DAILY_BARS: day, SHORT_VOLUME: day, SHORT_INTEREST: "2024-04-30"}
    spelled = [set(replayed.lake.vintages(s, key).column("symbol").to_pylist()) for s, key in tables.items()]
    classes = [
        {symbol for symbol in symbols if "." in symbol and not symbol.endswith((".WS", ".U"))} for symbols in spelled
    ]
    assert classes[0] & classes[1] & classes[2], classes


def test_a_repeated_fetch_adds_nothing(replayed: Replayed):
    day = replayed.days[0]
    before = replayed.lake.vintages(SHORT_VOLUME, day.isoformat())
    found = ingest_short_volume(replayed.workspace, day)
    assert (found.rows_new, found.rows) == (0, before.num_rows)
    assert replayed.lake.vintages(SHORT_VOLUME, day.isoformat()).equals(before)


def test_splits_of_months_with_bars_and_no_splits_are_fetched_too(replayed: Replayed):
    """A run killed between bars and splits: the next one asks for its own month only, and heals the others."""
    assert replayed.lake.holds(SPLITS, "2024-03-01")
    (replayed.lake.root / "splits" / "2024-03-01" / "data.parquet").unlink()
    (replayed.lake.root / "splits" / "2024-04-01" / "data.parquet").unlink()
    day = replayed.days[-1]
    months = [item.partition for item in ingest_splits(replayed.workspace, day, day, day)]
    assert months == ["2024-03-01", "2024-04-01", "2024-05-01", "2024-06-01"], "the last is asked ahead"
    again = [item.partition for item in ingest_splits(replayed.workspace, day, day, day)]
    assert again == ["2024-05-01", "2024-06-01"]


@pytest.mark.parametrize("table", [UNIVERSE, SHARE_COUNTS, DAILY_BARS, SHORT_VOLUME])
def test_simulated_rows_say_so(replayed: Replayed, table: TableSchema):
    assert pc.all(replayed.lake.vintages(table, replayed.days[0].isoformat()).column("is_simulated")).as_py()
