"""The universe of a day and the symbol master built from it."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.store import Absence, Complete
from amc_assets.lake.tables import UNIVERSE
from amc_assets.lake.withdrawals import providers_of
from amc_assets.market.calendar import exchange_date, open_at, previous_session, session_offset, session_on_or_before
from amc_assets.market.publication import listing_public_at
from amc_assets.market.symbols import Spelling, SymbolMaster, canonical_spelling, is_canonical
from amc_assets.market.universe import select_universe
from amc_assets.pipeline.feed_checks.gate import check_feed
from amc_assets.pipeline.listed_ciks import with_sec_ciks
from amc_assets.pipeline.listing_changes import record_identity_changes
from amc_assets.pipeline.outcome import Ingested, added, withdrawal_notes
from amc_assets.pipeline.stamping import stamped
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import NotEntitled, ProviderError
from amc_assets.providers.exchange import Fetched

_DATE = pa.date32()
_IDENTITY = {"cik": pa.string(), "composite_figi": pa.string(), "listed_on_date": _DATE}
LATER_LISTING_SESSIONS = 10
_DIRECTORY_COLUMNS = ["symbol", "name", "exchange", "is_etf", "is_test_issue"]


def symbol_master(workspace: Workspace, day: date) -> SymbolMaster:
    """Return the master of the universe of ``day``; an empty one maps nothing.

    A day without a listing of its own takes the listings around it: what came or left between them was listed, too.
    """
    while True:
        keys = workspace.lake.partitions(UNIVERSE)
        place = bisect_right(keys, day.isoformat())
        is_listed = day.isoformat() in keys
        around = keys[max(place - 1, 0) : place if is_listed else place + 1]
        master = _master_of(workspace, around)
        if all(workspace.lake.holds(UNIVERSE, key) for key in around):  # else one was damaged and is set aside
            return master


def later_master(workspace: Workspace, day: date) -> SymbolMaster | None:
    """Return the master of the newest universe within the ten sessions after ``day``; None when there is none."""
    last = session_offset(session_on_or_before(day), LATER_LISTING_SESSIONS).isoformat()
    own = workspace.lake.newest_partition(UNIVERSE, day) or day.isoformat()
    keys = [key for key in workspace.lake.partitions(UNIVERSE) if own < key <= last]
    return _master_of(workspace, keys[-1:]) if keys else None


def _master_of(workspace: Workspace, keys: Sequence[str]) -> SymbolMaster:
    name = "+".join(keys)
    held = workspace.masters.get(name)
    if held is None:
        listed = [workspace.lake.current(UNIVERSE, key).column("symbol").to_pylist() for key in keys]
        symbols = dict.fromkeys(str(symbol) for symbols in listed for symbol in symbols)
        held = workspace.masters[name] = SymbolMaster([symbol for symbol in symbols if is_canonical(symbol)])
    return held


def ingest_universe(workspace: Workspace, day: date) -> Ingested:
    """Fetch directory and reference of ``day``, classify every listing, store all of them with the reason of exclusion.

    The reference (Polygon, point in time) and the directory (Nasdaq, ETF and test flags) complete each other; one of
    them is enough, and the outcome says which was missing.
    """
    reference, reference_error = _try(workspace, "polygon", day)
    is_past = day < exchange_date(workspace.clock_for(day).now())
    # the directory knows its newest day only: joined to a past one it would name what was listed since
    directory, directory_error = (None, None) if reference and is_past else _try(workspace, "nasdaq", day)
    errors = [error for error in (directory_error, reference_error) if error is not None]
    if directory is None and reference is None:
        absence = Absence(errors[0].reason, "; ".join(map(str, errors)), workspace.clock.now())
        workspace.lake.mark_absent(UNIVERSE, day.isoformat(), absence)
        return Ingested(UNIVERSE.name, day.isoformat(), absence=absence)
    answers = [fetched for fetched in (reference, directory) if fetched is not None]
    if errors and _is_poorer(workspace, day, answers):
        held = workspace.lake.current(UNIVERSE, day.isoformat()).num_rows
        notes = {"missing_source": "; ".join(map(str, errors)), "kept": "the listing of all sources stays"}
        return Ingested(UNIVERSE.name, day.isoformat(), held, notes=notes, source=answers[0].source)
    listings = with_sec_ciks(workspace, day, _joined(directory, reference))
    selection = select_universe(listings)
    done = _write_universe(workspace, day, selection.table, answers, is_of_day=reference is not None)
    stored = {} if done.absence else selection.excluded
    excluded = {f"excluded_{reason}": count for reason, count in stored.items()}
    rejected = excluded | added(*(answer.parsed.rejected for answer in answers), done.rejected)
    samples = tuple(sample for answer in answers for sample in answer.parsed.samples)
    missing = {"missing_source": "; ".join(map(str, errors))} if errors else {}
    return replace(done, rejected=rejected, samples=samples, notes={**done.notes, **missing})


def _write_universe(
    workspace: Workspace, day: date, selected: pa.Table, answers: Sequence[Fetched], *, is_of_day: bool
) -> Ingested:
    """Write the listing of ``day`` if it fits the listings before it, and return what became of it.

    is_of_day: a source states it for that day, whenever it is asked.
    """
    columns = ["symbol", "name", "exchange", "security_type", "is_eligible", "exclusion_reason", *_IDENTITY]
    rows = selected.select(columns)
    rows = rows.append_column("trade_date", pa.repeat(pa.scalar(day, _DATE), rows.num_rows))
    fetched_at = max(answer.fetched_at for answer in answers)
    source = "+".join(answer.source for answer in answers)
    of_session = day if is_of_day else max(day, _newest_opened(fetched_at))
    both = Fetched(answers[0].parsed, fetched_at, source)
    table = stamped(rows, both, listing_public_at(of_session), is_simulated=workspace.is_simulated)
    checked = check_feed(workspace, UNIVERSE, day, table, fetched_at)
    if checked.refusal is not None:
        return checked.as_ingested(UNIVERSE, day)
    lost = any(answer.parsed.refused_symbols or answer.parsed.refused_unnamed for answer in answers)
    whole = None if lost else Complete(providers_of(source))
    written = workspace.write(UNIVERSE, day.isoformat(), table, fetched_at, whole=whole)
    workspace.masters.clear()
    if of_session == day:  # a listing of another session says nothing about who held a symbol on this day
        record_identity_changes(workspace, day, fetched_at)
    notes = {**withdrawal_notes(written), **checked.notes}
    return Ingested(
        UNIVERSE.name, day.isoformat(), written.rows, written.rows_new,
        notes=notes, known_at=fetched_at, source=source,
    )  # fmt: skip


def _newest_opened(at: datetime) -> date:
    """Return the newest session that had opened at an instant: Friday until Monday 09:30."""
    day = session_on_or_before(exchange_date(at))
    return day if open_at(day) <= at else previous_session(day)


def _is_poorer(workspace: Workspace, day: date, answers: Sequence[Fetched]) -> bool:
    """Say whether the lake holds a listing of ``day`` from a source that did not answer now: its facts must stay."""
    stored = pc.unique(workspace.lake.current(UNIVERSE, day.isoformat()).column("source")).to_pylist()
    held = frozenset[str]().union(*(providers_of(source) for source in stored))
    return bool(held - providers_of("+".join(answer.source for answer in answers)))


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
    """Return symbol, name, exchange, polygon_type, is_etf, is_test_issue and identifiers: directory fills in."""
    if reference is None:
        assert directory is not None  # noqa: S101 - the caller returned when both are missing
        table = _from_directory(directory.parsed.table)
        for name, kind in {"polygon_type": pa.string(), **_IDENTITY}.items():
            table = table.append_column(name, pa.nulls(table.num_rows, kind))
        return table
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
                "cik": table.column("cik"),
                "composite_figi": table.column("composite_figi"),
                "listed_on_date": table.column("list_date"),
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
