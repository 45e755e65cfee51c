"""Tickets on a real database are given to agents who are ready, whoever else takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

import pytest
from sqlalchemy import insert

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.events import AgentChanged, AgentState, TicketChanged
from callcenter.store.database import Database
from crm.tickets import steps
from crm.tickets.desk.handing_out import HandingOut
from crm.tickets.life import Priority
from crm.tickets.tables import TicketCategory
from routing import ticket_queues
from routing.setup import AgentSetup, Setup
from routing.tables import Agent
from routing.ticket_crew import Waiting
from routing.ticket_queues import TicketQueueKeeper
from routing.ticket_tables import TicketQueue
from routing.ticket_work import TicketWork
from tests.crm.conftest import NOW, Put, desk, put, put_user  # noqa: F401 - fixtures
from tests.crm.ticket_help import Desk, check_invariants


def changed(agent: int, state: AgentState, at: float = NOW) -> AgentChanged:
    return AgentChanged(
        at=at,
        agent=agent,
        name="",
        state=state,
        reasons=[],
        since=at,
        until=None,
        interaction=None,
        queue=None,
        pending=None,
        phone=None,
    )


@dataclass
class Office:
    """Agents 1 and 2 are users `ann` and `bob`; Ann knows about billing."""

    desk: Desk
    keeper: TicketQueueKeeper
    work: TicketWork
    ann: int
    bob: int
    told: list[TicketChanged] = field(default_factory=list)

    async def queue(
        self, name: str = "all", agents: tuple[int, ...] = (1, 2), **values: object
    ) -> None:
        await self.desk.do(ticket_queues.save, None, {"name": name, **values}, agents)
        await self.keeper.load()

    def ready(self, *agents: int) -> None:
        for agent in agents:
            self.work.hear(changed(agent, AgentState.READY))


@pytest.fixture
async def office(database: Database, desk: Desk, put_user: Put, put: Put) -> Office:  # noqa: F811
    ann, bob = await put_user("Ann"), await put_user("Bob")
    for id_, user in ((1, ann), (2, bob)):
        await put(Agent, id=id_, name=str(id_), user_id=user)
    billing = MappingProxyType({"billing": 5})
    setup = Setup(
        agents={
            1: AgentSetup(id=1, name="Ann", user=ann, skills=billing),
            2: AgentSetup(id=2, name="Bob", user=bob),
        }
    )
    told: list[TicketChanged] = []
    keeper = TicketQueueKeeper(database)
    out = HandingOut(database, Waiting, told.append, clock=lambda: NOW)
    work = TicketWork(out, lambda: setup, lambda: keeper.current, list, clock=lambda: NOW)
    return Office(desk, keeper, work, ann, bob, told)


async def test_a_ticket_is_given_to_who_is_ready(office: Office) -> None:
    await office.queue()
    ticket = await office.desk.open(owner=None)
    assert await office.work.look() == 0
    office.ready(2)
    assert await office.work.look() == 1
    seen = await office.desk.view(ticket)
    assert (seen.status, seen.owner_id) == ("assigned", office.bob)
    last = (await office.desk.events(ticket))[-1]
    assert (last.kind, last.actor) == ("assign", "rule")
    assert [event.ticket for event in office.told] == [ticket]
    assert await office.work.look() == 0
    await check_invariants(office.desk, ticket)


async def test_without_a_queue_nobody_is_given_anything(office: Office) -> None:
    ticket = await office.desk.open(owner=None)
    office.ready(1, 2)
    assert await office.work.look() == 0
    assert (await office.desk.view(ticket)).owner_id is None


async def test_who_is_in_a_call_or_away_is_given_none(office: Office) -> None:
    await office.queue()
    await office.desk.open(owner=None)
    for state in (AgentState.BUSY, AgentState.WRAP_UP, AgentState.NOT_READY, AgentState.OFFLINE):
        office.ready(1)
        office.work.hear(changed(1, state))
        assert await office.work.look() == 0


async def test_capacity_is_what_is_written_down(office: Office) -> None:
    await office.queue(agents=(1,))
    await office.desk.do(ticket_queues.put_capacity, 1, 2)
    await office.keeper.load()
    mine = await office.desk.open(owner=office.ann)
    for _ in range(3):
        await office.desk.open(owner=None)
    office.ready(1)
    assert await office.work.look() == 1
    assert await office.work.look() == 0
    await office.desk.step(steps.pend, mine, by=office.ann, reason="waits")
    assert await office.work.look() == 1, "what is put off leaves room"
    await office.desk.do(ticket_queues.put_capacity, 1, 9)
    await office.keeper.load()
    assert await office.work.look() == 1


async def test_skills_and_categories_choose(office: Office, put: Put) -> None:  # noqa: F811
    top = await put(TicketCategory, name="money", fields=[])
    below = await put(TicketCategory, name="invoices", parent_id=top, fields=[])
    await office.queue("rest")
    required = [{"skill": "billing", "level": 3, "after": None}]
    await office.queue("billing", categories=[top], required=required)
    invoice = await office.desk.open(owner=None, category=below)
    office.ready(2)
    assert await office.work.look() == 0
    plain = await office.desk.open(owner=None)
    assert await office.work.look() == 1
    assert (await office.desk.view(plain)).owner_id == office.bob
    office.ready(1)
    assert await office.work.look() == 1
    assert (await office.desk.view(invoice)).owner_id == office.ann


async def test_the_urgent_go_first(office: Office) -> None:
    await office.queue(agents=(1,))
    await office.desk.do(ticket_queues.put_capacity, 1, 1)
    await office.keeper.load()
    low = await office.desk.open(owner=None, priority=Priority.LOW)
    urgent = await office.desk.open(owner=None, priority=Priority.URGENT)
    office.ready(1)
    assert await office.work.look() == 1
    assert (await office.desk.view(urgent)).owner_id == office.ann
    assert (await office.desk.view(low)).owner_id is None


async def test_who_gives_one_back_does_not_get_it_again_at_once(office: Office) -> None:
    await office.queue()
    ticket = await office.desk.open(owner=None)
    office.ready(1)
    assert await office.work.look() == 1
    await office.desk.step(steps.assign, ticket, by=office.ann, owner=None)
    assert await office.work.look() == 0
    office.ready(2)
    assert await office.work.look() == 1
    assert (await office.desk.view(ticket)).owner_id == office.bob


async def test_somebody_who_was_faster_keeps_it(office: Office) -> None:
    await office.queue()
    ticket = await office.desk.open(owner=None)
    assert await office.work.look() == 0  # seen, nobody is ready
    await office.desk.step(steps.assign, ticket, by=office.bob, owner=office.bob)
    office.ready(1)
    assert await office.work.look() == 0
    assert (await office.desk.view(ticket)).owner_id == office.bob
    assert await office.work.look() == 0


async def test_a_ticket_that_was_edited_meanwhile_is_given_all_the_same(office: Office) -> None:
    from crm.tickets.service import TicketPatch, edit_ticket

    await office.queue()
    ticket = await office.desk.open(owner=None)
    assert await office.work.look() == 0
    await office.desk.step(edit_ticket, ticket, by=office.bob, patch=TicketPatch(title="neu"))
    office.ready(1)
    assert await office.work.look() == 1
    assert (await office.desk.view(ticket)).owner_id == office.ann


async def test_queues_are_described(database: Database, office: Office) -> None:
    await office.queue("a")
    with pytest.raises(Conflict):
        await office.queue("a")
    with pytest.raises(InvalidInput):
        await office.queue("b", agents=(99,))
    with pytest.raises(NotFound):
        await office.desk.do(ticket_queues.put_capacity, 99, 1)
    async with database.session() as session:
        row = {"name": "broken", "strategy": "dice", "required": [], "preferred": []}
        await session.execute(insert(TicketQueue).values(**row, categories=[]))
        await session.commit()
    await office.keeper.load()
    (plan,) = office.keeper.current.plans
    assert plan.name == "a"
    assert set(plan.agents) == {1, 2}
