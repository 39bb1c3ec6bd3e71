"""The tables of the operational database as they are after the newest migration (SQLAlchemy Core).

Migrations are written out by hand and never import this file; a test compares the two on both databases. Every
column is described in docs/database.md. The brief's column names are kept, `metadata` among them. The schema is that of
PostgreSQL; an engine on SQLite leaves it away.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    false,
    func,
)

from amc_assets.store.schema import SCHEMA
from amc_assets.store.types import (
    Count,
    ExchangeDate,
    Flag,
    Label,
    SafeText,
    UnitInterval,
    UnitInterval4,
    UtcInstant,
    json_type,
    text_list_type,
)

metadata = MetaData(schema=SCHEMA)

SESSIONS = ("premarket", "regular", "afterhours")
RUN_STATUSES = ("running", "succeeded", "empty", "degraded", "failed")
BREAKER_EVENTS = ("OPENED", "CLOSED", "HALF_OPENED")
TEXT_LIMIT = 2_000


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("is_simulated", Flag, nullable=False),
    Column("claimed_at", UtcInstant, nullable=False, server_default=func.now()),
    CheckConstraint("id = 1", name="ck_installation_single_row"),
)

provider_api_calls = Table(
    "provider_api_calls",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("provider_name", Label(50), nullable=False),
    Column("endpoint", SafeText(255, varchar=True), nullable=False),
    Column("request_timestamp", UtcInstant, nullable=False, server_default=func.now()),
    Column("response_time_ms", Count),
    Column("status_code", Count),
    Column("success", Flag, nullable=False),
    Column("error_message", SafeText(TEXT_LIMIT)),
    Column("rate_limited", Flag, nullable=False, server_default=false()),
    Column("circuit_breaker_open", Flag, nullable=False, server_default=false()),
    Index("idx_provider_timestamp", "provider_name", "request_timestamp"),
    Index("idx_provider_success", "provider_name", "success", "request_timestamp"),
)

detector_performance = Table(
    "detector_performance",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("discovery_run_id", Uuid, nullable=False),
    Column("detector_name", Label(50), nullable=False),
    Column("symbol", Label(10), nullable=False),
    Column("raw_score", UnitInterval4),
    Column("confidence_score", UnitInterval4),
    Column("execution_time_ms", Count),
    Column("data_sources_used", text_list_type()),
    Column("hard_gate_passed", Flag),
    Column("soft_gate_penalties", json_type()),
    Column("created_at", UtcInstant, nullable=False, server_default=func.now()),
    UniqueConstraint("discovery_run_id", "symbol", "detector_name", name="uq_detector_performance"),
    Index("idx_detector_performance", "detector_name", "created_at"),
    Index("idx_discovery_symbol", "discovery_run_id", "symbol"),
)

circuit_breaker_events = Table(
    "circuit_breaker_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("provider_name", Label(50), nullable=False),
    Column("event_type", Label(20), nullable=False),
    Column("trigger_reason", SafeText(TEXT_LIMIT)),
    Column("failure_count", Count),
    Column("event_timestamp", UtcInstant, nullable=False, server_default=func.now()),
    Column("auto_recovery_at", UtcInstant),
    CheckConstraint(_one_of("event_type", BREAKER_EVENTS), name="ck_breaker_event_type"),
    Index("idx_provider_events", "provider_name", "event_timestamp"),
)

discovery_audit_log = Table(
    "discovery_audit_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("discovery_run_id", Uuid, nullable=False),
    Column("strategy_used", Label(50), nullable=False),
    Column("session_type", Label(20), nullable=False),
    Column("trade_date", ExchangeDate, nullable=False),
    Column("as_of", UtcInstant, nullable=False),
    Column("snapshot_hash", Label(64)),
    Column("calibration_hash", Label(64), nullable=False),
    Column("is_simulated", Flag, nullable=False),
    Column("status", Label(20), nullable=False),
    Column("reason", SafeText(TEXT_LIMIT)),
    Column("universe_size", Count),
    Column("candidates_found", Count),
    Column("total_execution_time_ms", Count),
    Column("provider_success_rates", json_type()),
    Column("gate_failure_stats", json_type()),
    Column("confidence_distribution", json_type()),
    Column("metadata", json_type()),
    Column("started_at", UtcInstant, nullable=False),
    Column("finished_at", UtcInstant),
    Column("created_at", UtcInstant, nullable=False, server_default=func.now()),
    UniqueConstraint("discovery_run_id", name="uq_discovery_run"),
    CheckConstraint(_one_of("session_type", SESSIONS), name="ck_discovery_session"),
    CheckConstraint(_one_of("status", RUN_STATUSES), name="ck_discovery_status"),
    # The brief's NOT NULL counts hold for every run that got as far as counting; a running or failed one has not.
    CheckConstraint(
        "status IN ('running', 'failed') OR (universe_size IS NOT NULL AND candidates_found IS NOT NULL)",
        name="ck_discovery_counts",
    ),
    CheckConstraint(
        "status = 'running' OR (finished_at IS NOT NULL AND total_execution_time_ms IS NOT NULL)",
        name="ck_discovery_closed",
    ),
    CheckConstraint("status IN ('running', 'succeeded') OR reason IS NOT NULL", name="ck_discovery_reason"),
    Index("idx_discovery_strategy", "strategy_used", "created_at"),
    Index("idx_discovery_session", "session_type", "created_at"),
    Index("idx_discovery_started", "strategy_used", "started_at"),
    Index("idx_discovery_status", "status", "started_at"),
    Index("idx_discovery_day", "trade_date", "strategy_used"),
)

candidates = Table(
    "candidates",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("discovery_run_id", Uuid, nullable=False),
    Column("trade_date", ExchangeDate, nullable=False),
    Column("session", Label(20), nullable=False),
    Column("as_of", UtcInstant, nullable=False),
    Column("strategy", Label(50), nullable=False),
    Column("symbol", Label(10), nullable=False),
    Column("rank", Count, nullable=False),
    Column("score", UnitInterval, nullable=False),
    Column("confidence", UnitInterval, nullable=False),
    Column("ranking_score", UnitInterval, nullable=False),
    Column("action", Label(20), nullable=False),
    Column("is_simulated", Flag, nullable=False),
    Column("explanation", json_type(), nullable=False),
    Column("created_at", UtcInstant, nullable=False, server_default=func.now()),
    UniqueConstraint("discovery_run_id", "strategy", "symbol", name="uq_candidates"),
    CheckConstraint(_one_of("session", SESSIONS), name="ck_candidates_session"),
    CheckConstraint("rank >= 1", name="ck_candidates_rank"),
    Index("idx_candidates_day", "trade_date", "strategy"),
    Index("idx_candidates_created", "created_at"),
)

# Written with SQL by amc_assets.providers.road.postgres_state, on PostgreSQL only: machines on SQLite have a file.
shared_state = Table(
    "shared_state",
    metadata,
    Column("key", Label(100), primary_key=True),
    Column("document", Text, nullable=False),
    Column("written_at", UtcInstant, nullable=False, server_default=func.now()),
)
