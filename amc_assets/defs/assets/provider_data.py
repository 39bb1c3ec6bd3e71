"""Group ``provider_data``: what the providers sent, one partition per session (short interest: per settlement date)."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.assets.reporting import Events, days_of, materialised, report_healed
from amc_assets.defs.checks import spec
from amc_assets.defs.feed_checks import fit_specs
from amc_assets.defs.io_manager import confirm
from amc_assets.defs.metadata import Metadata, definition_metadata, of_refused
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.defs.retries import obeying_error_tree
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.tables import DAILY_BARS, SHORT_INTEREST, SHORT_VOLUME, SPLITS, UNIVERSE
from amc_assets.pipeline.progress import Phase, each

if TYPE_CHECKING:
    from amc_assets.pipeline.outcome import Ingested
    from amc_assets.pipeline.workspace import Workspace

GROUP = "provider_data"
OWNERS = ["team:amc"]

Partitions = dg.PartitionsDefinition[str]


def table_spec(schema: TableSchema, kinds: set[str], deps: list[str] | None = None, group: str = GROUP) -> dg.AssetSpec:
    """Return the declaration of an asset that is one lake table."""
    return dg.AssetSpec(
        schema.name,
        description=schema.description,
        metadata=definition_metadata(schema),
        kinds=kinds,
        owners=OWNERS,
        group_name=group,
        deps=deps or [],
    )


def build(sessions: Partitions, settlements: Partitions) -> list[dg.AssetsDefinition]:
    """Return the assets of the group on the given partition schemes."""
    policy = dg.BackfillPolicy.single_run()

    return [
        _listing(sessions, policy),
        _bars(sessions, policy),
        _short_volume(sessions, policy),
        _short_interest(settlements, policy),
    ]


def _listing(sessions: Partitions, policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="listing",
        specs=[table_spec(UNIVERSE, {"nasdaq", "polygon"})],
        check_specs=[spec(UNIVERSE), *fit_specs(UNIVERSE)],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def listing_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        with obeying_error_tree(context):
            from amc_assets.pipeline import listing  # noqa: PLC0415 - a run needs it, a definition does not

            held = workspace.get()
            days = each(held.progress, Phase.LISTINGS, days_of(context, held))
            done = [listing.ingest_universe(held, day) for day in days]
            yield materialised(context, held, UNIVERSE, done)

    return listing_step


def _bars(sessions: Partitions, policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="bars",
        specs=[
            table_spec(DAILY_BARS, {"polygon", "nasdaq"}, ["universe"]),
            table_spec(SPLITS, {"polygon"}, ["universe"]).replace_attributes(
                description="Stock splits of the twenty sessions up to the day; the lake keeps them by month."
            ),
        ],
        check_specs=[spec(DAILY_BARS), *fit_specs(DAILY_BARS)],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def bars_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        with obeying_error_tree(context):
            from amc_assets.pipeline import ingest  # noqa: PLC0415 - a run needs it, a definition does not

            held = workspace.get()
            days = days_of(context, held)
            done = _fetched(context, held, Phase.BARS, DAILY_BARS, days, ingest.ingest_daily_bars)
            yield materialised(context, held, DAILY_BARS, done)
            first = ingest.splits_since(held.lake, days)
            yield _splits_result(context, held, ingest.ingest_splits(held, first, days[-1], days[-1]))

    return bars_step


def _short_volume(sessions: Partitions, policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="daily_short_volume",
        specs=[table_spec(SHORT_VOLUME, {"finra"}, ["universe"])],
        check_specs=[spec(SHORT_VOLUME), *fit_specs(SHORT_VOLUME)],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def short_volume_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        with obeying_error_tree(context):
            from amc_assets.pipeline import healing, ingest  # noqa: PLC0415 - a run needs it, a definition does not

            held = workspace.get()
            days = days_of(context, held)
            report_healed(context, held, healing.healed_reports(held, days[-1], ingest.ingest_short_interest))
            done = _fetched(context, held, Phase.SHORT_VOLUME, SHORT_VOLUME, days, ingest.ingest_short_volume)
            yield materialised(context, held, SHORT_VOLUME, done)

    return short_volume_step


def _short_interest(settlements: Partitions, policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="short_interest_report",
        specs=[table_spec(SHORT_INTEREST, {"finra"})],
        check_specs=[spec(SHORT_INTEREST), *fit_specs(SHORT_INTEREST)],
        partitions_def=settlements,
        backfill_policy=policy,
    )
    def short_interest_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        with obeying_error_tree(context):
            from amc_assets.pipeline import ingest  # noqa: PLC0415 - a run needs it, a definition does not

            held = workspace.get()
            keys = [date.fromisoformat(key) for key in context.partition_keys]
            done = [ingest.ingest_short_interest(held, key) for key in each(held.progress, Phase.SHORT_INTEREST, keys)]
            yield materialised(context, held, SHORT_INTEREST, done)

    return short_interest_step


def _fetched(
    context: dg.AssetExecutionContext,
    workspace: "Workspace",
    phase: Phase,
    schema: TableSchema,
    days: list[date],
    ingest: "Callable[[Workspace, date], Ingested]",
) -> "list[Ingested]":
    """Fetch day after day, each written before the next is asked; first what earlier days were owed."""
    from amc_assets.pipeline.healing import healed  # noqa: PLC0415 - a run needs it, a definition does not

    report_healed(context, workspace, healed(workspace, schema, days[0], ingest))
    return [ingest(workspace, day) for day in each(workspace.progress, phase, days)]


def _splits_result(
    context: dg.AssetExecutionContext, workspace: "Workspace", done: "Sequence[Ingested]"
) -> dg.MaterializeResult[None]:
    """Report the months of splits that the run's days touch; their partitions in the lake are months, not days."""
    confirm(workspace.lake, SPLITS, [item.partition for item in done])
    shown: Metadata = {"splits": dg.MetadataValue.int(sum(item.rows for item in done)), "months": len(done)}
    shown |= of_refused(done)
    absent = [item.absence for item in done if item.absence is not None]
    if absent:
        shown["absent_reason"], shown["absent_detail"] = str(absent[0].reason), absent[0].detail[:500]
        context.log.warning(f"{SPLITS.name}: {absent[0].reason}: {absent[0].detail}")
    return dg.MaterializeResult(asset_key=SPLITS.name, metadata=shown)
