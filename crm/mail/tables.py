"""The outbox: a mail is a row before it is a message, so nothing is lost or told too early."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, Instant


class MailState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    DROPPED = "dropped"  # what it was about is over
    DEAD = "dead"  # given up: people see it and may try again


class Mail(Base):
    """One mail to one person. `body` may hold gaps that are filled when it is sent.

    `next_at` is when it may be tried; whoever tries moves it on first, so two never do at once.
    """

    __tablename__ = "mails"
    __table_args__ = (
        Index("ix_mails_state_next_at", "state", "next_at"),
        Index("ix_mails_created_at_id", "created_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(24))
    ticket_id: Mapped[int | None] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), index=True
    )
    message_id: Mapped[str] = mapped_column(String(64), unique=True)  # left of the @
    recipient: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    created_at: Mapped[float] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_at: Mapped[float] = mapped_column(Instant)
    sent_at: Mapped[float | None] = mapped_column(Instant)
    error: Mapped[str | None] = mapped_column(Text)  # the last; a server's words, hostile text


class MailFile(Base):
    """A file that goes with a mail, kept until the mail is sent."""

    __tablename__ = "mail_files"

    mail_id: Mapped[int] = mapped_column(
        ForeignKey("mails.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(128))
    data: Mapped[bytes] = mapped_column(LargeBinary)
