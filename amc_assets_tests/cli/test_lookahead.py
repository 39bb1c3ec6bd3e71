"""`amc lookahead`: silent on an honest lake, exit 4 when a row of the future was stamped as known."""

import shutil
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets_tests.cli.conftest import IGNITION, PEAK, PLANTED, Replayed, amc


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


def test_float_of_the_future_stamped_as_known_is_caught(copy: Path):
    lake = Lake.at(str(copy / "lake"))
    key = IGNITION.isoformat()
    held = lake.vintages(SHARE_COUNTS, key if lake.holds(SHARE_COUNTS, key) else lake.partitions(SHARE_COUNTS)[0])
    rows = held.filter(pc.equal(held.column("symbol"), PLANTED)).slice(0, 1)
    early = end_of_day_as_of(IGNITION) - timedelta(minutes=5)
    planted = {
        "float_shares": pa.scalar(1_000_000.0),
        "float_effective_date": pa.scalar(PEAK),
        "point_in_time": pa.scalar("yes"),
        "known_at": pa.scalar(early),
    }
    for name, value in planted.items():
        field = rows.schema.field(name)
        rows = rows.set_column(rows.schema.get_field_index(name), field, pa.array([value.as_py()], field.type))
    lake.write(SHARE_COUNTS, lake.partitions(SHARE_COUNTS)[0], rows, early)
    found = amc("lookahead", "--date", IGNITION.isoformat(), "--home", copy)
    assert found.code == 4, found.out + found.err
    assert "something reads the future" in found.talk
    assert PLANTED in found.out


def test_day_that_is_not_in_the_lake_proves_nothing(replayed: Replayed):
    before = min(Lake.at(str(replayed.home / "lake")).partitions(DAILY_BARS))
    assert before > "2026-02-27"
    found = amc("lookahead", "--date", "2026-02-27", "--home", replayed.home)
    assert found.code == 3
    assert "nothing was compared" in found.talk
