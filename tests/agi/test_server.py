"""Whoever connects harms only the own session."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callcenter.agi.server import AgiServer, serve
from callcenter.agi.session import Agi
from tests.agi.peer import ENVIRONMENT, Peer

WHOLE = [b"200 result=0\n", b"200 result=0\n", b"200 result=0\n", b"200 result=1 (x)\n"]


async def flow(agi: Agi) -> None:
    """A call as most are."""
    await agi.answer()
    await agi.music(True)
    await agi.wait(30)
    await agi.variable("X")


async def serves(server: AgiServer) -> None:
    """A call goes through, start to end."""
    async with Peer(server.port) as peer:
        peer.say(ENVIRONMENT)
        for answer in WHOLE:
            assert await peer.heard()
            peer.say(answer)
        assert await peer.is_ended()


async def until(condition: Callable[[], bool], within: float = 5.0) -> None:
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - polls
            await asyncio.sleep(0.01)


def agi_tasks() -> int:
    return sum(task.get_name() == "agi-session" for task in asyncio.all_tasks())


async def nothing_is_left(server: AgiServer) -> None:
    await until(lambda: server.sessions == 0 and agi_tasks() == 0)


async def test_closing_at_every_byte_ends_only_that_session() -> None:
    told = ENVIRONMENT + b"".join(WHOLE)
    async with serve("127.0.0.1", 0, flow) as server:
        for cut in range(len(told)):
            async with Peer(server.port) as peer:
                peer.say(told[: min(cut, len(ENVIRONMENT))])
                rest = told[len(ENVIRONMENT) : cut]
                for answer in rest.splitlines(keepends=True):
                    if cut >= len(ENVIRONMENT):
                        assert await peer.heard()
                    peer.say(answer)
        await nothing_is_left(server)
        await serves(server)


async def test_reset_in_a_wait_ends_only_that_session() -> None:
    async with serve("127.0.0.1", 0, flow) as server:
        async with Peer(server.port) as peer:
            peer.say(ENVIRONMENT)
            assert await peer.heard() == "ANSWER"
            linger = struct.pack("ii", 1, 0)
            peer.writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, linger
            )
            peer.writer.transport.abort()
            await nothing_is_left(server)
        await serves(server)


async def test_a_thousand_peers_with_garbage_leave_the_loop_alive() -> None:
    before = len(asyncio.all_tasks())
    async with serve("127.0.0.1", 0, flow, patience=1.0) as server:

        async def one(number: int) -> None:
            async with Peer(server.port) as peer:
                data = bytes((number * step) % 256 for step in range(number))
                peer.say((ENVIRONMENT if number % 2 else b"") + data)
                with suppress(TimeoutError):  # some could still become an Asterisk
                    await peer.is_ended(1.5)

        began = time.monotonic()
        await asyncio.gather(*(one(number) for number in range(1000)))
        await serves(server)
        await nothing_is_left(server)
        assert time.monotonic() - began < 30
    await until(lambda: len(asyncio.all_tasks()) <= before)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.one_of(
            st.sampled_from([*WHOLE, b"HANGUP\n", b"200 result=-1\n", b"511 dead\n", b"520-x\n"]),
            st.sampled_from([b"200 result=1 (callcenter-1)\n", b"\n", b"100 Trying\n"]),
            st.binary(max_size=30),
        ),
        max_size=12,
    )
)
def test_lying_peer_ends_only_its_session(answers: list[bytes]) -> None:
    async def lie() -> None:
        async with serve("127.0.0.1", 0, flow) as server:
            async with Peer(server.port) as peer:
                peer.say(ENVIRONMENT)
                for answer in answers:
                    peer.say(answer)
                peer.writer.write_eof()
                assert await peer.is_ended()
            await nothing_is_left(server)
            await serves(server)

    asyncio.run(lie())


async def test_peer_that_says_nothing_is_sent_away() -> None:
    async with serve("127.0.0.1", 0, flow, patience=0.1) as server:
        async with Peer(server.port) as peer:
            peer.say(ENVIRONMENT[:-1])
            assert await peer.is_ended()
        await nothing_is_left(server)


async def test_more_calls_than_allowed_go_back_to_the_dialplan() -> None:
    async with serve("127.0.0.1", 0, flow, max_sessions=1) as server:
        async with Peer(server.port) as first:
            first.say(ENVIRONMENT)
            assert await first.heard() == "ANSWER"
            async with Peer(server.port) as second:
                assert await second.is_ended()
        await nothing_is_left(server)
        await serves(server)


async def test_failing_handler_ends_its_session_and_no_other() -> None:
    async def failing(agi: Agi) -> None:
        await agi.answer()
        if agi.path == "queue/sales":
            raise ZeroDivisionError
        await agi.wait(30)

    async with serve("127.0.0.1", 0, failing) as server, Peer(server.port) as other:
        other.say(ENVIRONMENT.replace(b"/sales", b"/support").replace(b": queue/sales", b": other"))
        await other.expect("ANSWER", b"200 result=0")
        assert (await other.heard()).startswith("WAIT")
        async with Peer(server.port) as peer:
            peer.say(ENVIRONMENT)
            await peer.expect("ANSWER", b"200 result=0")
            assert await peer.is_ended()
        assert server.sessions == 1


async def test_service_that_stops_gives_all_calls_back() -> None:
    cleaned: list[str] = []

    async def tidy(agi: Agi) -> None:
        try:
            await agi.wait(30)
        finally:
            cleaned.append(agi.uniqueid)

    async with serve("127.0.0.1", 0, tidy) as server:
        peer = await Peer(server.port).__aenter__()
        peer.say(ENVIRONMENT)
        assert (await peer.heard()).startswith("WAIT")
    assert await peer.is_ended()
    assert cleaned == ["1700000000.1"]
    assert agi_tasks() == 0
    peer.writer.close()


async def test_says_that_it_is_there_without_troubling_the_handler() -> None:
    async def never(_agi: Agi) -> None:
        pytest.fail("asked")

    async with serve("127.0.0.1", 0, never) as server, Peer(server.port) as peer:
        peer.say(ENVIRONMENT.replace(b"queue/sales", b"alive"))
        await peer.expect("SET VARIABLE CALLCENTER_ALIVE 1", b"200 result=1")
        assert await peer.is_ended()
