"""A feed that a replayed folder never held is not recorded, whatever the hour: nobody waits for its publication."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from amc_assets.features.build import build_snapshot
from amc_assets.pipeline.gather import gather
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.workspace import open_workspace
from amc_assets.reasons import Reason
from amc_assets.replay.recorded import RecordedMarket
from amc_assets.settings import load_settings
from amc_assets_tests.replay.recorded_folders import DESCRIPTION, small_folder

DAY = date(2019, 6, 5)
AT_NOON = datetime(2019, 6, 5, 16, 0, tzinfo=UTC)
WITHOUT_VOLUME = DESCRIPTION.replace('[short_volume]\npattern = "volume/CNMSshvol{date:%Y%m%d}.txt"\n', "")


def absence_at_noon(tmp_path: Path, description: str) -> dict[str, Reason]:
    """Return why each dataset gave nothing to a run at noon, when no file of the day is out."""
    market = RecordedMarket(small_folder(tmp_path / "folder", description))
    settings = load_settings({"AMC_PLAN": "simulated"}, home=tmp_path / "home")
    with open_workspace(settings, market=market) as workspace:
        found = gather(workspace, Moment(DAY, "regular", AT_NOON), workspace.history(DAY, DAY))
        build_snapshot(found)
        return {name: reason for name, (reason, _) in found.absence.items()}


def test_short_volume_that_was_never_recorded_is_not_called_unpublished(tmp_path: Path) -> None:
    found = absence_at_noon(tmp_path, WITHOUT_VOLUME)
    assert found["short_volume"] is Reason.NOT_RECORDED
    assert found["daily_bars"] is Reason.NOT_PUBLISHED  # bars are recorded, and of today they come this evening


def test_short_volume_that_was_recorded_is_waited_for(tmp_path: Path) -> None:
    assert absence_at_noon(tmp_path, DESCRIPTION)["short_volume"] is Reason.NOT_PUBLISHED


@pytest.mark.parametrize(
    "dataset", ["options", "trade_halts", "threshold_list", "fails_to_deliver", "float", "outstanding"]
)
def test_feeds_without_a_section_were_not_recorded(tmp_path: Path, dataset: str) -> None:
    assert absence_at_noon(tmp_path, DESCRIPTION)[dataset] is Reason.NOT_RECORDED
