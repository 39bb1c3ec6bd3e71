"""Jobs: one per cadence. The provider's own cadences have small jobs; discovery runs the whole day in few steps."""

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

DISCOVERY_JOB = "discovery_refresh_job"
SHORT_VOLUME_JOB = "finra_daily_short_volume_job"
SHORT_INTEREST_JOB = "finra_weekly_short_interest_job"
LISTING_JOB = "listing_job"
BARS_JOB = "bars_job"
PROVIDER_HEALTH_JOB = "provider_health_job"
OPTIONS_JOB = "alpha_vantage_options_daily_job"
IV_JOB = "iv_percentile_calculation_job"


def build(settlement_key: str = "short_interest") -> "list[UnresolvedAssetJobDefinition]":
    """Return every job."""
    health = dg.AssetSelection.assets("provider_health")
    daily = dg.AssetSelection.all() - dg.AssetSelection.assets(settlement_key) - health
    return [
        dg.define_asset_job(
            DISCOVERY_JOB, daily, description="Providers of the day, price panel, snapshot, scores, candidates, report."
        ),
        dg.define_asset_job(
            SHORT_VOLUME_JOB,
            dg.AssetSelection.assets("short_volume"),
            description="FINRA's daily short-volume file.",
        ),
        dg.define_asset_job(
            SHORT_INTEREST_JOB,
            dg.AssetSelection.assets(settlement_key),
            description="FINRA's short-interest report of one settlement date.",
        ),
        dg.define_asset_job(
            LISTING_JOB,
            dg.AssetSelection.assets("universe"),
            description="Listed securities of the day.",
        ),
        dg.define_asset_job(
            OPTIONS_JOB,
            dg.AssetSelection.assets("share_counts", "news", "option_chains", "option_activity", "iv_30d"),
            description="Second stage of the evening: chains, floats and headlines of the shortlist.",
        ),
        dg.define_asset_job(
            IV_JOB,
            dg.AssetSelection.assets("iv_percentiles"),
            description="Place of the day's 30-day volatilities in their own history.",
        ),
        dg.define_asset_job(
            BARS_JOB,
            dg.AssetSelection.assets("daily_bars", "splits"),
            description="Daily bars and splits: fills the trailing window before the first discovery run.",
        ),
        dg.define_asset_job(
            PROVIDER_HEALTH_JOB,
            health,
            description="How the providers are, from recorded calls: asks nobody, so it may run at any time.",
        ),
    ]
