"""Customers in full: own fields, dictionary, tags, addresses, the public pool, tasks."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
