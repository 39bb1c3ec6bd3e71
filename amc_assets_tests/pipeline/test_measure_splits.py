"""A split is no move, no crash and no covering: outcomes, sorts and the chart stand on one share basis."""

from datetime import date
from types import SimpleNamespace

import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SPLITS
from amc_assets.market.calendar import end_of_day_as_of, session_offset
from amc_assets.pipeline.ingest_options import _closes
from amc_assets.pipeline.measure import measure
from amc_assets.pipeline.recent import RecentTables
from amc_assets.pipeline.reporting import _series
from amc_assets_tests.features.panels import bars_table
from amc_assets_tests.pipeline.split_markets import DAY, NOW, PRICE_USD, SHORT, VOLUME, Change, fill

DATES = {
    "the day before entry": DAY,
    "the day of entry": session_offset(DAY, 1),
    "a settlement date inside the window": date(2021, 1, 15),
    "the last day of the window": session_offset(DAY, 5),
    "between the window and the report": date(2021, 1, 27),
    "the settlement date of the report": date(2021, 1, 29),
}
REVERSE, FORWARD = 1 / 30, 10.0


def measured(folder, change: Change):
    """Return (hits, names of known outcome) per label, of AAA, that never moved, and HIT, that did."""
    found = measure(fill(Lake(folder), change), [DAY], {}, NOW)
    daily = {label: found.study.daily["sort:one_day_return", "all", label] for label in found.study.horizons_sessions}
    return {label: (of_day[0].field_hits, of_day[0].field) for label, of_day in daily.items()}


def test_without_a_split_one_of_two_names_moves_and_covers(tmp_path):
    assert measured(tmp_path, Change()) == {"move_30_5": (1, 2), "squeeze_30_5": (1, 2), "move_5atr_5": (1, 2)}


@pytest.mark.parametrize("ratio", [REVERSE, FORWARD])
@pytest.mark.parametrize("when", DATES)
def test_a_known_split_is_no_move_and_no_known_squeeze(tmp_path, ratio, when):
    """1-for-30 with 3,000,000 short before and 100,000 after: nobody covered. 10-for-1 is its mirror."""
    found = measured(tmp_path, Change(ratio, DATES[when]))
    assert found == {"move_30_5": (1, 2), "squeeze_30_5": (1, 1), "move_5atr_5": (1, 2)}


@pytest.mark.parametrize("executed", [date(2020, 12, 1), date(2020, 12, 31), date(2021, 2, 12)])
def test_a_split_outside_the_two_reports_leaves_the_squeeze_known(tmp_path, executed):
    """2020-12-31 is a settlement date itself: its report is of the new shares already."""
    found = measured(tmp_path, Change(REVERSE, executed))
    assert found == {"move_30_5": (1, 2), "squeeze_30_5": (1, 2), "move_5atr_5": (1, 2)}


@pytest.mark.parametrize("flagged", [date(2021, 1, 15), date(2021, 1, 29)])
def test_a_split_flag_without_a_known_split_is_an_unknown_squeeze(tmp_path, flagged):
    change = Change(REVERSE, date(2021, 2, 2), is_known=False, split_flag=flagged)
    assert measured(tmp_path, change)["squeeze_30_5"] == (1, 1)


@pytest.mark.parametrize(
    ("flagged", "known"), [(date(2020, 12, 31), 2), (date(2021, 1, 15), 1), (date(2021, 1, 29), 1)]
)
def test_a_revision_between_the_two_reports_is_an_unknown_squeeze(tmp_path, flagged, known):
    assert measured(tmp_path, Change(revision_flag=flagged))["squeeze_30_5"] == (1, known)


@pytest.mark.parametrize("ratio", [REVERSE, FORWARD])
def test_a_close_beside_strikes_is_on_the_share_basis_of_its_day(tmp_path, ratio):
    """Bars that were fetched after a split, adjusted for it; the chain of that day was not."""
    lake = fill(Lake(tmp_path / "splits"), Change(ratio, date(2021, 1, 19)))
    late = Lake(tmp_path / "late")
    for key in lake.partitions(SPLITS):
        late.write(SPLITS, key, lake.vintages(SPLITS, key), NOW)
    bars = bars_table(DAY, [("ZZZ", 7.0), ("AAA", PRICE_USD / ratio)], basis=date(2021, 1, 20))
    late.write(DAILY_BARS, DAY.isoformat(), bars, NOW)
    workspace = SimpleNamespace(lake=late, recent=RecentTables(late), clock=SimpleNamespace(now=lambda: NOW))
    assert _closes(workspace, DAY) == pytest.approx({"AAA": PRICE_USD, "ZZZ": 7.0})


@pytest.mark.parametrize("ratio", [REVERSE, FORWARD])
def test_the_chart_of_a_candidate_is_on_the_share_basis_of_its_day(tmp_path, ratio):
    lake, day = fill(Lake(tmp_path), Change(ratio, date(2021, 1, 5))), date(2021, 1, 28)
    series = _series(lake, day, NOW, ["AAA"])["AAA"]
    assert series.close_usd[-60:] == pytest.approx([PRICE_USD / ratio] * 60)
    assert series.volume_shares[-60:] == pytest.approx([VOLUME * ratio] * 60)
    assert [point.shares for point in series.short_interest] == pytest.approx([SHORT * ratio] * 2)


def test_the_chart_leaves_out_positions_before_a_split_that_no_source_explains(tmp_path):
    lake = fill(Lake(tmp_path), Change(REVERSE, date(2021, 1, 5), is_known=False, split_flag=date(2021, 1, 15)))
    series = _series(lake, date(2021, 1, 28), end_of_day_as_of(date(2021, 1, 28)), ["AAA"])["AAA"]
    assert [point.shares for point in series.short_interest] == [SHORT * REVERSE]
