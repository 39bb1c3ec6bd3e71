"""The universe of a day and the symbol master built from it."""

from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.store import Absence, rows_with_provenance
from amc_assets.lake.tables import UNIVERSE
from amc_assets.market.symbols import Spelling, SymbolMaster, canonical_spelling, is_canonical
from amc_assets.market.universe import select_universe
from amc_assets.pipeline.outcome import Ingested, added
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import NotEntitled, ProviderError
from amc_assets.providers.exchange import Fetched

_DATE = pa.date32()
_DIRECTORY_COLUMNS = ["symbol", "name", "exchange", "is_etf", "is_test_issue"]


def symbol_master(workspace: Workspace, day: date) -> SymbolMaster:
    """Return the master of the newest universe on or before ``day``; an empty one maps nothing."""
    key = workspace.lake.newest_partition(UNIVERSE, day) or _first_partition(workspace)
    if key is None:
        return SymbolMaster([])
    held = workspace.masters.get(key)
    if held is None:
        symbols = list(map(str, workspace.lake.vintages(UNIVERSE, key).column("symbol").unique().to_pylist()))
        held = workspace.masters[key] = SymbolMaster([symbol for symbol in symbols if is_canonical(symbol)])
    return held


def _first_partition(workspace: Workspace) -> str | None:
    keys = workspace.lake.partitions(UNIVERSE)
    return keys[0] if keys else None


def ingest_universe(workspace: Workspace, day: date) -> Ingested:
    """Fetch directory and reference of ``day``, classify every listing, store all of them with the reason of exclusion.

    The reference (Polygon, point in time) and the directory (Nasdaq, ETF and test flags) complete each other; one of
    them is enough, and the outcome says which was missing.
    """
    directory, directory_error = _try(workspace, "nasdaq", day)
    reference, reference_error = _try(workspace, "polygon", day)
    errors = [error for error in (directory_error, reference_error) if error is not None]
    if directory is None and reference is None:
        absence = Absence(errors[0].reason, "; ".join(map(str, errors)), workspace.clock.now())
        workspace.lake.mark_absent(UNIVERSE, day.isoformat(), absence)
        return Ingested(UNIVERSE.name, day.isoformat(), absence=absence)
    listings = _joined(directory, reference)
    selection = select_universe(listings)
    fetched_at = max(fetched.fetched_at for fetched in (directory, reference) if fetched is not None)
    source = "+".join(fetched.source for fetched in (reference, directory) if fetched is not None)
    written = _write_universe(workspace, day, selection.table, source, fetched_at)
    answers = [fetched.parsed for fetched in (directory, reference) if fetched is not None]
    excluded = {f"excluded_{reason}": count for reason, count in selection.excluded.items()}
    rejected = excluded | added(*(parsed.rejected for parsed in answers))
    samples = tuple(sample for parsed in answers for sample in parsed.samples)
    notes = {"missing_source": "; ".join(map(str, errors))} if errors else {}
    return Ingested(UNIVERSE.name, day.isoformat(), *written, rejected, samples, notes, fetched_at, source)


def _write_universe(
    workspace: Workspace, day: date, selected: pa.Table, source: str, fetched_at: datetime
) -> tuple[int, int]:
    columns = ["symbol", "name", "exchange", "security_type", "is_eligible", "exclusion_reason"]
    table = rows_with_provenance(
        selected.select(columns),
        source=source,
        known_at=fetched_at,
        is_simulated=workspace.is_simulated,
        constants={"trade_date": pa.scalar(day, _DATE)},
    )
    written = workspace.lake.write(UNIVERSE, day.isoformat(), table, fetched_at)
    workspace.masters.pop(day.isoformat(), None)
    return written.rows, written.rows_new


def _try(workspace: Workspace, provider: str, day: date) -> tuple[Fetched | None, ProviderError | None]:
    if not workspace.sources.uses(provider):
        step = "docs/plans.md says which plan uses it"
        return None, NotEntitled(provider, "tickers", f"not asked on plan {workspace.settings.plan}", step)
    try:
        if provider == "nasdaq":
            return workspace.sources.nasdaq(day).symbols(), None
        return workspace.sources.polygon(day).tickers(day), None
    except ProviderError as error:
        return None, error


def _joined(directory: Fetched | None, reference: Fetched | None) -> pa.Table:
    """Return symbol, name, exchange, polygon_type, is_etf, is_test_issue: reference first, directory fills in."""
    if reference is None:
        assert directory is not None  # noqa: S101 - the caller returned when both are missing
        table = _from_directory(directory.parsed.table)
        return table.append_column("polygon_type", pa.nulls(table.num_rows, pa.string()))
    listed = _from_reference(reference.parsed.table)
    if directory is None:
        flags = pa.nulls(listed.num_rows, pa.bool_())
        return listed.append_column("is_etf", flags).append_column("is_test_issue", flags)
    extra = _from_directory(directory.parsed.table).rename_columns(
        ["symbol", "directory_name", "directory_exchange", "is_etf", "is_test_issue"]
    )
    joined = listed.join(extra, keys="symbol", join_type="full outer")
    for name, fallback in (("name", "directory_name"), ("exchange", "directory_exchange")):
        filled = pc.coalesce(joined.column(name), joined.column(fallback))
        joined = joined.set_column(joined.column_names.index(name), name, filled)
    return joined.drop_columns(["directory_name", "directory_exchange"])


def _from_reference(table: pa.Table) -> pa.Table:
    return _first_of_each(
        pa.table(
            {
                "symbol": table.column("source_symbol"),
                "name": table.column("name"),
                "exchange": table.column("primary_exchange"),
                "polygon_type": table.column("polygon_type"),
            }
        )
    )


def _from_directory(table: pa.Table) -> pa.Table:
    spelled = table.column("source_symbol").to_pylist()
    canonical = [canonical_spelling(text, Spelling.NASDAQ) for text in spelled]
    renamed = table.set_column(0, "symbol", pa.array(canonical, pa.string()))
    return _first_of_each(renamed.select(_DIRECTORY_COLUMNS))


def _first_of_each(table: pa.Table) -> pa.Table:
    _, first = _unique_first(table.column("symbol"))
    return table.take(first)


def _unique_first(column: pa.ChunkedArray) -> tuple[pa.Array, pa.Array]:
    numbered = pa.table({"symbol": column, "row": pa.array(range(len(column)), pa.int64())})
    grouped = numbered.group_by("symbol", use_threads=False).aggregate([("row", "min")])
    return grouped.column("symbol"), grouped.column("row_min").combine_chunks()
