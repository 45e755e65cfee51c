"""What the routes around tickets have in common: who does it, which ticket, whose things."""

from __future__ import annotations

from crm.tickets.desk.filters import Id
from crm.tickets.desk.sharing import Sharing, Viewer
from web.api.ticket_values import Version, actor, reach, told
from web.auth.rights import Right
from web.desk_people import viewer_of
from web.routes import Call

__all__ = ["SharingName", "TeamId", "TicketVersion", "person", "reachable", "told", "viewer"]

TicketVersion = Version
TeamId = Id
SharingName = Sharing
person = actor


async def viewer(call: Call) -> Viewer:
    return await viewer_of(call.db, call.principal)


async def reachable(call: Call, ticket: int, *rights: Right) -> None:
    """NotFound for a ticket that one does not see, or that one of these rights does not reach."""
    for right in rights:
        await reach(call, ticket, right)
