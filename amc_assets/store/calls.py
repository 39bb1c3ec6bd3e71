"""What happened on the road out: one row per provider call and one per change of a circuit breaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Engine, func, insert, select

from amc_assets.store.models import circuit_breaker_events, provider_api_calls
from amc_assets.store.transactions import reading, writing

BreakerEventType = Literal["OPENED", "CLOSED", "HALF_OPENED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiCall:
    """One attempt to reach a provider; `response_time_ms` and `status_code` are None when no answer came.

    The endpoint is cut at 255 characters, the error message at 2,000, and secrets in either are masked.
    """

    provider_name: str
    endpoint: str
    request_at: datetime
    success: bool
    response_time_ms: int | None = None
    status_code: int | None = None
    error_message: str | None = None
    rate_limited: bool = False
    circuit_breaker_open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerEvent:
    """One change of a provider's circuit breaker."""

    provider_name: str
    event_type: BreakerEventType
    event_at: datetime
    trigger_reason: str | None = None
    failure_count: int | None = None
    auto_recovery_at: datetime | None = None


def record_call(engine: Engine, call: ApiCall) -> None:
    """Write one call; raise StoreError when a value does not fit or the database fails."""
    record_calls(engine, [call])


def record_calls(engine: Engine, calls: Sequence[ApiCall]) -> None:
    """Write several calls in one transaction; raise StoreError as record_call does."""
    rows = [
        {
            "provider_name": call.provider_name,
            "endpoint": call.endpoint,
            "request_timestamp": call.request_at,
            "response_time_ms": call.response_time_ms,
            "status_code": call.status_code,
            "success": call.success,
            "error_message": call.error_message,
            "rate_limited": call.rate_limited,
            "circuit_breaker_open": call.circuit_breaker_open,
        }
        for call in calls
    ]
    if rows:
        with writing(engine) as connection:
            connection.execute(insert(provider_api_calls), rows)


def recent_calls(engine: Engine, provider: str, since: datetime) -> list[ApiCall]:
    """Return a provider's calls from `since` (UTC) on, oldest first."""
    t = provider_api_calls.c
    query = (
        select(provider_api_calls)
        .where(t.provider_name == provider, t.request_timestamp >= since)
        .order_by(t.request_timestamp, t.id)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [
        ApiCall(
            provider_name=row.provider_name,
            endpoint=row.endpoint,
            request_at=row.request_timestamp,
            response_time_ms=row.response_time_ms,
            status_code=row.status_code,
            success=row.success,
            error_message=row.error_message,
            rate_limited=row.rate_limited,
            circuit_breaker_open=row.circuit_breaker_open,
        )
        for row in rows
    ]


def last_success_at(engine: Engine, provider: str) -> datetime | None:
    """Return when a provider's newest successful call began (UTC), None when none is recorded."""
    t = provider_api_calls.c
    query = select(func.max(t.request_timestamp)).where(t.provider_name == provider, t.success.is_(True))
    with reading(engine) as connection:
        found: datetime | None = connection.execute(query).scalar()
    return found


def record_breaker_event(engine: Engine, event: BreakerEvent) -> None:
    """Write one change of a breaker; raise StoreError when a value does not fit or the database fails."""
    row = {
        "provider_name": event.provider_name,
        "event_type": event.event_type,
        "trigger_reason": event.trigger_reason,
        "failure_count": event.failure_count,
        "event_timestamp": event.event_at,
        "auto_recovery_at": event.auto_recovery_at,
    }
    with writing(engine) as connection:
        connection.execute(insert(circuit_breaker_events), row)


def recent_breaker_events(engine: Engine, provider: str, since: datetime) -> list[BreakerEvent]:
    """Return the changes of a provider's breaker from `since` (UTC) on, oldest first."""
    t = circuit_breaker_events.c
    query = (
        select(circuit_breaker_events)
        .where(t.provider_name == provider, t.event_timestamp >= since)
        .order_by(t.event_timestamp, t.id)
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [
        BreakerEvent(
            provider_name=row.provider_name,
            event_type=row.event_type,
            event_at=row.event_timestamp,
            trigger_reason=row.trigger_reason,
            failure_count=row.failure_count,
            auto_recovery_at=row.auto_recovery_at,
        )
        for row in rows
    ]
