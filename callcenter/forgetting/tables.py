"""Who was erased, without saying who: keyed hashes, and how far an erasure is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant


class Erasure(Base):
    """One person's removal. `subject` says who, as long as it is not finished, and then nothing."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(16))  # stages.Stage
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    asked_at: Mapped[float] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    subject: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    counts: Mapped[dict[str, int]] = mapped_column(JSON)  # place → how much went
    problem: Mapped[str | None] = mapped_column(Text)  # why it does not get on, for people
    changed_at: Mapped[float] = mapped_column(Instant)
    finished_at: Mapped[float | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class Tombstone(Base):
    """What told of somebody until `until` is not written down again.

    `digest` is a hash under a key that is not in the database; of calls it is their id, which is
    nobody's name.
    """

    __tablename__ = "tombstones"
    __table_args__ = (Index("ix_tombstones_kind_digest", "kind", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    erasure_id: Mapped[int] = mapped_column(ForeignKey("erasures.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # number, email, name, call, key
    digest: Mapped[str] = mapped_column(String(64))
    until: Mapped[float] = mapped_column(Instant)
