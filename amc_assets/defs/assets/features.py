"""Group ``features``: the price panel, rebuilt nightly from the bars of the trailing window."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.io_manager import PartitionTables
from amc_assets.defs.metadata import definition_metadata
from amc_assets.defs.partitions import opened_session
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.lake.tables import PRICE_FEATURES
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.progress import Phase, each

if TYPE_CHECKING:
    from amc_assets.pipeline.panel import Rebuilt
    from amc_assets.pipeline.workspace import Workspace

GROUP = "features"
TALIB_CHECK = "talib_agrees"
TOLERANCE = 1e-9


def build(sessions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets of the group on the given partition scheme."""

    @dg.asset(
        name="price_panel",
        description="Trailing price features of every symbol, rebuilt from 300 sessions of bars.",
        metadata=definition_metadata(PRICE_FEATURES),
        kinds={"numpy"},
        owners=["team:amc"],
        group_name=GROUP,
        deps=["daily_bars", "splits"],
        check_specs=[
            dg.AssetCheckSpec(
                TALIB_CHECK,
                asset="price_panel",
                blocking=True,
                description="TA-Lib recomputes a sample of the panel; relative difference at most 1e-9.",
            )
        ],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        dagster_type=dg.Any,
    )
    def price_panel(
        context: dg.AssetExecutionContext, workspace: WorkspaceParam
    ) -> Iterator[dg.Output[PartitionTables] | dg.AssetCheckResult]:
        held = workspace.get()
        days = [opened_session(key, held.clock.now()) for key in context.partition_keys]
        done: list[Rebuilt] = []
        yield dg.Output(_rebuilt(context, held, days, done))
        yield _judgement(done[-1])

    return [price_panel]


def _rebuilt(
    context: dg.AssetExecutionContext, workspace: "Workspace", days: list[date], done: "list[Rebuilt]"
) -> PartitionTables:
    """Yield the rows of each day; keep only the newest day for the judge."""
    from amc_assets.pipeline.panel import rebuild  # noqa: PLC0415 - a run needs it, a definition does not

    history = workspace.history(days[0], days[-1])
    for day in each(workspace.progress, Phase.PANEL, days):
        as_of = min(workspace.clock_for(day).now(), end_of_day_as_of(day))
        item = rebuild(history, day, as_of)
        context.add_asset_metadata(_metadata(item), asset_key="price_panel", partition_key=day.isoformat())
        done[:] = [item]
        yield day.isoformat(), item.table()


def _metadata(item: "Rebuilt") -> dict[str, dg.MetadataValue]:
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(item.symbol_count * len(item.features.values)),
        "symbols": dg.MetadataValue.int(item.symbol_count),
        "symbols_with_bar": dg.MetadataValue.int(item.with_bar_count),
        "sessions": dg.MetadataValue.int(item.session_count),
        "as_of": dg.MetadataValue.timestamp(item.as_of),
    }


def _judgement(item: "Rebuilt") -> dg.AssetCheckResult:
    from amc_assets.pipeline import panel  # noqa: PLC0415 - a run needs it, a definition does not

    judged = panel.judged_by_talib(item, TOLERANCE)
    if not judged.compared:
        return dg.AssetCheckResult(
            check_name=TALIB_CHECK,
            asset_key="price_panel",
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"reason": f"no symbol had enough history on {item.day} to compare"},
        )
    return dg.AssetCheckResult(
        check_name=TALIB_CHECK,
        asset_key="price_panel",
        passed=not judged.disagreements,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "values_compared": judged.compared,
            "disagreements": len(judged.disagreements),
            "first": str(judged.disagreements[0]) if judged.disagreements else "none",
        },
    )
