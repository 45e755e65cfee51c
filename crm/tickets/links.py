"""Tickets that have to do with each other, and the people who want to know of one."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput, NotFound
from callcenter.events import TicketChanged
from crm.sql import insert_once, table_of
from crm.tickets import people
from crm.tickets.changes import Edit, change, locked
from crm.tickets.tables import Ticket, TicketLink, TicketWatcher
from crm.tickets.words import Actor, Happened, LinkKind

_links = table_of(TicketLink)
_watchers = table_of(TicketWatcher)
_SYMMETRIC = frozenset({LinkKind.RELATED})


async def link(
    session: AsyncSession, ticket: int, other: int, kind: LinkKind, *, by: Actor, now: float
) -> TicketChanged:
    """Say that two tickets have to do with each other; twice changes nothing. InvalidInput."""
    if ticket == other:
        raise InvalidInput("a ticket is not linked to itself", field="ticket")
    number = await _number(session, other)
    edit = await change(session, ticket, by, now)
    if await connect(session, ticket, other, kind, by=by, now=now):
        edit.tell(Happened.LINKED, {"ticket": other, "number": number, "kind": kind.value})
    return await edit.save()


async def unlink(
    session: AsyncSession, ticket: int, other: int, kind: LinkKind, *, by: Actor, now: float
) -> TicketChanged:
    """NotFound when there is no such link."""
    edit = await change(session, ticket, by, now)
    pairs = ((ticket, other), (other, ticket)) if kind in _SYMMETRIC else ((ticket, other),)
    gone = 0
    for first, second in pairs:
        done = await session.execute(
            delete(_links)
            .where(_links.c.ticket_id == first, _links.c.other_id == second)
            .where(_links.c.kind == kind.value)
            .returning(_links.c.ticket_id)
        )
        gone += len(done.all())
    if not gone:
        raise NotFound("there is no such link")
    edit.tell(Happened.UNLINKED, {"ticket": other, "kind": kind.value})
    return await edit.save()


async def connect(
    session: AsyncSession, ticket: int, other: int, kind: LinkKind, *, by: Actor, now: float
) -> bool:
    """Write the link itself, without an event; False when it was there."""
    pair = sorted((ticket, other)) if kind in _SYMMETRIC else [ticket, other]
    row = {
        "ticket_id": pair[0],
        "other_id": pair[1],
        "kind": kind.value,
        "created_by": by.user,
        "created_at": now,
    }
    written = insert_once(session, TicketLink, [row], "ticket_id", "other_id", "kind")
    return await session.scalar(written.returning(_links.c.ticket_id)) is not None


async def _number(session: AsyncSession, ticket: int) -> str:
    number = await session.scalar(select(Ticket.number).where(Ticket.id == ticket))
    if number is None:
        raise InvalidInput(f"there is no ticket {ticket}", field="ticket")
    return str(number)


async def watch(
    session: AsyncSession, ticket: int, user: int, *, by: Actor, now: float
) -> TicketChanged:
    """From now on this person follows the ticket, an archived one too. InvalidInput."""
    await people.check_owner(session, user, "user")
    edit = Edit(session, await locked(session, ticket), by, now)
    row = {"ticket_id": ticket, "user_id": user, "since": now}
    written = insert_once(session, TicketWatcher, [row], "ticket_id", "user_id")
    if await session.scalar(written.returning(_watchers.c.user_id)) is not None:
        edit.tell(Happened.WATCHED, {"user": user})
    return await edit.save()


async def unwatch(
    session: AsyncSession, ticket: int, user: int, *, by: Actor, now: float
) -> TicketChanged:
    edit = Edit(session, await locked(session, ticket), by, now)
    gone = await session.execute(
        delete(_watchers)
        .where(_watchers.c.ticket_id == ticket, _watchers.c.user_id == user)
        .returning(_watchers.c.user_id)
    )
    if gone.all():
        edit.tell(Happened.UNWATCHED, {"user": user})
    return await edit.save()
