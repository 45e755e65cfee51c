"""The desk with the real staff: one offer at a time, whatever comes late."""

from __future__ import annotations

import pytest

from callcenter import events as ev
from callcenter.events import AgentState as S
from callcenter.events import OfferResult
from callcenter.store.database import Database
from routing.desk import Desk, Ticket
from routing.engine import Work
from routing.setup import AgentSetup, QueueSetup, Setup
from routing.staff import Staff
from tests.routing.test_desk import NoWaits

PBX = "pbx"
CALLER = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", "138", None, "c")


class Hall:
    def __init__(self, database: Database, wrap_up: float = 0.0) -> None:
        self.now = 1000.0
        self.told: list[ev.DomainEvent] = []
        queue = QueueSetup(id=1, name="sales", wrap_up_seconds=wrap_up)
        agents = {
            n: AgentSetup(
                id=n, name=f"Agent {n}", queues=frozenset({"sales"}), interfaces=(f"PJSIP/{n}",)
            )
            for n in (1, 2)
        }
        self.setup = Setup(queues={"sales": queue}, agents=agents)
        self.staff = Staff(PBX, database, lambda: self.setup, self.told.append, clock=self.clock)
        self.desk = Desk(PBX, self.staff, self.told.append, NoWaits(), clock=self.clock)
        self.desk.arrange(self.setup)

    def clock(self) -> float:
        return self.now

    async def ready(self, agent: int) -> None:
        self.device(agent, "NOT_INUSE")
        await self.staff.sign_in(agent, f"PJSIP/{agent}")
        await self.staff.ready(agent)

    def device(self, agent: int, state: str) -> None:
        interface = f"PJSIP/{agent}"
        self.staff.hear(
            ev.DeviceStateChanged(at=self.now, pbx=PBX, interface=interface, state=state)
        )

    def waits(self, name: str) -> Ticket:
        return self.desk.join(Work(id=name, queue="sales", joined_at=self.now), name, self.now)

    def state(self, agent: int) -> S:
        status = self.staff.status(agent)
        assert status is not None
        return status.state

    def talks(self, agent: int, interaction: str) -> None:
        interface = f"PJSIP/{agent}"
        party = ev.Party(f"{interface}-1", interface, None, None, f"leg-{interaction}")
        talk = ev.TalkStarted(
            at=self.now, pbx=PBX, interaction=interaction, talk="t", a=CALLER, b=party
        )
        self.staff.hear(talk)
        self.desk.hear(talk)

    def hangs_up(self, interaction: str) -> None:
        leg = f"leg-{interaction}"
        self.staff.hear(
            ev.LegEnded(at=self.now, pbx=PBX, interaction=interaction, leg=leg, cause=16)
        )


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Nothing of this asks the database."""
    return sqlite_url


@pytest.fixture
def hall(database: Database) -> Hall:
    return Hall(database)


async def test_who_becomes_ready_gets_who_waits_longest(hall: Hall) -> None:
    first = hall.waits("c1")
    hall.now += 1
    second = hall.waits("c2")
    await hall.ready(1)
    assert (first.match is not None, second.match is not None) == (True, False)
    assert hall.state(1) is S.OFFERED
    await hall.ready(2)
    assert second.match is not None
    assert second.match.agent == 2


async def test_no_ready_agent_is_left_beside_a_waiting_call(hall: Hall) -> None:
    await hall.ready(1)
    tickets = [hall.waits(f"c{n}") for n in range(5)]
    for n, ticket in enumerate(tickets):
        assert ticket.match is not None
        hall.talks(1, f"c{n}")
        hall.hangs_up(f"c{n}")
        hall.desk.leave(ticket)
    assert hall.state(1) is S.READY


async def test_a_caller_who_still_answers_our_question_holds_nobody(hall: Hall) -> None:
    await hall.ready(1)
    asked = hall.waits("c1")
    hall.talks(1, "c1")
    hall.hangs_up("c1")
    following = hall.waits("c2")
    assert following.match is not None
    hall.desk.leave(asked, OfferResult.ANSWERED)  # only now the first story ends
    assert hall.state(1) is S.OFFERED
    hall.desk.refused(following, OfferResult.TIMED_OUT)
    assert hall.state(1) is S.READY


async def test_a_missed_offer_goes_to_the_next_and_two_are_no_answer(hall: Hall) -> None:
    await hall.ready(1)
    await hall.ready(2)
    ticket = hall.waits("c1")
    for missed in range(4):
        assert ticket.match is not None, missed
        hall.now += 20
        hall.desk.refused(ticket, OfferResult.TIMED_OUT)
    for agent in (1, 2):
        status = hall.staff.status(agent)
        assert status is not None
        assert status.reasons == ["no_answer"]
    assert ticket.match is None
    assert hall.desk.servable(ticket)  # they are signed in, and may come back
    hall.now += 11  # not the same agent at once
    await hall.staff.ready(2)
    assert ticket.match is not None
    assert ticket.match.agent == 2


async def test_a_phone_that_rings_for_somebody_else_is_left_alone(hall: Hall) -> None:
    await hall.ready(1)
    hall.device(1, "RINGING")
    ticket = hall.waits("c1")
    assert ticket.match is None
    hall.device(1, "NOT_INUSE")
    assert ticket.match is not None


async def test_who_signs_out_can_serve_nobody(hall: Hall) -> None:
    await hall.ready(1)
    await hall.staff.sign_out(1)
    assert not hall.desk.servable(hall.waits("c1"))
