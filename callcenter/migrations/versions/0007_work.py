"""What is owed to callers and how contacts came out: missed work, callbacks, decisions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = sa.text("done_at IS NULL")
ACTIVE = sa.text("state IN ('waiting', 'offered', 'dialling')")


def upgrade() -> None:
    _missed()
    _callbacks()
    _attempts()
    _decisions()
    _outcomes()


def downgrade() -> None:
    for table in (
        "satisfaction",
        "interaction_dispositions",
        "decisions",
        "callback_attempts",
        "callbacks",
        "missed_tries",
        "missed_work",
    ):
        op.drop_table(table)


def _user(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"))


def _agent(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("agents.id", ondelete="SET NULL"))


def _partial(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=True, postgresql_where=where, sqlite_where=where)


def _missed() -> None:
    op.create_table(
        "missed_work",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("contact", sa.Text),
        sa.Column("number", sa.Text),
        sa.Column("name", sa.Text),
        sa.Column("queue", sa.Text),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("short", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("interaction_id", EventId, nullable=False),
        sa.Column("first_at", Instant, nullable=False),
        sa.Column("last_at", Instant, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        _user("claimed_by"),
        sa.Column("claimed_at", Instant),
        sa.Column("done_at", Instant),
        _user("done_by"),
        sa.Column("reason", sa.String(64)),
        sa.Column("closed_by", EventId),
    )
    _partial("uq_missed_work_open", "missed_work", ["contact"], OPEN)
    op.create_index("ix_missed_work_done_at_last_at", "missed_work", ["done_at", "last_at"])
    op.create_table(
        "missed_tries",
        sa.Column("interaction_id", EventId, primary_key=True),
        sa.Column(
            "work_id",
            sa.Integer,
            sa.ForeignKey("missed_work.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("at", Instant, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("queue", sa.Text),
        sa.Column("dialled", sa.Text),
        sa.Column("waited", sa.Double),
        sa.Column("short", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def _callbacks() -> None:
    op.create_table(
        "callbacks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("contact", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("joined_at", Instant, nullable=False),
        sa.Column("priority", sa.Double, nullable=False, server_default=sa.text("0.0")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("requested_by", sa.String(16), nullable=False),
        _user("created_by"),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("interaction_id", EventId, index=True),
        sa.Column("customer_id", sa.Integer),
        sa.Column("note", sa.Text),
        _agent("wished_agent"),
        sa.Column("scheduled_at", Instant),
        sa.Column("window_from", sa.Integer),
        sa.Column("window_to", sa.Integer),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        _agent("agent_id"),
        sa.Column("offered_at", Instant),
        sa.Column("done_at", Instant),
        _user("done_by"),
        sa.Column("result", sa.String(24)),
        sa.Column("closed_by", EventId),
    )
    _partial("uq_callbacks_active", "callbacks", ["contact", "queue"], ACTIVE)
    op.create_index("ix_callbacks_state_next_at", "callbacks", ["state", "next_at"])
    op.create_index("ix_callbacks_done_at", "callbacks", ["done_at"])


def _attempts() -> None:
    op.create_table(
        "callback_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "callback_id",
            sa.Integer,
            sa.ForeignKey("callbacks.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer, nullable=False),
        _agent("agent_id"),
        sa.Column("at", Instant, nullable=False),
        sa.Column("ended_at", Instant),
        sa.Column("result", sa.String(24)),
        sa.Column("interaction_id", EventId),
        sa.UniqueConstraint("callback_id", "number"),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", EventId, primary_key=True),
        sa.Column("interaction_id", EventId, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("step", sa.String(64), nullable=False),
        sa.Column("outcome", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(64), nullable=False),
        sa.Column("facts", sa.JSON, nullable=False),
    )
    op.create_index("ix_decisions_interaction_id_at", "decisions", ["interaction_id", "at"])


def _outcomes() -> None:
    op.create_table(
        "interaction_dispositions",
        sa.Column("interaction_id", EventId, primary_key=True),
        sa.Column(
            "agent_id",
            sa.Integer,
            sa.ForeignKey("agents.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("disposition", sa.String(64), nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("at", Instant, nullable=False),
    )
    op.create_table(
        "satisfaction",
        sa.Column("interaction_id", EventId, primary_key=True),
        sa.Column("agent_id", sa.Integer),
        sa.Column("queue", sa.Text),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
    )
    op.create_index("ix_satisfaction_at", "satisfaction", ["at"])
