"""Names and values copied by hand from the brief and the design: the code is not its own witness."""

_BRIEF_VARIABLES = """
FINRA_API_BASE_URL FINRA_API_RATE_LIMIT FINRA_CIRCUIT_BREAKER_THRESHOLD FINRA_CIRCUIT_BREAKER_TIMEOUT
ALPHA_VANTAGE_API_KEY ALPHA_VANTAGE_BASE_URL ALPHA_VANTAGE_RATE_LIMIT
ALPHA_VANTAGE_CIRCUIT_BREAKER_THRESHOLD ALPHA_VANTAGE_CIRCUIT_BREAKER_TIMEOUT POLYGON_API_KEY
POLYGON_RATE_LIMIT POLYGON_CIRCUIT_BREAKER_THRESHOLD POLYGON_CIRCUIT_BREAKER_TIMEOUT SCORING_STRATEGY
DISCOVERY_PIPELINE_ENABLED DISCOVERY_FREQUENCY_MINUTES PREMARKET_DISCOVERY_ENABLED
AFTERHOURS_DISCOVERY_ENABLED SESSION_THRESHOLD_OVERRIDES AB_TESTING_ENABLED AB_TESTING_TRAFFIC_SPLIT
AB_TESTING_EXPERIMENT_DURATION_DAYS MAX_DISCOVERY_LATENCY_SECONDS MAX_CANDIDATES_PER_DISCOVERY
EMERGENCY_FALLBACK_ENABLED CIRCUIT_BREAKER_GLOBAL_ENABLED MARKET_DATA_STALENESS_MINUTES
SHORT_INTEREST_STALENESS_HOURS OPTIONS_DATA_STALENESS_HOURS NEWS_DATA_STALENESS_HOURS
REDIS_DISCOVERY_KEY_PREFIX REDIS_AB_TEST_KEY_PREFIX CACHE_TTL_DISCOVERY_SECONDS
CACHE_TTL_AB_RESULTS_SECONDS SLACK_WEBHOOK_URL SLACK_CHANNEL ALERT_THRESHOLD_ERROR_RATE
ALERT_THRESHOLD_LATENCY_MS PROMETHEUS_METRICS_ENABLED METRICS_EXPORT_INTERVAL_SECONDS
DISCOVERY_METRICS_RETENTION_DAYS MOCK_FINRA_DATA_ENABLED MOCK_ALPHA_VANTAGE_DATA_ENABLED
DEBUG_DISCOVERY_PIPELINE SHADOW_TESTING_ENABLED DEV_DISCOVERY_FREQUENCY_MINUTES DEV_MAX_CANDIDATES
DEV_CIRCUIT_BREAKER_DISABLED DATABASE_URL REDIS_URL API_KEY_ENCRYPTION_KEY
"""
_DESIGN_VARIABLES = """
AMC_PLAN AMC_ENV AMC_LAKE_URL AMC_EXECUTOR AMC_YAHOO_OPTIONS FINRA_CDN_BASE_URL POLYGON_BASE_URL
NASDAQ_BASE_URL AMC_CONTACT AMC_HOME AMC_FIRST_SESSION AMC_SIMULATION_SEED AMC_ALLOW_BIASED_FLOAT FINRA_CLIENT_ID
FINRA_CLIENT_SECRET FINRA_TOKEN_URL NASDAQ_API_BASE_URL NYSE_BASE_URL SEC_BASE_URL SEC_DATA_BASE_URL TREASURY_BASE_URL
GLOBENEWSWIRE_BASE_URL PRNEWSWIRE_BASE_URL YAHOO_FEEDS_BASE_URL
"""
# Packages, tables, columns, indexes, jobs, alerts, components, files.
_BRIEF_ITEMS = """
numpy pandas scipy aiohttp httpx tenacity asyncio-throttle beautifulsoup4 lxml textblob feedparser
yfinance TA-Lib alpaca-trade-api polygon-api-client pybreaker prometheus-client structlog redis asyncpg
pytz APScheduler statsmodels recharts react-query provider_api_calls detector_performance
ab_testing_experiments ab_testing_results circuit_breaker_events discovery_audit_log id provider_name
endpoint request_timestamp response_time_ms status_code success error_message rate_limited
circuit_breaker_open discovery_run_id detector_name symbol raw_score confidence_score execution_time_ms
data_sources_used hard_gate_passed soft_gate_penalties created_at experiment_name start_date end_date
traffic_split success_metrics status metadata experiment_id strategy_name candidates_count
success_metrics_data user_agent_hash event_type trigger_reason failure_count event_timestamp
auto_recovery_at strategy_used session_type universe_size candidates_found total_execution_time_ms
provider_success_rates gate_failure_stats confidence_distribution idx_provider_timestamp
idx_provider_success idx_detector_performance idx_discovery_symbol idx_experiment_strategy
idx_experiment_timestamp idx_provider_events idx_discovery_strategy idx_discovery_session
finra_daily_short_volume finra_weekly_short_interest alpha_vantage_options_daily
iv_percentile_calculation discovery_cache_clear performance_metrics_aggregation circuit_breaker_reset
data_quality_health_check ab_test_analysis experiment_lifecycle data_cleanup provider_error_rate
discovery_latency ab_testing_anomaly data_staleness database finra_api alpha_vantage polygon
discovery_pipeline ab_testing render.yaml pip-audit validate_environment_variables
001_add_unified_discovery_tables.sql 001_rollback_unified_discovery.sql
"""

BRIEF_VARIABLES = _BRIEF_VARIABLES.split()
DESIGN_VARIABLES = _DESIGN_VARIABLES.split()
BRIEF_ITEMS = _BRIEF_ITEMS.split()

# The brief's own values of its samples, as the environment would hold them.
BRIEF_SAMPLES = {
    "FINRA_API_BASE_URL": "https://api.finra.org/data/group/otcMarket/name",
    "FINRA_API_RATE_LIMIT": "60",
    "FINRA_CIRCUIT_BREAKER_THRESHOLD": "3",
    "FINRA_CIRCUIT_BREAKER_TIMEOUT": "300",
    "ALPHA_VANTAGE_BASE_URL": "https://www.alphavantage.co/query",
    "ALPHA_VANTAGE_RATE_LIMIT": "5",
    "ALPHA_VANTAGE_CIRCUIT_BREAKER_THRESHOLD": "2",
    "ALPHA_VANTAGE_CIRCUIT_BREAKER_TIMEOUT": "180",
    "POLYGON_RATE_LIMIT": "100",
    "POLYGON_CIRCUIT_BREAKER_THRESHOLD": "5",
    "POLYGON_CIRCUIT_BREAKER_TIMEOUT": "120",
    "SCORING_STRATEGY": "unified_detectors",
    "DISCOVERY_PIPELINE_ENABLED": "true",
    "DISCOVERY_FREQUENCY_MINUTES": "15",
    "PREMARKET_DISCOVERY_ENABLED": "true",
    "AFTERHOURS_DISCOVERY_ENABLED": "true",
    "SESSION_THRESHOLD_OVERRIDES": "true",
    "AB_TESTING_ENABLED": "true",
    "AB_TESTING_TRAFFIC_SPLIT": '{"legacy_v0": 20, "unified_detectors": 80}',
    "AB_TESTING_EXPERIMENT_DURATION_DAYS": "14",
    "MAX_DISCOVERY_LATENCY_SECONDS": "30",
    "MAX_CANDIDATES_PER_DISCOVERY": "100",
    "EMERGENCY_FALLBACK_ENABLED": "true",
    "CIRCUIT_BREAKER_GLOBAL_ENABLED": "true",
    "MARKET_DATA_STALENESS_MINUTES": "15",
    "SHORT_INTEREST_STALENESS_HOURS": "48",
    "OPTIONS_DATA_STALENESS_HOURS": "24",
    "NEWS_DATA_STALENESS_HOURS": "6",
    "REDIS_DISCOVERY_KEY_PREFIX": "amc:discovery:unified",
    "REDIS_AB_TEST_KEY_PREFIX": "amc:ab_test",
    "CACHE_TTL_DISCOVERY_SECONDS": "900",
    "CACHE_TTL_AB_RESULTS_SECONDS": "3600",
    "SLACK_CHANNEL": "#amc-trader-alerts",
    "ALERT_THRESHOLD_ERROR_RATE": "0.10",
    "ALERT_THRESHOLD_LATENCY_MS": "30000",
    "PROMETHEUS_METRICS_ENABLED": "true",
    "METRICS_EXPORT_INTERVAL_SECONDS": "60",
    "DISCOVERY_METRICS_RETENTION_DAYS": "30",
    "MOCK_FINRA_DATA_ENABLED": "false",
    "MOCK_ALPHA_VANTAGE_DATA_ENABLED": "false",
    "DEBUG_DISCOVERY_PIPELINE": "false",
    "SHADOW_TESTING_ENABLED": "true",
    "DEV_DISCOVERY_FREQUENCY_MINUTES": "5",
    "DEV_MAX_CANDIDATES": "10",
    "DEV_CIRCUIT_BREAKER_DISABLED": "true",
}
