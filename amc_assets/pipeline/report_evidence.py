"""What the report shows of its candidates beside scores: read from the lake as of the run, never later."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from amc_assets.features.options.percentile import PROXY_METHOD
from amc_assets.features.snapshot import Snapshot
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.store import Lake
from amc_assets.lake.tables import BORROW_STRESS, IV_30D, OPTION_ACTIVITY, TRADE_HALTS
from amc_assets.market.calendar import sessions_between
from amc_assets.pipeline.recent import RecentTables
from amc_assets.pipeline.report_news import NEWS_DAYS, latest_news
from amc_assets.reasons import Reason
from amc_assets.report.data import Fact
from amc_assets.report.evidence import (
    EVIDENCE_FEATURES,
    ChainVolume,
    Evidence,
    Halt,
    Stress,
    StressPart,
    Volatility,
)
from amc_assets.report.facts import facts_of_snapshot
from amc_assets.report.headlines import HALT_DAYS

CHAIN_DAYS = 7
"""As far back as a run looks for the newest chains (gather.py)."""
HISTORY_DAYS = 380
Row = dict[str, Any]


def evidence_of(lake: Lake, snapshot: Snapshot, shown: Sequence[str]) -> Mapping[str, Evidence]:
    """Return what was known of each shown symbol at the snapshot's as_of. Raises LakeError."""
    if not shown:
        return {}
    recent, day, as_of = RecentTables(lake), snapshot.trade_date, snapshot.as_of
    week = day - timedelta(days=HALT_DAYS)
    facts = facts_of_snapshot(snapshot, shown, EVIDENCE_FEATURES)
    volatility = _volatility(recent, day, as_of, shown)
    activity = _by_symbol(_newest_session(recent, OPTION_ACTIVITY, day, as_of), shown)
    stress = _by_symbol(recent.of(BORROW_STRESS, _held(lake, BORROW_STRESS, day), as_of), shown)
    halts = _halts(recent.between(TRADE_HALTS, week, day, as_of), as_of, shown)
    news = latest_news(recent, as_of, shown)
    return {
        symbol: Evidence(
            facts=facts.get(symbol, {}),
            volatility=volatility.get(symbol),
            volume=_volume(activity[symbol]) if symbol in activity else None,
            news=news[symbol],
            news_reason=_reason(snapshot, "news"),
            news_days=NEWS_DAYS,
            halts=halts[symbol],
            halts_reason=_reason(snapshot, "trade_halts"),
            stress=_stress(stress[symbol]) if symbol in stress else None,
        )
        for symbol in shown
    }


def _held(lake: Lake, schema: TableSchema, day: date) -> list[str]:
    return [day.isoformat()] if lake.holds(schema, day.isoformat()) else []


def _reason(snapshot: Snapshot, dataset: str) -> Reason:
    """Return why a feed gave nothing at all, PRESENT where it was collected."""
    line = next((age for age in snapshot.inputs if age.name == dataset), None)
    if line is None:
        return Reason.NOT_FETCHED
    return line.reason


def _newest_session(recent: RecentTables, schema: TableSchema, day: date, as_of: datetime) -> pa.Table:
    """Return the rows of the newest session of which anything was known, as the features read it."""
    table = recent.between(schema, day - timedelta(days=CHAIN_DAYS), day, as_of)
    newest = pc.max(table["trade_date"])
    return table.filter(pc.equal(table["trade_date"], newest)) if newest.is_valid else table


def _of(table: pa.Table, shown: Sequence[str]) -> pa.Table:
    return table.filter(pc.is_in(table["symbol"].cast(pa.string()), pa.array(shown, pa.string())))


def _by_symbol(table: pa.Table, shown: Sequence[str]) -> dict[str, Row]:
    return {row["symbol"]: row for row in _of(table, shown).to_pylist()}


def _volatility(recent: RecentTables, day: date, as_of: datetime, shown: Sequence[str]) -> dict[str, Volatility]:
    today = _by_symbol(_newest_session(recent, IV_30D, day, as_of), shown)
    if not today:
        return {}
    chain_date = next(iter(today.values()))["trade_date"]
    past = _of(recent.between(IV_30D, chain_date - timedelta(days=HISTORY_DAYS), chain_date, as_of), list(today))
    observed: dict[str, dict[date, float]] = {symbol: {} for symbol in today}
    for row in past.select(["symbol", "trade_date", "iv_30d_frac", "method"]).to_pylist():
        if row["iv_30d_frac"] is not None and row["method"] != PROXY_METHOD:
            observed[row["symbol"]][row["trade_date"]] = row["iv_30d_frac"]
    return {
        symbol: Volatility(
            chain_date=chain_date,
            term=tuple((days, iv_frac) for days, iv_frac in json.loads(row["term"])),
            history=_history(observed[symbol], chain_date),
            is_calendar_arbitrage=row["is_calendar_arbitrage"],
        )
        for symbol, row in today.items()
    }


def _history(observed: Mapping[date, float], last: date) -> tuple[tuple[date, float | None], ...]:
    """Return every session from the first observed one: days on which the name was not asked for stay gaps."""
    if not observed:
        return ()
    return tuple((session, observed.get(session)) for session in sessions_between(min(observed), last))


def _volume(row: Row) -> ChainVolume:
    calls, puts = (
        Fact(value) if value is not None else Fact(None, Reason.INPUT_MISSING)
        for value in (row["call_volume_contracts"], row["put_volume_contracts"])
    )
    return ChainVolume(row["trade_date"], calls, puts)


def _halts(table: pa.Table, as_of: datetime, shown: Sequence[str]) -> dict[str, tuple[Halt, ...]]:
    """Return the halts that began by as_of, newest first; a resumption after as_of is not known yet."""
    found: dict[str, list[Halt]] = {symbol: [] for symbol in shown}
    for row in _of(table, shown).sort_by([("halted_at", "descending")]).to_pylist():
        if row["halted_at"] > as_of:
            continue
        resumed_at = row["resumed_at"]
        is_known = resumed_at is not None and resumed_at <= as_of
        found[row["symbol"]].append(Halt(row["halted_at"], resumed_at if is_known else None, row["reason_code"]))
    return {symbol: tuple(halts) for symbol, halts in found.items()}


def _stress(row: Row) -> Stress:
    parts = tuple(
        StressPart(
            name=name,
            score=part["score"],
            value=part["input"],
            unit=part["unit"],
            weight=part["weight"],
            known_at=None if part["known_at"] is None else datetime.fromisoformat(part["known_at"]),
            reason=Reason(part["reason"]),
        )
        for name, part in json.loads(row["parts"]).items()
    )
    return Stress(row["level"], row["stress_confidence"], parts)
