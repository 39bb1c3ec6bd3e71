"""Group ``operations``: the HTML report of the run."""

from collections.abc import Iterator

import dagster as dg

from amc_assets.defs.partitions import opened_session
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.pipeline.reporting import write_report

GROUP = "operations"


def build(sessions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets of the group on the given partition scheme."""

    @dg.asset(
        name="discovery_report",
        description="One self-contained HTML page per run: ages of inputs, funnel, candidates with chart and explanation.",
        deps=["candidates"],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"html"},
        owners=["team:amc"],
    )
    def discovery_report(
        context: dg.AssetExecutionContext, workspace: WorkspaceParam
    ) -> Iterator[dg.MaterializeResult[None]]:
        held = workspace.get()
        days = [opened_session(key, held.clock.now()) for key in context.partition_keys]
        # a backfill of many days writes one page: the newest; each day's page can be asked for with `amc report`
        path = write_report(held.settings, held.lake, days[-1])
        yield dg.MaterializeResult(
            metadata={
                "report": dg.MetadataValue.path(str(path)),
                "size_bytes": dg.MetadataValue.int(path.stat().st_size),
                "trade_date": days[-1].isoformat(),
            }
        )

    return [discovery_report]
