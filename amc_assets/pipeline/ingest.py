"""Provider answers into the lake: map symbols, stamp when it could be known, write, or note why nothing came.

A failed provider is a fact, not a crash: the partition is marked absent with the reason, the run goes on with lower
confidence, and the next run heals it.
"""

from collections.abc import Callable
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Absence, rows_with_provenance
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST, SHORT_VOLUME, SPLITS
from amc_assets.market.calendar import close_at, exchange_date
from amc_assets.market.publication import daily_bar_published_at, published_at, short_volume_published_at
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.outcome import Ingested
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Fetched
from amc_assets.reasons import Reason

_DATE = pa.date32()


def ingest_daily_bars(workspace: Workspace, day: date) -> Ingested:
    """Fetch and store the bars of ``day``: one call for the whole market.

    Raw prices are asked for (basis: the day itself); a recorded market that has only adjusted bars says so by its
    basis date, and is asked for those.
    """
    if workspace.clock_for(day).now() < close_at(day):
        detail = f"the sources of this version deliver end-of-day bars; {day} closes at {close_at(day).isoformat()}"
        return _noted(workspace, DAILY_BARS, day, Absence(Reason.NOT_PUBLISHED, detail, workspace.clock_for(day).now()))
    is_adjusted = workspace.bars_basis_date is not None
    fetched = _fetch_or_note(
        workspace,
        DAILY_BARS,
        day,
        lambda: workspace.sources.polygon(day).grouped_daily(day, adjusted=is_adjusted),
    )
    if isinstance(fetched, Ingested):
        return fetched
    basis = _basis(workspace, day, fetched)
    known_at = min(daily_bar_published_at(day), fetched.fetched_at)
    columns = ["trade_date", "open_usd", "high_usd", "low_usd", "close_usd", "volume_shares", "vwap_usd"]
    return _store(
        workspace,
        DAILY_BARS,
        day,
        fetched,
        known_at,
        Spelling.POLYGON,
        columns,
        {"basis_date": pa.scalar(basis, _DATE)},
    )


def _basis(workspace: Workspace, day: date, fetched: Fetched) -> date:
    """Return the share basis of the bars: the recorded one, today's when adjusted bars came unasked, else the day."""
    if workspace.bars_basis_date is not None:
        return workspace.bars_basis_date
    return exchange_date(fetched.fetched_at) if fetched.parsed.notes.get("adjusted") == "true" else day


def ingest_short_volume(workspace: Workspace, day: date) -> Ingested:
    """Fetch and store FINRA's daily short-volume file of ``day``."""
    fetched = _fetch_or_note(workspace, SHORT_VOLUME, day, lambda: workspace.sources.finra(day).short_volume(day))
    if isinstance(fetched, Ingested):
        return fetched
    known_at = min(short_volume_published_at(day), fetched.fetched_at)
    columns = [
        "trade_date", "short_volume_shares", "short_exempt_volume_shares", "total_volume_shares", "market_codes",
    ]  # fmt: skip
    return _store(workspace, SHORT_VOLUME, day, fetched, known_at, Spelling.FINRA_DAILY, columns)


def ingest_short_interest(workspace: Workspace, settlement: date) -> Ingested:
    """Fetch and store the short-interest report of ``settlement``; before it is public, note when it will be."""
    on_day = published_at(settlement).date()
    if published_at(settlement) > workspace.clock_for(on_day).now():
        absence = Absence(
            Reason.NOT_PUBLISHED,
            f"the report of {settlement} is public from {published_at(settlement).isoformat()}",
            workspace.clock_for(on_day).now(),
        )
        return _noted(workspace, SHORT_INTEREST, settlement, absence)
    fetched = _fetch_or_note(
        workspace, SHORT_INTEREST, settlement, lambda: workspace.sources.finra(on_day).short_interest(settlement)
    )
    if isinstance(fetched, Ingested):
        return fetched
    known_at = min(published_at(settlement), fetched.fetched_at)
    columns = [
        "settlement_date", "short_interest_shares", "previous_short_interest_shares", "reported_average_volume_shares",
        "days_to_cover_reported", "is_split_flagged", "is_revision_flagged", "market_class",
    ]  # fmt: skip
    return _store(workspace, SHORT_INTEREST, settlement, fetched, known_at, Spelling.FINRA_INTEREST, columns)


def ingest_splits(workspace: Workspace, first: date, last: date, on_day: date) -> list[Ingested]:
    """Fetch and store the splits executed from ``first`` to ``last`` in whole months, one partition per month.

    Months of which the lake holds bars and no splits are fetched too: a run that was killed between the two would
    otherwise leave prices that jump at a split for good.
    """
    first = min(first, _first_bars_without_splits(workspace, last) or first).replace(day=1)
    months = sorted(_months(first, last))
    fetched = _fetch_or_note(
        workspace, SPLITS, months[-1], lambda: workspace.sources.polygon(on_day).splits(first, last)
    )
    if isinstance(fetched, Ingested):
        return [fetched]
    month_of = pc.cast(pc.floor_temporal(fetched.parsed.table.column("execution_date"), unit="month"), _DATE)
    results = []
    for month in months:
        rows = fetched.parsed.table.filter(pc.equal(month_of, pa.scalar(month, _DATE)))
        part = Fetched(type(fetched.parsed)(rows, {}, ()), fetched.fetched_at, fetched.source)
        results.append(
            _store(workspace, SPLITS, month, part, fetched.fetched_at, Spelling.POLYGON, ["execution_date", "ratio"])
        )
    return results


def _first_bars_without_splits(workspace: Workspace, last: date) -> date | None:
    days = [date.fromisoformat(key) for key in workspace.lake.partitions(DAILY_BARS)]
    months = sorted({day.replace(day=1) for day in days if day <= last})
    return next((month for month in months if not workspace.lake.holds(SPLITS, month.isoformat())), None)


def _months(first: date, last: date) -> set[date]:
    count = (last.year - first.year) * 12 + last.month - first.month
    return {date(first.year + (first.month - 1 + i) // 12, (first.month - 1 + i) % 12 + 1, 1) for i in range(count + 1)}


def _fetch_or_note(
    workspace: Workspace, schema: TableSchema, key: date, fetch: Callable[[], Fetched]
) -> Fetched | Ingested:
    try:
        fetched = fetch()
    except ProviderError as error:
        return _noted(workspace, schema, key, Absence(error.reason, str(error), workspace.clock.now()))
    if fetched.parsed.table.num_rows == 0 and schema is not SPLITS:
        detail = f"{fetched.source} answered with no rows for {key}"
        return _noted(workspace, schema, key, Absence(Reason.NOT_PUBLISHED, detail, fetched.fetched_at))
    return fetched


def _noted(workspace: Workspace, schema: TableSchema, key: date, absence: Absence) -> Ingested:
    if not workspace.lake.vintages(schema, key.isoformat()).num_rows:
        workspace.lake.mark_absent(schema, key.isoformat(), absence)
    return Ingested(schema.name, key.isoformat(), absence=absence)


def _store(
    workspace: Workspace,
    schema: TableSchema,
    key: date,
    fetched: Fetched,
    known_at: datetime,
    spelling: Spelling,
    columns: list[str],
    constants: dict[str, pa.Scalar] | None = None,
) -> Ingested:
    rows, dropped = _canonical(workspace, fetched.parsed.table, spelling, key, columns)
    table = rows_with_provenance(
        rows,
        source=fetched.source,
        known_at=known_at,
        is_simulated=workspace.is_simulated,
        constants=constants,
    )
    written = workspace.lake.write(schema, key.isoformat(), table, fetched.fetched_at)
    return Ingested(
        schema.name,
        key.isoformat(),
        rows=written.rows,
        rows_new=written.rows_new,
        rejected={**fetched.parsed.rejected, **dropped},
        samples=fetched.parsed.samples,
        notes=fetched.parsed.notes,
        known_at=known_at,
        source=fetched.source,
    )


def _canonical(
    workspace: Workspace, table: pa.Table, spelling: Spelling, day: date, columns: list[str]
) -> tuple[pa.Table, dict[str, int]]:
    """Map each source's spelling to the canonical symbol; count what no master knows and what two rows share."""
    master = symbol_master(workspace, day)
    mapped = np.asarray(master.canonical_many(table.column("source_symbol").to_pylist(), spelling), dtype=object)
    known = mapped != ""
    _, first = np.unique(mapped[known].astype(str), return_index=True)
    keep = np.flatnonzero(known)[np.sort(first)]
    dropped = {"unmapped_symbol": int((~known).sum()), "duplicate_symbol": int(known.sum() - len(keep))}
    rows = table.take(pa.array(keep)).select(columns)
    symbols = pa.array(mapped[keep].tolist(), pa.string())
    return rows.append_column("symbol", symbols), {reason: count for reason, count in dropped.items() if count}
