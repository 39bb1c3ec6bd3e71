"""Windows that several rows fill, through the lake and by number: what the oldest row adds, what the next does not."""

import statistics
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from math import log
from pathlib import Path

import pyarrow as pa
import pytest

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import (
    NEWS,
    OPTION_ACTIVITY,
    SHORT_INTEREST,
    SHORT_VOLUME,
    THRESHOLD_LIST,
    TRADE_HALTS,
    UNIVERSE,
)
from amc_assets.market.calendar import end_of_day_as_of, new_york, session_offset, sessions_between
from amc_assets.market.publication import settlement_dates
from amc_assets.reasons import Reason
from amc_assets_tests.features.panels import AS_OF, DAY, interest_table, volume_table
from amc_assets_tests.features.test_build import seen
from amc_assets_tests.pipeline import window_market as market
from amc_assets_tests.pipeline.window_market import LONG_AGO, NAME, base_lake, copy_of, run


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    return base_lake(tmp_path_factory.mktemp("values") / "lake")


def back(sessions: int) -> date:
    return session_offset(DAY, -sessions)


def robust_z(now: float, past: Sequence[float]) -> float:
    """The textbook's: distance to the median over 1.4826 median absolute deviations."""
    middle = statistics.median(past)
    return (now - middle) / (1.4826 * statistics.median(abs(value - middle) for value in past))


@pytest.mark.parametrize(("oldest", "wanted"), [(60, Reason.PRESENT), (61, Reason.SHORT_HISTORY)])
def test_short_volume_is_compared_with_the_sixty_sessions_before(base: Lake, tmp_path: Path, oldest: int, wanted):
    """Twenty earlier files are needed; nineteen are recent, the twentieth decides."""
    lake = copy_of(base, tmp_path / "lake", [SHORT_VOLUME])
    for number, sessions in enumerate([*range(20), oldest]):
        rows = volume_table(back(sessions), (NAME, 300 + 7 * number, 1000), known_at=LONG_AGO)
        lake.write(SHORT_VOLUME, str(back(sessions)), rows, LONG_AGO)
    value, reason = seen(run(lake)[1], "short_volume_ratio_z", NAME)
    assert reason is wanted
    if wanted is Reason.PRESENT:
        assert value == pytest.approx(robust_z(0.3, [0.3 + 0.007 * number for number in range(1, 21)]))


def test_six_reports_are_the_history_of_short_interest(base: Lake, tmp_path: Path):
    """150 days hold ten reports: the newest six of those that are public by then count, and none of before."""
    settlements = settlement_dates(DAY - timedelta(days=150), DAY)
    assert len(settlements) == 10
    lake = copy_of(base, tmp_path / "lake", [SHORT_INTEREST])
    for settled in settlements:
        report = interest_table({"symbol": NAME, "shares": 1000, "settlement": settled, "known_at": LONG_AGO})
        lake.write(SHORT_INTEREST, str(settled), report, LONG_AGO)
    read = run(lake)[0].short_interest_history["settlement_date"].to_pylist()
    assert read == settlements[-6:]


@pytest.mark.parametrize(("settled", "counts"), [(date(2020, 8, 31), True), (date(2020, 8, 14), False)])
def test_the_history_of_short_interest_reaches_back_150_days(base: Lake, tmp_path: Path, settled: date, counts: bool):
    lake = copy_of(base, tmp_path / "lake")
    report = interest_table({"symbol": NAME, "shares": 1000, "settlement": settled, "known_at": LONG_AGO})
    lake.write(SHORT_INTEREST, str(settled), report, LONG_AGO)
    read = run(lake)[0].short_interest_history["settlement_date"].to_pylist()
    assert read == [settled] * counts + [date(2020, 12, 31)]


@pytest.mark.parametrize(("later_lists", "wanted"), [(2, (1.0, Reason.PRESENT)), (3, (None, Reason.NOT_FETCHED))])
def test_a_threshold_list_stands_behind_two_that_are_not_known_yet(
    base: Lake, tmp_path: Path, later_lists: int, wanted: tuple[float | None, Reason]
):
    lake = copy_of(base, tmp_path / "lake", [THRESHOLD_LIST])
    for sessions in range(later_lists + 1):
        known_at = LONG_AGO if sessions == later_lists else AS_OF + timedelta(hours=1)
        rows = market.threshold(back(sessions), known_at)
        lake.write(THRESHOLD_LIST, str(back(sessions)), rows, known_at)
    assert seen(run(lake)[1], "is_on_threshold_list", NAME) == wanted


CALLS = {sessions: 1000.0 + 37.0 * ((sessions * 7) % 23) for sessions in range(63)}


def with_activity(lake: Lake, calls: dict[int, float]) -> Lake:
    for sessions, count in calls.items():
        rows = market.option_activity(back(sessions), LONG_AGO, calls=count)
        lake.write(OPTION_ACTIVITY, str(back(sessions)), rows, LONG_AGO)
    return lake


def volume_z(calls: dict[int, float]) -> float:
    """Of ln(calls + 1,000 puts) against the thirty sessions before."""
    return robust_z(log(calls[0] + 1000.0), [log(calls[n] + 1000.0) for n in range(1, 31)])


def ratio_z(calls: dict[int, float]) -> float:
    """Of ln(calls / 1,000 puts) against the sixty sessions before."""
    return robust_z(log(calls[0] / 1000.0), [log(calls[n] / 1000.0) for n in range(1, 61)])


@pytest.mark.parametrize("changed", [None, 30, 31, 60, 61])
def test_option_volume_is_compared_with_thirty_sessions_and_calls_over_puts_with_sixty(
    base: Lake, tmp_path: Path, changed: int | None
):
    calls = dict(CALLS)
    if changed is not None:
        calls[changed] = 100_000.0 if calls[changed] < 1400.0 else 1.0  # to the other side of the median
    snapshot = run(with_activity(copy_of(base, tmp_path / "lake"), calls))[1]
    assert seen(snapshot, "option_volume_z", NAME) == (pytest.approx(volume_z(calls)), Reason.PRESENT)
    assert seen(snapshot, "call_put_volume_log_z", NAME) == (pytest.approx(ratio_z(calls)), Reason.PRESENT)
    assert (volume_z(calls) != volume_z(CALLS)) == (changed == 30), "the row has to be one that decides"
    assert (ratio_z(calls) != ratio_z(CALLS)) == (changed in {30, 31, 60})


@pytest.mark.parametrize(("days", "wanted"), [(110, Reason.PRESENT), (111, Reason.SHORT_HISTORY)])
def test_activity_reaches_back_110_days(base: Lake, tmp_path: Path, days: int, wanted: Reason):
    """A name that is asked for once in a while: the twentieth earlier session decides."""
    lake = with_activity(copy_of(base, tmp_path / "lake"), {n: CALLS[n] for n in range(20)})
    oldest = DAY - timedelta(days=days)
    lake.write(OPTION_ACTIVITY, str(oldest), market.option_activity(oldest, LONG_AGO), LONG_AGO)
    assert seen(run(lake)[1], "option_volume_z", NAME)[1] is wanted


AFTER_HOLIDAYS = date(2025, 2, 18)
"""A run whose sixty-two sessions span 95 days: five holidays and a day of mourning lie in them."""


def an_evening(day: date, known_at: datetime) -> pa.Table:
    """A headline at 19:00 New York: after the hour of as_of, so it belongs to the session that follows."""
    rows = market.headline(day, known_at)
    at = pa.array([new_york(day, 19)], rows.schema.field("published_at").type)
    return rows.set_column(rows.column_names.index("published_at"), "published_at", at)


@pytest.mark.parametrize(("sessions", "wanted"), [(61, Reason.PRESENT), (62, Reason.SHORT_HISTORY)])
def test_attention_is_compared_with_sixty_sessions_whatever_days_they_span(
    base: Lake, tmp_path: Path, sessions: int, wanted: Reason
):
    """The evening of 61 sessions ago is the begin of the sixtieth session before: of twenty needed, it is the last."""
    day = AFTER_HOLIDAYS
    oldest = session_offset(day, -sessions)
    if sessions == 61:
        assert (day - oldest).days == 95
    lake = copy_of(base, tmp_path / "lake")
    lake.write(NEWS, str(day), market.headline(day, LONG_AGO), LONG_AGO)
    for earlier in [*sessions_between(session_offset(day, -20), session_offset(day, -2)), oldest]:
        lake.write(NEWS, str(earlier), an_evening(earlier, LONG_AGO), LONG_AGO)
    assert seen(run(lake, day, end_of_day_as_of(day))[1], "news_attention_z", NAME)[1] is wanted


def test_a_halt_in_the_evening_before_five_sessions_counts_over_a_holiday(base: Lake, tmp_path: Path):
    """Five sessions with a holiday begin eight days back; of .9 for news pending a fifth is left."""
    day = date(2021, 1, 22)
    lake = copy_of(base, tmp_path / "lake")
    lake.write(UNIVERSE, str(day), market.universe(day, LONG_AGO), LONG_AGO)
    rows = market.halt(date(2021, 1, 14), LONG_AGO)
    evening = pa.array([new_york(date(2021, 1, 14), 19)], rows.schema.field("halted_at").type)
    rows = rows.set_column(rows.column_names.index("halted_at"), "halted_at", evening)
    lake.write(TRADE_HALTS, "2021-01-14", rows, LONG_AGO)
    lake.write(TRADE_HALTS, str(day), TRADE_HALTS.arrow.empty_table(), LONG_AGO)
    found = seen(run(lake, day, end_of_day_as_of(day))[1], "event_proximity", NAME)
    assert found == (pytest.approx(0.9 * 0.2), Reason.PRESENT)
