"""The live agents on real databases: what is written down, and what outlives a restart."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from callcenter import events as ev
from callcenter.bus import MemoryBus
from callcenter.events import AgentState as S
from callcenter.store.database import Database
from routing.agent_record import NO_PHONE, SIGNED_IN
from routing.staff import EVENTS
from routing.tables import AgentStateLogRow, AgentStateRow
from tests.routing.floor import (
    NOON,
    PBX,
    Floor,
    House,
    Person,
    Queue,
    reborn,
)

# --- restarts ------------------------------------------------------------------------------


async def test_a_ready_agent_outlives_a_restart(floor: Floor, database: Database) -> None:
    await floor.ready()
    floor.now += 5
    again = await reborn(floor, database)
    assert (again.state(), again.status().reasons) == (S.NOT_READY, [NO_PHONE])
    assert again.desk == [("in", 1)]
    since: list[float] = []
    again.staff.on_free.append(lambda agent, idle: since.append(idle))
    again.reconciled()
    again.device("NOT_INUSE")
    assert (again.state(), since) == (S.READY, [NOON])


async def test_a_pause_outlives_a_restart(floor: Floor, database: Database) -> None:
    await floor.ready()
    await floor.staff.not_ready(1, "meal", by=7)
    again = await reborn(floor, database)
    again.device("NOT_INUSE")
    assert again.status().reasons == ["meal"]


async def test_a_call_in_progress_is_learned_again(floor: Floor, database: Database) -> None:
    await floor.ready()
    await floor.served()
    await floor.staff.sign_out(1, by=7)
    again = await reborn(floor, database)
    again.rings()  # adopted
    again.talks()
    again.reconciled()
    again.device("INUSE")
    assert (again.state(), again.status().pending) == (S.BUSY, "sign_out")
    again.hangs_up()
    assert again.state() is S.WRAP_UP
    again.staff.tick(again.now + 30)
    assert again.state() is S.OFFLINE


async def test_a_call_that_ended_meanwhile_is_wrapped_up(floor: Floor, database: Database) -> None:
    await floor.ready()
    await floor.served()
    again = await reborn(floor, database)
    assert again.state() is S.BUSY
    again.now += 100
    again.reconciled()
    assert (again.state(), again.status().until) == (S.WRAP_UP, NOON + 130)


async def test_signed_out_stays_signed_out(floor: Floor, database: Database) -> None:
    await floor.ready()
    await floor.staff.sign_out(1)
    again = await reborn(floor, database)
    assert again.state() is S.OFFLINE
    assert again.desk == []


# --- what is written ------------------------------------------------------------------------


async def log_of(database: Database) -> list[tuple[str, list[str], str | None, int | None]]:
    async with database.reading() as session:
        rows = await session.scalars(select(AgentStateLogRow).order_by(AgentStateLogRow.id))
        return [(row.state, row.reasons, row.asked, row.user_id) for row in rows]


async def test_every_change_and_every_command_is_in_the_log(
    floor: Floor, database: Database
) -> None:
    await floor.ready()
    await floor.served()
    await floor.staff.not_ready(1, "coaching", by=9)  # a supervisor, during the call
    floor.hangs_up()
    await floor.staff.finish_wrap_up(1, by=7)
    assert await log_of(database) == [
        ("not_ready", [SIGNED_IN], "sign_in", 7),
        ("ready", [], "ready", 7),
        ("offered", [], None, None),
        ("busy", [], None, None),
        ("busy", ["coaching"], "not_ready", 9),
        ("wrap_up", ["coaching"], None, None),
        ("not_ready", ["coaching"], "finish", 7),
    ]


async def test_agents_go_on_while_the_database_is_away(database: Database, floor: Floor) -> None:
    real, away = floor.staff.journal._database, Database("sqlite:////nowhere/at/all.db")
    floor.staff.journal._database = away
    floor.device("NOT_INUSE")
    async with asyncio.timeout(10):
        await floor.ready()
    assert floor.state() is S.READY
    assert floor.staff.journal.waiting
    floor.staff.journal._database = real
    assert await floor.staff.journal.written(within=5.0)
    assert [state for state, *_ in await log_of(database)] == ["not_ready", "ready"]
    await away.close()


async def test_of_a_deleted_agent_only_the_log_is_kept(floor: Floor, database: Database) -> None:
    floor.house = House(agents={5: Person("Gone", ("PJSIP/1001",))})
    await floor.ready(5)
    assert await floor.staff.journal.written(within=5.0)
    async with database.reading() as session:
        assert list(await session.scalars(select(AgentStateRow))) == []
    assert len(await log_of(database)) == 2


async def test_staff_follows_the_bus_and_keeps_its_own_time(database: Database) -> None:
    bus = MemoryBus()
    floor = Floor(database)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    floor.staff._clock = lambda: NOON + loop.time() - begun
    floor.house = House(queues={"sales": Queue(wrap_up_seconds=0.05)})
    work = asyncio.create_task(floor.staff.run(bus.subscribe("staff", types=EVENTS)))
    await floor.ready()
    await floor.served()
    bus.publish(ev.LegEnded(at=1.0, pbx=PBX, interaction="c1", leg="l1", cause=16))
    floor.device("NOT_INUSE")
    free = asyncio.Event()
    floor.staff.on_free.append(lambda agent, since: free.set())
    async with asyncio.timeout(5):
        await free.wait()
    assert floor.state() is S.READY
    bus.finish()
    await work
