"""Days and reports that a provider owes: the next run asks for them again, so an outage heals by itself."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST
from amc_assets.lake.unmapped import unmapped_of
from amc_assets.market.calendar import exchange_date, session_offset, sessions_between
from amc_assets.market.publication import published_at, settlement_dates
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.listing import later_master
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason

HEALED_SESSIONS = 5
REPORT_DAYS = 75
"""Calendar days whose reports are asked again: the newest and the cycles before it that a run looks back on."""
PASSING = frozenset(
    {
        Reason.PROVIDER_UNAVAILABLE,
        Reason.NOT_PUBLISHED,
        Reason.QUOTA_SPENT,
        Reason.UNREADABLE,
        Reason.IMPLAUSIBLE_FEED,
    }
)
"""Reasons that time may cure; a refusal stays one until a person changes key or plan."""
_LOST_FOR_NOW = PASSING - {Reason.NOT_PUBLISHED}
"""Of an old day whose file was damaged: a source that answers without rows has them no more."""

Ingest = Callable[[Workspace, date], Ingested]


def healed(workspace: Workspace, schema: TableSchema, day: date, ingest: Ingest) -> list[Ingested]:
    """Fetch again what of the five sessions before ``day`` is owed, and damaged files of any day before it.

    Returns what was tried, oldest first.
    """
    first = session_offset(day, -HEALED_SESSIONS)
    recent = sessions_between(first, day)[:-1]
    owed = {session for session in recent if _is_owed(workspace, schema, session)}
    return [ingest(workspace, session) for session in sorted(owed | set(_damaged(workspace.lake, schema, day)))]


def _damaged(lake: Lake, schema: TableSchema, before: date) -> list[date]:
    """Return the days whose file was damaged and is not written again, while a source may still have them."""
    keys = [key for table, key in lake.unreadable() if table == schema.name and key < before.isoformat()]
    notes = [(key, lake.absence(schema, key)) for key in keys if not lake.holds(schema, key)]
    return [date.fromisoformat(key) for key, note in notes if note is not None and note.reason in _LOST_FOR_NOW]


def healed_reports(workspace: Workspace, day: date, ingest: Ingest) -> list[Ingested]:
    """Fetch the short-interest reports that are public at the end of ``day`` and that the lake lacks, oldest first."""
    now = workspace.clock_for(day).now()
    first = workspace.sources.first_day or date.min
    owed = {settlement for settlement in owed_reports(workspace.lake, now) if settlement >= first}
    recent = settlement_dates(exchange_date(now) - timedelta(days=REPORT_DAYS), exchange_date(now))
    owed |= {settlement for settlement in recent[-2:] if _has_names_now_listed(workspace, SHORT_INTEREST, settlement)}
    return [ingest(workspace, settlement) for settlement in sorted(owed)]


def owed_reports(lake: Lake, now: datetime) -> list[date]:
    """Return the settlement dates whose report is public at ``now`` and not in the lake, ascending.

    A report that a provider refused for good is not owed: asking again cannot help until a person changes something.
    """
    today = exchange_date(now)
    dates = settlement_dates(today - timedelta(days=REPORT_DAYS), today)
    return [settlement for settlement in dates if published_at(settlement) <= now and _lacks(lake, settlement)]


def _lacks(lake: Lake, settlement: date) -> bool:
    absence = lake.absence(SHORT_INTEREST, settlement.isoformat())
    if absence is not None:
        return absence.reason in PASSING
    return not lake.holds(SHORT_INTEREST, settlement.isoformat())


def _is_owed(workspace: Workspace, schema: TableSchema, day: date) -> bool:
    absence = workspace.lake.absence(schema, day.isoformat())
    if absence is not None:
        return absence.reason in PASSING
    if _has_names_now_listed(workspace, schema, day):
        return True
    return schema is DAILY_BARS and workspace.sources.uses("polygon") and _lacks_ranges(workspace, day)


def _has_names_now_listed(workspace: Workspace, schema: TableSchema, day: date) -> bool:
    """Return whether a later listing maps a spelling that the day's own did not: those rows are asked for again."""
    spelling, texts = unmapped_of(workspace.lake, schema, day.isoformat())
    later = later_master(workspace, day) if texts else None
    return later is not None and any(later.canonical_many(texts, Spelling(spelling)))


def _lacks_ranges(workspace: Workspace, day: date) -> bool:
    """Return whether only last sales are held for a day: the evening's stand-in for bars that come later."""
    rows = workspace.lake.current(DAILY_BARS, day.isoformat())
    return rows.num_rows > 0 and not pc.any(pc.is_valid(rows.column("high_usd"))).as_py()
