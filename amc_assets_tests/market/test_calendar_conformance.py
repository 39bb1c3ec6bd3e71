"""The closure table against exchange_calendars over its whole range, and against a list written by hand."""

import subprocess
import sys
import warnings
from dataclasses import replace
from datetime import date

import pytest

from amc_assets.market import calendar as cal
from amc_assets.market.closures import FIRST_DAY, LAST_DAY, SessionTable, session_table

# Written from the exchanges' holiday notices and New York Stock Exchange rule 7.2, not from a library.
CLOSED = {
    date(2017, 1, 2): "New Year's Day was a Sunday",
    date(2018, 12, 5): "day of mourning for George H. W. Bush",
    date(2019, 4, 19): "Good Friday",
    date(2020, 7, 3): "Independence Day was a Saturday",
    date(2021, 7, 5): "Independence Day was a Sunday",
    date(2021, 12, 24): "Christmas was a Saturday",
    date(2022, 6, 20): "Juneteenth, first year, was a Sunday",
    date(2023, 6, 19): "Juneteenth",
    date(2024, 3, 29): "Good Friday on the last business day of the quarter",
    date(2025, 1, 9): "day of mourning for Jimmy Carter",
    date(2025, 4, 18): "Good Friday",
    date(2026, 7, 3): "Independence Day is a Saturday",
    date(2026, 11, 26): "Thanksgiving",
    date(2027, 6, 18): "Juneteenth is a Saturday",
    date(2029, 1, 15): "Martin Luther King Jr. Day, third Monday of January",
}
EARLY = {
    date(2017, 7, 3): "eve of Independence Day",
    date(2019, 12, 24): "Christmas Eve",
    date(2020, 11, 27): "day after Thanksgiving",
    date(2024, 7, 3): "eve of Independence Day",
    date(2026, 11, 27): "day after Thanksgiving",
    date(2026, 12, 24): "Christmas Eve",
}
OPEN_IN_FULL = {
    date(2020, 3, 23): "floor closed for the pandemic, electronic trading went on",
    date(2021, 6, 18): "Juneteenth 2021 was not yet an exchange holiday",
    date(2021, 12, 31): "New Year's Day 2022 was a Saturday: rule 7.2 closes no last day of a year",
    date(2024, 11, 11): "Veterans Day is a bank holiday only",
    date(2024, 10, 14): "Columbus Day is a bank holiday only",
    date(2024, 11, 5): "election day",
    date(2020, 7, 2): "Thursday before an observed Friday holiday has no early close",
    date(2022, 7, 1): "Friday before a Monday holiday has no early close",
    date(2023, 12, 22): "last session before a weekend Christmas Eve has no early close",
    date(2021, 12, 23): "eve of an observed Christmas has no early close",
    date(2024, 2, 29): "leap day",
}


def _differences_from_hand_list(table: SessionTable) -> list[str]:
    sessions = set(table.sessions)
    wrong = [f"{day} is open: {why}" for day, why in CLOSED.items() if day in sessions]
    wrong += [f"{day} is not a half day: {why}" for day, why in EARLY.items() if day not in table.half_days]
    wrong += [
        f"{day} is not a full day: {why}"
        for day, why in OPEN_IN_FULL.items()
        if day not in sessions or day in table.half_days
    ]
    return wrong


def _with_day_opened(table: SessionTable, day: date) -> SessionTable:
    return replace(table, sessions=tuple(sorted({*table.sessions, day})))


@pytest.mark.conformance
def test_hand_written_list():
    assert _differences_from_hand_list(session_table()) == []


def test_the_hand_written_list_catches_a_holiday_that_is_left_out():
    assert _differences_from_hand_list(_with_day_opened(session_table(), date(2025, 1, 9)))
    assert _differences_from_hand_list(replace(session_table(), half_days=frozenset()))
    no_leap = tuple(day for day in session_table().sessions if day != date(2024, 2, 29))
    assert _differences_from_hand_list(replace(session_table(), sessions=no_leap))


def _differences_from_library(table: SessionTable) -> list[str]:
    import exchange_calendars

    with warnings.catch_warnings():  # exchange_calendars 4.13 uses a Series attribute that pandas 3.1 deprecates
        warnings.simplefilter("ignore", DeprecationWarning)
        library = exchange_calendars.get_calendar("XNYS", start=str(FIRST_DAY), end=str(LAST_DAY))
    theirs, early = set(library.sessions.date), set(library.early_closes.date)
    wrong = [f"{day}: session differs" for day in sorted(set(table.sessions) ^ theirs)]
    wrong += [f"{day}: half day differs" for day in sorted(table.half_days ^ early)]
    for session, close in library.closes.items():
        if session.date() in table.sessions and close.to_pydatetime() != cal.close_at(session.date()):
            wrong.append(f"{session.date()}: closes {close}, here {cal.close_at(session.date())}")
    return wrong


@pytest.mark.conformance
def test_exchange_calendars_agrees_on_every_session_half_day_and_close():
    assert len(session_table().sessions) == 3517
    assert _differences_from_library(session_table()) == []


def test_the_comparison_with_the_library_catches_a_planted_fault():
    assert _differences_from_library(_with_day_opened(session_table(), date(2030, 4, 19)))
    assert _differences_from_library(replace(session_table(), half_days=frozenset()))


def test_table_covers_the_declared_range_without_weekends():
    closures = session_table().closures
    assert min(closures) >= FIRST_DAY
    assert max(closures) <= LAST_DAY
    assert all(day.weekday() < 5 for day in closures)
    assert session_table().half_days.isdisjoint(closures)
    assert {day.year for day in closures} == set(range(FIRST_DAY.year, LAST_DAY.year + 1))


def test_an_unknown_kind_in_the_table_is_refused(monkeypatch, tmp_path):
    from amc_assets.market import closures

    (tmp_path / "closures.csv").write_text("date,kind,reason\n2024-12-25,close,Christmas Day\n")
    monkeypatch.setattr(closures, "__file__", str(tmp_path / "closures.py"))
    with pytest.raises(ValueError, match="unknown kind 'close' on 2024-12-25"):
        closures.session_table.__wrapped__()


def test_importing_the_calendar_loads_no_heavy_package():
    """What it costs is kept by the benchmark of start-up, as a ratio; here only what makes it cost."""
    code = """
import sys
import amc_assets.market.publication
print(*sorted({"pandas", "numpy", "exchange_calendars", "pyarrow"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == []


REFERENCE = date(2021, 1, 27)


def test_a_look_up_costs_the_same_anywhere_in_the_table():
    """A ratio, not a time: a scan from the first session would cost a late day a thousand times an early one."""
    import timeit

    def cost(day: date) -> float:
        return min(timeit.repeat(lambda: cal.is_session(day), number=1000, repeat=9))

    cal.is_session(REFERENCE)
    assert cost(date(2029, 12, 28)) < 10 * cost(date(2017, 1, 4))
