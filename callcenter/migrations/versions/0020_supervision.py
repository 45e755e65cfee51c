"""Alarms, thresholds of the board, who serves which queue today, and who listened in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NOTHING, NONE = sa.text("0"), sa.text("'[]'")


def upgrade() -> None:
    _memberships()
    op.create_table(
        "thresholds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("queue", sa.Text, nullable=False, server_default=""),
        sa.Column("metric", sa.String(32), nullable=False),
        sa.Column("watch", sa.Double),
        sa.Column("bad", sa.Double),
        sa.Column("alarm", sa.String(8)),
        sa.Column("lasting", sa.Double, nullable=False, server_default=NOTHING),
        sa.Column("mail_to", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
        sa.UniqueConstraint("queue", "metric"),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("queue", sa.Text, nullable=False, server_default=""),
        sa.Column("metric", sa.String(32), nullable=False),
        sa.Column("level", sa.String(8), nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("raised_at", Instant, nullable=False),
        sa.Column("cleared_at", Instant, index=True),
        sa.Column("acknowledged_at", Instant),
        sa.Column("acknowledged_by", sa.Integer),
        sa.Index("ix_alarms_raised_at_id", "raised_at", "id"),
    )
    _uses()


def _memberships() -> None:
    op.create_table(
        "memberships_today",
        sa.Column(
            "agent_id", sa.Integer, sa.ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column(
            "queue_id",
            sa.Integer,
            sa.ForeignKey("queues.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sa.Column("member", sa.Boolean, nullable=False),
        sa.Column("until", Instant, nullable=False),
        sa.Column("by_user", sa.Integer),
        sa.Column("at", Instant, nullable=False),
    )


def _uses() -> None:
    op.create_table(
        "monitor_uses",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("monitor", EventId, nullable=False),
        sa.Column("user_id", sa.Integer, nullable=False),
        sa.Column("agent_id", sa.Integer, nullable=False, index=True),
        sa.Column("interaction_id", EventId, nullable=False, index=True),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("estimated", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Index("ix_monitor_uses_started_at_id", "started_at", "id"),
    )


def downgrade() -> None:
    for table in ("monitor_uses", "alarms", "thresholds", "memberships_today"):
        op.drop_table(table)
