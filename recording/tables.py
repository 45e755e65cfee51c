"""The recordings that belong to calls, who listened to them, and what people say about them.

Interaction, leg, agent and customer carry no foreign keys: a file is indexed when it is found,
whichever consumer was first, and it stays when what it belonged to is merged away.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

READY = text("status = 'ready'")
OUTCOME = text("status = 'ready' AND disposition IS NOT NULL AND satisfaction IS NOT NULL")
UNDESCRIBED = text("NOT described")
NOTED = text("notes IS NOT NULL")


class Recording(Base):
    """One file. `status`: pending (still written, or not looked at), ready, silent (no audio in
    it), missing (announced, but no readable file came; or it was there and is gone).

    The library filters and sorts by what stands here, so each of those columns is copied from the
    call's rows (`recording.describing`) and has an index that goes on with the time.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_status_started_at", "status", "started_at"),
        Index("ix_recordings_agent_id_started_at", "agent_id", "started_at"),
        Index(  # the length is looked at in the index: rare ones among the newest cost no rows
            "ix_recordings_ready_started_at",
            *("started_at", "id", "seconds"),
            postgresql_where=READY,
            sqlite_where=READY,
        ),
        *(
            Index(
                f"ix_recordings_ready_{name}",
                *(name, "started_at", "id"),
                postgresql_where=READY,
                sqlite_where=READY,
            )
            for name in ("customer_id", "queue", "direction", "party", "suffix")
        ),
        Index(
            "ix_recordings_ready_outcome",
            *("disposition", "satisfaction", "started_at", "id"),
            postgresql_where=OUTCOME,
            sqlite_where=OUTCOME,
        ),
        *(
            Index(
                f"ix_recordings_ready_{name}",
                *(name, *ties),
                postgresql_where=text(f"status = 'ready' AND {name} IS NOT NULL"),
                sqlite_where=text(f"status = 'ready' AND {name} IS NOT NULL"),
            )
            for name, ties in (
                ("seconds", ("id",)),
                ("disposition", ("started_at", "id")),
                ("satisfaction", ("started_at", "id")),
            )
        ),
        Index(
            "ix_recordings_undescribed",
            "id",
            postgresql_where=UNDESCRIBED,
            sqlite_where=UNDESCRIBED,
        ),
    )

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    interaction_id: Mapped[str | None] = mapped_column(EventId, index=True)
    leg_id: Mapped[str | None] = mapped_column(EventId)
    agent_id: Mapped[int | None]
    customer_id: Mapped[int | None] = mapped_column(index=True)
    pbx: Mapped[str] = mapped_column(Text)
    channel: Mapped[str | None] = mapped_column(Text)
    file: Mapped[str | None] = mapped_column(Text, index=True)  # below the folder; None: unsafe
    started_at: Mapped[float | None] = mapped_column(Instant)
    stopped_at: Mapped[float | None] = mapped_column(Instant)  # its channel is gone
    seconds: Mapped[float | None]
    size: Mapped[int | None] = mapped_column(BigInteger)  # bytes
    channels: Mapped[int | None]
    codec: Mapped[str | None] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16), server_default=text("'pending'"))
    problem: Mapped[str | None] = mapped_column(Text)  # what was wrong with the file, for people
    missing_at: Mapped[float | None] = mapped_column(Instant)  # since when the file is gone
    # Of the call, as its rows say; `described` while that is up to date.
    direction: Mapped[str | None] = mapped_column(String(16))
    queue: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)  # of the other side, as it came
    party: Mapped[str | None] = mapped_column(Text)  # E.164 where it can be read
    suffix: Mapped[str | None] = mapped_column(String(8))  # its last digits
    disposition: Mapped[str | None] = mapped_column(String(64))
    satisfaction: Mapped[int | None] = mapped_column(SmallInteger)
    notes: Mapped[str | None] = mapped_column(Text)  # of the call and of its comments, to search
    described: Mapped[bool] = mapped_column(server_default=false())


def _recording(**options: Any) -> Mapped[str]:
    key = ForeignKey("recordings.id", ondelete="CASCADE")
    return mapped_column(EventId, key, **options)


class RecordingPeaks(Base):
    """The waveform; apart, because it is five times the rest and only a player wants it."""

    __tablename__ = "recording_peaks"

    recording_id: Mapped[str] = _recording(primary_key=True)
    peaks: Mapped[bytes] = mapped_column(LargeBinary)  # recording.audio


class RecordingAgent(Base):
    """An agent who spoke in the call of a recording: whose it is, with what it is sorted by."""

    __tablename__ = "recording_agents"
    __table_args__ = (
        Index("ix_recording_agents_recording_id", "recording_id"),
        Index("ix_recording_agents_seconds", "agent_id", "seconds", "recording_id"),
    )

    agent_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    started_at: Mapped[float] = mapped_column(Instant, primary_key=True)
    recording_id: Mapped[str] = _recording(primary_key=True)
    seconds: Mapped[float | None]


class RecordingComment(Base):
    """What somebody says of a moment of a recording."""

    __tablename__ = "recording_comments"
    __table_args__ = (Index("ix_recording_comments_recording_id_at", "recording_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = _recording()
    at: Mapped[float]  # seconds from its begin
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[float] = mapped_column(Instant)
    changed_at: Mapped[float | None] = mapped_column(Instant)


class RecordingShare(Base):
    """A link by which anybody of the house hears a recording for a while. The link is a secret
    that is kept nowhere: here is its hash."""

    __tablename__ = "recording_shares"

    id: Mapped[int] = mapped_column(primary_key=True)
    recording_id: Mapped[str] = _recording(index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    note: Mapped[str | None] = mapped_column(Text)
    created_by: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[float] = mapped_column(Instant)
    expires_at: Mapped[float] = mapped_column(Instant)
    revoked_at: Mapped[float | None] = mapped_column(Instant)
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    opened: Mapped[int] = mapped_column(server_default=text("0"))  # how often
    opened_at: Mapped[float | None] = mapped_column(Instant)  # the last time


class RecordingAccess(Base):
    """Somebody listened to, looked at or took a recording."""

    __tablename__ = "recording_access"
    __table_args__ = (Index("ix_recording_access_recording_id_at", "recording_id", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float] = mapped_column(Instant)
    user_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    recording_id: Mapped[str] = mapped_column(EventId)
    action: Mapped[str] = mapped_column(String(16))  # listen, peaks, download
