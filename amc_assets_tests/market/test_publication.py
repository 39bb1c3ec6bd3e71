"""Publication calendar: recorded settlement dates, observed release days, and point-in-time properties."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amc_assets.market import publication as pub
from amc_assets.market.calendar import CalendarRangeError, close_at, exchange_date, new_york, sessions_between
from amc_assets.market.errors import NotASessionError

INSTANTS = st.datetimes(datetime(2017, 3, 1), datetime(2030, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis adds the zone

# Days on which Nasdaq announced the report of a settlement date, from its press releases (evening of the day).
ANNOUNCED = {
    date(2017, 10, 31): date(2017, 11, 9),
    date(2019, 10, 15): date(2019, 10, 24),
    date(2019, 10, 31): date(2019, 11, 11),  # Veterans Day counts
    date(2020, 10, 30): date(2020, 11, 10),
    date(2021, 10, 15): date(2021, 10, 26),
    date(2022, 9, 15): date(2022, 9, 26),
    date(2022, 10, 31): date(2022, 11, 9),
    date(2025, 5, 15): date(2025, 5, 27),  # over Memorial Day
    date(2025, 6, 13): date(2025, 6, 25),  # over Juneteenth
    date(2025, 8, 15): date(2025, 8, 26),
    date(2025, 9, 30): date(2025, 10, 9),
    date(2025, 10, 31): date(2025, 11, 11),  # Veterans Day counts
    date(2025, 11, 28): date(2025, 12, 9),
}
COMPUTED_2026 = {
    date(2026, 8, 14): date(2026, 8, 25),
    date(2026, 8, 31): date(2026, 9, 10),  # over Labor Day
    date(2026, 9, 15): date(2026, 9, 24),
    date(2026, 9, 30): date(2026, 10, 9),
    date(2026, 11, 13): date(2026, 11, 24),
    date(2026, 11, 30): date(2026, 12, 9),
}
RECORDED_2026 = "01-15 01-30 02-13 02-27 03-13 03-31 04-15 04-30 05-15 05-29 06-15 06-30 07-15 07-31 08-14 08-31"


def test_recorded_settlement_dates_of_2026():
    expected = [date.fromisoformat(f"2026-{day}") for day in RECORDED_2026.split()]
    assert pub.settlement_dates(date(2026, 1, 1), date(2026, 8, 31)) == expected


@pytest.mark.parametrize(
    "day",
    [date(2022, 4, 14), date(2024, 3, 28), date(2018, 3, 29), date(2018, 1, 12), date(2020, 11, 13), date(2021, 2, 12)],
    ids=["Good Friday on the 15th", "Good Friday at month end", "same in 2018", "MLK Day", "Sunday", "Presidents' Day"],
)
def test_a_settlement_date_on_a_closed_day_moves_back(day):
    assert pub.settlement_dates(day, day) == [day]


@pytest.mark.real_data
def test_files_of_2020_and_2021_carry_the_settlement_dates(shared_data):
    names = sorted(path.name for path in (shared_data / "finra_short_interest").glob("shrt*.csv.gz"))
    days = [datetime.strptime(name[4:12], "%Y%m%d").replace(tzinfo=UTC).date() for name in names]
    assert len(days) == 12
    assert pub.settlement_dates(days[0], days[-1]) == days


@pytest.mark.real_data
@pytest.mark.conformance
def test_every_settlement_date_finra_ever_served_for_two_symbols(shared_data):
    path = shared_data / "wire_fixtures" / "openbb_finra_recorded" / "short_interest.json.gz"
    recording = json.loads(gzip.decompress(path.read_bytes()))
    served = {date.fromisoformat(row["settlementDate"]) for row in json.loads(recording[0]["text"])}
    computed = pub.settlement_dates(min(served), max(served))
    assert len(served) == 209
    assert set(computed) == served
    assert computed == sorted(served)


@pytest.mark.conformance
@pytest.mark.parametrize(("settlement", "released"), [*ANNOUNCED.items(), *COMPUTED_2026.items()])
def test_release_days(settlement, released):
    assert pub.published_at(settlement) == new_york(released, 18)


def test_the_release_days_would_catch_another_lag(monkeypatch):
    monkeypatch.setattr(pub, "SHORT_INTEREST_LAG_SESSIONS", 8)
    assert all(exchange_date(pub.published_at(settlement)) != released for settlement, released in ANNOUNCED.items())


def test_the_report_of_2021_01_15_is_public_on_the_evening_of_01_27():
    settlement, at = date(2021, 1, 15), new_york(date(2021, 1, 27), 18)
    assert pub.newest_published(at) == settlement
    assert pub.newest_published(at - timedelta(seconds=1)) == date(2020, 12, 31)
    assert pub.next_report_due_at(at - timedelta(seconds=1)) == at
    assert pub.next_report_due_at(at) == new_york(date(2021, 2, 9), 18)
    assert pub.published_between(at - timedelta(seconds=1), at) == [settlement]
    assert pub.published_between(at, at + timedelta(days=5)) == []


def test_a_day_that_is_no_settlement_date_is_refused_and_the_one_before_named():
    with pytest.raises(NotASessionError, match=r"2021-01-14 is not .* 2020-12-31"):
        pub.published_at(date(2021, 1, 14))


def test_edges_of_the_calendar():
    assert pub.newest_published(new_york(date(2017, 1, 10), 12)) is None
    assert pub.newest_published(new_york(date(2030, 12, 31), 23)) == date(2030, 12, 13)
    assert pub.settlement_dates(date(2030, 12, 1), date(2030, 12, 31)) == [date(2030, 12, 13), date(2030, 12, 31)]
    with pytest.raises(CalendarRangeError):
        pub.published_at(date(2030, 12, 31))
    with pytest.raises(CalendarRangeError):
        pub.settlement_dates(date(2016, 12, 1), date(2017, 1, 31))


def test_daily_publications():
    day, half_day = date(2021, 1, 27), date(2024, 7, 3)
    assert pub.short_volume_published_at(day) == datetime(2021, 1, 27, 23, tzinfo=UTC)
    assert pub.short_volume_published_at(half_day) == datetime(2024, 7, 3, 22, tzinfo=UTC)
    assert pub.daily_bar_published_at(day) == close_at(day) + timedelta(minutes=15)
    assert pub.daily_bar_published_at(half_day) == datetime(2024, 7, 3, 17, 15, tzinfo=UTC)
    for function in (pub.short_volume_published_at, pub.daily_bar_published_at):
        with pytest.raises(NotASessionError):
            function(date(2021, 1, 23))


def test_threshold_lists_are_usable_in_the_night():
    assert pub.threshold_list_published_at(date(2021, 1, 27)) == datetime(2021, 1, 28, 4, tzinfo=UTC)
    assert pub.threshold_list_published_at(date(2024, 7, 3)) == datetime(2024, 7, 4, 3, tzinfo=UTC)
    with pytest.raises(NotASessionError):
        pub.threshold_list_published_at(date(2021, 1, 23))


@pytest.mark.parametrize(
    ("half_month", "known"),
    [
        (date(2021, 1, 1), date(2021, 2, 3)),  # January ends on a Friday
        (date(2021, 1, 16), date(2021, 2, 18)),  # the 15th is Presidents' Day: Friday the 12th and three sessions
        (date(2021, 2, 1), date(2021, 3, 3)),  # February ends on a Sunday
        (date(2020, 12, 16), date(2021, 1, 21)),  # over Martin Luther King Day
        (date(2023, 12, 1), date(2024, 1, 4)),  # over New Year
    ],
)
def test_fails_count_as_known_three_sessions_after_the_day_they_are_due(half_month, known):
    assert pub.fails_published_at(half_month) == new_york(known, 18)


@pytest.mark.parametrize("day", [date(2021, 1, 2), date(2021, 1, 15), date(2021, 1, 31)])
def test_fails_are_published_by_halves_of_a_month(day):
    with pytest.raises(NotASessionError, match="begins no half month"):
        pub.fails_published_at(day)


@given(st.dates(date(2017, 1, 1), date(2030, 10, 31)))
def test_fails_are_known_after_the_half_they_cover_and_in_order(day):
    first, second = day.replace(day=1), day.replace(day=16)
    following = (first + timedelta(days=31)).replace(day=1)
    known = [pub.fails_published_at(half) for half in (first, second, following)]
    assert known == sorted(set(known))
    assert known[0] > new_york(second - timedelta(days=1), 23)
    assert known[1] > new_york(following - timedelta(days=1), 23)
    for half, at in zip((first, second), known, strict=False):
        assert timedelta(days=28) < at - new_york(half, 0) < timedelta(days=45)


@given(INSTANTS)
def test_nothing_is_seen_before_it_is_published_and_nothing_published_is_missed(as_of):
    newest, due_at = pub.newest_published(as_of), pub.next_report_due_at(as_of)
    assert newest is not None
    assert pub.published_at(newest) <= as_of < due_at
    following = next(day for day in pub.settlement_dates(newest, newest + timedelta(days=20)) if day > newest)
    assert pub.published_at(following) == due_at
    assert exchange_date(as_of) - newest <= timedelta(days=30)


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=90)), st.timedeltas(timedelta(0), timedelta(days=90)))
def test_releases_of_adjacent_spans_add_up(start, first, second):
    middle, end = start + first, start + first + second
    in_two = pub.published_between(start, middle) + pub.published_between(middle, end)
    assert in_two == pub.published_between(start, end)


def test_two_reports_a_month_each_seven_sessions_after_its_settlement():
    days = pub.settlement_dates(date(2017, 1, 1), date(2029, 12, 31))
    assert len(days) == 2 * 12 * 13
    for day in days:
        assert len(sessions_between(day, exchange_date(pub.published_at(day)))) == 8
