"""Provider answers into the lake: map symbols, stamp when it could be known, write, or note why nothing came.

A failed provider is a fact, not a crash: the partition is marked absent with the reason, the run goes on with lower
confidence, and the next run heals it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.store import Absence, Lake
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST, SHORT_VOLUME, SPLITS
from amc_assets.lake.withdrawals import are_too_many
from amc_assets.market.calendar import (
    close_at,
    exchange_date,
    next_session,
    premarket_open_at,
    previous_session,
    session_offset,
    session_on_or_before,
)
from amc_assets.market.closures import FIRST_DAY
from amc_assets.market.publication import (
    daily_bar_published_at,
    published_at,
    short_volume_published_at,
    split_public_at,
)
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.outcome import Ingested, added
from amc_assets.pipeline.stamping import public_by_date
from amc_assets.pipeline.storing import fetch_or_note, noted, store
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.exchange import Fetched
from amc_assets.reasons import Reason

SPLIT_LOOKBACK_SESSIONS = 20
LONG_SPLIT_LOOKBACK_MONTHS = 15
"""The window of the features, 300 sessions, is asked for weekly: a split of last spring that is called off must go."""
SPLITS_AHEAD_SESSIONS = 10
"""Sources announce splits days ahead; a source that was down on the day itself has told us before."""
_DATE = pa.date32()
_BAR_COLUMNS = ["trade_date", "open_usd", "high_usd", "low_usd", "close_usd", "volume_shares", "vwap_usd"]


def ingest_daily_bars(workspace: Workspace, day: date) -> Ingested:
    """Fetch and store the bars of ``day``: one call for the whole market.

    Polygon's bars where the plan has them. On the evening of ``day`` itself Nasdaq's screener stands in where Polygon
    is not in use, or does not give them yet (free plan: the next day): close and volume, no range. Polygon's bars
    replace them as a later vintage. Raw prices are asked for (basis: the day itself); a recorded market that has only
    adjusted bars says so by its basis date, and is asked for those.
    """
    now = workspace.clock_for(day).now()
    if now < close_at(day):
        detail = f"the sources of this version deliver end-of-day bars; {day} closes at {close_at(day).isoformat()}"
        return noted(workspace, DAILY_BARS, day, Absence(Reason.NOT_PUBLISHED, detail, now))
    why_not = Absence(Reason.PLAN_LACKS_SOURCE, f"plan {workspace.settings.plan} does not use Polygon", now)
    if workspace.sources.uses("polygon"):
        fetched = fetch_or_note(workspace, DAILY_BARS, day, lambda: _polygon_bars(workspace, day))
        if isinstance(fetched, Fetched):
            return _store_bars(workspace, day, fetched, _basis(workspace, day, fetched))
        why_not = fetched.absence or why_not
    if workspace.lake.holds(DAILY_BARS, day.isoformat()) or not _screener_shows(day, now):
        return noted(workspace, DAILY_BARS, day, why_not)
    fetched = fetch_or_note(workspace, DAILY_BARS, day, lambda: _screener_bars(workspace, day))
    if isinstance(fetched, Fetched):
        return _store_bars(workspace, day, fetched, day)
    also = fetched.absence.detail if fetched.absence else ""
    return noted(workspace, DAILY_BARS, day, Absence(why_not.reason, f"{why_not.detail}; {also}", now))


def _polygon_bars(workspace: Workspace, day: date) -> Fetched:
    return workspace.sources.polygon(day).grouped_daily(day, adjusted=workspace.bars_basis_date is not None)


def _screener_shows(day: date, now: datetime) -> bool:
    """Return whether the last sales are the closes of ``day``: from 15 minutes after it until the next session."""
    return daily_bar_published_at(day) <= now < premarket_open_at(next_session(day))


def _screener_bars(workspace: Workspace, day: date) -> Fetched:
    """Return the screener's last sales as bars without a range; a name without a sale or volume has no bar."""
    fetched = workspace.sources.nasdaq(day).screener()
    rows = fetched.parsed.table
    traded = rows.filter(pc.and_(pc.is_valid(rows.column("close_usd")), pc.greater(rows.column("volume_shares"), 0.0)))
    nothing = pa.nulls(traded.num_rows, pa.float64())
    table = pa.table(
        {
            "source_symbol": traded.column("source_symbol"),
            "trade_date": pa.repeat(pa.scalar(day, _DATE), traded.num_rows),
            "open_usd": nothing,
            "high_usd": nothing,
            "low_usd": nothing,
            "close_usd": traded.column("close_usd"),
            "volume_shares": traded.column("volume_shares"),
            "vwap_usd": nothing,
        }
    )
    idle = rows.num_rows - traded.num_rows
    parsed = replace(fetched.parsed, table=table, rejected=added(fetched.parsed.rejected, {"no_sale": idle}))
    return replace(fetched, parsed=parsed)


def _store_bars(workspace: Workspace, day: date, fetched: Fetched, basis: date) -> Ingested:
    spelling = Spelling.POLYGON if fetched.source.startswith("polygon") else Spelling.NASDAQ
    known_at = min(daily_bar_published_at(day), fetched.fetched_at)
    constants = {"basis_date": pa.scalar(basis, _DATE)}
    return store(workspace, DAILY_BARS, day, fetched, known_at, spelling, _BAR_COLUMNS, constants)


def _basis(workspace: Workspace, day: date, fetched: Fetched) -> date:
    """Return the share basis of the bars: the recorded one, today's when adjusted bars came unasked, else the day."""
    if workspace.bars_basis_date is not None:
        return workspace.bars_basis_date
    return exchange_date(fetched.fetched_at) if fetched.parsed.notes.get("adjusted") == "true" else day


def ingest_short_volume(workspace: Workspace, day: date) -> Ingested:
    """Fetch and store FINRA's daily short-volume file of ``day``."""
    fetched = fetch_or_note(workspace, SHORT_VOLUME, day, lambda: workspace.sources.finra(day).short_volume(day))
    if isinstance(fetched, Ingested):
        return fetched
    known_at = min(short_volume_published_at(day), fetched.fetched_at)
    columns = [
        "trade_date", "short_volume_shares", "short_exempt_volume_shares", "total_volume_shares", "market_codes",
    ]  # fmt: skip
    return store(workspace, SHORT_VOLUME, day, fetched, known_at, Spelling.FINRA_DAILY, columns)


def ingest_short_interest(workspace: Workspace, settlement: date) -> Ingested:
    """Fetch and store the short-interest report of ``settlement``; before it is public, note when it will be."""
    on_day = published_at(settlement).date()
    if published_at(settlement) > workspace.clock_for(on_day).now():
        absence = Absence(
            Reason.NOT_PUBLISHED,
            f"the report of {settlement} is public from {published_at(settlement).isoformat()}",
            workspace.clock_for(on_day).now(),
        )
        return noted(workspace, SHORT_INTEREST, settlement, absence)
    fetched = fetch_or_note(
        workspace, SHORT_INTEREST, settlement, lambda: workspace.sources.finra(on_day).short_interest(settlement)
    )
    if isinstance(fetched, Ingested):
        return fetched
    known_at = min(published_at(settlement), fetched.fetched_at)
    columns = [
        "settlement_date", "short_interest_shares", "previous_short_interest_shares", "reported_average_volume_shares",
        "days_to_cover_reported", "is_split_flagged", "is_revision_flagged", "market_class",
    ]  # fmt: skip
    return store(workspace, SHORT_INTEREST, settlement, fetched, known_at, Spelling.FINRA_INTEREST, columns)


def ingest_splits(workspace: Workspace, first: date, last: date, on_day: date) -> list[Ingested]:
    """Fetch and store the splits executed from ``first`` to ten sessions after ``last``, one partition per month.

    A split is known from the open of its execution date, whenever it was asked for; asking ahead has it in the lake by
    then. What the answer no longer holds of the asked range is withdrawn: a split that was moved applies once.
    Months of which the lake holds bars and no splits are fetched too: a run that was killed between the two would
    otherwise leave prices that jump at a split for good.
    """
    first = min(first, _first_bars_without_splits(workspace, last) or first).replace(day=1)
    ahead = session_offset(session_on_or_before(last), SPLITS_AHEAD_SESSIONS)
    months = sorted(_months(first, ahead))
    if not workspace.sources.uses("polygon"):
        detail = f"plan {workspace.settings.plan} does not use Polygon, the only source of splits"
        absence = Absence(Reason.PLAN_LACKS_SOURCE, detail, workspace.clock.now())
        return [noted(workspace, SPLITS, last.replace(day=1), absence)]
    fetched = fetch_or_note(
        workspace, SPLITS, last.replace(day=1), lambda: workspace.sources.polygon(on_day).splits(first, ahead)
    )
    if isinstance(fetched, Ingested):
        if fetched.absence is not None:  # noted beside the rows that are there: a feed that stopped must show
            workspace.lake.mark_absent(SPLITS, last.replace(day=1).isoformat(), fetched.absence)
        return [fetched]
    month_of = pc.cast(pc.floor_temporal(fetched.parsed.table.column("execution_date"), unit="month"), _DATE)
    results = []
    window = ("execution_date", first, ahead)
    takes_back = not _is_cut_short(workspace, months, window, fetched.parsed.table)
    for month in reversed(months):  # the far end last: where it is held, all months after it are (splits_since)
        rows = fetched.parsed.table.filter(pc.equal(month_of, pa.scalar(month, _DATE)))
        parsed = replace(fetched.parsed, table=rows)
        if month != months[-1]:  # one answer for all months: what it had refused is counted once
            parsed = replace(parsed, rejected={}, samples=(), notes={})
        if not takes_back:
            left = {"rows_missing_from_answer": "too many of the asked months: they stay"}
            parsed = replace(parsed, notes={**parsed.notes, **left})
        part = replace(fetched, parsed=parsed)
        known_at = public_by_date(rows.column("execution_date"), split_public_at)
        columns = ["execution_date", "ratio"]
        results.append(
            store(
                workspace, SPLITS, month, part, known_at, Spelling.POLYGON, columns,
                window=window, takes_back=takes_back,
            )
        )  # fmt: skip
    return results[::-1]


def splits_since(lake: Lake, days: Sequence[date]) -> date:
    """Return from when on a run of ascending ``days`` asks for splits.

    The whole window is asked for when one of them is the first session of its week, and when the lake lacks the far end
    of the window: a first run, or one that was killed between the bars of its Monday and the splits.
    """
    recent = session_offset(days[0], -SPLIT_LOOKBACK_SESSIONS)
    far = _months_before(days[-1], LONG_SPLIT_LOOKBACK_MONTHS)
    is_weekly = any(previous_session(day).isocalendar()[:2] != day.isocalendar()[:2] for day in days)
    is_whole = is_weekly or not lake.holds(SPLITS, far.replace(day=1).isoformat())
    return min(far, recent) if is_whole else recent


def _months_before(day: date, months: int) -> date:
    """Return the first day of the month so many months before, in the calendar; a killed run asks for it again."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return max(FIRST_DAY, date(year, month + 1, 1))


def _is_cut_short(workspace: Workspace, months: Sequence[date], window: tuple[str, date, date], rows: pa.Table) -> bool:
    """Say whether one answer for several months lacks so many stored splits that it takes none of them back."""
    column, first, last = window
    stored = pa.concat_tables([workspace.lake.current(SPLITS, month.isoformat()) for month in months])
    pairs = zip(stored["symbol"].to_pylist(), stored[column].to_pylist(), strict=True)
    asked = {(symbol, day) for symbol, day in pairs if first <= day <= last}
    sent = set(zip(rows["source_symbol"].to_pylist(), rows[column].to_pylist(), strict=True))
    return are_too_many(len(asked - sent), len(asked))


def _first_bars_without_splits(workspace: Workspace, last: date) -> date | None:
    days = [date.fromisoformat(key) for key in workspace.lake.partitions(DAILY_BARS)]
    months = sorted({day.replace(day=1) for day in days if day <= last})
    return next((month for month in months if not workspace.lake.holds(SPLITS, month.isoformat())), None)


def _months(first: date, last: date) -> set[date]:
    count = (last.year - first.year) * 12 + last.month - first.month
    return {date(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1, 1) for i in range(count + 1)}
