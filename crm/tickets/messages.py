"""What is said in a ticket: to the customer, by them, and among us; replies follow merges.

The caller owns the transaction and publishes the events once it is committed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.events import TicketChanged
from callcenter.store.tables import Interaction
from crm.sql import insert_row
from crm.text import paragraphs
from crm.tickets import categories, life, people, settings
from crm.tickets.changes import Edit, ReadOnly, locked, target_of
from crm.tickets.life import Reply, Step, TicketStatus
from crm.tickets.links import connect
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.steps import brought_back
from crm.tickets.tables import Ticket, TicketMessage
from crm.tickets.words import CUSTOMER, Actor, Happened, LinkKind, Origin

SUMMARY = 120  # characters of a message that its event shows


@dataclass(frozen=True, slots=True)
class Said:
    """Where a message stands now. `ticket` may be another than the one it was sent to."""

    message: int
    ticket: int
    events: list[TicketChanged]


async def reply(
    session: AsyncSession,
    ticket: int,
    text: str,
    *,
    by: Actor,
    now: float,
    channel: str = "console",
    automatic: bool = False,
    key: str | None = None,
) -> Said:
    """Say something to the customer. The first by a person is the first response."""
    edit = await _in_place(session, ticket, by, now)
    message = await _write(edit, text, public=True, channel=channel, automatic=automatic, key=key)
    if not automatic:
        touched(edit)
    return await _done(edit, Happened.REPLY, message, text, automatic=automatic)


async def note(session: AsyncSession, ticket: int, text: str, *, by: Actor, now: float) -> Said:
    """Say something that the customer never sees."""
    edit = await _in_place(session, ticket, by, now)
    message = await _write(edit, text, public=False)
    return await _done(edit, Happened.NOTE, message, text)


async def answered_call(
    session: AsyncSession, ticket: int, interaction: str, *, by: Actor, now: float
) -> TicketChanged:
    """A call was about this ticket; one that was answered counts as having spoken with them."""
    query = select(Interaction.answered).where(Interaction.id == interaction)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"no interaction {interaction}")
    edit = await _in_place(session, ticket, by, now)
    if row.answered:
        touched(edit)
    edit.tell(Happened.CALL, {"interaction": interaction, "answered": bool(row.answered)})
    return await edit.save()


def touched(edit: Edit) -> None:
    """A person of ours has spoken with the customer: the first response stays the first."""
    ticket = edit.ticket
    first = edit.now if ticket.responded_at is None else ticket.responded_at
    edit.keep(responded_at=first, touched_at=edit.now, touches=ticket.touches + 1)


async def customer_reply(
    session: AsyncSession,
    ticket: int,
    text: str,
    *,
    now: float,
    channel: str = "email",
    key: str | None = None,
) -> Said:
    """The customer says something: a pending ticket wakes, a resolved one is reopened within the
    days that are set, and after that, as of an archived one, a linked new ticket is made.

    The same `key` again changes nothing.
    """
    known = await _known(session, key)
    if known is not None:
        return known
    found = await _at_the_end(session, ticket)
    days = (await settings.read(session)).reopen_days
    status = TicketStatus(found.status)
    does = life.on_reply(status, resolved_at=found.resolved_at, now=now, days=days)
    if does is Reply.FOLLOW_UP:
        return await _follow_up(session, found, text, now=now, channel=channel, key=key)
    edit = Edit(session, found, CUSTOMER, now)
    message = await _write(edit, text, public=True, incoming=True, channel=channel, key=key)
    if does is Reply.WAKE:
        edit.step(Step.WAKE)
    elif does is Reply.REOPEN:
        await brought_back(edit)
    await people.notify(session, [found.owner_id], found.id, "customer_reply", now=now)
    return await _done(edit, Happened.CUSTOMER_REPLY, message, text)


# --- parts ----------------------------------------------------------------------------------


async def _in_place(session: AsyncSession, ticket: int, by: Actor, now: float) -> Edit:
    """The ticket where it goes on, under change. ReadOnly when it is archived."""
    found = await _at_the_end(session, ticket)
    if found.status == TicketStatus.ARCHIVED:
        raise ReadOnly(found)
    return Edit(session, found, by, now)


async def _at_the_end(session: AsyncSession, ticket: int) -> Ticket:
    """The ticket in which this one goes on, locked; it may be merged while one waits for it."""
    while True:
        found = await locked(session, await target_of(session, ticket))
        if found.merged_into is None:
            return found


async def _write(
    edit: Edit,
    text: str,
    *,
    public: bool,
    incoming: bool = False,
    automatic: bool = False,
    channel: str = "console",
    key: str | None = None,
) -> int:
    return await insert_row(
        edit.session,
        TicketMessage,
        ticket_id=edit.ticket.id,
        at=edit.now,
        public=public,
        incoming=incoming,
        automatic=automatic,
        channel=channel,
        author_id=edit.actor.user,
        text=paragraphs(text, "text"),
        key=key,
    )


async def _done(edit: Edit, kind: Happened, message: int, text: str, **data: Any) -> Said:
    summary = " ".join(text.split())[:SUMMARY]
    edit.tell(kind, {"message": message, "summary": summary} | data)
    return Said(message, edit.ticket.id, [await edit.save()])


async def _known(session: AsyncSession, key: str | None) -> Said | None:
    if key is None:
        return None
    query = select(TicketMessage.id, TicketMessage.ticket_id).where(TicketMessage.key == key)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else Said(row.id, row.ticket_id, [])


async def _follow_up(
    session: AsyncSession, old: Ticket, text: str, *, now: float, channel: str, key: str | None
) -> Said:
    new = NewTicket(
        title=old.title,
        customer=old.customer_id,
        priority=life.Priority(old.priority),
        category=await categories.usable(session, old.category_id),
        team=old.team_id,
        origin=Origin.REPLY,
    )
    opened = await open_ticket(session, new, by=CUSTOMER, now=now)
    await connect(session, opened.ticket, old.id, LinkKind.FOLLOW_UP, by=CUSTOMER, now=now)
    edit = Edit(session, await locked(session, opened.ticket), CUSTOMER, now)
    message = await _write(edit, text, public=True, incoming=True, channel=channel, key=key)
    said = await _done(edit, Happened.CUSTOMER_REPLY, message, text, follows=old.number)
    first = [opened.event] if opened.event else []
    return Said(message, opened.ticket, first + said.events)
