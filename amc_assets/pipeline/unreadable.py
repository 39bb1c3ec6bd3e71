"""Damaged files that a run would have read: it goes on without them, and says so by name."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType

from amc_assets.lake.store import Lake
from amc_assets.lake.tables import (
    BORROW_STRESS,
    DAILY_BARS,
    FAILS_TO_DELIVER,
    IDENTITY_CHANGES,
    NEWS,
    OPTION_ACTIVITY,
    SHARE_COUNTS,
    SHORT_INTEREST,
    SHORT_VOLUME,
    SPLITS,
    TABLES,
    UNIVERSE,
)
from amc_assets.market.calendar import session_offset, session_on_or_before
from amc_assets.pipeline.gather import ACTIVITY_DAYS, FAILS_DAYS, NEWS_DAYS
from amc_assets.pipeline.history import INTEREST_LOOKBACK_DAYS, PANEL_SESSIONS, SHORT_VOLUME_SESSIONS
from amc_assets.pipeline.identities import LOOKBACK_DAYS
from amc_assets.pipeline.identity import Moment

MOST_NAMED = 5
SHORT_DAYS = 7
"""Calendar days that a run looks back on in the other tables: threshold lists, halts, volatilities."""


def _days(count: int) -> Callable[[date], date]:
    return lambda day: day - timedelta(days=count)


def _sessions(count: int) -> Callable[[date], date]:
    return lambda day: session_offset(session_on_or_before(day), -count)


_FIRST: Mapping[str, Callable[[date], date]] = MappingProxyType(
    {
        DAILY_BARS.name: _sessions(PANEL_SESSIONS),
        SHORT_VOLUME.name: _sessions(SHORT_VOLUME_SESSIONS),
        SHORT_INTEREST.name: _days(2 * INTEREST_LOOKBACK_DAYS),
        SPLITS.name: _days(LOOKBACK_DAYS),
        IDENTITY_CHANGES.name: _days(LOOKBACK_DAYS),
        NEWS.name: _days(NEWS_DAYS),
        OPTION_ACTIVITY.name: _days(ACTIVITY_DAYS),
        FAILS_TO_DELIVER.name: _days(FAILS_DAYS),
        BORROW_STRESS.name: _days(0),
    }
)
"""Table -> first day that a run of a day reads of it."""
_NEWEST_ONLY = (UNIVERSE, SHARE_COUNTS)


def unreadable_inputs(lake: Lake, moment: Moment) -> list[str]:
    """Return one phrase per damaged file that the run of ``moment`` looks back on and that is not written again."""
    found = [
        f"{table} of {key}: the file was damaged and is set aside as {aside}"
        for (table, key), aside in lake.unreadable().items()
        if table in TABLES and _reads(lake, table, key, moment.trade_date)
    ]
    more = len(found) - MOST_NAMED
    return [*found[:MOST_NAMED], *([f"{more} more damaged files; `amc doctor` names them"] if more > 0 else [])]


def _reads(lake: Lake, table: str, key: str, day: date) -> bool:
    """Return whether a run of ``day`` reads a partition: the newest one of a listing, a window of the other tables."""
    if key > day.isoformat() or lake.holds(TABLES[table], key):
        return False
    if any(table == schema.name for schema in _NEWEST_ONLY):
        newest = lake.newest_partition(TABLES[table], day)
        return newest is None or key > newest
    first = _FIRST.get(table, _days(SHORT_DAYS))
    return key >= first(day).isoformat()
