"""The health of every provider from what is recorded: calls of the audit, breaker, quota, and the tables it owes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from amc_assets.market.calendar import exchange_date
from amc_assets.pipeline.staleness import TableAge, table_ages
from amc_assets.pipeline.workspace import Workspace
from amc_assets.settings import KNOWN_PROVIDERS
from amc_assets.store.calls import ApiCall, last_success_at, recent_calls

SHORT_WINDOW = timedelta(minutes=15)
LONG_WINDOW = timedelta(hours=24)
ENOUGH_CALLS = 3  # one failure of two says little
NOT_THERE = frozenset({403, 404, 410})
"""Answers of a healthy provider that has nothing for a day; FINRA's file host says 403."""

State = Literal["ok", "degraded", "down", "idle", "unused"]


@dataclass(frozen=True)
class CallStats:
    """Calls of a window. ``success_pct`` counts "it is not there" as an answer; None without a call. Milliseconds."""

    calls: int
    success_pct: float | None
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True)
class ProviderHealth:
    """One provider now. ``calls_left`` is None without a daily quota; ``stale`` are tables it owes."""

    provider: str
    state: State
    why: str
    recent: CallStats
    day: CallStats
    breaker: str
    calls_left: int | None
    last_success_at: datetime | None
    stale: tuple[str, ...]


@dataclass(frozen=True)
class Health:
    """Every provider and every table at one instant."""

    at: datetime
    providers: tuple[ProviderHealth, ...]
    tables: tuple[TableAge, ...]


def health_of(workspace: Workspace) -> Health:
    """Return the health of every known provider; asks nobody. Raises StoreError, StateError."""
    now = workspace.clock.now()
    ages = table_ages(workspace.lake, workspace.sources, now)
    breakers = {status.provider: status.state for status in workspace.sources.breakers().statuses()}
    found = [_provider(workspace, name, ages, breakers, now) for name in KNOWN_PROVIDERS]
    return Health(now, tuple(found), tuple(ages))


def stats_of(calls: Sequence[ApiCall]) -> CallStats:
    """Return the statistics of calls that were made; what the limiter or the breaker kept back is left out."""
    made = [call for call in calls if not _kept_back(call)]
    times = sorted(float(call.response_time_ms) for call in made if call.response_time_ms is not None)
    good = sum(_is_answered(call) for call in made)
    success_pct = round(100.0 * good / len(made), 1) if made else None
    return CallStats(len(made), success_pct, _percentile(times, 0.50), _percentile(times, 0.95))


def _provider(
    workspace: Workspace, name: str, ages: Sequence[TableAge], breakers: Mapping[str, str], now: datetime
) -> ProviderHealth:
    calls = recent_calls(workspace.engine, name, now - LONG_WINDOW)
    recent, day = stats_of([call for call in calls if call.request_at >= now - SHORT_WINDOW]), stats_of(calls)
    breaker = breakers.get(name, "closed")
    is_used = workspace.sources.uses(name)
    error_limit_pct = 100.0 * workspace.settings.alert_threshold_error_rate
    state, why = _verdict(is_used=is_used, breaker=breaker, recent=recent, day=day, error_limit_pct=error_limit_pct)
    return ProviderHealth(
        provider=name,
        state=state,
        why=why,
        recent=recent,
        day=day,
        breaker=breaker,
        calls_left=workspace.sources.calls_left(name, exchange_date(now)) if is_used else None,
        last_success_at=last_success_at(workspace.engine, name),
        stale=tuple(age.table for age in ages if age.is_stale and name in age.providers),
    )


def _verdict(
    *, is_used: bool, breaker: str, recent: CallStats, day: CallStats, error_limit_pct: float
) -> tuple[State, str]:
    if not is_used:
        return "unused", "the plan does not ask it, or its key or contact is missing"
    if breaker == "open":
        return "down", "its breaker is open"
    judged = recent if recent.calls >= ENOUGH_CALLS else day
    if not judged.calls or judged.success_pct is None:
        return "idle", "no call in 24 hours"
    window = "15 minutes" if judged is recent else "24 hours"
    failed_pct = 100.0 - judged.success_pct
    if judged.calls >= ENOUGH_CALLS and judged.success_pct == 0.0:
        return "down", f"all {judged.calls} calls of {window} failed"
    if failed_pct > error_limit_pct:
        return "degraded", f"{failed_pct:.0f} % of {judged.calls} calls of {window} failed"
    return ("degraded", "its breaker is half open") if breaker != "closed" else ("ok", "")


def _is_answered(call: ApiCall) -> bool:
    return call.success or call.status_code in NOT_THERE


def _kept_back(call: ApiCall) -> bool:
    said = call.error_message or ""
    return call.circuit_breaker_open or (call.status_code is None and ": not asked: " in said)


def _percentile(ascending: Sequence[float], frac: float) -> float | None:
    """Return the nearest-rank percentile: a number that was measured, also of few."""
    return ascending[max(math.ceil(frac * len(ascending)) - 1, 0)] if ascending else None
