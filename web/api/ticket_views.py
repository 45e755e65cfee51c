"""Saved views of tickets, and how many each holds."""

from __future__ import annotations

import time
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from crm.text import line
from crm.tickets.desk import kept, views
from crm.tickets.desk.filters import Sort, TicketFilter
from crm.tickets.desk.tables import SavedView
from crm.tickets.desk.views import SavedTicketView
from screenpop.frames import ViewCount
from web import keys
from web.api.desk_parts import SharingName, TeamId, TicketVersion, viewer
from web.api.values import Body, Name, RowId, View
from web.routes import Call

Place = Annotated[int, Meta(ge=0, le=10_000)]


class SavedViewSent(Body, frozen=True):
    """`place`: lowest first."""

    title: Name
    filter: TicketFilter
    sort: Sort = "-created_at"
    place: Place = 0
    sharing: SharingName = SharingName.PERSONAL
    team: TeamId | None = None


class SavedViewChange(Body, frozen=True):
    """What is absent stays; `team` goes with `sharing`. `version` is the one that was read."""

    version: TicketVersion
    title: Name | UnsetType = UNSET
    filter: TicketFilter | UnsetType = UNSET
    sort: Sort | UnsetType = UNSET
    place: Place | UnsetType = UNSET
    sharing: SharingName | UnsetType = UNSET
    team: TeamId | None = None


class SavedViewList(View, frozen=True):
    items: list[SavedTicketView]


class ViewCounts(View, frozen=True):
    """The same comes by push on the stream `tickets`. 1,000 means that or more."""

    items: list[ViewCount]


async def list_ticket_views(call: Call) -> SavedViewList:
    who = await viewer(call)
    rows = views.in_order(await kept.listed(call.db, SavedView, who))
    return SavedViewList([views.view_of(row, who) for row in rows])


async def count_ticket_views(call: Call) -> ViewCounts:
    feed = call.request.app[keys.TICKET_FEED]
    return ViewCounts(await feed.of(call.db, call.principal))


async def create_ticket_view(call: Call, body: SavedViewSent) -> SavedTicketView:
    who = await viewer(call)
    wanted = (body.sharing, body.team)
    row = await kept.create(call.db, SavedView, who, wanted, _values(body), now=time.time())
    _told(call)
    return views.view_of(row, who)


async def change_ticket_view(call: Call, id: RowId, body: SavedViewChange) -> SavedTicketView:
    who = await viewer(call)
    sharing = None if body.sharing is UNSET else body.sharing
    asked = kept.Change(body.version, sharing, body.team, _values(body))
    row = await kept.change(call.db, SavedView, id, who, asked, now=time.time())
    _told(call)
    return views.view_of(row, who)


async def delete_ticket_view(call: Call, id: RowId) -> None:
    await kept.remove(call.db, SavedView, id, await viewer(call))
    _told(call)


def _values(sent: SavedViewSent | SavedViewChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if sent.title is not UNSET:
        values["title"] = line(sent.title, "title")
    if sent.filter is not UNSET:
        values["filter"] = msgspec.to_builtins(sent.filter)
    for name in ("sort", "place"):
        given = getattr(sent, name)
        if given is not UNSET:
            values[name] = given
    return values


def _told(call: Call) -> None:
    feed = call.request.app[keys.TICKET_FEED]
    call.then(lambda _: feed.views_changed())
