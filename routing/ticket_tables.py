"""Which tickets wait for whom: ticket queues, who works them, and how many at once."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Text, text, true
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base
from routing.tables import NAME


class TicketQueue(Base):
    """Tickets that are given to people by the engine. `categories`: of these and of those below
    them; none: whatever no other queue takes."""

    __tablename__ = "ticket_queues"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(NAME, unique=True)
    label: Mapped[str] = mapped_column(Text, server_default="")
    active: Mapped[bool] = mapped_column(server_default=true())
    weight: Mapped[float] = mapped_column(server_default=text("1.0"))
    strategy: Mapped[str] = mapped_column(NAME, server_default="longest_idle")
    required: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    preferred: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    categories: Mapped[list[Any]] = mapped_column(JSON, server_default="[]")
    version: Mapped[int] = mapped_column(server_default=text("1"))


class TicketQueueAgent(Base):
    """An agent who works a ticket queue."""

    __tablename__ = "ticket_queue_agents"

    queue_id: Mapped[int] = mapped_column(
        ForeignKey("ticket_queues.id", ondelete="CASCADE"), primary_key=True
    )
    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class TicketCapacity(Base):
    """How many tickets an agent works at once; without a row it is the usual number."""

    __tablename__ = "ticket_capacity"

    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )
    tickets: Mapped[int]
