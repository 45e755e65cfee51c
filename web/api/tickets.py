"""Tickets: opened from a call or for a customer, listed and read; their life follows later."""

from __future__ import annotations

import time
from typing import Annotated, Literal

from msgspec import Meta

from callcenter.errors import InvalidInput
from crm.tickets import queries, service
from crm.tickets.queries import TicketPage, TicketView
from crm.tickets.tables import OPEN, TicketStatus
from web import ownership
from web.api.customers import add_note
from web.api.values import Body, Cursor, EventKey, Limit, NoteText, RowId
from web.auth.rights import Right
from web.routes import Call

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Status = Literal[
    "open", "new", "assigned", "in_progress", "pending", "resolved", "feedback", "archived"
]


class TicketSent(Body, frozen=True):
    """Without `customer` it is for the one whose call `interaction` was."""

    title: Title
    customer: RowId | None = None
    interaction: EventKey | None = None
    text: NoteText | None = None


class TicketQuery(Body, frozen=True):
    """`status` "open": somebody still owes the customer something."""

    customer: RowId | None = None
    status: Status | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


async def open_ticket(call: Call, body: TicketSent) -> TicketView:
    customer = body.customer
    if body.interaction is not None:
        seen = await ownership.check(call, body.interaction, Right.INTERACTION_WRITE)
        customer = customer or seen.customer
    if customer is None:
        raise InvalidInput("say whose ticket this is", field="customer")
    ticket = await service.open_ticket(
        call.db,
        service.NewTicket(body.title, customer, body.interaction),
        author=call.principal.user,
        now=time.time(),
    )
    if body.text is not None:
        await add_note(call, body.text, customer=customer, interaction=body.interaction)
    return ticket


async def list_tickets(call: Call, query: TicketQuery) -> TicketPage:
    return await queries.list_tickets(
        call.db,
        customer=query.customer,
        statuses=_statuses(query.status),
        cursor=query.cursor,
        limit=query.limit,
    )


async def read_ticket(call: Call, id: RowId) -> TicketView:
    return await queries.get_ticket(call.db, id)


def _statuses(asked: Status | None) -> tuple[TicketStatus, ...]:
    if asked is None:
        return ()
    return OPEN if asked == "open" else (TicketStatus(asked),)
