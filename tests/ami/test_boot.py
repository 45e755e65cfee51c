"""A PBX that takes managers before its modules are there, with a peer that plays along."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.ami import service as module
from callcenter.ami.connection import Endpoint
from callcenter.events import LinkRestored, QueueJoined
from tests.ami.heard import Heard, following
from tests.ami.peer import SECRET, USER, Action, Peer, Script, Wire, answer, serves

BOOTED = {"Event": "FullyBooted", "Uptime": "0", "Status": "Fully Booted"}
CALLER = {
    "Channel": "PJSIP/trunk-01",
    "Uniqueid": "1.1",
    "Linkedid": "1.1",
    "CallerIDNum": "+8613800138000",
    "ChannelState": "6",
    "Exten": "8000",
}


def endpoint(peer: Peer) -> Endpoint:
    return Endpoint("127.0.0.1", peer.port, USER, SECRET)


def refuse(wire: Wire, action: Action) -> None:
    wire.reply(action, "Error", Message="Invalid/unknown command: QueueStatus.")


def starting(boots: asyncio.Event, *, says_so: bool = True) -> Script:
    """Has no queues until `boots`, and a caller in one from then on."""
    asked = 0

    async def queues(wire: Wire, action: Action) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            wire.list(action, "QueueEntry", CALLER | {"Queue": "support", "Position": "1"})
            return
        refuse(wire, action)
        if says_so:
            await boots.wait()
            wire.send(**BOOTED)

    def channels(wire: Wire, action: Action) -> None:
        wire.list(action, "CoreShowChannel", CALLER)

    return serves(QueueStatus=queues, CoreShowChannels=channels)


async def test_the_queues_of_a_pbx_that_is_starting_are_waited_for() -> None:
    boots = asyncio.Event()
    heard = Heard()
    async with Peer(starting(boots)) as peer, following(heard, endpoint(peer)):
        await asyncio.sleep(0.3)
        assert heard.all(LinkRestored) == []
        boots.set()
        await heard.first(LinkRestored)
    assert [event.queue for event in heard.all(QueueJoined)] == ["support"]


async def test_who_is_not_told_of_the_start_asks_again_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "BOOT_SECONDS", 0.2)
    heard = Heard()
    async with (
        Peer(starting(asyncio.Event(), says_so=False)) as peer,
        following(heard, endpoint(peer)),
    ):
        await heard.first(LinkRestored, within=5)
    assert [event.queue for event in heard.all(QueueJoined)] == ["support"]


async def test_a_pbx_without_queues_is_waited_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BOOT_SECONDS", 0.3)
    heard = Heard()
    async with (
        Peer(serves(QueueStatus=refuse)) as peer,
        following(heard, endpoint(peer)) as service,
    ):
        loop = asyncio.get_running_loop()
        began = loop.time()
        await heard.first(LinkRestored)
        assert loop.time() - began >= 0.3
        mark = len(heard.events)
        service.connection.drop("gap")
        began = loop.time()
        await heard.first(LinkRestored, mark)
        assert loop.time() - began < 0.3
    assert peer.names().count("QueueStatus") == 3


async def test_a_pbx_that_says_it_has_started_and_has_no_queues_is_not_waited_for() -> None:
    async def booted(wire: Wire) -> None:
        await wire.let_in()
        wire.send(**BOOTED)
        while True:
            await answer(wire, await wire.action(), {"QueueStatus": refuse})

    heard = Heard()
    async with Peer(booted) as peer, following(heard, endpoint(peer)):
        await heard.first(LinkRestored, within=2)
    assert peer.names().count("QueueStatus") == 1


async def test_a_link_lost_while_waiting_begins_anew() -> None:
    async def torn(wire: Wire, action: Action) -> None:
        refuse(wire, action)
        await wire.end()

    heard = Heard()
    async with (
        Peer(serves(QueueStatus=torn), serves()) as peer,
        following(heard, endpoint(peer)),
    ):
        await heard.first(LinkRestored, within=5)
        assert peer.connections == 2
