"""Tokens by which payment pages pause recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import Instant

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "payment_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_by", sa.Integer),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant),
        sa.Column("last_used_at", Instant),
        sa.Column("revoked_at", Instant),
        sa.Column("revoked_by", sa.Integer),
    )


def downgrade() -> None:
    op.drop_table("payment_tokens")
