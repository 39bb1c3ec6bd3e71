"""Partitions on disk: written whole or not at all, refused by name when damaged, never of two kinds."""

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amc_assets.lake.files import LakeError
from amc_assets.lake.schema import SchemaError
from amc_assets.lake.store import Absence, Lake, MixedDataError
from amc_assets.reasons import Reason
from amc_assets_tests.lake.rows import DAY, NOTES, PLAIN, START, hour, notes, values

ROOT = Path(__file__).resolve().parents[2]

ROWS = notes([("A", 1.0), ("B", None)])
PART = pa.table({"symbol": ["A", "B"], "value": [1.0, 2.0]})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_a_partition_that_was_never_written_is_empty(lake: Lake):
    assert lake.read(NOTES, DAY, START).schema.equals(NOTES.arrow)
    assert lake.read_part(PLAIN, DAY, "run") is None
    assert not lake.holds(NOTES, DAY)
    assert lake.partitions(NOTES) == lake.parts(NOTES, DAY) == []


def test_what_is_written_is_found(lake: Lake):
    written = lake.write(NOTES, DAY, ROWS, START)
    assert (written.rows, written.rows_new, written.size_bytes) == (2, 2, written.path.stat().st_size)
    assert values(lake.read(NOTES, DAY, START)) == {"A": 1.0, "B": None}
    assert lake.holds(NOTES, DAY)
    assert lake.partitions(NOTES) == [DAY]


def test_refused_rows_leave_the_partition_as_it_was(lake: Lake):
    lake.write(NOTES, DAY, ROWS, START)
    with pytest.raises(SchemaError):
        lake.write(NOTES, DAY, notes([("A", 5.0), ("A", 6.0)]), hour(1))
    assert values(lake.read(NOTES, DAY, hour(2))) == {"A": 1.0, "B": None}


def test_a_part_is_replaced_whole_and_parts_stand_beside_each_other(lake: Lake):
    lake.write_part(PLAIN, DAY, "one", PART)
    lake.write_part(PLAIN, DAY, "two", PART)
    lake.write_part(PLAIN, DAY, "one", PART.slice(1))
    assert lake.read_part(PLAIN, DAY, "one").to_pylist() == [{"symbol": "B", "value": 2.0}]
    assert lake.read_part(PLAIN, DAY, "two").num_rows == 2
    assert sorted(lake.parts(PLAIN, DAY)) == ["one", "two"]


def test_the_newest_partition_is_not_after_the_day(lake: Lake):
    for day in ("2024-05-01", "2024-05-03"):
        lake.write(NOTES, day, ROWS, START)
    found = [lake.newest_partition(NOTES, START.date().replace(day=day)) for day in (1, 2, 3, 9)]
    assert found == ["2024-05-01", "2024-05-01", "2024-05-03", "2024-05-03"]
    assert lake.newest_partition(NOTES, START.date().replace(month=4)) is None


def test_a_note_of_absence_goes_with_the_first_rows(lake: Lake):
    note = Absence(Reason.PROVIDER_UNAVAILABLE, "polygon: 503 three times", START)
    lake.mark_absent(NOTES, DAY, note)
    assert lake.absence(NOTES, DAY) == note
    assert not lake.holds(NOTES, DAY)
    assert lake.partitions(NOTES) == []
    lake.write(NOTES, DAY, ROWS, START)
    assert lake.absence(NOTES, DAY) is None


@pytest.mark.parametrize("name", ["..", "a/b", "", "2024-05-01/../x", "run id"])
def test_no_name_leaves_the_folder(lake: Lake, name: str):
    with pytest.raises(LakeError, match="cannot name a partition"):
        lake.write(NOTES, name, ROWS, START)
    with pytest.raises(LakeError, match="cannot name a partition"):
        lake.read_part(PLAIN, DAY, name)


@pytest.mark.parametrize("size", [0, 3, 200])
def test_a_torn_file_is_refused_by_name(lake: Lake, size: int):
    path = lake.write(NOTES, DAY, ROWS, START).path
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(LakeError, match=r"data\.parquet.*Next: run the day again"):
        lake.read(NOTES, DAY, START)
    with pytest.raises(LakeError, match=r"data\.parquet"):
        lake.write(NOTES, DAY, ROWS, START)


def test_a_flipped_bit_is_never_read_as_another_number(lake: Lake):
    many = notes([(f"S{number:04}", float(number) ** 0.5) for number in range(400)])
    path = lake.write(NOTES, DAY, many, START).path
    whole, before = path.read_bytes(), lake.read(NOTES, DAY, START)
    caught = 0
    for place in range(4, len(whole) - 8, 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            found = lake.read(NOTES, DAY, START)
        except LakeError:
            caught += 1
        else:
            assert found.select(NOTES.arrow.names).to_pydict() == before.to_pydict(), f"byte {place}"
    assert caught > 10


def test_a_file_of_another_declaration_is_refused(lake: Lake):
    path = lake.write(NOTES, DAY, ROWS, START).path
    pq.write_table(ROWS.drop_columns(["text"]), path)
    with pytest.raises(LakeError, match=r"it lacks the columns text"):
        lake.read(NOTES, DAY, START)


def test_a_damaged_note_is_refused_by_name(lake: Lake):
    lake.mark_absent(NOTES, DAY, Absence(Reason.NO_BAR, "", START))
    note = lake.root / "notes" / DAY / "absent.json"
    for damage in ("", "{", "[1]"):
        note.write_text(damage, encoding="utf-8")
        with pytest.raises(LakeError, match=r"absent\.json"):
            lake.absence(NOTES, DAY)


@pytest.mark.parametrize("url", ["s3://bucket/lake", "https://host/lake"])
def test_an_address_that_is_no_folder_is_refused(url: str):
    with pytest.raises(LakeError, match=r"not supported\. Next"):
        Lake.at(url)


def test_a_file_address_is_a_folder(tmp_path: Path):
    assert Lake.at(f"file://{tmp_path}/lake").root == Lake.at(f"{tmp_path}/lake").root == tmp_path / "lake"


@pytest.mark.parametrize("first", [True, False])
def test_simulated_and_real_never_share_a_lake(lake: Lake, first: bool):
    lake.claim(is_simulated=first)
    lake.claim(is_simulated=first)
    with pytest.raises(MixedDataError, match=r"holds (simulated|real) data and this run is .*Next: set AMC_LAKE_URL"):
        lake.claim(is_simulated=not first)
    (lake.root / "kind.json").write_text("", encoding="utf-8")
    with pytest.raises(LakeError, match=r"kind\.json"):
        lake.claim(is_simulated=first)


def raced(*commands: list[str], may_break: bool = False) -> list[str] | None:
    """Run workers at once, let them go together when all have imported, and return what they said.

    None when one of them broke and that was allowed.
    """
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "amc_assets_tests.lake.writers", *command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for command in commands
    ]  # fmt: skip
    try:
        assert [worker.stdout.readline() for worker in started] == ["ready\n"] * len(started)
        for worker in started:
            worker.stdin.write("go\n")
            worker.stdin.flush()
        said = [worker.communicate(timeout=60)[0].strip() for worker in started]
        broke = any(worker.returncode for worker in started)
        assert may_break or not broke, said
        return None if broke else said
    finally:
        for worker in started:
            worker.kill()


def test_two_processes_that_claim_at_once_agree(tmp_path: Path):
    said = raced(["claim", str(tmp_path), "simulated"], ["claim", str(tmp_path), "real"])
    assert said is not None
    one, other = (text.split() for text in said)
    assert len(one) == len(other) == 50
    assert all({first, second} == {"claimed", "refused"} for first, second in zip(one, other, strict=True))


def test_processes_that_write_one_partition_lose_nothing(tmp_path: Path):
    raced(["write", str(tmp_path), "X", "locked"], ["write", str(tmp_path), "Y", "locked"])
    found = values(Lake(tmp_path).read(NOTES, DAY, hour(999)))
    assert found == {f"{name}{number}": float(number) for name in "XY" for number in range(40)}


def test_writers_without_the_lock_lose_rows(tmp_path: Path):
    """The same race with the lock taken away: rows are lost, or a worker meets the other's half-replaced file."""
    for attempt in range(5):
        root = tmp_path / str(attempt)
        said = raced(["write", str(root), "X", "unlocked"], ["write", str(root), "Y", "unlocked"], may_break=True)
        if said is None or Lake(root).read(NOTES, DAY, hour(999)).num_rows < 80:
            return
    pytest.fail("five races without a lock lost nothing: this machine does not run the workers at once")
