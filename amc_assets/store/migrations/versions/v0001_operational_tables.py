"""Create the tables of provider calls, breaker events, detector performance, discovery runs and the kind of data."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def _json() -> sa.types.TypeEngine[Any]:
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def _instant(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[Any]:
    default = sa.func.now() if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def upgrade() -> None:
    """Create the tables and their indexes."""
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        _instant("claimed_at", now=True),
        sa.CheckConstraint("id = 1", name="ck_installation_single_row"),
    )
    _create_provider_api_calls()
    _create_detector_performance()
    _create_circuit_breaker_events()
    _create_discovery_audit_log()


def downgrade() -> None:
    """Drop what upgrade created."""
    for table in (
        "discovery_audit_log",
        "circuit_breaker_events",
        "detector_performance",
        "provider_api_calls",
        "installation",
    ):
        op.drop_table(table)


def _create_provider_api_calls() -> None:
    op.create_table(
        "provider_api_calls",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("provider_name", sa.String(50), nullable=False),
        sa.Column("endpoint", sa.String(255), nullable=False),
        _instant("request_timestamp", now=True),
        sa.Column("response_time_ms", sa.Integer),
        sa.Column("status_code", sa.Integer),
        sa.Column("success", sa.Boolean, nullable=False),
        sa.Column("error_message", sa.Text),
        sa.Column("rate_limited", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("circuit_breaker_open", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("idx_provider_timestamp", "provider_api_calls", ["provider_name", "request_timestamp"])
    op.create_index("idx_provider_success", "provider_api_calls", ["provider_name", "success", "request_timestamp"])


def _create_detector_performance() -> None:
    op.create_table(
        "detector_performance",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("discovery_run_id", sa.Uuid, nullable=False),
        sa.Column("detector_name", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(10), nullable=False),
        sa.Column("raw_score", sa.Numeric(5, 4)),
        sa.Column("confidence_score", sa.Numeric(5, 4)),
        sa.Column("execution_time_ms", sa.Integer),
        sa.Column("data_sources_used", sa.JSON().with_variant(postgresql.ARRAY(sa.Text), "postgresql")),
        sa.Column("hard_gate_passed", sa.Boolean),
        sa.Column("soft_gate_penalties", _json()),
        _instant("created_at", now=True),
        sa.UniqueConstraint("discovery_run_id", "symbol", "detector_name", name="uq_detector_performance"),
    )
    op.create_index("idx_detector_performance", "detector_performance", ["detector_name", "created_at"])
    op.create_index("idx_discovery_symbol", "detector_performance", ["discovery_run_id", "symbol"])


def _create_circuit_breaker_events() -> None:
    op.create_table(
        "circuit_breaker_events",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("provider_name", sa.String(50), nullable=False),
        sa.Column("event_type", sa.String(20), nullable=False),
        sa.Column("trigger_reason", sa.Text),
        sa.Column("failure_count", sa.Integer),
        _instant("event_timestamp", now=True),
        _instant("auto_recovery_at", nullable=True),
        sa.CheckConstraint("event_type IN ('OPENED', 'CLOSED', 'HALF_OPENED')", name="ck_breaker_event_type"),
    )
    op.create_index("idx_provider_events", "circuit_breaker_events", ["provider_name", "event_timestamp"])


def _create_discovery_audit_log() -> None:
    op.create_table(
        "discovery_audit_log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("discovery_run_id", sa.Uuid, nullable=False),
        sa.Column("strategy_used", sa.String(50), nullable=False),
        sa.Column("session_type", sa.String(20), nullable=False),
        sa.Column("trade_date", sa.Date, nullable=False),
        _instant("as_of"),
        sa.Column("snapshot_hash", sa.String(64)),
        sa.Column("calibration_hash", sa.String(64), nullable=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("universe_size", sa.Integer),
        sa.Column("candidates_found", sa.Integer),
        sa.Column("total_execution_time_ms", sa.Integer),
        sa.Column("provider_success_rates", _json()),
        sa.Column("gate_failure_stats", _json()),
        sa.Column("confidence_distribution", _json()),
        sa.Column("metadata", _json()),
        _instant("started_at"),
        _instant("finished_at", nullable=True),
        _instant("created_at", now=True),
        *_audit_rules(),
    )
    for name, columns in {
        "idx_discovery_strategy": ["strategy_used", "created_at"],
        "idx_discovery_session": ["session_type", "created_at"],
        "idx_discovery_started": ["strategy_used", "started_at"],
        "idx_discovery_status": ["status", "started_at"],
        "idx_discovery_day": ["trade_date", "strategy_used"],
    }.items():
        op.create_index(name, "discovery_audit_log", columns)


def _audit_rules() -> list[sa.Constraint]:
    return [
        sa.UniqueConstraint("discovery_run_id", name="uq_discovery_run"),
        sa.CheckConstraint("session_type IN ('premarket', 'regular', 'afterhours')", name="ck_discovery_session"),
        sa.CheckConstraint(
            "status IN ('running', 'succeeded', 'empty', 'degraded', 'failed')", name="ck_discovery_status"
        ),
        sa.CheckConstraint(
            "status IN ('running', 'failed') OR (universe_size IS NOT NULL AND candidates_found IS NOT NULL)",
            name="ck_discovery_counts",
        ),
        sa.CheckConstraint(
            "status = 'running' OR (finished_at IS NOT NULL AND total_execution_time_ms IS NOT NULL)",
            name="ck_discovery_closed",
        ),
        sa.CheckConstraint("status IN ('running', 'succeeded') OR reason IS NOT NULL", name="ck_discovery_reason"),
    ]
