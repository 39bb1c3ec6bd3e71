"""Halts, threshold lists, fails to deliver and bill rates into the lake, each with its own publication lag."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Absence, Complete
from amc_assets.lake.tables import BILL_RATES, FAILS_TO_DELIVER, THRESHOLD_LIST, TRADE_HALTS
from amc_assets.lake.withdrawals import providers_of
from amc_assets.market.calendar import previous_session
from amc_assets.market.publication import (
    SECOND_HALF_DAY,
    bill_rates_published_at,
    fails_published_at,
    threshold_list_published_at,
)
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.fails_balances import one_balance, without_retired
from amc_assets.pipeline.feed_checks.gate import check_feed
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.outcome import Ingested, added, withdrawal_notes
from amc_assets.pipeline.stamping import public_by_date, stamped
from amc_assets.pipeline.storing import fetch_or_note, map_symbols, noted, whole_answer, with_symbols
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import ProviderError
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets.providers.nasdaq.threshold import THRESHOLD_LIST as NASDAQ_LIST
from amc_assets.providers.wire.rejects import SAMPLES
from amc_assets.reasons import Reason

FAILS_HALF_MONTHS = 3
_DATE = pa.date32()


def ingest_trade_halts(workspace: Workspace, day: date) -> Ingested:
    """Fetch and store the halts that began on ``day``; a day without one is an empty partition, not a missing one."""
    fetched = fetch_or_note(
        workspace, TRADE_HALTS, day, lambda: workspace.sources.nasdaq(day).trade_halts(day), may_be_empty=True
    )
    if isinstance(fetched, Ingested):
        return fetched
    mapped = map_symbols(workspace, fetched.parsed.table, Spelling.NASDAQ, day)
    rows = mapped.rows
    table = pa.table(
        {
            "symbol": rows.column("symbol"),
            "halted_at": rows.column("halted_at"),
            "resumed_at": rows.column("resumption_trade_at"),
            "reason_code": rows.column("reason_code"),
        }
    )
    whole = whole_answer(workspace, TRADE_HALTS, day, fetched, Spelling.NASDAQ, mapped.unmapped)
    return _write(workspace, TRADE_HALTS, day, table, fetched, table.column("halted_at"), mapped.dropped, whole)


def ingest_threshold_list(workspace: Workspace, day: date) -> Ingested:
    """Fetch and store the threshold lists of ``day`` and, where the lake lacks it, of the session before.

    The lists of a day appear at 23:00 New York: a run of the evening reads those of the session before.
    """
    before = previous_session(day)
    if workspace.lake.holds(THRESHOLD_LIST, before.isoformat()):
        return _threshold_list(workspace, day, day)
    earlier, done = _threshold_list(workspace, before, day), _threshold_list(workspace, day, day)
    refused = ", ".join(f"{reason} {count}" for reason, count in earlier.rejected.items())
    return replace(done, notes={**done.notes, f"refused_of_{before}": refused}) if refused else done


def _threshold_list(workspace: Workspace, day: date, on_day: date) -> Ingested:
    public_at, now = threshold_list_published_at(day), workspace.clock_for(on_day).now()
    unrecorded = workspace.sources.why_not_recorded(NASDAQ_LIST)
    if unrecorded:
        return noted(workspace, THRESHOLD_LIST, day, Absence(Reason.NOT_RECORDED, unrecorded, now))
    if public_at > now:
        detail = f"the lists of {day} are public from {public_at.isoformat()}"
        return noted(workspace, THRESHOLD_LIST, day, Absence(Reason.NOT_PUBLISHED, detail, now))
    sources = workspace.sources
    asked: dict[str, tuple[Callable[[], Fetched], Spelling]] = {
        "nasdaq": (lambda: sources.nasdaq(on_day).threshold_list(day), Spelling.NASDAQ),
        "nyse": (lambda: sources.nyse(on_day).threshold_list(day), Spelling.NYSE),
        "finra_otc": (lambda: sources.finra(on_day).otc_threshold_list(day), Spelling.FINRA_INTEREST),
    }
    found, errors = _all_of(asked)
    if not found:
        return noted(workspace, THRESHOLD_LIST, day, Absence(errors[0].reason, "; ".join(map(str, errors)), now))
    merged, dropped = _one_list(workspace, found, on_day)
    if errors:
        missing = {"missing_source": "; ".join(map(str, errors))}
        merged = replace(merged, parsed=replace(merged.parsed, notes=missing))
    known_at = min(public_at, merged.fetched_at)
    whole = whole_answer(workspace, THRESHOLD_LIST, day, merged, Spelling.POLYGON)
    return _write(workspace, THRESHOLD_LIST, day, merged.parsed.table, merged, known_at, dropped, whole)


def _one_list(
    workspace: Workspace, found: dict[str, tuple[Fetched, Spelling]], on_day: date
) -> tuple[Fetched, dict[str, int]]:
    """Return one answer of all lists, in canonical symbols with the lists that name them, and what was left out."""
    listed: dict[str, list[str]] = {}
    dropped: dict[str, int] = {}
    refused: set[str] = set()
    master = symbol_master(workspace, on_day)
    for name, (fetched, spelling) in found.items():
        rows, lost = with_symbols(workspace, fetched.parsed.table, spelling, on_day)
        dropped = added(dropped, lost)
        refused |= set(master.canonical_many(sorted(fetched.parsed.refused_symbols), spelling).tolist()) - {""}
        for symbol in rows.column("symbol").to_pylist():
            listed.setdefault(symbol, []).append(name)
    table = pa.table(
        {
            "symbol": pa.array(sorted(listed), pa.string()),
            "lists": pa.array([",".join(listed[symbol]) for symbol in sorted(listed)], pa.string()),
        }
    )
    answers = [fetched for fetched, _ in found.values()]
    parsed = Parsed(
        table,
        added(*(fetched.parsed.rejected for fetched in answers)),
        tuple(sample for fetched in answers for sample in fetched.parsed.samples)[:SAMPLES],
        refused_symbols=frozenset(refused),
        refused_unnamed=sum(fetched.parsed.refused_unnamed for fetched in answers),
    )
    newest_at = max(fetched.fetched_at for fetched in answers)
    return Fetched(parsed, newest_at, "+".join(fetched.source for fetched in answers)), dropped


def _all_of(
    asked: dict[str, tuple[Callable[[], Fetched], Spelling]],
) -> tuple[dict[str, tuple[Fetched, Spelling]], list[ProviderError]]:
    """Ask every list; one that fails does not hide the others."""
    found, errors = {}, []
    for name, (fetch, spelling) in asked.items():
        try:
            found[name] = (fetch(), spelling)
        except ProviderError as error:
            errors.append(error)
    return found, errors


def ingest_fails(workspace: Workspace, day: date) -> list[Ingested]:
    """Fetch and store the newest published half months of fails to deliver that the lake does not hold."""
    now = workspace.clock_for(day).now()
    halves = [half for half in half_months(day) if fails_published_at(half) <= now]
    wanted = [half for half in halves if not workspace.lake.holds(FAILS_TO_DELIVER, half.isoformat())]
    return [_fails(workspace, half, day) for half in wanted]


def half_months(day: date, count: int = FAILS_HALF_MONTHS + 2) -> list[date]:
    """Return the first days of the ``count`` half months up to ``day``, newest first."""
    found: list[date] = []
    half = day.replace(day=SECOND_HALF_DAY if day.day >= SECOND_HALF_DAY else 1)
    while len(found) < count:
        found.append(half)
        half = half.replace(day=1) if half.day != 1 else (half - timedelta(days=1)).replace(day=SECOND_HALF_DAY)
    return found


def _fails(workspace: Workspace, half: date, on_day: date) -> Ingested:
    fetched = fetch_or_note(
        workspace, FAILS_TO_DELIVER, half, lambda: workspace.sources.sec(on_day).fails_to_deliver(half)
    )
    if isinstance(fetched, Ingested):
        return fetched
    current, retired = without_retired(fetched.parsed.table)
    rows, dropped = with_symbols(workspace, current, Spelling.SEC, on_day)
    balances, repeated = one_balance(rows)
    table = balances.select(["symbol", "settlement_date", "fails_shares", "price_usd"])
    known_at = min(fails_published_at(half), fetched.fetched_at)
    return _write(workspace, FAILS_TO_DELIVER, half, table, fetched, known_at, added(retired, dropped, repeated))


def ingest_bill_rates(workspace: Workspace, day: date) -> Ingested:
    """Fetch and store the bill rates of the year of ``day``, unless the lake has those of the session before."""
    year = day.replace(month=1, day=1)
    held = workspace.lake.vintages(BILL_RATES, year.isoformat())
    if held.num_rows and pc.max(held.column("quote_date")).as_py() >= previous_session(day):
        return Ingested(BILL_RATES.name, year.isoformat(), rows=held.num_rows)
    fetched = fetch_or_note(workspace, BILL_RATES, year, lambda: workspace.sources.treasury(day).bill_rates(day.year))
    if isinstance(fetched, Ingested):
        return fetched
    table = fetched.parsed.table.filter(pc.less_equal(fetched.parsed.table.column("quote_date"), pa.scalar(day, _DATE)))
    known_at = public_by_date(table.column("quote_date"), bill_rates_published_at)
    whole = None
    if not fetched.parsed.rejected:
        whole = Complete(providers_of(fetched.source), date_column="quote_date", first=year, last=day)
    return _write(workspace, BILL_RATES, year, table, fetched, known_at, {}, whole)


def _write(
    workspace: Workspace,
    schema: TableSchema,
    key: date,
    table: pa.Table,
    fetched: Fetched,
    known_at: datetime | pa.ChunkedArray,
    dropped: dict[str, int],
    whole: Complete | None = None,
) -> Ingested:
    if schema in (TRADE_HALTS, THRESHOLD_LIST):
        table = table.append_column("trade_date", pa.repeat(pa.scalar(key, _DATE), table.num_rows))
    rows = stamped(table, fetched, known_at, is_simulated=workspace.is_simulated)
    checked = check_feed(workspace, schema, key, rows, fetched.fetched_at)
    if checked.refusal is not None:
        return checked.as_ingested(schema, key, added(fetched.parsed.rejected, dropped))
    written = workspace.write(schema, key.isoformat(), rows, fetched.fetched_at, whole=whole)
    return Ingested(
        schema.name,
        key.isoformat(),
        written.rows,
        written.rows_new,
        added(fetched.parsed.rejected, dropped),
        fetched.parsed.samples,
        {**fetched.parsed.notes, **withdrawal_notes(written), **checked.notes},
        fetched.fetched_at,
        fetched.source,
    )
