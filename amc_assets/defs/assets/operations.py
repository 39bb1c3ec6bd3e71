"""Group ``operations``: the HTML report of the run, and how the providers are."""

from datetime import date
from pathlib import Path

import dagster as dg

from amc_assets.defs.assets.provider_health import provider_health_asset
from amc_assets.defs.partitions import opened_session
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.lake.tables import CANDIDATES

GROUP = "operations"


def build(sessions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets of the group on the given partition scheme."""

    @dg.asset(
        name="discovery_report",
        description=(
            "One self-contained HTML page per run: ages of inputs, funnel, candidates with chart and explanation."
        ),
        deps=["candidates"],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=GROUP,
        kinds={"html"},
        owners=["team:amc"],
    )
    def discovery_report(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> None:
        from amc_assets.pipeline.reporting import write_report  # noqa: PLC0415 - a run needs it, a definition does not

        held = workspace.get()
        days = [opened_session(key, held.clock.now()) for key in context.partition_keys]
        scored = [day for day in days if held.lake.parts(CANDIDATES, day.isoformat())]
        if not scored:
            raise dg.Failure(f"no run of {days[0]} .. {days[-1]} is stored. Next: materialise `candidates` for it")
        # a backfill of many days writes one page: the newest; each day's page can be asked for with `amc report`
        path = write_report(held.settings, held.lake, scored[-1])
        for day in days:
            context.add_asset_metadata(_metadata(path, scored[-1], day), partition_key=day.isoformat())

    return [discovery_report, provider_health_asset()]


def _metadata(path: Path, written: date, day: date) -> dict[str, dg.MetadataValue | str]:
    if day != written:
        return {"page": f"not written: this run wrote the page of {written}. Next: amc report --date {day}"}
    return {
        "page": dg.MetadataValue.path(str(path)),
        "size_kb": dg.MetadataValue.int(path.stat().st_size // 1000),
        "trade_date": written.isoformat(),
    }
