"""A list of tickets is narrowed by what was typed as quickly as the search finds it."""

from __future__ import annotations

from crm.search.matching import dialect_of
from crm.tickets.queries import count_tickets, list_tickets, said
from crm.tickets.tables import Ticket
from tests.crm.conftest import NOW
from tests.crm.ticket_help import Desk

TITLES = ("申请退款", "Refund of 50%", "报修_设备", "refunds", "无法登录")


WORDS = (
    *(("退款", 1), ("退", 1), ("申请退款", 1), ("REFUND", 2), ("re", 2), ("0%", 1), ("%", 1)),
    *(("_设", 1), ("t-", 5), ("T-20", 5), ("没有", 0), ("'", 0)),
)


async def test_part_of_a_number_or_title(desk: Desk) -> None:
    for title in TITLES:
        await desk.open(title=title)
    async with desk.database.reading() as session:
        for typed, found in WORDS:
            word = said(dialect_of(session), typed)
            assert len((await list_tickets(session, word)).items) == found, typed
            assert (await count_tickets(session, word, now=NOW)).total == found, typed


async def test_the_same_list_for_other_people_shows_other_tickets(desk: Desk) -> None:
    """The statement is kept, never whose it was."""
    tickets = [await desk.open(title=title) for title in TITLES]
    async with desk.database.reading() as session:
        for wanted in (*tickets, *reversed(tickets)):
            mine = Ticket.id.in_([wanted, tickets[0]])
            page = await list_tickets(session, mine, Ticket.id == wanted)
            assert [one.id for one in page.items] == [wanted]
            several = await list_tickets(session, Ticket.id.in_({wanted, tickets[0]}))
            assert {one.id for one in several.items} == {wanted, tickets[0]}
        assert (await list_tickets(session, Ticket.id.in_([]))).items == []
