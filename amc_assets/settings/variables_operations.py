"""Variables of operations: caches, alerts, metrics."""

from typing import Annotated, ClassVar

from pydantic import Field

from amc_assets.settings.about import About
from amc_assets.settings.base import VariableGroup
from amc_assets.settings.rules import Channel, Flag, KeyPrefix, Webhook


class CacheVariables(VariableGroup):
    """Cached results: their names and how long they live."""

    GROUP: ClassVar[str] = "Cache"

    redis_discovery_key_prefix: Annotated[
        KeyPrefix, About("Start of the names of cached discovery results.", "cached discovery results", is_planned=True)
    ] = "amc:discovery:unified"
    redis_ab_test_key_prefix: Annotated[
        KeyPrefix,
        About("Start of the names of cached experiment results.", "cached experiment results", is_planned=True),
    ] = "amc:ab_test"
    cache_ttl_discovery_seconds: Annotated[
        int,
        Field(ge=1, le=604_800),
        About("Life of a cached discovery result.", "cached discovery results", unit="seconds", is_planned=True),
    ] = 900
    cache_ttl_ab_results_seconds: Annotated[
        int,
        Field(ge=1, le=604_800),
        About("Life of a cached experiment result.", "cached experiment results", unit="seconds", is_planned=True),
    ] = 3600


class MonitoringVariables(VariableGroup):
    """Alerts and metrics."""

    GROUP: ClassVar[str] = "Alerts and metrics"

    slack_webhook_url: Annotated[
        Webhook | None,
        About(
            "Incoming webhook that receives alerts; the address itself is the secret.",
            "alerts to Slack",
            lost="nothing: this version sends no alerts",
            get="Slack app, Incoming Webhooks: https://api.slack.com/messaging/webhooks",
            is_planned=True,
        ),
    ] = None
    slack_channel: Annotated[
        Channel,
        About("Channel named in each alert; webhooks of Slack apps ignore it.", "alerts to Slack", is_planned=True),
    ] = "#amc-trader-alerts"
    alert_threshold_error_rate: Annotated[
        float,
        Field(gt=0, le=1, allow_inf_nan=False),
        About("Share of failed provider calls in 15 minutes that alerts.", "provider alerts", unit="fraction"),
    ] = 0.10
    alert_threshold_latency_ms: Annotated[
        int,
        Field(ge=1, le=3_600_000),
        About("Duration of a discovery run that alerts.", "latency alerts", unit="milliseconds", is_planned=True),
    ] = 30_000
    prometheus_metrics_enabled: Annotated[Flag, About("Serve /metrics.", "metrics", is_planned=True)] = True
    metrics_export_interval_seconds: Annotated[
        int,
        Field(ge=1, le=3600),
        About(
            "How often values gathered from all processes are refreshed.", "metrics", unit="seconds", is_planned=True
        ),
    ] = 60
    discovery_metrics_retention_days: Annotated[
        int, Field(ge=1, le=3650), About("Life of aggregated metrics.", "metrics", unit="days", is_planned=True)
    ] = 30
