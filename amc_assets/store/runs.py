"""The audit log of discovery runs: a row is written when a run starts and closed with how it ended."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Engine, Row, Select, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from amc_assets.store.errors import BadValueError, StoreError
from amc_assets.store.installation import claim_within
from amc_assets.store.models import discovery_audit_log
from amc_assets.store.transactions import database_name, reading, writing

Session = Literal["premarket", "regular", "afterhours"]
ClosedStatus = Literal["succeeded", "empty", "degraded", "failed"]
RunStatus = Literal["running", "succeeded", "empty", "degraded", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryRun:
    """One discovery run, `discovery_run_id` being uuid5 of what identifies it (detectors.md).

    What is known at the start comes first; the rest is None until the run is closed, and stays None where a
    failed run never learned it. Times are UTC; `total_execution_time_ms` in milliseconds.
    """

    discovery_run_id: UUID
    strategy_used: str
    session_type: Session
    trade_date: date
    as_of: datetime
    calibration_hash: str
    is_simulated: bool
    started_at: datetime
    snapshot_hash: str | None = None
    status: RunStatus = "running"
    reason: str | None = None
    universe_size: int | None = None
    candidates_found: int | None = None
    total_execution_time_ms: int | None = None
    provider_success_rates: Mapping[str, Any] | None = None
    gate_failure_stats: Mapping[str, Any] | None = None
    confidence_distribution: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    finished_at: datetime | None = None


_FIELDS = tuple(field.name for field in fields(DiscoveryRun))


def start_run(engine: Engine, run: DiscoveryRun) -> None:
    """Write the row of a run that starts now. A known id is the same run again: its row goes back to running.

    The same transaction claims the database for simulated or real data. Raises MixedDataError when it holds the
    other kind, BadValueError when the run is closed already, StoreError when the database fails.
    """
    if run.status != "running" or run.finished_at is not None:
        raise BadValueError(f"run {run.discovery_run_id} is {run.status}: start_run takes a run that is not closed")
    values = asdict(run)
    insert = (postgresql if engine.dialect.name == "postgresql" else sqlite).insert
    # created_at tells when the run was first seen, so a repeat leaves it
    statement = insert(discovery_audit_log).values(**values, created_at=run.started_at)
    repeated = statement.on_conflict_do_update(
        index_elements=["discovery_run_id"],
        set_={name: statement.excluded[name] for name in values if name != "discovery_run_id"},
    )
    with writing(engine) as connection:
        claim_within(connection, run.is_simulated)
        connection.execute(repeated)


def close_run(
    engine: Engine,
    run_id: UUID,
    status: ClosedStatus,
    reason: str | None,
    *,
    total_execution_time_ms: int,
    finished_at: datetime,
    universe_size: int | None = None,
    candidates_found: int | None = None,
    provider_success_rates: Mapping[str, Any] | None = None,
    gate_failure_stats: Mapping[str, Any] | None = None,
    confidence_distribution: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    snapshot_hash: str | None = None,
) -> None:
    """Close a run. Only a succeeded run may lack a reason, only a failed one its two counts.

    `candidates_found` counts before the cut to MAX_CANDIDATES_PER_DISCOVERY; `snapshot_hash` replaces the one of
    the start when given. Raises BadValueError for a missing reason or count, StoreError for an unknown run.
    """
    if status != "succeeded" and not reason:
        raise BadValueError(f"run {run_id} closes as {status} without a reason; say why")
    if status != "failed" and (universe_size is None or candidates_found is None):
        raise BadValueError(
            f"run {run_id} closes as {status} without universe_size or candidates_found; "
            "give both, or close it as failed with the reason"
        )
    values: dict[str, Any] = {
        "status": status,
        "reason": reason,
        "universe_size": universe_size,
        "candidates_found": candidates_found,
        "total_execution_time_ms": total_execution_time_ms,
        "provider_success_rates": provider_success_rates,
        "gate_failure_stats": gate_failure_stats,
        "confidence_distribution": confidence_distribution,
        "metadata": metadata,
        "finished_at": finished_at,
    }
    if snapshot_hash is not None:
        values["snapshot_hash"] = snapshot_hash
    statement = update(discovery_audit_log).where(discovery_audit_log.c.discovery_run_id == run_id)
    with writing(engine) as connection:
        if connection.execute(statement.values(values)).rowcount != 1:
            raise unknown_run(engine, run_id)


def unclosed_runs(engine: Engine, started_before: datetime) -> list[DiscoveryRun]:
    """Return the runs started before an instant (UTC) and still running, oldest first: those that died."""
    t = discovery_audit_log.c
    query = select(discovery_audit_log).where(t.status == "running", t.started_at < started_before)
    return _runs(engine, query.order_by(t.started_at, t.id))


def recent_runs(engine: Engine, strategy: str, limit: int) -> list[DiscoveryRun]:
    """Return the `limit` runs of a strategy that started last, newest first, unclosed ones included."""
    t = discovery_audit_log.c
    query = select(discovery_audit_log).where(t.strategy_used == strategy)
    return _runs(engine, query.order_by(t.started_at.desc(), t.id.desc()).limit(limit))


def newest_result(
    engine: Engine, trade_date: date, strategy: str, *, session: Session | None = None
) -> DiscoveryRun | None:
    """Return the run with the latest `as_of` of a day that closed with a result (an empty one counts), or None."""
    t = discovery_audit_log.c
    query = select(discovery_audit_log).where(
        t.trade_date == trade_date, t.strategy_used == strategy, t.status.in_(("succeeded", "empty", "degraded"))
    )
    if session is not None:
        query = query.where(t.session_type == session)
    newest = _runs(engine, query.order_by(t.as_of.desc(), t.started_at.desc(), t.id.desc()).limit(1))
    return newest[0] if newest else None


def has_runs(engine: Engine, run_ids: Iterable[UUID]) -> bool:
    """Return whether every one of some runs has a row: a lake can be older than its database."""
    wanted = set(run_ids)
    column = discovery_audit_log.c.discovery_run_id
    with reading(engine) as connection:
        return len(connection.execute(select(column).where(column.in_(wanted))).all()) == len(wanted)


def days_with_runs_since(engine: Engine, days: Iterable[date], since: datetime) -> set[date]:
    """Return which trade dates have a run that is closed and began or ended at an instant (UTC) or later."""
    t = discovery_audit_log.c
    query = select(t.trade_date).where(
        t.trade_date.in_(list(days)), t.status != "running", or_(t.started_at >= since, t.finished_at >= since)
    )
    with reading(engine) as connection:
        return set(connection.execute(query.distinct()).scalars())


def running_of(engine: Engine, run_ids: Iterable[UUID]) -> list[UUID]:
    """Return those of some runs that have a row which is still open."""
    t = discovery_audit_log.c
    query = select(t.discovery_run_id).where(t.discovery_run_id.in_(set(run_ids)), t.status == "running")
    with reading(engine) as connection:
        return [row.discovery_run_id for row in connection.execute(query)]


def unknown_run(engine: Engine, run_id: UUID) -> StoreError:
    """Return the error for results of a run that has no row."""
    return StoreError(
        f"database {database_name(engine.url)} has no discovery run {run_id}; call start_run before its results"
    )


def _runs(engine: Engine, query: Select[Any]) -> list[DiscoveryRun]:
    with reading(engine) as connection:
        return [_run(row) for row in connection.execute(query)]


def _run(row: Row[Any]) -> DiscoveryRun:
    return DiscoveryRun(**{name: row._mapping[name] for name in _FIELDS})
