"""The timeline: append-only rows, each from one source, so that a repeat adds nothing."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class Activity(Base):
    """Something that happened with a customer; without one while nobody knows who it was.

    `source` says what it was made from ("interaction:<id>", "note:<id>"). The interaction is no
    foreign key: its row may be written after this one.
    """

    __tablename__ = "activities"
    __table_args__ = (
        UniqueConstraint("source", "kind"),
        Index("ix_activities_customer_id_at_id", "customer_id", "at", "id"),
        Index("ix_activities_customer_id_kind_at_id", "customer_id", "kind", "at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    interaction_id: Mapped[str | None] = mapped_column(EventId, index=True)
    kind: Mapped[str] = mapped_column(String(24))  # ActivityKind
    source: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Instant)
    summary: Mapped[str] = mapped_column(Text)  # one line
    direction: Mapped[str | None] = mapped_column(String(16))
    result: Mapped[str | None] = mapped_column(String(24))
    author_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    text: Mapped[str | None] = mapped_column(Text)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
