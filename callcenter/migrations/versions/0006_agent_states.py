"""What each agent does now, so that it survives a restart, and all they did, for the reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_states",
        sa.Column(
            "agent_id", sa.Integer, sa.ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("since", Instant, nullable=False),
        sa.Column("idle_since", Instant),
        sa.Column("interface", sa.Text),
        sa.Column("pending", sa.String(16)),
        sa.Column("misses", sa.Integer, nullable=False),
        sa.Column("interaction_id", EventId),
        sa.Column("queue", sa.Text),
        sa.Column("until", Instant),
        sa.Column("watched", sa.Boolean, nullable=False),
    )
    op.create_table(
        "agent_state_log",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("agent_id", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False),
        sa.Column("interaction_id", EventId),
        sa.Column("asked", sa.String(16)),
        sa.Column("user_id", sa.Integer),
    )
    op.create_index("ix_agent_state_log_agent_id_at", "agent_state_log", ["agent_id", "at"])
    op.create_index("ix_agent_state_log_at", "agent_state_log", ["at"])


def downgrade() -> None:
    op.drop_table("agent_state_log")
    op.drop_table("agent_states")
