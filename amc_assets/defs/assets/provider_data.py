"""Group ``provider_data``: what the providers sent, one partition per session (short interest: per settlement date)."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.checks import absent_result, rows_check, spec
from amc_assets.defs.io_manager import confirm
from amc_assets.defs.metadata import Metadata, definition_metadata, of_ingested
from amc_assets.defs.partitions import opened_session
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.lake.schema import TableSchema
from amc_assets.lake.tables import DAILY_BARS, SHARE_COUNTS, SHORT_INTEREST, SHORT_VOLUME, SPLITS, UNIVERSE
from amc_assets.market.calendar import session_offset

if TYPE_CHECKING:
    from amc_assets.pipeline.outcome import Ingested
    from amc_assets.pipeline.workspace import Workspace

GROUP = "provider_data"
OWNERS = ["team:amc"]
SPLIT_LOOKBACK_SESSIONS = 20

Events = Iterator[dg.MaterializeResult[None]]
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
        specs=[table_spec(UNIVERSE, {"nasdaq", "polygon"}), table_spec(SHARE_COUNTS, {"polygon"}, ["universe"])],
        check_specs=[spec(UNIVERSE), spec(SHARE_COUNTS)],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def listing_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        from amc_assets.pipeline import listing  # noqa: PLC0415 - a run needs it, a definition does not

        days = _days(context, workspace.get())
        yield from _materialise(context, workspace.get(), UNIVERSE, days, listing.ingest_universe)
        yield from _materialise(context, workspace.get(), SHARE_COUNTS, days, listing.ingest_share_counts)

    return listing_step


def _bars(sessions: Partitions, policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="bars",
        specs=[
            table_spec(DAILY_BARS, {"polygon"}, ["universe"]),
            table_spec(SPLITS, {"polygon"}, ["universe"]).replace_attributes(
                description="Stock splits of the twenty sessions up to the day; the lake keeps them by month."
            ),
        ],
        check_specs=[spec(DAILY_BARS)],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def bars_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        from amc_assets.pipeline import ingest  # noqa: PLC0415 - a run needs it, a definition does not

        held = workspace.get()
        days = _days(context, held)
        yield from _materialise(context, held, DAILY_BARS, days, ingest.ingest_daily_bars)
        first = session_offset(days[0], -SPLIT_LOOKBACK_SESSIONS)
        yield _splits_result(context, held, ingest.ingest_splits(held, first, days[-1], days[-1]))

    return bars_step


def _short_volume(sessions: Partitions, policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="daily_short_volume",
        specs=[table_spec(SHORT_VOLUME, {"finra"}, ["universe"])],
        check_specs=[spec(SHORT_VOLUME)],
        partitions_def=sessions,
        backfill_policy=policy,
    )
    def short_volume_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        from amc_assets.pipeline import ingest  # noqa: PLC0415 - a run needs it, a definition does not

        days = _days(context, workspace.get())
        yield from _materialise(context, workspace.get(), SHORT_VOLUME, days, ingest.ingest_short_volume)

    return short_volume_step


def _short_interest(settlements: Partitions, policy: dg.BackfillPolicy) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name="short_interest_report",
        specs=[table_spec(SHORT_INTEREST, {"finra"})],
        check_specs=[spec(SHORT_INTEREST)],
        partitions_def=settlements,
        backfill_policy=policy,
    )
    def short_interest_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        from amc_assets.pipeline import ingest  # noqa: PLC0415 - a run needs it, a definition does not

        held = workspace.get()
        keys = [date.fromisoformat(key) for key in context.partition_keys]
        yield from _materialise(context, held, SHORT_INTEREST, keys, ingest.ingest_short_interest)

    return short_interest_step


def _splits_result(
    context: dg.AssetExecutionContext, workspace: "Workspace", done: "Sequence[Ingested]"
) -> dg.MaterializeResult[None]:
    """Report the months of splits that the run's days touch; their partitions in the lake are months, not days."""
    confirm(workspace.lake, SPLITS, [item.partition for item in done])
    shown: Metadata = {"splits": dg.MetadataValue.int(sum(item.rows for item in done)), "months": len(done)}
    absent = [item.absence for item in done if item.absence is not None]
    if absent:
        shown["absent_reason"], shown["absent_detail"] = str(absent[0].reason), absent[0].detail[:500]
        context.log.warning(f"{SPLITS.name}: {absent[0].reason}: {absent[0].detail}")
    return dg.MaterializeResult(asset_key=SPLITS.name, metadata=shown)


def _days(context: dg.AssetExecutionContext, workspace: "Workspace") -> list[date]:
    return [opened_session(key, workspace.clock.now()) for key in context.partition_keys]


def _materialise(
    context: dg.AssetExecutionContext,
    workspace: "Workspace",
    schema: TableSchema,
    days: list[date],
    fetch: "Callable[[Workspace, date], Ingested]",
) -> Events:
    """Fetch day after day (each is written before the next is asked), then report rows, reasons and the check."""
    done = [fetch(workspace, day) for day in days]
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
    yield dg.MaterializeResult(asset_key=schema.name, check_results=[check])
