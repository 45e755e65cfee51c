"""Calls between telephones and with the outside, without queue or transfer."""

from __future__ import annotations

import asyncio

from callcenter.pbx.robots import answers, rejects
from tests.pbx.scenarios.script import (
    CUSTOMER,
    CUSTOMER_NAME,
    Scene,
    Truth,
    connect,
    inbound,
    interaction,
    internal,
    offer,
    queue_to,
    scenario,
    talk,
)


@scenario("1001", "1002")
async def simple_answered(scene: Scene) -> list[Truth]:
    """1001 calls 1002, who answers; 1001 hangs up."""
    a, b = scene.phones("1001", "1002")
    near, far = await connect(a, b)
    await near.hang_up()
    await far.ended()
    return [internal("answered", answered_by=["1002"], ended_by="1001")]


@scenario("1001", "1002")
async def simple_caller_hangs_up_ringing(scene: Scene) -> list[Truth]:
    """1001 calls 1002 and hangs up while it rings."""
    a, b = scene.phones("1001", "1002")
    near = await a.call("1002")
    await b.next_call()
    await near.rings()
    await talk()
    await near.hang_up()
    return [internal("caller_gone", ended_by="1001", offers=[offer("1002", "caller_gone")])]


@scenario("1001")
async def trunk_inbound_answered(scene: Scene) -> list[Truth]:
    """The customer calls 1001 directly, 1001 answers and hangs up."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a, "1001")
    await taken.hang_up()
    await customer.ended()
    truth = inbound("answered", dialled="1001", answered_by=["1001"], ended_by="1001", queues=[])
    return [truth | {"recorded": False}]


@scenario("1001")
async def outbound_answered(scene: Scene) -> list[Truth]:
    """1001 dials 9 and an outside number, which answers and later hangs up."""
    (a,) = scene.phones("1001")
    near = await a.call("9013900139000")
    far = await scene.outside.next_call()
    await asyncio.sleep(0.3)
    await far.answer()
    await near.answered()
    await talk()
    await far.hang_up()
    await near.ended()
    return [
        interaction(
            "outbound",
            "1001",
            "013900139000",
            "answered",
            answered_by=["013900139000"],
            ended_by="outside",
            recorded=True,
        )
    ]


@scenario("1001")
async def outbound_busy(scene: Scene) -> list[Truth]:
    """1001 dials an outside number that is busy."""
    (a,) = scene.phones("1001")
    scene.outside.behaviour = rejects(486)
    near = await a.call("9013900139000")
    await near.ended()
    return [interaction("outbound", "1001", "013900139000", "busy", ended_by="pbx")]


@scenario("1001", "1002")
async def busy(scene: Scene) -> list[Truth]:
    """1001 calls 1002, whose telephone says busy (486)."""
    a, b = scene.phones("1001", "1002")
    b.behaviour = rejects(486)
    near = await a.call("1002")
    await near.ended()
    return [internal("busy", offers=[offer("1002", "rejected")], ended_by="1002")]


@scenario("1001", "1002")
async def reject(scene: Scene) -> list[Truth]:
    """1001 calls 1002, who presses "decline" (603)."""
    a, b = scene.phones("1001", "1002")
    b.behaviour = rejects(603)
    near = await a.call("1002")
    await near.ended()
    return [internal("rejected", offers=[offer("1002", "rejected")], ended_by="1002")]


@scenario("1001", "1002", ring_timeout=3)
async def no_answer(scene: Scene) -> list[Truth]:
    """1001 calls 1002, whose telephone rings until the PBX gives up."""
    (a,) = scene.phones("1001")
    near = await a.call("1002")
    await near.ended()
    return [internal("no_answer", offers=[offer("1002", "timed_out")], ended_by="pbx")]


@scenario("1001")
async def unreachable(scene: Scene) -> list[Truth]:
    """1001 calls 1004, which is not registered."""
    (a,) = scene.phones("1001")
    near = await a.call("1004")
    await near.ended()
    return [internal("unreachable", dialled="1004", ended_by="pbx")]


@scenario("1001", "1002", prepare=("database put dnd 1002 1",))
async def dnd(scene: Scene) -> list[Truth]:
    """1001 calls 1002, who has set "do not disturb" in the PBX: its telephone never rings."""
    (a,) = scene.phones("1001")
    near = await a.call("1002")
    await near.ended()
    return [internal("busy", ended_by="pbx")]


@scenario("1001", "1002")
async def dnd_phone(scene: Scene) -> list[Truth]:
    """1001 calls 1002, whose telephone refuses by itself (480)."""
    a, b = scene.phones("1001", "1002")
    b.behaviour = rejects(480, after=0)
    near = await a.call("1002")
    await near.ended()
    return [internal("rejected", offers=[offer("1002", "rejected")], ended_by="1002")]


@scenario("1001", "1002", "1003")
async def ring_group(scene: Scene) -> list[Truth]:
    """1003 calls the ring group 8100: 1001 and 1002 ring, 1002 answers."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near = await c.call("8100")
    await a.next_call()
    taken = await b.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await talk()
    await near.hang_up()
    offers = [offer("1001", "answered_elsewhere"), offer("1002", "answered")]
    return [
        internal("answered", "1003", "8100", answered_by=["1002"], offers=offers, ended_by="1003")
    ]


@scenario("1001", "1002")
async def two_calls_at_once(scene: Scene) -> list[Truth]:
    """Two customers call support within the same moment; 1001 and 1002 take one each."""
    a, b = scene.phones("1001", "1002")
    a.behaviour = b.behaviour = answers(0.5)
    first = await scene.customer_calls()
    second = await scene.customer_calls(caller="+8613900139000", name="Li Wei")
    one, two = await a.next_call(), await b.next_call()
    await one.answered()
    await two.answered()
    await talk()
    await first.hang_up()
    await second.hang_up()
    await asyncio.gather(one.ended(), two.ended())
    agents = {one.remote.user: "1001", two.remote.user: "1002"}
    return [
        inbound("answered", caller=n, caller_name=m, answered_by=[agents[n]], ended_by="outside")
        for n, m in ((CUSTOMER, CUSTOMER_NAME), ("+8613900139000", "Li Wei"))
    ]
