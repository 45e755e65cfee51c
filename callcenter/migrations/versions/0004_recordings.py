"""Recordings, and who listened to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _recordings()
    _access()


def downgrade() -> None:
    op.drop_table("recording_access")
    op.drop_table("recordings")


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("id", EventId, primary_key=True),
        sa.Column("interaction_id", EventId, index=True),
        sa.Column("leg_id", EventId),
        sa.Column("agent_id", sa.Integer),
        sa.Column("customer_id", sa.Integer, index=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("channel", sa.Text),
        sa.Column("file", sa.Text, index=True),
        sa.Column("started_at", Instant),
        sa.Column("stopped_at", Instant),
        sa.Column("seconds", sa.Double),
        sa.Column("size", sa.BigInteger),
        sa.Column("channels", sa.Integer),
        sa.Column("codec", sa.String(32)),
        sa.Column("status", sa.String(16), nullable=False, server_default=sa.text("'pending'")),
        sa.Column("problem", sa.Text),
        sa.Column("peaks", sa.LargeBinary),
    )
    for key in ("status", "agent_id"):
        op.create_index(f"ix_recordings_{key}_started_at", "recordings", [key, "started_at"])


def _access() -> None:
    op.create_table(
        "recording_access",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column(
            "user_id",
            sa.Integer,
            sa.ForeignKey("users.id", ondelete="SET NULL"),
            index=True,
        ),
        sa.Column("recording_id", EventId, nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
    )
    op.create_index(
        "ix_recording_access_recording_id_at", "recording_access", ["recording_id", "at"]
    )
