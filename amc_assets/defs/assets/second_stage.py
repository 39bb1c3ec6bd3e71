"""Assets of the second stage: sources that are asked only for the best names of a first screen, and what follows.

One step, day after day: the shortlist of a day may use what the days before brought.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.assets import volatility_checks
from amc_assets.defs.assets.provider_data import table_spec
from amc_assets.defs.assets.reporting import Events, days_of, materialised
from amc_assets.defs.checks import spec
from amc_assets.defs.feed_checks import fit_specs
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.defs.retries import obeying_error_tree
from amc_assets.lake.tables import IV_30D, IV_PERCENTILES, NEWS, OPTION_ACTIVITY, OPTION_CHAINS, SHARE_COUNTS
from amc_assets.pipeline.progress import Phase, each

if TYPE_CHECKING:
    from datetime import date

    from amc_assets.pipeline.history import History
    from amc_assets.pipeline.outcome import Ingested
    from amc_assets.pipeline.workspace import Workspace

VOLATILITY = "volatility"
_FIRST_SCREEN = ["universe", "daily_bars", "splits", "short_volume", "price_panel"]
_TABLES = (SHARE_COUNTS, NEWS, OPTION_CHAINS, OPTION_ACTIVITY, IV_30D, IV_PERCENTILES)


def build(sessions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets on the given partition scheme."""

    @dg.multi_asset(
        name="second_stage",
        specs=[
            table_spec(SHARE_COUNTS, {"polygon", "alphavantage", "sec"}, _FIRST_SCREEN),
            table_spec(NEWS, {"globenewswire", "prnewswire", "sec"}, _FIRST_SCREEN),
            table_spec(OPTION_CHAINS, {"alphavantage"}, [*_FIRST_SCREEN, SHARE_COUNTS.name]),
            table_spec(OPTION_ACTIVITY, {"numpy"}, [OPTION_CHAINS.name], VOLATILITY),
            table_spec(IV_30D, {"numpy"}, [OPTION_CHAINS.name, "bill_rates"], VOLATILITY),
            table_spec(IV_PERCENTILES, {"numpy"}, [IV_30D.name], VOLATILITY),
        ],
        check_specs=[
            *(spec(schema) for schema in _TABLES),
            *(fit for schema in _TABLES for fit in fit_specs(schema)),
            *volatility_checks.specs(),
        ],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
    )
    def second_stage_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        with obeying_error_tree(context):
            held = workspace.get()
            days = days_of(context, held)
            wanted = {key.path[-1] for key in context.selected_asset_keys}
            done: dict[str, list[Ingested]] = {schema.name: [] for schema in _TABLES}
            history = held.history(days[0], days[-1])
            for day in each(held.progress, Phase.SECOND_STAGE, days):
                for item in _second_stage(held, day, history, wanted):
                    done[item.table].append(item)
            for schema in _TABLES:
                if schema.name in wanted:
                    yield _reported(context, held, schema.name, done[schema.name], is_last_plotted=True)

    return [second_stage_step]


def _second_stage(workspace: "Workspace", day: "date", history: "History", wanted: set[str]) -> "list[Ingested]":
    """Run the second stage of one day: floats, headlines, chains, percentiles, each only if it is selected."""
    from amc_assets.pipeline.ingest_news import ingest_news  # noqa: PLC0415 - a run needs it, a definition does not
    from amc_assets.pipeline.ingest_options import derive_iv_percentiles, ingest_option_chains  # noqa: PLC0415
    from amc_assets.pipeline.share_counts import ingest_share_counts  # noqa: PLC0415
    from amc_assets.pipeline.shortlist import shortlist  # noqa: PLC0415

    names = shortlist(workspace, day, history).symbols
    done: list[Ingested] = []
    if SHARE_COUNTS.name in wanted:
        done.append(ingest_share_counts(workspace, day, names))
    if NEWS.name in wanted:
        done.append(ingest_news(workspace, day, names))
    if OPTION_CHAINS.name in wanted:
        done += ingest_option_chains(workspace, day, names)
    if IV_PERCENTILES.name in wanted:
        done.append(derive_iv_percentiles(workspace, day))
    return done


def _reported(
    context: dg.AssetExecutionContext,
    workspace: "Workspace",
    name: str,
    done: "Sequence[Ingested]",
    *,
    is_last_plotted: bool,
) -> dg.MaterializeResult[None]:
    schema = next(schema for schema in _TABLES if schema.name == name)
    if is_last_plotted and done:
        shown = volatility_checks.plots(workspace, name, done[-1])
        if shown:
            context.add_asset_metadata(shown, asset_key=name, partition_key=done[-1].partition)
    return materialised(context, workspace, schema, done, volatility_checks.results(workspace, name, done))
