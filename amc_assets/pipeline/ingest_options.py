"""Option chains of the shortlist into the lake, and what follows from them: activity, 30-day volatility, percentiles.

Every name that was asked for has a row in ``iv_30d``, with a value or the reason why there is none; a name without a
row was not on the shortlist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.options.activity import activity_rows
from amc_assets.features.options.iv30 import iv_30d_rows
from amc_assets.features.options.percentile import iv_percentile_rows
from amc_assets.features.splits import share_factors
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Absence
from amc_assets.lake.tables import BILL_RATES, DAILY_BARS, IV_30D, IV_PERCENTILES, OPTION_ACTIVITY, OPTION_CHAINS
from amc_assets.market.calendar import end_of_day_as_of, session_offset
from amc_assets.market.publication import daily_bar_published_at
from amc_assets.market.symbols import Spelling
from amc_assets.pipeline.feed_checks.gate import Checked, check_feed
from amc_assets.pipeline.hindsight import known_splits
from amc_assets.pipeline.listing import symbol_master
from amc_assets.pipeline.outcome import Ingested, added
from amc_assets.pipeline.stamping import stamped
from amc_assets.pipeline.storing import noted
from amc_assets.pipeline.workspace import Workspace
from amc_assets.providers.alpha_vantage.options import HISTORICAL_OPTIONS
from amc_assets.providers.errors import NotEntitled, NotFound, ProviderError, QuotaSpent, Unauthorized
from amc_assets.providers.exchange import Fetched
from amc_assets.providers.planner import Wish, plan_calls
from amc_assets.providers.wire.rejects import SAMPLES
from amc_assets.reasons import Reason

RATE_TERM_DAYS = 28.0  # the bill nearest to the thirty days asked for
RATE_SESSIONS = 5
HISTORY_DAYS = 380  # calendar days that hold 252 sessions
_DATE = pa.date32()
_OF_A_CHAIN = (OPTION_CHAINS, OPTION_ACTIVITY, IV_30D)

AskChain = Callable[[str], Fetched]


@dataclass
class _Chains:
    """Chains gathered for one day, and for every name asked without one the reason."""

    tables: list[pa.Table] = field(default_factory=list)
    why_none: dict[str, Reason] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    samples: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    fetched_at: datetime | None = None
    source: str = ""


def chain_source(workspace: Workspace, day: date) -> tuple[str, AskChain] | None:
    """Return the source of option chains of this plan and how to ask it for one name; None when it has none.

    The free plans of Alpha Vantage and Polygon have no options: asking would burn calls for a refusal.
    """
    sources = workspace.sources
    master = symbol_master(workspace, day)
    if sources.uses("yahoo"):
        return "yahoo", lambda symbol: sources.yahoo(day).option_chain(master.spell(symbol, Spelling.YAHOO))
    if not sources.has_options:
        return None
    if sources.uses("alpha_vantage"):
        client = sources.alpha_vantage(day)
        return "alpha_vantage", lambda symbol: client.historical_options(master.spell(symbol, Spelling.YAHOO), day)
    if sources.uses("polygon"):
        return "polygon", lambda symbol: sources.polygon(day).option_snapshot(symbol)
    return None


def ingest_option_chains(workspace: Workspace, day: date, symbols: Sequence[str]) -> list[Ingested]:
    """Fetch the chains of ``symbols`` after the close of ``day``; store chains, activity and 30-day volatility."""
    now = workspace.clock_for(day).now()
    unrecorded = workspace.sources.why_not_recorded(HISTORICAL_OPTIONS)
    if unrecorded:
        return _none(workspace, day, Absence(Reason.NOT_RECORDED, unrecorded, now))
    source = chain_source(workspace, day)
    if source is None:
        detail = (
            f"plan {workspace.settings.plan} has no source of option chains: "
            "set AMC_YAHOO_OPTIONS=true (Yahoo's terms apply) or use a paid plan with AMC_PLAN=brief"
        )
        return _none(workspace, day, Absence(Reason.PLAN_LACKS_SOURCE, detail, now))
    if daily_bar_published_at(day) > now:
        return _none(workspace, day, Absence(Reason.NOT_PUBLISHED, f"chains of {day} are of its close", now))
    if not symbols:
        return _none(workspace, day, Absence(Reason.NOT_FETCHED, "the shortlist is empty: no bars are known", now))
    # a close has one chain and is not fetched twice; a run killed between the three tables is not done with a name
    held = set.intersection(*(_names(workspace, schema, day, now) for schema in _OF_A_CHAIN))
    wanted = [symbol for symbol in symbols if symbol not in held]
    if not wanted:
        return [_held(workspace, schema, day, now) for schema in _OF_A_CHAIN]
    chains = _ask(workspace, day, wanted, *source)
    return _store(workspace, day, chains, now)


def _names(workspace: Workspace, schema: TableSchema, day: date, now: datetime) -> set[str]:
    return set(workspace.recent.of(schema, [day.isoformat()], now).column("symbol").to_pylist())


def _held(workspace: Workspace, schema: TableSchema, day: date, now: datetime) -> Ingested:
    rows = workspace.recent.of(schema, [day.isoformat()], now)
    names = str(len(_names(workspace, schema, day, now)))
    source = str(rows.column("source")[0].as_py()) if rows.num_rows else ""
    notes = {"names_with_chain": names, "names_without": "none", "held": "true"}
    return Ingested(schema.name, day.isoformat(), rows.num_rows, notes=notes, known_at=now, source=source)


def _none(workspace: Workspace, day: date, absence: Absence) -> list[Ingested]:
    return [noted(workspace, schema, day, absence) for schema in _OF_A_CHAIN]


def _ask(workspace: Workspace, day: date, symbols: Sequence[str], provider: str, ask: AskChain) -> _Chains:
    chains = _Chains()
    wishes = [Wish(symbol, "option_chain", rank) for rank, symbol in enumerate(symbols, start=1)]
    plan = plan_calls(wishes, workspace.sources.calls_left(provider, day))
    chains.why_none.update({wish.symbol: reason for wish, reason in plan.refused})
    for number, symbol in enumerate(asked := plan.symbols("option_chain")):
        try:
            fetched = ask(symbol)
        except (NotEntitled, Unauthorized, QuotaSpent) as error:  # the next name would be answered the same
            chains.errors.append(str(error))
            chains.why_none.update(dict.fromkeys(asked[number:], error.reason))
            break
        except NotFound:
            chains.why_none[symbol] = Reason.NO_CHAIN
        except ProviderError as error:
            chains.errors.append(str(error))
            chains.why_none[symbol] = error.reason
        else:
            _take(workspace, day, symbol, fetched, chains)
    return chains


def _take(workspace: Workspace, day: date, symbol: str, fetched: Fetched, chains: _Chains) -> None:
    """Keep the rows of one chain that are of ``day``; a chain of another session is not today's and is counted."""
    table = fetched.parsed.table
    of_day = table.filter(pc.equal(table.column("quote_date"), pa.scalar(day, _DATE)))
    other_session = {"other_session": table.num_rows - of_day.num_rows}
    chains.rejected = added(chains.rejected, fetched.parsed.rejected, other_session)
    chains.samples += fetched.parsed.samples
    chains.fetched_at = max(chains.fetched_at or fetched.fetched_at, fetched.fetched_at)
    chains.source = fetched.source
    if not of_day.num_rows:
        chains.why_none[symbol] = Reason.NO_CHAIN if not table.num_rows else Reason.STALE
        return
    rows = pa.table(
        {
            "trade_date": of_day.column("quote_date"),
            "symbol": pa.repeat(pa.scalar(symbol), of_day.num_rows),
            **{name: of_day.column(name) for name in OPTION_CHAINS.arrow.names if name in of_day.column_names},
        }
    )
    known_at = min(daily_bar_published_at(day), fetched.fetched_at)
    chains.tables.append(stamped(rows, fetched, known_at, is_simulated=workspace.is_simulated))


def _store(workspace: Workspace, day: date, chains: _Chains, now: datetime) -> list[Ingested]:
    at = chains.fetched_at or now
    if not chains.tables and chains.errors:
        reason = next(iter(chains.why_none.values()))
        raised = Absence(reason, "; ".join(dict.fromkeys(chains.errors))[:2000], now)
        done = [noted(workspace, schema, day, raised) for schema in (OPTION_CHAINS, OPTION_ACTIVITY)]
    else:
        done = []
    columns = OPTION_CHAINS.given_names
    table = pa.concat_tables([one.select(columns) for one in chains.tables]) if chains.tables else None
    known_at = min(daily_bar_published_at(day), at)
    checked = Checked() if table is None else check_feed(workspace, OPTION_CHAINS, day, table, at)
    if checked.refusal is not None:  # what follows from the chains is as wrong as they are
        refused = checked.as_ingested(OPTION_CHAINS, day, chains.rejected)
        return [refused, *_without_chains(workspace, day, checked.refusal)]
    rate_frac = bill_rate(workspace, day)
    whole = OPTION_CHAINS.arrow.empty_table() if table is None else table
    iv = iv_30d_rows(whole, rate_frac, _closes(workspace, day))
    if table is not None:
        done.append(_write(workspace, day, table, chains, at))
        activity = _provenance(workspace, day, activity_rows(table, rate_frac), chains, known_at)
        written = workspace.write(OPTION_ACTIVITY, day.isoformat(), activity, at)
        done.append(_ingested(OPTION_ACTIVITY.name, day, written.rows, written.rows_new, chains, at))
    rows = _provenance(workspace, day, _with_reasons(iv, chains.why_none), chains, known_at)
    written = workspace.write(IV_30D, day.isoformat(), rows, at)
    done.append(_ingested(IV_30D.name, day, written.rows, written.rows_new, chains, at))
    return done


def _without_chains(workspace: Workspace, day: date, refusal: Absence) -> list[Ingested]:
    for schema in (OPTION_ACTIVITY, IV_30D):
        workspace.lake.mark_absent(schema, day.isoformat(), refusal)
    return [Ingested(schema.name, day.isoformat(), absence=refusal) for schema in (OPTION_ACTIVITY, IV_30D)]


def _write(workspace: Workspace, day: date, table: pa.Table, chains: _Chains, at: datetime) -> Ingested:
    written = workspace.write(OPTION_CHAINS, day.isoformat(), table, at)
    return _ingested(OPTION_CHAINS.name, day, written.rows, written.rows_new, chains, at)


def _ingested(name: str, day: date, rows: int, rows_new: int, chains: _Chains, at: datetime) -> Ingested:
    notes = {
        "names_with_chain": str(len(chains.tables)),
        "names_without": "; ".join(f"{symbol}: {reason}" for symbol, reason in chains.why_none.items()) or "none",
    }
    # contracts are counted where they would stand; where no chain is written, with what is written all the same
    counts_here = name == (OPTION_CHAINS.name if chains.tables else IV_30D.name)
    rejected, samples = (chains.rejected, tuple(chains.samples[:SAMPLES])) if counts_here else ({}, ())
    return Ingested(name, day.isoformat(), rows, rows_new, rejected, samples, notes, at, chains.source)


def _with_reasons(rows: pa.Table, why_none: dict[str, Reason]) -> pa.Table:
    """Append a row with its reason for every name that was asked for and has no chain."""
    have = set(rows.column("symbol").to_pylist())
    missing = [(symbol, str(reason)) for symbol, reason in sorted(why_none.items()) if symbol not in have]
    if not missing:
        return rows
    added = [
        {
            "symbol": symbol, "iv_30d_frac": None, "reason": reason, "method": "none", "iv_confidence": None,
            "is_calendar_arbitrage": False, "implied_borrow_frac": None, "quotes_used_count": 0.0,
            "quotes_dropped": "{}", "term": "[]",
        }
        for symbol, reason in missing
    ]  # fmt: skip
    return pa.concat_tables([rows, pa.Table.from_pylist(added, schema=rows.schema)])


def _provenance(workspace: Workspace, day: date, rows: pa.Table, chains: _Chains, known_at: datetime) -> pa.Table:
    count = rows.num_rows
    source = chains.source or "none"
    dated = rows.add_column(0, "trade_date", pa.repeat(pa.scalar(day, _DATE), count))
    return (
        dated.append_column("source", pa.repeat(pa.scalar(source), count))
        .append_column("known_at", pa.repeat(pa.scalar(known_at, pa.timestamp("us", tz="UTC")), count))
        .append_column("is_simulated", pa.repeat(pa.scalar(workspace.is_simulated), count))
    )


def _closes(workspace: Workspace, day: date) -> dict[str, float]:
    """Return the closes of ``day``: Alpha Vantage's chains carry no price of the underlying.

    On the share basis of the day, as strikes are: bars that came later and adjusted are brought back to it.
    """
    rows = workspace.recent.of(DAILY_BARS, [day.isoformat()], end_of_day_as_of(day))
    symbols, closes = rows.column("symbol").to_pylist(), rows.column("close_usd").to_numpy()
    basis = pc.max(rows.column("basis_date")).as_py() or day
    if basis > day:
        splits = known_splits(workspace.lake, workspace.clock.now())
        names = np.array(symbols, np.str_)
        order = np.argsort(names)
        closes = closes.copy()
        closes[order] *= share_factors(splits, names[order], [day], basis, workspace.clock.now())[0]
    return dict(zip(symbols, closes.tolist(), strict=True))


def bill_rate(workspace: Workspace, day: date) -> float | None:
    """Return the newest bill yield known at the end of ``day`` (term nearest 28 days), a fraction; None if unknown.

    A yield of more than RATE_SESSIONS before ``day`` is unknown: the feed has stopped, and rates have moved.
    """
    oldest = session_offset(day, -RATE_SESSIONS)
    as_of = min(workspace.clock_for(day).now(), end_of_day_as_of(day))
    years = [day.replace(month=1, day=1), day.replace(year=day.year - 1, month=1, day=1)]
    for year in years:
        rows = workspace.lake.read(BILL_RATES, year.isoformat(), as_of)
        dates = rows.column("quote_date")
        rows = rows.filter(
            pc.and_(pc.less_equal(dates, pa.scalar(day, _DATE)), pc.greater_equal(dates, pa.scalar(oldest, _DATE)))
        )
        if rows.num_rows:
            newest = rows.filter(pc.equal(rows.column("quote_date"), pc.max(rows.column("quote_date"))))
            distance = pc.abs(pc.subtract(newest.column("term_days"), RATE_TERM_DAYS))
            return float(newest.column("yield_frac")[pc.index(distance, pc.min(distance)).as_py()].as_py())
    return None


def derive_iv_percentiles(workspace: Workspace, day: date) -> Ingested:
    """Rank the day's 30-day volatilities among the observed sessions before it and store the result."""
    as_of = min(workspace.clock_for(day).now(), end_of_day_as_of(day))
    today = workspace.recent.of(IV_30D, [day.isoformat()], as_of)
    if not today.num_rows:
        absence = workspace.lake.absence(IV_30D, day.isoformat()) or Absence(
            Reason.NOT_FETCHED, f"iv_30d of {day} was never materialised", as_of
        )
        return noted(workspace, IV_PERCENTILES, day, absence)
    history = workspace.recent.between(IV_30D, day - timedelta(days=HISTORY_DAYS), day - timedelta(days=1), as_of)
    rows = iv_percentile_rows(history, today)
    chains = _Chains(source=str(today.column("source")[0].as_py()))
    known_at = pc.max(today.column("known_at")).as_py()
    table = _provenance(workspace, day, rows, chains, known_at)
    written = workspace.write(IV_PERCENTILES, day.isoformat(), table, as_of)
    return Ingested(
        IV_PERCENTILES.name, day.isoformat(), written.rows, written.rows_new, {}, (),
        {"sessions_in_history": str(len(set(history.column("trade_date").to_pylist())))}, known_at, chains.source,
    )  # fmt: skip
