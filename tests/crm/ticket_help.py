"""What the tests of tickets share: short ways to open and change them, each in its transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from sqlalchemy import select

from callcenter.store.database import Database
from crm.tickets import promises
from crm.tickets.life import OPEN, OWNED, TABLE, Step, TicketStatus
from crm.tickets.queries import get_ticket
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.tables import Ticket, TicketEscalation, TicketEvent, TicketMessage
from crm.tickets.views import TicketView
from crm.tickets.words import Actor, person

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z
T = TypeVar("T")


class Desk:
    """Opens and changes tickets of one customer; time passes when told."""

    def __init__(self, database: Database, customer: int) -> None:
        self.database = database
        self.customer = customer
        self.now = NOW

    async def open(self, *, by: int | None = None, **values: Any) -> int:
        fixed: dict[str, Any] = {"title": "发票没有收到", "customer": self.customer}
        new = NewTicket(**fixed | values)
        opened = await self.do(open_ticket, new, by=person(by), now=self.now)
        return opened.ticket

    async def do(self, deed: Callable[..., Awaitable[T]], *args: Any, **options: Any) -> T:
        """`deed(session, *args, **options)` in a transaction of its own."""
        async with self.database.session() as session:
            result = await deed(session, *args, **options)
            await session.commit()
            return result

    async def step(
        self, deed: Callable[..., Awaitable[T]], ticket: int, *, by: int | Actor, **options: Any
    ) -> T:
        actor = by if isinstance(by, Actor) else person(by)
        return await self.do(deed, ticket, by=actor, now=self.now, **options)

    async def view(self, ticket: int) -> TicketView:
        async with self.database.reading() as session:
            return await get_ticket(session, ticket)

    async def row(self, ticket: int) -> Ticket:
        async with self.database.reading() as session:
            found = await session.get(Ticket, ticket)
            assert found is not None
            return found

    async def events(self, ticket: int) -> list[TicketEvent]:
        async with self.database.reading() as session:
            query = select(TicketEvent).where(TicketEvent.ticket_id == ticket)
            return list(await session.scalars(query.order_by(TicketEvent.id)))

    async def kinds(self, ticket: int) -> list[str]:
        return [event.kind for event in await self.events(ticket)]

    async def planned(self, ticket: int) -> list[tuple[float, bool]]:
        """(when, whether done) of its escalations."""
        async with self.database.reading() as session:
            query = select(TicketEscalation).where(TicketEscalation.ticket_id == ticket)
            rows = await session.scalars(query.order_by(TicketEscalation.at, TicketEscalation.id))
            return [(row.at, row.done_at is not None) for row in rows]

    async def messages(self, ticket: int) -> list[str]:
        async with self.database.reading() as session:
            query = select(TicketMessage.text).where(TicketMessage.ticket_id == ticket)
            return list(await session.scalars(query.order_by(TicketMessage.id)))


_AT_FIRST = {"reopened": 0}


async def check_invariants(desk: Desk, ticket: int) -> None:
    """What must hold of every ticket after whatever was done to it."""
    row, events = await desk.row(ticket), await desk.events(ticket)
    status = TicketStatus(row.status)
    _check_state(row, status)
    _check_events(row, events)
    await _check_promise(desk, row)


def _check_state(row: Ticket, status: TicketStatus) -> None:
    if status in OPEN:
        assert (row.owner_id is not None) == (status in OWNED)
    assert (status is TicketStatus.PENDING) == (row.pending_reason is not None)
    assert row.wake_at is None or status is TicketStatus.PENDING
    merged = row.merged_into is not None
    assert not merged or status is TicketStatus.ARCHIVED
    assert (row.archived_at is not None) == (status is TicketStatus.ARCHIVED)
    if not merged:
        assert (row.resolved_at is not None) == (status not in OPEN)
    held = bool(row.holds) and (row.holds or [])[-1][1] is None
    assert merged or held == (status not in OPEN or status is TicketStatus.PENDING)
    spans = [(begin, end) for begin, end in row.holds or ()]
    assert all(end is not None for _, end in spans[:-1])
    assert spans == sorted(spans, key=lambda span: span[0] or 0)


def _check_events(row: Ticket, events: list[TicketEvent]) -> None:
    """The versions have no gap, each step is one of the table, and the changes add up to now."""
    assert events[0].kind == "created"
    changes = [event for event in events if event.before is not None]
    assert [event.version for event in changes] == list(range(2, len(changes) + 2))
    assert row.version == len(changes) + 1
    state: dict[str, Any] = dict(events[0].after or {})
    for event in changes:
        _check_change(state, event)
        state |= event.after or {}
    for name, value in state.items():
        assert getattr(row, name) == value, name
    reopened = [event for event in changes if event.kind in {"reopen", "reopen_unassigned"}]
    assert row.reopened == len(reopened)
    assert [event.at for event in events] == sorted(event.at for event in events)


def _check_change(state: Mapping[str, Any], event: TicketEvent) -> None:
    for name, value in (event.before or {}).items():
        assert state.get(name, _AT_FIRST.get(name)) == value, (
            f"{event.kind}: {name} was something else"
        )
    if event.kind in set(Step):
        status = TicketStatus(state["status"])
        after = (event.after or {}).get("status", status)
        assert TABLE[status][Step(event.kind)] == after


async def _check_promise(desk: Desk, row: Ticket) -> None:
    """What is stored of deadlines is what counting from the beginning gives."""
    async with desk.database.session() as session:
        again = await session.get(Ticket, row.id)
        assert again is not None
        session.expunge(again)
        await promises.keep(session, again, choose=False)
        for name in ("respond_due", "update_due", "resolve_due", "next_due"):
            assert getattr(again, name) == getattr(row, name), name
