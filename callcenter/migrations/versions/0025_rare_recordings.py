"""Recordings by disposition and satisfaction together, which is rare where each alone is not; and
how common the letters of notes are, by which PostgreSQL knows whether to look for them at all."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

WHERE = "status = 'ready' AND disposition IS NOT NULL AND satisfaction IS NOT NULL"


def upgrade() -> None:
    op.create_index(
        "ix_recordings_ready_outcome",
        "recordings",
        ["disposition", "satisfaction", "started_at", "id"],
        postgresql_where=sa.text(WHERE),
        sqlite_where=sa.text(WHERE),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE STATISTICS recordings_grams ON (search_grams(notes)) FROM recordings")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP STATISTICS recordings_grams")
    op.drop_index("ix_recordings_ready_outcome", "recordings")
