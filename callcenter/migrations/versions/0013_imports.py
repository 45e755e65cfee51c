"""Imports: their files, mappings and refused rows; what customers are called elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NOTHING, NONE = sa.text("0"), sa.text("'[]'")


def upgrade() -> None:
    _imports()
    op.create_table(
        "import_mappings",
        sa.Column("header_key", sa.String(64), primary_key=True),
        sa.Column("columns", sa.JSON, nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("existing", sa.String(8), nullable=False),
        sa.Column("used_at", Instant, nullable=False),
    )
    op.create_table(
        "import_refused",
        sa.Column(
            "import_id", EventId, sa.ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("cells", sa.JSON, nullable=False),
        sa.Column("problems", sa.JSON, nullable=False),
    )
    op.create_table(
        "external_ids",
        sa.Column("external_id", sa.String(100), primary_key=True),
        sa.Column(
            "customer_id",
            sa.Integer,
            sa.ForeignKey("customers.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
    if op.get_bind().dialect.name == "postgresql":  # as every row of a customer since 0012
        op.execute(
            "CREATE TRIGGER follow_merge_of_customer_id BEFORE INSERT OR UPDATE OF customer_id "
            "ON external_ids FOR EACH ROW EXECUTE FUNCTION follow_merge_of_customer_id()"
        )


def downgrade() -> None:
    for table in ("external_ids", "import_refused", "import_mappings", "imports"):
        op.drop_table(table)


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("id", EventId, primary_key=True),
        sa.Column(
            "user_id", sa.Integer, sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant, nullable=False, index=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("node", sa.Text),
        sa.Column("reading", sa.JSON),
        sa.Column("header", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("sample", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("mapping", sa.JSON),
        sa.Column("reach", sa.JSON),
        sa.Column("rows", sa.Integer, nullable=False, server_default=NOTHING),
        sa.Column("done", sa.Integer, nullable=False, server_default=NOTHING),
        sa.Column("position", sa.Integer, nullable=False, server_default=NOTHING),
        sa.Column("counts", sa.JSON, nullable=False, server_default=sa.text("'{}'")),
        sa.Column("problems", sa.JSON),
        sa.Column("failure", sa.JSON),
        sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")),
    )
    op.create_index("ix_imports_user_id_created_at", "imports", ["user_id", "created_at"])
