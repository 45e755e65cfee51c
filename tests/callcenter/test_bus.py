"""Every subscriber gets every event in order, and a slow one is nobody else's trouble."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from callcenter.bus import MemoryBus, Subscription
from callcenter.events import DeviceStateChanged, LinkLost, LinkRestored


def lost(n: float) -> LinkLost:
    return LinkLost(at=n, pbx="p")


async def take(subscription: Subscription) -> list[float | None]:
    async with asyncio.timeout(2):
        return [event.at for _, event in await anext(subscription)]


async def test_numbers_grow_by_one_and_order_is_kept() -> None:
    bus = MemoryBus()
    subscription = bus.subscribe("a")
    assert [bus.publish(lost(n)) for n in range(3)] == [1, 2, 3]
    batch = await anext(subscription)
    assert [(seq, event.at) for seq, event in batch] == [(1, 0), (2, 1), (3, 2)]


async def test_only_wanted_types_are_delivered() -> None:
    bus = MemoryBus()
    subscription = bus.subscribe("a", types=[LinkRestored])
    bus.publish(lost(1))
    bus.publish(LinkRestored(at=2.0, pbx="p", boot="b", since=None))
    assert await take(subscription) == [2]


async def test_a_waiting_subscriber_is_woken() -> None:
    bus = MemoryBus()
    subscription = bus.subscribe("a")
    waiting = asyncio.create_task(take(subscription))
    await asyncio.sleep(0.01)
    bus.publish(lost(1))
    assert await waiting == [1]


async def test_gathering_waits_for_company() -> None:
    bus = MemoryBus()
    subscription = bus.subscribe("a", gather=0.05)
    bus.publish(lost(1))
    asyncio.get_running_loop().call_later(0.01, bus.publish, lost(2))
    assert await take(subscription) == [1, 2]


async def test_a_live_subscriber_that_falls_behind_is_told_how_much_it_missed() -> None:
    bus = MemoryBus()
    slow, fast = bus.subscribe("slow", maxsize=3), bus.subscribe("fast")
    for n in range(5):
        bus.publish(lost(n))
    batch = await anext(slow)
    assert (batch.missed, [event.at for _, event in batch]) == (3, [3, 4])
    assert await take(fast) == [0, 1, 2, 3, 4]
    bus.publish(lost(9))
    assert (await anext(slow)).missed == 0


async def test_a_durable_subscriber_that_falls_behind_misses_nothing(tmp_path: Path) -> None:
    bus = MemoryBus(tmp_path)
    subscription = bus.subscribe("rows", durable=True, maxsize=3, batch=2)
    for n in range(7):
        bus.publish(lost(n))
    assert (subscription.depth, subscription.spilled) == (7, 4)
    got = []
    for _ in range(4):
        got += await take(subscription)
    bus.publish(lost(7))
    got += await take(subscription)
    bus.publish(lost(8))
    got += await take(subscription)
    assert got == [*range(9)]
    bus.finish()
    assert [batch async for batch in subscription] == []
    assert subscription.depth == 0
    await bus.close()


async def test_unfinished_work_is_delivered_again_after_a_restart(tmp_path: Path) -> None:
    async with MemoryBus(tmp_path) as bus:
        subscription = bus.subscribe("rows", durable=True, maxsize=4, batch=2)
        for n in range(6):
            bus.publish(lost(n))
        assert await take(subscription) == [0, 1]
        assert await take(subscription) == [2, 3]  # so 0 and 1 are done with
    async with MemoryBus(tmp_path) as bus:
        subscription = bus.subscribe("rows", durable=True)
        bus.publish(lost(6))
        assert await take(subscription) == [2, 3, 4, 5, 6]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(subscription), 0.01)
    async with MemoryBus(tmp_path) as bus:
        assert bus.subscribe("rows", durable=True).depth == 0


async def test_a_consumer_can_finish_what_is_queued(tmp_path: Path) -> None:
    bus = MemoryBus(tmp_path)
    subscription = bus.subscribe("rows", durable=True)
    bus.publish(lost(1))
    bus.finish()
    assert [event.at async for batch in subscription for _, event in batch] == [1]
    await bus.close()


async def test_durable_needs_a_folder_and_names_are_unique() -> None:
    bus = MemoryBus()
    bus.subscribe("a")
    with pytest.raises(ValueError, match="'a' already"):
        bus.subscribe("a")
    with pytest.raises(ValueError, match="no folder"):
        bus.subscribe("rows", durable=True)


async def test_an_unsubscribed_one_gets_nothing_more() -> None:
    bus = MemoryBus()
    subscription = bus.subscribe("a")
    bus.publish(lost(1))
    bus.unsubscribe(subscription)
    bus.publish(lost(2))
    assert subscription.depth == 0
    assert bus.subscriptions() == []


async def test_publishing_is_cheap() -> None:
    bus = MemoryBus()
    for n in range(5):
        bus.subscribe(str(n), maxsize=200_000)
    event = DeviceStateChanged(at=1.0, pbx="p", interface="PJSIP/1", state="INUSE")
    rounds = []
    for _ in range(5):
        start = time.process_time()
        for _ in range(10_000):
            bus.publish(event)
        rounds.append((time.process_time() - start) / 50_000)
    # Seconds for each subscriber: a bound that encoding the event for each would break.
    assert min(rounds) < 5e-6
