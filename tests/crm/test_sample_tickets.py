"""The demo's tickets: every state, both languages, and nothing in them that could not be."""

from __future__ import annotations

from sqlalchemy import select

from callcenter.store.database import Database
from crm import sample, sample_tickets
from crm.tickets.life import TicketStatus
from crm.tickets.tables import Ticket
from tests.crm.conftest import Put
from tests.crm.ticket_help import NOW, Desk, check_invariants


async def test_the_demo_has_tickets_in_every_state(database: Database, put_user: Put) -> None:
    staff = sample_tickets.Staff(await put_user("李娜"), await put_user("陈静"))
    await sample.fill(database, 40, now=NOW, tickets=0)
    await sample_tickets.fill(database, staff, now=NOW, zone="Asia/Shanghai")
    async with database.reading() as session:
        tickets = list(await session.scalars(select(Ticket)))
    assert {one.status for one in tickets} == {status.value for status in TicketStatus}
    assert len(tickets) == len(sample_tickets.TALES)
    assert all(one.agreement for one in tickets)
    desk = Desk(database, tickets[0].customer_id)
    for one in tickets:
        await check_invariants(desk, one.id)
