"""Where the file of each recording is kept, and how far on its way there it is."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, LargeBinary, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class RecordingCopy(Base):
    """The kept copy of a recording. Without a row the file lies where the PBX put it.

    `stage` is life.Stage. `local`: the copy is in our folder; `original`: the PBX's own file is
    still there. `wrapped` is the file's key in `key_id`'s wrapping; both NULL: not encrypted.
    """

    __tablename__ = "recording_copies"
    __table_args__ = (
        Index("ix_recording_copies_stage_next_at", "stage", "next_at"),
        Index("ix_recording_copies_local_started_at", "local", "started_at"),
        Index("ix_recording_copies_key_id", "key_id"),
    )

    recording_id: Mapped[str] = mapped_column(EventId, primary_key=True)
    stage: Mapped[str] = mapped_column(String(16))
    place: Mapped[str] = mapped_column(String(8))  # folder, s3; pbx: only to be deleted
    key: Mapped[str] = mapped_column(String(80))  # its name there
    codec: Mapped[str | None] = mapped_column(String(32))  # of the copy
    size: Mapped[int | None] = mapped_column(BigInteger)  # bytes that are played
    kept_size: Mapped[int | None] = mapped_column(BigInteger)  # bytes as they lie there
    sha256: Mapped[str | None] = mapped_column(String(64))  # of the bytes as they lie there
    key_id: Mapped[str | None] = mapped_column(String(32))
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    local: Mapped[bool] = mapped_column(server_default=false())
    original: Mapped[bool] = mapped_column(server_default=true())
    started_at: Mapped[float | None] = mapped_column(Instant)  # of the recording: oldest go first
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[float] = mapped_column(Instant)  # nobody works on it before
    problem: Mapped[str | None] = mapped_column(Text)  # why it does not get on, for people
    changed_at: Mapped[float] = mapped_column(Instant)
