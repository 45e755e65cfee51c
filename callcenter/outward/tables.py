"""Who is told what, what waits to be told, and the calls that helpdesks have heard of."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

WAITING = text("state = 'waiting'")


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"  # given up: people see it and may have it sent again


class WebhookRow(Base):
    """A target. What could open it to others (`url`, the secrets) is sealed.

    `failing_since`: nothing has arrived since then. `off_reason` says who or what switched it off.
    """

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))  # webhook, cti
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)  # sealed
    address: Mapped[str] = mapped_column(Text)  # the same as people may see it
    format: Mapped[str] = mapped_column(String(8))  # json, form
    events: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    internal: Mapped[bool] = mapped_column(server_default=false())
    secret: Mapped[str | None] = mapped_column(Text)  # sealed
    old_secret: Mapped[str | None] = mapped_column(Text)  # sealed
    old_until: Mapped[float | None] = mapped_column(Instant)
    active: Mapped[bool] = mapped_column(server_default=true())
    off_reason: Mapped[str | None] = mapped_column(String(16))  # person, failing, gone, backlog
    off_at: Mapped[float | None] = mapped_column(Instant)
    failing_since: Mapped[float | None] = mapped_column(Instant)
    succeeded_at: Mapped[float | None] = mapped_column(Instant)
    created_at: Mapped[float] = mapped_column(Instant)


class DeliveryRow(Base):
    """One message to one target. `next_at` is when it may be tried; whoever tries moves it on
    first, so two never do at once and one who dies loses it. Of one subject, ids are the order."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "message_id"),
        Index(
            "ix_webhook_deliveries_waiting",
            *("webhook_id", "subject", "id"),
            postgresql_where=WAITING,
            sqlite_where=WAITING,
        ),
        Index("ix_webhook_deliveries_webhook_id_id", "webhook_id", "id"),
        Index("ix_webhook_deliveries_state_done_at", "state", "done_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    queued_at: Mapped[float] = mapped_column(Instant)  # or asked to be sent again
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[float] = mapped_column(Instant)
    done_at: Mapped[float | None] = mapped_column(Instant)  # delivered or given up
    status: Mapped[int | None]  # HTTP, of the last attempt
    seconds: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(Text)
    answer: Mapped[str | None] = mapped_column(Text)  # the target's words, hostile text


class CtiCallRow(Base):
    """What helpdesks have heard of a call in progress; `state` is a `cti.CtiCall`."""

    __tablename__ = "cti_calls"

    interaction_id: Mapped[str] = mapped_column(EventId, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[float] = mapped_column(Instant)


class UrlPopRow(Base):
    """A page of another system that consoles open; `queues` empty: for calls of every queue."""

    __tablename__ = "url_pops"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    moment: Mapped[str] = mapped_column(String(8))  # ring, answer
    queues: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    active: Mapped[bool] = mapped_column(server_default=true())
