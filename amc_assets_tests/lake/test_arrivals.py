"""A lake as it stood: what arrived later does not show, neither rows nor withdrawals nor reasons."""

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from amc_assets.lake.arrivals import LakeAt, late_rows
from amc_assets.lake.partition_file import write_table
from amc_assets.lake.store import Absence, Complete, Lake
from amc_assets.reasons import Reason
from amc_assets_tests.lake.rows import DAY, NOTES, START, hour, notes, values

BY_DATE = replace(NOTES, name="dated", is_public_by_date=True)
WHOLE = Complete(frozenset({"finra"}))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def seen(lake: Lake, limit: int, as_of: int = 99) -> dict[str, float | None]:
    return values(LakeAt(lake, hour(limit)).read(BY_DATE, DAY, hour(as_of)))


def test_a_public_fact_that_came_late_is_known_by_its_date_and_arrived_late(lake: Lake):
    lake.write(BY_DATE, DAY, notes([("A", 1.0)], START), hour(5))
    lake.write(BY_DATE, DAY, notes([("A", 1.0), ("B", 2.0)], START), hour(50))
    assert values(lake.read(BY_DATE, DAY, hour(1))) == {"A": 1.0, "B": 2.0}
    assert (seen(lake, 49), seen(lake, 50)) == ({"A": 1.0}, {"A": 1.0, "B": 2.0})
    assert late_rows(lake, BY_DATE, DAY, hour(1), hour(49)) == 1
    assert late_rows(lake, BY_DATE, DAY, hour(1), hour(50)) is None
    assert late_rows(lake, BY_DATE, DAY, hour(-1), hour(4)) is None, "not public at that as_of"


def test_a_revision_of_a_public_fact_is_known_when_observed(lake: Lake):
    lake.write(BY_DATE, DAY, notes([("A", 1.0)], START), hour(5))
    lake.write(BY_DATE, DAY, notes([("A", 9.0)], START), hour(50))
    assert values(lake.read(BY_DATE, DAY, hour(49))) == {"A": 1.0}


def test_a_withdrawal_does_not_show_before_it_arrived(lake: Lake):
    lake.write(BY_DATE, DAY, notes([("A", 1.0), ("B", 2.0)], START), hour(5))
    lake.write(BY_DATE, DAY, notes([("A", 1.0)], START), hour(50), whole=WHOLE)
    assert (set(seen(lake, 49)), set(seen(lake, 50))) == ({"A", "B"}, {"A"})


def test_partitions_and_reasons_are_those_of_then(lake: Lake):
    lake.mark_absent(BY_DATE, DAY, Absence(Reason.PROVIDER_UNAVAILABLE, "503", hour(1)))
    lake.mark_absent(BY_DATE, DAY, Absence(Reason.NOT_PUBLISHED, "later", hour(3)))
    lake.write(BY_DATE, DAY, notes([]), hour(5))
    assert lake.absence(BY_DATE, DAY) is None
    early, middle, late = (LakeAt(lake, hour(at)) for at in (2, 4, 5))
    assert early.absence(BY_DATE, DAY).reason is Reason.PROVIDER_UNAVAILABLE
    assert middle.absence(BY_DATE, DAY).reason is Reason.NOT_PUBLISHED
    assert late.absence(BY_DATE, DAY) is None
    assert [view.holds(BY_DATE, DAY) for view in (early, middle, late)] == [False, False, True]
    assert [view.partitions(BY_DATE) for view in (early, late)] == [[], [DAY]]


def test_the_same_absence_twice_is_one_note(lake: Lake):
    first = Absence(Reason.PROVIDER_UNAVAILABLE, "503", hour(1))
    lake.mark_absent(NOTES, DAY, first)
    lake.mark_absent(NOTES, DAY, replace(first, observed_at=hour(2)))
    assert lake.absence(NOTES, DAY) == first


def test_a_note_of_an_earlier_version_is_read(lake: Lake):
    path = lake.root / NOTES.name / DAY / "absent.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"reason": "no_bar", "detail": "d", "observed_at": "2024-05-01T00:00:00+00:00"}', encoding="utf-8")
    assert lake.absence(NOTES, DAY) == Absence(Reason.NO_BAR, "d", START)


def test_a_file_of_an_earlier_version_is_read_and_its_rows_arrived_when_known(lake: Lake):
    old = notes([("A", 1.0)], START)
    write_table(lake.root / NOTES.name / DAY / "data.parquet", old)
    table = lake.vintages(NOTES, DAY)
    assert table.schema.equals(NOTES.arrow)
    assert table["arrived_at"].to_pylist() == [START]
    assert table["is_withdrawn"].to_pylist() == [False]
    assert LakeAt(lake, START).holds(NOTES, DAY)
    assert lake.write(NOTES, DAY, old, hour(9)).rows_new == 0


def test_a_limited_lake_is_not_written(lake: Lake):
    with pytest.raises(PermissionError, match="as it stood"):
        LakeAt(lake, START).write(NOTES, DAY, notes([]), START)
    with pytest.raises(PermissionError, match="as it stood"):
        LakeAt(lake, START).mark_absent(NOTES, DAY, Absence(Reason.NO_BAR, "", START))
    with pytest.raises(PermissionError, match="as it stood"):
        LakeAt(lake, START).write_part(NOTES, DAY, "run", pa.table({}))
