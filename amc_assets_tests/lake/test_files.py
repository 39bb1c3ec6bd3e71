"""Temporary files of dead writers go, those of living ones stay; a failed write names the thing and changes nothing."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from amc_assets.lake import files
from amc_assets.lake.files import LakeError, exclusive, replace_file, sweep
from amc_assets.lake.store import Lake
from amc_assets_tests.lake.rows import DAY, NOTES, START, notes, values

ROOT = Path(__file__).resolve().parents[2]
ROWS = notes([("A", 1.0)])
WRITER = """
import sys, time
from pathlib import Path
from amc_assets.lake.files import replace_file
def write(path):
    path.write_text("half a fi")
    print("writing", flush=True)
    time.sleep(120)
replace_file(Path(sys.argv[1]), write)
"""


@pytest.mark.parametrize("is_dead", [True, False])
def test_only_files_of_dead_writers_are_swept(tmp_path: Path, is_dead: bool):
    target = tmp_path / "daily_bars" / DAY / "data.parquet"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE, cwd=ROOT)
    try:
        assert writer.stdout.readline() == b"writing\n"
        stray = list(tmp_path.rglob("*.tmp-*"))
        assert len(stray) == 1
        if is_dead:
            writer.send_signal(signal.SIGKILL)
            writer.wait(30)
        assert not target.exists()
        assert stray[0].exists(), "the kill itself must leave the file, or nothing is proven"
        Lake(tmp_path)
        assert stray[0].exists() is not is_dead
    finally:
        writer.kill()
        writer.wait(30)
        writer.stdout.close()


def test_the_sweep_leaves_what_is_not_its_own(tmp_path: Path):
    for name in ("data.parquet", "notes.tmp-x", "absent.json"):
        (tmp_path / name).write_text("keep")
    assert sweep(tmp_path) == []
    assert len(list(tmp_path.iterdir())) == 3


def test_a_write_that_fails_changes_nothing(tmp_path: Path):
    path = tmp_path / "data.parquet"
    path.write_text("old")

    def half(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(LakeError, match=r"data\.parquet: No space left on device\. Next: .*nothing was changed"):
        replace_file(path, half)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_named(tmp_path: Path):
    """A file-size limit stands in for a full disk: the kernel refuses the same write in the same place."""
    lake = Lake(tmp_path)
    lake.write(NOTES, DAY, ROWS, START)
    many = notes([(f"S{number:05}", number**0.5) for number in range(20_000)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(LakeError, match=r"cannot write .*data\.parquet.*has space"):
            lake.write(NOTES, DAY, many, START)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert values(lake.read(NOTES, DAY, START)) == {"A": 1.0}
    assert not list(tmp_path.rglob("*.tmp-*"))
    assert lake.write(NOTES, DAY, many, START).rows_new == 20_000


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path):
    (tmp_path / "lake").write_text("not a folder")
    lake = Lake(tmp_path / "lake")
    for attempt in (lambda: lake.write(NOTES, DAY, ROWS, START), lambda: lake.claim(is_simulated=True)):
        with pytest.raises(LakeError, match=r"cannot (lock|write) .*lake.*Next"):
            attempt()
    with pytest.raises(LakeError, match="cannot write"):
        replace_file(lake.root / "notes" / "x", lambda path: path.write_text("x"))


def test_the_lock_is_waited_for_and_dies_with_its_holder(tmp_path: Path):
    lock = tmp_path / ".locks" / "x"
    inbox, outbox = os.pipe()
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(lock)], stdout=outbox, cwd=ROOT, start_new_session=True)
    try:
        assert os.read(inbox, 4) == b"held"
        waiter = subprocess.Popen([sys.executable, "-c", _HOLD, str(lock)], stdout=outbox, cwd=ROOT)
        time.sleep(0.5)
        assert waiter.poll() is None
        holder.send_signal(signal.SIGKILL)
        assert os.read(inbox, 4) == b"held"
    finally:
        for process in (holder, waiter):
            process.kill()
            process.wait(30)
        os.close(inbox)
        os.close(outbox)
    with exclusive(lock):
        assert lock.exists()


_HOLD = """
import sys, time
from pathlib import Path
from amc_assets.lake.files import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", end="", flush=True)
    time.sleep(120)
"""


def test_a_plain_overwrite_would_be_torn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The guard of the tests above: without the temporary name the old file is gone when the disk is full."""

    def overwrite(path: Path, write) -> None:
        write(path)

    path = tmp_path / "data.parquet"
    path.write_text("old")
    monkeypatch.setattr(files, "replace_file", overwrite)

    def half(target: Path) -> None:
        target.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        files.replace_file(path, half)
    assert path.read_text() == "half"
