"""Tickets: opened, listed, read and changed; what happens to them afterwards is `ticket_steps`."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace
from sqlalchemy import ColumnElement, select

from callcenter.errors import Forbidden, InvalidInput, NotFound
from crm.customers.queries import target_of
from crm.customers.tables import Customer
from crm.search.matching import dialect_of
from crm.tickets import queries, service
from crm.tickets.changes import Stale
from crm.tickets.desk import filters
from crm.tickets.desk.filters import Eye, TicketFilter
from crm.tickets.queries import Sort, Span
from crm.tickets.views import (
    TicketCounts,
    TicketEventPage,
    TicketEventView,
    TicketMessagePage,
    TicketPage,
    TicketView,
)
from crm.tickets.words import Origin
from routing import work_changes, work_queries
from web import decode, keys, ownership
from web.api import ticket_values as values
from web.api.ticket_values import Fields, Moment, PriorityName, RequestKey, Title, Version, Words
from web.api.values import Body, Cursor, EventKey, Limit, RowId, Search
from web.auth.rights import Right
from web.auth.teams import teams_of
from web.routes import Call
from web.scopes import visible_customers, visible_tickets

Listed = Annotated[str, Meta(max_length=200)]  # words with commas between


class TicketSent(Body, frozen=True, kw_only=True):
    """Without `customer` it is for the one whose call `interaction` was, or who was missed.

    `owner`: absent, by the rules, else who opens it; null, nobody yet. `work`: the missed call it
    is made of, which is then taken care of. Sending the same request twice under the same `key`
    opens one ticket.
    """

    title: Title
    customer: RowId | None = None
    interaction: EventKey | None = None
    work: RowId | None = None
    text: Words | None = None
    priority: PriorityName = "normal"
    category: RowId | None = None
    fields: Fields = msgspec.field(default_factory=dict)
    owner: RowId | UnsetType | None = UNSET
    team: RowId | None = None
    key: RequestKey | None = None


class TicketChange(Body, frozen=True, kw_only=True):
    """What is absent stays; of `fields` each that is absent. `version` is the one that was read."""

    version: Version
    title: Title | UnsetType = UNSET
    description: Words | UnsetType | None = UNSET
    priority: PriorityName | UnsetType = UNSET
    category: RowId | UnsetType | None = UNSET
    fields: Fields | UnsetType = UNSET
    customer: RowId | UnsetType = UNSET
    solution: Words | UnsetType | None = UNSET


class TicketWanted(Body, frozen=True, kw_only=True):
    """Which tickets. `status` and `priority` take several with commas between; status "open":
    somebody still owes the customer something. `owner`: an id, me or nobody; `team`: an id or
    mine; `category`: with those below it; `overdue`: a promise is broken now; `due_before`: one
    will be by then, if nothing happens; `q`: part of a number or title.
    """

    status: Listed | None = None
    owner: Listed | None = None
    team: Listed | None = None
    category: RowId | None = None
    priority: Listed | None = None
    customer: RowId | None = None
    tag: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    overdue: bool | None = None
    watching: bool | None = None
    due_before: Moment | None = None
    created_from: Moment | None = None
    created_to: Moment | None = None
    q: Search = ""


class TicketQuery(TicketWanted, frozen=True, kw_only=True):
    sort: Sort = "-created_at"
    cursor: Cursor | None = None
    limit: Limit = 50


class HistoryQuery(Body, frozen=True):
    cursor: Cursor | None = None
    limit: Limit = 50


async def open_ticket(call: Call, body: TicketSent) -> TicketView:
    """To open one for somebody else is to give it to them."""
    others = body.owner not in (UNSET, None, call.principal.user) or body.team is not None
    if others and not call.principal.may(Right.TICKET_ASSIGN):
        raise Forbidden(f"this needs the right {Right.TICKET_ASSIGN}", field="owner")
    customer, interaction, origin = await _whose(call, body)
    opened = await service.open_ticket(
        call.db,
        service.NewTicket(
            title=body.title,
            customer=customer,
            interaction=interaction,
            description=body.text,
            priority=values.priority_of(body.priority),
            category=body.category,
            fields=body.fields,
            owner=body.owner,
            team=body.team,
            origin=origin,
            key=body.key,
        ),
        by=values.actor(call),
        now=values.now(),
    )
    if body.work is not None and opened.event is not None:
        await _work_done(call, body.work)
    return await values.changed(call, opened.ticket, opened.event)


async def _whose(call: Call, body: TicketSent) -> tuple[int, str | None, Origin]:
    """The customer, the interaction, and where the ticket came from."""
    customer, interaction, origin = body.customer, body.interaction, Origin.AGENT
    if customer is not None:
        await _check_customer(call, customer)
    if body.work is not None:
        if not call.principal.may(Right.WORK_HANDLE):
            raise Forbidden(f"this needs the right {Right.WORK_HANDLE}")
        missed = await work_queries.get_work(call.db, body.work)
        customer, interaction = customer or missed.customer, missed.interaction
        origin = Origin.MISSED
    elif interaction is not None:
        seen = await ownership.check(call, interaction, Right.INTERACTION_WRITE)
        customer, interaction, origin = customer or seen.customer, seen.id, Origin.CALL
    elif body.key is not None:
        origin = Origin.API
    if customer is None:
        raise InvalidInput("say whose ticket this is", field="customer")
    return customer, interaction, origin


async def _check_customer(call: Call, customer: int) -> None:
    """NotFound for a customer that one does not see."""
    seen = select(Customer.id).where(Customer.id == target_of(customer), visible_customers(call))
    if await call.db.scalar(seen) is None:
        raise NotFound(f"no customer {customer}")


async def _work_done(call: Call, work: int) -> None:
    """The missed call is a ticket now."""
    await work_queries.finish(
        call.db,
        work,
        user=call.principal.user,
        reason="ticket",
        now=values.now(),
        anybodys=True,
    )
    event = await work_changes.changed(call.db, work)
    publish = call.request.app[keys.PUBLISH]
    call.then(lambda _: publish(event))


async def list_tickets(call: Call, query: TicketQuery) -> TicketPage:
    return await queries.list_tickets(
        call.db,
        *await _conditions(call, query),
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
    )


async def count_tickets(call: Call, query: TicketWanted) -> TicketCounts:
    return await queries.count_tickets(call.db, *await _conditions(call, query), now=values.now())


async def read_ticket(call: Call, id: RowId) -> TicketView:
    return await queries.get_ticket(call.db, id, visible_tickets(call), others=values.named(call))


async def change_ticket(call: Call, id: RowId, body: TicketChange) -> TicketView:
    await values.reach(call, id, Right.TICKET_WRITE)
    sent = values.given(body)
    if body.customer is not UNSET:
        await _check_customer(call, body.customer)
    patch = dict(sent)
    if body.priority is not UNSET:
        patch["priority"] = values.priority_of(body.priority)
    try:
        event = await service.edit_ticket(
            call.db,
            id,
            service.TicketPatch(**patch),
            by=values.actor(call),
            now=values.now(),
            version=body.version,
        )
    except Stale:
        raise await values.stale(call, id, sent) from None
    return await values.changed(call, id, event)


async def list_events(call: Call, id: RowId, query: HistoryQuery) -> TicketEventPage:
    await values.reach(call, id, Right.TICKET_READ)
    page = await queries.list_events(call.db, id, cursor=query.cursor, limit=query.limit)
    others = {one for event in page.items for one in _others(event)}
    seen = await queries.visible_among(call.db, others, values.named(call))
    return replace(page, items=[_within(event, seen) for event in page.items])


def _others(event: TicketEventView) -> set[int]:
    """The tickets beside its own that an event speaks of."""
    data, after = event.data or {}, event.after or {}
    named = [data.get(name) for name in ("ticket", "target", "source")]
    return {one for one in (*named, after.get("merged_into")) if isinstance(one, int)}


def _within(event: TicketEventView, seen: Collection[int]) -> TicketEventView:
    """Without the number of a ticket that cannot be seen."""
    if _others(event) <= set(seen) or event.data is None or "number" not in event.data:
        return event
    return replace(event, data={**event.data, "number": None})


async def list_messages(call: Call, id: RowId, query: HistoryQuery) -> TicketMessagePage:
    await values.reach(call, id, Right.TICKET_READ)
    return await queries.list_messages(call.db, id, cursor=query.cursor, limit=query.limit)


# --- what is asked for ------------------------------------------------------------------------


async def _conditions(call: Call, asked: TicketWanted) -> list[ColumnElement[bool]]:
    """As the saved views ask, and what only a list can be asked; within one's right."""
    who, at = call.principal, values.now()
    teams = frozenset(await call.db.scalars(teams_of(who.user)))
    found = [
        visible_tickets(call),
        filters.condition(wanted(asked), Eye(who.user, teams, at)),
        queries.created_in(Span(begin=asked.created_from, end=asked.created_to)),
    ]
    if asked.customer is not None:
        found.append(queries.of_customer(asked.customer))
    if asked.due_before is not None:
        found.append(queries.late(asked.due_before))
    if asked.q.strip():
        found.append(queries.said(dialect_of(call.db), asked.q))
    return found


def wanted(asked: TicketWanted) -> TicketFilter:
    """The part that saved views can ask too. InvalidInput names the parameter."""
    sent = {
        "status": _words(asked.status),
        "priority": _words(asked.priority),
        "owner": _named(asked.owner),
        "team": _named(asked.team),
        "category": asked.category,
        "tag": asked.tag,
        "overdue": asked.overdue,
        "watching": asked.watching,
    }
    try:
        return msgspec.convert(sent, TicketFilter)
    except msgspec.ValidationError as error:
        raise decode.invalid(error) from None


def _words(listed: str | None) -> list[str]:
    return [word.strip() for word in (listed or "").split(",") if word.strip()]


def _named(asked: str | None) -> str | int | None:
    """An id in a query is text like everything else there."""
    return int(asked) if asked is not None and asked.isascii() and asked.isdigit() else asked
