"""Tickets, what is said in them, what happened to them, and the counter that numbers them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant

NEVER = 32_503_680_000.0  # the year 3000: `next_due` of what is not due, so that it sorts last
NOT_DONE = text("done_at IS NULL")
TO_RECOUNT = text("recount")


def _user(*, index: bool = False) -> Mapped[int | None]:
    return mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=index)


def _ticket(**options: Any) -> Mapped[int]:
    return mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), **options)


class Ticket(Base):
    """A matter of a customer. `opened_from` is the interaction in which it came up, if any.

    `version` counts the changes of what people can change; messages, watchers and links are no
    such. What was added after the table was first made has no foreign keys: SQLite could only add
    them by writing the table anew; people, teams and categories are retired, not deleted.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_customer_id_created_at_id", "customer_id", "created_at", "id"),
        Index("ix_tickets_status_created_at_id", "status", "created_at", "id"),
        Index("ix_tickets_created_at_id", "created_at", "id"),
        Index("ix_tickets_owner_id_created_at_id", "owner_id", "created_at", "id"),
        Index("ix_tickets_team_id_created_at_id", "team_id", "created_at", "id"),
        Index("ix_tickets_category_id_created_at_id", "category_id", "created_at", "id"),
        Index("ix_tickets_updated_at_id", "updated_at", "id"),
        Index("ix_tickets_next_due_id", "next_due", "id"),
        Index("ix_tickets_priority_id", "priority", "id"),
        Index("ix_tickets_wake_at", "wake_at"),
        Index("ix_tickets_merged_into", "merged_into"),
        Index("ix_tickets_recount", "id", postgresql_where=TO_RECOUNT, sqlite_where=TO_RECOUNT),
        Index("ix_tickets_created_by_request_key", "created_by", "request_key", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(24), unique=True)  # T-2026-000123
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))  # life.TicketStatus
    source: Mapped[str] = mapped_column(String(16), server_default="agent")  # Origin
    priority: Mapped[int] = mapped_column(server_default=text("2"))  # life.Priority
    category_id: Mapped[int | None]
    fields: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # of its category, typed
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"))
    opened_from: Mapped[str | None] = mapped_column(EventId, index=True)
    owner_id: Mapped[int | None]  # the user who looks after it
    team_id: Mapped[int | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[float] = mapped_column(Instant)
    updated_at: Mapped[float] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    solution: Mapped[str | None] = mapped_column(Text)
    resolved_at: Mapped[float | None] = mapped_column(Instant)
    archived_at: Mapped[float | None] = mapped_column(Instant)
    reopened: Mapped[int] = mapped_column(server_default=text("0"))  # how often
    pending_reason: Mapped[str | None] = mapped_column(Text)
    wake_at: Mapped[float | None] = mapped_column(Instant)
    merged_into: Mapped[int | None]
    # The promise to the customer (sla.Agreement, as it was when it was made) and its clock.
    agreement: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    holds: Mapped[list[list[float | None]] | None] = mapped_column(JSON)  # spans it stood still
    responded_at: Mapped[float | None] = mapped_column(Instant)  # set once
    touched_at: Mapped[float | None] = mapped_column(Instant)  # the customer heard of us last
    touches: Mapped[int] = mapped_column(server_default=text("0"))  # how often they have
    respond_due: Mapped[float | None] = mapped_column(Instant)
    update_due: Mapped[float | None] = mapped_column(Instant)
    resolve_due: Mapped[float | None] = mapped_column(Instant)
    next_due: Mapped[float] = mapped_column(Instant, default=NEVER)  # the soonest that still counts
    recount: Mapped[bool] = mapped_column(server_default=false())  # its calendar has changed
    # What makes sending the same request twice harmless: the sender's key, and what it was for.
    request_key: Mapped[str | None] = mapped_column(String(64))
    request_digest: Mapped[str | None] = mapped_column(String(64))


class TicketNumber(Base):
    """The last number given in a year (UTC); its row lock puts concurrent openers in line."""

    __tablename__ = "ticket_numbers"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class TicketEvent(Base):
    """Something that happened to a ticket. Append-only, written with what it tells of.

    `version` is the ticket's after it; `before` and `after` hold what was changed and nothing else.
    """

    __tablename__ = "ticket_events"
    __table_args__ = (Index("ix_ticket_events_ticket_id_id", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = _ticket()
    at: Mapped[float] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(String(16))  # user, customer, rule, sla, clock
    actor_id: Mapped[int | None]  # the user; the rule
    kind: Mapped[str] = mapped_column(String(24))  # a life.Step, or a words.Happened
    version: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON)


class TicketMessage(Base):
    """What was said: to the customer or by them (`public`), or among us (`internal`).

    `key` is what an incoming one is known by (a mail's id, say), so that it arrives once.
    """

    __tablename__ = "ticket_messages"
    __table_args__ = (Index("ix_ticket_messages_ticket_id_id", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = _ticket()
    at: Mapped[float] = mapped_column(Instant)
    public: Mapped[bool]
    incoming: Mapped[bool] = mapped_column(server_default=false())  # from the customer
    automatic: Mapped[bool] = mapped_column(server_default=false())  # written by no person
    channel: Mapped[str] = mapped_column(String(16), server_default="console")
    author_id: Mapped[int | None] = _user()
    text: Mapped[str] = mapped_column(Text)
    key: Mapped[str | None] = mapped_column(String(200), unique=True)


class TicketLink(Base):
    """Tickets that have to do with each other; a `related` pair is kept with the lower id first."""

    __tablename__ = "ticket_links"

    ticket_id: Mapped[int] = _ticket(primary_key=True)
    other_id: Mapped[int] = _ticket(primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)  # words.LinkKind
    created_by: Mapped[int | None] = _user()
    created_at: Mapped[float] = mapped_column(Instant)


class TicketWatcher(Base):
    __tablename__ = "ticket_watchers"

    ticket_id: Mapped[int] = _ticket(primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since: Mapped[float] = mapped_column(Instant)


class TicketEscalation(Base):
    """A step that is due at `at`, or was done. `key` names it, so that none is done twice."""

    __tablename__ = "ticket_escalations"
    __table_args__ = (
        UniqueConstraint("ticket_id", "key"),
        Index("ix_ticket_escalations_at", "at", postgresql_where=NOT_DONE, sqlite_where=NOT_DONE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = _ticket()
    key: Mapped[str] = mapped_column(String(80))
    step: Mapped[dict[str, Any]] = mapped_column(JSON)  # sla.EscalationStep
    at: Mapped[float] = mapped_column(Instant)
    done_at: Mapped[float | None] = mapped_column(Instant)


class TicketNotice(Base):
    """What a person is to be told of a ticket: it was given to them, it is late."""

    __tablename__ = "ticket_notices"
    __table_args__ = (Index("ix_ticket_notices_user_id_id", "user_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    ticket_id: Mapped[int] = _ticket(index=True)
    at: Mapped[float] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(24))  # assigned, respond, update, resolve, woken
    data: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    read_at: Mapped[float | None] = mapped_column(Instant)


class TicketCategory(Base):
    """A place in the tree of what tickets are about; `fields` are fields.FieldRule, in order."""

    __tablename__ = "ticket_categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_categories.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=true())
    solution_required: Mapped[bool] = mapped_column(server_default=false())
    fields: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(server_default=text("1"))


class SlaPolicy(Base):
    """What is promised to whom; the first that fits a ticket counts. Times are business seconds."""

    __tablename__ = "sla_policies"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=true())
    category_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_categories.id"))
    level: Mapped[str | None] = mapped_column(Text)  # of the customer
    priority: Mapped[int | None]
    calendar: Mapped[str | None] = mapped_column(String(64))  # None: day and night
    respond_within: Mapped[int | None]
    update_within: Mapped[int | None]
    resolve_within: Mapped[int | None]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # sla.EscalationStep
    version: Mapped[int] = mapped_column(server_default=text("1"))


class AssignmentRule(Base):
    """Who gets a new ticket; the first that fits counts, and its people take turns."""

    __tablename__ = "ticket_assignment_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default=text("0"))
    active: Mapped[bool] = mapped_column(server_default=true())
    category_id: Mapped[int | None] = mapped_column(ForeignKey("ticket_categories.id"))
    level: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[int | None]
    team_id: Mapped[int | None]
    owners: Mapped[list[int]] = mapped_column(JSON)  # users, in the order of their turns
    last_owner: Mapped[int | None]  # whose turn it was
    version: Mapped[int] = mapped_column(server_default=text("1"))


class TicketSettings(Base):
    """One row: words.Settings."""

    __tablename__ = "ticket_settings"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(server_default=text("1"))
