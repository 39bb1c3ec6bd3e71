"""Trading days and times of day of the New York exchanges.

Dates are exchange dates, instants are UTC-aware. Wall times go through pytz with ``is_dst=None``, so a wall time that
the clock change skips or repeats is refused instead of guessed. When data becomes public is ``publication.py``.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum

import pytz

from amc_assets.market.closures import FIRST_DAY, LAST_DAY, SATURDAY, checked_day, session_table
from amc_assets.market.errors import CalendarRangeError, NaiveTimeError, NotASessionError, WallTimeError

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "NEW_YORK",
    "CalendarRangeError",
    "MarketMoment",
    "MarketSession",
    "afterhours_close_at",
    "close_at",
    "closures_in",
    "end_of_day_as_of",
    "exchange_date",
    "is_half_day",
    "is_session",
    "last_complete_session",
    "new_york",
    "next_session",
    "open_at",
    "premarket_open_at",
    "previous_session",
    "session_of",
    "session_offset",
    "session_on_or_before",
    "sessions_between",
]

NEW_YORK = pytz.timezone("America/New_York")

PREMARKET_OPEN = time(4, 0)
OPEN = time(9, 30)
CLOSE = time(16, 0)
HALF_DAY_CLOSE = time(13, 0)
AFTERHOURS_CLOSE = time(20, 0)
HALF_DAY_AFTERHOURS_CLOSE = time(17, 0)
END_OF_DAY = time(18, 45)


class MarketSession(StrEnum):
    """Part of the trading day; overnight is outside the hours of a session day, closed is a day without a session."""

    PREMARKET = "premarket"
    REGULAR = "regular"
    AFTERHOURS = "afterhours"
    OVERNIGHT = "overnight"
    CLOSED = "closed"


@dataclass(frozen=True)
class MarketMoment:
    """What the market is doing at an instant; ``trade_date`` is None when overnight or closed."""

    session: MarketSession
    trade_date: date | None


def is_session(day: date) -> bool:
    """Return whether the exchanges trade on ``day``. Raise CalendarRangeError outside the table."""
    return checked_day(day).weekday() < SATURDAY and day not in session_table().closures


def is_half_day(day: date) -> bool:
    """Return whether ``day`` is a session that closes at 13:00. Raise CalendarRangeError outside the table."""
    return checked_day(day) in session_table().half_days


def sessions_between(first: date, last: date) -> list[date]:
    """Return the sessions from ``first`` to ``last``, both included, in order; empty when ``last`` is earlier."""
    sessions = session_table().sessions
    start, stop = bisect_left(sessions, checked_day(first)), bisect_right(sessions, checked_day(last))
    return list(sessions[start:stop])


def closures_in(first: date, last: date) -> list[date]:
    """Return the weekdays without a session from ``first`` to ``last``, both included (for partition exclusions)."""
    checked_day(first), checked_day(last)
    return sorted(day for day in session_table().closures if first <= day <= last)


def next_session(day: date) -> date:
    """Return the first session strictly after ``day``."""
    return _session_at(bisect_right(session_table().sessions, checked_day(day)), f"after {day}")


def previous_session(day: date) -> date:
    """Return the last session strictly before ``day``."""
    return _session_at(bisect_left(session_table().sessions, checked_day(day)) - 1, f"before {day}")


def session_on_or_before(day: date) -> date:
    """Return ``day`` when it is a session, else the last session before it."""
    return _session_at(bisect_right(session_table().sessions, checked_day(day)) - 1, f"on or before {day}")


def session_offset(day: date, n: int) -> date:
    """Return the session ``n`` sessions after the session ``day`` (before it when ``n`` is negative).

    Raises NotASessionError when ``day`` is not a session: "one session after Saturday" has two meanings.
    """
    index = bisect_left(session_table().sessions, _checked_session(day))
    return _session_at(index + n, f"{n:+d} from {day}")


def new_york(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the UTC instant of a New York wall time on ``day``.

    Raises WallTimeError when the clock change skips that wall time (02:00-03:00 in March) or repeats it (01:00-02:00
    in November).
    """
    wall = datetime(day.year, day.month, day.day, hour, minute)  # noqa: DTZ001 - a wall time, localised in the next line
    try:
        return NEW_YORK.localize(wall, is_dst=None).astimezone(UTC)
    except pytz.NonExistentTimeError as error:
        raise WallTimeError(f"{wall} does not exist in New York: clocks jump over it; use a time from 03:00") from error
    except pytz.AmbiguousTimeError as error:
        raise WallTimeError(f"{wall} happens twice in New York: clocks go back; send the instant in UTC") from error


def premarket_open_at(day: date) -> datetime:
    """Return when premarket trading of the session ``day`` starts: 04:00 New York, as UTC."""
    return _at(day, PREMARKET_OPEN)


def open_at(day: date) -> datetime:
    """Return when the session ``day`` opens: 09:30 New York, as UTC. Raise NotASessionError on other days."""
    return _at(day, OPEN)


def close_at(day: date) -> datetime:
    """Return when the session ``day`` closes: 16:00 New York, 13:00 on half days, as UTC."""
    return _at(day, _close_time(day))


def afterhours_close_at(day: date) -> datetime:
    """Return when after-hours trading of the session ``day`` ends: 20:00 New York, 17:00 on half days, as UTC."""
    return _at(day, _afterhours_close_time(day))


def end_of_day_as_of(day: date) -> datetime:
    """Return the ``as_of`` of the end-of-day discovery run of the session ``day``: 18:45 New York, as UTC."""
    return _at(day, END_OF_DAY)


def exchange_date(at: datetime) -> date:
    """Return the New York date at the instant ``at``. Raise NaiveTimeError without a zone."""
    return _local(at).date()


def session_of(at: datetime) -> MarketMoment:
    """Return the market session at the instant ``at``; each part of the day includes its start and not its end.

    Raises NaiveTimeError for a datetime without a zone and CalendarRangeError outside the table.
    """
    local = _local(at)
    day, wall = local.date(), local.time()
    if not is_session(day):
        return MarketMoment(MarketSession.CLOSED, None)
    if not PREMARKET_OPEN <= wall < _afterhours_close_time(day):
        return MarketMoment(MarketSession.OVERNIGHT, None)
    if wall < OPEN:
        return MarketMoment(MarketSession.PREMARKET, day)
    return MarketMoment(MarketSession.REGULAR if wall < _close_time(day) else MarketSession.AFTERHOURS, day)


def last_complete_session(at: datetime) -> date:
    """Return the newest session whose end-of-day ``as_of`` (18:45 New York) is not after the instant ``at``."""
    local = _local(at)
    day = local.date()
    if is_session(day) and local.time() >= END_OF_DAY:
        return day
    return previous_session(day)


def _at(day: date, wall: time) -> datetime:
    return new_york(_checked_session(day), wall.hour, wall.minute)


def _close_time(day: date) -> time:
    return HALF_DAY_CLOSE if is_half_day(day) else CLOSE


def _afterhours_close_time(day: date) -> time:
    return HALF_DAY_AFTERHOURS_CLOSE if is_half_day(day) else AFTERHOURS_CLOSE


def _local(at: datetime) -> datetime:
    if at.tzinfo is None or at.utcoffset() is None:
        raise NaiveTimeError(f"{at} has no time zone, so its instant is unknown: pass a UTC datetime, e.g. clock.now()")
    return at.astimezone(NEW_YORK)


def _checked_session(day: date) -> date:
    if is_session(day):
        return day
    reason = session_table().closures.get(day, "a weekend")
    index = bisect_left(session_table().sessions, day)
    near = [str(near) for near in session_table().sessions[max(index - 1, 0) : index + 1]]
    raise NotASessionError(f"{day} is not a trading day ({reason}): use {' or '.join(near)}")


def _session_at(index: int, wanted: str) -> date:
    sessions = session_table().sessions
    if 0 <= index < len(sessions):
        return sessions[index]
    raise CalendarRangeError(
        f"the session {wanted} is outside the exchange calendar {FIRST_DAY}..{LAST_DAY}: choose a day further inside, "
        "or extend amc_assets/market/closures.csv"
    )
