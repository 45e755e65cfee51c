"""What one is writing on tickets, kept on the server until it is sent."""

from __future__ import annotations

import time
from typing import Annotated

from msgspec import Meta

from crm.tickets.desk import drafts
from crm.tickets.desk.drafts import DraftView
from web.api.desk_parts import TicketVersion, reachable
from web.api.values import Body, RowId, View
from web.auth.rights import Right
from web.routes import Call

MOST = 100


class DraftSent(Body, frozen=True):
    """`version` is that of the draft as it was read, 0 for a new one; `ticket_version` that of the
    ticket one looks at."""

    text: Annotated[str, Meta(max_length=drafts.LONGEST)]
    ticket_version: TicketVersion
    internal: bool = False
    version: Annotated[int, Meta(ge=0, le=2**31 - 1)] = 0


class DraftList(View, frozen=True):
    """Newest first, at most 100."""

    items: list[DraftView]


async def list_drafts(call: Call) -> DraftList:
    return DraftList(await drafts.of_user(call.db, call.principal.user, limit=MOST))


async def read_draft(call: Call, ticket: RowId) -> DraftView:
    await reachable(call, ticket, Right.TICKET_READ)
    return await drafts.read(call.db, ticket, call.principal.user)


async def put_draft(call: Call, ticket: RowId, body: DraftSent) -> DraftView:
    """409 with what is there when another window was faster."""
    await reachable(call, ticket, Right.TICKET_WRITE)
    return await drafts.write(
        call.db,
        ticket,
        call.principal.user,
        text=body.text,
        internal=body.internal,
        ticket_version=body.ticket_version,
        version=body.version,
        now=time.time(),
    )


async def delete_draft(call: Call, ticket: RowId) -> None:
    """One's own can be dropped even where the ticket is no longer in reach."""
    if not await drafts.remove(call.db, ticket, call.principal.user):
        await reachable(call, ticket, Right.TICKET_READ)
