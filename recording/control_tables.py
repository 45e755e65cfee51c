"""When calls are recorded, and the stretches of recordings that were left out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Index, String, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class RecordingRule(Base):
    """The first one that fits decides, by `position` and then id. Empty lists fit everything."""

    __tablename__ = "recording_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    name: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=true())
    queues: Mapped[list[str]] = mapped_column(JSON, server_default=text("'[]'"))
    directions: Mapped[list[str]] = mapped_column(JSON, server_default=text("'[]'"))
    agents: Mapped[list[int]] = mapped_column(JSON, server_default=text("'[]'"))
    mode: Mapped[str] = mapped_column(String(16))  # always, on_demand, never
    consent: Mapped[str] = mapped_column(String(16), server_default=text("'none'"))
    announcement: Mapped[str | None] = mapped_column(Text)  # a prompt, or a sound of the PBX
    opt_out_key: Mapped[str | None] = mapped_column(String(1))
    pause_seconds: Mapped[int] = mapped_column(server_default=text("60"))
    pause_on: Mapped[list[str]] = mapped_column(JSON, server_default=text("'[]'"))
    stereo: Mapped[bool] = mapped_column(server_default=true())


class RecordingSpan(Base):
    """A stretch of time of one leg, or of a call, as the PBX told it.

    `kind`: pause (silence in the file), gap (not in the file at all), refused (the customer does
    not want to be recorded; the whole call). `ended_at` is null while it lasts.
    """

    __tablename__ = "recording_spans"
    __table_args__ = (
        Index("ix_recording_spans_interaction_id_started_at", "interaction_id", "started_at"),
        Index(
            "ix_recording_spans_open",
            "pbx",
            postgresql_where=text("ended_at IS NULL"),
            sqlite_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    pbx: Mapped[str] = mapped_column(Text)
    interaction_id: Mapped[str] = mapped_column(EventId)
    leg_id: Mapped[str | None] = mapped_column(EventId)
    channel: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16))
    reasons: Mapped[list[str]] = mapped_column(JSON, server_default=text("'[]'"))
    user_id: Mapped[int | None]  # who asked for it, kept whatever becomes of the user
    started_at: Mapped[float] = mapped_column(Instant)
    until: Mapped[float | None] = mapped_column(Instant)  # when it is to end by itself
    ended_at: Mapped[float | None] = mapped_column(Instant)
    estimated: Mapped[bool] = mapped_column(server_default=false())  # nobody saw it end


class PaymentToken(Base):
    """What a payment page pauses recordings with; of its secret only the hash is kept."""

    __tablename__ = "payment_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_by: Mapped[int | None]  # kept whatever becomes of the user
    created_at: Mapped[float] = mapped_column(Instant)
    expires_at: Mapped[float | None] = mapped_column(Instant)
    last_used_at: Mapped[float | None] = mapped_column(Instant)
    revoked_at: Mapped[float | None] = mapped_column(Instant)
    revoked_by: Mapped[int | None]


Row = dict[str, Any]
