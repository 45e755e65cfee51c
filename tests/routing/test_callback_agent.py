"""A callback with the real desk and the real agents' machine: ready, offered, busy, wrap-up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from callcenter import events as ev
from callcenter.events import AgentState as S
from callcenter.store.database import Database
from routing import callback_queries as queries
from routing.callback_queries import NewCallback
from routing.callback_runner import CallbackRunner
from routing.desk import Desk
from routing.setup import AgentSetup, QueueSetup, Setup
from tests.routing.floor import PBX, Floor, phone
from tests.routing.stories import E164, NUMBER, ZONE
from tests.routing.test_desk import NoWaits

CALL = "c9"


async def until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not there():  # noqa: ASYNC110 - polls
            await asyncio.sleep(0.01)


def _more(before: int, count: Callable[[], int]) -> bool:
    return count() > before


class Work:
    """A desk and a runner around the floor's agents."""

    def __init__(self, floor: Floor, database: Database) -> None:
        self.floor, self.database = floor, database
        self.dialled: list[str] = []
        self.desk = Desk(PBX, floor.staff, floor.told.append, NoWaits(), lambda: floor.now)
        queue = QueueSetup(id=1, name="sales", label="Sales")
        lucy = AgentSetup(
            id=1,
            name="Lucy",
            user=7,
            queues=frozenset({"sales"}),
            skills={},
            rank=0,
            interfaces=("PJSIP/1001",),
        )
        self.desk.arrange(Setup(queues={"sales": queue}, agents={1: lucy}))
        self.runner = CallbackRunner(
            database,
            self.desk,
            self._dial,
            floor.staff.interface,
            self._publish,
            zone=ZONE,
            clock=lambda: floor.now,
        )

    async def _dial(self, agent: int, number: str, *, abroad: bool, asked_for: bool) -> None:
        self.dialled.append(number)

    def _publish(self, event: ev.DomainEvent) -> None:
        self.floor.told.append(event)
        self.runner.hear(event)

    async def promise(self) -> int:
        now = self.floor.now
        new = NewCallback(
            contact=E164,
            number=NUMBER,
            queue="sales",
            joined_at=now - 60,
            next_at=now,
            created_at=now,
            requested_by="caller",
            scheduled_at=now,
        )
        async with self.database.session() as session:
            made = await queries.create(session, new)
            await session.commit()
        return made

    def happens(self, event: ev.DomainEvent) -> None:
        """Everybody hears what the PBX tells."""
        for hear in (self.floor.staff.hear, self.desk.hear, self.runner.hear):
            hear(event)

    def leg_rings(self) -> None:
        self.happens(
            ev.LegStarted(
                at=1.0, pbx=PBX, interaction=CALL, party=phone("l9"), uniqueid="9", boot="b"
            )
        )

    def offers_over(self) -> int:
        return sum(isinstance(one, ev.OfferDropped) for one in self.floor.told)

    def told_states(self) -> list[str]:
        return [one.state for one in self.floor.told if isinstance(one, ev.WorkChanged)]


@pytest.fixture
async def work(floor: Floor, database: Database) -> Work:
    work = Work(floor, database)
    await floor.ready()
    return work


async def test_from_ready_to_wrap_up(work: Work, floor: Floor) -> None:
    made = await work.promise()
    running = asyncio.create_task(work.runner.run())
    await until(lambda: "offered" in work.told_states())
    assert floor.state() is S.OFFERED
    await work.runner.accept(made, 1)
    await until(lambda: bool(work.dialled))
    work.leg_rings()
    work.happens(ev.LegAnswered(at=2.0, pbx=PBX, interaction=CALL, leg="l9"))
    await until(lambda: floor.state() is S.BUSY)
    customer = ev.Party("PJSIP/trunk-9", "PJSIP/trunk", NUMBER, None, "c")
    work.happens(
        ev.TalkStarted(at=3.0, pbx=PBX, interaction=CALL, talk="t", a=phone("l9"), b=customer)
    )
    await until(lambda: "done" in work.told_states())
    assert floor.state() is S.BUSY
    work.happens(ev.LegEnded(at=9.0, pbx=PBX, interaction=CALL, leg="l9", cause=16))
    assert floor.state() is S.WRAP_UP
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_who_does_not_pick_up_is_asked_twice_and_then_not_ready(
    work: Work, floor: Floor
) -> None:
    made = await work.promise()
    running = asyncio.create_task(work.runner.run())
    for _ in range(2):
        dialled, over = len(work.dialled), work.offers_over()
        await until(lambda: floor.state() is S.OFFERED)
        await until(lambda: work.told_states()[-1:] == ["offered"])
        await work.runner.accept(made, 1)
        await until(partial(_more, dialled, lambda: len(work.dialled)))
        work.leg_rings()
        work.happens(ev.LegEnded(at=5.0, pbx=PBX, interaction=CALL, leg="l9", cause=19))
        work.happens(
            ev.InteractionEnded(
                at=5.0,
                pbx=PBX,
                interaction=CALL,
                reason=ev.EndReason.NO_ANSWER,
                by=None,
                cause=19,
                answered=False,
            )
        )
        # Not the state: the next offer may come before anybody looks.
        await until(partial(_more, over, work.offers_over))
    await until(lambda: floor.state() is S.NOT_READY)
    assert floor.status().reasons == ["no_answer"]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_who_declines_is_ready_again(work: Work, floor: Floor) -> None:
    made = await work.promise()
    running = asyncio.create_task(work.runner.run())
    await until(lambda: "offered" in work.told_states())
    work.runner.decline(made, 1)
    await until(lambda: work.told_states()[-1:] == ["waiting"])
    assert floor.state() is S.READY
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
