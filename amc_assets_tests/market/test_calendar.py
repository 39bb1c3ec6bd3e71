"""Sessions, half days and times of day: boundaries, properties, refusals."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.market import calendar as cal
from amc_assets.market.calendar import MarketMoment, MarketSession
from amc_assets.market.errors import MarketError, NaiveTimeError, NotASessionError, WallTimeError

DAYS = st.dates(date(2017, 2, 1), date(2030, 11, 30))
SESSIONS = st.sampled_from(cal.sessions_between(date(2017, 4, 1), date(2030, 9, 30)))
INSTANTS = st.datetimes(datetime(2017, 2, 1), datetime(2030, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone

REGULAR_DAY = date(2021, 1, 27)
HALF_DAY = date(2024, 7, 3)


@pytest.mark.parametrize(
    ("hour", "minute", "session"),
    [
        (3, 59, "overnight"),
        (4, 0, "premarket"),
        (9, 29, "premarket"),
        (9, 30, "regular"),
        (15, 59, "regular"),
        (16, 0, "afterhours"),
        (19, 59, "afterhours"),
        (20, 0, "overnight"),
        (0, 0, "overnight"),
    ],
)
def test_each_part_of_a_day_includes_its_start_and_not_its_end(hour, minute, session):
    moment = cal.session_of(cal.new_york(REGULAR_DAY, hour, minute))
    assert moment.session == session
    assert moment.trade_date == (None if session == "overnight" else REGULAR_DAY)


@pytest.mark.parametrize(
    ("hour", "minute", "session"),
    [(12, 59, "regular"), (13, 0, "afterhours"), (16, 59, "afterhours"), (17, 0, "overnight"), (19, 0, "overnight")],
)
def test_a_half_day_closes_at_13_and_its_afterhours_end_at_17(hour, minute, session):
    assert cal.session_of(cal.new_york(HALF_DAY, hour, minute)).session == session


@pytest.mark.parametrize(
    "day",
    [date(2021, 1, 23), date(2021, 1, 24), date(2024, 12, 25), date(2018, 12, 5), date(2025, 1, 9)],
    ids=["Saturday", "Sunday", "Christmas", "mourning for Bush", "mourning for Carter"],
)
def test_a_day_without_session_is_closed_at_every_hour(day):
    for hour in (0, 5, 10, 17, 23):
        assert cal.session_of(cal.new_york(day, hour)) == MarketMoment(MarketSession.CLOSED, None)


def test_instants_of_a_winter_a_summer_and_a_half_day():
    assert cal.open_at(date(2021, 1, 27)) == datetime(2021, 1, 27, 14, 30, tzinfo=UTC)
    assert cal.close_at(date(2021, 7, 27)) == datetime(2021, 7, 27, 20, 0, tzinfo=UTC)
    assert cal.close_at(HALF_DAY) == datetime(2024, 7, 3, 17, 0, tzinfo=UTC)
    assert cal.premarket_open_at(HALF_DAY) == datetime(2024, 7, 3, 8, 0, tzinfo=UTC)
    assert cal.afterhours_close_at(HALF_DAY) == datetime(2024, 7, 3, 21, 0, tzinfo=UTC)
    assert cal.afterhours_close_at(REGULAR_DAY) == datetime(2021, 1, 28, 1, 0, tzinfo=UTC)
    assert cal.end_of_day_as_of(HALF_DAY) == datetime(2024, 7, 3, 22, 45, tzinfo=UTC)


def test_opening_moves_by_an_hour_in_utc_over_a_clock_change():
    friday, monday = date(2021, 3, 12), date(2021, 3, 15)
    assert cal.next_session(friday) == monday
    assert cal.open_at(friday).time() == time(14, 30)
    assert cal.open_at(monday).time() == time(13, 30)


def test_wall_times_that_the_clock_change_skips_or_repeats_are_refused():
    with pytest.raises(WallTimeError, match="does not exist"):
        cal.new_york(date(2021, 3, 14), 2, 30)
    with pytest.raises(WallTimeError, match="happens twice"):
        cal.new_york(date(2021, 11, 7), 1, 30)
    assert cal.new_york(date(2021, 3, 14), 3) - cal.new_york(date(2021, 3, 14), 1) == timedelta(hours=1)


def test_the_trade_date_is_new_yorks_and_not_utcs():
    late = datetime(2021, 1, 28, 0, 30, tzinfo=UTC)  # 19:30 on the 27th in New York
    assert cal.session_of(late) == MarketMoment(MarketSession.AFTERHOURS, REGULAR_DAY)
    assert cal.exchange_date(late) == REGULAR_DAY


@pytest.mark.parametrize("function", [cal.session_of, cal.last_complete_session, cal.exchange_date])
def test_a_naive_datetime_is_refused(function):
    with pytest.raises(NaiveTimeError, match="no time zone"):
        function(datetime(2021, 1, 27, 15))  # noqa: DTZ001 - the point of the test


def test_days_outside_the_table_are_refused_with_what_to_do():
    for day in (date(2016, 12, 31), date(2031, 1, 1)):
        with pytest.raises(cal.CalendarRangeError, match=r"extend amc_assets/market/closures\.csv"):
            cal.is_session(day)
    with pytest.raises(cal.CalendarRangeError):
        cal.session_of(datetime(2031, 6, 1, tzinfo=UTC))
    with pytest.raises(cal.CalendarRangeError):
        cal.next_session(cal.LAST_DAY)
    with pytest.raises(cal.CalendarRangeError):
        cal.previous_session(cal.FIRST_DAY)
    with pytest.raises(cal.CalendarRangeError):
        cal.session_offset(date(2017, 1, 3), -1)


def test_an_instant_in_place_of_a_day_is_refused():
    at = datetime(2024, 12, 25, tzinfo=UTC)  # equals no date: without the guard Christmas would be a session
    with pytest.raises(TypeError, match="not an exchange date"):
        cal.is_session(at)


def test_times_of_a_day_without_session_name_the_reason_and_the_neighbours():
    with pytest.raises(NotASessionError, match=r"Christmas Day.*2024-12-24 or 2024-12-26"):
        cal.open_at(date(2024, 12, 25))
    with pytest.raises(NotASessionError, match="weekend"):
        cal.session_offset(date(2021, 1, 23), 1)
    assert issubclass(NotASessionError, MarketError)


def test_last_complete_session_turns_at_18_45():
    friday, monday = date(2021, 1, 29), date(2021, 2, 1)
    assert cal.last_complete_session(cal.new_york(monday, 18, 44)) == friday
    assert cal.last_complete_session(cal.new_york(monday, 18, 45)) == monday
    assert cal.last_complete_session(cal.new_york(date(2021, 1, 31), 20)) == friday


def test_year_ends():
    assert cal.next_session(date(2020, 12, 31)) == date(2021, 1, 4)
    assert cal.previous_session(date(2022, 1, 3)) == date(2021, 12, 31)  # New Year on a Saturday closes no Friday
    assert cal.session_on_or_before(date(2023, 1, 2)) == date(2022, 12, 30)


def test_closures_in_lists_weekdays_only():
    assert cal.closures_in(date(2024, 12, 20), date(2025, 1, 20)) == [
        date(2024, 12, 25),
        date(2025, 1, 1),
        date(2025, 1, 9),
        date(2025, 1, 20),
    ]


@given(DAYS, DAYS)
def test_sessions_between_is_what_is_session_says(first, last):
    last = min(last, first + timedelta(days=60)) if last > first else last
    span = max((last - first).days + 1, 0)
    days = [first + timedelta(days=n) for n in range(span)]
    assert cal.sessions_between(first, last) == [day for day in days if cal.is_session(day)]
    assert cal.closures_in(first, last) == [day for day in days if day.weekday() < 5 and not cal.is_session(day)]


@given(DAYS)
def test_neighbours_have_no_session_between_them(day):
    before, after = cal.previous_session(day), cal.next_session(day)
    assert before < day < after
    inside = cal.sessions_between(before, after)[1:-1]
    assert inside == ([day] if cal.is_session(day) else [])
    assert cal.session_on_or_before(day) == (day if inside else before)


@given(SESSIONS, st.integers(-20, 20), st.integers(-20, 20))
def test_offsets_add(day, a, b):
    assert cal.session_offset(cal.session_offset(day, a), b) == cal.session_offset(day, a + b)


@given(SESSIONS)
def test_the_times_of_a_session_are_in_order_and_in_their_session(day):
    times = [cal.premarket_open_at(day), cal.open_at(day), cal.close_at(day), cal.afterhours_close_at(day)]
    assert times == sorted(set(times))
    assert [cal.session_of(at).session for at in times] == ["premarket", "regular", "afterhours", "overnight"]
    assert all(cal.session_of(at).trade_date == day for at in times[:3])


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_the_last_complete_session_never_goes_back_and_is_complete(at, later):
    day = cal.last_complete_session(at)
    assert cal.end_of_day_as_of(day) <= at < cal.end_of_day_as_of(cal.next_session(day))
    assert cal.last_complete_session(at + later) >= day
