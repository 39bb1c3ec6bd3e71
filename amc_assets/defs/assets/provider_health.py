"""The asset ``provider_health``: every provider and every table it fills, as of the run; no provider is asked."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from amc_assets.defs.metadata import Metadata, markdown_table
from amc_assets.defs.resources import WorkspaceParam

if TYPE_CHECKING:
    from amc_assets.pipeline.provider_health import Health, ProviderHealth
    from amc_assets.pipeline.staleness import TableAge

NAME = "provider_health"
ANSWER_CHECK = "providers_answer"
FRESH_CHECK = "inputs_are_fresh"
_PROVIDER_COLUMNS = (
    "provider", "state", "success_15m_pct", "success_24h_pct", "calls_24h", "p50_24h_ms", "p95_24h_ms", "breaker",
    "calls_left", "last_success", "why",
)  # fmt: skip
_TABLE_COLUMNS = ("table", "state", "newest", "due", "from", "why")


def provider_health_asset() -> dg.AssetsDefinition:
    """Return the asset and its two checks; both warn and neither blocks: a sick provider must not stop the others."""

    @dg.asset(
        name=NAME,
        description=(
            "State, success rate, latency, breaker and quota of every provider, and the newest date of every table "
            "against what the plan can have delivered by now."
        ),
        group_name="operations",
        kinds={"sqlite", "table"},
        owners=["team:amc"],
        check_specs=[
            dg.AssetCheckSpec(ANSWER_CHECK, asset=NAME, description="No provider in use is down or degraded."),
            dg.AssetCheckSpec(FRESH_CHECK, asset=NAME, description="No table lacks a date that its sources have."),
        ],
    )
    def provider_health(workspace: WorkspaceParam) -> Iterator[dg.MaterializeResult[None]]:
        from amc_assets.pipeline.provider_health import health_of  # noqa: PLC0415 - a run needs it

        health = health_of(workspace.get())
        yield dg.MaterializeResult(metadata=_metadata(health), check_results=list(_checks(health)))

    return provider_health


def _metadata(health: "Health") -> Metadata:
    used = [item for item in health.providers if item.state != "unused"]
    shown: Metadata = {
        "as_of": dg.MetadataValue.timestamp(health.at),
        "dagster/row_count": dg.MetadataValue.int(len(health.providers)),
        "providers_used": dg.MetadataValue.int(len(used)),
        "providers_down": dg.MetadataValue.int(sum(item.state == "down" for item in used)),
        "providers_degraded": dg.MetadataValue.int(sum(item.state == "degraded" for item in used)),
        "tables_stale": dg.MetadataValue.int(sum(age.is_stale for age in health.tables)),
        "calls_24h": dg.MetadataValue.int(sum(item.day.calls for item in used)),
        "providers": dg.MetadataValue.md(markdown_table([_row(item) for item in health.providers], _PROVIDER_COLUMNS)),
        "tables": dg.MetadataValue.md(markdown_table([_age(age) for age in health.tables], _TABLE_COLUMNS)),
    }
    for item in used:  # numbers of their own: the UI charts them over runs
        if item.day.success_pct is not None:
            shown[f"{item.provider}_success_24h_pct"] = dg.MetadataValue.float(item.day.success_pct)
        if item.day.p95_ms is not None:
            shown[f"{item.provider}_p95_24h_ms"] = dg.MetadataValue.float(item.day.p95_ms)
        if item.calls_left is not None:
            shown[f"{item.provider}_calls_left"] = dg.MetadataValue.int(item.calls_left)
    return shown


def _row(item: "ProviderHealth") -> dict[str, object]:
    return {
        "provider": item.provider,
        "state": item.state,
        "success_15m_pct": item.recent.success_pct,
        "success_24h_pct": item.day.success_pct,
        "calls_24h": item.day.calls,
        "p50_24h_ms": item.day.p50_ms,
        "p95_24h_ms": item.day.p95_ms,
        "breaker": item.breaker,
        "calls_left": item.calls_left,
        "last_success": f"{item.last_success_at:%m-%d %H:%M}" if item.last_success_at else None,
        "why": item.why,
    }


def _age(age: "TableAge") -> dict[str, object]:
    return {
        "table": age.table,
        "state": age.state,
        "newest": age.newest,
        "due": age.due,
        "from": ", ".join(age.providers),
        "why": age.why,
    }


def _checks(health: "Health") -> list[dg.AssetCheckResult]:
    sick = [item for item in health.providers if item.state in {"down", "degraded"}]
    stale = [age for age in health.tables if age.is_stale]
    return [
        _check(ANSWER_CHECK, [f"{item.provider} is {item.state}: {item.why}" for item in sick]),
        _check(FRESH_CHECK, [f"{age.table} is at {age.newest}, {age.due} is due: {age.why}" for age in stale]),
    ]


def _check(name: str, problems: list[str]) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        check_name=name,
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"problems": dg.MetadataValue.int(len(problems)), "which": "; ".join(problems)[:1000] or "none"},
    )
