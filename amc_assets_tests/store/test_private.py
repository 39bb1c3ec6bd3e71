"""State is its owner's alone, whatever the umask: database, limits, copies of answers, the lake, locks."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from amc_assets.defs.instance_storage import folder_of
from amc_assets.lake.store import Lake
from amc_assets.providers.road.cache_sqlite import SqliteCache
from amc_assets.providers.road.sqlite_state import SqliteState
from amc_assets.store.engine import open_engine, upgrade
from amc_assets_tests.lake.rows import DAY, NOTES, START, notes


@pytest.fixture(params=[0o000, 0o277])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    before = os.umask(request.param)
    yield tmp_path / "deep" / "home"
    os.umask(before)


def fill(home: Path) -> None:
    engine = open_engine(f"sqlite:///{home / 'amc.db'}")
    upgrade(engine)
    SqliteState(home / "state.db").update("slots:x", lambda _document, _now: ({"a": 1}, None))
    SqliteCache(home / "cache.db").drop("x")
    Lake(home / "lake").claim(is_simulated=True)
    Lake(home / "lake").write(NOTES, DAY, notes([("A", 1.0)]), START)
    folder_of({"base_dir": str(home / "dagster")})
    engine.dispose()


def modes(home: Path) -> dict[str, int]:
    return {str(path.relative_to(home)): stat.S_IMODE(path.stat().st_mode) for path in [home, *home.rglob("*")]}


def test_folders_are_0700_and_files_0600(home: Path):
    fill(home)
    found = modes(home.parent)
    folders = {name for name in found if (home.parent / name).is_dir()}
    assert {"home", "home/lake", f"home/lake/notes/{DAY}", "home/dagster"} <= folders
    assert {f"home/lake/notes/{DAY}/data.parquet", "home/amc.db", "home/state.db", "home/cache.db"} <= set(found)
    wrong = {name: oct(mode) for name, mode in found.items() if mode != (0o700 if name in folders else 0o600)}
    assert wrong == {}


def test_a_database_that_others_could_read_is_closed_to_them(tmp_path: Path):
    fill(tmp_path / "home")
    (tmp_path / "home" / "amc.db").chmod(0o644)
    open_engine(f"sqlite:///{tmp_path / 'home' / 'amc.db'}").dispose()
    assert modes(tmp_path / "home")["amc.db"] == 0o600


def test_a_folder_that_is_there_stays_as_it_is(tmp_path: Path):
    tmp_path.chmod(0o755)
    open_engine(f"sqlite:///{tmp_path / 'amc.db'}").dispose()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755
