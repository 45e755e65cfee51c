"""The rows a call leaves behind; the words are those of `callcenter.events`.

`customer_id` carries no foreign key on purpose: a call is written down even when the customer it
was matched to has just been deleted or merged, and the customer's room re-points it then.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant


class Interaction(Base):
    """One customer contact. Open while it has no `end_reason` and was not merged."""

    __tablename__ = "interactions"
    __table_args__ = (
        Index(
            "ix_interactions_open",
            "pbx",
            postgresql_where=text("end_reason IS NULL"),
            sqlite_where=text("end_reason IS NULL"),
        ),
        Index("ix_interactions_customer_id_started_at", "customer_id", "started_at"),
        Index("ix_interactions_caller_e164_started_at", "caller_e164", "started_at"),
    )

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    pbx: Mapped[str] = mapped_column(Text)
    direction: Mapped[str | None] = mapped_column(String(16))
    caller_number: Mapped[str | None] = mapped_column(Text)  # as it came
    caller_name: Mapped[str | None] = mapped_column(Text)
    caller_e164: Mapped[str | None] = mapped_column(Text, index=True)
    caller_interface: Mapped[str | None] = mapped_column(Text)
    dialled: Mapped[str | None] = mapped_column(Text)
    customer_id: Mapped[int | None]  # the one customer that is surely meant
    picked_customer_id: Mapped[int | None]  # chosen by an agent among several; outranks the above
    started_at: Mapped[float | None] = mapped_column(Instant, index=True)
    answered_at: Mapped[float | None] = mapped_column(Instant)  # first conversation
    ended_at: Mapped[float | None] = mapped_column(Instant)
    answered: Mapped[bool] = mapped_column(server_default=false())
    end_reason: Mapped[str | None] = mapped_column(String(16))
    end_by: Mapped[str | None] = mapped_column(String(16))
    cause: Mapped[int | None]  # Q.850
    estimated: Mapped[bool] = mapped_column(server_default=false())  # the end is a guess
    incomplete: Mapped[bool] = mapped_column(server_default=false())
    adopted: Mapped[bool] = mapped_column(server_default=false())  # a part was not seen
    merged_into: Mapped[str | None] = mapped_column(EventId, index=True)  # always the last one


class Leg(Base):
    """One channel of an interaction."""

    __tablename__ = "legs"
    __table_args__ = (
        UniqueConstraint("pbx", "boot", "uniqueid"),
        Index(
            "ix_legs_open",
            "pbx",
            postgresql_where=text("NOT ended"),
            sqlite_where=text("NOT ended"),
        ),
    )

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(EventId, ForeignKey("interactions.id"), index=True)
    pbx: Mapped[str] = mapped_column(Text)
    boot: Mapped[str] = mapped_column(Text)
    uniqueid: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    interface: Mapped[str] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[float | None] = mapped_column(Instant)
    answered_at: Mapped[float | None] = mapped_column(Instant)
    ended_at: Mapped[float | None] = mapped_column(Instant)
    cause: Mapped[int | None]
    ended: Mapped[bool] = mapped_column(server_default=false())  # also when nobody knows when
    estimated: Mapped[bool] = mapped_column(server_default=false())


class Segment(Base):
    """One stay of an interaction: in a queue, in a conversation, on hold, parked, in a conference.

    `leg_id` is who waits, holds or was there first; `other_*` is whom they talked to. Legs are not
    foreign keys: a segment may name a leg that was never announced.
    """

    __tablename__ = "segments"
    __table_args__ = (Index("ix_segments_kind_queue_started_at", "kind", "queue", "started_at"),)

    id: Mapped[str] = mapped_column(EventId, primary_key=True)  # entry, talk or hold id
    interaction_id: Mapped[str] = mapped_column(EventId, ForeignKey("interactions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))  # queue, talk, hold, park, conference
    queue: Mapped[str | None] = mapped_column(Text)
    entry_id: Mapped[str | None] = mapped_column(EventId)  # the queue entry that led to a talk
    leg_id: Mapped[str | None] = mapped_column(EventId)
    interface: Mapped[str | None] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    other_leg_id: Mapped[str | None] = mapped_column(EventId)
    other_interface: Mapped[str | None] = mapped_column(Text)
    other_number: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int | None]  # in the queue, when joining
    threshold: Mapped[float | None]  # service level in seconds, frozen when joining
    short_threshold: Mapped[float | None]  # up to which an abandon counts apart, frozen as well
    started_at: Mapped[float | None] = mapped_column(Instant, index=True)
    ended_at: Mapped[float | None] = mapped_column(Instant)
    ended: Mapped[bool] = mapped_column(server_default=false())  # also when nobody knows when
    seconds: Mapped[float | None]  # waited, talked
    exit: Mapped[str | None] = mapped_column(String(16))  # QueueExit


class Offer(Base):
    """One attempt at an agent."""

    __tablename__ = "offers"
    __table_args__ = (
        Index("ix_offers_interface_started_at", "interface", "started_at"),
        Index("ix_offers_started_at", "started_at"),
    )

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(EventId, ForeignKey("interactions.id"), index=True)
    queue: Mapped[str | None] = mapped_column(Text)
    entry_id: Mapped[str | None] = mapped_column(EventId)
    leg_id: Mapped[str | None] = mapped_column(EventId)
    channel: Mapped[str] = mapped_column(Text)
    interface: Mapped[str] = mapped_column(Text)
    number: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[float | None] = mapped_column(Instant)
    ended_at: Mapped[float | None] = mapped_column(Instant)
    result: Mapped[str | None] = mapped_column(String(24))  # OfferResult
    rang: Mapped[float | None]  # seconds


class Transfer(Base):
    """A transfer, forward or pickup whose result is known."""

    __tablename__ = "transfers"

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    interaction_id: Mapped[str] = mapped_column(EventId, ForeignKey("interactions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(Text)  # channel
    moved: Mapped[str | None] = mapped_column(Text)  # channel
    to: Mapped[str | None] = mapped_column(Text)  # number
    result: Mapped[str] = mapped_column(String(24))
    at: Mapped[float | None] = mapped_column(Instant)


class Gap(Base):
    """A time in which the PBX was not seen; history is to be filled in from its own records."""

    __tablename__ = "gaps"

    id: Mapped[str] = mapped_column(EventId, primary_key=True)
    pbx: Mapped[str] = mapped_column(Text, index=True)
    began_at: Mapped[float] = mapped_column(Instant)
    ended_at: Mapped[float | None] = mapped_column(Instant)  # None: still away
