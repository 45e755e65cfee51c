"""What the routes of tickets share: their values, how far one reaches, what is told after."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, structs
from sqlalchemy import ColumnElement, false

from callcenter.errors import Conflict
from callcenter.events import TicketChanged
from crm.tickets import queries
from crm.tickets.changes import Stale
from crm.tickets.life import Priority
from crm.tickets.views import TicketView
from crm.tickets.words import Actor, person
from web import keys
from web.api.values import Body
from web.auth.rights import Right
from web.routes import Call
from web.scopes import visible_tickets

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Words = Annotated[str, Meta(max_length=20_000)]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Moment = Annotated[float, Meta(ge=0, le=4e9)]  # seconds since the Unix epoch
RequestKey = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[!-~]+(?!\n)$")]
PriorityName = Literal["low", "normal", "high", "urgent"]
FieldText = Annotated[str, Meta(max_length=20_000)]
FieldValue = FieldText | float | list[FieldText] | None
Fields = Annotated[dict[str, FieldValue], Meta(max_length=200)]


class StaleTicket(Conflict):
    """Somebody else was faster: `values` holds both sides of what was to be changed."""

    def __init__(self, sent: Mapping[str, Any], now: TicketView) -> None:
        super().__init__("somebody else changed this ticket meanwhile", field="version")
        self.values = {
            "version": now.version,
            "fields": {
                name: {"yours": value, "theirs": getattr(now, name, None)}
                for name, value in sent.items()
            },
        }


def priority_of(name: PriorityName) -> Priority:
    return Priority[name.upper()]


def actor(call: Call) -> Actor:
    return person(call.principal.user)


async def reach(call: Call, ticket: int, right: Right) -> None:
    """NotFound for a ticket that one does not see, or that this right does not reach."""
    seen = {Right.TICKET_READ, right}
    await queries.check_visible(
        call.db, ticket, *(visible_tickets(call, one) for one in sorted(seen))
    )


def told(call: Call, events: Iterable[TicketChanged | None]) -> None:
    """Once it is committed, everybody who follows tickets is told."""
    publish = call.request.app[keys.PUBLISH]
    changed = [event for event in events if event is not None]
    call.then(lambda _: [publish(event) for event in changed])


def given(body: Body) -> dict[str, Any]:
    """What was sent, without the version."""
    sent = structs.asdict(body)
    return {name: sent[name] for name in sent if sent[name] is not UNSET and name != "version"}


async def stale(call: Call, ticket: int, sent: Mapping[str, Any]) -> StaleTicket:
    """The answer to a Stale: what was sent beside what is there now."""
    return StaleTicket(sent, await queries.get_ticket(call.db, ticket))


async def changed(call: Call, ticket: int, *events: TicketChanged | None) -> TicketView:
    """The ticket as it is now; the events are told."""
    told(call, events)
    return await queries.get_ticket(call.db, ticket, others=named(call))


def named(call: Call) -> ColumnElement[bool]:
    """The tickets of which this person may be told number and title."""
    return visible_tickets(call) if call.principal.may(Right.TICKET_READ) else false()


def now() -> float:
    return time.time()


__all__ = [
    "Fields",
    "Moment",
    "PriorityName",
    "RequestKey",
    "Stale",
    "StaleTicket",
    "Title",
    "Version",
    "Words",
    "actor",
    "changed",
    "given",
    "named",
    "now",
    "priority_of",
    "reach",
    "stale",
    "told",
]
