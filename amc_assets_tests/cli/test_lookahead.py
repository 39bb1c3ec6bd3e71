"""`amc lookahead`: silent on an honest lake, exit 4 when a row of the future was stamped as known."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.market.publication import published_at
from amc_assets_tests.cli.conftest import IGNITION, PLANTED, Replayed, amc


@pytest.fixture
def copy(replayed: Replayed, tmp_path: Path) -> Path:
    """Return a home of its own with the lake of the replay, to plant cheats in."""
    shutil.copytree(replayed.home / "lake", tmp_path / "home" / "lake")
    return tmp_path / "home"


def test_honest_lake_passes(replayed: Replayed):
    found = amc("lookahead", "--date", IGNITION.isoformat(), "--home", replayed.home)
    assert found.code == 0, found.err
    assert "no look-ahead" in found.out


def test_json_counts_what_was_compared(replayed: Replayed):
    found = amc("lookahead", "--date", IGNITION.isoformat(), "--home", replayed.home, "--json").json
    assert found["names_compared"] > 50
    assert found["rows_cut_off"] > 1000
    assert found["differences"] == []


def test_report_stamped_as_known_before_its_publication_is_caught(copy: Path):
    lake = Lake.at(str(copy / "lake"))
    before, unpublished = "2026-07-31", date(2026, 8, 14)
    assert published_at(unpublished) > end_of_day_as_of(IGNITION)
    early = datetime(2026, 8, 20, 22, 0, tzinfo=UTC)
    rows = lake.vintages(SHORT_INTEREST, before)
    assert PLANTED in rows.column("symbol").to_pylist()
    planted = {
        "settlement_date": pa.repeat(pa.scalar(unpublished, pa.date32()), rows.num_rows),
        "short_interest_shares": pc.multiply(rows.column("short_interest_shares"), 3),
        "known_at": pa.repeat(pa.scalar(early), rows.num_rows),
    }
    for name, values in planted.items():
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.get_field_index(name), field, values.cast(field.type))
    lake.write(SHORT_INTEREST, unpublished.isoformat(), rows, early)
    found = amc("lookahead", "--date", IGNITION.isoformat(), "--home", copy)
    assert found.code == 4, found.out + found.err
    assert "something reads the future" in found.talk
    assert "what changed when the future was cut off" in found.out


def test_day_that_is_not_in_the_lake_proves_nothing(replayed: Replayed):
    before = min(Lake.at(str(replayed.home / "lake")).partitions(DAILY_BARS))
    assert before > "2026-02-27"
    found = amc("lookahead", "--date", "2026-02-27", "--home", replayed.home)
    assert found.code == 3
    assert "nothing was compared" in found.talk
