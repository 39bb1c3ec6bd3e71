"""The first screen chooses whom scarce sources are asked for, so it must not see what they brought that day."""

from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import IV_30D, IV_PERCENTILES, NEWS, OPTION_ACTIVITY, SHARE_COUNTS
from amc_assets.pipeline.gather import gather
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.recent import RecentTables
from amc_assets.pipeline.shortlist import _first_stage, chosen, recently_asked
from amc_assets.settings import load_settings
from amc_assets_tests.features.panels import AS_OF, DAY
from amc_assets_tests.pipeline import window_market as market
from amc_assets_tests.pipeline.window_market import BEFORE, LONG_AGO, base_lake

SECOND_STAGE = {
    SHARE_COUNTS: (market.counts, "share_counts"),
    OPTION_ACTIVITY: (market.option_activity, "option_activity"),
    IV_30D: (market.iv_30d, "iv_30d"),
    IV_PERCENTILES: (market.iv_percentiles, "iv_percentiles"),
    NEWS: (market.headline, "news"),
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return a workspace whose second stage of the day is done."""
    home = tmp_path_factory.mktemp("shortlist")
    lake = base_lake(home / "lake")
    for schema, (rows, _) in SECOND_STAGE.items():
        lake.write(schema, str(DAY), rows(DAY, LONG_AGO), LONG_AGO)
    return opened(lake, home)


def opened(lake: Lake, home: Path) -> Any:
    settings = load_settings({"AMC_PLAN": "simulated"}, home=home)
    live = SimpleNamespace(why_not_recorded=lambda _dataset: "")
    return SimpleNamespace(lake=lake, settings=settings, is_simulated=False, recent=RecentTables(lake), sources=live)


MOMENT = Moment(DAY, "regular", AS_OF)
FRIDAY = date(2021, 1, 29)


@pytest.mark.parametrize("schema", SECOND_STAGE, ids=lambda schema: schema.name)
def test_the_first_screen_does_not_see_what_the_second_stage_brought(workspace: Any, schema: TableSchema):
    field = SECOND_STAGE[schema][1]
    history = History(workspace.lake, DAY, DAY)
    whole = getattr(gather(workspace, MOMENT, history), field)
    first = getattr(_first_stage(workspace, MOMENT, history), field)
    assert str(DAY) in {str(day) for day in whole["trade_date"].to_pylist()}, "the day's rows are there to be seen"
    wanted = [BEFORE] if schema is SHARE_COUNTS else []
    assert first["trade_date"].to_pylist() == wanted


def test_the_first_screen_has_the_counts_of_the_day_before(workspace: Any):
    first = _first_stage(workspace, MOMENT, History(workspace.lake, DAY, DAY)).share_counts
    assert first["float_shares"].to_pylist() == [9000.0]


def volatility_known(lake: Lake, known_at: datetime, days_before: int) -> None:
    day = FRIDAY - timedelta(days=days_before)
    lake.write(IV_30D, str(day), market.iv_30d(day, known_at), known_at)


@pytest.mark.parametrize(("days_before", "is_kept"), [(0, False), (1, True), (45, True), (46, False)])
def test_names_asked_in_the_45_days_before_are_kept_and_those_of_today_are_not(
    tmp_path: Path, days_before: int, is_kept: bool
):
    lake = Lake(tmp_path / "lake")
    volatility_known(lake, LONG_AGO, days_before)
    assert recently_asked(opened(lake, tmp_path), FRIDAY) == ({market.NAME: 1} if is_kept else {})


def test_two_fifths_of_the_list_are_for_names_that_were_asked_before():
    best = [f"B{number}" for number in range(10)]
    assert chosen(best, Counter({"K1": 1, "K2": 5, "B0": 9}), 5) == ("B0", "B1", "B2", "K2", "K1")
    assert chosen(best, Counter(), 5) == tuple(best[:5])
