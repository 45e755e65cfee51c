"""Tickets get numbers that nobody else has, and appear in the timeline."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.errors import InvalidInput, NotFound
from callcenter.store.database import Database
from callcenter.store.tables import Interaction
from crm.activities.queries import timeline
from crm.customers.tables import Customer
from crm.tickets.queries import get_ticket, list_tickets
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.tables import TicketStatus
from tests.crm.conftest import NOW, Put


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
    new = NewTicket(" 发票没有收到 ", customer, interaction="a" * 32)
    async with database.session() as session:
        ticket = await open_ticket(session, new, author=author, now=NOW)
        await session.commit()
        assert await get_ticket(session, ticket.id) == ticket
        (item,) = (await timeline(session, customer)).items
    assert (ticket.number, ticket.title, ticket.status) == ("T-2026-000001", "发票没有收到", "new")
    assert (ticket.customer_name, ticket.created_by) == ("张三", "小王")
    assert ticket.opened_from == "a" * 32
    assert (item.kind, item.summary) == ("ticket", "T-2026-000001 发票没有收到")


async def test_numbers_are_given_once_to_people_in_a_hurry(
    database: Database, customer: int
) -> None:
    async def one(n: int) -> str:
        async with database.session() as session:
            ticket = await open_ticket(session, NewTicket(f"{n}", customer), author=None, now=NOW)
            await session.commit()
            return ticket.number

    numbers = await asyncio.gather(*(one(n) for n in range(20)))
    assert sorted(numbers) == [f"T-2026-{n:06d}" for n in range(1, 21)]


async def test_every_year_begins_anew(database: Database, customer: int) -> None:
    async with database.session() as session:
        days = (0, 200, 366)
        numbers = [
            (
                await open_ticket(
                    session, NewTicket("x", customer), author=None, now=NOW + day * 86_400
                )
            ).number
            for day in days
        ]
    assert numbers == ["T-2026-000001", "T-2026-000002", "T-2027-000001"]


async def test_lists_by_customer_and_status(database: Database, put: Put, customer: int) -> None:
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    merged = await put(Customer, name="旧", merged_into=customer, **row)
    async with database.session() as session:
        for n in range(7):
            new = NewTicket(f"第{n}个", merged if n % 2 else customer)
            await open_ticket(session, new, author=None, now=NOW + n // 2)
        first = await list_tickets(session, customer=merged, limit=4)
        rest = await list_tickets(session, customer=customer, limit=4, cursor=first.next)
        none = await list_tickets(session, statuses=[TicketStatus.ARCHIVED])
        new_ones = await list_tickets(session, statuses=[TicketStatus.NEW])
    assert [t.title for t in first.items + rest.items] == [f"第{n}个" for n in reversed(range(7))]
    assert (rest.next, none.items, len(new_ones.items)) == (None, [], 7)


async def test_what_cannot_be_is_refused(database: Database, customer: int) -> None:
    async with database.session() as session:
        with pytest.raises(InvalidInput) as refused:
            await open_ticket(session, NewTicket(" ", customer), author=None, now=NOW)
        assert refused.value.field == "title"
        for new in (NewTicket("x", 99), NewTicket("x", customer, interaction="f" * 32)):
            with pytest.raises(NotFound):
                await open_ticket(session, new, author=None, now=NOW)
        with pytest.raises(NotFound):
            await get_ticket(session, 99)
