"""What a discovery run found: its candidates, and what each detector said of the names that reached the gates.

A run's rows are replaced as a whole in one transaction, under a lock on the run: a run killed and repeated, or
written by several processes at once, leaves each row once and never a mix of two writings.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, Table, delete, insert, select

from amc_assets.store.errors import BadValueError
from amc_assets.store.models import candidates, detector_performance, discovery_audit_log
from amc_assets.store.runs import Session, newest_result, unknown_run
from amc_assets.store.transactions import reading, writing


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRow:
    """One candidate of a run: rank from 1, scores and confidence 0-1, explanation as plain JSON."""

    symbol: str
    rank: int
    score: float
    confidence: float
    ranking_score: float
    action: str
    explanation: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCandidate:
    """One candidate with the run it belongs to, as read back."""

    discovery_run_id: UUID
    trade_date: date
    session: Session
    as_of: datetime
    strategy: str
    is_simulated: bool
    created_at: datetime
    row: CandidateRow


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorRow:
    """What one detector said of one name: scores 0-1, kept to four decimals; None where it is missing."""

    symbol: str
    detector_name: str
    raw_score: float | None
    confidence_score: float | None
    execution_time_ms: int | None = None
    data_sources_used: tuple[str, ...] = ()
    hard_gate_passed: bool | None = None
    soft_gate_penalties: Mapping[str, Any] | None = None


def replace_candidates(
    engine: Engine, run_id: UUID, rows: Sequence[CandidateRow], *, created_at: datetime | None = None
) -> None:
    """Make `rows` the candidates of a run; day, session, as-of, strategy and kind come from the run's own row.

    `created_at` is the database's clock when None. Raises BadValueError for a symbol given twice or a value out of
    range, StoreError for a run that was not started or a database that fails; nothing is changed then.
    """
    _refuse_repeats(run_id, [row.symbol for row in rows])
    with writing(engine) as connection:
        run = _lock_run(connection, engine, run_id)
        identity = {
            "trade_date": run.trade_date,
            "session": run.session_type,
            "as_of": run.as_of,
            "strategy": run.strategy_used,
            "is_simulated": run.is_simulated,
        }
        _replace(connection, candidates, run_id, created_at, [identity | _columns(row) for row in rows])


def replace_detector_performance(
    engine: Engine, run_id: UUID, rows: Sequence[DetectorRow], *, created_at: datetime | None = None
) -> None:
    """Make `rows` the detector rows of a run; raise as replace_candidates does."""
    _refuse_repeats(run_id, [f"{row.symbol} / {row.detector_name}" for row in rows])
    with writing(engine) as connection:
        _lock_run(connection, engine, run_id)
        values = [_columns(row) | {"data_sources_used": list(row.data_sources_used)} for row in rows]
        _replace(connection, detector_performance, run_id, created_at, values)


def candidates_of(
    engine: Engine, trade_date: date, strategy: str, *, session: Session | None = None
) -> list[StoredCandidate]:
    """Return the candidates of a day's newest closed run, best first.

    An empty list is explained by `runs.newest_result`: None when no run closed with a result, else its reason.
    """
    run = newest_result(engine, trade_date, strategy, session=session)
    return [] if run is None else candidates_of_run(engine, run.discovery_run_id)


def candidates_of_run(engine: Engine, run_id: UUID) -> list[StoredCandidate]:
    """Return the candidates of one run, best first."""
    t = candidates.c
    query = select(candidates).where(t.discovery_run_id == run_id).order_by(t.rank, t.symbol)
    with reading(engine) as connection:
        return [_candidate(row) for row in connection.execute(query)]


def detector_performance_of(engine: Engine, run_id: UUID) -> list[DetectorRow]:
    """Return the detector rows of one run, by symbol and detector."""
    t = detector_performance.c
    query = select(detector_performance).where(t.discovery_run_id == run_id).order_by(t.symbol, t.detector_name)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [
        DetectorRow(
            symbol=row.symbol,
            detector_name=row.detector_name,
            raw_score=row.raw_score,
            confidence_score=row.confidence_score,
            execution_time_ms=row.execution_time_ms,
            data_sources_used=tuple(row.data_sources_used or ()),
            hard_gate_passed=row.hard_gate_passed,
            soft_gate_penalties=row.soft_gate_penalties,
        )
        for row in rows
    ]


def _lock_run(connection: Connection, engine: Engine, run_id: UUID) -> Row[Any]:
    """Return the run's audit row, locked until commit (SQLite: the write lock is held already).

    Without it two writers of one run both delete nothing, both insert, and the second breaks on the unique key.
    """
    query = select(discovery_audit_log).where(discovery_audit_log.c.discovery_run_id == run_id).with_for_update()
    run = connection.execute(query).one_or_none()
    if run is None:
        raise unknown_run(engine, run_id)
    return run


def _replace(
    connection: Connection, table: Table, run_id: UUID, created_at: datetime | None, rows: list[dict[str, Any]]
) -> None:
    connection.execute(delete(table).where(table.c.discovery_run_id == run_id))
    common: dict[str, Any] = {"discovery_run_id": run_id}
    if created_at is not None:
        common["created_at"] = created_at
    if rows:
        connection.execute(insert(table), [common | row for row in rows])


def _columns(row: CandidateRow | DetectorRow) -> dict[str, Any]:
    """Return the row's fields as they are: asdict would copy every explanation deeply."""
    return {field.name: getattr(row, field.name) for field in fields(row)}


def _refuse_repeats(run_id: UUID, keys: list[str]) -> None:
    repeated = [key for key, count in Counter(keys).items() if count > 1]
    if repeated:
        raise BadValueError(
            f"run {run_id}: {', '.join(repeated[:5])} given more than once; each may stand once per run"
        )


def _candidate(row: Row[Any]) -> StoredCandidate:
    return StoredCandidate(
        discovery_run_id=row.discovery_run_id,
        trade_date=row.trade_date,
        session=row.session,
        as_of=row.as_of,
        strategy=row.strategy,
        is_simulated=row.is_simulated,
        created_at=row.created_at,
        row=CandidateRow(
            symbol=row.symbol,
            rank=row.rank,
            score=row.score,
            confidence=row.confidence,
            ranking_score=row.ranking_score,
            action=row.action,
            explanation=row.explanation,
        ),
    )
