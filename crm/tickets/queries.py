"""The questions about tickets; `visible` is how far the right of who asks reaches."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import NotFound
from callcenter.store import fast
from callcenter.store.base import Instant
from callcenter.store.paging import check_limit, decode_cursor, encode_cursor
from crm.customers.queries import target_of
from crm.customers.tables import Customer
from crm.search.matching import TITLE, Term
from crm.search.query import pattern
from crm.tickets.life import OPEN, Priority, TicketStatus, possible
from crm.tickets.people import TEAMS, USERS
from crm.tickets.tables import (
    NEVER,
    Ticket,
    TicketEvent,
    TicketLink,
    TicketMessage,
    TicketWatcher,
)
from crm.tickets.views import (
    LinkView,
    TicketCounts,
    TicketEventPage,
    TicketEventView,
    TicketMessagePage,
    TicketMessageView,
    TicketPage,
    TicketRow,
    TicketView,
    Watcher,
)

Sort = Literal[
    "created_at", "-created_at", "updated_at", "-updated_at", "priority", "-priority", "due", "-due"
]
_SORTS: dict[str, Any] = {
    "created_at": Ticket.created_at,
    "updated_at": Ticket.updated_at,
    "priority": Ticket.priority,
    "due": Ticket.next_due,
}
_IN_NUMBERS = re.compile(r"[T\d-]+", re.ASCII | re.IGNORECASE)  # what numbers are made of
_OPEN = [status.value for status in OPEN]
_creator, _owner = USERS.alias("creator"), USERS.alias("owner")
_PLAIN = (
    *("id", "number", "title", "status", "opened_from", "source", "owner_id", "team_id"),
    *("created_at", "updated_at", "respond_due", "update_due", "resolve_due", "responded_at"),
    *("resolved_at", "wake_at", "reopened", "merged_into", "version"),
)
_LISTED: dict[str, Any] = {
    **{name: getattr(Ticket, name) for name in (*_PLAIN, "priority", "next_due")},
    "category": Ticket.category_id,
    "customer": Ticket.customer_id,
    "customer_name": Customer.name,
    "owner": _owner.c.display_name,
    "team": TEAMS.c.name,
    "created_by": _creator.c.display_name,
}
_PRIORITIES = {level.value: level.name.lower() for level in Priority}
_WHOLE = ("description", "solution", "pending_reason", "archived_at", "touched_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `begin` up to but not including `end`; None is open."""

    begin: float | None = None
    end: float | None = None


def late(now: float) -> ColumnElement[bool]:
    """A promise is broken at this moment."""
    return and_(Ticket.next_due < now, Ticket.status.in_(_OPEN))


def of_customer(customer: int) -> ColumnElement[bool]:
    """Also by an id that was merged."""
    return Ticket.customer_id == target_of(customer)


def created_in(span: Span) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    if span.begin is not None:
        parts.append(Ticket.created_at >= literal(span.begin, Ticket.created_at.type))
    if span.end is not None:
        parts.append(Ticket.created_at < literal(span.end, Ticket.created_at.type))
    return and_(*parts)


def said(dialect: str, words: str) -> ColumnElement[bool]:
    """Part of its number or title, without regard to case; by the search's indexes."""
    text = words.strip()
    title = TITLE.contains(dialect, Term(text))
    if not _IN_NUMBERS.fullmatch(text):
        return title
    return or_(Ticket.number.ilike(pattern(text), escape="\\"), title)


async def list_tickets(
    session: AsyncSession,
    *conditions: ColumnElement[bool],
    sort: Sort = "-created_at",
    cursor: str | None = None,
    limit: int = 50,
) -> TicketPage:
    """A page of the tickets for which all conditions hold; what is not due comes last."""
    key = decode_cursor(cursor, float)
    named: dict[str, Any] = {"most": check_limit(limit) + 1}
    if key is not None:  # a priority is a whole number, whatever the cursor makes of it
        value = int(key.value) if "priority" in sort else key.value
        named |= {"seen": value, "seen_id": key.id}
    rows = await fast.fetch(
        session,
        ("tickets", sort, key is not None),
        lambda: _page(conditions, sort, later=key is not None),
        named,
        conditions,
    )
    found = [dict(zip(_LISTED, row, strict=True)) for row in rows]
    last = found[limit - 1] if len(found) > limit else None
    column = _SORTS[sort.lstrip("-")].key
    following = encode_cursor(float(last[column]), last["id"]) if last else None
    return TicketPage([_listed(row) for row in found[:limit]], following)


def _page(conditions: Sequence[ColumnElement[bool]], sort: Sort, *, later: bool) -> Select[Any]:
    """At `most` so many; `later`: from behind `seen` with `seen_id`."""
    column, descending = _SORTS[sort.lstrip("-")], sort.startswith("-")
    query = _joined(*_LISTED.values()).where(*conditions)
    if later:
        row = tuple_(column, Ticket.id)
        seen = tuple_(bindparam("seen", type_=column.type), bindparam("seen_id", type_=Integer))
        query = query.where(row < seen if descending else row > seen)
    order = (column.desc(), Ticket.id.desc()) if descending else (column, Ticket.id)
    return query.order_by(*order).limit(bindparam("most", type_=Integer))


def _listed(row: dict[str, Any]) -> TicketRow:
    due = row.pop("next_due")
    row["due"] = None if due >= NEVER else due
    row["priority"] = _PRIORITIES[row["priority"]]
    return TicketRow(**row)


def _rows() -> Select[Any]:
    return _joined(
        Ticket,
        Customer.name.label("customer_name"),
        _owner.c.display_name.label("owner"),
        _creator.c.display_name.label("creator"),
        TEAMS.c.name.label("team"),
    ).execution_options(populate_existing=True)  # the caller may just have changed it


def _joined(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(Ticket)
        .join(Customer, Customer.id == Ticket.customer_id)
        .outerjoin(_owner, _owner.c.id == Ticket.owner_id)
        .outerjoin(_creator, _creator.c.id == Ticket.created_by)
        .outerjoin(TEAMS, TEAMS.c.id == Ticket.team_id)
    )


def _plain(row: Any) -> dict[str, Any]:
    ticket: Ticket = row.Ticket
    return {
        **{name: getattr(ticket, name) for name in _PLAIN},
        "priority": Priority(ticket.priority).name.lower(),
        "category": ticket.category_id,
        "customer": ticket.customer_id,
        "customer_name": row.customer_name,
        "owner": row.owner,
        "team": row.team,
        "created_by": row.creator,
        "due": None if ticket.next_due >= NEVER else ticket.next_due,
    }


async def get_ticket(
    session: AsyncSession,
    ticket: int,
    visible: ColumnElement[bool] | None = None,
    *,
    others: ColumnElement[bool] | None = None,
) -> TicketView:
    """A ticket as a whole. NotFound, also for one that cannot be seen. `others`: which tickets
    beside it may be named."""
    query = _rows().where(Ticket.id == ticket, true() if visible is None else visible)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"no ticket {ticket}")
    found: Ticket = row.Ticket
    agreement = found.agreement or {}
    return TicketView(
        **_plain(row),
        **{name: getattr(found, name) for name in _WHOLE},
        fields=found.fields or {},
        sla=agreement.get("name"),
        held=bool(found.holds) and found.holds[-1][1] is None if found.holds else False,
        merged_number=await _number(session, found.merged_into, others),
        steps=[step.value for step in possible(TicketStatus(found.status))],
        watchers=await _watchers(session, ticket),
        links=await _links(session, ticket, others),
    )


async def check_visible(
    session: AsyncSession, ticket: int, *conditions: ColumnElement[bool]
) -> None:
    """NotFound when there is no such ticket within these conditions."""
    if not await is_visible(session, ticket, *conditions):
        raise NotFound(f"no ticket {ticket}")


async def is_visible(session: AsyncSession, ticket: int, *conditions: ColumnElement[bool]) -> bool:
    found = await session.scalar(select(Ticket.id).where(Ticket.id == ticket, *conditions))
    return found is not None


async def visible_among(
    session: AsyncSession, tickets: Collection[int], visible: ColumnElement[bool]
) -> frozenset[int]:
    """Those of these tickets that can be seen."""
    if not tickets:
        return frozenset()
    seen = select(Ticket.id).where(Ticket.id.in_(tickets), visible)
    return frozenset(await session.scalars(seen))


async def _number(
    session: AsyncSession, ticket: int | None, visible: ColumnElement[bool] | None
) -> str | None:
    if ticket is None:
        return None
    query = select(Ticket.number).where(Ticket.id == ticket, true() if visible is None else visible)
    number: str | None = await session.scalar(query)
    return number


async def _watchers(session: AsyncSession, ticket: int) -> list[Watcher]:
    rows = await session.execute(
        select(TicketWatcher.user_id, USERS.c.display_name)
        .outerjoin(USERS, USERS.c.id == TicketWatcher.user_id)
        .where(TicketWatcher.ticket_id == ticket)
        .order_by(TicketWatcher.since, TicketWatcher.user_id)
    )
    return [Watcher(user, name) for user, name in rows]


async def _links(
    session: AsyncSession, ticket: int, visible: ColumnElement[bool] | None
) -> list[LinkView]:
    other = aliased(Ticket)
    seen = true() if visible is None else other.id.in_(select(Ticket.id).where(visible))
    outward = TicketLink.ticket_id == ticket
    far = case((outward, TicketLink.other_id), else_=TicketLink.ticket_id)
    rows = await session.execute(
        select(other.id, other.number, other.title, other.status, TicketLink.kind, outward)
        .join(other, other.id == far)
        .where(or_(outward, TicketLink.other_id == ticket), seen)
        .order_by(TicketLink.created_at, other.id)
    )
    return [LinkView(*row[:5], bool(row[5])) for row in rows]


async def count_tickets(
    session: AsyncSession, *conditions: ColumnElement[bool], now: float
) -> TicketCounts:
    """How many there are, in one round trip."""
    counted = await fast.fetch(
        session, "ticket counts", lambda: _counts(conditions), {"now": now}, conditions
    )
    status: dict[str, int] = {}
    priority: dict[str, int] = {}
    total = broken = nobodys = 0
    for state, level, count, behind, unheld in counted:
        name = _PRIORITIES[level]
        status[state] = status.get(state, 0) + count
        priority[name] = priority.get(name, 0) + count
        total, broken, nobodys = total + count, broken + behind, nobodys + unheld
    return TicketCounts(total, broken, nobodys, status, priority)


def _counts(conditions: Sequence[ColumnElement[bool]]) -> Select[Any]:
    overdue = and_(Ticket.next_due < bindparam("now", type_=Instant), Ticket.status.in_(_OPEN))
    unowned = and_(Ticket.owner_id.is_(None), Ticket.status.in_(_OPEN))
    broken, nobodys = (func.sum(case((one, 1), else_=0)) for one in (overdue, unowned))
    columns: list[Any] = [Ticket.status, Ticket.priority, func.count(), broken, nobodys]
    return select(*columns).where(*conditions).group_by(Ticket.status, Ticket.priority)


# --- what happened and what was said ----------------------------------------------------------


async def list_events(
    session: AsyncSession, ticket: int, *, cursor: str | None = None, limit: int = 50
) -> TicketEventPage:
    """What happened to a ticket, oldest first."""
    key = decode_cursor(cursor, float)
    query = (
        select(TicketEvent, USERS.c.display_name)
        .outerjoin(USERS, (USERS.c.id == TicketEvent.actor_id) & (TicketEvent.actor == "user"))
        .where(TicketEvent.ticket_id == ticket, TicketEvent.id > (key.id if key else 0))
        .order_by(TicketEvent.id)
        .limit(check_limit(limit) + 1)
    )
    rows = (await session.execute(query)).all()
    names = ("id", "at", "actor", "actor_id", "kind", "version", "before", "after", "data")
    items = [
        TicketEventView(**{n: getattr(event, n) for n in names}, actor_name=name)
        for event, name in rows[:limit]
    ]
    return TicketEventPage(items, _following(rows, limit, [event.id for event, _ in rows]))


async def list_messages(
    session: AsyncSession, ticket: int, *, cursor: str | None = None, limit: int = 50
) -> TicketMessagePage:
    """What was said in a ticket and in those that were merged into it, oldest first."""
    key = decode_cursor(cursor, float)
    query = (
        _messages()
        .where(or_(Ticket.id == ticket, Ticket.merged_into == ticket))
        .where(TicketMessage.id > (key.id if key else 0))
        .order_by(TicketMessage.id)
        .limit(check_limit(limit) + 1)
    )
    rows = (await session.execute(query)).all()
    items = [_message(row) for row in rows[:limit]]
    return TicketMessagePage(items, _following(rows, limit, [one.id for one, _, _ in rows]))


async def get_message(session: AsyncSession, message: int) -> TicketMessageView:
    """NotFound."""
    query = _messages().where(TicketMessage.id == message)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"no message {message}")
    return _message(row)


def _messages() -> Select[Any]:
    return (
        select(TicketMessage, Ticket.number, USERS.c.display_name)
        .join(Ticket, Ticket.id == TicketMessage.ticket_id)
        .outerjoin(USERS, USERS.c.id == TicketMessage.author_id)
    )


def _message(row: Any) -> TicketMessageView:
    message, number, author = row
    names = ("id", "at", "public", "incoming", "automatic", "channel", "text")
    return TicketMessageView(
        **{name: getattr(message, name) for name in names},
        ticket=message.ticket_id,
        number=number,
        author=author,
    )


def _following(rows: Sequence[object], limit: int, ids: Sequence[int]) -> str | None:
    return encode_cursor(0.0, ids[limit - 1]) if len(rows) > limit else None
