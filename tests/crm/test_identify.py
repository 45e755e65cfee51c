"""Every call from or to the outside is told with its card; nothing delays anything else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from callcenter.bus import MemoryBus
from callcenter.events import (
    CallerIdentified,
    Direction,
    DomainEvent,
    EndReason,
    InteractionChanged,
    InteractionEnded,
    InteractionsMerged,
    InteractionStarted,
    Party,
)
from callcenter.store.database import Database
from callcenter.wire import decode, encode
from crm.card import CardSource, CardUnavailable, Found
from crm.identify import Identifier
from crm.sample import fill, mobile_of
from screenpop.frames import Card
from tests.crm.conftest import NOW


def party(number: str | None) -> Party:
    return Party("PJSIP/trunk-1", "PJSIP/trunk", number, None, "l" * 32)


def call(id_: str, number: str | None, **values: Any) -> dict[str, Any]:
    call = {"at": NOW, "pbx": "main", "interaction": id_ * 32, "caller": party(number)}
    return call | {"direction": Direction.INBOUND, "dialled": "4008881234"} | values


def ended(id_: str) -> InteractionEnded:
    told: dict[str, Any] = {"at": NOW, "pbx": "main", "interaction": id_ * 32}
    told |= {"reason": EndReason.COMPLETED, "by": None, "cause": 16, "answered": True}
    return InteractionEnded(**told)


class Told:
    """What was published, in order."""

    def __init__(self, bus: MemoryBus) -> None:
        self.bus = bus
        self.subscription = bus.subscribe("test", types=[CallerIdentified])
        self.events: list[CallerIdentified] = []

    async def until(self, count: int) -> list[CallerIdentified]:
        async with asyncio.timeout(10):
            while len(self.events) < count:
                batch = await anext(aiter(self.subscription))
                for _, event in batch:
                    assert isinstance(event, CallerIdentified)
                    self.events.append(event)
        return self.events


@asynccontextmanager
async def running(cards: CardSource) -> AsyncIterator[Told]:
    bus = MemoryBus()
    told = Told(bus)
    task = asyncio.create_task(Identifier(bus, cards, again=0.01).run())
    yield told
    bus.finish()
    await asyncio.wait_for(task, 10)


def publish(told: Told, *events: DomainEvent) -> None:
    for event in events:
        told.bus.publish(event)


async def test_inbound_and_outbound_are_told_with_their_card(
    database: Database, cards: CardSource
) -> None:
    await fill(database, 3, now=NOW)
    async with running(cards) as told:
        publish(
            told,
            InteractionStarted(**call("a", mobile_of(0))),
            InteractionStarted(**call("b", "1001", direction=Direction.INTERNAL)),
            InteractionStarted(
                **call("c", "1001", direction=Direction.OUTBOUND, dialled="0" + mobile_of(1))
            ),
            InteractionStarted(**call("d", "anonymous")),
        )
        events = {event.interaction[0]: event for event in await told.until(3)}
    assert set(events) == {"a", "c", "d"}
    assert events["a"].number == "+86" + mobile_of(0)
    assert events["c"].number == "+86" + mobile_of(1)
    card = msgspec.json.decode(bytes(events["a"].card), type=Card)
    assert events["a"].customer == str(card.candidates[0].customer)
    assert events["d"].customer is None
    withheld = msgspec.json.decode(bytes(events["d"].card), type=Card)
    assert (withheld.match, withheld.candidates) == ("withheld", [])
    assert decode(encode(events["a"])) == events["a"]


async def test_a_number_learned_later_is_looked_up_and_a_repeat_is_not(
    database: Database, cards: CardSource
) -> None:
    await fill(database, 2, now=NOW)
    async with running(cards) as told:
        publish(told, InteractionStarted(**call("a", None)))
        await told.until(1)
        publish(
            told,
            InteractionChanged(**call("a", mobile_of(1))),
            InteractionChanged(**call("a", mobile_of(1))),
        )
        events = await told.until(2)
    assert [event.customer is not None for event in events] == [False, True]


class SlowCards(CardSource):
    """Answers when it is told to."""

    def __init__(self) -> None:  # no database: nothing of the real one is used
        self.gates: dict[str | None, asyncio.Event] = {}
        self.failing = False
        self.stale = False
        self.asked: list[str | None] = []

    async def look_up(self, number: str | None, trunk: str | None = None) -> Found:
        self.asked.append(number)
        if number in self.gates:
            await self.gates[number].wait()
        if self.failing:
            raise CardUnavailable
        card = b'{"stale":%d}' % self.stale
        return Found(card, "unknown", None, stale=self.stale)


async def test_a_slow_lookup_delays_nobody_else() -> None:
    cards = SlowCards()
    cards.gates["slow"] = asyncio.Event()
    async with running(cards) as told:
        publish(told, InteractionStarted(**call("a", "slow")))
        publish(told, *(InteractionStarted(**call(id_, f"138{id_}")) for id_ in "bcdef"))
        events = await told.until(5)
        assert {event.interaction[0] for event in events} == set("bcdef")
        cards.gates["slow"].set()
        assert (await told.until(6))[-1].interaction == "a" * 32


async def test_the_question_stays_until_the_database_is_back() -> None:
    cards = SlowCards()
    cards.failing = True
    async with running(cards) as told:
        publish(told, InteractionStarted(**call("a", "138")), ended("a"))
        await asyncio.sleep(0.1)
        assert told.events == []
        cards.failing, cards.stale = False, True
        await told.until(1)
        cards.stale = False
        events = await told.until(2)
        assert [bytes(event.card) for event in events] == [b'{"stale":1}', b'{"stale":0}']
        asked = len(cards.asked)
        await asyncio.sleep(0.05)
        assert len(cards.asked) == asked


async def test_a_merged_call_is_no_longer_asked_for() -> None:
    cards = SlowCards()
    cards.gates["slow"] = asyncio.Event()
    async with running(cards) as told:
        publish(
            told,
            InteractionStarted(**call("a", "slow")),
            InteractionsMerged(at=NOW, pbx="main", interaction="b" * 32, merged="a" * 32),
            InteractionStarted(**call("c", "138")),
        )
        await told.until(1)
        cards.gates["slow"].set()
        await asyncio.sleep(0.05)
        assert [event.interaction[0] for event in told.events] == ["c"]
