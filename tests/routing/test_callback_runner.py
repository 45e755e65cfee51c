"""Promises kept: from the desk over the preview to the call, with a real desk and database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from callcenter import events as ev
from callcenter.errors import AmiDisconnected
from callcenter.store.database import Database
from routing import callback_queries as queries
from routing.callback_queries import NewCallback
from routing.callback_runner import CallbackRunner
from routing.callbacks import NotNow, Step
from routing.dialling import DoNotCall
from routing.statements import table_of
from routing.tables import Agent
from routing.work_tables import Callback, CallbackAttempt
from tests.routing.stories import E164, NUMBER, ZONE, agent, caller
from tests.routing.test_desk import Room

NOON = 1_772_510_400.0  # 2026-03-03 12:00 in Shanghai
callbacks, attempts = table_of(Callback), table_of(CallbackAttempt)


@dataclass
class FakeDialler:
    """Notes whom it would ring."""

    calls: list[tuple[int, str]] = field(default_factory=list)
    broken: bool = False

    refused: bool = False

    async def dial(self, agent: int, number: str, *, abroad: bool, asked_for: bool) -> None:
        if self.broken:
            raise AmiDisconnected("away")
        if self.refused and not asked_for:
            raise DoNotCall
        self.calls.append((agent, number))

    def interface(self, agent: int) -> str | None:
        return f"PJSIP/{agent}"


class House:
    """A desk with agents, a runner, and a clock to be set."""

    def __init__(self, database: Database, preview: float) -> None:
        self.database = database
        self.room = Room(1, 2)
        self.room.now = NOON
        self.dialler = FakeDialler()
        self.told: list[ev.DomainEvent] = []
        self.runner = CallbackRunner(
            database,
            self.room.desk,
            self.dialler.dial,
            self.dialler.interface,
            self._publish,
            zone=ZONE,
            preview=preview,
            clock=lambda: self.room.now,
        )

    def _publish(self, event: ev.DomainEvent) -> None:
        self.told.append(event)
        self.runner.hear(event)

    def free(self, *agents: int) -> None:
        for one in agents:
            self.room.floor.free(one, self.room.now)

    def goes_on(self, seconds: float) -> None:
        """Time passes; the runner looks again."""
        self.room.now += seconds
        self.runner.hear(
            ev.WorkChanged(at=0, kind="callback", work=0, state="x", queue=None, since=0)
        )

    def call(self, agent_id: int = 1) -> Line:
        return Line(self, agent_id)

    async def promise(self, **values: Any) -> int:
        new: dict[str, Any] = {
            "contact": E164,
            "number": NUMBER,
            "queue": "support",
            "joined_at": NOON - 60,
            "next_at": NOON,
            "created_at": NOON - 30,
            "requested_by": "caller",
        }
        async with self.database.session() as session:
            made = await queries.create(session, NewCallback(**(new | values)))
            event = await queries.changed(session, made)
            await session.commit()
        self._publish(event)
        return made

    async def row(self) -> Any:
        async with self.database.reading() as session:
            return (await session.execute(select(callbacks))).one()

    async def results(self) -> list[tuple[int | None, str | None]]:
        async with self.database.reading() as session:
            query = select(attempts.c.agent_id, attempts.c.result).order_by(attempts.c.number)
            return [tuple(row) for row in await session.execute(query)]

    async def state(self, wanted: str, agent_id: int | None = None) -> Any:
        """Wait until the callback is in this state."""

        async def there() -> bool:
            row = await self.row()
            return row.state == wanted and agent_id in {None, row.agent_id}

        await until(there)
        return await self.row()

    async def dialled(self, times: int = 1) -> None:
        async def there() -> bool:
            return len(self.dialler.calls) == times

        await until(there)


class Line:
    """The call that is made: the agent's telephone first, then the customer's."""

    count = 0

    def __init__(self, house: House, agent_id: int) -> None:
        Line.count += 1
        self.house, self.party = house, agent(str(agent_id))
        self.c: dict[str, Any] = {
            "pbx": "main",
            "interaction": f"i{Line.count}",
            "at": house.room.now,
        }

    def rings(self) -> Line:
        leg = ev.LegStarted(**self.c, party=self.party, uniqueid="1", boot="1")
        self.house.runner.hear(leg)
        return self

    def picked_up(self) -> Line:
        self.house.runner.hear(ev.LegAnswered(**self.c, leg=self.party.leg))
        return self

    def talks(self) -> None:
        self.house.runner.hear(ev.TalkStarted(**self.c, talk="t", a=self.party, b=caller()))

    def ends(self, reason: ev.EndReason = ev.EndReason.NO_ANSWER) -> None:
        end = ev.InteractionEnded(**self.c, reason=reason, by=None, cause=None, answered=False)
        self.house.runner.hear(end)


async def until(there: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await there():  # noqa: ASYNC110 - polls
            await asyncio.sleep(0.01)


Opened = Callable[..., Any]


@pytest.fixture
def opened(database: Database) -> Opened:
    """`async with opened() as house`: with two agents in the database and the runner at work."""

    @asynccontextmanager
    async def open_house(preview: float = 30.0) -> AsyncIterator[House]:
        async with database.session() as session:
            known = list(await session.scalars(select(Agent.id)))
            if not known:
                await session.execute(insert(Agent), [{"id": n, "name": str(n)} for n in (1, 2)])
            await session.commit()
        house = House(database, preview)
        task = asyncio.create_task(house.runner.run())
        try:
            yield house
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return open_house


async def test_a_promise_is_kept(opened: Opened) -> None:
    async with opened() as house:
        made = await house.promise()
        house.free(1)
        row = await house.state("offered", 1)
        assert row.offered_at == NOON
        await house.runner.accept(made, 1)
        await house.dialled()
        assert house.dialler.calls == [(1, NUMBER)]
        house.call().rings().picked_up().talks()
        row = await house.state("done")
        assert (row.result, row.agent_id) == ("answered", None)
        assert await house.results() == [(1, "answered")]
        assert house.room.floor.said[-1] == ("ended", 1, ev.OfferResult.ANSWERED)
        assert [one.state for one in house.told if isinstance(one, ev.WorkChanged)] == [
            "waiting",
            "offered",
            "dialling",
            "done",
        ]


async def test_who_does_not_want_it_makes_room_for_the_next(opened: Opened) -> None:
    async with opened() as house:
        made = await house.promise()
        house.free(1, 2)
        row = await house.state("offered")
        first = row.agent_id
        house.runner.decline(made, first)
        await house.state("offered", 3 - first)
        with pytest.raises(NotNow):
            house.runner.decline(made, first)
        with pytest.raises(NotNow):
            await house.runner.accept(made, first)


async def test_who_does_not_look_is_passed_by(opened: Opened) -> None:
    async with opened(preview=0.05) as house:
        await house.promise()
        house.free(1)
        await house.state("offered", 1)
        await house.state("waiting")
        assert ("ended", 1, ev.OfferResult.TIMED_OUT) in house.room.floor.said


async def test_who_is_not_reached_is_tried_again_and_at_last_given_up(opened: Opened) -> None:
    async with opened() as house:
        made = await house.promise()
        for attempt, pause in enumerate((300, 86_400, 0), start=1):
            house.free(1)
            await house.state("offered", 1)
            await house.runner.accept(made, 1)
            await house.dialled(attempt)
            house.call().rings().picked_up().ends(ev.EndReason.BUSY)
            row = await house.state("waiting" if pause else "failed")
            if pause:
                assert row.next_at > house.room.now
                house.free(1)
                await asyncio.sleep(0.05)
                assert (await house.row()).state == "waiting"
                house.goes_on(pause)
        assert (row.result, row.attempts) == ("busy", 3)
        assert await house.results() == [(1, "busy")] * 3


async def test_an_agent_who_does_not_pick_up_costs_the_customer_nothing(opened: Opened) -> None:
    async with opened() as house:
        made = await house.promise()
        house.free(1)
        await house.state("offered", 1)
        await house.runner.accept(made, 1)
        await house.dialled()
        house.call().rings().ends()
        row = await house.state("waiting")
        assert (row.attempts, row.next_at) == (0, NOON)
        assert await house.results() == [(1, "agent_no_answer")]
        assert house.room.floor.said[-1] == ("ended", 1, ev.OfferResult.TIMED_OUT)


async def test_a_telephone_system_that_is_away_is_an_attempt_in_vain(opened: Opened) -> None:
    async with opened() as house:
        house.dialler.broken = True
        made = await house.promise()
        house.free(1)
        await house.state("offered", 1)
        await house.runner.accept(made, 1)
        row = await house.state("waiting")
        assert row.next_at == NOON + 300
        assert house.room.floor.said[-1] == ("ended", 1, ev.OfferResult.FAILED)


async def test_who_does_not_want_to_be_called_is_let_be(opened: Opened) -> None:
    async with opened() as house:
        house.dialler.refused = True
        made = await house.promise(requested_by="agent")
        house.free(1)
        await house.state("offered", 1)
        await house.runner.accept(made, 1)
        row = await house.state("cancelled")
        assert (row.result, row.attempts) == ("do_not_call", 0)
        assert await house.results() == [(1, "do_not_call")]


async def test_who_asked_for_it_is_called_whatever_they_said_before(opened: Opened) -> None:
    async with opened() as house:
        house.dialler.refused = True
        made = await house.promise(requested_by="caller")
        house.free(1)
        await house.state("offered", 1)
        await house.runner.accept(made, 1)
        await house.dialled()


async def test_who_calls_again_meanwhile_is_taken_off_the_agents_screen(opened: Opened) -> None:
    async with opened() as house:
        await house.promise()
        house.free(1)
        await house.state("offered", 1)
        async with house.database.session() as session:
            (event,) = await queries.close_reached(
                session, E164, interaction="i9", at=NOON, reason="answered"
            )
            await session.commit()
        house._publish(event)

        async def freed() -> bool:
            return ("ended", 1, ev.OfferResult.CALLER_GONE) in house.room.floor.said

        await until(freed)
        assert (await house.row()).state == "done"


async def test_an_agent_may_take_one_out_of_turn(opened: Opened) -> None:
    async with opened() as house:
        made = await house.promise()
        await house.runner.accept(made, 2)
        await house.dialled()
        house.call(2).rings().picked_up().talks()
        await house.state("done")
        with pytest.raises(NotNow):
            await house.runner.accept(made, 2)


async def test_nobody_is_offered_what_is_not_due(opened: Opened) -> None:
    async with opened() as house:
        await house.promise(next_at=NOON + 600)
        house.free(1)
        await asyncio.sleep(0.1)
        assert house.room.floor.said == []
        house.goes_on(600)
        await house.state("offered", 1)


async def test_an_agreed_time_at_night_is_kept_and_others_are_not_called_then(
    opened: Opened,
) -> None:
    async with opened() as house:
        house.room.now = NOON + 12 * 3600
        await house.promise(next_at=NOON, queue="support")
        house.free(1)
        await asyncio.sleep(0.1)
        assert house.room.floor.said == []
        await house.promise(contact="+49301", number="+49301", scheduled_at=NOON)

        async def offered() -> bool:
            return bool(house.room.floor.said)

        await until(offered)


async def test_the_agent_who_was_asked_for_is_waited_for(opened: Opened) -> None:
    async with opened() as house:
        await house.promise(wished_agent=2)
        house.free(1)
        await asyncio.sleep(0.1)
        assert (await house.row()).state == "waiting"
        house.free(2)
        await house.state("offered", 2)


@pytest.mark.parametrize(("step", "left"), [(Step.OFFER, 0), (Step.DIAL, 1)])
async def test_after_a_restart_nothing_hangs(opened: Opened, step: Step, left: int) -> None:
    async with opened() as house:
        made = await house.promise(next_at=NOON + 1e6)
    async with house.database.session() as session:
        await queries.take_step(session, made, step, agent_id=1, offered_at=NOON)
        await session.execute(update(callbacks).values(next_at=NOON))
        await session.commit()
    async with opened() as house:
        row = await house.state("waiting")
        assert row.attempts == left
