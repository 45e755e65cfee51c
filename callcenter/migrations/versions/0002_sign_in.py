"""Users, their roles and rights with the built-in ones, and the sessions of their browsers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CUSTOMERS = {"customer.read": "all", "customer.write": "all", "directory.read": "all"}
TICKETS = {"ticket.read": "all", "ticket.write": "all"}
OWN_CALLS = {
    "interaction.read": "own",
    "interaction.write": "own",
    "recording.read": "own",
    "recording.listen": "own",
}
SUPERVISION = {
    **CUSTOMERS,
    **TICKETS,
    **dict.fromkeys(OWN_CALLS, "all"),
    "board.read": "all",
    "gap.read": "all",
}
BUILT_IN = {
    "administrator": {**SUPERVISION, "user.manage": "all", "agent.manage": "all"},
    "supervisor": SUPERVISION,
    "agent": {**CUSTOMERS, **TICKETS, **OWN_CALLS},
    "online_support": {**CUSTOMERS, **TICKETS, **OWN_CALLS},
    "account_manager": {**CUSTOMERS, "ticket.read": "all"},
    "sales_supervisor": {**CUSTOMERS, "ticket.read": "all"},
    "executive": {"directory.read": "all", "board.read": "all"},
}


def upgrade() -> None:
    _users()
    roles, rights = _roles()
    _sessions()
    op.bulk_insert(roles, [{"name": name, "built_in": True} for name in BUILT_IN])
    op.bulk_insert(
        rights,
        [
            {"role": role, "right": right, "scope": scope}
            for role, held in BUILT_IN.items()
            for right, scope in held.items()
        ],
    )


def downgrade() -> None:
    for table in ("sessions", "user_roles", "role_rights", "roles", "users"):
        op.drop_table(table)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("username", sa.String(64), nullable=False),
        sa.Column("username_key", sa.String(64), nullable=False, unique=True),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("language", sa.String(8), nullable=False),
        sa.Column("theme", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("created_at", Instant, nullable=False),
    )


def _roles() -> tuple[sa.Table, sa.Table]:
    roles = op.create_table(
        "roles",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("built_in", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    rights = op.create_table(
        "role_rights",
        sa.Column("role", sa.String(64), _role(), primary_key=True),
        sa.Column("right", sa.String(64), primary_key=True),
        sa.Column("scope", sa.String(8), nullable=False),
    )
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.Integer, _user(), primary_key=True),
        sa.Column("role", sa.String(64), _role(), primary_key=True, index=True),
    )
    return roles, rights


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.Integer, _user(), nullable=False, index=True),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("last_seen_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False, index=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
    )


def _role() -> sa.ForeignKey:
    return sa.ForeignKey("roles.name", ondelete="CASCADE")


def _user() -> sa.ForeignKey:
    return sa.ForeignKey("users.id", ondelete="CASCADE")
