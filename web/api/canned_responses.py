"""Canned responses: kept, and filled for a ticket before they are sent."""

from __future__ import annotations

import time
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from crm import placeholders
from crm.text import line, optional_line
from crm.tickets.desk import canned, kept
from crm.tickets.desk.canned import Canned, Filled
from crm.tickets.desk.matter import matter
from crm.tickets.desk.tables import CannedResponse
from web import keys
from web.api.desk_parts import (
    SharingName,
    TeamId,
    TicketVersion,
    reachable,
    viewer,
)
from web.api.kept_things import Things
from web.api.values import Body, Name, RowId, View
from web.auth.rights import Right
from web.routes import Call

Text = Annotated[str, Meta(min_length=1, max_length=canned.LONGEST, pattern=r"\S")]
Shortcut = Annotated[str, Meta(max_length=32)]


class CannedSent(Body, frozen=True):
    """`shortcut`: what people type to get it."""

    title: Name
    body: Text
    shortcut: Shortcut | None = None
    sharing: SharingName = SharingName.PERSONAL
    team: TeamId | None = None


class CannedChange(Body, frozen=True):
    """What is absent stays; `team` goes with `sharing`. `version` is the one that was read."""

    version: TicketVersion
    title: Name | UnsetType = UNSET
    body: Text | UnsetType = UNSET
    shortcut: Shortcut | UnsetType | None = UNSET
    sharing: SharingName | UnsetType = UNSET
    team: TeamId | None = None


class CannedList(View, frozen=True):
    items: list[Canned]


class Placeholder(View, frozen=True):
    """A gap that texts may have; written as {{name}}."""

    name: str
    zh: str
    en: str


class PlaceholderList(View, frozen=True):
    items: list[Placeholder]


async def list_placeholders(call: Call) -> PlaceholderList:
    known = placeholders.PLACEHOLDERS
    return PlaceholderList([Placeholder(name, *words) for name, words in known.items()])


async def list_canned_responses(call: Call) -> CannedList:
    return CannedList(await _CANNED.listed(call))


async def create_canned_response(call: Call, body: CannedSent) -> Canned:
    return await _CANNED.create(call, body, _values(body))


async def change_canned_response(call: Call, id: RowId, body: CannedChange) -> Canned:
    return await _CANNED.change(call, id, body, _values(body))


async def delete_canned_response(call: Call, id: RowId) -> None:
    await _CANNED.delete(call, id)


async def fill_canned_response(call: Call, id: RowId, ticket: RowId) -> Filled:
    """As it is for this ticket; people look at it before they send it."""
    await reachable(call, ticket, Right.TICKET_READ)
    row = await kept.read(call.db, CannedResponse, id, await viewer(call))
    about = await matter(call.db, ticket)
    zone = call.request.app[keys.LETTERS].zone
    values = about.values(agent=call.principal.display_name, now=time.time(), zone=zone)
    return Filled(canned.filled(row.body, values))


def _values(sent: CannedSent | CannedChange) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if sent.title is not UNSET:
        values["title"] = line(sent.title, "title")
    if sent.body is not UNSET:
        values["body"] = canned.checked(sent.body, "body")
    if sent.shortcut is not UNSET:
        values["shortcut"] = optional_line(sent.shortcut, "shortcut", longest=32)
    return values


_CANNED = Things(CannedResponse, "canned_response", canned.canned_of)
