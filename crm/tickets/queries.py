"""The questions about tickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from crm.customers.queries import USERS, target_of
from crm.customers.tables import Customer
from crm.tickets.tables import Ticket, TicketStatus


class TicketView(msgspec.Struct, frozen=True):
    id: int
    number: str
    title: str
    status: str
    customer: int
    customer_name: str
    opened_from: str | None  # interaction
    created_by: str | None  # display name
    created_at: float
    updated_at: float
    version: int


class TicketPage(msgspec.Struct, frozen=True):
    items: list[TicketView]
    next: str | None  # cursor of the next page


def _tickets() -> Select[Any]:
    return (
        select(
            *(Ticket.id, Ticket.number, Ticket.title, Ticket.status, Ticket.customer_id),
            *(Customer.name, Ticket.opened_from, USERS.c.display_name),
            *(Ticket.created_at, Ticket.updated_at, Ticket.version),
        )
        .join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(USERS, USERS.c.id == Ticket.created_by)
    )


async def get_ticket(session: AsyncSession, ticket: int) -> TicketView:
    """NotFound."""
    row = (await session.execute(_tickets().where(Ticket.id == ticket))).one_or_none()
    if row is None:
        raise NotFound(f"no ticket {ticket}")
    return TicketView(*row)


async def list_tickets(
    session: AsyncSession,
    *,
    customer: int | None = None,
    statuses: Sequence[TicketStatus] = (),
    cursor: str | None = None,
    limit: int = 50,
) -> TicketPage:
    """A page of tickets, newest first."""
    query = _tickets()
    if customer is not None:
        query = query.where(Ticket.customer_id == target_of(customer))
    if statuses:
        query = query.where(Ticket.status.in_([status.value for status in statuses]))
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(after(Ticket.created_at, Ticket.id, key, descending=True))
    query = query.order_by(Ticket.created_at.desc(), Ticket.id.desc())
    rows = (await session.execute(query.limit(check_limit(limit) + 1))).all()
    items = [TicketView(*row) for row in rows]
    last = items[limit - 1] if len(items) > limit else None
    return TicketPage(items[:limit], encode_cursor(last.created_at, last.id) if last else None)
