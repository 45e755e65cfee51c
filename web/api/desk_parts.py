"""What the routes around tickets have in common: who does it, which ticket, whose things."""

from __future__ import annotations

from typing import Any

import msgspec

from crm.tickets.desk.filters import Id
from crm.tickets.desk.sharing import Sharing, Viewer
from web.api.ticket_values import Version, actor, reach, told
from web.auth.rights import Right
from web.desk_people import viewer_of
from web.routes import Call

__all__ = [
    "SharingName",
    "TeamId",
    "TicketVersion",
    "person",
    "reachable",
    "shared_changed",
    "told",
    "viewer",
]

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


async def shared_changed(
    call: Call, kind: str, id_: int, *, before: Any = None, after: Any = None
) -> None:
    """Into the audit log, when others use it or did: what is one's own is nobody's affair."""
    if any(one is not None and one.sharing != Sharing.PERSONAL for one in (before, after)):
        old, new = _plain(before), _plain(after)
        step = "create" if old is None else "delete" if new is None else "change"
        await call.audit(f"{kind}.{step}", f"{kind}/{id_}", before=old, after=new)


def _plain(view: Any) -> dict[str, Any] | None:
    """Without what is another for each who looks."""
    if view is None:
        return None
    values: dict[str, Any] = msgspec.to_builtins(view)
    return {name: value for name, value in values.items() if name != "may_change"}
