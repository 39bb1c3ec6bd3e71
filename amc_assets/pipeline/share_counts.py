"""Floats and shares outstanding: the whole market where the plan has it, else the shortlist from scarcer sources.

A partition is complete in itself: what earlier days stated and nobody restated is carried forward with its own date.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.plausibility_limits import load_plausibility_limits
from amc_assets.lake.store import Absence, Complete
from amc_assets.lake.tables import SHARE_COUNTS
from amc_assets.lake.withdrawals import covered
from amc_assets.market.calendar import end_of_day_as_of, exchange_date, new_york
from amc_assets.market.publication import statement_public_at
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.feed_checks.gate import Checked, check_feed
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.outcome import Ingested, added, withdrawal_notes
from amc_assets.pipeline.stamping import public_by_date, stamped
from amc_assets.pipeline.storing import map_symbols, noted, whole_answer
from amc_assets.pipeline.tagging import ciks_by_symbol, symbols_by_cik
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.errors import NotEntitled, NotFound, ProviderError, QuotaSpent, Unauthorized
from amc_assets.providers.exchange import Fetched, Parsed
from amc_assets.providers.planner import Wish, plan_calls
from amc_assets.providers.wire.rejects import SAMPLES
from amc_assets.reasons import Reason

FRESH_DAYS = 30.0  # floats move with quarterly reports; 25 calls a day must not go to what is known
CARRIED_DAYS = 120
QUARTER_DAYS = 135  # a quarter and the 45 days in which its report comes: an older count has a newer one
OVERVIEW_QUOTA_FRAC = 0.6  # of the calls left: the rest is for headlines and chains
IN_VAIN = "alpha_vantage.overview_unknown"
_DATE = pa.date32()
_COLUMNS = SHARE_COUNTS.given_names


@dataclass
class _Found:
    """Rows gathered for one day, and what went wrong or was not asked on the way."""

    tables: list[pa.Table] = field(default_factory=list)
    rejected: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    not_asked: int = 0
    float_age_days: dict[str, float] = field(default_factory=dict)
    whole: Complete | None = None
    checked: Checked = field(default_factory=Checked)

    def has(self, column: str, since: date | None = None) -> set[str]:
        """Return the symbols that have a value in ``column``, with ``since`` only those dated so or without a date."""
        names: set[str] = set()
        for table in self.tables:
            rows = table.filter(pc.is_valid(table.column(column)))
            if since is not None:
                dated = pc.coalesce(rows.column("outstanding_date"), rows.column("float_effective_date"))
                rows = rows.filter(pc.fill_null(pc.greater_equal(dated, pa.scalar(since, _DATE)), fill_value=True))
            names.update(rows.column("symbol").to_pylist())
        return names

    def heard(self, fetched: Fetched) -> None:
        """Count the rows of an answer that were refused."""
        self.rejected = added(self.rejected, fetched.parsed.rejected)
        self.samples += fetched.parsed.samples


def ingest_share_counts(workspace: Workspace, day: date, symbols: Sequence[str] = ()) -> Ingested:
    """Store what is known of every symbol's float and shares outstanding; ask scarce sources for ``symbols`` only."""
    found = _Found()
    if workspace.sources.uses("polygon"):
        _whole_market(workspace, day, found)
    _carry_forward(workspace, day, found)
    if workspace.sources.uses("alpha_vantage"):
        _overviews(workspace, day, symbols, found)
    if workspace.sources.uses("sec"):
        _filed_counts(workspace, day, symbols, found)
    now = workspace.clock_for(day).now()
    if not any(table.num_rows for table in found.tables):
        reason = found.errors[0].reason if found.errors else Reason.PLAN_LACKS_SOURCE
        detail = "; ".join(map(str, found.errors)) or "no source of this plan states floats or shares outstanding"
        if found.checked.refusal is not None:
            return Ingested(SHARE_COUNTS.name, day.isoformat(), rejected=found.rejected, absence=found.checked.refusal)
        return noted(workspace, SHARE_COUNTS, day, Absence(reason, detail, now))
    return _stored(workspace, day, found, now)


def _whole_market(workspace: Workspace, day: date, found: _Found) -> None:
    try:
        fetched = workspace.sources.polygon(day).floats()
    except ProviderError as error:
        found.errors.append(error)
        return
    newest_first = fetched.parsed.table.sort_by([("effective_date", "descending")])
    mapped = map_symbols(workspace, newest_first, Spelling.POLYGON, day, unique_by=("symbol",))
    rows = mapped.rows
    found.rejected = added(found.rejected, mapped.dropped)
    statement = _rows(
        day,
        rows.column("symbol"),
        float_shares=rows.column("float_shares"),
        float_effective_date=rows.column("effective_date"),
    )
    known_at = public_by_date(rows.column("effective_date"), statement_public_at)
    table = stamped(statement, fetched, known_at, is_simulated=workspace.is_simulated)
    found.heard(fetched)
    found.checked = check_feed(workspace, SHARE_COUNTS, day, table, fetched.fetched_at)
    if found.checked.refusal is not None:  # as if it had not come: what was known is carried forward
        found.rejected = added(found.rejected, {str(found.checked.refusal.reason): found.checked.rows})
        return
    found.tables.append(table)
    found.sources.append(fetched.source)
    oldest = day - timedelta(days=load_plausibility_limits().counts.maximum_age_days)
    usable = table.filter(pc.greater_equal(table["float_effective_date"], pa.scalar(oldest, _DATE)))
    found.float_age_days.update(dict.fromkeys(usable["symbol"].to_pylist(), 0.0))  # a stale one is asked for elsewhere
    found.whole = whole_answer(workspace, SHARE_COUNTS, day, fetched, Spelling.POLYGON, mapped.unmapped)


def _carry_forward(workspace: Workspace, day: date, found: _Found) -> None:
    """Add what the newest earlier partition knew of symbols that this day's statement does not name.

    A float that the whole market's source no longer states is not carried: the source took it back.
    """
    earliest = (day - timedelta(days=CARRIED_DAYS)).isoformat()
    before = [key for key in workspace.lake.partitions(SHARE_COUNTS) if earliest <= key < day.isoformat()]
    if not before:
        return
    rows = workspace.recent.of(SHARE_COUNTS, before[-1:], workspace.clock_for(day).now())
    named = pa.array(sorted(found.has("float_shares")), pa.string())
    rows = rows.filter(pc.invert(pc.is_in(rows.column("symbol"), value_set=named)))
    if found.whole is not None:
        rows = rows.filter(pc.invert(covered(rows, found.whole)))
    found.float_age_days.update(_ages_of(rows, day))
    carried = rows.set_column(0, "trade_date", pa.repeat(pa.scalar(day, _DATE), rows.num_rows)).select(_COLUMNS)
    found.tables.append(carried)


def _overviews(workspace: Workspace, day: date, symbols: Sequence[str], found: _Found) -> None:
    """Ask Alpha Vantage for the floats of names without a young one, best first, within the day's quota."""
    wishes = [
        Wish(symbol, "overview", rank, age_days=found.float_age_days.get(symbol), fresh_days=FRESH_DAYS)
        for rank, symbol in enumerate(symbols, start=1)
    ]
    left = workspace.sources.calls_left("alpha_vantage", day)
    if left is not None and workspace.clock_for(day).now() < end_of_day_as_of(day):
        return  # a day's few calls are for the names of its evening, when short volume is known too
    plan = plan_calls(wishes, None if left is None else int(left * OVERVIEW_QUOTA_FRAC))
    found.not_asked = len(plan.refused)
    for symbol in plan.symbols("overview"):
        try:
            fetched = workspace.sources.alpha_vantage(day).overview(_spelled(workspace, day, symbol))
        except (QuotaSpent, NotEntitled, Unauthorized) as error:
            found.errors.append(error)
            return
        except NotFound:
            found.tables.append(_not_stated(workspace, day, symbol))
            continue
        except ProviderError as error:
            found.errors.append(error)
            continue
        found.tables.append(_stated(workspace, day, symbol, fetched))
        found.sources.append(fetched.source)
        found.heard(fetched)


def _spelled(workspace: Workspace, day: date, symbol: str) -> str:
    return symbol_master(workspace, day).spell(symbol, Spelling.YAHOO)  # Alpha Vantage writes BRK-B, too


def _ages_of(carried: pa.Table, day: date) -> dict[str, float]:
    """Return how many days ago each float was received; a name that was asked for in vain is left alone for as long.

    A source that states it again stands behind it, whatever quarter the number is of. A replay receives everything now,
    which is after the day; there the instant at which it was known counts.
    """
    known = pc.or_(pc.is_valid(carried.column("float_shares")), pc.equal(carried.column("source"), IN_VAIN))
    rows = carried.filter(known).select(["symbol", "known_at", "arrived_at"])
    ages: dict[str, float] = {}
    for symbol, known_at, arrived_at in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        received = exchange_date(arrived_at)
        ages[symbol] = float((day - (received if received <= day else exchange_date(known_at))).days)
    return ages


def _not_stated(workspace: Workspace, day: date, symbol: str) -> pa.Table:
    """Return the row of a name that Alpha Vantage does not know: without it, it would be asked for again every day."""
    at = workspace.clock_for(day).now()
    row = _rows(day, pa.array([symbol], pa.string()))
    asked = Fetched(Parsed(row), at, IN_VAIN)
    return stamped(row, asked, at, is_simulated=workspace.is_simulated)


def _stated(workspace: Workspace, day: date, symbol: str, fetched: Fetched) -> pa.Table:
    """Return the row of one overview: its counts are of the quarter it names, without one of no known date.

    Dated on the day it was asked, a count of last quarter would stand after a split that it does not know of.
    """
    row = fetched.parsed.table.slice(0, 1)
    quarter = row.column("latest_quarter_date")
    table = _rows(
        day,
        pa.array([symbol], pa.string()),
        float_shares=row.column("float_shares"),
        float_effective_date=quarter,
        outstanding_shares=row.column("outstanding_shares"),
        outstanding_date=quarter,
    )
    return stamped(table, fetched, fetched.fetched_at, is_simulated=workspace.is_simulated)


def _filed_counts(workspace: Workspace, day: date, symbols: Sequence[str], found: _Found) -> None:
    """Ask the SEC for shares outstanding of names that nobody stated lately: by filing date, no float.

    The SEC's number is of the company. Where it has several classes each gets it, and the rules refuse it as
    ``shared_count``; where another class has a count of its own it is of neither, and is rejected.
    """
    known = found.has("float_shares") | found.has("outstanding_shares", since=day - timedelta(days=QUARTER_DAYS))
    wanted = [symbol for symbol in symbols if symbol not in known]
    try:
        ciks = ciks_by_symbol(workspace, day) if wanted else {}
        owners = symbols_by_cik(workspace, day) if wanted else {}
    except ProviderError as error:
        found.errors.append(error)
        return
    asked = list(dict.fromkeys(ciks[symbol] for symbol in wanted if symbol in ciks))
    named = {cik: [symbol for symbol in wanted if ciks.get(symbol) == cik] for cik in asked}
    for cik in asked:
        classes = sorted({*owners.get(cik, ()), *named[cik]})
        if known.intersection(classes):
            found.rejected = added(found.rejected, {str(Reason.SHARED_COUNT): len(named[cik])})
            continue
        try:
            fetched = workspace.sources.sec(day).company_facts(cik)
        except ProviderError as error:
            found.errors.append(error)
            continue
        found.heard(fetched)
        row = _newest_filing(fetched.parsed.table, day)
        if row is not None:
            found.tables += [_filed(workspace, day, symbol, fetched, row) for symbol in classes]
            found.sources.append(fetched.source)


def _newest_filing(table: pa.Table, day: date) -> pa.Table | None:
    """Return the newest statement filed by ``day``; None when there is none or two classes contradict each other."""
    rows = table.filter(pc.less_equal(table.column("filed_date"), pa.scalar(day, _DATE)))
    rows = rows.sort_by([("end_date", "descending"), ("filed_date", "descending")])
    if not rows.num_rows:
        return None
    same = rows.filter(pc.equal(rows.column("end_date"), rows.column("end_date")[0]))
    return rows.slice(0, 1) if len(same.column("outstanding_shares").unique()) == 1 else None


def _filed(workspace: Workspace, day: date, symbol: str, fetched: Fetched, row: pa.Table) -> pa.Table:
    table = _rows(
        day,
        pa.array([symbol], pa.string()),
        outstanding_shares=row.column("outstanding_shares"),
        outstanding_date=row.column("end_date"),
    )
    known_at: datetime = new_york(row.column("filed_date")[0].as_py(), 18)
    return stamped(table, fetched, known_at, is_simulated=workspace.is_simulated)


def _rows(day: date, symbols: pa.Array | pa.ChunkedArray, **columns: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Return rows of the table without provenance; a statement of a later date than ``day`` is marked biased."""
    count = len(symbols)
    given = {
        "float_shares": pa.nulls(count, pa.float64()),
        "float_effective_date": pa.nulls(count, _DATE),
        "outstanding_shares": pa.nulls(count, pa.float64()),
        "outstanding_date": pa.nulls(count, _DATE),
        **columns,
    }
    stated = pc.coalesce(given["float_effective_date"], given["outstanding_date"])
    is_later = pc.fill_null(pc.greater(stated, pa.scalar(day, _DATE)), fill_value=False)
    return pa.table(
        {
            "trade_date": pa.repeat(pa.scalar(day, _DATE), count),
            "symbol": symbols,
            **given,
            "point_in_time": pc.if_else(is_later, "biased", "point_in_time"),
        }
    )


def _stored(workspace: Workspace, day: date, found: _Found, now: datetime) -> Ingested:
    whole = pa.concat_tables([table.select(_COLUMNS) for table in found.tables], promote_options="permissive")
    ranked = whole.append_column("row_number", pa.array(range(whole.num_rows), pa.int64()))
    last = ranked.group_by("symbol", use_threads=False).aggregate([("row_number", "max")])
    rows = whole.take(last.column("row_number_max"))  # what was asked today comes after what was carried
    written = workspace.write(SHARE_COUNTS, day.isoformat(), rows, now, whole=found.whole)
    biased = pc.sum(pc.equal(rows.column("point_in_time"), "biased")).as_py() or 0
    notes = {"biased_rows": str(biased), **withdrawal_notes(written), **found.checked.notes}
    refusal = found.checked.refusal
    if refusal is not None:  # the write above ended the note, and the refused statement is still refused
        workspace.lake.mark_absent(SHARE_COUNTS, day.isoformat(), refusal)
    if found.errors:
        notes["missing_source"] = "; ".join(map(str, found.errors))
    if found.not_asked:
        notes["not_asked_for_quota"] = str(found.not_asked)
    known_at = pc.max(rows.column("known_at")).as_py()
    source = "+".join(dict.fromkeys(found.sources)) or "carried"
    return Ingested(
        SHARE_COUNTS.name, day.isoformat(), written.rows, written.rows_new, found.rejected,
        tuple(found.samples[:SAMPLES]), notes, known_at, source, refusal,
    )  # fmt: skip
