"""Interactions, legs, segments, offers, transfers, gaps; agents, their phones and the queues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NEWEST_FIRST = (
    "transfers",
    "offers",
    "segments",
    "legs",
    "agent_interfaces",
    "queues",
    "agents",
    "gaps",
)


def upgrade() -> None:
    _interactions()
    _legs()
    _segments()
    _offers_and_transfers()
    _gaps()
    _agents_and_queues()


def downgrade() -> None:
    for table in (*NEWEST_FIRST, "interactions"):
        op.drop_table(table)


def _interaction_id() -> sa.Column[str]:
    return sa.Column(
        "interaction_id", EventId, sa.ForeignKey("interactions.id"), nullable=False, index=True
    )


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _open_index(table: str, where: str) -> None:
    op.create_index(
        f"ix_{table}_open",
        table,
        ["pbx"],
        postgresql_where=sa.text(where),
        sqlite_where=sa.text(where),
    )


def _interactions() -> None:
    op.create_table(
        "interactions",
        sa.Column("id", EventId, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("direction", sa.String(16)),
        sa.Column("caller_number", sa.Text),
        sa.Column("caller_name", sa.Text),
        sa.Column("caller_e164", sa.Text, index=True),
        sa.Column("caller_interface", sa.Text),
        sa.Column("dialled", sa.Text),
        sa.Column("customer_id", sa.Integer),
        sa.Column("picked_customer_id", sa.Integer),
        sa.Column("started_at", Instant, index=True),
        sa.Column("answered_at", Instant),
        sa.Column("ended_at", Instant),
        _flag("answered"),
        sa.Column("end_reason", sa.String(16)),
        sa.Column("end_by", sa.String(16)),
        sa.Column("cause", sa.Integer),
        _flag("estimated"),
        _flag("incomplete"),
        _flag("adopted"),
        sa.Column("merged_into", EventId, index=True),
    )
    _open_index("interactions", "end_reason IS NULL")
    op.create_index(
        "ix_interactions_customer_id_started_at", "interactions", ["customer_id", "started_at"]
    )


def _legs() -> None:
    op.create_table(
        "legs",
        sa.Column("id", EventId, primary_key=True),
        _interaction_id(),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("boot", sa.Text, nullable=False),
        sa.Column("uniqueid", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("interface", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("started_at", Instant),
        sa.Column("answered_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("cause", sa.Integer),
        _flag("ended"),
        _flag("estimated"),
        sa.UniqueConstraint("pbx", "boot", "uniqueid"),
    )
    _open_index("legs", "NOT ended")


def _segments() -> None:
    op.create_table(
        "segments",
        sa.Column("id", EventId, primary_key=True),
        _interaction_id(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("queue", sa.Text),
        sa.Column("entry_id", EventId),
        sa.Column("leg_id", EventId),
        sa.Column("interface", sa.Text),
        sa.Column("number", sa.Text),
        sa.Column("other_leg_id", EventId),
        sa.Column("other_interface", sa.Text),
        sa.Column("other_number", sa.Text),
        sa.Column("position", sa.Integer),
        sa.Column("threshold", sa.Double),
        sa.Column("started_at", Instant, index=True),
        sa.Column("ended_at", Instant),
        _flag("ended"),
        sa.Column("seconds", sa.Double),
        sa.Column("exit", sa.String(16)),
    )
    op.create_index(
        "ix_segments_kind_queue_started_at", "segments", ["kind", "queue", "started_at"]
    )


def _offers_and_transfers() -> None:
    op.create_table(
        "offers",
        sa.Column("id", EventId, primary_key=True),
        _interaction_id(),
        sa.Column("queue", sa.Text),
        sa.Column("entry_id", EventId),
        sa.Column("leg_id", EventId),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("interface", sa.Text, nullable=False),
        sa.Column("number", sa.Text),
        sa.Column("started_at", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("result", sa.String(24)),
        sa.Column("rang", sa.Double),
    )
    op.create_index("ix_offers_interface_started_at", "offers", ["interface", "started_at"])
    op.create_table(
        "transfers",
        sa.Column("id", EventId, primary_key=True),
        _interaction_id(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("moved", sa.Text),
        sa.Column("to", sa.Text),
        sa.Column("result", sa.String(24), nullable=False),
        sa.Column("at", Instant),
    )


def _gaps() -> None:
    op.create_table(
        "gaps",
        sa.Column("id", EventId, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False, index=True),
        sa.Column("began_at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
    )


def _agents_and_queues() -> None:
    op.create_table(
        "agents",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    op.create_table(
        "agent_interfaces",
        sa.Column("pbx", sa.Text, primary_key=True),
        sa.Column("interface", sa.Text, primary_key=True),
        sa.Column(
            "agent_id",
            sa.Integer,
            sa.ForeignKey("agents.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
    op.create_table(
        "queues",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("service_level", sa.Double, nullable=False, server_default=sa.text("20.0")),
        sa.Column("short_abandon", sa.Double, nullable=False, server_default=sa.text("5.0")),
        sa.UniqueConstraint("pbx", "name"),
    )
