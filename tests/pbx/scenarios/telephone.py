"""Everything else a telephone can do: pickup, forwarding, conference, parking, hold."""

from __future__ import annotations

import asyncio

from callcenter.pbx.robots import redirects, rejects
from tests.pbx.scenarios.script import (
    Scene,
    Truth,
    connect,
    inbound,
    internal,
    offer,
    queue_to,
    scenario,
    talk,
    transfer,
)


@scenario("1001", "1002", "1003")
async def pickup(scene: Scene) -> list[Truth]:
    """1001 calls 1002; while it rings 1003 dials *8 and has the call."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near = await a.call("1002")
    await b.next_call()
    await talk(0.5)
    taken = await c.call("*8")
    await taken.answered()
    await near.answered()
    await talk()
    await near.hang_up()
    await taken.ended()
    offers = [offer("1002", "answered_elsewhere")]
    return [internal("answered", answered_by=["1003"], offers=offers, ended_by="1001")]


@scenario("1001", "1002", "1003")
async def forward_302(scene: Scene) -> list[Truth]:
    """1001 calls 1002, whose telephone forwards to 1003 (302); 1003 answers."""
    a, b, c = scene.phones("1001", "1002", "1003")
    b.behaviour = redirects("1003")
    near = await a.call("1002")
    taken = await c.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await near.answered()
    await talk()
    await near.hang_up()
    await taken.ended()
    return [internal("answered", answered_by=["1003"], ended_by="1001", forwarded_by="1002")]


@scenario("1001", "1002", "1003", prepare=("database put forward 1002 1003",))
async def forward_dialplan(scene: Scene) -> list[Truth]:
    """1001 calls 1002, for whom the PBX forwards to 1003 through a Local channel; 1003 answers."""
    a, c = scene.phones("1001", "1003")
    near = await a.call("1002")
    taken = await c.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await near.answered()
    await talk()
    await near.hang_up()
    await taken.ended()
    return [internal("answered", answered_by=["1003"], ended_by="1001", forwarded_by="1002")]


@scenario("1001", "1002", "1003")
async def conference(scene: Scene) -> list[Truth]:
    """1001, 1002 and 1003 dial the conference 8600 one after the other, and leave in that
    order."""
    calls = []
    for robot in scene.phones("1001", "1002", "1003"):
        calls.append(await robot.call("8600"))
        await calls[-1].answered()
        await talk(0.7)
    await talk()
    for call in calls:
        await call.hang_up()
        await asyncio.sleep(0.3)
    return [internal("conference", dialled="8600", answered_by=["1001", "1002", "1003"])]


@scenario("1001", "1002")
async def originate(scene: Scene) -> list[Truth]:
    """Click to call: the PBX rings 1001, who answers, and then calls 1002 for it."""
    return await _click_to_call(scene, "PJSIP/1001")


@scenario("1001", "1002")
async def originate_local(scene: Scene) -> list[Truth]:
    """Click to call through a Local channel: the PBX rings 1001 by its dialplan, then 1002."""
    return await _click_to_call(scene, "Local/1001@internal")


async def _click_to_call(scene: Scene, channel: str) -> list[Truth]:
    a, b = scene.phones("1001", "1002")
    scene.action(
        "Originate",
        Channel=channel,
        Context="callcenter-originate",
        Exten="1002",
        Priority="1",
        CallerID='"Click to call" <1002>',
        Timeout="20000",
        Async="true",
    )
    near = await a.next_call()
    await asyncio.sleep(0.5)
    await near.answer()
    far = await b.next_call()
    await asyncio.sleep(0.5)
    await far.answer()
    await talk()
    await near.hang_up()
    await far.ended()
    return [internal("answered", answered_by=["1002"], ended_by="1001", originated_for="1001")]


@scenario("1001")
async def originate_rejected(scene: Scene) -> list[Truth]:
    """Click to call: the PBX rings 1001, who declines; nothing more happens."""
    (a,) = scene.phones("1001")
    a.behaviour = rejects(603, after=0.5)
    scene.action(
        "Originate",
        Channel="PJSIP/1001",
        Context="callcenter-originate",
        Exten="1002",
        Priority="1",
        Async="true",
    )
    await (await a.next_call()).ended()
    return [internal("rejected", offers=[offer("1001", "rejected")], originated_for="1001")]


@scenario("1001")
async def hold_unhold(scene: Scene) -> list[Truth]:
    """The customer calls support; 1001 answers, puts the customer on hold for a second, goes on
    talking and hangs up."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a)
    await taken.hold()
    await talk()
    await taken.resume()
    await talk()
    await taken.hang_up()
    await customer.ended()
    return [inbound("answered", answered_by=["1001"], ended_by="1001", holds=1)]


@scenario("1001", "1002", "1003")
async def parking_retrieved(scene: Scene) -> list[Truth]:
    """1001 calls 1002, who parks the call (REFER to 700); 1003 fetches it at 701."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await far.transfer("700")
    await talk(2.0)
    fetched = await c.call("701")
    await fetched.answered()
    await talk()
    await near.hang_up()
    await fetched.ended()
    moved = [transfer("parked", "1002", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1001")]


@scenario("1001", "1002", parking_time=3)
async def parking_timeout(scene: Scene) -> list[Truth]:
    """1001 calls 1002, who parks the call; nobody fetches it, and after 3 s 1002 rings again and
    answers."""
    a, b = scene.phones("1001", "1002")
    near, far = await connect(a, b)
    await far.transfer("700")
    back = await b.next_call(15)
    await asyncio.sleep(0.5)
    await back.answer()
    await talk()
    await near.hang_up()
    await back.ended()
    moved = [transfer("parked", "1002", "1002")]
    return [internal("answered", answered_by=["1002", "1002"], transfers=moved, ended_by="1001")]
