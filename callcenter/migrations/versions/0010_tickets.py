"""The life of a ticket: categories, deadlines, events, links and watchers."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

NOT_DONE = sa.text("done_at IS NULL")
TO_RECOUNT = sa.text("recount")
NEVER = {"sqlite": "32503680000.0", "postgresql": "'3000-01-01 00:00:00+00'"}
NEWEST_FIRST = (
    "ticket_settings",
    "ticket_assignment_rules",
    "sla_policies",
    "ticket_categories",
    "ticket_notices",
    "ticket_escalations",
    "ticket_watchers",
    "ticket_links",
    "ticket_messages",
    "ticket_events",
)
INDEXES = (
    ("owner_id", "created_at", "id"),
    ("team_id", "created_at", "id"),
    ("category_id", "created_at", "id"),
    ("updated_at", "id"),
    ("next_due", "id"),
    ("priority", "id"),
    ("wake_at",),
    ("merged_into",),
)


def upgrade() -> None:
    for column in _columns():
        op.add_column("tickets", column)
    for columns in INDEXES:
        op.create_index(_index(columns), "tickets", list(columns))
    request = ("created_by", "request_key")
    op.create_index(_index(request), "tickets", list(request), unique=True)
    op.create_index(
        "ix_tickets_recount",
        "tickets",
        ["id"],
        postgresql_where=TO_RECOUNT,
        sqlite_where=TO_RECOUNT,
    )
    _owners()
    _happenings()
    _messages()
    _people()
    _escalations()
    _categories()
    _rules()


def downgrade() -> None:
    for table in NEWEST_FIRST:
        op.drop_table(table)
    op.drop_index("ix_tickets_recount", "tickets")
    for columns in (*INDEXES, ("created_by", "request_key")):
        op.drop_index(_index(columns), "tickets")
    for column in reversed(_columns()):
        op.drop_column("tickets", column.name)


def _index(columns: tuple[str, ...]) -> str:
    return f"ix_tickets_{'_'.join(columns)}"


def _columns() -> list[sa.Column[Any]]:
    never = sa.text(NEVER[op.get_bind().dialect.name])
    return [
        sa.Column("description", sa.Text),
        sa.Column("source", sa.String(16), nullable=False, server_default="agent"),
        _count("priority", "2"),
        sa.Column("category_id", sa.Integer),
        sa.Column("fields", sa.JSON),
        sa.Column("team_id", sa.Integer),
        sa.Column("solution", sa.Text),
        sa.Column("resolved_at", Instant),
        sa.Column("archived_at", Instant),
        _count("reopened", "0"),
        sa.Column("pending_reason", sa.Text),
        sa.Column("wake_at", Instant),
        sa.Column("merged_into", sa.Integer),
        sa.Column("agreement", sa.JSON),
        sa.Column("holds", sa.JSON),
        sa.Column("responded_at", Instant),
        sa.Column("touched_at", Instant),
        _count("touches", "0"),
        sa.Column("respond_due", Instant),
        sa.Column("update_due", Instant),
        sa.Column("resolve_due", Instant),
        sa.Column("next_due", Instant, nullable=False, server_default=never),
        _flag("recount", False),
        sa.Column("request_key", sa.String(64)),
        sa.Column("request_digest", sa.String(64)),
    ]


def _count(name: str, default: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=sa.text(default))


def _flag(name: str, default: bool | None = None) -> sa.Column[bool]:
    value = {None: None, True: sa.true(), False: sa.false()}[default]
    return sa.Column(name, sa.Boolean, nullable=False, server_default=value)


def _user(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"))


def _ticket(name: str = "ticket_id", *, key: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(
        name,
        sa.Integer,
        sa.ForeignKey("tickets.id", ondelete="CASCADE"),
        nullable=False,
        primary_key=key,
        index=index,
    )


def _owners() -> None:
    """What is new has no owner, and what is being worked on has one."""
    tickets = sa.table(
        "tickets",
        sa.column("status"),
        sa.column("owner_id"),
        sa.column("created_by"),
        sa.column("resolved_at"),
        sa.column("updated_at"),
    )
    owned = ("assigned", "in_progress", "pending")
    unowned = tickets.update().where(tickets.c.owner_id.is_(None))
    op.execute(
        unowned.where(tickets.c.status.in_(owned), tickets.c.created_by.is_not(None)).values(
            owner_id=tickets.c.created_by
        )
    )
    op.execute(unowned.where(tickets.c.status.in_(owned)).values(status="new"))
    op.execute(
        tickets.update()
        .where(tickets.c.status == "new", tickets.c.owner_id.is_not(None))
        .values(status="assigned")
    )
    op.execute(
        tickets.update()
        .where(tickets.c.status.in_(("resolved", "feedback", "archived")))
        .values(resolved_at=tickets.c.updated_at)
    )


def _happenings() -> None:
    op.create_table(
        "ticket_events",
        sa.Column("id", sa.Integer, primary_key=True),
        _ticket(),
        sa.Column("at", Instant, nullable=False),
        sa.Column("actor", sa.String(16), nullable=False),
        sa.Column("actor_id", sa.Integer),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("data", sa.JSON),
    )
    op.create_index("ix_ticket_events_ticket_id_id", "ticket_events", ["ticket_id", "id"])
    op.execute(
        "INSERT INTO ticket_events (ticket_id, at, actor, actor_id, kind, version) "
        "SELECT id, created_at, 'user', created_by, 'created', version FROM tickets"
    )


def _messages() -> None:
    op.create_table(
        "ticket_messages",
        sa.Column("id", sa.Integer, primary_key=True),
        _ticket(),
        sa.Column("at", Instant, nullable=False),
        _flag("public"),
        _flag("incoming", False),
        _flag("automatic", False),
        sa.Column("channel", sa.String(16), nullable=False, server_default="console"),
        _user("author_id"),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("key", sa.String(200), unique=True),
    )
    op.create_index("ix_ticket_messages_ticket_id_id", "ticket_messages", ["ticket_id", "id"])


def _people() -> None:
    op.create_table(
        "ticket_links",
        _ticket(key=True),
        _ticket("other_id", key=True, index=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        _user("created_by"),
        sa.Column("created_at", Instant, nullable=False),
    )
    op.create_table(
        "ticket_watchers",
        _ticket(key=True),
        sa.Column(
            "user_id",
            sa.Integer,
            sa.ForeignKey("users.id", ondelete="CASCADE"),
            primary_key=True,
            index=True,
        ),
        sa.Column("since", Instant, nullable=False),
    )
    op.create_table(
        "ticket_notices",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
        ),
        _ticket(index=True),
        sa.Column("at", Instant, nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("data", sa.JSON),
        sa.Column("read_at", Instant),
    )
    op.create_index("ix_ticket_notices_user_id_id", "ticket_notices", ["user_id", "id"])


def _escalations() -> None:
    op.create_table(
        "ticket_escalations",
        sa.Column("id", sa.Integer, primary_key=True),
        _ticket(),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("step", sa.JSON, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("done_at", Instant),
        sa.UniqueConstraint("ticket_id", "key"),
    )
    op.create_index(
        "ix_ticket_escalations_at",
        "ticket_escalations",
        ["at"],
        postgresql_where=NOT_DONE,
        sqlite_where=NOT_DONE,
    )


def _categories() -> None:
    op.create_table(
        "ticket_categories",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("ticket_categories.id"), index=True),
        sa.Column("name", sa.Text, nullable=False),
        _count("position", "0"),
        _flag("active", True),
        _flag("solution_required", False),
        sa.Column("fields", sa.JSON, nullable=False),
        _count("version", "1"),
    )


def _fitting() -> list[sa.Column[Any]]:
    """What rules and policies are chosen by."""
    return [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        _count("position", "0"),
        _flag("active", True),
        sa.Column("category_id", sa.Integer, sa.ForeignKey("ticket_categories.id")),
        sa.Column("level", sa.Text),
        sa.Column("priority", sa.Integer),
        _count("version", "1"),
    ]


def _rules() -> None:
    op.create_table(
        "sla_policies",
        *_fitting(),
        sa.Column("calendar", sa.String(64)),
        sa.Column("respond_within", sa.Integer),
        sa.Column("update_within", sa.Integer),
        sa.Column("resolve_within", sa.Integer),
        sa.Column("steps", sa.JSON, nullable=False),
    )
    op.create_table(
        "ticket_assignment_rules",
        *_fitting(),
        sa.Column("team_id", sa.Integer),
        sa.Column("owners", sa.JSON, nullable=False),
        sa.Column("last_owner", sa.Integer),
    )
    op.create_table(
        "ticket_settings",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("data", sa.JSON, nullable=False),
    )
