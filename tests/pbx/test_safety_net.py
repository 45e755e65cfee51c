"""Whatever is down, somebody's telephone rings: the service away, killed, hung, on a real PBX."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from callcenter.pbx.asterisk import Ports
from callcenter.pbx.callers import NUMBERED, customer_calls
from callcenter.pbx.robots import answers, rings
from tests.pbx.agi_service import HOST, Service
from tests.pbx.harness import AmiRecorder, Stage, asterisk

CUSTOMER = "+8613800138000"
JOINED = b"Event: QueueCallerJoin\r\n"
ENDED = b"Event: Hangup\r\n"
ABANDONED = b"Event: QueueCallerAbandon\r\n"
CALLERS = 20
PATIENCE = 1


class Net:
    """A PBX with two addresses to ask; whether anybody is there is the test's to say."""

    def __init__(self, stage: Stage, ami: AmiRecorder, first: int, second: int) -> None:
        self.stage = stage
        self.ami = ami
        self.first = first
        self.second = second

    def events(self, kind: bytes) -> list[dict[str, str]]:
        """Those of a kind so far."""
        whole = self.ami.data.split(b"\r\n\r\n")
        found = [text.decode() for text in whole if text.startswith(kind)]
        return [dict(re.findall(r"^(\w+): (.*?)\r?$", text, re.MULTILINE)) for text in found]

    async def queued(self, queue: str, within: float = 3.0) -> None:
        """One caller is in that queue of the PBX."""
        await self.ami.saw(JOINED, within=within)
        await self.ami.quiet(0.2)
        assert [event["Queue"] for event in self.events(JOINED)] == [queue]


@asynccontextmanager
async def net_of(version: int) -> AsyncIterator[Net]:
    ports = Ports()
    first, second = (ports.take(socket.SOCK_STREAM, HOST) for _ in range(2))
    try:
        with tempfile.TemporaryDirectory(prefix="callcenter-pbx-") as workdir:
            pbx = asterisk(
                Path(workdir),
                version,
                agi_url=f"agi://{HOST}:{first}",
                second_agi_url=f"agi://{HOST}:{second}",
                agi_patience=PATIENCE,
            )
            async with pbx, Stage(pbx) as stage, AmiRecorder(pbx, "callcenter") as ami:
                yield Net(stage, ami, first, second)
    finally:
        ports.release()


@pytest.fixture
async def net(version: int) -> AsyncIterator[Net]:
    async with net_of(version) as ready:
        yield ready


@pytest.mark.parametrize(
    ("number", "queue"),
    [("8001", "sales"), ("02155555555", "support"), ("8006", "support")],
    ids=["queue", "entry", "queue_unknown_to_the_pbx"],
)
async def test_without_the_service_the_pbx_distributes_at_once(
    net: Net, number: str, queue: str
) -> None:
    await net.stage.add_phones("1001")
    began = time.monotonic()
    call = await net.stage.outside.call(number, caller=CUSTOMER)
    ringing = await net.stage.phones["1001"].next_call(3)
    assert time.monotonic() - began < 1.0
    await ringing.answer()
    await asyncio.sleep(0.5)
    assert call.heard > 500
    await net.queued(queue)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_all_who_wait_are_in_the_pbxs_queue_in_the_same_second(
    net: Net, how: signal.Signals
) -> None:
    async with Service(net.first) as service:
        waiting = asyncio.create_task(
            customer_calls(
                net.stage.pbx, "8001", caller=NUMBERED, stay=7.0, calls=CALLERS, per_second=20.0
            )
        )
        await service.was_asked(*["queue/sales"] * CALLERS)
        await asyncio.sleep(0.5)
        assert not net.events(JOINED)
        killed = time.time()
        await service.kill(how)
    await asyncio.sleep(1.5)
    joined = net.events(JOINED)
    assert [event["Queue"] for event in joined] == ["sales"] * CALLERS
    assert max(float(event["Timestamp"]) for event in joined) - killed < 1.0
    assert not net.events(ENDED)
    await waiting  # SIPp: every call went as its scenario says
    await net.ami.quiet()
    # Each left by the own wish, from the queue; nobody was sent away.
    assert len(net.events(ABANDONED)) == CALLERS
    assert len(net.events(ENDED)) == CALLERS


async def test_killed_in_a_conversation_nobody_notices(net: Net) -> None:
    await net.stage.add_phones("1001")
    agent = net.stage.phones["1001"]
    agent.behaviour = answers(0.2)
    async with Service(net.first, "1001") as service:
        call = await net.stage.outside.call("8001", caller=CUSTOMER)
        taken = await agent.next_call()
        await taken.answered()
        await asyncio.sleep(0.5)
        await service.kill()
    await asyncio.sleep(1.0)
    assert not call.is_over
    assert not taken.is_over
    assert min(call.heard, taken.heard) > 500
    await taken.hang_up()
    await call.ended(5)
    await net.ami.quiet()
    assert not net.events(JOINED)


async def test_killed_while_an_agent_rings_the_agent_can_still_answer(net: Net) -> None:
    await net.stage.add_phones("1001")
    agent = net.stage.phones["1001"]
    agent.behaviour = answers(1.5)
    async with Service(net.first, "1001") as service:
        call = await net.stage.outside.call("8001", caller=CUSTOMER)
        taken = await agent.next_call()
        await service.kill()
    await taken.answered()
    await asyncio.sleep(0.5)
    await call.hang_up()
    await taken.ended()
    await net.ami.quiet()
    assert not net.events(JOINED)


async def test_killed_while_an_agent_rings_who_does_not_answer_the_pbx_goes_on(net: Net) -> None:
    await net.stage.add_phones("1001")
    net.stage.phones["1001"].behaviour = rings
    async with Service(net.first, "1001") as service:
        call = await net.stage.outside.call("8001", caller=CUSTOMER)
        await net.stage.phones["1001"].next_call()
        await service.kill()
    await net.queued("sales", 8.0)  # after the 5 s of this ring
    assert not call.is_over


async def test_second_service_is_asked_when_the_first_is_away(net: Net) -> None:
    async with Service(net.second) as second:
        call = await net.stage.outside.call("02155555555", caller=CUSTOMER)
        await second.was_asked("entry/02155555555")
        await asyncio.sleep(0.5)
        assert not call.is_over
        assert not net.events(JOINED)


async def test_second_service_takes_over_from_one_that_was_killed(net: Net) -> None:
    async with Service(net.first) as first, Service(net.second) as second:
        await net.stage.outside.call("8001", caller=CUSTOMER)
        await first.was_asked("queue/sales")
        await first.kill()
        await second.was_asked("queue/sales", within=1.0)
        assert not net.events(JOINED)
        await second.kill()
        await net.queued("sales", 1.0)


async def test_service_that_hangs_is_passed_over(net: Net) -> None:
    async with Service(net.first) as first, Service(net.second) as second:
        first.freeze()
        await net.stage.outside.call("8001", caller=CUSTOMER)
        await second.was_asked("queue/sales", within=PATIENCE + 1.0)
        second.freeze()
        call = await net.stage.outside.call("8001", caller=CUSTOMER)
        await net.queued("sales", 2 * PATIENCE + 1.0)
        assert not call.is_over


async def test_service_that_comes_back_is_asked_again(net: Net) -> None:
    early = await net.stage.outside.call("8001", caller=CUSTOMER)
    await net.queued("sales")
    async with Service(net.first) as service:
        late = await net.stage.outside.call("8001", caller=CUSTOMER)
        await service.was_asked("queue/sales")
        await asyncio.sleep(0.3)
        assert not early.is_over
        assert not late.is_over
        assert len(net.events(JOINED)) == 1


async def test_caller_who_hangs_up_leaves_nothing_behind(net: Net) -> None:
    async with Service(net.first) as service:
        call = await net.stage.outside.call("8001", caller=CUSTOMER)
        await service.was_asked("queue/sales")
        await asyncio.sleep(0.3)
        await call.hang_up()
        await net.stage.no_channels()
    assert not net.events(JOINED)
