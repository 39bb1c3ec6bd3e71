"""Listings of the past that a first run fetches: else nothing says who had a symbol within the window of bars."""

from datetime import date

from amc_assets.lake.tables import UNIVERSE
from amc_assets.market.calendar import session_offset, sessions_between
from amc_assets.pipeline.listing import ingest_universe
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.progress import Phase, each
from amc_assets.pipeline.workspace import Workspace

STEP_SESSIONS = 30
"""Distance of the listings: of a symbol that changed hands at most so many own sessions are lost."""


def past_listings(first: date, sessions: int, market_starts: date | None) -> list[date]:
    """Return the sessions before ``first`` whose listings a window of ``sessions`` needs, oldest first."""
    start = session_offset(first, -sessions)
    earliest = start if market_starts is None else max(start, market_starts)
    days = sessions_between(earliest, first)[:-1]
    return [*days[:1], *days[STEP_SESSIONS::STEP_SESSIONS]]


def ingest_past_listings(workspace: Workspace, first: date, sessions: int) -> list[Ingested]:
    """Fetch and store them where the lake has no listing of those weeks and the reference (Polygon) knows past days."""
    if not workspace.sources.uses("polygon"):
        return []
    held = workspace.lake.partitions(UNIVERSE)
    days = past_listings(first, sessions, workspace.sources.first_day)
    wanted = [
        day
        for day, after in zip(days, [*days, first][1:], strict=True)
        if not any(day.isoformat() <= key < after.isoformat() for key in held)
    ]
    return [ingest_universe(workspace, day) for day in each(workspace.progress, Phase.LISTINGS, wanted)]
