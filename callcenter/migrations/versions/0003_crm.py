"""Customers, contacts, phone numbers; activities; tickets and their numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NEWEST_FIRST = ("ticket_numbers", "tickets", "activities", "phone_numbers", "contacts", "customers")


def upgrade() -> None:
    _customers()
    _contacts()
    _phone_numbers()
    _activities()
    _tickets()


def downgrade() -> None:
    for table in NEWEST_FIRST:
        op.drop_table(table)


def _user(name: str, *, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"), index=index)


def _customer(*, nullable: bool = False, index: bool = True) -> sa.Column[int]:
    return sa.Column(
        "customer_id",
        sa.Integer,
        sa.ForeignKey("customers.id", ondelete="CASCADE"),
        nullable=nullable,
        index=index,
    )


def _version() -> sa.Column[int]:
    return sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1"))


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("level", sa.Text),
        _user("owner_id", index=True),
        sa.Column("language", sa.String(16)),
        sa.Column("do_not_call", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("merged_into", sa.Integer, sa.ForeignKey("customers.id"), index=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        _version(),
    )
    for key in ("name", "created_at", "updated_at"):
        op.create_index(f"ix_customers_{key}_id", "customers", [key, "id"])


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer, primary_key=True),
        _customer(),
        sa.Column("name", sa.Text, nullable=False, index=True),
        sa.Column("role", sa.Text),
        sa.Column("email", sa.Text),
    )


def _phone_numbers() -> None:
    op.create_table(
        "phone_numbers",
        sa.Column("id", sa.Integer, primary_key=True),
        _customer(),
        sa.Column(
            "contact_id",
            sa.Integer,
            sa.ForeignKey("contacts.id", ondelete="SET NULL"),
            index=True,
        ),
        sa.Column("raw", sa.Text, nullable=False),
        sa.Column("e164", sa.Text, index=True),
        sa.Column("extension", sa.Text),
        sa.Column("suffix", sa.String(8), index=True),
        sa.Column("label", sa.Text),
        sa.Column("switchboard", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def _activities() -> None:
    op.create_table(
        "activities",
        sa.Column("id", sa.Integer, primary_key=True),
        _customer(nullable=True, index=False),
        sa.Column("interaction_id", EventId, index=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", Instant, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("direction", sa.String(16)),
        sa.Column("result", sa.String(24)),
        _user("author_id"),
        sa.Column("text", sa.Text),
        sa.Column("data", sa.JSON),
        sa.UniqueConstraint("source", "kind"),
    )
    op.create_index("ix_activities_customer_id_at_id", "activities", ["customer_id", "at", "id"])


def _tickets() -> None:
    op.create_table(
        "tickets",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("number", sa.String(24), nullable=False, unique=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("customer_id", sa.Integer, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("opened_from", EventId, index=True),
        _user("created_by"),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("updated_at", Instant, nullable=False),
        _version(),
    )
    for key in ("customer_id", "status"):
        op.create_index(f"ix_tickets_{key}_created_at_id", "tickets", [key, "created_at", "id"])
    op.create_index("ix_tickets_created_at_id", "tickets", ["created_at", "id"])
    op.create_table(
        "ticket_numbers",
        sa.Column("year", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
    )
