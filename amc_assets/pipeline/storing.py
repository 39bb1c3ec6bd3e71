"""From an answer to rows of the lake: map symbols, add provenance, write, withdraw, or note the absence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Absence
from amc_assets.lake.tables import SPLITS
from amc_assets.lake.unmapped import keep_unmapped
from amc_assets.lake.withdrawals import Complete, providers_of
from amc_assets.market.symbols import Spelling, SymbolMaster
from amc_assets.pipeline.feed_checks.gate import check_feed
from amc_assets.pipeline.listing import later_master, symbol_master
from amc_assets.pipeline.outcome import Ingested, added, withdrawal_notes
from amc_assets.pipeline.stamping import stamped
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Fetched
from amc_assets.reasons import Reason

Window = tuple[str, date, date]
"""A date column and the asked range of it, both ends included."""


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
    known_at: datetime | pa.ChunkedArray,
    spelling: Spelling,
    columns: list[str],
    constants: dict[str, pa.Scalar] | None = None,
    window: Window | None = None,
    takes_back: bool = True,
) -> Ingested:
    """Map the symbols of a whole answer, write its rows with their provenance, and withdraw what it no longer holds.

    known_at: one instant, or one per row of the answer. window: the date column and the range that was asked for, where
    the answer covers only a part of the partition. takes_back: false for an answer that counts as cut short.
    """
    table = fetched.parsed.table
    if not isinstance(known_at, datetime):
        table = table.append_column("known_at", known_at)
        columns = [*columns, "known_at"]
    mapped = map_symbols(workspace, table, spelling, key, unique_by=("symbol", *([window[0]] if window else [])))
    rows = mapped.rows.select([*columns, "symbol"])
    for name, value in (constants or {}).items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    if not isinstance(known_at, datetime):
        known_at = rows.column("known_at")
        rows = rows.drop_columns(["known_at"])
    stamped_rows = stamped(rows, fetched, known_at, is_simulated=workspace.is_simulated)
    whole = whole_answer(workspace, schema, key, fetched, spelling, mapped.unmapped, window) if takes_back else None
    return write(workspace, schema, key, stamped_rows, fetched, mapped, whole)


def write(
    workspace: Workspace,
    schema: TableSchema,
    key: date,
    rows: pa.Table,
    fetched: Fetched,
    mapped: "Mapped",
    whole: Complete | None,
) -> Ingested:
    """Write the rows of an answer, keep the spellings that no listing knows, and return what to report.

    An answer that does not fit the days before it is not written.
    """
    partition = key.isoformat()
    checked = check_feed(workspace, schema, key, rows, fetched.fetched_at)
    if checked.refusal is not None:
        return checked.as_ingested(schema, key, added(fetched.parsed.rejected, mapped.dropped))
    written = workspace.write(schema, partition, rows, fetched.fetched_at, whole=whole)
    keep_unmapped(workspace.lake, schema, partition, mapped.spelling, mapped.unmapped)
    notes = {**fetched.parsed.notes, **withdrawal_notes(written), **checked.notes}
    if whole is not None and (whole.spared_symbols or whole.spared_days):
        count = len(whole.spared_symbols) + len(whole.spared_days)
        notes["names_spared"] = f"{count}: a row of the name came and could not be used"
    known = pc.max(rows.column("known_at")).as_py() if rows.num_rows else fetched.fetched_at
    return Ingested(
        schema.name,
        partition,
        rows=written.rows,
        rows_new=written.rows_new,
        rejected=added(fetched.parsed.rejected, mapped.dropped),
        samples=fetched.parsed.samples,
        notes=notes,
        known_at=known,
        source=fetched.source,
    )


def whole_answer(
    workspace: Workspace,
    schema: TableSchema,
    key: date,
    fetched: Fetched,
    spelling: Spelling,
    unmapped: Sequence[str] = (),
    window: Window | None = None,
) -> Complete | None:
    """Return what an answer speaks for; None when refused rows without a symbol leave that open.

    A name whose row was refused, or whose spelling no listing of the day maps, was sent: it is spared. A refused row of
    which the day is known spares that day only: a split that was moved must not stay beside the new one.
    """
    parsed = fetched.parsed
    if parsed.refused_unnamed:
        return None
    column, first, last = window or (None, None, None)
    dated = parsed.refused_days
    unused = sorted({*parsed.refused_symbols, *unmapped})
    spared: frozenset[str] = frozenset()
    spared_days: frozenset[tuple[str, date]] = frozenset()
    if (unused or dated) and workspace.lake.holds(schema, key.isoformat()):
        stored = workspace.lake.vintages(schema, key.isoformat()).column("symbol").unique().to_pylist()
        master = SymbolMaster(stored)
        spared = frozenset(symbol for symbol in master.canonical_many(unused, spelling).tolist() if symbol)
        pairs = ((master.canonical(text, spelling), day) for text, day in dated)
        spared_days = frozenset((symbol, day) for symbol, day in pairs if symbol)
    return Complete(providers_of(fetched.source), spared, column, first, last, spared_days)


@dataclass(frozen=True)
class Mapped:
    """Rows with their canonical ``symbol``, what was left out by reason, and the spellings that no listing maps."""

    rows: pa.Table
    dropped: dict[str, int]
    unmapped: tuple[str, ...]
    spelling: Spelling


def map_symbols(
    workspace: Workspace, table: pa.Table, spelling: Spelling, day: date, unique_by: tuple[str, ...] = ()
) -> Mapped:
    """Add the canonical symbol; count what no listing knows and, with ``unique_by``, what repeats an earlier row.

    The listing of the day maps first. What it lacks is looked up in the next listings: a name that a listing left out
    by mistake is in the one after it.
    """
    texts = table.column("source_symbol").to_pylist()
    mapped = np.asarray(symbol_master(workspace, day).canonical_many(texts, spelling), dtype=object)
    unknown = np.flatnonzero(mapped == "")
    later = later_master(workspace, day) if unknown.size else None
    if later is not None:
        mapped[unknown] = later.canonical_many([texts[row] for row in unknown.tolist()], spelling)
        unknown = np.flatnonzero(mapped == "")
    known = np.flatnonzero(mapped != "")
    rows = table.take(pa.array(known)).append_column("symbol", pa.array(mapped[known].tolist(), pa.string()))
    dropped = {"unmapped_symbol": len(unknown)}
    if unique_by:
        numbered = rows.append_column("row_number", pa.array(np.arange(rows.num_rows)))
        first = numbered.group_by(list(unique_by), use_threads=False).aggregate([("row_number", "min")])
        kept = np.sort(first.column("row_number_min").to_numpy())
        dropped["duplicate_symbol"] = rows.num_rows - len(kept)
        rows = rows.take(pa.array(kept))
    unmapped = tuple(sorted({texts[row] for row in unknown.tolist() if texts[row]}))
    return Mapped(rows, {reason: count for reason, count in dropped.items() if count}, unmapped, spelling)


def with_symbols(
    workspace: Workspace, table: pa.Table, spelling: Spelling, day: date, unique_by: tuple[str, ...] = ()
) -> tuple[pa.Table, dict[str, int]]:
    """Return the rows with their canonical symbol and what was left out: ``map_symbols`` without the spellings."""
    mapped = map_symbols(workspace, table, spelling, day, unique_by)
    return mapped.rows, mapped.dropped
