"""The real service away, killed and back, on a real PBX: its callers are never without a queue.

What depends on the dialplan alone is tested with every failure in tests/pbx/test_safety_net.py.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from callcenter.events import AgentState
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.call import Call
from callcenter.pbx.callers import NUMBERED, customer_calls
from callcenter.pbx.robots import Robot, answers, phone, trunk
from tests.e2e.center import agi_port, asked_house, center
from tests.e2e.house import CUSTOMER, House
from tests.e2e.run import ServiceProcess
from tests.pbx.harness import AmiRecorder, asterisk

SUPPORT = "8000"
CALLERS = 20
JOINED = b"Event: QueueCallerJoin\r\n"
ENDED = b"Event: Hangup\r\n"


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    """A PBX that asks us."""
    async with asterisk(folder, agi_url=f"agi://127.0.0.1:{agi_port()}") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    return await asked_house(pbx, folder, sqlite_url)


@asynccontextmanager
async def staffed(
    house: House, folder: Path, ready: bool, **environment: str
) -> AsyncIterator[ServiceProcess]:
    """The service as a process; an agent is signed in at 1001, since before it started."""
    async with center(house) as here:
        agent = await here.sign_in("Agent", "1001")
        if not ready:
            await here.staff.not_ready(agent, "break")
            await here.until_state(agent, AgentState.NOT_READY)
    async with ServiceProcess(house, folder, **environment) as process:
        yield process


async def waiting_with_us(house: House, callers: int) -> None:
    await house.until_rows(
        "SELECT id FROM segments WHERE kind = 'queue' AND NOT ended",
        lambda rows: len(rows) == callers,
    )


def joined_at(ami: AmiRecorder) -> list[float]:
    """When callers joined a queue of the PBX."""
    parts = ami.data.split(b"\r\n\r\n")
    stamps = [part.partition(b"Timestamp: ")[2] for part in parts if part.startswith(JOINED)]
    return [float(stamp.partition(b"\r\n")[0]) for stamp in stamps]


@pytest.mark.timeout(180)
async def test_killed_while_20_wait_none_is_lost_and_back_it_goes_on(
    house: House, folder: Path
) -> None:
    pbx = house.pbx
    async with (
        phone(pbx, "1001"),
        trunk(pbx) as outside,
        staffed(house, folder, ready=False) as process,
        AmiRecorder(pbx, "callcenter") as ami,
    ):
        crowd = asyncio.create_task(
            customer_calls(pbx, SUPPORT, caller=NUMBERED, stay=25, calls=CALLERS, per_second=20.0)
        )
        await waiting_with_us(house, CALLERS)
        assert not joined_at(ami)
        killed = time.time()
        await process.kill()
        await asyncio.sleep(1.5)
        assert len(joined_at(ami)) == CALLERS
        assert max(joined_at(ami)) - killed < 1.0
        assert ENDED not in ami.data
        await process.start()
        # Those in the PBX's queue are still followed, and who calls now waits with us.
        await waiting_with_us(house, CALLERS)
        late = await outside.call(SUPPORT, caller=CUSTOMER)
        await waiting_with_us(house, CALLERS + 1)
        assert len(joined_at(ami)) == CALLERS
        assert not late.is_over
        await late.hang_up()
        await crowd
        exits = await house.until_rows(
            "SELECT exit FROM segments WHERE kind = 'queue' AND ended",
            lambda rows: len(rows) >= CALLERS + 1,
        )
    assert {row.exit for row in exits} <= {"abandoned", "lost"}


async def test_one_that_hangs_while_they_wait_is_ended_and_none_is_lost(
    house: House, folder: Path
) -> None:
    address, patience = str(folder / "notify"), 1.0
    watched = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": str(round(patience * 1_000_000))}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as systemd:
        systemd.bind(address)
        async with (
            phone(house.pbx, "1001"),
            staffed(house, folder, ready=False, **watched) as process,
            AmiRecorder(house.pbx, "callcenter") as ami,
        ):
            crowd = asyncio.create_task(
                customer_calls(house.pbx, SUPPORT, caller=NUMBERED, stay=12, calls=5)
            )
            await waiting_with_us(house, 5)
            process.hang()
            await _silent(systemd, patience)
            assert not joined_at(ami)
            killed = time.time()
            await process.kill()
            await ami.saw(JOINED)
            await ami.quiet()
            assert len(joined_at(ami)) == 5
            assert max(joined_at(ami)) - killed < 1.0
            assert ENDED not in ami.data
            await crowd


async def _silent(systemd: socket.socket, seconds: float) -> None:
    """Until no word has come for so long."""
    loop = asyncio.get_running_loop()
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(seconds):
                await loop.sock_recv(systemd, 100)


async def test_killed_in_conversation_it_goes_on_and_is_not_queued_again(
    house: House, folder: Path
) -> None:
    pbx = house.pbx
    async with (
        phone(pbx, "1001", answers(0.2)) as telephone,
        trunk(pbx) as outside,
        staffed(house, folder, ready=True) as process,
        AmiRecorder(pbx, "callcenter") as ami,
    ):
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        taken = await _answered(telephone)
        await asyncio.sleep(1.0)
        await process.kill()
        await asyncio.sleep(1.0)
        assert not customer.is_over
        assert not taken.is_over
        await process.start()
        await taken.hang_up()
        await customer.ended()
        await ami.quiet()
        assert not joined_at(ami)
        ends = await house.until_rows("SELECT answered FROM interactions WHERE ended_at > 0")
    assert [bool(row.answered) for row in ends] == [True]


async def _answered(telephone: Robot) -> Call:
    taken = await telephone.next_call()
    await taken.answered()
    return taken
