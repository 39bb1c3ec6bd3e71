"""Events of the day in group ``provider_data``: halts, threshold lists, fails to deliver, and the rates of bills."""

from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.assets.provider_data import table_spec
from amc_assets.defs.assets.reporting import Events, days_of, materialised, report_healed
from amc_assets.defs.checks import spec
from amc_assets.defs.feed_checks import fit_results, fit_specs
from amc_assets.defs.metadata import of_refused
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.defs.retries import obeying_error_tree
from amc_assets.lake.tables import BILL_RATES, FAILS_TO_DELIVER, THRESHOLD_LIST, TRADE_HALTS
from amc_assets.pipeline.progress import Phase, each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from amc_assets.lake.schema import TableSchema
    from amc_assets.pipeline.outcome import Ingested


def build(sessions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets on the given partition scheme."""

    @dg.multi_asset(
        name="events",
        specs=[
            table_spec(TRADE_HALTS, {"nasdaq"}, ["universe"]),
            table_spec(THRESHOLD_LIST, {"nasdaq", "nyse", "finra"}, ["universe"]),
            table_spec(FAILS_TO_DELIVER, {"sec"}, ["universe"]).replace_attributes(
                description="SEC fails to deliver of the half months public by the day; the lake keeps them so."
            ),
            table_spec(BILL_RATES, {"treasury"}).replace_attributes(
                description="Treasury bill rates up to the day; the lake keeps them by year."
            ),
        ],
        check_specs=[
            spec(TRADE_HALTS),
            spec(THRESHOLD_LIST),
            *fit_specs(THRESHOLD_LIST),
            *fit_specs(FAILS_TO_DELIVER),
        ],
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def events_step(context: dg.AssetExecutionContext, workspace: WorkspaceParam) -> Events:
        with obeying_error_tree(context):
            from amc_assets.pipeline import ingest_events as ingest  # noqa: PLC0415 - a run needs it
            from amc_assets.pipeline.healing import healed  # noqa: PLC0415

            held = workspace.get()
            days = days_of(context, held)
            halts, lists = [], []
            fails: list[Ingested] = []
            rates: list[Ingested] = []
            for schema, fetch in (
                (TRADE_HALTS, ingest.ingest_trade_halts),
                (THRESHOLD_LIST, ingest.ingest_threshold_list),
            ):
                report_healed(context, held, healed(held, schema, days[0], fetch))
            for day in each(held.progress, Phase.EVENTS, days):
                halts.append(ingest.ingest_trade_halts(held, day))
                lists.append(ingest.ingest_threshold_list(held, day))
                fails += ingest.ingest_fails(held, day)
                rates.append(ingest.ingest_bill_rates(held, day))
            yield materialised(context, held, TRADE_HALTS, halts)
            yield materialised(context, held, THRESHOLD_LIST, lists)
            yield _summed(context, FAILS_TO_DELIVER, fails)
            yield _summed(context, BILL_RATES, rates)

    return [events_step]


def _summed(
    context: dg.AssetExecutionContext, schema: "TableSchema", done: "Sequence[Ingested]"
) -> dg.MaterializeResult[None]:
    """Report a table whose partitions in the lake are not the run's days."""
    absent = [item.absence for item in done if item.absence is not None]
    for absence in absent:
        context.log.warning(f"{schema.name}: {absence.reason}: {absence.detail}")
    shown: dict[str, dg.MetadataValue] = {
        "rows": dg.MetadataValue.int(sum(item.rows for item in done)),
        "rows_new": dg.MetadataValue.int(sum(item.rows_new for item in done)),
        "partitions": dg.MetadataValue.int(len({item.partition for item in done})),
        **of_refused(done),
    }
    if absent:
        shown["absent_reason"] = dg.MetadataValue.text(str(absent[0].reason))
        shown["absent_detail"] = dg.MetadataValue.text(absent[0].detail[:500])
    return dg.MaterializeResult(asset_key=schema.name, metadata=shown, check_results=fit_results(schema, done))
