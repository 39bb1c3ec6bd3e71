"""The checked-in table of exchange closures and the list of sessions it implies.

``closures.csv`` holds the weekday closures and early closes of the New York exchanges, generated once from
exchange_calendars 4.13.2 and compared with it by a test over the whole range. It is a table because importing
exchange_calendars costs pandas at every start of every process. Times of day live in ``calendar.py``.
"""

import csv
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from amc_assets.market.errors import CalendarRangeError

FIRST_DAY = date(2017, 1, 1)
LAST_DAY = date(2030, 12, 31)
SATURDAY = 5


@dataclass(frozen=True)
class SessionTable:
    """Sessions in order, half days and weekday closures (with their reasons) from FIRST_DAY to LAST_DAY."""

    sessions: tuple[date, ...]
    half_days: frozenset[date]
    closures: dict[date, str]


@cache
def session_table() -> SessionTable:
    """Read ``closures.csv`` once per process and return the sessions it implies.

    Raises ValueError when a row has an unknown kind: a typing slip must not open the exchange on a holiday.
    """
    closures: dict[date, str] = {}
    half_days: set[date] = set()
    with Path(__file__).with_name("closures.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            day = date.fromisoformat(row["date"])
            if row["kind"] == "closed":
                closures[day] = row["reason"]
            elif row["kind"] == "early_close":
                half_days.add(day)
            else:
                raise ValueError(f"closures.csv: unknown kind {row['kind']!r} on {day}: use closed or early_close")
    days = (FIRST_DAY + timedelta(days=n) for n in range((LAST_DAY - FIRST_DAY).days + 1))
    sessions = tuple(day for day in days if day.weekday() < SATURDAY and day not in closures)
    return SessionTable(sessions, frozenset(half_days), closures)


def checked_day(day: date) -> date:
    """Return ``day`` when the table can answer for it.

    Raises TypeError for a datetime (a subclass of date that equals no date, so every lookup would quietly say no) and
    CalendarRangeError outside FIRST_DAY..LAST_DAY.
    """
    if isinstance(day, datetime):
        raise TypeError(f"{day!r} is an instant, not an exchange date: use session_of(at).trade_date or at.date()")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CalendarRangeError(
            f"{day} is outside the exchange calendar {FIRST_DAY}..{LAST_DAY}: choose a day inside it, or extend "
            "amc_assets/market/closures.csv and its first and last day (its test compares it with exchange_calendars)"
        )
    return day
