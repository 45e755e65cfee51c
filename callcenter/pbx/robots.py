"""Telephones and callers that are programs: they register, call, answer, talk and transfer, so
that calls on a real PBX can be placed and checked without a person.

::

    async with phone(pbx, "1001") as agent, trunk(pbx) as outside:
        agent.behaviour = answers(after=1.0)
        call = await outside.call("8000", caller="+8613800138000", name="王芳")
        await call.answered()
        await asyncio.sleep(3)
        await call.hang_up()
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.call import Call
from callcenter.pbx.sip import SipError
from callcenter.pbx.useragent import Behaviour, Journal, Robot, rings

__all__ = [
    "Behaviour",
    "Call",
    "Journal",
    "Robot",
    "SipError",
    "answers",
    "phone",
    "redirects",
    "rejects",
    "rings",
    "trunk",
]


def answers(after: float = 0.5, hang_up_after: float | None = None) -> Behaviour:
    """Ring for `after` seconds, answer, and hang up `hang_up_after` seconds later if given."""

    async def behave(call: Call) -> None:
        call.ring()
        await asyncio.sleep(after)
        if not call.is_over:
            await call.answer()
        if hang_up_after is not None:
            await asyncio.sleep(hang_up_after)
            await call.hang_up()

    return behave


def rejects(status: int = 486, after: float = 0.2) -> Behaviour:
    """Ring shortly, then refuse: 486 busy, 603 declined, 480 do not disturb."""

    async def behave(call: Call) -> None:
        call.ring()
        await asyncio.sleep(after)
        call.reject(status)

    return behave


def redirects(number: str) -> Behaviour:
    """Send the caller elsewhere with 302, as a telephone with forwarding on does."""

    async def behave(call: Call) -> None:
        call.redirect(number)

    return behave


@asynccontextmanager
async def phone(
    pbx: Asterisk, number: str, behaviour: Behaviour = rings, *, registered: bool = True
) -> AsyncIterator[Robot]:
    """A telephone of the PBX, registered with the password it has there."""
    robot = Robot((pbx.host, pbx.sip_port), number, pbx.secrets.phones[number])
    robot.behaviour = behaviour
    await robot.open()
    try:
        if registered:
            await robot.register()
        yield robot
    finally:
        await robot.close()


@asynccontextmanager
async def trunk(pbx: Asterisk, behaviour: Behaviour = rings) -> AsyncIterator[Robot]:
    """The world outside: its calls come in over the trunk, and calls to the outside reach it."""
    robot = Robot((pbx.host, pbx.sip_port), "outside")
    robot.behaviour = behaviour
    await robot.open(*pbx.trunk)
    try:
        yield robot
    finally:
        await robot.close()
