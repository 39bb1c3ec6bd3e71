"""From an answer to rows of the lake: map symbols, stamp when they could be known, write, or note the absence."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Absence, rows_with_provenance
from amc_assets.lake.tables import SPLITS
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.outcome import Ingested, added
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Fetched
from amc_assets.reasons import Reason


def fetch_or_note(
    workspace: Workspace, schema: TableSchema, key: date, fetch: Callable[[], Fetched], *, may_be_empty: bool = False
) -> Fetched | Ingested:
    """Return the answer, or the noted absence when the provider failed or had nothing for the key."""
    try:
        fetched = fetch()
    except ProviderError as error:
        return noted(workspace, schema, key, Absence(error.reason, str(error), workspace.clock.now()))
    if fetched.parsed.table.num_rows == 0 and schema is not SPLITS and not may_be_empty:
        detail = f"{fetched.source} answered with no rows for {key}"
        absent = noted(workspace, schema, key, Absence(Reason.NOT_PUBLISHED, detail, fetched.fetched_at))
        return replace(absent, rejected=fetched.parsed.rejected, samples=fetched.parsed.samples)
    return fetched


def noted(workspace: Workspace, schema: TableSchema, key: date, absence: Absence) -> Ingested:
    """Mark a partition absent unless it already holds rows, and return what to report."""
    if not workspace.lake.vintages(schema, key.isoformat()).num_rows:
        workspace.lake.mark_absent(schema, key.isoformat(), absence)
    return Ingested(schema.name, key.isoformat(), absence=absence)


def store(
    workspace: Workspace,
    schema: TableSchema,
    key: date,
    fetched: Fetched,
    known_at: datetime,
    spelling: Spelling,
    columns: list[str],
    constants: dict[str, pa.Scalar] | None = None,
) -> Ingested:
    """Map the symbols of an answer, stamp its rows and write them as a vintage; return what to report."""
    rows, dropped = canonical(workspace, fetched.parsed.table, spelling, key, columns)
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
        rejected=added(fetched.parsed.rejected, dropped),
        samples=fetched.parsed.samples,
        notes=fetched.parsed.notes,
        known_at=known_at,
        source=fetched.source,
    )


def canonical(
    workspace: Workspace, table: pa.Table, spelling: Spelling, day: date, columns: list[str]
) -> tuple[pa.Table, dict[str, int]]:
    """Return ``columns`` and the canonical symbol of each row, a symbol once; count what was left out."""
    rows, dropped = with_symbols(workspace, table, spelling, day, unique_by=("symbol",))
    return rows.select([*columns, "symbol"]), dropped


def with_symbols(
    workspace: Workspace, table: pa.Table, spelling: Spelling, day: date, unique_by: tuple[str, ...] = ()
) -> tuple[pa.Table, dict[str, int]]:
    """Add the canonical symbol; count what no master knows and, with ``unique_by``, what repeats an earlier row."""
    master = symbol_master(workspace, day)
    mapped = np.asarray(master.canonical_many(table.column("source_symbol").to_pylist(), spelling), dtype=object)
    known = np.flatnonzero(mapped != "")
    rows = table.take(pa.array(known)).append_column("symbol", pa.array(mapped[known].tolist(), pa.string()))
    dropped = {"unmapped_symbol": table.num_rows - len(known)}
    if unique_by:
        numbered = rows.append_column("row_number", pa.array(np.arange(rows.num_rows)))
        first = numbered.group_by(list(unique_by), use_threads=False).aggregate([("row_number", "min")])
        kept = np.sort(first.column("row_number_min").to_numpy())
        dropped["duplicate_symbol"] = rows.num_rows - len(kept)
        rows = rows.take(pa.array(kept))
    return rows, {reason: count for reason, count in dropped.items() if count}
