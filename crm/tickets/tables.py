"""Tickets and the counter that numbers them; their life follows in a later issue."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class TicketStatus(StrEnum):
    NEW = "new"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    PENDING = "pending"
    RESOLVED = "resolved"
    FEEDBACK = "feedback"
    ARCHIVED = "archived"


OPEN = (
    TicketStatus.NEW,
    TicketStatus.ASSIGNED,
    TicketStatus.IN_PROGRESS,
    TicketStatus.PENDING,
)  # somebody still owes the customer something


class Ticket(Base):
    """A matter of a customer. `opened_from` is the interaction in which it came up, if any."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_customer_id_created_at_id", "customer_id", "created_at", "id"),
        Index("ix_tickets_status_created_at_id", "status", "created_at", "id"),
        Index("ix_tickets_created_at_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # T-2026-000123
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    opened_from: Mapped[str | None] = mapped_column(EventId, index=True)
    owner_id: Mapped[int | None]  # the user who looks after it; without a foreign key, as agents
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[float] = mapped_column(Instant)
    updated_at: Mapped[float] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class TicketNumber(Base):
    """The last number given in a year (UTC); its row lock puts concurrent openers in line."""

    __tablename__ = "ticket_numbers"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]
