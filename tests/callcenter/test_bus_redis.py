"""Several processes share one stream; nothing durable is lost, whoever dies or restarts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.bus import Subscription
from callcenter.bus_redis import RedisBus, connect
from callcenter.events import LinkLost, LinkRestored
from callcenter.health import State
from tests.servers import RedisServer


def lost(n: float) -> LinkLost:
    return LinkLost(at=n, pbx="p")


async def take(subscription: Subscription, count: int) -> list[float | None]:
    """As many events, over as many batches as it takes; the last batch stays unacknowledged."""
    got: list[float | None] = []
    async with asyncio.timeout(20):
        while len(got) < count:
            got += [event.at for _, event in await anext(subscription)]
    return got


@pytest.fixture
async def nodes(redis_url: str, tmp_path: Path) -> AsyncIterator[tuple[RedisBus, RedisBus]]:
    async with (
        RedisBus(redis_url, tmp_path / "a", node="a", claim_after=200) as one,
        RedisBus(redis_url, tmp_path / "b", node="b", claim_after=200) as two,
    ):
        yield one, two


async def test_every_node_hears_every_event_once_and_in_order(
    nodes: tuple[RedisBus, RedisBus],
) -> None:
    one, two = nodes
    here, there = one.subscribe("live"), two.subscribe("live", types=[LinkLost])
    one.publish(LinkRestored(at=0.5, pbx="p", boot="b", since=None))
    for n in range(1, 2501):
        one.publish(lost(n))
    assert await take(here, 2501) == [0.5, *range(1, 2501)]
    assert await take(there, 2500) == [*range(1, 2501)]
    two.publish(lost(9999))
    assert await take(here, 1) == [9999]


async def test_a_durable_subscriber_is_shared_by_the_nodes(
    nodes: tuple[RedisBus, RedisBus],
) -> None:
    one, _ = nodes
    mine, yours = (bus.subscribe("rows", durable=True, batch=2) for bus in nodes)
    for n in range(4):
        one.publish(lost(n))
    assert await take(mine, 2) == [0, 1]
    assert await take(yours, 2) == [2, 3]


async def test_what_was_not_done_with_comes_again_after_a_restart(
    redis_url: str, tmp_path: Path
) -> None:
    async with RedisBus(redis_url, tmp_path, node="a") as bus:
        rows = bus.subscribe("rows", durable=True, batch=2)
        for n in range(4):
            bus.publish(lost(n))
        assert await take(rows, 2) == [0, 1]
        assert await take(rows, 2) == [2, 3]
    async with RedisBus(redis_url, tmp_path, node="a") as bus:
        rows = bus.subscribe("rows", durable=True)
        bus.publish(lost(4))
        assert await take(rows, 3) == [2, 3, 4]


async def test_what_a_dead_node_had_in_hand_is_taken_over(
    nodes: tuple[RedisBus, RedisBus],
) -> None:
    one, _ = nodes
    mine, yours = (bus.subscribe("rows", durable=True, batch=10) for bus in nodes)
    one.publish(lost(1))
    assert await take(mine, 1) == [1]  # and never asks again
    assert await take(yours, 1) == [1]


async def test_a_subscriber_ends_after_what_is_in_the_stream(
    nodes: tuple[RedisBus, RedisBus],
) -> None:
    one, _ = nodes
    rows = one.subscribe("rows", durable=True)
    one.publish(lost(1))
    assert await take(rows, 1) == [1]
    one.finish()
    assert [batch async for batch in rows] == []


async def test_a_restart_of_redis_loses_nothing_and_pops_go_on_without_it(tmp_path: Path) -> None:
    with RedisServer() as server:
        async with (
            RedisBus(server.url, tmp_path / "a", node="a") as one,
            RedisBus(server.url, tmp_path / "b", node="b") as two,
        ):
            here, there = one.subscribe("live"), two.subscribe("live")
            rows = two.subscribe("rows", durable=True)
            one.publish(lost(1))
            assert await take(there, 1) == [1]
            assert await take(rows, 1) == [1]
            await asyncio.to_thread(server.pause, "SIGKILL")
            one.publish(lost(2))
            assert await take(here, 2) == [1, 2]  # at once, Redis or not
            one.publish(lost(3))
            async with asyncio.timeout(10):
                while one.health().state is State.OK:  # noqa: ASYNC110 - polls
                    await asyncio.sleep(0.02)
            await asyncio.to_thread(server.resume)
            assert await take(there, 2) == [2, 3]
            got = await take(rows, 2)
            assert got[-2:] == [2, 3]  # 1 may come twice: it was not acknowledged yet
            one.publish(lost(4))
            assert await take(there, 1) == [4]
            assert one.health().state is State.OK


async def test_what_could_not_be_sent_is_sent_after_our_own_restart(tmp_path: Path) -> None:
    with RedisServer() as server:
        server.pause()
        async with RedisBus(server.url, tmp_path, node="a") as bus:
            bus.publish(lost(1))
            await asyncio.sleep(0.1)
        server.resume()
        async with RedisBus(server.url, tmp_path, node="a") as bus:
            assert await take(bus.subscribe("rows", durable=True), 1) == [1]


async def test_an_entry_that_is_no_event_is_passed_over(
    nodes: tuple[RedisBus, RedisBus], redis_url: str
) -> None:
    one, two = nodes
    rows = one.subscribe("rows", durable=True)
    there = two.subscribe("live")
    async with connect(redis_url) as client:
        await client.xadd("callcenter:events", {"node": "x:1", "seq": "1", "event": "{}"})
        await client.xadd("callcenter:events", {"surprise": "1"})
    one.publish(lost(1))
    assert await take(rows, 1) == [1]
    assert await take(there, 1) == [1]


async def test_what_was_trimmed_before_it_was_done_with_is_counted(
    nodes: tuple[RedisBus, RedisBus], redis_url: str
) -> None:
    one, _ = nodes
    mine, yours = (bus.subscribe("rows", durable=True) for bus in nodes)
    one.publish(lost(1))
    assert await take(mine, 1) == [1]
    async with connect(redis_url) as client:
        await client.xtrim("callcenter:events", maxlen=0, approximate=False)
    await asyncio.sleep(0.3)
    one.publish(lost(2))
    assert await take(yours, 1) == [2]
    assert yours.missed == 1
