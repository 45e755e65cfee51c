"""Customers, their timeline, the notes people write there, and whose customers they are."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, structs
from sqlalchemy import false, select

from callcenter.errors import Conflict, Forbidden, InvalidInput
from callcenter.events import ActivityLogged
from crm.activities import queries as activity_queries
from crm.activities import service as activities
from crm.activities.kinds import ActivityKind
from crm.activities.queries import Timeline, TimelineItem
from crm.customers import lists, queries, service
from crm.customers.lists import CustomerPage
from crm.customers.queries import USERS, CustomerView
from crm.customers.service import CustomerPatch, NewCustomer, Saved
from crm.pool import service as pool
from crm.tickets import queries as ticket_queries
from recording.access import audible
from web import keys, ownership
from web.api.customer_values import (
    CustomerChange,
    CustomerQuery,
    CustomerSent,
    SavedCustomer,
    StaleVersion,
    filter_of,
    given,
    parted,
)
from web.api.values import Body, Cursor, EventKey, Limit, NoteText, RowId, View
from web.auth.rights import Right, Scope
from web.routes import Call
from web.scopes import people, reach, visible_customers, visible_tickets


class NoteSent(Body, frozen=True):
    text: NoteText
    interaction: EventKey | None = None


class TimelineQuery(Body, frozen=True):
    """`kind`: only these, with commas between."""

    kind: Annotated[str, Meta(max_length=200)] = ""
    cursor: Cursor | None = None
    limit: Limit = 50


class OwnerSent(Body, frozen=True):
    """null puts the customer into the pool."""

    owner: RowId | None


class ClaimSent(Body, frozen=True):
    ids: Annotated[list[RowId], Meta(min_length=1, max_length=100)]


class Claimed(View, frozen=True):
    """`missed`: those that somebody else has, or had a moment earlier."""

    claimed: list[int]
    missed: list[int]


class TagList(View, frozen=True):
    items: list[str]


async def list_customers(call: Call, query: CustomerQuery) -> CustomerPage:
    return await lists.list_customers(
        call.db,
        filter_of(query),
        visible=visible_customers(call),
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
        rule=call.request.app[keys.NUMBER_RULE],
    )


async def list_customer_tags(call: Call) -> TagList:
    return TagList(await lists.all_tags(call.db))


async def read_customer(call: Call, id: RowId) -> CustomerView:
    return await queries.get_customer(call.db, id, visible_customers(call))


async def create_customer(call: Call, body: CustomerSent) -> SavedCustomer:
    if body.interaction is not None:
        await ownership.check(call, body.interaction, Right.INTERACTION_WRITE)
    sent = structs.asdict(body)
    sent.pop("interaction")
    sent["owner_id"] = await _first_owner(call, body)
    saved, events = await service.create_customer(
        call.db,
        msgspec.convert(sent, NewCustomer, from_attributes=True),
        now=time.time(),
        rule=call.request.app[keys.NUMBER_RULE],
    )
    if body.interaction is not None:
        events += await service.pick_customer(call.db, body.interaction, saved.customer.id)
    publish(call, events)
    return _saved(saved)


async def change_customer(call: Call, id: RowId, body: CustomerChange) -> SavedCustomer:
    visible = visible_customers(call, Right.CUSTOMER_WRITE)
    sent = given(body)
    if "owner_id" in sent:
        before = await queries.get_customer(call.db, id, visible)
        if before.owner_id != body.owner_id:
            await queries.resolve(call.db, id, visible_customers(call, Right.CUSTOMER_ASSIGN))
            await _check_owner(call, sent["owner_id"], "owner_id")
            await _audit_owner(call, before.id, before.owner_id, sent["owner_id"])
    patch = msgspec.convert({"version": body.version, **sent}, CustomerPatch, from_attributes=True)
    try:
        saved, events = await service.patch_customer(
            call.db,
            id,
            patch,
            now=time.time(),
            rule=call.request.app[keys.NUMBER_RULE],
            visible=visible,
        )
    except Conflict:
        raise StaleVersion(body, await queries.get_customer(call.db, id)) from None
    publish(call, events)
    return _saved(saved)


def _saved(saved: Saved) -> SavedCustomer:
    customer = {name: getattr(saved.customer, name) for name in saved.customer.__struct_fields__}
    return SavedCustomer(**customer, shared=saved.shared, calls=saved.calls)


# --- whose they are -----------------------------------------------------------------------------


async def assign_customer(call: Call, id: RowId, body: OwnerSent) -> CustomerView:
    visible = visible_customers(call, Right.CUSTOMER_ASSIGN)
    await _check_owner(call, body.owner, "owner")
    given_to = await pool.assign(call.db, id, body.owner, now=time.time(), visible=visible)
    await _audit_owner(call, given_to.customer, given_to.before, given_to.after)
    return await queries.get_customer(call.db, given_to.customer)


async def claim_customers(call: Call, body: ClaimSent) -> Claimed:
    claimed = await pool.claim(call.db, body.ids, call.principal.user, now=time.time())
    for customer in claimed:
        await _audit_owner(call, customer, None, call.principal.user, action="customer.claim")
    return Claimed(claimed, [one for one in dict.fromkeys(body.ids) if one not in set(claimed)])


async def _first_owner(call: Call, body: CustomerSent) -> int | None:
    """Of a new customer: who makes it is asked nothing, to name somebody else takes a right."""
    me = call.principal.user
    if body.owner_id is UNSET:
        return None if call.scope is Scope.ALL else me
    if body.owner_id is not None and body.owner_id != me:
        await _check_owner(call, body.owner_id, "owner_id")
    return body.owner_id


async def _check_owner(call: Call, owner: int | None, field: str) -> None:
    """Whether this person may give customers to `owner`. Forbidden, InvalidInput."""
    if owner is not None and not await call.db.scalar(
        select(USERS.c.id).where(USERS.c.id == owner)
    ):
        raise InvalidInput("no such user", field=field)
    scope = reach(call.principal, Right.CUSTOMER_ASSIGN)
    if owner is None or scope is Scope.ALL:
        return
    within = select(USERS.c.id).where(USERS.c.id.in_(people(call.principal, scope)))
    if await call.db.scalar(within.where(USERS.c.id == owner)) is None:
        raise Forbidden("you may not give customers to this person", field=field)


async def _audit_owner(
    call: Call,
    customer: int,
    before: int | None,
    after: int | None,
    action: str = "customer.assign",
) -> None:
    await call.audit(
        action, f"customer/{customer}", before={"owner_id": before}, after={"owner_id": after}
    )


# --- the timeline -------------------------------------------------------------------------------


async def read_timeline(call: Call, id: RowId, query: TimelineQuery) -> Timeline:
    await queries.resolve(call.db, id, visible_customers(call))
    page = await activity_queries.timeline(
        call.db, id, kinds=_kinds(query.kind), cursor=query.cursor, limit=query.limit
    )
    await _leave_out_unheard(call, page)
    return await _without_others_tickets(call, page)


async def _without_others_tickets(call: Call, page: Timeline) -> Timeline:
    """That something happened with a ticket is the customer's story; which one and what it says is
    for those who may read it."""
    spoken = {one.id: one.data["ticket"] for one in page.items if one.data and "ticket" in one.data}
    reads = call.principal.may(Right.TICKET_READ)
    visible = visible_tickets(call) if reads else false()
    seen = await ticket_queries.visible_among(call.db, set(spoken.values()), visible)
    items = [
        structs.replace(one, summary="", text=None, data=None)
        if one.id in spoken and spoken[one.id] not in seen
        else one
        for one in page.items
    ]
    return structs.replace(page, items=items)


def _kinds(asked: str) -> list[ActivityKind]:
    try:
        return [ActivityKind(kind) for kind in parted(asked)]
    except ValueError:
        raise InvalidInput(f"any of {', '.join(ActivityKind)}", field="kind") from None


async def _leave_out_unheard(call: Call, page: Timeline) -> None:
    """Who may hear a recording is the recordings' affair: an agent hears the own calls only."""
    who = call.principal
    hears = who.rights.get(Right.RECORDING_READ)
    heard = await audible(
        call.db,
        {recording.id for item in page.items for recording in item.recordings},
        agent=who.agent if hears is not None else None,
        everything=hears is Scope.ALL,
    )
    for item in page.items:
        item.recordings[:] = [one for one in item.recordings if one.id in heard]


async def add_customer_note(call: Call, id: RowId, body: NoteSent) -> TimelineItem:
    await queries.resolve(call.db, id, visible_customers(call, Right.CUSTOMER_WRITE))
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
