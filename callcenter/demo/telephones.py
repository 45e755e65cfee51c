"""The agents' telephones: they ring long enough to be seen, talk a while, and are not always in the
mood."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from callcenter.demo.people import AGENTS
from callcenter.demo.voices import voice
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import Behaviour, Call, Robot, phone

RING = (4.0, 6.0)  # seconds: time to read who is calling
TALK = (8.0, 15.0)
REJECTS = 0.1  # of the calls to a colleague's telephone
LETS_RING = 0.1
_AGAIN = 240.0  # seconds until a telephone registers again; the PBX forgets it after 300


@asynccontextmanager
async def telephones(pbx: Asterisk, dice: random.Random) -> AsyncIterator[list[Robot]]:
    """Every agent's telephone, registered. The first one takes whatever comes: its user watches."""
    async with AsyncExitStack() as stack:
        robots = []
        for place, number in enumerate(AGENTS):
            behave = _takes(dice) if place == 0 else _has_moods(dice)
            robot = await stack.enter_async_context(phone(pbx, number, behave))
            robot.audio = voice(1000 + place)
            robots.append(robot)
        staying = asyncio.create_task(_stay_registered(robots))
        stack.callback(staying.cancel)
        yield robots


async def _stay_registered(robots: list[Robot]) -> None:
    while True:
        await asyncio.sleep(_AGAIN)
        for robot in robots:
            robot.spawn(robot.register())


def _takes(dice: random.Random) -> Behaviour:
    async def behave(call: Call) -> None:
        call.ring()
        await asyncio.sleep(dice.uniform(*RING))
        if call.is_over:
            return
        await call.answer()
        await asyncio.sleep(dice.uniform(*TALK))
        await call.hang_up()

    return behave


def _has_moods(dice: random.Random) -> Behaviour:
    takes = _takes(dice)

    async def behave(call: Call) -> None:
        mood = dice.random()
        if mood >= REJECTS + LETS_RING:
            await takes(call)
            return
        call.ring()
        if mood < REJECTS:
            await asyncio.sleep(1.5)
            call.reject()

    return behave
