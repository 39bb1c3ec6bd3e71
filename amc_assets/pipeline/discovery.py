"""One discovery run: freeze a snapshot, score it under every strategy, keep the results, close the audit row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from amc_assets.features.build import SnapshotInputs, build_snapshot
from amc_assets.features.snapshot import InputAge, Snapshot
from amc_assets.lake.arrivals import LakeAt
from amc_assets.pipeline import records
from amc_assets.pipeline.gather import gather, gather_from, unrecorded
from amc_assets.pipeline.history import History
from amc_assets.pipeline.identity import Moment, part_name, run_id
from amc_assets.pipeline.repeats import FirstRun, first_run, late_facts
from amc_assets.pipeline.unreadable import unreadable_inputs
from amc_assets.pipeline.workspace import Workspace
from amc_assets.reasons import Reason
from amc_assets.store.runs import DiscoveryRun, close_run, has_runs, running_of, start_run
from amc_assets.strategies.calibration import Calibration, load_calibration
from amc_assets.strategies.registry import STRATEGIES
from amc_assets.strategies.result import StrategyResult
from amc_assets.strategies.score import score_all

Status = Literal["succeeded", "empty", "degraded", "failed"]
INTERRUPTED = "interrupted: the process was told to stop before the run had ended"


@dataclass(frozen=True)
class Discovery:
    """What one run found. ``results`` by strategy; ``error`` is set when the day failed and nothing was kept.

    arrived_by: the run read what had been received by then. late: rows by table that arrived after the first run of the
    same inputs, which is ``recomputes``; both are empty for a first run and for a repeat.
    """

    moment: Moment
    part: str
    run_ids: dict[str, UUID]
    status: Status
    reason: str
    elapsed_ms: int
    snapshot: Snapshot | None = None
    results: dict[str, StrategyResult] = field(default_factory=dict)
    error: Exception | None = None
    arrived_by: datetime | None = None
    late: dict[str, int] = field(default_factory=dict)
    recomputes: dict[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plan:
    """What a run is called and reads: names, calibrations, and the facts that arrived since its first time."""

    moment: Moment
    calibrations: dict[str, Calibration]
    data_source: str
    first: FirstRun | None
    late: dict[str, int]
    arrived_by: datetime

    def ids(self, recomputed: str = "") -> dict[str, UUID]:
        """Return the id of the run by strategy."""
        hashes = {name: item.calibration_hash for name, item in self.calibrations.items()}
        return {name: run_id(self.moment, item, self.data_source, recomputed) for name, item in hashes.items()}

    def part(self, recomputed: str = "") -> str:
        """Return the name of the run's files."""
        hashes = [item.calibration_hash for item in self.calibrations.values()]
        return part_name(self.moment, hashes, self.data_source, recomputed)


def discover(
    workspace: Workspace,
    moment: Moment,
    history: History,
    strategies: list[str] | None = None,
    *,
    repeat: bool = False,
) -> Discovery:
    """Run ``moment`` under ``strategies`` (all by default) on one snapshot and store everything it found.

    A run that is stored already is the same run again, with the same id, when nothing that it may read arrived since.
    Where something did, it is computed again under an id of its own; with ``repeat`` it reads what had arrived by its
    first time and stays the same run. A day that fails becomes a closed audit row with status ``failed`` and its
    reason, and is returned, not raised: one bad day must not stop the other days of a backfill.
    """
    started = workspace.clock.monotonic()
    plan = _first_plan(workspace, moment, strategies)
    try:
        plan = _plan(workspace, plan, repeat=repeat)
        inputs = _inputs_then(workspace, plan) if plan.late and repeat else None
    except Exception as error:  # noqa: BLE001 - process boundary, as in _kept: what is stored stays, the day gets a row
        return _failed(workspace, plan, started, error)
    if plan.late and not repeat:
        return _recomputed(workspace, plan, history, started)
    return _run(workspace, plan, lambda: build_snapshot(inputs or gather(workspace, moment, history)), "", started)


def _first_plan(workspace: Workspace, moment: Moment, strategies: list[str] | None) -> _Plan:
    calibrations = {name: load_calibration(name) for name in strategies or list(STRATEGIES)}
    return _Plan(moment, calibrations, workspace.data_source, None, {}, workspace.clock.now())


def _plan(workspace: Workspace, plan: _Plan, *, repeat: bool) -> _Plan:
    """Return the plan with the first run of the same inputs and what arrived since, where there is one."""
    moment = plan.moment
    first = first_run(workspace.lake, moment, plan.part())
    if first is None:
        return plan
    late = late_facts(workspace.lake, moment, first)
    arrived_by = first.arrived_by if repeat or not late else plan.arrived_by
    return replace(plan, first=first, late=late, arrived_by=arrived_by)


def _inputs_then(workspace: Workspace, plan: _Plan) -> SnapshotInputs:
    """Return the inputs of a repeat: what had arrived by the first run."""
    past = LakeAt(workspace.lake, plan.arrived_by)
    history = History(past, plan.moment.trade_date, plan.moment.trade_date)
    return gather_from(
        workspace.settings,
        past,
        plan.moment,
        history,
        is_simulated=workspace.is_simulated,
        unrecorded=unrecorded(workspace),
    )


def _recomputed(workspace: Workspace, plan: _Plan, history: History, started: float) -> Discovery:
    """Run again with what came late, under an id that holds the hash of the new snapshot.

    Late facts that change nothing in the snapshot leave the first run as it is stored; so does a recomputation that is
    stored already.
    """
    assert plan.first is not None  # noqa: S101 - only a stored run has late facts
    try:
        snapshot = build_snapshot(gather(workspace, plan.moment, history))
    except Exception as error:  # noqa: BLE001 - process boundary, as in _kept: the first run keeps its row
        return _failed(workspace, plan, started, error)
    if snapshot.content_hash == plan.first.snapshot_hash:
        same = replace(plan, late={}, arrived_by=plan.first.arrived_by)
        return _scored(workspace, same, snapshot, "", started)
    stored = first_run(workspace.lake, plan.moment, plan.part(snapshot.content_hash))
    if stored is not None:
        again = replace(plan, late=dict(stored.came_late), arrived_by=stored.arrived_by)
        return _scored(workspace, again, snapshot, snapshot.content_hash, started)
    return _run(workspace, plan, lambda: snapshot, snapshot.content_hash, started)


def _run(
    workspace: Workspace, plan: _Plan, build: Callable[[], Snapshot], recomputed: str, started: float
) -> Discovery:
    """Open the audit rows, score the snapshot, keep everything, close the rows.

    A run that is stored already keeps its closed row until it ends well again.
    """
    is_new = plan.first is None or bool(recomputed) or not has_runs(workspace.engine, plan.ids().values())
    try:
        if is_new:
            _open_audit_rows(workspace, plan, plan.ids(recomputed))
        return _kept(workspace, plan, build, recomputed, started, is_new=is_new)
    except BaseException as error:
        # told to stop, or the rows themselves cannot be written: no row stays open for ever, and no other day goes on
        left = running_of(workspace.engine, plan.ids(recomputed).values())
        _close_failed(workspace, left, reason_of(error) if isinstance(error, Exception) else INTERRUPTED, started)
        raise


def _kept(
    workspace: Workspace, plan: _Plan, build: Callable[[], Snapshot], recomputed: str, started: float, *, is_new: bool
) -> Discovery:
    try:
        found = _scored(workspace, plan, build(), recomputed, started)
        records.keep(workspace, found)
    except Exception as error:  # noqa: BLE001 - process boundary: a failed day is a row, other days go on
        return _failed(workspace, plan, started, error, plan.ids(recomputed) if is_new else None)
    records.close(workspace, found)
    return found


def _scored(workspace: Workspace, plan: _Plan, snapshot: Snapshot, recomputed: str, started: float) -> Discovery:
    """Score a snapshot under every strategy of the plan; nothing is stored."""
    results = score_all(
        snapshot,
        list(plan.calibrations),
        plan.moment.typed_session,
        calibrations=plan.calibrations,
        session_overrides=workspace.settings.session_threshold_overrides,
    )
    damaged = unreadable_inputs(workspace.lake, plan.moment)
    status, reason = _verdict(snapshot, results, workspace.settings.scoring_strategy, damaged)
    elapsed_ms = int((workspace.clock.monotonic() - started) * 1000)
    return Discovery(
        plan.moment, plan.part(recomputed), plan.ids(recomputed), status, reason, elapsed_ms, snapshot, results, None,
        plan.arrived_by, plan.late if recomputed else {}, plan.ids() if recomputed else {},
    )  # fmt: skip


def _open_audit_rows(workspace: Workspace, plan: _Plan, run_ids: dict[str, UUID]) -> None:
    started_at = workspace.clock.now()
    for name, calibration in plan.calibrations.items():
        start_run(
            workspace.engine,
            DiscoveryRun(
                discovery_run_id=run_ids[name],
                strategy_used=name,
                session_type=plan.moment.typed_session,
                trade_date=plan.moment.trade_date,
                as_of=plan.moment.as_of,
                calibration_hash=calibration.calibration_hash,
                is_simulated=workspace.is_simulated,
                started_at=started_at,
            ),
        )


def _verdict(
    snapshot: Snapshot, results: dict[str, StrategyResult], served: str, damaged: list[str]
) -> tuple[Status, str]:
    missing = [_lacking(age) for age in snapshot.inputs if age.name in REQUIRED and not _is_there(age)] + damaged
    refused = [age.note for age in snapshot.inputs if age.reason is Reason.IMPLAUSIBLE_FEED]
    result = results.get(served) or next(iter(results.values()))
    if missing or refused:
        lists = (("inputs missing: ", missing), ("answers refused: ", refused))
        return "degraded", "; ".join(title + "; ".join(texts) for title, texts in lists if texts)
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
    workspace: Workspace, plan: _Plan, started: float, error: Exception, run_ids: dict[str, UUID] | None = None
) -> Discovery:
    """Close the rows of a run as failed; without ``run_ids`` in rows of its own, because the stored run is good."""
    label = f"failed at {workspace.clock.now().isoformat()}"
    if run_ids is None:
        run_ids = plan.ids(label)
        _open_audit_rows(workspace, plan, run_ids)
    reason = reason_of(error)
    elapsed_ms = _close_failed(workspace, run_ids.values(), reason, started)
    return Discovery(plan.moment, plan.part(label), run_ids, "failed", reason, elapsed_ms, error=error)


def _close_failed(workspace: Workspace, run_ids: Iterable[UUID], reason: str, started: float) -> int:
    """Close rows as failed and return how many milliseconds the run took."""
    elapsed_ms = int((workspace.clock.monotonic() - started) * 1000)
    for identifier in run_ids:
        close_run(
            workspace.engine, identifier, "failed", reason,
            total_execution_time_ms=elapsed_ms, finished_at=workspace.clock.now(),
        )  # fmt: skip
    return elapsed_ms


def reason_of(error: BaseException) -> str:
    """Return what an audit row says of an error: its class and its sentence, at most 2000 characters."""
    return f"{type(error).__name__}: {error}"[:2000]
