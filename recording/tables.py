"""The recordings that belong to calls, and who listened to them.

Interaction, leg, agent and customer carry no foreign keys: a file is indexed when it is found,
whichever consumer was first, and it stays when what it belonged to is merged away.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class Recording(Base):
    """One file. `status`: pending (still written, or not looked at), ready, silent (no audio in
    it), missing (announced, but no readable file came)."""

    __tablename__ = "recordings"
    __table_args__ = (
        Index("ix_recordings_status_started_at", "status", "started_at"),
        Index("ix_recordings_agent_id_started_at", "agent_id", "started_at"),
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
    peaks: Mapped[bytes | None] = mapped_column(LargeBinary)  # recording.audio


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
