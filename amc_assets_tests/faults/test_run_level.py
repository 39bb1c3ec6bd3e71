"""Faults around a whole run: kinds of data mixed, the database gone, a damaged file, nothing of it half done."""

from datetime import date
from pathlib import Path

import pytest

from amc_assets.lake.files import LakeError
from amc_assets.lake.store import Lake
from amc_assets.lake.store import MixedDataError as MixedLake
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.discovery import discover
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.replay.simulated import SimulatedMarket
from amc_assets.settings import load_settings
from amc_assets.store.engine import claim_kind, open_engine, upgrade
from amc_assets.store.errors import MixedDataError as MixedDatabase
from amc_assets.store.errors import StoreError
from amc_assets.store.runs import recent_runs
from amc_assets_tests.faults.worker import small_market

DAY = date(2024, 5, 15)


@pytest.fixture(scope="module")
def market() -> SimulatedMarket:
    return small_market()


def settings_in(home: Path, **more: str):
    return load_settings({"AMC_PLAN": "simulated", **more}, home=home)


def test_a_lake_of_real_data_is_refused(market: SimulatedMarket, tmp_path: Path):
    Lake(tmp_path / "lake").claim(is_simulated=False)
    with (
        pytest.raises(MixedLake, match="holds real data and this run is simulated"),
        open_workspace(settings_in(tmp_path), market=market),
    ):
        pytest.fail("it was opened")


def test_a_database_of_real_data_is_refused(market: SimulatedMarket, tmp_path: Path):
    engine = open_engine(f"sqlite:///{tmp_path / 'amc.db'}")
    upgrade(engine)
    claim_kind(engine, False)
    engine.dispose()
    with pytest.raises(MixedDatabase, match="holds real data"), open_workspace(settings_in(tmp_path), market=market):
        pytest.fail("it was opened")


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:9/none", "sqlite:////proc/none/amc.db"])
def test_a_database_that_is_down_is_named(market: SimulatedMarket, tmp_path: Path, url: str):
    with (
        pytest.raises(StoreError, match="database") as caught,
        open_workspace(settings_in(tmp_path, DATABASE_URL=url), market=market),
    ):
        pytest.fail("it was opened")
    assert "Traceback" not in str(caught.value)


def test_a_damaged_file_degrades_the_day_by_name_and_is_set_aside(market: SimulatedMarket, tmp_path: Path):
    with open_workspace(settings_in(tmp_path), market=market) as workspace:
        path = tmp_path / "lake" / "universe" / DAY.isoformat() / "data.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"PAR1 not really PAR1")
        found = discover(workspace, Moment(DAY, "regular", end_of_day_as_of(DAY)), workspace.history(DAY, DAY))
        assert found.error is None
        run = recent_runs(workspace.engine, "unified_detectors", 1)[0]
        assert run.status == "degraded"
        assert f"universe of {DAY}" in run.reason
        (aside,) = path.parent.glob("data.parquet.unreadable-*")
        assert aside.read_bytes() == b"PAR1 not really PAR1"
        assert not path.exists()


def test_a_file_in_place_of_the_lake_is_named(market: SimulatedMarket, tmp_path: Path):
    (tmp_path / "lake").write_text("not a folder")
    with pytest.raises(LakeError, match=r"lake.*Next"), open_workspace(settings_in(tmp_path), market=market):
        pytest.fail("it was opened")
