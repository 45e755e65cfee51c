"""Macros, and applying one; the same steps for many tickets at once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType
from sqlalchemy import select

from callcenter.errors import Forbidden, InvalidInput
from crm.text import line
from crm.tickets.desk import bulk, kept, macros, tags, views
from crm.tickets.desk.apply import apply, change_tags
from crm.tickets.desk.bulk import BulkResult, RowResult
from crm.tickets.desk.sharing import Owned, Viewer, may_change
from crm.tickets.desk.tables import Macro, SavedView
from crm.tickets.tables import Ticket
from web import keys
from web.api.desk_parts import (
    SharingName,
    TeamId,
    TicketVersion,
    person,
    reachable,
    told,
    viewer,
)
from web.api.kept_things import Things
from web.api.values import Body, Name, RowId, View
from web.auth.rights import Right
from web.desk_people import eye_of
from web.routes import Call
from web.scopes import tickets_of

Steps = Annotated[list[macros.Step], Meta(min_length=1, max_length=macros.MOST)]
Key = Annotated[str, Meta(pattern=r"^[a-z0-9](?!\n)$")]
# What many tickets can have done to them at once: nothing is said to their customers.
BulkSteps = Annotated[list[macros.Silent], Meta(min_length=1, max_length=macros.MOST)]
Ids = Annotated[list[RowId], Meta(min_length=1, max_length=bulk.MOST)]


class MacroView(View, frozen=True):
    """`key` is pressed to apply it. `may_change`: for the one who asks."""

    id: int
    title: str
    key: str | None
    steps: list[macros.Step]
    sharing: str
    team: int | None
    version: int
    may_change: bool


class MacroSent(Body, frozen=True):
    title: Name
    steps: Steps
    key: Key | None = None
    sharing: SharingName = SharingName.PERSONAL
    team: TeamId | None = None


class MacroChange(Body, frozen=True):
    """What is absent stays; `team` goes with `sharing`. `version` is the one that was read."""

    version: TicketVersion
    title: Name | UnsetType = UNSET
    steps: Steps | UnsetType = UNSET
    key: Key | UnsetType | None = UNSET
    sharing: SharingName | UnsetType = UNSET
    team: TeamId | None = None


class MacroList(View, frozen=True):
    items: list[MacroView]


class MacroAsked(Body, frozen=True):
    """`version` is that of the ticket as it was read, if that matters."""

    macro: RowId
    version: TicketVersion | None = None


class MacroDone(View, frozen=True):
    """`version` of the ticket now."""

    ticket: int
    version: int


class BulkAsked(Body, frozen=True):
    """Either `tickets` or all of a `view`; at most 200, the rest of a view is counted in `left`."""

    steps: BulkSteps
    tickets: Ids | None = None
    view: RowId | None = None


class TagsSent(Body, frozen=True):
    tags: Annotated[list[macros.Tag], Meta(max_length=tags.MOST)]


class TagList(View, frozen=True):
    items: list[str]


class TagQuery(Body, frozen=True):
    q: Annotated[str, Meta(max_length=64)] = ""


async def list_macros(call: Call) -> MacroList:
    return MacroList(await _MACROS.listed(call))


async def create_macro(call: Call, body: MacroSent) -> MacroView:
    return await _MACROS.create(call, body, _values(body))


async def change_macro(call: Call, id: RowId, body: MacroChange) -> MacroView:
    return await _MACROS.change(call, id, body, _values(body))


async def delete_macro(call: Call, id: RowId) -> None:
    await _MACROS.delete(call, id)


async def apply_macro(call: Call, id: RowId, body: MacroAsked) -> MacroDone:
    """All of its steps or none; each is an event of its own."""
    row = await kept.read(call.db, Macro, body.macro, await viewer(call))
    steps = macros.read(row.steps)
    await reachable(call, id, *_rights(call, steps))
    made = await apply(
        call.db,
        id,
        steps,
        by=person(call),
        now=time.time(),
        letters=call.request.app[keys.LETTERS],
        version=body.version,
    )
    told(call, made.events)
    return MacroDone(id, made.version)


async def change_tickets(call: Call, body: BulkAsked) -> BulkResult:
    """Each ticket is changed whole or not at all, and says how it went."""
    steps = macros.checked(body.steps)
    needed = _rights(call, steps)
    asked, left = await _chosen(call, body)
    mine = await _reachable(call, asked, needed)
    rows, events = await bulk.change_all(
        call.db,
        [ticket for ticket in asked if ticket in mine],
        steps,
        by=person(call),
        now=time.time(),
        letters=call.request.app[keys.LETTERS],
    )
    told(call, events)
    done = {row.ticket: row for row in rows}
    gone = "there is no such ticket, or not for you"
    all_rows = [
        done.get(one) or RowResult(one, "failed", error="not_found", message=gone)
        for one in dict.fromkeys(asked)
    ]
    failed = sum(row.result == "failed" for row in all_rows)
    return BulkResult(all_rows, len(all_rows) - failed, failed, left)


async def read_tags(call: Call, id: RowId) -> TagList:
    await reachable(call, id, Right.TICKET_READ)
    return TagList(await tags.of_ticket(call.db, id))


async def put_tags(call: Call, id: RowId, body: TagsSent) -> TagList:
    """These and no others."""
    await reachable(call, id, Right.TICKET_WRITE)
    wanted = tags.checked(body.tags, "tags")
    keys_ = {tags.key_of(tag) for tag in wanted}
    over = [tag for tag in await tags.of_ticket(call.db, id) if tags.key_of(tag) not in keys_]
    events = await change_tags(
        call.db, id, add=wanted, remove=over, by=person(call), now=time.time()
    )
    told(call, events)
    return TagList(await tags.of_ticket(call.db, id))


async def list_tags(call: Call, query: TagQuery) -> TagList:
    return TagList(await tags.known(call.db, query.q, limit=20))


# --- parts -----------------------------------------------------------------------------------


def _rights(call: Call, steps: Iterable[macros.Step]) -> list[Right]:
    """What these steps need, Forbidden without one of them."""
    needed = sorted(Right(name) for name in macros.rights(steps))
    for right in needed:
        if not call.principal.may(right):
            raise Forbidden(f"this needs the right {right}")
    return needed


async def _chosen(call: Call, body: BulkAsked) -> tuple[Sequence[int], int]:
    """The tickets, and how many more the view holds."""
    if (body.tickets is None) == (body.view is None):
        raise InvalidInput("either tickets or a view", field="tickets")
    if body.tickets is not None:
        return body.tickets, 0
    row = await kept.read(call.db, SavedView, body.view or 0, await viewer(call))
    asked = views.Asked(
        views.filter_of(row),
        await eye_of(call.db, call.principal, time.time()),
        tickets_of(call.principal, Right.TICKET_READ),
    )
    count, _ = await views.count(call.db, asked)
    found = await views.ids(call.db, asked, limit=bulk.MOST)
    return found, max(0, count - len(found))


async def _reachable(call: Call, asked: Sequence[int], needed: Iterable[Right]) -> frozenset[int]:
    query = select(Ticket.id).where(Ticket.id.in_(asked))
    for right in needed:
        query = query.where(tickets_of(call.principal, right))
    return frozenset(await call.db.scalars(query))


def _values(sent: MacroSent | MacroChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if sent.title is not UNSET:
        values["title"] = line(sent.title, "title")
    if sent.steps is not UNSET:
        values["steps"] = macros.written(macros.checked(sent.steps))
    if sent.key is not UNSET:
        values["key"] = sent.key
    return values


def _view(row: Macro, who: Viewer) -> MacroView:
    owned = Owned(SharingName(row.sharing), row.owner_id, row.team_id)
    return MacroView(
        id=row.id,
        title=row.title,
        key=row.key,
        steps=msgspec.convert(row.steps, list[macros.Step]),
        sharing=row.sharing,
        team=row.team_id,
        version=row.version,
        may_change=may_change(who, owned),
    )


_MACROS = Things(Macro, "macro", _view)
