"""Webhooks and helpdesks, what waits to be delivered, what could not be, and pages that open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

EMPTY, WAITING = sa.text("'[]'"), sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("format", sa.String(8), nullable=False),
        sa.Column("events", sa.JSON, nullable=False, server_default=EMPTY),
        sa.Column("internal", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("secret", sa.Text),
        sa.Column("old_secret", sa.Text),
        sa.Column("old_until", Instant),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("off_reason", sa.String(16)),
        sa.Column("off_at", Instant),
        sa.Column("failing_since", Instant),
        sa.Column("succeeded_at", Instant),
        sa.Column("created_at", Instant, nullable=False),
    )
    _deliveries()
    op.create_table(
        "cti_calls",
        sa.Column("interaction_id", EventId, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("changed_at", Instant, nullable=False),
    )
    op.create_table(
        "url_pops",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("moment", sa.String(8), nullable=False),
        sa.Column("queues", sa.JSON, nullable=False, server_default=EMPTY),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    for table in ("url_pops", "cti_calls", "webhook_deliveries", "webhooks"):
        op.drop_table(table)


def _deliveries() -> None:
    table = "webhook_deliveries"
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "webhook_id",
            sa.Integer,
            sa.ForeignKey("webhooks.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("queued_at", Instant, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("done_at", Instant),
        sa.Column("status", sa.Integer),
        sa.Column("seconds", sa.Double),
        sa.Column("error", sa.Text),
        sa.Column("answer", sa.Text),
        sa.UniqueConstraint("webhook_id", "message_id"),
    )
    op.create_index(
        "ix_webhook_deliveries_waiting",
        table,
        ["webhook_id", "subject", "id"],
        postgresql_where=WAITING,
        sqlite_where=WAITING,
    )
    op.create_index("ix_webhook_deliveries_webhook_id_id", table, ["webhook_id", "id"])
    op.create_index("ix_webhook_deliveries_state_done_at", table, ["state", "done_at"])
