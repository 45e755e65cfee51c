"""What customers think of a resolved ticket: links that are secrets, asked once, answered once.

A token is 256 random bits and is kept nowhere but in what the customer was given: the database has
its hash. It leads to one ticket, for some days. Looking changes nothing, because mail scanners
open links; only the answer does. The caller owns the transaction.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput
from callcenter.events import TicketChanged
from crm.sql import insert_row, table_of
from crm.text import paragraphs
from crm.tickets import steps
from crm.tickets.changes import locked
from crm.tickets.desk.matter import matter
from crm.tickets.desk.tables import FeedbackLink
from crm.tickets.life import TicketStatus
from crm.tickets.tables import Ticket
from crm.tickets.words import CUSTOMER

DAY = 86_400.0  # seconds
LONGEST_COMMENT = 4_000  # characters
SCORES = range(1, 6)
ASKED = frozenset({TicketStatus.RESOLVED, TicketStatus.FEEDBACK})  # when an answer is taken
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class State(StrEnum):
    """How a link is found. What is unknown says nothing about which tickets there are."""

    OPEN = "open"
    USED = "used"
    EXPIRED = "expired"  # or the ticket is not one to be asked about any more
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Looked:
    """What somebody with a link may see. Number and title only while the link is open."""

    state: State
    language: str | None = None
    number: str | None = None
    title: str | None = None


class FeedbackView(msgspec.Struct, frozen=True):
    """An answer. `agent`: the user who looked after the ticket then."""

    at: float
    score: int
    comment: str | None
    agent: int | None


def hashed(token: str) -> str:
    """What the database knows of a token. It is random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


async def make(
    session: AsyncSession,
    ticket: int,
    *,
    language: str,
    days: float,
    by: int | None,
    now: float,
) -> str:
    """A new link's token, told this once. Conflict when the ticket is not one to be asked about."""
    status = await session.scalar(select(Ticket.status).where(Ticket.id == ticket))
    if status not in ASKED:
        raise Conflict("customers are asked when their ticket is resolved", field="status")
    about = await matter(session, ticket)
    token = secrets.token_urlsafe(32)
    await insert_row(
        session,
        FeedbackLink,
        ticket_id=ticket,
        token_hash=hashed(token),
        language=about.in_language(language),
        made_at=now,
        made_by=by,
        expires_at=now + days * DAY,
    )
    return token


async def look(session: AsyncSession, token: str, *, now: float) -> Looked:
    """What the link leads to; changes nothing."""
    found = await _find(session, token)
    return Looked(State.UNKNOWN) if found is None else _looked(*found, now)


async def answer(
    session: AsyncSession, token: str, *, score: int, comment: str | None, now: float
) -> tuple[Looked, TicketChanged | None]:
    """Write the answer down. The event is None when nothing was taken: `Looked` says why.

    InvalidInput for an answer that is none.
    """
    if score not in SCORES:
        raise InvalidInput("from 1 to 5", field="score")
    said = (comment or "").strip()
    text = paragraphs(said, "comment", longest=LONGEST_COMMENT) if said else None
    found = await _find(session, token)
    if found is None:
        return Looked(State.UNKNOWN), None
    link, _ = found
    ticket = await locked(session, link.ticket_id)  # one answer at a time
    found = await _find(session, token)
    looked = Looked(State.UNKNOWN) if found is None else _looked(*found, now)
    if looked.state is not State.OPEN:
        return looked, None
    links = table_of(FeedbackLink)
    values = {"used_at": now, "score": score, "comment": text, "agent_id": ticket.owner_id}
    await session.execute(update(links).where(links.c.id == link.id).values(values))
    data = {"score": score} if text is None else {"score": score, "comment": text}
    event = await steps.rate(session, ticket.id, data=data, by=CUSTOMER, now=now)
    return looked, event


async def of_ticket(session: AsyncSession, ticket: int) -> list[FeedbackView]:
    """What was answered, newest first."""
    query = select(FeedbackLink).where(
        FeedbackLink.ticket_id == ticket, FeedbackLink.used_at.is_not(None)
    )
    rows = await session.scalars(query.order_by(FeedbackLink.used_at.desc()))
    return [
        FeedbackView(row.used_at or 0.0, row.score or 0, row.comment, row.agent_id) for row in rows
    ]


async def _find(session: AsyncSession, token: str) -> tuple[FeedbackLink, Ticket] | None:
    if _TOKEN.fullmatch(token) is None:
        return None
    query = (
        select(FeedbackLink, Ticket)
        .join(Ticket, Ticket.id == FeedbackLink.ticket_id)
        .where(FeedbackLink.token_hash == hashed(token))
        .execution_options(populate_existing=True)
    )
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


def _looked(link: FeedbackLink, ticket: Ticket, now: float) -> Looked:
    if link.used_at is not None:
        return Looked(State.USED, link.language)
    # A ticket that was resolved anew since asks anew.
    older = ticket.resolved_at is not None and link.made_at < ticket.resolved_at
    if link.expires_at <= now or ticket.status not in ASKED or older:
        return Looked(State.EXPIRED, link.language)
    return Looked(State.OPEN, link.language, ticket.number, ticket.title)
