"""What is still owed to callers, and how contacts came out: missed calls, callbacks, decisions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

OPEN = text("done_at IS NULL")
ACTIVE = text("state IN ('waiting', 'offered', 'dialling')")


class MissedWork(Base):
    """Somebody called and nobody answered: one row for all the tries until somebody cares for it.

    `contact` is what calls of one person are put together by (E.164, else what was shown); None
    when the number was withheld, and then each call is a row of its own.
    """

    __tablename__ = "missed_work"
    __table_args__ = (
        Index(
            "uq_missed_work_open", "contact", unique=True, postgresql_where=OPEN, sqlite_where=OPEN
        ),
        Index("ix_missed_work_done_at_last_at", "done_at", "last_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pbx: Mapped[str] = mapped_column(Text)
    contact: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)  # as it came
    name: Mapped[str | None] = mapped_column(Text)  # as the PBX gave it
    queue: Mapped[str | None] = mapped_column(Text)  # the last one
    kind: Mapped[str] = mapped_column(String(16))  # of the last try
    short: Mapped[bool] = mapped_column(server_default=false())  # every try was a short abandon
    interaction_id: Mapped[str] = mapped_column(EventId)  # the last try
    first_at: Mapped[float] = mapped_column(Instant)
    last_at: Mapped[float] = mapped_column(Instant)
    tries: Mapped[int]
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    claimed_at: Mapped[float | None] = mapped_column(Instant)
    done_at: Mapped[float | None] = mapped_column(Instant)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str | None] = mapped_column(String(64))
    closed_by: Mapped[str | None] = mapped_column(EventId)  # the call in which they were reached


class MissedTry(Base):
    """One unanswered call behind a row of missed work; by it a story told twice counts once."""

    __tablename__ = "missed_tries"

    interaction_id: Mapped[str] = mapped_column(EventId, primary_key=True)
    work_id: Mapped[int] = mapped_column(
        ForeignKey("missed_work.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[float] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(16))
    queue: Mapped[str | None] = mapped_column(Text)
    dialled: Mapped[str | None] = mapped_column(Text)
    waited: Mapped[float | None]  # seconds, in the queue
    short: Mapped[bool] = mapped_column(server_default=false())


class Callback(Base):
    """Somebody is to be called back; `joined_at` is the place in the queue that was kept."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index(
            "uq_callbacks_active",
            "contact",
            "queue",
            unique=True,
            postgresql_where=ACTIVE,
            sqlite_where=ACTIVE,
        ),
        Index("ix_callbacks_state_next_at", "state", "next_at"),
        Index("ix_callbacks_done_at", "done_at"),
        Index("ix_callbacks_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contact: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)  # as it was given
    queue: Mapped[str] = mapped_column(Text)
    joined_at: Mapped[float] = mapped_column(Instant)
    priority: Mapped[float] = mapped_column(server_default=text("0.0"))
    state: Mapped[str] = mapped_column(String(16))
    requested_by: Mapped[str] = mapped_column(String(16))  # caller, agent
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[float] = mapped_column(Instant)
    interaction_id: Mapped[str | None] = mapped_column(EventId, index=True)  # it was promised in
    customer_id: Mapped[int | None]  # no foreign key: customers come and go, promises stay
    note: Mapped[str | None] = mapped_column(Text)
    wished_agent: Mapped[int | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    scheduled_at: Mapped[float | None] = mapped_column(Instant)  # not before
    window_from: Mapped[int | None]  # minute of the day, in the installation's zone
    window_to: Mapped[int | None]  # the first minute that is too late
    next_at: Mapped[float] = mapped_column(Instant)  # when it may be tried next
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    offered_at: Mapped[float | None] = mapped_column(Instant)  # to agent_id; or dialled by them
    done_at: Mapped[float | None] = mapped_column(Instant)
    done_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    result: Mapped[str | None] = mapped_column(String(24))
    closed_by: Mapped[str | None] = mapped_column(EventId)  # the call in which they were reached


class CallbackAttempt(Base):
    """One time that somebody was called back."""

    __tablename__ = "callback_attempts"
    __table_args__ = (
        UniqueConstraint("callback_id", "number"),
        Index("ix_callback_attempts_at", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    callback_id: Mapped[int] = mapped_column(ForeignKey("callbacks.id", ondelete="CASCADE"))
    number: Mapped[int]  # 1 for the first
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id", ondelete="SET NULL"))
    at: Mapped[float] = mapped_column(Instant)
    ended_at: Mapped[float | None] = mapped_column(Instant)
    result: Mapped[str | None] = mapped_column(String(24))
    interaction_id: Mapped[str | None] = mapped_column(EventId)


class DecisionRow(Base):
    """One step on a call's way to an agent, and why it went so. The id is derived from all of it:
    the same step told twice is one row."""

    __tablename__ = "decisions"
    __table_args__ = (Index("ix_decisions_interaction_id_at", "interaction_id", "at"),)

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(EventId)
    at: Mapped[float] = mapped_column(Instant)
    place: Mapped[int]  # among those that were told together
    step: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(64))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class InteractionDisposition(Base):
    """How an agent says that a contact came out; each agent who had it says it once."""

    __tablename__ = "interaction_dispositions"

    interaction_id: Mapped[str] = mapped_column(EventId, primary_key=True)
    agent_id: Mapped[int] = mapped_column(
        ForeignKey("agents.id", ondelete="CASCADE"), primary_key=True
    )
    disposition: Mapped[str] = mapped_column(String(64))
    note: Mapped[str | None] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Instant)


class Satisfaction(Base):
    """What the caller thought of it."""

    __tablename__ = "satisfaction"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        Index("ix_satisfaction_at", "at"),
    )

    interaction_id: Mapped[str] = mapped_column(EventId, primary_key=True)
    agent_id: Mapped[int | None]  # no foreign key: what was said of somebody outlives them
    queue: Mapped[str | None] = mapped_column(Text)
    score: Mapped[int]
    at: Mapped[float] = mapped_column(Instant)
