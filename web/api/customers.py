"""Customers, their timeline, and the notes people write there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType, structs

from callcenter.errors import Conflict
from callcenter.events import ActivityLogged
from crm.activities import queries as activity_queries
from crm.activities import service as activities
from crm.activities.queries import Timeline, TimelineItem
from crm.customers import queries, service
from crm.customers.queries import CustomerPage, CustomerView
from crm.customers.service import CustomerPatch, SharedNumber
from recording.access import audible
from web import keys, ownership
from web.api.values import Body, Cursor, EventKey, Label, Limit, Name, NoteText, RowId, Search
from web.auth.rights import Right, Scope
from web.routes import Call

Kind = Literal["company", "person"]
Level = Annotated[str, Meta(max_length=16)]
Language = Annotated[str, Meta(max_length=16)]
Account = Annotated[str, Meta(pattern=r"^[0-9]{1,20}(?!\n)$")]  # what callers can type
Number = Annotated[str, Meta(min_length=1, max_length=80)]
Version = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class NumberSent(Body, frozen=True):
    """`contact`: whose number it is, as a place in the contacts sent with it, from 0."""

    number: Number
    label: Label | None = None
    switchboard: bool = False
    contact: Annotated[int, Meta(ge=0, le=50)] | None = None


class ContactSent(Body, frozen=True):
    name: Name
    role: Label | None = None
    email: Annotated[str, Meta(max_length=200)] | None = None


class CustomerSent(Body, frozen=True):
    """`interaction`: the call in which this customer was met; it becomes theirs."""

    name: Name
    kind: Kind = "person"
    level: Level | None = None
    owner_id: RowId | None = None
    language: Language | None = None
    do_not_call: bool = False
    account_number: Account | None = None
    numbers: Annotated[list[NumberSent], Meta(max_length=50)] = msgspec.field(default_factory=list)
    contacts: Annotated[list[ContactSent], Meta(max_length=50)] = msgspec.field(
        default_factory=list
    )
    interaction: EventKey | None = None


class CustomerChange(Body, frozen=True):
    """What is absent stays. `version` is the one that was read."""

    version: Version
    name: Name | UnsetType = UNSET
    kind: Kind | UnsetType = UNSET
    level: Level | UnsetType | None = UNSET
    owner_id: RowId | UnsetType | None = UNSET
    language: Language | UnsetType | None = UNSET
    do_not_call: bool | UnsetType = UNSET
    account_number: Account | UnsetType | None = UNSET


class CreatedCustomer(CustomerView, frozen=True):
    """`shared`: its numbers that others have too; `calls`: earlier calls that are now its own."""

    shared: list[SharedNumber] = msgspec.field(default_factory=list)
    calls: int = 0


class NoteSent(Body, frozen=True):
    text: NoteText
    interaction: EventKey | None = None


class CustomerQuery(Body, frozen=True):
    q: Search = ""
    cursor: Cursor | None = None
    limit: Limit = 50


class TimelineQuery(Body, frozen=True):
    """`kind`: only these, with commas between."""

    kind: Annotated[str, Meta(max_length=200)] = ""
    cursor: Cursor | None = None
    limit: Limit = 50


class StaleVersion(Conflict):
    """Somebody else was faster: `values` holds both sides of what was to be changed."""

    def __init__(self, change: CustomerChange, now: CustomerView) -> None:
        super().__init__("somebody else changed this customer meanwhile", field="version")
        self.values = {
            "version": now.version,
            "fields": {
                name: {"yours": value, "theirs": getattr(now, name)}
                for name, value in given(change).items()
            },
        }


async def list_customers(call: Call, query: CustomerQuery) -> CustomerPage:
    return await queries.list_customers(
        call.db,
        search=query.q,
        cursor=query.cursor,
        limit=query.limit,
        rule=call.request.app[keys.NUMBER_RULE],
    )


async def read_customer(call: Call, id: RowId) -> CustomerView:
    return await queries.get_customer(call.db, id)


async def create_customer(call: Call, body: CustomerSent) -> CreatedCustomer:
    if body.interaction is not None:
        await ownership.check(call, body.interaction, Right.INTERACTION_WRITE)
    sent = structs.asdict(body)
    sent.pop("interaction")
    created, events = await service.create_customer(
        call.db,
        msgspec.convert(sent, service.NewCustomer, from_attributes=True),
        now=time.time(),
        rule=call.request.app[keys.NUMBER_RULE],
    )
    customer = created.customer
    if body.interaction is not None:
        events += await service.pick_customer(call.db, body.interaction, customer.id)
    publish(call, events)
    return CreatedCustomer(**structs.asdict(customer), shared=created.shared, calls=created.calls)


async def change_customer(call: Call, id: RowId, body: CustomerChange) -> CustomerView:
    patch = CustomerPatch(version=body.version, **given(body))
    try:
        return await service.patch_customer(call.db, id, patch, now=time.time())
    except Conflict:
        raise StaleVersion(body, await queries.get_customer(call.db, id)) from None


async def read_timeline(call: Call, id: RowId, query: TimelineQuery) -> Timeline:
    await queries.resolve(call.db, id)
    kinds = [kind.strip() for kind in query.kind.split(",") if kind.strip()]
    page = await activity_queries.timeline(
        call.db, id, kinds=kinds, cursor=query.cursor, limit=query.limit
    )
    await _leave_out_unheard(call, page)
    return page


async def _leave_out_unheard(call: Call, page: Timeline) -> None:
    """Who may hear a recording is the recordings' affair: an agent hears the own calls only."""
    who = call.principal
    reach = who.rights.get(Right.RECORDING_READ)
    heard = await audible(
        call.db,
        {recording.id for item in page.items for recording in item.recordings},
        agent=who.agent if reach is not None else None,
        everything=reach is Scope.ALL,
    )
    for item in page.items:
        item.recordings[:] = [one for one in item.recordings if one.id in heard]


async def add_customer_note(call: Call, id: RowId, body: NoteSent) -> TimelineItem:
    if body.interaction is not None:
        await ownership.check(call, body.interaction, Right.INTERACTION_WRITE)
    return await add_note(call, body.text, customer=id, interaction=body.interaction)


async def add_note(
    call: Call, text: str, *, customer: int | None, interaction: str | None
) -> TimelineItem:
    """The note as it stands in the timeline."""
    activity, _ = await activities.add_note(
        call.db,
        activities.NewNote(text, customer=customer, interaction=interaction),
        author=call.principal.user,
        now=time.time(),
    )
    return await activity_queries.get_activity(call.db, activity)


def publish(call: Call, events: Sequence[ActivityLogged]) -> None:
    """Once it is committed, everybody who follows timelines is told."""
    tell = call.request.app[keys.PUBLISH]
    call.then(lambda _: [tell(event) for event in events])


def given(change: CustomerChange) -> dict[str, Any]:
    """What was sent, without the version."""
    sent = structs.asdict(change)
    return {name: sent[name] for name in sent if sent[name] is not UNSET and name != "version"}
