"""Tickets get numbers that nobody else has, and appear in the timeline."""

from __future__ import annotations

import asyncio
from typing import get_args

import pytest

from callcenter.errors import InvalidInput, NotFound
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from crm.activities.queries import timeline
from crm.customers.tables import Customer
from crm.tickets import steps
from crm.tickets.life import Priority
from crm.tickets.queries import (
    Sort,
    count_tickets,
    get_ticket,
    late,
    list_tickets,
    of_customer,
    said,
)
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.tables import NEVER, SlaPolicy
from crm.tickets.views import TicketRow
from crm.tickets.words import person
from tests.crm.conftest import NOW, Put
from tests.crm.ticket_help import Desk

NOBODY = person(None)


@pytest.fixture
async def customer(put: Put) -> int:
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    customer: int = await put(Customer, name="张三", **row)
    return customer


async def test_a_ticket_is_opened_from_a_call(
    database: Database, put: Put, put_user: Put, customer: int
) -> None:
    await put(Interaction, id="a" * 32, pbx="main")
    author = await put_user("小王")
    new = NewTicket(title=" 发票没有收到 ", customer=customer, interaction="a" * 32)
    async with database.session() as session:
        opened = await open_ticket(session, new, by=person(author), now=NOW)
        await session.commit()
        ticket = await get_ticket(session, opened.ticket)
        (*_, item) = (await timeline(session, customer)).items
    assert (ticket.number, ticket.title) == ("T-2026-000001", "发票没有收到")
    assert (ticket.status, ticket.owner, ticket.responded_at) == ("assigned", "小王", None)
    assert (ticket.customer_name, ticket.created_by) == ("张三", "小王")
    assert ticket.opened_from == "a" * 32
    assert (item.kind, item.summary) == ("ticket", "T-2026-000001 发票没有收到")


async def test_who_opens_it_in_a_call_that_was_answered_has_responded(
    database: Database, put: Put, customer: int
) -> None:
    await put(Interaction, id="a" * 32, pbx="main", answered=True)
    new = NewTicket(title="x", customer=customer, interaction="a" * 32)
    async with database.session() as session:
        opened = await open_ticket(session, new, by=NOBODY, now=NOW)
        assert (await get_ticket(session, opened.ticket)).responded_at == NOW


async def test_numbers_are_given_once_to_people_in_a_hurry(
    database: Database, customer: int
) -> None:
    async def one(n: int) -> str:
        async with database.session() as session:
            new = NewTicket(title=f"{n}", customer=customer)
            opened = await open_ticket(session, new, by=NOBODY, now=NOW)
            await session.commit()
            return (await get_ticket(session, opened.ticket)).number

    numbers = await asyncio.gather(*(one(n) for n in range(20)))
    assert sorted(numbers) == [f"T-2026-{n:06d}" for n in range(1, 21)]


async def test_every_year_begins_anew(database: Database, customer: int) -> None:
    async with database.session() as session:
        numbers = []
        for day in (0, 200, 366):
            new = NewTicket(title="x", customer=customer)
            opened = await open_ticket(session, new, by=NOBODY, now=NOW + day * 86_400)
            numbers.append((await get_ticket(session, opened.ticket)).number)
    assert numbers == ["T-2026-000001", "T-2026-000002", "T-2027-000001"]


async def test_lists_by_customer_and_status(database: Database, put: Put, customer: int) -> None:
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    merged = await put(Customer, name="旧", merged_into=customer, **row)
    async with database.session() as session:
        for n in range(7):
            new = NewTicket(title=f"第{n}个", customer=merged if n % 2 else customer)
            await open_ticket(session, new, by=NOBODY, now=NOW + n // 2)
        first = await list_tickets(session, of_customer(merged), limit=4)
        rest = await list_tickets(session, of_customer(customer), limit=4, cursor=first.next)
        none = await list_tickets(session, late(NOW + 1e6))
    assert [t.title for t in first.items + rest.items] == [f"第{n}个" for n in reversed(range(7))]
    assert (rest.next, none.items) == (None, [])


@pytest.mark.parametrize("sort", get_args(Sort))
async def test_pages_of_every_order_hold_each_ticket_once(desk: Desk, put: Put, sort: Sort) -> None:
    await put(SlaPolicy, name="急", priority=4, resolve_within=3600, steps=[])
    for n in range(9):
        desk.now = NOW + n // 2
        await desk.open(title=f"{n}", priority=Priority(n % 4 + 1))
    found: list[TicketRow] = []
    cursor = None
    async with desk.database.reading() as session:
        while True:
            page = await list_tickets(session, sort=sort, cursor=cursor, limit=2)
            found += page.items
            cursor = page.next
            if cursor is None:
                break
    assert sorted(one.title for one in found) == [f"{n}" for n in range(9)]
    keys = [_key(one, sort.lstrip("-")) for one in found]
    assert keys == sorted(keys, reverse=sort.startswith("-"))


def _key(row: TicketRow, name: str) -> float:
    if name == "priority":
        return Priority[row.priority.upper()]
    return (row.due or NEVER) if name == "due" else getattr(row, name)


async def test_counts_divide_what_a_filter_finds(desk: Desk, put: Put, put_user: Put) -> None:
    wang = await put_user("小王")
    await put(SlaPolicy, name="急", priority=4, resolve_within=60, steps=[])
    await desk.open(priority=Priority.URGENT)
    await desk.open(by=wang)
    await desk.step(steps.resolve, await desk.open(by=wang, title="完"), by=wang)
    async with desk.database.reading() as session:
        all_of_them = await count_tickets(session, now=NOW + 61)
        some = await count_tickets(session, said(desk.database.dialect, "完"), now=NOW + 61)
    assert (all_of_them.total, all_of_them.overdue, all_of_them.unassigned) == (3, 1, 1)
    assert all_of_them.status == {"new": 1, "assigned": 1, "resolved": 1}
    assert all_of_them.priority == {"urgent": 1, "normal": 2}
    assert (some.total, some.status) == (1, {"resolved": 1})


async def test_what_is_looked_for_is_text(desk: Desk) -> None:
    for title in ("50% 折扣", "a_b", "back\\slash", "Invoice"):
        await desk.open(title=title)
    async with desk.database.reading() as session:
        for words, count in (("%", 1), ("_", 1), ("\\", 1), ("inVOICE", 1), ("t-2026", 4)):
            page = await list_tickets(session, said(desk.database.dialect, words))
            assert len(page.items) == count, words


async def test_what_cannot_be_is_refused(database: Database, customer: int) -> None:
    async with database.session() as session:
        with pytest.raises(InvalidInput) as refused:
            await open_ticket(session, NewTicket(title=" ", customer=customer), by=NOBODY, now=NOW)
        assert refused.value.field == "title"
        for new in (
            NewTicket(title="x", customer=99),
            NewTicket(title="x", customer=customer, interaction="f" * 32),
        ):
            with pytest.raises(NotFound):
                await open_ticket(session, new, by=NOBODY, now=NOW)
        with pytest.raises(NotFound):
            await get_ticket(session, 99)
