"""Versions for what several administrators describe: who saves what another changed is told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TABLES = ("ticket_queues", "ticket_settings", "pool_limit")


def upgrade() -> None:
    for table in TABLES:
        version = sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1"))
        op.add_column(table, version)


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.drop_column("version")
