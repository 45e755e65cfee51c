"""Callers who wait: answered, passed over, given up, put out."""

from __future__ import annotations

import asyncio

from tests.pbx.scenarios.script import (
    Scene,
    Truth,
    first_of,
    inbound,
    offer,
    queue_to,
    scenario,
    talk,
)


@scenario("1001")
async def queue_answered(scene: Scene) -> list[Truth]:
    """The customer calls support, 1001 answers, the customer hangs up."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a)
    await talk()
    await customer.hang_up()
    await taken.ended()
    offers = [offer("1001", "answered")]
    return [inbound("answered", answered_by=["1001"], ended_by="outside", offers=offers)]


@scenario("1001")
async def queue_answered_agent_hangs_up(scene: Scene) -> list[Truth]:
    """The customer calls support, 1001 answers, and 1001 hangs up."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a)
    await taken.hang_up()
    await customer.ended()
    offers = [offer("1001", "answered")]
    return [inbound("answered", answered_by=["1001"], ended_by="1001", offers=offers)]


@scenario("1001", "1002")
async def queue_ringall(scene: Scene) -> list[Truth]:
    """The customer calls sales: 1001 and 1002 ring together, 1002 answers."""
    a, b = scene.phones("1001", "1002")
    customer = await scene.customer_calls("8001")
    await a.next_call()
    taken = await b.next_call()
    await talk()
    await taken.answer()
    await talk()
    await customer.hang_up()
    await taken.ended()
    offers = [offer("1001", "answered_elsewhere"), offer("1002", "answered")]
    truth = inbound("answered", "sales", "8001", answered_by=["1002"], offers=offers)
    return [truth | {"ended_by": "outside"}]


@scenario("1001", "1002")
async def queue_rrmemory_first_rejects(scene: Scene) -> list[Truth]:
    """The customer calls support: the first agent declines, the next one answers."""
    a, b = scene.phones("1001", "1002")
    customer = await scene.customer_calls()
    first, call = await first_of(a, b)
    await asyncio.sleep(0.5)
    call.reject(603)
    second = b if first is a else a
    taken = await second.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await talk()
    await customer.hang_up()
    await taken.ended()
    offers = [offer(first.user, "rejected"), offer(second.user, "answered")]
    return [inbound("answered", answered_by=[second.user], offers=offers, ended_by="outside")]


@scenario("1002", "1003")
async def queue_ringnoanswer_then_next(scene: Scene) -> list[Truth]:
    """The customer calls a queue with 2 s for each agent: the first does not answer, the next
    one does."""
    b, c = scene.phones("1002", "1003")
    customer = await scene.customer_calls("8002")
    first, missed = await first_of(b, c)
    second = c if first is b else b
    await missed.ended()
    taken = await second.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await talk()
    await customer.hang_up()
    await taken.ended()
    offers = [offer(first.user, "timed_out"), offer(second.user, "answered")]
    truth = inbound("answered", "quick", "8002", answered_by=[second.user], offers=offers)
    return [truth | {"ended_by": "outside"}]


@scenario("1001")
async def queue_abandoned(scene: Scene) -> list[Truth]:
    """The customer calls support and hangs up after two seconds, while 1001 rings."""
    (a,) = scene.phones("1001")
    customer = await scene.customer_calls()
    await a.next_call()
    await talk(2.0)
    await customer.hang_up()
    return [inbound("abandoned", ended_by="outside", offers=[offer("1001", "caller_gone")])]


@scenario()
async def queue_abandoned_nobody_there(scene: Scene) -> list[Truth]:
    """The customer calls support, where no telephone is registered, and hangs up."""
    customer = await scene.customer_calls()
    await customer.answered()
    await talk(2.0)
    await customer.hang_up()
    return [inbound("abandoned", ended_by="outside")]


@scenario("1001", queue_timeout=3)
async def queue_timeout(scene: Scene) -> list[Truth]:
    """The customer calls support, where 1001 rings without answering; after 3 s the queue gives
    up and the PBX says goodbye."""
    customer = await scene.customer_calls()
    await customer.ended(20)
    return [
        inbound(
            "not_answered", exit="timed_out", ended_by="pbx", offers=[offer("1001", "timed_out")]
        )
    ]


@scenario("1001")
async def queue_empty(scene: Scene) -> list[Truth]:
    """The customer waits while 1001 rings; 1001 disappears from the network, and the queue puts
    the caller out because it is empty."""
    (a,) = scene.phones("1001")
    customer = await scene.customer_calls("8003")
    call = await a.next_call()
    await talk()
    await a.unregister()
    call.reject(480)
    scene.stage.note("1001", "unregister")
    await customer.ended(20)
    offers = [offer("1001", "rejected")]
    return [inbound("not_answered", "empty", "8003", exit="empty", ended_by="pbx", offers=offers)]


@scenario()
async def queue_join_empty(scene: Scene) -> list[Truth]:
    """The customer calls a queue that takes nobody in while no agent is there."""
    customer = await scene.customer_calls("8003")
    await customer.ended(20)
    return [inbound("not_answered", "empty", "8003", exit="empty", ended_by="pbx")]


@scenario("1001", "1002")
async def queue_key_exit(scene: Scene) -> list[Truth]:
    """The customer presses 0 while waiting and is connected with 1001 instead."""
    a, b = scene.phones("1001", "1002")
    customer = await scene.customer_calls("8002")
    await b.next_call()
    await talk()
    await customer.press("0")
    taken = await a.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await talk()
    await customer.hang_up()
    await taken.ended()
    more: Truth = {"answered_by": ["1001"], "offers": [offer("1002", "caller_gone")]}
    return [inbound("answered", "quick", "8002", exit="key_exit", ended_by="outside", **more)]


@scenario("1001", "1002")
async def queue_local_members(scene: Scene) -> list[Truth]:
    """The customer calls a queue whose members are Local/NUMBER@internal/n: 1001 and 1002 ring,
    1001 answers."""
    a, b = scene.phones("1001", "1002")
    customer = await scene.customer_calls("8004")
    await b.next_call()
    taken = await a.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await talk()
    await customer.hang_up()
    await taken.ended()
    offers = [offer("1001", "answered"), offer("1002", "answered_elsewhere")]
    truth = inbound("answered", "crew", "8004", answered_by=["1001"], offers=offers)
    return [truth | {"ended_by": "outside"}]


@scenario("1001")
async def queue_local_optimised(scene: Scene) -> list[Truth]:
    """The same with Local/NUMBER@internal: the Local channel is optimised away on the answer."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a, "8005")
    await talk()
    await customer.hang_up()
    await taken.ended()
    offers = [offer("1001", "answered")]
    truth = inbound("answered", "optimised", "8005", answered_by=["1001"], offers=offers)
    return [truth | {"ended_by": "outside"}]


@scenario()
async def queue_withdrawn(scene: Scene) -> list[Truth]:
    """The customer waits in support, and we take the call out of the queue (QueueWithdrawCaller);
    the dialplan says goodbye."""
    customer = await scene.customer_calls()
    await customer.answered()
    await talk()
    scene.action("QueueWithdrawCaller", Queue="support", Caller="PJSIP/trunk-00000000")
    await customer.ended(20)
    return [inbound("not_answered", exit="withdrawn", ended_by="pbx")]


@scenario("1001", "1004")
async def queue_pickup(scene: Scene) -> list[Truth]:
    """The customer calls support, 1001 rings, and 1004, who is no agent of that queue, dials *8
    and has the call."""
    a, d = scene.phones("1001", "1004")
    customer = await scene.customer_calls()
    await a.next_call()
    await talk(0.5)
    taken = await d.call("*8")
    await taken.answered()
    await talk()
    await customer.hang_up()
    await taken.ended()
    offers = [offer("1001", "answered_elsewhere")]
    return [inbound("answered", answered_by=["1004"], ended_by="outside", offers=offers)]


@scenario("1001")
async def queue_member_changes(scene: Scene) -> list[Truth]:
    """No call: 1005 is added to sales, paused with a reason, unpaused and removed."""
    member = {"Queue": "sales", "Interface": "PJSIP/1005"}
    scene.action("QueueAdd", **member, MemberName="Agent 1005", StateInterface="PJSIP/1005")
    scene.action("QueuePause", **member, Paused="true", Reason="lunch")
    await talk(0.5)
    scene.action("QueuePause", **member, Paused="false")
    await talk(0.5)
    scene.action("QueueRemove", **member)
    return []


@scenario("1001")
async def pbx_stops_during_call(scene: Scene) -> list[Truth]:
    """The customer talks with 1001 when the PBX is stopped; nobody hangs up."""
    (a,) = scene.phones("1001")
    await queue_to(scene, a)
    scene.stage.note("pbx", "stop")
    await scene.stage.pbx.stop()
    offers = [offer("1001", "answered")]
    return [inbound("answered", answered_by=["1001"], ended_by="pbx", offers=offers)]


@scenario("1001")
async def pbx_crashes_during_call(scene: Scene) -> list[Truth]:
    """The customer talks with 1001 when the PBX dies without a word: the trace just ends."""
    (a,) = scene.phones("1001")
    await queue_to(scene, a)
    scene.stage.note("pbx", "crash")
    await scene.stage.pbx.kill()
    offers = [offer("1001", "answered")]
    return [inbound("lost", exit="answered", answered_by=["1001"], ended_by="pbx", offers=offers)]
