"""Where recordings are kept, how long, what is held, and who was erased.

Rows of the audit log can be emptied from now on, never changed: the hash of what they say is over
a salt that goes with it. What was written before keeps its form.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STAYS = ("id", "at", "actor", "action", "object", "address", "sealed", "previous", "hash")
EMPTIED = ("before", "after", "salt")
FAILS = "the audit log is append-only"


def upgrade() -> None:
    _copies()
    _retention()
    _erasures()
    op.add_column("audit", sa.Column("salt", sa.String(32)))
    op.add_column("audit", sa.Column("sealed", sa.String(64)))
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite("WHEN NOT (" + _only_emptied("IS") + ")")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER audit_no_delete ON audit")
        op.execute("DROP TRIGGER audit_rows_stay ON audit")
        op.execute(
            "CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON audit "
            "FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()"
        )
    else:
        op.execute("DROP TRIGGER audit_no_update")
    for column in ("sealed", "salt"):
        op.drop_column("audit", column)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
            f"BEGIN SELECT RAISE(ABORT, '{FAILS}'); END"
        )
    tables = ("tombstones", "erasures", "legal_holds", "retention_policies", "recording_copies")
    for table in tables:
        op.drop_table(table)


def _copies() -> None:
    op.create_table(
        "recording_copies",
        sa.Column("recording_id", sa.String(32), primary_key=True),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("place", sa.String(8), nullable=False),
        sa.Column("key", sa.String(80), nullable=False),
        sa.Column("codec", sa.String(32)),
        sa.Column("size", sa.BigInteger),
        sa.Column("kept_size", sa.BigInteger),
        sa.Column("sha256", sa.String(64)),
        sa.Column("key_id", sa.String(32)),
        sa.Column("wrapped", sa.LargeBinary),
        sa.Column("local", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("original", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("started_at", Instant),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_at", Instant, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("changed_at", Instant, nullable=False),
    )
    for columns in (("stage", "next_at"), ("local", "started_at"), ("key_id",)):
        op.create_index(
            f"ix_recording_copies_{'_'.join(columns)}", "recording_copies", list(columns)
        )


def _user(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"))


def _retention() -> None:
    op.create_table(
        "retention_policies",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("queue", sa.Text),
        sa.Column("level", sa.Text),
        sa.Column("days", sa.Integer),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("object", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        _user("placed_by"),
        sa.Column("placed_at", Instant, nullable=False),
        _user("released_by"),
        sa.Column("released_at", Instant),
    )
    op.create_index("ix_legal_holds_kind_object", "legal_holds", ["kind", "object"])


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        _user("asked_by"),
        sa.Column("asked_at", Instant, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("subject", sa.JSON(none_as_null=True)),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("changed_at", Instant, nullable=False),
        sa.Column("finished_at", Instant),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    op.create_table(
        "tombstones",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "erasure_id", sa.Integer, sa.ForeignKey("erasures.id"), nullable=False, index=True
        ),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("until", Instant, nullable=False),
    )
    op.create_index("ix_tombstones_kind_digest", "tombstones", ["kind", "digest"])


def _only_emptied(same: str) -> str:
    """The row says less than before, and nothing else."""
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in STAYS)
    return f"{kept} AND " + " AND ".join(f"NEW.{name} IS NULL" for name in EMPTIED)


def _postgresql() -> None:
    op.execute("DROP TRIGGER audit_rows_stay ON audit")
    only_emptied = _only_emptied("IS NOT DISTINCT FROM")
    for name, when in (
        ("audit_rows_stay BEFORE UPDATE ON audit", f"WHEN (NOT ({only_emptied}))"),
        ("audit_no_delete BEFORE DELETE ON audit", ""),
    ):
        op.execute(
            f"CREATE TRIGGER {name} FOR EACH ROW {when} EXECUTE FUNCTION audit_is_append_only()"
        )


def _sqlite(condition: str) -> None:
    op.execute("DROP TRIGGER audit_no_update")
    op.execute(
        f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {condition} "
        f"BEGIN SELECT RAISE(ABORT, '{FAILS}'); END"
    )
