"""What is done to tickets; the caller owns the transaction."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.tables import Interaction
from crm.activities.tables import Activity
from crm.customers.queries import resolve
from crm.sql import insert_once, insert_row, table_of
from crm.text import line
from crm.tickets.queries import TicketView, get_ticket
from crm.tickets.tables import Ticket, TicketNumber, TicketStatus


class NewTicket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    customer: int
    interaction: str | None = None  # in which it came up


async def open_ticket(
    session: AsyncSession, new: NewTicket, *, author: int | None, now: float
) -> TicketView:
    """A new ticket with the next number, and its line in the timeline. InvalidInput, NotFound."""
    title = line(new.title, "title")
    customer = await resolve(session, new.customer)
    if new.interaction is not None and not await session.scalar(
        select(Interaction.id).where(Interaction.id == new.interaction)
    ):
        raise NotFound(f"no interaction {new.interaction}")
    number = await _next_number(session, now)
    ticket = await insert_row(
        session,
        Ticket,
        number=number,
        title=title,
        status=TicketStatus.NEW.value,
        customer_id=customer,
        opened_from=new.interaction,
        owner_id=author,  # until it is given to somebody else
        created_by=author,
        created_at=now,
        updated_at=now,
    )
    opened = {
        "customer_id": customer,
        "interaction_id": new.interaction,
        "kind": "ticket",
        "source": f"ticket:{ticket}",
        "at": now,
        "summary": f"{number} {title}",
        "result": TicketStatus.NEW.value,
        "author_id": author,
        "data": {"ticket": ticket, "number": number},
    }
    await session.execute(insert_once(session, Activity, [opened], "source", "kind"))
    return await get_ticket(session, ticket)


async def _next_number(session: AsyncSession, now: float) -> str:
    """The year's row is locked until the caller's transaction ends: no number is given twice."""
    year = datetime.fromtimestamp(now, UTC).year
    numbers = table_of(TicketNumber)
    first = insert_once(session, TicketNumber, [{"year": year, "last": 0}], "year")
    await session.execute(first)
    last = await session.scalar(
        numbers.update()
        .where(numbers.c.year == year)
        .values(last=numbers.c.last + 1)
        .returning(numbers.c.last)
    )
    return f"T-{year}-{last:06d}"
