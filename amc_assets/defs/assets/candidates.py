"""Group ``discovery``: the frozen snapshot, one asset per detector and strategy, the candidates: one step.

Fifteen single steps cost 1.6-3 s of Dagster, one step 0.7 s; the arithmetic of all of them costs less than either.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.assets.discovery_metadata import metadata_of
from amc_assets.defs.assets.provider_data import table_spec
from amc_assets.defs.checks import MOST_NAMED
from amc_assets.defs.io_manager import confirm
from amc_assets.defs.partitions import opened_session
from amc_assets.defs.resources import WorkspaceParam
from amc_assets.detectors.catalog import BUILT
from amc_assets.lake.tables import BORROW_STRESS, CANDIDATES, DETECTOR_SCORES, FEATURE_SNAPSHOT, SCORES
from amc_assets.market.calendar import end_of_day_as_of, session_of
from amc_assets.pipeline.identity import Moment
from amc_assets.pipeline.progress import Phase, ScoredDay, each
from amc_assets.strategies.catalog import ABOUT

if TYPE_CHECKING:
    from amc_assets.pipeline.discovery import Discovery
    from amc_assets.pipeline.workspace import Workspace

GROUP = "discovery"
FUTURE_CHECK = "nothing_from_the_future"
DAYS_CHECK = "every_day_was_scored"
MOST_TOLD = 5


class DiscoveryConfig(dg.Config):
    """When the run stands: both empty means the end of the partition's day (18:45 New York, session regular).

    ``repeat``: read only what had arrived by the first run of the same inputs, whatever came since.
    """

    as_of: str = ""
    session: str = ""
    repeat: bool = False


def specs() -> list[dg.AssetSpec]:
    """Return the declarations of the group, in the order they are computed."""
    inputs = [
        "universe", "share_counts", "daily_bars", "splits", "short_volume", "short_interest", "price_panel", "news",
        "trade_halts", "threshold_list", "fails_to_deliver", "option_activity", "iv_30d", "iv_percentiles",
    ]  # fmt: skip
    found = [
        table_spec(FEATURE_SNAPSHOT, {"parquet"}, inputs, GROUP),
        table_spec(BORROW_STRESS, {"numpy"}, [FEATURE_SNAPSHOT.name], "features"),
    ]
    for name, sentence in BUILT.items():
        spec = table_spec(DETECTOR_SCORES, {"numpy"}, [FEATURE_SNAPSHOT.name], GROUP)
        text = f"{sentence} {DETECTOR_SCORES.description}"
        found.append(spec.replace_attributes(key=dg.AssetKey(name), description=text))
    for name, about in ABOUT.items():
        spec = table_spec(SCORES, {"numpy"}, [FEATURE_SNAPSHOT.name, *BUILT], GROUP)
        text = f"{about.doc} Role: {about.role}. {SCORES.description}"
        found.append(spec.replace_attributes(key=dg.AssetKey(["scores", name]), description=text))
    deps = [dg.AssetKey(["scores", name]) for name in ABOUT]
    found.append(table_spec(CANDIDATES, {"parquet"}, [], GROUP).replace_attributes(deps=deps))
    return found


def build(sessions: dg.PartitionsDefinition[str]) -> list[dg.AssetsDefinition]:
    """Return the assets of the group on the given partition scheme."""
    declared = specs()

    @dg.multi_asset(
        name="discovery",
        specs=declared,
        check_specs=_check_specs(),
        partitions_def=sessions,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def discovery_step(
        context: dg.AssetExecutionContext, config: DiscoveryConfig, workspace: WorkspaceParam
    ) -> Iterator[dg.MaterializeResult[None]]:
        held = workspace.get()
        days = [opened_session(key, held.clock.now()) for key in context.partition_keys]
        tally = _run_days(context, held, days, config, declared)
        for schema in (FEATURE_SNAPSHOT, BORROW_STRESS, DETECTOR_SCORES, SCORES, CANDIDATES):
            confirm(held.lake, schema, tally.kept)
        checks = {FEATURE_SNAPSHOT.name: _future_check(tally), CANDIDATES.name: _days_check(tally)}
        for spec in declared:
            own = checks.get(spec.key.path[-1])
            yield dg.MaterializeResult(asset_key=spec.key, check_results=[own] if own else [])

    return [discovery_step]


def _check_specs() -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            FUTURE_CHECK,
            asset=FEATURE_SNAPSHOT.name,
            blocking=True,
            description="No value of the frozen snapshot was known later than the run's as_of.",
        ),
        dg.AssetCheckSpec(
            DAYS_CHECK,
            asset=CANDIDATES.name,
            description="Every day of the run was scored and stored; a failed day is named, the others go on.",
        ),
    ]


@dataclass
class _Tally:
    """What is left of a run's days once each is stored: a snapshot of 60 days would not fit the memory budget."""

    kept: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    values_checked: int = 0
    values_late: int = 0


def _run_days(
    context: dg.AssetExecutionContext,
    workspace: "Workspace",
    days: Sequence[date],
    config: DiscoveryConfig,
    declared: Sequence[dg.AssetSpec],
) -> _Tally:
    from amc_assets.pipeline import audit, borrowing, discovery  # noqa: PLC0415 - a run needs them, a definition does not

    history, tally = workspace.history(days[0], days[-1]), _Tally()
    served = str(workspace.settings.scoring_strategy)
    for day in each(workspace.progress, Phase.DISCOVERY, days):
        found = discovery.discover(workspace, _moment(day, config), history, repeat=config.repeat)
        _report(context, declared, found, workspace, is_last=day == days[-1])
        workspace.progress.scored(_scored_day(found, served))
        if found.error is not None:
            context.log.error(f"{day}: {found.reason}")
            tally.failures.append(f"{day}: {found.reason}")
            continue
        if found.snapshot is not None:
            borrowing.keep_borrow_stress(workspace, found.snapshot)
        counts = ", ".join(f"{name} {result.candidates_found}" for name, result in found.results.items())
        context.log.info(f"{day} {found.status}: candidates {counts} in {found.elapsed_ms} ms {found.reason}")
        checked, late = audit.future_rows(workspace.lake, found.moment, found.part)
        tally.kept.append(day.isoformat())
        tally.values_checked += checked
        tally.values_late += late
    if not tally.kept:
        raise dg.Failure(f"every day of the run failed; the last: {tally.failures[-1]}")
    return tally


def _scored_day(found: "Discovery", served: str) -> ScoredDay:
    """Return the day's served list as progress tells it; a failed day has its reason and no names."""
    day, result = found.moment.trade_date, found.results.get(served)
    if result is None:
        return ScoredDay(day, 0, (), found.reason, is_scored=False)
    rows = result.candidates[:MOST_TOLD]
    best = zip(result.symbols[rows].tolist(), result.ranking_score[rows].tolist(), strict=True)
    return ScoredDay(day, result.candidates_found, tuple(best), found.reason)


def _moment(day: date, config: DiscoveryConfig) -> Moment:
    if not config.as_of:
        return Moment(day, config.session or "regular", end_of_day_as_of(day))
    as_of = datetime.fromisoformat(config.as_of).astimezone(UTC)
    return Moment(day, config.session or str(session_of(as_of).session), as_of)


def _report(
    context: dg.AssetExecutionContext,
    declared: Sequence[dg.AssetSpec],
    found: "Discovery",
    workspace: "Workspace",
    *,
    is_last: bool,
) -> None:
    from amc_assets.pipeline.screen import data_words  # noqa: PLC0415 - see _run_days

    key, served = found.moment.trade_date.isoformat(), str(workspace.settings.scoring_strategy)
    market = data_words(workspace.data_source, is_simulated=workspace.is_simulated)
    for spec in declared:
        shown = metadata_of(spec.key, found, served, market=market, with_plot=is_last)
        context.add_asset_metadata(shown, asset_key=spec.key, partition_key=key)


def _future_check(tally: _Tally) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=FUTURE_CHECK,
        asset_key=FEATURE_SNAPSHOT.name,
        passed=tally.values_checked > 0 and tally.values_late == 0,
        # a day without names has nothing to check: a warning, and the run's status says why
        severity=dg.AssetCheckSeverity.ERROR if tally.values_late else dg.AssetCheckSeverity.WARN,
        metadata={"values_checked": tally.values_checked, "values_from_the_future": tally.values_late},
    )


def _days_check(tally: _Tally) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=DAYS_CHECK,
        asset_key=CANDIDATES.name,
        passed=not tally.failures,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "days_scored": len(tally.kept),
            "days_failed": len(tally.failures),
            "failed": "; ".join(tally.failures[:MOST_NAMED])[:1000] or "none",
        },
    )
