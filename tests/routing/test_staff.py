"""The live agents on real databases: what is told to whom, and what outlives a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import insert, select

from callcenter import events as ev
from callcenter.bus import MemoryBus
from callcenter.errors import InvalidInput, NotFound
from callcenter.events import AgentState as S
from callcenter.events import OfferResult
from callcenter.store.database import Database
from routing.agent_inputs import InCall, NoPhone
from routing.agent_record import DISCONNECTED, GRACE, NO_ANSWER, NO_PHONE, SIGNED_IN
from routing.staff import EVENTS, Staff
from routing.tables import Agent, AgentStateLogRow, AgentStateRow

PBX = "main"
NOON = 1_780_000_000.0


@dataclass(frozen=True)
class Queue:
    wrap_up_seconds: float = 30.0
    wrap_up_extend: float = 60.0
    rona_limit: int = 2


@dataclass(frozen=True)
class Person:
    name: str
    interfaces: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    active: bool = True


@dataclass(frozen=True)
class House:
    pause_reasons: Mapping[str, Reason] = field(
        default_factory=lambda: {"meal": Reason(), "coaching": Reason(), "old": Reason(False)}
    )
    queues: Mapping[str, Queue] = field(default_factory=lambda: {"sales": Queue()})
    agents: Mapping[int, Person] = field(
        default_factory=lambda: {
            1: Person("Lucy", ("PJSIP/1001", "PJSIP/2001")),
            2: Person("Bob", ("PJSIP/1002",)),
        }
    )


class Floor:
    """Staff with a clock of its own and everything it tells."""

    def __init__(self, database: Database) -> None:
        self.now = NOON
        self.house = House()
        self.told: list[ev.DomainEvent] = []
        self.desk: list[tuple[str, int]] = []
        self.staff = Staff(
            PBX, database, lambda: self.house, self.told.append, clock=lambda: self.now
        )
        self.staff.on_free.append(lambda agent, since: self.desk.append(("free", agent)))
        self.staff.on_busy.append(lambda agent: self.desk.append(("busy", agent)))
        self.staff.on_seat.append(lambda a, here: self.desk.append(("in" if here else "out", a)))

    def state(self, agent: int = 1) -> S:
        return self.status(agent).state

    def status(self, agent: int = 1) -> ev.AgentChanged:
        status = self.staff.status(agent)
        assert status is not None
        return status

    def device(self, state: str, interface: str = "PJSIP/1001") -> None:
        event = ev.DeviceStateChanged(at=self.now, pbx=PBX, interface=interface, state=state)
        self.staff.hear(event)

    def call(
        self, kind: Callable[..., ev.DomainEvent], interaction: str = "c1", /, **values: Any
    ) -> None:
        self.staff.hear(kind(at=self.now, pbx=PBX, interaction=interaction, **values))

    def rings(self, leg: str = "l1", interaction: str = "c1") -> None:
        self.call(ev.LegStarted, interaction, party=phone(leg), uniqueid=leg, boot="b")

    def talks(self, leg: str = "l1", interaction: str = "c1") -> None:
        self.call(ev.TalkStarted, interaction, talk=f"t{leg}", a=CUSTOMER, b=phone(leg))

    def hangs_up(self, leg: str = "l1") -> None:
        self.call(ev.LegEnded, leg=leg, cause=16)

    def reconciled(self) -> None:
        self.staff.hear(ev.LinkRestored(at=self.now, pbx=PBX, boot="b", since=None))

    async def ready(self, agent: int = 1) -> None:
        interface = self.house.agents[agent].interfaces[0]
        self.device("NOT_INUSE", interface)
        await self.staff.sign_in(agent, interface, by=7)
        await self.staff.ready(agent, by=7)

    async def served(self) -> None:
        """A call of the queue is answered."""
        self.call(ev.QueueJoined, entry="e1", queue="sales", leg="c", position=1)
        assert self.staff.offered(1, "c1", "sales", self.now)
        self.rings()
        self.device("RINGING")
        self.talks()
        self.device("INUSE")


CUSTOMER = ev.Party("PJSIP/trunk-1", "PJSIP/trunk", "138", None, "c")


def phone(leg: str) -> ev.Party:
    return ev.Party(f"PJSIP/1001-{leg}", "PJSIP/1001", "1001", None, leg)


@pytest.fixture
async def floor(database: Database) -> AsyncIterator[Floor]:
    async with database.session() as session:
        names = [{"id": n, "name": name, "active": True} for n, name in ((1, "Lucy"), (2, "Bob"))]
        await session.execute(insert(Agent), names)
        await session.commit()
    floor = Floor(database)
    writes = asyncio.create_task(floor.staff.journal.run())
    yield floor
    writes.cancel()
    await asyncio.gather(writes, return_exceptions=True)


async def reborn(floor: Floor, database: Database) -> Floor:
    """The service is started again."""
    await floor.staff.journal.finish()
    again = Floor(database)
    again.now, again.house = floor.now, floor.house
    await again.staff.load()
    return again


async def test_who_never_signed_in_is_offline_and_strangers_are_nobody(floor: Floor) -> None:
    assert floor.state(1) is S.OFFLINE
    assert floor.staff.status(99) is None
    with pytest.raises(NotFound):
        await floor.staff.ready(99)


async def test_signing_in_and_going_ready_is_told_in_order(floor: Floor) -> None:
    await floor.ready()
    states = [event.state for event in floor.told if isinstance(event, ev.AgentChanged)]
    assert states == [S.NOT_READY, S.READY]
    assert floor.desk == [("in", 1), ("free", 1)]
    first = floor.told[0]
    assert isinstance(first, ev.AgentChanged)
    assert (first.reasons, first.name) == ([SIGNED_IN], "Lucy")
    assert floor.status().phone == ev.AgentPhone("PJSIP/1001", "desk", "NOT_INUSE")


async def test_a_phone_of_somebody_else_is_refused(floor: Floor) -> None:
    with pytest.raises(InvalidInput) as refused:
        await floor.staff.sign_in(1, "PJSIP/1002")
    assert refused.value.field == "interface"


async def test_ready_without_a_phone_is_refused_and_changes_nothing(floor: Floor) -> None:
    await floor.staff.sign_in(1, "PJSIP/2001")
    told = len(floor.told)
    with pytest.raises(NoPhone):
        await floor.staff.ready(1)
    assert len(floor.told) == told
    assert floor.status().reasons == [NO_PHONE, SIGNED_IN]


async def test_the_other_phone_of_an_agent_does_not_count(floor: Floor) -> None:
    await floor.ready()
    floor.device("UNAVAILABLE", "PJSIP/2001")
    assert floor.state() is S.READY
    floor.device("UNAVAILABLE")
    assert floor.status().reasons == [NO_PHONE]


async def test_a_call_of_the_queue_from_offer_to_wrap_up(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    busy = floor.status()
    assert (busy.state, busy.interaction, busy.queue) == (S.BUSY, "c1", "sales")
    floor.hangs_up()
    floor.device("NOT_INUSE")
    wrapping = floor.status()
    assert (wrapping.state, wrapping.until) == (S.WRAP_UP, NOON + 30)
    floor.now += 30
    floor.staff.tick(floor.now)
    assert floor.state() is S.READY
    assert floor.desk[-1] == ("free", 1)


async def test_an_agent_is_offered_one_call_at_a_time(floor: Floor) -> None:
    await floor.ready()
    assert floor.staff.offered(1, "c1", "sales", floor.now)
    assert not floor.staff.offered(1, "c2", "sales", floor.now)


async def test_the_desk_may_offer_from_within_the_news(floor: Floor) -> None:
    def offer(agent: int, since: float) -> None:
        assert floor.staff.offered(agent, "c1", "sales", floor.now)

    floor.staff.on_free.append(offer)
    await floor.ready()
    states = [event.state for event in floor.told if isinstance(event, ev.AgentChanged)]
    assert states == [S.NOT_READY, S.READY, S.OFFERED]


async def test_a_listener_that_fails_stops_nobody(floor: Floor) -> None:
    def fail(agent: int, since: float) -> None:
        raise RuntimeError("a desk with trouble")

    floor.staff.on_free.insert(0, fail)
    await floor.ready()
    assert floor.desk[-1] == ("free", 1)


async def test_the_queue_says_how_many_misses_are_no_answer(floor: Floor) -> None:
    floor.house = House(queues={"sales": Queue(rona_limit=1)})
    await floor.ready()
    floor.staff.offered(1, "c1", "sales", floor.now)
    floor.staff.offer_ended(1, OfferResult.TIMED_OUT, floor.now)
    assert floor.status().reasons == [NO_ANSWER]


async def test_a_late_word_about_an_offer_does_not_end_the_next(floor: Floor) -> None:
    await floor.ready()
    floor.staff.offered(1, "c1", "sales", floor.now)
    floor.staff.offer_ended(1, OfferResult.CALLER_GONE, floor.now, "c1")
    floor.staff.offered(1, "c2", "sales", floor.now)
    floor.staff.offer_ended(1, OfferResult.CALLER_GONE, floor.now, "c1")
    assert floor.state() is S.OFFERED


async def test_an_own_call_makes_busy_whichever_phone(floor: Floor) -> None:
    await floor.ready()
    party = ev.Party("PJSIP/2001-x", "PJSIP/2001", None, None, "x")
    floor.call(ev.LegStarted, "own", party=party, uniqueid="x", boot="b")
    assert floor.state() is S.BUSY
    floor.hangs_up("x")
    assert floor.state() is S.READY


async def test_who_gets_a_queue_call_by_transfer_wraps_up_too(floor: Floor) -> None:
    await floor.ready()
    floor.call(ev.QueueJoined, entry="e1", queue="sales", leg="c", position=1)
    floor.rings("consult", "c2")
    floor.talks("consult", "c2")
    floor.call(ev.InteractionsMerged, "c1", merged="c2")
    floor.talks("consult")
    floor.hangs_up("consult")
    assert (floor.state(), floor.status().interaction) == (S.WRAP_UP, "c1")


async def test_a_call_that_left_the_queue_unanswered_brings_no_wrap_up(floor: Floor) -> None:
    await floor.ready()
    floor.call(ev.QueueJoined, entry="e1", queue="sales", leg="c", position=1)
    left = {"entry": "e1", "queue": "sales", "exit": ev.QueueExit.OVERFLOW, "waited": 3.0}
    floor.call(ev.QueueLeft, **left)
    floor.rings()
    floor.talks()
    floor.hangs_up()
    assert floor.state() is S.READY


async def test_the_end_of_the_contact_is_the_end_of_the_call(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    ended = {"reason": "lost", "by": None, "cause": None, "answered": True}
    floor.call(ev.InteractionEnded, **ended)
    assert floor.state() is S.WRAP_UP


async def test_after_lost_events_only_the_phone_is_believed(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    floor.staff.lose_track()
    await floor.staff.finish_wrap_up(1)
    assert floor.state() is S.READY
    assert not floor.staff.offered(1, "c2", "sales", floor.now)  # the phone is in use
    floor.device("NOT_INUSE")
    assert floor.staff.offered(1, "c2", "sales", floor.now)


async def test_other_pbxs_concern_nobody(floor: Floor) -> None:
    await floor.ready()
    event = ev.DeviceStateChanged(at=1.0, pbx="other", interface="PJSIP/1001", state="UNAVAILABLE")
    floor.staff.hear(event)
    assert floor.state() is S.READY


async def test_the_phone_cannot_be_changed_in_a_call(floor: Floor) -> None:
    await floor.ready()
    await floor.served()
    with pytest.raises(InCall):
        await floor.staff.sign_in(1, "PJSIP/2001")


@pytest.mark.parametrize("reason", ["unheard of", "old", NO_ANSWER, SIGNED_IN])
async def test_only_reasons_of_the_house_can_be_given(floor: Floor, reason: str) -> None:
    await floor.ready()
    with pytest.raises(InvalidInput) as refused:
        await floor.staff.not_ready(1, reason)
    assert refused.value.field == "reason"


async def test_a_lost_console_is_noticed_after_its_grace(floor: Floor) -> None:
    floor.staff.console(1, True)
    await floor.ready()
    floor.staff.console(1, False)
    floor.staff.tick(floor.now + GRACE - 1)
    assert floor.state() is S.READY
    floor.staff.tick(floor.now + GRACE)
    assert floor.status().reasons == [DISCONNECTED]
    assert floor.desk[-1] == ("busy", 1)


async def test_who_is_no_agent_any_more_is_signed_out(floor: Floor) -> None:
    await floor.ready()
    floor.house = House(agents={2: Person("Bob", ("PJSIP/1002",))})
    floor.staff.arrange(floor.house)
    assert floor.staff.status(1) is None
    assert floor.desk[-2:] == [("busy", 1), ("out", 1)]


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
