"""What people say about recordings, links to them, and what the two sides of the index lack."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from callcenter.store.base import EventId, Instant

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any]], ...] = (
    ("missing_at", Instant()),
    ("direction", sa.String(16)),
    ("queue", sa.Text()),
    ("number", sa.Text()),
    ("party", sa.Text()),
    ("suffix", sa.String(8)),
    ("disposition", sa.String(64)),
    ("satisfaction", sa.SmallInteger()),
    ("notes", sa.Text()),
)
TIES = ["started_at", "id"]
BY_TIME = ("started_at", "customer_id", "queue", "direction", "party", "suffix")
SPARSE = {"seconds": ["id"], "disposition": TIES, "satisfaction": TIES}
MOVE = "INSERT INTO recording_peaks SELECT id, peaks FROM recordings WHERE peaks IS NOT NULL"
BACK = (
    "UPDATE recordings SET peaks = "
    "(SELECT p.peaks FROM recording_peaks p WHERE p.recording_id = recordings.id)"
)
# What was written a moment ago waits in a list that every search reads: kept short.
NOTES = (
    "CREATE INDEX search_recordings ON recordings USING gin "
    "(notes gin_trgm_ops, search_grams(notes)) "
    "WITH (gin_pending_list_limit = 512) WHERE notes IS NOT NULL"
)


def upgrade() -> None:
    """What recordings are described by is filled in by the service, a part at a time."""
    _waveforms()
    for name, kind in COLUMNS:
        op.add_column("recordings", sa.Column(name, kind))
    op.add_column(
        "recordings",
        sa.Column("described", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    _indexes()
    _agents()
    _comments()
    _shares()
    if op.get_bind().dialect.name == "postgresql":
        op.execute(NOTES)


def downgrade() -> None:
    for table in ("recording_shares", "recording_comments", "recording_agents"):
        op.drop_table(table)
    for name in (*BY_TIME, *SPARSE):
        op.drop_index(f"ix_recordings_ready_{name}", "recordings")
    op.drop_index("ix_recordings_undescribed", "recordings")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP INDEX search_recordings")
    op.add_column("recordings", sa.Column("peaks", sa.LargeBinary))
    op.execute(BACK)
    op.drop_table("recording_peaks")
    for name in (*(name for name, _ in COLUMNS), "described"):
        op.drop_column("recordings", name)


def _recording(*, primary_key: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("recordings.id", ondelete="CASCADE")
    return sa.Column("recording_id", EventId, key, primary_key=primary_key, nullable=False)


def _user(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, sa.ForeignKey("users.id", ondelete="SET NULL"))


def _waveforms() -> None:
    op.create_table(
        "recording_peaks",
        _recording(primary_key=True),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
    )
    op.execute(MOVE)
    op.drop_column("recordings", "peaks")


def _indexes() -> None:
    for name in BY_TIME:
        columns = [*TIES, "seconds"] if name == "started_at" else [name, *TIES]
        _index(name, columns, "status = 'ready'")
    for name, ties in SPARSE.items():
        _index(name, [name, *ties], f"status = 'ready' AND {name} IS NOT NULL")
    condition = sa.text("NOT described")
    op.create_index(
        "ix_recordings_undescribed",
        "recordings",
        ["id"],
        postgresql_where=condition,
        sqlite_where=condition,
    )


def _index(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(
        f"ix_recordings_ready_{name}",
        "recordings",
        columns,
        postgresql_where=where,
        sqlite_where=where,
    )


def _agents() -> None:
    op.create_table(
        "recording_agents",
        sa.Column("agent_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("started_at", Instant, primary_key=True),
        _recording(primary_key=True),
        sa.Column("seconds", sa.Double),
    )
    op.create_index("ix_recording_agents_recording_id", "recording_agents", ["recording_id"])
    op.create_index(
        "ix_recording_agents_seconds", "recording_agents", ["agent_id", "seconds", "recording_id"]
    )


def _comments() -> None:
    op.create_table(
        "recording_comments",
        sa.Column("id", sa.Integer, primary_key=True),
        _recording(),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        _user("author_id"),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("changed_at", Instant),
    )
    op.create_index(
        "ix_recording_comments_recording_id_at", "recording_comments", ["recording_id", "at"]
    )
    op.create_index("ix_recording_comments_author_id", "recording_comments", ["author_id"])


def _shares() -> None:
    op.create_table(
        "recording_shares",
        sa.Column("id", sa.Integer, primary_key=True),
        _recording(),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("note", sa.Text),
        _user("created_by"),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("expires_at", Instant, nullable=False),
        sa.Column("revoked_at", Instant),
        _user("revoked_by"),
        sa.Column("opened", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("opened_at", Instant),
    )
    for name in ("recording_id", "created_by"):
        op.create_index(f"ix_recording_shares_{name}", "recording_shares", [name])
