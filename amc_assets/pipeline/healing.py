"""Days that a provider owed us: fetched again by the next run, so that an outage heals without anybody's doing."""

from collections.abc import Callable
from datetime import date

import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.tables import DAILY_BARS
from amc_assets.market.calendar import session_offset, sessions_between
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason

HEALED_SESSIONS = 5
PASSING = frozenset({Reason.PROVIDER_UNAVAILABLE, Reason.NOT_PUBLISHED, Reason.QUOTA_SPENT})
"""Reasons that time may cure; a refusal stays one until a person changes key or plan."""

Ingest = Callable[[Workspace, date], Ingested]


def healed(workspace: Workspace, schema: TableSchema, day: date, ingest: Ingest) -> list[Ingested]:
    """Fetch again what of the five sessions before ``day`` is owed; return what was tried, oldest first."""
    first = session_offset(day, -HEALED_SESSIONS)
    return [ingest(workspace, owed) for owed in sessions_between(first, day)[:-1] if _is_owed(workspace, schema, owed)]


def _is_owed(workspace: Workspace, schema: TableSchema, day: date) -> bool:
    absence = workspace.lake.absence(schema, day.isoformat())
    if absence is not None:
        return absence.reason in PASSING
    return schema is DAILY_BARS and workspace.sources.uses("polygon") and _lacks_ranges(workspace, day)


def _lacks_ranges(workspace: Workspace, day: date) -> bool:
    """Return whether only last sales are held for a day: the evening's stand-in for bars that come later."""
    rows = workspace.lake.vintages(DAILY_BARS, day.isoformat())
    return rows.num_rows > 0 and not pc.any(pc.is_valid(rows.column("high_usd"))).as_py()
