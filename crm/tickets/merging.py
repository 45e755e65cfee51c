"""Two tickets that are one matter, and one that is two.

The target of a merge keeps its number. The source becomes read-only and points on; pointers are
flattened, so that each leads to where it goes on in one step, and no circle can be made.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput
from callcenter.events import TicketChanged
from callcenter.store.turns import take_turns
from crm.sql import insert_once, table_of
from crm.tickets import people
from crm.tickets.changes import Edit, ReadOnly, Stale, locked, target_of, tickets
from crm.tickets.life import Priority, Step, TicketStatus
from crm.tickets.links import connect
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.tables import Ticket, TicketMessage, TicketWatcher
from crm.tickets.words import Actor, Happened, LinkKind, Origin


class MergesIntoItself(Conflict):
    code = "merge_cycle"


async def merge(
    session: AsyncSession,
    source: int,
    target: int,
    *,
    by: Actor,
    now: float,
    version: int | None = None,
) -> list[TicketChanged]:
    """`source` goes on in `target`. `version` is the source's. The last event is the target's.

    MergesIntoItself, ReadOnly when one of them is archived, StepRefused, Stale, NotFound.
    """
    await take_turns(session, "tickets.merge")  # a ring of merges would wait for each other
    first, second = await _both(session, source, target)
    if version is not None and version != first.version:
        raise Stale(first)
    for one in (first, second):
        if one.status == TicketStatus.ARCHIVED:
            raise ReadOnly(one)
    pointed = {"target": second.id, "number": second.number}
    gone = Edit(session, first, by, now)
    gone.step(Step.MERGE, pointed, merged_into=second.id)
    led_on = await _lead_on(session, first.id, second, by, now)
    await _move_watchers(session, first.id, second.id)
    stays = Edit(session, second, by, now)
    stays.tell(Happened.MERGED_HERE, {"source": first.id, "number": first.number})
    return [*led_on, await gone.save(), await stays.save()]


async def split(
    session: AsyncSession,
    ticket: int,
    *,
    title: str,
    messages: Sequence[int] = (),
    by: Actor,
    now: float,
    version: int | None = None,
) -> tuple[int, list[TicketChanged]]:
    """Part of it becomes a ticket of its own, with these messages. (the new id, the events)"""
    old = await locked(session, ticket)
    if version is not None and version != old.version:
        raise Stale(old)
    if old.status == TicketStatus.ARCHIVED:
        raise ReadOnly(old)
    new = NewTicket(
        title=title,
        customer=old.customer_id,
        interaction=old.opened_from,
        priority=Priority(old.priority),
        owner=next(iter(await people.active(session, _known(old.owner_id))), None),
        team=old.team_id,
        origin=Origin.SPLIT,
    )
    opened = await open_ticket(session, new, by=by, now=now)
    await _move_messages(session, ticket, opened.ticket, messages)
    await connect(session, opened.ticket, ticket, LinkKind.SPLIT, by=by, now=now)
    edit = Edit(session, old, by, now)
    edit.tell(Happened.SPLIT, {"ticket": opened.ticket, "messages": list(messages)})
    events = [event for event in (opened.event, await edit.save()) if event is not None]
    return opened.ticket, events


# --- parts ----------------------------------------------------------------------------------


def _known(owner: int | None) -> list[int]:
    return [] if owner is None else [owner]


async def _both(session: AsyncSession, source: int, target: int) -> tuple[Ticket, Ticket]:
    """Both, the target where it goes on; locked in the order of their ids, so that nobody waits in
    a circle."""
    last = await target_of(session, target)
    if last == source:
        raise MergesIntoItself("a ticket cannot be merged into itself", field="target")
    found = {one: await locked(session, one) for one in sorted({source, last})}
    return found[source], found[last]


async def _lead_on(
    session: AsyncSession, source: int, target: Ticket, by: Actor, now: float
) -> list[TicketChanged]:
    """What was merged into the source before leads to where it goes on."""
    query = select(tickets.c.id).where(tickets.c.merged_into == source).order_by(tickets.c.id)
    events = []
    for one in (await session.scalars(query)).all():
        edit = Edit(session, await locked(session, one), by, now)
        edit.set(Happened.LED_ON, {"number": target.number}, merged_into=target.id)
        events.append(await edit.save())
    return events


async def _move_watchers(session: AsyncSession, source: int, target: int) -> None:
    query = select(TicketWatcher.user_id, TicketWatcher.since)
    rows = (await session.execute(query.where(TicketWatcher.ticket_id == source))).all()
    watchers = [{"ticket_id": target, "user_id": user, "since": since} for user, since in rows]
    if watchers:
        written = insert_once(session, TicketWatcher, watchers, "ticket_id", "user_id")
        await session.execute(written)


async def _move_messages(
    session: AsyncSession, source: int, target: int, messages: Sequence[int]
) -> None:
    """All of them or InvalidInput."""
    if not messages:
        return
    table = table_of(TicketMessage)
    moved = await session.scalars(
        update(table)
        .where(table.c.id.in_(messages), table.c.ticket_id == source)
        .values(ticket_id=target)
        .returning(table.c.id)
    )
    if set(moved) != set(messages):
        raise InvalidInput("not all of these are messages of this ticket", field="messages")
