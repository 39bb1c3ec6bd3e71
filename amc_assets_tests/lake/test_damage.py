"""A damaged file in the lake of a run: set aside under its own name, noted, read on without, written again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from amc_assets.clock import FixedClock
from amc_assets.lake import partition_file
from amc_assets.lake.arrivals import LakeAt, late_rows
from amc_assets.lake.damage import DamagedFileError, set_aside_files
from amc_assets.lake.files import LakeError
from amc_assets.lake.store import Absence, Lake
from amc_assets.lake.unmapped import keep_unmapped, unmapped_of
from amc_assets.reasons import Reason
from amc_assets_tests.lake.rows import DAY, NOTES, START, hour, notes, values
from amc_assets_tests.lake.test_store import PART, PLAIN

MANY = notes([(f"S{number:04}", float(number) ** 0.5) for number in range(400)])
NOW = datetime(2024, 5, 2, 18, 45, tzinfo=UTC)
ASIDE = "data.parquet.unreadable-20240502T184500Z"


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def garbage(path: Path) -> None:
    path.write_bytes(b"PAR1" + bytes(range(256)) * 9 + b"PAR1")


def flipped(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    place = pq.ParquetFile(path).metadata.row_group(0).column(1).dictionary_page_offset + 300
    whole[place] ^= 0x10
    path.write_bytes(bytes(whole))


def without_a_column(path: Path) -> None:
    pq.write_table(pq.read_table(path).drop_columns(["text"]), path)


DAMAGES = pytest.mark.parametrize("damage", [truncated, emptied, garbage, flipped, without_a_column])


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", FixedClock(NOW))


@DAMAGES
def test_a_run_sets_a_damaged_file_aside_and_reads_on(lake: Lake, damage: Callable[[Path], None]):
    path = lake.write(NOTES, DAY, MANY, START).path
    damage(path)
    damaged = path.read_bytes()
    assert lake.read(NOTES, DAY, hour(1)).num_rows == 0
    assert not path.exists()
    assert path.with_name(ASIDE).read_bytes() == damaged, "nothing is deleted"
    note = lake.absence(NOTES, DAY)
    assert note is not None
    assert (note.reason, note.observed_at) == (Reason.UNREADABLE, NOW)
    assert str(path) in note.detail
    assert f"notes/{DAY}/{ASIDE}" in note.detail
    assert lake.unreadable() == {("notes", DAY): f"notes/{DAY}/{ASIDE}"}
    assert (lake.partitions(NOTES), lake.holds(NOTES, DAY)) == ([], False)


@DAMAGES
def test_a_lake_that_is_looked_at_names_the_file_and_renames_nothing(tmp_path: Path, damage: Callable[[Path], None]):
    lake = Lake(tmp_path)
    path = lake.write(NOTES, DAY, MANY, START).path
    damage(path)
    with pytest.raises(DamagedFileError, match=r"notes/2024-05-01/data\.parquet.*Next: run the day again"):
        lake.current(NOTES, DAY)
    assert path.exists()
    assert set_aside_files(lake.root) == []


@DAMAGES
def test_the_next_answer_fills_the_place_and_ends_the_note(lake: Lake, damage: Callable[[Path], None]):
    path = lake.write(NOTES, DAY, MANY, START).path
    damage(path)
    assert lake.write(NOTES, DAY, notes([("A", 1.0)]), hour(3)).rows_new == 1
    assert values(lake.read(NOTES, DAY, hour(4))) == {"A": 1.0}
    assert lake.absence(NOTES, DAY) is None
    assert lake.unreadable() == {}
    assert [item.name for item in set_aside_files(lake.root)] == [ASIDE], "kept for people"


def test_a_run_file_that_is_damaged_counts_as_never_stored(lake: Lake):
    path = lake.write_part(PLAIN, DAY, "run", PART).path
    emptied(path)
    assert lake.read_part(PLAIN, DAY, "run") is None
    assert lake.parts(PLAIN, DAY) == []
    assert lake.unreadable() == {}, "it is made again, no source is asked"
    assert lake.write_part(PLAIN, DAY, "run", PART).rows == 2


def test_the_past_and_late_facts_of_a_damaged_file_are_none(lake: Lake):
    path = lake.write(NOTES, DAY, MANY, START).path
    emptied(path)
    assert late_rows(lake, NOTES, DAY, hour(1), START) is None
    lake.write(NOTES, DAY, MANY, START)
    emptied(path)
    past = LakeAt(lake, hour(1))
    assert not past.holds(NOTES, DAY)
    assert past.vintages(NOTES, DAY).num_rows == 0
    assert len(set_aside_files(lake.root)) == 2, "a second one of the same second has a name of its own"


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_damaged_notes_are_set_aside_and_the_day_is_asked_again(lake: Lake, text: str):
    lake.mark_absent(NOTES, DAY, Absence(Reason.PROVIDER_REFUSED, "403", START))
    path = lake.notes_file(NOTES, DAY)
    path.write_text(text, encoding="utf-8")
    note = lake.absence(NOTES, DAY)
    assert note is not None
    assert note.reason is Reason.UNREADABLE
    assert "absent.json.unreadable-" in note.detail
    assert [item.read_text(encoding="utf-8") for item in set_aside_files(lake.root)] == [text]


def test_damaged_spellings_are_set_aside(lake: Lake):
    keep_unmapped(lake, NOTES, DAY, "finra", ["A.B"])
    path = lake.root / "notes" / DAY / "unmapped.json"
    path.write_text("{", encoding="utf-8")
    assert unmapped_of(lake, NOTES, DAY) == ("", [])
    keep_unmapped(lake, NOTES, DAY, "finra", ["C.D"])
    assert unmapped_of(lake, NOTES, DAY) == ("finra", ["C.D"])


def test_a_file_that_cannot_be_reached_is_no_damaged_file(lake: Lake, monkeypatch: pytest.MonkeyPatch):
    path = lake.write(NOTES, DAY, MANY, START).path

    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(partition_file.pq, "read_table", refused)
    with pytest.raises(LakeError, match=r"Permission denied\. Next: check the disk, the rights"):
        lake.current(NOTES, DAY)
    assert path.exists()


def test_a_file_of_a_newer_version_is_left_where_it_is(lake: Lake):
    path = lake.write(NOTES, DAY, MANY, START).path
    table = pq.read_table(path)
    pq.write_table(table.append_column("of_tomorrow", table.column("value")), path)
    with pytest.raises(LakeError, match=r"columns: of_tomorrow\)\. Next: use the version"):
        lake.current(NOTES, DAY)
    assert path.exists()


def test_a_kind_that_cannot_be_read_is_never_guessed(lake: Lake):
    lake.claim(is_simulated=True)
    (lake.root / "kind.json").write_text("", encoding="utf-8")
    with pytest.raises(LakeError, match=r"kind\.json.*simulated or real data\. Next: look which it is"):
        lake.claim(is_simulated=True)
