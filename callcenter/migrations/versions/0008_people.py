"""Teams, rights as administrators give them, second factors and the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GENESIS = "0" * 64
SUPERVISES = dict.fromkeys(
    (
        *("customer.merge", "customer.import", "customer.export", "customer.assign"),
        *("ticket.assign", "ticket.resolve", "ticket.archive", "ticket.merge", "ticket.export"),
        "ticket.configure",
    ),
    "all",
)
MANAGES = dict.fromkeys(("crm.configure", "role.manage", "team.manage", "audit.read"), "all")
DESK = ("ticket.assign", "ticket.resolve", "ticket.archive", "ticket.merge", "customer.merge")
RIGHTS = {
    "administrator": SUPERVISES | MANAGES,
    "supervisor": SUPERVISES,
    "agent": {"ticket.assign": "own", "ticket.resolve": "own"},
    "online_support": dict.fromkeys(DESK, "all"),
    "account_manager": {"customer.assign": "own"},
    "sales_supervisor": {
        **dict.fromkeys(("customer.assign", "customer.merge", "customer.export"), "team"),
        "customer.import": "all",
    },
}
# Until there were teams, sales saw every customer.
NARROWED = {"account_manager": "own", "sales_supervisor": "team"}
ROLE_RIGHTS = sa.table("role_rights", sa.column("role"), sa.column("right"), sa.column("scope"))


def upgrade() -> None:
    op.add_column("roles", sa.Column("label", sa.Text, nullable=False, server_default=""))
    _teams()
    _second_factors()
    _audit()
    op.bulk_insert(
        ROLE_RIGHTS,
        [
            {"role": role, "right": right, "scope": scope}
            for role, held in RIGHTS.items()
            for right, scope in held.items()
        ],
    )
    for role, scope in NARROWED.items():
        _set_scope(role, scope)


def downgrade() -> None:
    for role in NARROWED:
        _set_scope(role, "all")
    names = sorted({right for held in RIGHTS.values() for right in held})
    op.execute(ROLE_RIGHTS.delete().where(ROLE_RIGHTS.c.right.in_(names)))
    for table in ("audit_head", "audit", "recovery_codes", "second_factors"):
        op.drop_table(table)
    op.drop_table("team_members")
    op.drop_table("teams")
    op.drop_column("roles", "label")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")


def _set_scope(role: str, scope: str) -> None:
    op.execute(
        ROLE_RIGHTS.update()
        .where(
            ROLE_RIGHTS.c.role == role,
            ROLE_RIGHTS.c.right.in_(["customer.read", "customer.write"]),
        )
        .values(scope=scope)
    )


def _teams() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("name_key", sa.Text, nullable=False, unique=True),
        sa.Column("parent_id", sa.Integer, sa.ForeignKey("teams.id"), index=True),
        sa.Column("created_at", Instant, nullable=False),
    )
    op.create_table(
        "team_members",
        sa.Column("user_id", sa.Integer, _user(), primary_key=True),
        sa.Column(
            "team_id",
            sa.Integer,
            sa.ForeignKey("teams.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )


def _second_factors() -> None:
    op.create_table(
        "second_factors",
        sa.Column("user_id", sa.Integer, _user(), primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("confirmed_at", Instant),
        sa.Column("last_step", sa.Integer, nullable=False, server_default=sa.text("0")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Integer, _user(), primary_key=True),
        sa.Column("hash", sa.String(64), primary_key=True),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", Instant, nullable=False, index=True),
        sa.Column("actor", sa.Integer),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("object", sa.String(128), nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("after", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    for key in ("actor", "object", "action"):
        op.create_index(f"ix_audit_{key}_id", "audit", [key, "id"])
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.bulk_insert(head, [{"id": 1, "last": 0, "hash": GENESIS}])
    (_refuse_on_postgresql if op.get_bind().dialect.name == "postgresql" else _refuse_on_sqlite)()


def _refuse_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON audit "
        "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
    )
    op.execute(
        "CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )


def _refuse_on_sqlite() -> None:
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        )


def _user() -> sa.ForeignKey:
    return sa.ForeignKey("users.id", ondelete="CASCADE")
