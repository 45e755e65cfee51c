"""The library of recordings: found by everything that is known of them, within one's reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.events import Direction
from crm.customers.tables import Customer
from crm.numbers import TrunkRule, read_number
from crm.search import matching
from crm.search.query import Asked, ticket_numbers, understand
from crm.tickets.tables import Ticket, TicketEvent, TicketNumber
from crm.tickets.words import Happened
from recording import library
from recording.access import within
from recording.detail import RecordingDetail, detail
from recording.library import Eye, LibraryPage, LibraryRow, Sort, Status, Wanted
from recording.quality.tables import QualityScore
from web import keys
from web.api.ticket_values import Moment
from web.api.values import Body, Cursor, EventKey, Limit, RowId, Search, View
from web.auth.rights import Right, Scope
from web.routes import Call
from web.scopes import agents, reach, visible_customers, visible_tickets

MOST_CUSTOMERS = 200  # whose name is like what was typed
MOST_CALLS = 1_000  # of one ticket

Listed = Annotated[str, Meta(max_length=1_000)]  # words with commas between
Seconds = Annotated[float, Meta(ge=0, le=1e6)]
Score = Annotated[float, Meta(ge=0, le=100)]
NumberText = Annotated[str, Meta(max_length=80)]
TicketText = Annotated[str, Meta(max_length=24)]


class LibraryQuery(Body, frozen=True, kw_only=True):
    """Which recordings; all of it must hold. `q`: a number in any form, else words of the notes
    and comments, or part of a customer's name. `queue`, `direction`, `disposition` and
    `satisfaction` take several with commas between. `ticket`: its number, with or without what
    stands before. `from` ≤ begun < `to`; `shortest` and `longest` in seconds. `score_from` and
    `score_to`: what somebody scored it with, in percent. `unmatched`: of no call that is known.
    """

    q: Search = ""
    number: NumberText = ""
    notes: Search = ""
    customer: RowId | None = None
    agent: RowId | None = None
    queue: Listed = ""
    direction: Listed = ""
    disposition: Listed = ""
    satisfaction: Listed = ""
    ticket: TicketText = ""
    begin: Moment | None = msgspec.field(default=None, name="from")
    end: Moment | None = msgspec.field(default=None, name="to")
    shortest: Seconds | None = None
    longest: Seconds | None = None
    score_from: Score | None = None
    score_to: Score | None = None
    status: Status = "ready"
    unmatched: bool = False
    sort: Sort = "-started"
    cursor: Cursor | None = None
    limit: Limit = 50


class RecordingTicket(View, frozen=True):
    """A ticket that the call was about."""

    id: int
    number: str
    title: str
    status: str


class RecordingPage(View, frozen=True):
    """One recording and what one may do with it."""

    recording: RecordingDetail
    tickets: list[RecordingTicket]
    may_listen: bool
    may_download: bool
    may_share: bool


async def list_recordings(call: Call, query: LibraryQuery) -> LibraryPage:
    wanted = await _wanted(call, query)
    page = await library.find_recordings(
        call.db,
        wanted,
        eye=await _eye(call),
        sort=query.sort,
        cursor=query.cursor,
        limit=query.limit,
    )
    return await _named(call, page)


async def read_recording(call: Call, id: EventKey) -> RecordingPage:
    found = await detail(call.db, id, *_within(call, Right.RECORDING_READ))
    shown = await _shown(call, {found.customer} - {None})
    if found.customer is not None and found.customer not in shown:
        found = msgspec.structs.replace(found, customer_name=None)
    rights = (Right.RECORDING_LISTEN, Right.RECORDING_DOWNLOAD, Right.RECORDING_SHARE)
    may = [found.status == "ready" and await _reached(call, id, right) for right in rights]
    return RecordingPage(found, await _tickets(call, found.interaction), *may)


# --- what one may see -----------------------------------------------------------------------


def _within(call: Call, right: Right) -> Sequence[ColumnElement[bool]]:
    scope = call.principal.rights.get(right)
    return within(agents(call.principal, scope), scope is Scope.ALL)


async def _reached(call: Call, recording: str, right: Right) -> bool:
    if right not in call.principal.rights:
        return False
    one = library.one_of(recording, *_within(call, right))
    return await call.db.scalar(one) is not None


async def _eye(call: Call) -> Eye:
    mine = agents(call.principal, call.scope)
    if call.scope is Scope.ALL:
        return Eye(everything=True)
    if isinstance(mine, Select):
        return Eye(everything=False, agents=tuple(await call.db.scalars(mine)))
    return Eye(everything=False, agents=() if mine is None else (mine,))


async def _named(call: Call, page: LibraryPage) -> LibraryPage:
    """Names of customers only for those who may know them."""
    shown = await _shown(call, {row.customer for row in page.items} - {None})
    rows = [_without_name(row) if row.customer not in shown else row for row in page.items]
    return LibraryPage(rows, page.next)


def _without_name(row: LibraryRow) -> LibraryRow:
    return row if row.customer_name is None else msgspec.structs.replace(row, customer_name=None)


async def _shown(call: Call, customers: set[Any]) -> set[int | None]:
    scope = call.principal.rights.get(Right.CUSTOMER_READ)
    if scope is Scope.ALL or not customers:
        return customers
    if scope is None:
        return set()
    visible = select(Customer.id).where(Customer.id.in_(customers), visible_customers(call))
    return set(await call.db.scalars(visible))


# --- what is looked for ---------------------------------------------------------------------


async def _wanted(call: Call, query: LibraryQuery) -> Wanted:
    if query.begin is not None and query.end is not None and query.end <= query.begin:
        raise InvalidInput("the end is not behind the begin", field="to")
    either, others = await _either(call, query.q), await _others(call, query)
    return Wanted(
        status=query.status,
        begin=query.begin,
        end=query.end,
        shortest=query.shortest,
        longest=query.longest,
        agent=query.agent,
        customer=query.customer,
        queues=_words(query.queue),
        directions=_known(query.direction, [one.value for one in Direction], "direction"),
        dispositions=_words(query.disposition),
        satisfaction=[
            int(one) for one in _known(query.satisfaction, list("12345"), "satisfaction")
        ],
        unmatched=query.unmatched,
        either=either,
        others=others,
    )


def _words(listed: str) -> list[str]:
    return sorted({word for part in listed.split(",") if (word := part.strip())})


def _known(listed: str, known: Sequence[str], field: str) -> list[str]:
    words = _words(listed)
    for word in words:
        if word not in known:
            raise InvalidInput(f"{word[:20]!r} is none of {', '.join(known)}", field=field)
    return words


async def _either(call: Call, typed: str) -> list[ColumnElement[bool]]:
    """What the one box means: a number, or else one of several things."""
    rule = call.request.app[keys.NUMBER_RULE]
    asked = understand(typed, rule)
    if asked is None:
        return []
    if asked.is_number:
        return [_by_number(typed, rule)]
    dialect = matching.dialect_of(call.db)
    ways = [library.noted(dialect, asked.text)]
    if Right.CUSTOMER_READ in call.principal.rights:
        ways.append(library.of_customers(_customers(call, dialect, asked)))
    return ways


def _customers(call: Call, dialect: str, asked: Asked) -> Select[Any]:
    meant = matching.meant(dialect, asked) & visible_customers(call)
    return select(Customer.id).where(meant).limit(MOST_CUSTOMERS)


def _by_number(typed: str, rule: TrunkRule) -> ColumnElement[bool]:
    key = read_number(typed, rule)
    return library.of_number(key.contact, key.suffixes)


async def _others(call: Call, query: LibraryQuery) -> list[ColumnElement[bool]]:
    found = []
    if query.number.strip():
        if read_number(query.number, call.request.app[keys.NUMBER_RULE]).contact is None:
            raise InvalidInput("a withheld number finds nothing", field="number")
        found.append(_by_number(query.number, call.request.app[keys.NUMBER_RULE]))
    if query.notes.strip():
        found.append(library.noted(matching.dialect_of(call.db), query.notes.strip()))
    if query.ticket.strip():
        found.append(library.of_calls(await _calls(call, query.ticket)))
    if query.score_from is not None or query.score_to is not None:
        found.append(library.one_in(_scored(call, query)))
    return found


def _scored(call: Call, query: LibraryQuery) -> Select[Any]:
    """The recordings with such a score that this person may know of. Forbidden without the right;
    one's own scores only once they were handed in."""
    scope = reach(call.principal, Right.QUALITY_READ)
    low, high = query.score_from or 0.0, 100.0 if query.score_to is None else query.score_to
    scored = select(QualityScore.recording_id).where(
        QualityScore.score.between(low, high), QualityScore.submitted_at.is_not(None)
    )
    if scope is Scope.ALL:
        return scored
    mine = agents(call.principal, scope)
    whose = QualityScore.agent_id
    return scored.where(whose.in_(mine) if isinstance(mine, Select) else whose == mine)


async def _calls(call: Call, typed: str) -> list[str]:
    """The calls of a ticket, by its number; those of tickets merged into it too."""
    asked = understand(typed)
    if asked is None or asked.ticket is None:
        raise InvalidInput("not the number of a ticket", field="ticket")
    years = list(await call.db.scalars(select(TicketNumber.year)))
    numbers = [typed.strip().upper(), *ticket_numbers(asked.ticket, years)]
    seen = select(Ticket.id).where(Ticket.number.in_(numbers), visible_tickets(call))
    return await _calls_of(call.db, list(await call.db.scalars(seen)))


async def _calls_of(session: AsyncSession, tickets: Sequence[int]) -> list[str]:
    every = select(Ticket.id, Ticket.opened_from).where(
        or_(Ticket.id.in_(tickets), Ticket.merged_into.in_(tickets))
    )
    rows = (await session.execute(every)).all()
    told = select(TicketEvent.data).where(
        TicketEvent.ticket_id.in_([row.id for row in rows]),
        TicketEvent.kind == Happened.CALL.value,
    )
    named = [(data or {}).get("interaction") for data in await session.scalars(told)]
    calls = {call for call in (*(row.opened_from for row in rows), *named) if call}
    return sorted(calls)[:MOST_CALLS]


async def _tickets(call: Call, interaction: str | None) -> list[RecordingTicket]:
    """That were opened in this call, or that it was said to be about."""
    if interaction is None or Right.TICKET_READ not in call.principal.rights:
        return []
    rows = await call.db.execute(
        select(Ticket.id, Ticket.number, Ticket.title, Ticket.status)
        .where(Ticket.opened_from == interaction, visible_tickets(call))
        .order_by(Ticket.id.desc())
    )
    return [RecordingTicket(*row) for row in rows]
