"""The roll-ups and what they are made of; everything here can be made again from the rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.store.base import Base, EventId, Instant
from web.reports import columns

NOTHING = text("0")


class ReportContact(Base):
    """One contact of one agent: all the conversations of a call that one queue entry led to.

    `entry_id` is '' where no queue led to it; `agent_id` 0 is a telephone that is nobody's. Lengths
    are microseconds. It counts in `slot`, the quarter hour (since 1970, UTC) in which its queue
    entry joined, else in which it began.
    """

    __tablename__ = "report_contacts"
    __table_args__ = (
        Index("ix_report_contacts_slot_agent_id", "slot", "agent_id"),
        Index("ix_report_contacts_agent_id_slot", "agent_id", "slot"),
    )

    interaction_id: Mapped[str] = mapped_column(EventId, primary_key=True)
    agent_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[str] = mapped_column(EventId, primary_key=True)
    slot: Mapped[int]
    queue: Mapped[str | None] = mapped_column(Text)
    disposition: Mapped[str | None] = mapped_column(String(64))
    direction: Mapped[str | None] = mapped_column(String(16))
    began_at: Mapped[float] = mapped_column(Instant)
    handled: Mapped[int]  # 1: a conversation with somebody from outside is over
    talk: Mapped[int] = mapped_column(BigInteger)
    hold: Mapped[int] = mapped_column(BigInteger)
    wrap_up: Mapped[int] = mapped_column(BigInteger)
    consults: Mapped[int]  # conversations with another agent
    consult_talk: Mapped[int] = mapped_column(BigInteger)
    transferred_in: Mapped[int]
    transfers_out: Mapped[int]
    fcr: Mapped[int | None]  # 1: the number did not contact us again; None: not known


def _number(name: str) -> Column[Any]:
    return Column(name, Integer, primary_key=True, autoincrement=False)


def _roll_up(name: str, sums: tuple[str, ...], *key: Column[Any]) -> Table:
    added = (Column(one, BigInteger, nullable=False, server_default=NOTHING) for one in sums)
    return Table(name, Base.metadata, *key, *added)


def _queue() -> tuple[Column[Any], ...]:
    return (_number("slot"), Column("queue", Text, primary_key=True))


def _agent() -> tuple[Column[Any], ...]:
    return (_number("slot"), _number("agent_id"))


def _disposition() -> tuple[Column[Any], ...]:
    return (*_agent(), Column("disposition", String(64), primary_key=True))


# By the quarter hour.
QUEUES = _roll_up("report_queues", columns.QUEUE, *_queue())
AGENTS = _roll_up("report_agents", columns.AGENT, *_agent())
DISPOSITIONS = _roll_up("report_dispositions", columns.DISPOSITION, *_disposition())
# The same in blocks of so many `quarters`, from `slot` on.
_SIZE = "quarters"
QUEUE_BLOCKS = _roll_up("report_queue_blocks", columns.QUEUE, _number(_SIZE), *_queue())
AGENT_BLOCKS = _roll_up("report_agent_blocks", columns.AGENT, _number(_SIZE), *_agent())
DISPOSITION_BLOCKS = _roll_up(
    "report_disposition_blocks", columns.DISPOSITION, _number(_SIZE), *_disposition()
)


class ReportState(Base):
    """How long an agent was in a state for these reasons; `reasons` is the set as JSON."""

    __tablename__ = "report_states"

    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    agent_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    reasons: Mapped[str] = mapped_column(Text, primary_key=True)
    length: Mapped[int] = mapped_column(BigInteger)


class ReportPhone(Base):
    """Whose a telephone was, and when: calls of the past stay with who took them.

    Kept by triggers on `agent_interfaces`. The first owner has had it always.
    """

    __tablename__ = "report_phones"
    __table_args__ = (Index("ix_report_phones_pbx_interface", "pbx", "interface"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pbx: Mapped[str] = mapped_column(Text)
    interface: Mapped[str] = mapped_column(Text)
    agent_id: Mapped[int]  # no foreign key: what somebody did outlives them
    since: Mapped[float] = mapped_column(Instant)
    until: Mapped[float | None] = mapped_column(Instant)


class ReportMark(Base):
    """Rows of this hour (since 1970, UTC) were written: its roll-up is to be computed again.

    Only ever appended to, so whoever writes calls waits for nobody. `onward`: every hour after it
    as well (a state that was heard of late lasts until the next one).
    """

    __tablename__ = "report_marks"

    id: Mapped[int] = mapped_column(primary_key=True)
    hour: Mapped[int]
    onward: Mapped[bool] = mapped_column(Boolean, server_default=false())


class ReportProgress(Base):
    """One row: up to which hour every hour was computed, and when all of late was last."""

    __tablename__ = "report_progress"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hour: Mapped[int]
    checked_day: Mapped[int]
