"""What people work tickets with, as rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, false
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class Kept:
    """What canned responses, macros and views have in common: whose they are, and who sees them.

    `sharing` is personal, team or shared. What a person leaves behind stays with the others.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    sharing: Mapped[str] = mapped_column(String(16))
    owner_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    team_id: Mapped[int | None] = mapped_column(
        ForeignKey("teams.id", ondelete="SET NULL"), index=True
    )
    updated_at: Mapped[float] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(server_default=sql("1"))


class CannedResponse(Kept, Base):
    """Something people write often; `shortcut` is what they type to get it."""

    __tablename__ = "canned_responses"

    body: Mapped[str] = mapped_column(Text)
    shortcut: Mapped[str | None] = mapped_column(String(32))


class Macro(Kept, Base):
    """Several changes with one key; `steps` as `crm.tickets.desk.macros` reads them."""

    __tablename__ = "ticket_macros"

    steps: Mapped[list[Any]] = mapped_column(JSON)
    key: Mapped[str | None] = mapped_column(String(1))


class SavedView(Kept, Base):
    """A list of tickets that is looked at often; `filter` is a `filters.TicketFilter`."""

    __tablename__ = "ticket_views"

    filter: Mapped[dict[str, Any]] = mapped_column(JSON)
    sort: Mapped[str] = mapped_column(String(24))
    place: Mapped[int] = mapped_column(server_default=sql("0"))  # lowest first


class Attachment(Base):
    """A file of a ticket. `id` is what it is called on disk; `name` is text and nothing else."""

    __tablename__ = "ticket_attachments"

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(127))  # by content
    size: Mapped[int]  # bytes
    sha256: Mapped[str] = mapped_column(String(64))
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    uploaded_at: Mapped[float] = mapped_column(Instant)


class TicketTag(Base):
    """A word people gave a ticket, as they wrote it first; `tag_key` is the same casefolded."""

    __tablename__ = "ticket_tags"

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    tag_key: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    tag: Mapped[str] = mapped_column(String(64))


class Draft(Base):
    """What a person is writing on a ticket, kept until it is sent."""

    __tablename__ = "ticket_drafts"

    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    text: Mapped[str] = mapped_column(Text)
    internal: Mapped[bool] = mapped_column(server_default=false())
    ticket_version: Mapped[int]  # of the ticket when it was written
    updated_at: Mapped[float] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(server_default=sql("1"))


class FeedbackLink(Base):
    """A link that was given to a customer. The token is random and kept nowhere: only its hash.

    `score` and `comment` are the answer; one ticket may have several links, and each its answer
    once. `agent_id` is the user who looked after the ticket then.
    """

    __tablename__ = "ticket_feedback"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        Index("ix_ticket_feedback_used_at", "used_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(8))
    made_at: Mapped[float] = mapped_column(Instant)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    expires_at: Mapped[float] = mapped_column(Instant)
    used_at: Mapped[float | None] = mapped_column(Instant)
    score: Mapped[int | None]
    comment: Mapped[str | None] = mapped_column(Text)
    agent_id: Mapped[int | None]
