"""The audit rows of days that died before or outside their scoring: no day fails without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from amc_assets.clock import Clock
from amc_assets.pipeline.identity import Moment, run_id
from amc_assets.store.runs import DiscoveryRun, close_run, days_with_runs_since, start_run
from amc_assets.strategies.calibration import CalibrationRefused, load_calibration
from amc_assets.strategies.registry import STRATEGIES

UNKNOWN_HASH = "unreadable"
"""Stands for the hash of a calibration that cannot be read."""


@dataclass(frozen=True)
class FailedRun:
    """A run of several days that died: at which moments, when it began, in which step, and why."""

    moments: Sequence[Moment]
    began_at: datetime
    step: str
    reason: str


def record_failed_days(engine: Engine, clock: Clock, failed: FailedRun, *, is_simulated: bool) -> list[date]:
    """Write a closed row with status ``failed`` for each day of a run that has none yet; return those days.

    Days that the run scored before it died keep the rows they have. Raises StoreError.
    """
    days = [moment.trade_date for moment in failed.moments]
    told = days_with_runs_since(engine, days, failed.began_at)
    for moment in failed.moments:
        if moment.trade_date not in told:
            for strategy in STRATEGIES:
                _record(engine, clock, failed, moment, strategy, is_simulated=is_simulated)
    return [day for day in days if day not in told]


def _record(
    engine: Engine, clock: Clock, failed: FailedRun, moment: Moment, strategy: str, *, is_simulated: bool
) -> None:
    calibration, now = _hash(strategy), clock.now()
    identifier = run_id(moment, calibration, f"{strategy}|{failed.step}", f"failed at {now.isoformat()}")
    start_run(
        engine,
        DiscoveryRun(
            discovery_run_id=identifier,
            strategy_used=strategy,
            session_type=moment.typed_session,
            trade_date=moment.trade_date,
            as_of=moment.as_of,
            calibration_hash=calibration,
            is_simulated=is_simulated,
            started_at=failed.began_at,
        ),
    )
    elapsed_ms = max(int((now - failed.began_at).total_seconds() * 1000), 0)
    reason = f"step {failed.step}: {failed.reason}"[:2000]
    close_run(engine, identifier, "failed", reason, total_execution_time_ms=elapsed_ms, finished_at=now)


def _hash(strategy: str) -> str:
    try:
        return load_calibration(strategy).calibration_hash
    except (CalibrationRefused, OSError):
        return UNKNOWN_HASH
