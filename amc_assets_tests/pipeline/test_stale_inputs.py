"""Feeds that stopped, through the lake: windows that end at the newest file, and a run that says so."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from amc_assets.features.build import build_snapshot
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import SHORT_VOLUME
from amc_assets.market.calendar import end_of_day_as_of, session_offset, sessions_between
from amc_assets.market.publication import short_volume_published_at
from amc_assets.pipeline import discovery
from amc_assets.pipeline.history import History
from amc_assets.pipeline.ingest_options import bill_rate
from amc_assets.reasons import Reason
from amc_assets_tests.features.panels import volume_table
from amc_assets_tests.features.test_build import line, seen
from amc_assets_tests.features.test_stopped_feeds import on

LAST = date(2021, 1, 12)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Eighty daily files up to LAST; the ratios of GME drift, so that every window has a median of its own."""
    found = Lake(tmp_path_factory.mktemp("stopped") / "lake")
    for i, day in enumerate(sessions_between(session_offset(LAST, -79), LAST)):
        table = volume_table(day, ("GME", 300 + 3 * i + 20 * (i % 7), 1000))
        found.write(SHORT_VOLUME, day.isoformat(), table, short_volume_published_at(day))
    return found


def run(lake: Lake, day: date):
    history = History(lake, day, day)
    return build_snapshot(on(day, {"short_volume": history.short_volume(day, end_of_day_as_of(day))}))


def test_the_window_of_short_volume_ends_at_the_newest_file(lake: Lake):
    value = seen(run(lake, LAST), "short_volume_ratio_z", "GME")
    assert value[1] is Reason.PRESENT
    for missed in range(1, 5):
        assert seen(run(lake, session_offset(LAST, missed)), "short_volume_ratio_z", "GME") == value, missed
    window = History(lake, LAST, LAST).short_volume(session_offset(LAST, 4), end_of_day_as_of(session_offset(LAST, 4)))
    assert min(window) == session_offset(LAST, -60)


def test_a_run_on_a_feed_that_stopped_is_degraded_and_says_how_old_it_is(lake: Lake):
    snapshot = run(lake, session_offset(LAST, 11))
    assert seen(snapshot, "short_volume_ratio_z", "GME") == (None, Reason.STALE)
    assert line(snapshot, "short_volume").known_at == short_volume_published_at(LAST)
    results = {"unified_detectors": SimpleNamespace(candidates_found=3)}
    status, reason = discovery._verdict(snapshot, results, "unified_detectors", [])
    assert status == "degraded"
    assert "short_volume: stale, newest file of 2021-01-12, 11 sessions old" in reason


@pytest.mark.parametrize(("missed", "is_known"), [(0, True), (5, True), (6, False), (60, False)])
def test_a_bill_rate_of_weeks_ago_is_no_rate(tmp_path: Path, missed: int, is_known: bool):
    import pyarrow as pa

    from amc_assets.lake.tables import BILL_RATES

    row = {"quote_date": LAST, "term_days": 28.0, "yield_frac": 0.05, "source": "treasury", "is_simulated": False,
           "known_at": end_of_day_as_of(LAST)}  # fmt: skip
    lake = Lake(tmp_path / "lake")
    table = pa.Table.from_pylist([row])
    lake.write(BILL_RATES, "2021-01-01", table, end_of_day_as_of(LAST))
    day = session_offset(LAST, missed)
    clock = SimpleNamespace(now=lambda: end_of_day_as_of(day))
    found = bill_rate(SimpleNamespace(lake=lake, clock_for=lambda _: clock), day)
    assert found == (pytest.approx(0.05) if is_known else None)
    assert np.isfinite(found or 0.0)
