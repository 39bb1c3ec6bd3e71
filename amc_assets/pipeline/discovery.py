"""One discovery run: freeze a snapshot, score it under every strategy, keep the results, close the audit row."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from amc_assets.features.build import build_snapshot
from amc_assets.features.snapshot import InputAge, Snapshot
from amc_assets.pipeline import records
from amc_assets.pipeline.gather import gather
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment, part_name, run_id
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason
from amc_assets.store.runs import DiscoveryRun, close_run, start_run
from amc_assets.strategies.calibration import Calibration, load_calibration
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.result import StrategyResult
from amc_assets.strategies.score import score_all

Status = Literal["succeeded", "empty", "degraded", "failed"]


@dataclass(frozen=True)
class Discovery:
    """What one run found. ``results`` by strategy; ``error`` is set when the day failed and nothing was kept."""

    moment: Moment
    part: str
    run_ids: dict[str, UUID]
    status: Status
    reason: str
    elapsed_ms: int
    snapshot: Snapshot | None = None
    results: dict[str, StrategyResult] = field(default_factory=dict)
    error: Exception | None = None


def discover(workspace: Workspace, moment: Moment, history: History, strategies: list[str] | None = None) -> Discovery:
    """Run ``moment`` under ``strategies`` (all by default) on one snapshot and store everything it found.

    A day that fails becomes a closed audit row with status ``failed`` and its reason, and is returned, not raised:
    one bad day must not stop the other days of a backfill.
    """
    calibrations = {name: load_calibration(name) for name in strategies or list(STRATEGIES)}
    run_ids = {
        name: run_id(moment, item.calibration_hash, workspace.data_source) for name, item in calibrations.items()
    }
    part = part_name(moment, [item.calibration_hash for item in calibrations.values()], workspace.data_source)
    started, started_at = workspace.clock.monotonic(), workspace.clock.now()
    _open_audit_rows(workspace, moment, calibrations, run_ids, started_at)
    try:
        snapshot = build_snapshot(gather(workspace, moment, history))
        results = score_all(
            snapshot,
            list(calibrations),
            moment.typed_session,
            calibrations=calibrations,
            session_overrides=workspace.settings.session_threshold_overrides,
        )
        status, reason = _verdict(snapshot, results, workspace.settings.scoring_strategy)
        elapsed_ms = int((workspace.clock.monotonic() - started) * 1000)
        found = Discovery(moment, part, run_ids, status, reason, elapsed_ms, snapshot, results)
        records.keep(workspace, found)
    except Exception as error:  # noqa: BLE001 - process boundary: a failed day is a row, other days go on
        return _failed(workspace, moment, part, run_ids, started, error)
    records.close(workspace, found)
    return found


def _open_audit_rows(
    workspace: Workspace,
    moment: Moment,
    calibrations: dict[str, Calibration],
    run_ids: dict[str, UUID],
    started_at: datetime,
) -> None:
    for name, calibration in calibrations.items():
        start_run(
            workspace.engine,
            DiscoveryRun(
                discovery_run_id=run_ids[name],
                strategy_used=name,
                session_type=moment.typed_session,
                trade_date=moment.trade_date,
                as_of=moment.as_of,
                calibration_hash=calibration.calibration_hash,
                is_simulated=workspace.is_simulated,
                started_at=started_at,
            ),
        )


def _verdict(snapshot: Snapshot, results: dict[str, StrategyResult], served: str) -> tuple[Status, str]:
    missing = [_lacking(age) for age in snapshot.inputs if age.name in REQUIRED and not _is_there(age)]
    result = results.get(served) or next(iter(results.values()))
    if missing:
        return "degraded", "inputs missing: " + "; ".join(missing)
    if not result.candidates_found:
        return "empty", records.why_empty(result)
    return "succeeded", ""


def _is_there(age: InputAge) -> bool:
    """Whether a dataset gave something young enough to count."""
    return age.known_at is not None and age.reason is not Reason.STALE


def _lacking(age: InputAge) -> str:
    """Why a dataset does not count; of a stale one its note says how old it is."""
    return f"{age.name}: {age.reason}" + (f", {age.note}" if age.reason is Reason.STALE and age.note else "")


REQUIRED = frozenset({"universe", "daily_bars", "short_volume", "short_interest", "share_counts"})
"""Datasets without which a run is marked degraded; the others are missing by plan and cost confidence only."""


def _failed(
    workspace: Workspace, moment: Moment, part: str, run_ids: dict[str, UUID], started: float, error: Exception
) -> Discovery:
    elapsed_ms = int((workspace.clock.monotonic() - started) * 1000)
    reason = f"{type(error).__name__}: {error}"[:2000]
    for identifier in run_ids.values():
        close_run(
            workspace.engine, identifier, "failed", reason,
            total_execution_time_ms=elapsed_ms, finished_at=workspace.clock.now(),
        )  # fmt: skip
    return Discovery(moment, part, run_ids, "failed", reason, elapsed_ms, error=error)
