"""Call control in calls that we distribute: the caller's dialplan is with us meanwhile, and the
story of the call goes on afterwards."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from callcenter.agi.server import serve
from callcenter.agi.session import Agi, Dialled
from callcenter.events import TransferKind, Transferred
from routing.control import Target
from routing.visit import DIAL_OPTIONS, SERVED
from tests.pbx.floor import Floor, floor_of, hears
from tests.pbx.harness import Stage, asterisk

pytestmark = pytest.mark.pbx
TELEPHONES = {"entry/8000": "1001", "queue/sales": "1002"}


@dataclass
class House:
    """The floor, and what became of each call that asked us."""

    floor: Floor
    told: asyncio.Queue[tuple[str, Dialled]]

    async def next(self) -> tuple[str, Dialled]:
        async with asyncio.timeout(10):
            return await self.told.get()


@pytest.fixture
async def house(version: int) -> AsyncIterator[House]:
    told: asyncio.Queue[tuple[str, Dialled]] = asyncio.Queue()

    async def story(agi: Agi) -> None:
        await agi.answer()
        await agi.set_variable(SERVED, "1")
        dialled = await agi.dial(f"PJSIP/{TELEPHONES[agi.path]}", 10, DIAL_OPTIONS)
        told.put_nowait((agi.path, dialled))

    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(serve("127.0.0.1", 0, story))
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="callcenter-pbx-"))
        url = f"agi://127.0.0.1:{door.port}"
        pbx = await stack.enter_async_context(asterisk(Path(folder), version, agi_url=url))
        stage = await stack.enter_async_context(Stage(pbx))
        yield House(await stack.enter_async_context(floor_of(stage)), told)


async def test_hold_is_within_the_call(house: House) -> None:
    floor = house.floor
    customer, taken, call = await floor.talk("8000")
    await floor.control.hold(1001, call)
    await asyncio.gather(hears(customer), hears(taken, loud=False))
    await floor.control.resume(1001, call)
    await asyncio.gather(hears(customer), hears(taken))
    await floor.control.hang_up(1001, call)
    path, dialled = await house.next()
    assert (path, dialled.status, dialled.hung_up) == ("entry/8000", "ANSWER", False)
    assert not taken.is_answered or taken.is_over


async def test_the_story_goes_on_when_the_one_who_was_consulted_hangs_up(house: House) -> None:
    floor = house.floor
    customer, taken, call = await floor.talk("8000")
    await floor.control.consult(1001, call, Target(agent=1004), abroad=False)
    second = await floor.answered("1004")
    await floor.talking("1001", "1004")
    await floor.control.complete(1001, call)
    await taken.ended()
    await asyncio.gather(hears(customer), hears(second))
    assert house.told.empty()
    await second.hang_up()
    path, dialled = await house.next()
    assert (path, dialled.status, dialled.hung_up) == ("entry/8000", "ANSWER", False)


async def test_a_caller_handed_on_to_a_queue_asks_us_again(house: House) -> None:
    floor = house.floor
    customer, taken, call = await floor.talk("8000")
    await floor.control.transfer(1001, call, Target(queue="sales"), abroad=False)
    await taken.ended()
    path, _ = await house.next()
    assert path == "entry/8000"
    second = await floor.answered("1002")
    await asyncio.gather(hears(customer), hears(second))
    moved = await floor.heard.first(Transferred)
    assert moved.kind is TransferKind.BLIND
    assert floor.contacts() == {call}
    await second.hang_up()
    path, dialled = await house.next()
    assert (path, dialled.status) == ("queue/sales", "ANSWER")


async def test_three_together_within_the_call(house: House) -> None:
    floor = house.floor
    customer, taken, call = await floor.talk("8000")
    await floor.control.consult(1001, call, Target(agent=1004), abroad=False)
    second = await floor.answered("1004")
    await floor.talking("1001", "1004")
    await floor.control.join(1001, call)
    await asyncio.gather(hears(customer), hears(taken), hears(second))
    await taken.hang_up()
    await asyncio.gather(hears(customer), hears(second))
    await second.hang_up()
    path, dialled = await house.next()
    assert (path, dialled.status, dialled.hung_up) == ("entry/8000", "ANSWER", False)
