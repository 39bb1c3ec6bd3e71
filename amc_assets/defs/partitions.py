"""Partition schemes: trading sessions, and settlement dates of short interest.

Dagster's daily partitions take closures as ``exclusions``; two traps come with them (both seen on 1.13.27): on a
weekend ``end_offset=1`` shows a session that has not opened, and the window of an excluded key is silently the next
one. So every asset refuses a key that is not a session or has not opened (``opened_session``).
"""

from datetime import date, datetime, timedelta

import dagster as dg

from amc_assets.market.calendar import LAST_DAY, NEW_YORK, closures_in, is_session, premarket_open_at
from amc_assets.market.publication import settlement_dates

FIRST_SESSION = date(2017, 1, 3)  # the calendar's first: recorded days of any year it covers can be replayed
WEEKENDS = "0 0 * * 6,0"


def session_partitions(first: date = FIRST_SESSION) -> dg.DailyPartitionsDefinition:
    """Return one partition per XNYS session from ``first`` on, today's included while it runs.

    A later ``first`` hides keys, it drops none: what was stored under them shows again when it moves back.
    """
    closures = [
        NEW_YORK.localize(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - localize() adds the zone
        for day in closures_in(first, LAST_DAY)
    ]
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(),
        timezone="America/New_York",
        exclusions=[WEEKENDS, *closures],
        end_offset=1,
    )


def settlement_partitions(today: date) -> dg.StaticPartitionsDefinition:
    """Return one partition per settlement date from 2017-01-13 to a year past ``today``.

    The list is fixed when the code location loads; the year ahead keeps a server that is never restarted working.
    """
    last = min(today + timedelta(days=400), LAST_DAY)
    return dg.StaticPartitionsDefinition([day.isoformat() for day in settlement_dates(FIRST_SESSION, last)])


def opened_session(key: str, now: datetime) -> date:
    """Return the session of a partition key. Raises dagster.Failure for a day without session or one not yet opened."""
    day = date.fromisoformat(key)
    if not is_session(day):
        raise dg.Failure(
            f"{key} is not a trading session (weekend, holiday or special closure). Next: choose a session",
            allow_retries=False,
        )
    if now < premarket_open_at(day):
        raise dg.Failure(
            f"session {key} has not opened: premarket begins {premarket_open_at(day).isoformat()}. Next: wait for it",
            allow_retries=False,
        )
    return day
