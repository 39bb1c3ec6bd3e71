"""When daily and twice-monthly data becomes public: the ``known_at`` of values that carry no timestamp of their own.

Everything is computed from the session calendar. Business days are sessions: Columbus Day and Veterans Day count
(the report of 2025-10-31 came out on 2025-11-11), market holidays do not (2025-06-13 came out on 2025-06-25, over
Juneteenth). The lag is one constant, because older pages of the exchanges still say eight days.
"""

from datetime import date, datetime, timedelta

from amc_assets.market.calendar import (
    FIRST_DAY,
    LAST_DAY,
    close_at,
    exchange_date,
    is_session,
    new_york,
    next_session,
    open_at,
    session_offset,
    session_on_or_before,
)
from amc_assets.market.closures import checked_day
from amc_assets.market.errors import CalendarRangeError, NotASessionError

SHORT_INTEREST_LAG_SESSIONS = 7
EVENING_HOUR = 18  # the exchanges show the report after 16:00, FINRA's daily file is complete by 18:00 New York
BAR_DELAY = timedelta(minutes=15)
NIGHT_HOUR = 23  # when Nasdaq's threshold list of the day has been seen
SECOND_HALF_DAY = 16  # half months are named by their first day: the 1st or the 16th
FAILS_MARGIN_SESSIONS = 3  # the SEC promises "the end of the month" and "about the 15th", and has been late by days
LONGEST_CYCLE = timedelta(days=45)  # two settlement dates and a lag with holidays always fit


def settlement_dates(first: date, last: date) -> list[date]:
    """Return the short-interest settlement dates from ``first`` to ``last``, both included, in order.

    They are the 15th, or the session before it, and the last session of each month (FINRA rule 4560).
    """
    checked_day(first), checked_day(last)
    found: list[date] = []
    month = first.replace(day=1)
    while month <= last:
        next_month = (month + timedelta(days=31)).replace(day=1)
        ends = (session_on_or_before(month.replace(day=15)), session_on_or_before(next_month - timedelta(days=1)))
        found += [day for day in ends if first <= day <= last]
        month = next_month
    return found


def published_at(settlement: date) -> datetime:
    """Return when the short interest of ``settlement`` becomes usable: 18:00 New York, seven sessions later, as UTC.

    Raises NotASessionError when ``settlement`` is not a settlement date.
    """
    if settlement not in settlement_dates(settlement, settlement):
        near = settlement_dates(max(settlement - LONGEST_CYCLE, FIRST_DAY), settlement)[-1:]
        hint = f"; the one before it is {near[0]}" if near else ""
        raise NotASessionError(f"{settlement} is not a short-interest settlement date{hint}")
    return new_york(session_offset(settlement, SHORT_INTEREST_LAG_SESSIONS), EVENING_HOUR)


def newest_published(as_of: datetime) -> date | None:
    """Return the newest settlement date whose report is public at ``as_of``; None before the first one of the table."""
    day = exchange_date(as_of)
    candidates = settlement_dates(max(day - LONGEST_CYCLE, FIRST_DAY), day)
    return next((settlement for settlement in reversed(candidates) if _is_public(settlement, as_of)), None)


def published_between(after: datetime, until: datetime) -> list[date]:
    """Return the settlement dates whose reports became public after ``after`` and by ``until``, in order."""
    first, last = max(exchange_date(after) - LONGEST_CYCLE, FIRST_DAY), exchange_date(until)
    return [day for day in settlement_dates(first, last) if _is_public(day, until) and not _is_public(day, after)]


def next_report_due_at(as_of: datetime) -> datetime:
    """Return when the first short-interest report after ``as_of`` becomes public, as UTC."""
    day = exchange_date(as_of)
    candidates = settlement_dates(max(day - LONGEST_CYCLE, FIRST_DAY), min(day + LONGEST_CYCLE, LAST_DAY))
    return next(at for at in map(published_at, candidates) if at > as_of)


def short_volume_published_at(trade_date: date) -> datetime:
    """Return when FINRA's daily short-volume file of ``trade_date`` is usable: 18:00 New York that day, as UTC."""
    close_at(trade_date)  # refuses a day without a session
    return new_york(trade_date, EVENING_HOUR)


def threshold_list_published_at(trade_date: date) -> datetime:
    """Return when the threshold lists of ``trade_date`` are usable: 23:00 New York that day, as UTC."""
    close_at(trade_date)  # refuses a day without a session
    return new_york(trade_date, NIGHT_HOUR)


def fails_published_at(half_month: date) -> datetime:
    """Return when the SEC's fails to deliver of half a month, named by its first day, count as known, as UTC.

    The first half is due at the end of the month, the second about the 15th of the next one; each counts as known at
    18:00 New York three sessions after the last session by then. Raises NotASessionError for another day than the 1st
    or the 16th.
    """
    if half_month.day not in (1, SECOND_HALF_DAY):
        raise NotASessionError(f"{half_month} begins no half month: fails are published by the 1st and the 16th")
    next_month = (half_month.replace(day=1) + timedelta(days=31)).replace(day=1)
    due = next_month - timedelta(days=1) if half_month.day == 1 else next_month.replace(day=15)
    return new_york(session_offset(session_on_or_before(due), FAILS_MARGIN_SESSIONS), EVENING_HOUR)


def listing_public_at(trade_date: date) -> datetime:
    """Return when the listing of ``trade_date`` counts as known: at the open, 09:30 New York, as UTC.

    Exchanges announce what trades on a day before it opens; the hour at which somebody asks says nothing about it.
    """
    return open_at(trade_date)


def split_public_at(execution_date: date) -> datetime:
    """Return when a split counts as known: at the open of the first session on the new share basis, as UTC.

    Exchanges and FINRA announce it days before; every price of that session is on the new basis.
    """
    return open_at(_session_on_or_after(execution_date))


def statement_public_at(effective_date: date) -> datetime:
    """Return when a vendor's dated share count counts as known: at the open of the session after that date, as UTC."""
    return open_at(next_session(effective_date))


def bill_rates_published_at(quote_date: date) -> datetime:
    """Return when the Treasury's bill rates of ``quote_date`` count as known: 18:00 New York that day, as UTC."""
    return new_york(quote_date, EVENING_HOUR)


def daily_bar_published_at(trade_date: date) -> datetime:
    """Return when the daily bar of ``trade_date`` counts as known: fifteen minutes after the close, as UTC.

    A convention, not a measurement: free feeds delay by 15 minutes, and a bar is still revised for some hours.
    """
    return close_at(trade_date) + BAR_DELAY


def _session_on_or_after(day: date) -> date:
    return day if is_session(day) else next_session(day)


def _is_public(settlement: date, at: datetime) -> bool:
    try:
        return published_at(settlement) <= at
    except CalendarRangeError:  # its publication lies beyond the table, so after every instant the table can answer for
        return False
