"""What a step tells Dagster of what it wrote: rows, reasons and ages per day, and the check of the stored rows."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.checks import absent_result, rows_check
from amc_assets.defs.feed_checks import fit_results
from amc_assets.defs.io_manager import confirm
from amc_assets.defs.metadata import of_ingested
from amc_assets.defs.partitions import opened_session
from amc_assets.lake.schema import TableSchema

if TYPE_CHECKING:
    from amc_assets.pipeline.outcome import Ingested
    from amc_assets.pipeline.workspace import Workspace

Events = Iterator[dg.MaterializeResult[None]]


def days_of(context: dg.AssetExecutionContext, workspace: "Workspace") -> list[date]:
    """Return the sessions of a run; refuse one that has not opened."""
    return [opened_session(key, workspace.clock.now()) for key in context.partition_keys]


def materialised(
    context: dg.AssetExecutionContext,
    workspace: "Workspace",
    schema: TableSchema,
    done: "Sequence[Ingested]",
    more_checks: Sequence[dg.AssetCheckResult] = (),
) -> dg.MaterializeResult[None]:
    """Report what became of each partition of one table and judge what was stored."""
    if any(item.rows_new for item in done):
        workspace.forget_history()
    for item in done:
        now = workspace.clock_for(date.fromisoformat(item.partition)).now()
        context.add_asset_metadata(of_ingested(item, now), asset_key=schema.name, partition_key=item.partition)
        if item.absence is not None:
            context.log.warning(f"{schema.name} {item.partition}: {item.absence.reason}: {item.absence.detail}")
    confirm(workspace.lake, schema, [item.partition for item in done])
    absent = [item for item in done if item.absence is not None]
    present = [item for item in done if item.absence is None]
    check = absent_result(schema, absent) if not present else rows_check(workspace.lake, schema, present, absent)
    return dg.MaterializeResult(asset_key=schema.name, check_results=[check, *fit_results(schema, done), *more_checks])


def report_healed(context: dg.AssetExecutionContext, workspace: "Workspace", done: "Sequence[Ingested]") -> None:
    """Tell Dagster of partitions that were asked again: their rows, refused rows and reasons, like those of the day."""
    for item in done:
        if item.absence is not None:
            context.log.warning(f"{item.table} {item.partition} was asked again, nothing stored: {item.absence.detail}")
            continue
        context.log.info(f"{item.table} {item.partition} was asked again: {item.rows_new} new rows")
        metadata = of_ingested(item, workspace.clock.now())
        context.log_event(dg.AssetMaterialization(item.table, partition=item.partition, metadata=metadata))
    if any(item.rows_new for item in done):
        workspace.forget_history()
