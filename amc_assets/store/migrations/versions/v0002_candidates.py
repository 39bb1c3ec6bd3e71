"""Create the table of the candidates that discovery runs found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table and its indexes."""
    op.create_table(
        "candidates",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("discovery_run_id", sa.Uuid, nullable=False),
        sa.Column("trade_date", sa.Date, nullable=False),
        sa.Column("session", sa.String(20), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("strategy", sa.String(50), nullable=False),
        sa.Column("symbol", sa.String(10), nullable=False),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("score", sa.Double, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("ranking_score", sa.Double, nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("is_simulated", sa.Boolean, nullable=False),
        sa.Column("explanation", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        sa.UniqueConstraint("discovery_run_id", "strategy", "symbol", name="uq_candidates"),
        sa.CheckConstraint("session IN ('premarket', 'regular', 'afterhours')", name="ck_candidates_session"),
        sa.CheckConstraint("rank >= 1", name="ck_candidates_rank"),
    )
    op.create_index("idx_candidates_day", "candidates", ["trade_date", "strategy"])
    op.create_index("idx_candidates_created", "candidates", ["created_at"])


def downgrade() -> None:
    """Drop what upgrade created."""
    op.drop_table("candidates")
