"""Group ``features``: the price panel, rebuilt nightly from the bars of the trailing window."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from amc_assets.defs.assets.provider_data import table_spec
from amc_assets.defs.io_manager import Written
from amc_assets.defs.partitions import opened_session
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.lake.tables import PRICE_FEATURES
from amc_assets.market.calendar import end_of_day_as_of
from amc_assets.pipeline.panel import Rebuilt, judged_by_talib, rebuild

GROUP = "features"
TALIB_CHECK = "talib_agrees"
TOLERANCE = 1e-9


def build(sessions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets of the group on the given partition scheme."""

    @dg.multi_asset(
        name="panel",
        specs=[
            table_spec(PRICE_FEATURES, {"numpy"}, ["daily_bars", "splits"], GROUP).replace_attributes(
                key=dg.AssetKey("price_panel"),
                description="Trailing price features of every symbol, rebuilt from 300 sessions of bars.",
            )
        ],
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
    )
    def panel_step(
        context: dg.AssetExecutionContext, workspace: WorkspaceParam
    ) -> Iterator[dg.Output[Written] | dg.AssetCheckResult]:
        held = workspace.get()
        days = [opened_session(key, held.clock.now()) for key in context.partition_keys]
        history = held.history(days[0], days[-1])
        done = [rebuild(held, history, day, min(held.clock_for(day).now(), end_of_day_as_of(day))) for day in days]
        for item in done:
            context.add_asset_metadata(_metadata(item), asset_key="price_panel", partition_key=item.day.isoformat())
        yield dg.Output(Written(PRICE_FEATURES.name, [day.isoformat() for day in days]), output_name="price_panel")
        yield _judgement(done[-1], days[-1])

    return [panel_step]


def _metadata(item: Rebuilt) -> dict[str, dg.MetadataValue]:
    return {
        "symbols": dg.MetadataValue.int(item.symbol_count),
        "symbols_with_bar": dg.MetadataValue.int(item.with_bar_count),
        "sessions": dg.MetadataValue.int(item.session_count),
        "as_of": dg.MetadataValue.timestamp(item.as_of),
    }


def _judgement(item: Rebuilt, day: date) -> dg.AssetCheckResult:
    judged = judged_by_talib(item)
    if not judged.compared:
        return dg.AssetCheckResult(
            check_name=TALIB_CHECK,
            asset_key="price_panel",
            passed=False,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"reason": f"no symbol had enough history on {day} to compare"},
        )
    return dg.AssetCheckResult(
        check_name=TALIB_CHECK,
        asset_key="price_panel",
        passed=judged.worst <= TOLERANCE,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"values_compared": judged.compared, "worst_relative_difference": judged.worst, "at": judged.where},
    )
