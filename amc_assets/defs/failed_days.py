"""No day fails without an audit row: a hook on every step writes what the step itself could not.

The step ``discovery`` closes the rows of its days. A run of it can die before, in a step that fetches or in the opening
of its workspace, or after, in the report: then the days of the run that have no row yet get one with the reason.
"""

import logging
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from amc_assets.clock import SystemClock
from amc_assets.defs.jobs import DISCOVERY_JOB
from amc_assets.lake.tables import CANDIDATES
from amc_assets.market.calendar import end_of_day_as_of, sessions_between
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.sentences import sentence_of

if TYPE_CHECKING:
    from amc_assets.pipeline.failed_days import FailedRun
    from amc_assets.pipeline.workspace import Workspace
    from amc_assets.settings import Settings

LOG = logging.getLogger(__name__)
PARTITION = "dagster/partition"
RANGE = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
OPENING = "opening of the workspace"


def discovery_moments(run: dg.DagsterRun) -> list[Moment]:
    """Return what a Dagster run was to score: nothing for a run that only fetches."""
    chosen = run.asset_selection
    if run.job_name != DISCOVERY_JOB and (chosen is None or dg.AssetKey(CANDIDATES.name) not in chosen):
        return []
    config = _config(run.run_config)
    session, text = str(config.get("session") or "regular"), str(config.get("as_of") or "")
    days = _days(run.tags)
    if text:
        as_of = datetime.fromisoformat(text).astimezone(UTC)
        return [Moment(day, session, as_of) for day in days]
    return [Moment(day, session, end_of_day_as_of(day)) for day in days]


def _config(run_config: Mapping[str, Any]) -> Mapping[str, Any]:
    op: Mapping[str, Any] = (run_config.get("ops") or {}).get("discovery") or {}
    return op.get("config") or {}


def _days(tags: Mapping[str, str]) -> list[date]:
    keys = [tags[name] for name in (*RANGE, PARTITION) if name in tags]
    return sessions_between(date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])) if keys else []


@dg.failure_hook(name="audit_row_for_each_failed_day", required_resource_keys={"workspace"})
def audit_failed_days(context: dg.HookContext) -> None:
    """Write the audit rows of the days of a run whose step has just failed."""
    from amc_assets.pipeline.failed_days import record_failed_days  # noqa: PLC0415 - a failed run needs it
    from amc_assets.store.errors import StoreError  # noqa: PLC0415

    record = context.instance.get_run_record_by_id(context.run_id)
    error = context.op_exception
    if record is None or error is None:
        return
    workspace: Workspace = context.resources.workspace.get()
    began_at = datetime.fromtimestamp(record.start_time or record.create_timestamp.timestamp(), UTC)
    failed = _failed(record.dagster_run, began_at, context.step_key, error)
    try:
        days = record_failed_days(workspace.engine, workspace.clock, failed, is_simulated=workspace.is_simulated)
    except StoreError as fault:  # the database is what failed, and the run's log says so
        context.log.warning(f"no audit row could be written: {fault}")
        return
    if days:
        context.log.info(f"audit rows with status failed: {', '.join(map(str, days))}")


def record_unopened(settings: "Settings", run: dg.DagsterRun | None, error: Exception) -> None:
    """Write the audit rows of the days of a run whose workspace does not open, where the database does."""
    from amc_assets.pipeline.failed_days import record_failed_days  # noqa: PLC0415 - a failed run needs it
    from amc_assets.store.engine import open_engine, upgrade  # noqa: PLC0415
    from amc_assets.store.errors import StoreError  # noqa: PLC0415

    if run is None:
        return
    clock = SystemClock()
    failed = _failed(run, clock.now(), OPENING, error)
    try:
        engine = open_engine(settings.database_url)
        upgrade(engine)
        record_failed_days(engine, clock, failed, is_simulated=settings.is_simulated)
        engine.dispose()
    except StoreError as fault:  # then the run's own log is all there is
        LOG.warning("no audit row could be written: %s", fault)


def _failed(run: dg.DagsterRun, began_at: datetime, step: str, error: BaseException) -> "FailedRun":
    from amc_assets.pipeline.failed_days import FailedRun  # noqa: PLC0415 - a failed run needs it

    return FailedRun(discovery_moments(run), began_at, step, sentence_of(error, (dg.Failure,)))
