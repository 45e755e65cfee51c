"""Tasks: what is to be done for a customer, by whom and when."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

OPEN = text("done_at IS NULL")


class Task(Base):
    """Open until `done_at` is set. `interaction_id`: the contact in which it was promised."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("ix_tasks_customer_id_due_at_id", "customer_id", "due_at", "id"),
        Index("ix_tasks_assignee_id_due_at_id", "assignee_id", "due_at", "id"),
        Index("ix_tasks_due_at_id", "due_at", "id", postgresql_where=OPEN, sqlite_where=OPEN),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    interaction_id: Mapped[str | None] = mapped_column(EventId)
    title: Mapped[str] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[float] = mapped_column(Instant)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[float] = mapped_column(Instant)
    done_at: Mapped[float | None] = mapped_column(Instant)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
