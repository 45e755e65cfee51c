"""What people work tickets with: files, canned answers, macros, views, drafts, feedback, mail."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _kept("canned_responses", sa.Column("body", sa.Text, nullable=False), _short("shortcut", 32))
    _kept("ticket_macros", sa.Column("steps", sa.JSON, nullable=False), _short("key", 1))
    _kept(
        "ticket_views",
        sa.Column("filter", sa.JSON, nullable=False),
        sa.Column("sort", sa.String(24), nullable=False),
        sa.Column("place", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    _attachments()
    _tags()
    _drafts()
    _feedback()
    _mails()
    _ticket_queues()


def downgrade() -> None:
    for table in (
        *("ticket_capacity", "ticket_queue_agents", "ticket_queues", "mails", "ticket_feedback"),
        *("ticket_drafts", "ticket_tags", "ticket_attachments", "ticket_views", "ticket_macros"),
        "canned_responses",
    ):
        op.drop_table(table)


def _short(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length))


def _user(name: str, *, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"), index=index)


def _ticket(*, primary_key: bool = False, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(
        "ticket_id",
        sa.Integer,
        sa.ForeignKey("tickets.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=nullable,
        index=not primary_key,
    )


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1"))


def _kept(table: str, *columns: sa.Column[Any]) -> None:
    op.create_table(
        table,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("sharing", sa.String(16), nullable=False),
        _user("owner_id", index=True),
        sa.Column(
            "team_id", sa.Integer, sa.ForeignKey("teams.id", ondelete="SET NULL"), index=True
        ),
        sa.Column("updated_at", Instant, nullable=False),
        _version(),
        *columns,
    )


def _attachments() -> None:
    op.create_table(
        "ticket_attachments",
        sa.Column("id", EventId, primary_key=True),
        _ticket(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("media_type", sa.String(127), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        _user("uploaded_by"),
        sa.Column("uploaded_at", Instant, nullable=False),
    )


def _tags() -> None:
    op.create_table(
        "ticket_tags",
        _ticket(primary_key=True),
        sa.Column("tag_key", sa.String(64), primary_key=True, index=True),
        sa.Column("tag", sa.String(64), nullable=False),
    )


def _drafts() -> None:
    op.create_table(
        "ticket_drafts",
        _ticket(primary_key=True),
        sa.Column(
            "user_id",
            sa.Integer,
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("internal", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("ticket_version", sa.Integer, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        _version(),
    )


def _feedback() -> None:
    op.create_table(
        "ticket_feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        _ticket(),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("made_at", Instant, nullable=False),
        _user("made_by"),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("used_at", Instant, index=True),
        sa.Column("score", sa.Integer),
        sa.Column("comment", sa.Text),
        sa.Column("agent_id", sa.Integer),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
    )


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(24), nullable=False),
        _ticket(nullable=True),
        sa.Column("message_id", sa.String(64), nullable=False, unique=True),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("sent_at", Instant),
        sa.Column("error", sa.Text),
    )
    op.create_index("ix_mails_state_next_at", "mails", ["state", "next_at"])
    op.create_index("ix_mails_created_at_id", "mails", ["created_at", "id"])


def _ticket_queues() -> None:
    op.create_table(
        "ticket_queues",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(64), nullable=False, unique=True),
        sa.Column("label", sa.Text, nullable=False, server_default=""),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("weight", sa.Double, nullable=False, server_default=sa.text("1.0")),
        sa.Column("strategy", sa.String(64), nullable=False, server_default="longest_idle"),
        sa.Column("required", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("preferred", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("categories", sa.JSON, nullable=False, server_default="[]"),
    )
    op.create_table(
        "ticket_queue_agents",
        sa.Column(
            "queue_id",
            sa.Integer,
            sa.ForeignKey("ticket_queues.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        _agent(primary_key=True, index=True),
    )
    op.create_table(
        "ticket_capacity",
        _agent(primary_key=True),
        sa.Column("tickets", sa.Integer, nullable=False),
    )


def _agent(*, primary_key: bool, index: bool = False) -> sa.Column[int]:
    return sa.Column(
        "agent_id",
        sa.Integer,
        sa.ForeignKey("agents.id", ondelete="CASCADE"),
        primary_key=primary_key,
        index=index or None,
    )
