"""Variables of discovery and experiments: strategy, cadence, sessions, safety, freshness."""

from typing import Annotated, ClassVar

from pydantic import Field

from amc_assets.settings.about import About
from amc_assets.settings.base import VariableGroup
from amc_assets.settings.names import StrategyName
from amc_assets.settings.rules import Flag, Minutes, TrafficSplit


class DiscoveryVariables(VariableGroup):
    """Discovery: what runs, how often, in which sessions, within which bounds."""

    GROUP: ClassVar[str] = "Discovery"

    scoring_strategy: Annotated[
        StrategyName,
        About(
            "Strategy whose list is served: candidates, report and first screen.",
            "the choice of the served strategy",
        ),
    ] = "unified_detectors"
    discovery_pipeline_enabled: Annotated[
        Flag, About("false: every discovery run is skipped, with this reason.", "discovery")
    ] = True
    discovery_frequency_minutes: Annotated[
        Minutes,
        About(
            "How often discovery runs in enabled sessions; after hours the slower of it and 30.",
            "the schedule discovery_refresh",
            unit="minutes",
        ),
    ] = 15
    premarket_discovery_enabled: Annotated[
        Flag, About("Discover from 04:00 to 09:30 New York.", "premarket discovery")
    ] = True
    afterhours_discovery_enabled: Annotated[
        Flag, About("Discover from the close to 20:00 New York.", "after-hours discovery")
    ] = True
    session_threshold_overrides: Annotated[
        Flag,
        About(
            "Use the calibration's gates per session; false: the regular session's gates always.",
            "gates outside the regular session",
        ),
    ] = True
    max_discovery_latency_seconds: Annotated[
        int,
        Field(ge=1, le=600),
        About(
            "A refresh that runs longer is repeated once as emergency fallback.",
            "the latency limit of discovery",
            unit="seconds",
            is_planned=True,
        ),
    ] = 30
    max_candidates_per_discovery: Annotated[
        int,
        Field(ge=1, le=1000),
        About("Candidates kept per run; the count found is recorded before this cut.", "discovery", unit="names"),
    ] = 100
    emergency_fallback_enabled: Annotated[
        Flag,
        About(
            "Repeat a failed or late refresh once with hybrid_v1, marked degraded.",
            "the emergency fallback",
            is_planned=True,
        ),
    ] = True
    circuit_breaker_global_enabled: Annotated[
        Flag,
        About("false: calls are counted and recorded, never refused.", "circuit breakers of all providers"),
    ] = True
    debug_discovery_pipeline: Annotated[
        Flag,
        About(
            "Debug logs, and each stage's tables kept in the lake for 7 days.",
            "debugging of discovery",
            is_planned=True,
        ),
    ] = False


class ExperimentVariables(VariableGroup):
    """Experiments: assignment of the served strategy, shadow scoring."""

    GROUP: ClassVar[str] = "Experiments"

    ab_testing_enabled: Annotated[
        Flag, About("false: no assignment, the served strategy only.", "assignment in experiments", is_planned=True)
    ] = True
    ab_testing_traffic_split: Annotated[
        TrafficSplit,
        Field(default_factory=lambda: {"legacy_v0": 20.0, "unified_detectors": 80.0}),
        About(
            "Split a new experiment starts with; frozen in its record.", "the start of an experiment", is_planned=True
        ),
    ]
    ab_testing_experiment_duration_days: Annotated[
        int,
        Field(ge=1, le=365),
        About(
            "Duration a new experiment starts with; frozen in its record.",
            "the start of an experiment",
            "days",
            is_planned=True,
        ),
    ] = 14
    shadow_testing_enabled: Annotated[
        Flag,
        About(
            "false: score only the served strategy and the arms of open experiments.",
            "shadow scores of the other strategies",
            is_planned=True,
        ),
    ] = True


class FreshnessVariables(VariableGroup):
    """Freshness: how old data may be, counted from publication."""

    GROUP: ClassVar[str] = "Freshness"

    market_data_staleness_minutes: Annotated[
        int,
        Field(ge=1, le=1440),
        About("Age from which quotes and bars of a session are stale.", "freshness", "minutes"),
    ] = 15
    short_interest_staleness_hours: Annotated[
        int,
        Field(ge=0, le=2000),
        About(
            "Hours after the next report became due; until then the newest one is fresh.",
            "freshness",
            "hours",
        ),
    ] = 48
    options_data_staleness_hours: Annotated[
        int, Field(ge=1, le=720), About("Age from which an option chain is stale.", "freshness", "hours")
    ] = 24
    news_data_staleness_hours: Annotated[
        int,
        Field(ge=1, le=168),
        About("Age from which a headline no longer counts as a catalyst.", "freshness", "hours"),
    ] = 6
