"""A clock set ahead: no row is known long after it arrived, the later write holds, a repeat adds nothing."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from amc_assets.lake.clock_ahead import MOST_AHEAD
from amc_assets.lake.partition_file import write_table
from amc_assets.lake.store import Complete, Lake
from amc_assets_tests.lake.rows import DAY, NOTES, START, hour, notes, stored, values

YEAR = 24 * 365
WHOLE = Complete(frozenset({"finra"}))


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    lake = Lake(tmp_path)
    yield lake
    table = lake.vintages(NOTES, DAY)
    instants = zip(table["known_at"].to_pylist(), table["arrived_at"].to_pylist(), strict=True)
    assert max(known - arrived for known, arrived in instants) <= MOST_AHEAD, (
        "known_at never lies more than five minutes after arrival"
    )


def test_a_correction_after_a_clock_set_a_year_ahead_holds(lake: Lake):
    lake.write(NOTES, DAY, notes([("A", 1.0), ("B", 2.0)]), hour(1))
    lake.write(NOTES, DAY, notes([("A", 7.0), ("B", 2.0)]), hour(YEAR))  # the clock was a year ahead
    written = lake.write(NOTES, DAY, notes([("A", 3.0), ("B", 2.0)]), hour(5))
    assert (written.rows_new, written.rows_brought_back) == (1, 1)
    assert values(lake.current(NOTES, DAY)) == {"A": 3.0, "B": 2.0}
    assert values(lake.read(NOTES, DAY, hour(5))) == {"A": 3.0, "B": 2.0}
    assert values(lake.read(NOTES, DAY, hour(4))) == {"A": 1.0, "B": 2.0}, "what a run of before could see stays"


def test_a_repeat_after_a_clock_set_ahead_adds_nothing(lake: Lake):
    lake.write(NOTES, DAY, notes([("A", 1.0)]), hour(1))
    lake.write(NOTES, DAY, notes([("A", 7.0)]), hour(YEAR))
    lake.write(NOTES, DAY, notes([("A", 3.0)]), hour(5))
    again = [lake.write(NOTES, DAY, notes([("A", 3.0)]), hour(number)).rows_new for number in (6, 7, 8)]
    assert again == [0, 0, 0]
    assert lake.vintages(NOTES, DAY).num_rows == 3, "all that came is kept"


def test_the_same_values_again_show_what_a_clock_ahead_had_hidden(lake: Lake):
    lake.write(NOTES, DAY, notes([("A", 1.0)]), hour(1))
    lake.write(NOTES, DAY, notes([("A", 7.0)]), hour(YEAR))
    assert values(lake.read(NOTES, DAY, hour(9))) == {"A": 1.0}
    assert lake.write(NOTES, DAY, notes([("A", 7.0)]), hour(5)).rows_new == 0
    assert values(lake.read(NOTES, DAY, hour(9))) == {"A": 7.0}


def test_versions_of_a_clock_ahead_keep_their_order(lake: Lake):
    for value, at in ((1.0, 1), (2.0, YEAR), (3.0, YEAR + 1), (4.0, YEAR + 2)):
        lake.write(NOTES, DAY, notes([("A", value)]), hour(at))
    lake.write(NOTES, DAY, notes([("A", 4.0)]), hour(5))
    ordered = lake.vintages(NOTES, DAY).sort_by([("known_at", "ascending")])
    assert ordered["value"].to_pylist() == [1.0, 2.0, 3.0, 4.0]
    assert values(lake.current(NOTES, DAY)) == {"A": 4.0}


def test_a_clock_minutes_ahead_hides_no_correction(lake: Lake):
    lake.write(NOTES, DAY, notes([("A", 1.0)]), hour(1))
    lake.write(NOTES, DAY, notes([("A", 2.0), ("B", 5.0)]), hour(2) + timedelta(minutes=4))
    written = lake.write(NOTES, DAY, notes([("A", 3.0), ("B", 5.0)]), hour(2))
    assert (written.rows_new, written.rows_brought_back) == (1, 0)
    assert values(lake.current(NOTES, DAY)) == {"A": 3.0, "B": 5.0}
    assert lake.write(NOTES, DAY, notes([("A", 3.0), ("B", 5.0)]), hour(2)).rows_new == 0


def test_a_withdrawal_after_a_clock_ahead_holds(lake: Lake):
    lake.write(NOTES, DAY, notes([("A", 1.0), ("B", 2.0)]), hour(1))
    lake.write(NOTES, DAY, notes([("A", 1.0), ("B", 3.0)]), hour(2) + timedelta(minutes=4))
    lake.write(NOTES, DAY, notes([("A", 1.0)]), hour(2), whole=WHOLE)
    assert values(lake.current(NOTES, DAY)) == {"A": 1.0}


def test_an_instant_of_the_source_lies_at_most_five_minutes_after_arrival(lake: Lake):
    lake.write(NOTES, DAY, notes([("A", 1.0)], known_at=hour(YEAR)), hour(1))
    assert lake.vintages(NOTES, DAY)["known_at"].to_pylist() == [hour(1) + timedelta(minutes=5)]
    lake.write(NOTES, DAY, notes([("A", 2.0)]), hour(1))
    assert values(lake.read(NOTES, DAY, hour(2))) == {"A": 2.0}


def test_a_file_of_before_is_read_with_the_limit(lake: Lake):
    columns = {"trade_date": [START.date()], "symbol": ["A"], "value": [1.0], "source": ["finra.x"]}
    columns |= {"known_at": [hour(YEAR)], "is_simulated": [False]}
    table = stored({name: columns[name] for name in columns if name in NOTES.arrow.names}, NOTES)
    arrived = pa.array([hour(1)], NOTES.arrow.field("arrived_at").type)
    table = table.set_column(table.column_names.index("arrived_at"), NOTES.arrow.field("arrived_at"), arrived)
    write_table(lake.root / "notes" / DAY / "data.parquet", table)
    assert values(lake.read(NOTES, DAY, hour(2))) == {"A": 1.0}


def test_a_repeat_of_an_earlier_replayed_day_adds_nothing(lake: Lake):
    lake.write(NOTES, DAY, notes([("A", 1.0)]), hour(1), arrived_at=hour(100))
    lake.write(NOTES, DAY, notes([("A", 2.0)]), hour(9), arrived_at=hour(101))
    assert lake.write(NOTES, DAY, notes([("A", 1.0)]), hour(5), arrived_at=hour(102)).rows_new == 0
    assert values(lake.read(NOTES, DAY, hour(5))) == {"A": 1.0}
    assert values(lake.current(NOTES, DAY)) == {"A": 2.0}
