"""When calls are recorded, and the spans that were left out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

NONE = sa.text("'[]'")


def upgrade() -> None:
    op.create_table(
        "recording_rules",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("queues", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("directions", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("agents", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("consent", sa.String(16), nullable=False, server_default=sa.text("'none'")),
        sa.Column("announcement", sa.Text),
        sa.Column("opt_out_key", sa.String(1)),
        sa.Column("pause_seconds", sa.Integer, nullable=False, server_default=sa.text("60")),
        sa.Column("pause_on", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("stereo", sa.Boolean, nullable=False, server_default=sa.true()),
    )
    # Until now the dialplan recorded every call; whoever wants that otherwise changes this rule.
    op.execute(
        "INSERT INTO recording_rules (position, name, mode) "
        "VALUES (1000, '全部录音 / Everything', 'always')"
    )
    _spans()


def downgrade() -> None:
    op.drop_table("recording_spans")
    op.drop_table("recording_rules")


def _spans() -> None:
    op.create_table(
        "recording_spans",
        sa.Column("id", EventId, primary_key=True),
        sa.Column("pbx", sa.Text, nullable=False),
        sa.Column("interaction_id", EventId, nullable=False),
        sa.Column("leg_id", EventId),
        sa.Column("channel", sa.Text),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reasons", sa.JSON, nullable=False, server_default=NONE),
        sa.Column("user_id", sa.Integer),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("until", Instant),
        sa.Column("ended_at", Instant),
        sa.Column("estimated", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "ix_recording_spans_interaction_id_started_at",
        "recording_spans",
        ["interaction_id", "started_at"],
    )
    op.create_index(
        "ix_recording_spans_open",
        "recording_spans",
        ["pbx"],
        postgresql_where=sa.text("ended_at IS NULL"),
        sqlite_where=sa.text("ended_at IS NULL"),
    )
