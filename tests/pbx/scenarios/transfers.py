"""Calls handed on: blind, attended, blonde, by REFER and by keys."""

from __future__ import annotations

import asyncio

from callcenter.pbx.robots import rejects
from tests.pbx.scenarios.script import (
    Scene,
    Truth,
    connect,
    first_of,
    inbound,
    interaction,
    internal,
    offer,
    queue_to,
    scenario,
    talk,
    transfer,
)


@scenario("1001", "1004")
async def queue_blind_transfer(scene: Scene) -> list[Truth]:
    """The customer calls support, 1001 answers and sends the customer to 1004 (REFER)."""
    a, b = scene.phones("1001", "1004")
    customer, taken = await queue_to(scene, a)
    await taken.transfer("1004")
    second = await b.next_call()
    await asyncio.sleep(0.5)
    await second.answer()
    await talk()
    await customer.hang_up()
    await second.ended()
    more: Truth = {
        "answered_by": ["1001", "1004"],
        "transfers": [transfer("blind", "1001", "1004")],
    }
    return [inbound("answered", ended_by="outside", offers=[offer("1001", "answered")], **more)]


@scenario("1001", "1002")
async def queue_transfer_blind_to_queue(scene: Scene) -> list[Truth]:
    """The customer calls support, 1001 answers and sends the customer to the queue sales (8001),
    where 1002 answers."""
    a, b = scene.phones("1001", "1002")
    customer = await scene.customer_calls()
    first, taken = await first_of(a, b)
    await taken.answer()
    await talk()
    await taken.transfer("8001")
    other = b if first is a else a
    second = await other.next_call()
    await asyncio.sleep(0.5)
    await second.answer()
    await talk()
    await customer.hang_up()
    await second.ended()
    queues = [{"queue": "support", "exit": "answered"}, {"queue": "sales", "exit": "answered"}]
    truth = inbound("answered", answered_by=[first.user, other.user], queues=queues)
    moved = [transfer("blind", first.user, "8001")]
    return [truth | {"ended_by": "outside", "transfers": moved}]


@scenario("1001", "1002", "1003")
async def blind_transfer_by_a(scene: Scene) -> list[Truth]:
    """1001 calls 1002; 1001, who called, sends 1002 on to 1003 (REFER)."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await near.transfer("1003")
    third = await c.next_call()
    await asyncio.sleep(0.5)
    await third.answer()
    await talk()
    await far.hang_up()
    await third.ended()
    moved = [transfer("blind", "1001", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1002")]


@scenario("1001", "1002", "1003")
async def blind_transfer_by_b(scene: Scene) -> list[Truth]:
    """1001 calls 1002; 1002, who was called, sends 1001 on to 1003 (REFER)."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await far.transfer("1003")
    third = await c.next_call()
    await asyncio.sleep(0.5)
    await third.answer()
    await talk()
    await near.hang_up()
    await third.ended()
    moved = [transfer("blind", "1002", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1001")]


@scenario("1001", "1002", "1003")
async def blind_transfer_dtmf_by_b(scene: Scene) -> list[Truth]:
    """1001 calls 1002; 1002 presses ## and 1003, and 1001 talks with 1003."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await far.press("##")
    await talk(0.5)
    await far.press("1003")
    third = await c.next_call()
    await asyncio.sleep(0.5)
    await third.answer()
    await talk()
    await near.hang_up()
    await third.ended()
    moved = [transfer("blind", "1002", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1001")]


@scenario("1001", "1002", "1003", ring_timeout=3)
async def blind_transfer_target_no_answer(scene: Scene) -> list[Truth]:
    """The customer calls 1001 directly and is sent to 1003, who does not answer: the PBX ends the
    call."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a, "1001")
    await taken.transfer("1003")
    await customer.ended(15)
    moved = [transfer("blind", "1001", "1003", completed=False)]
    truth = inbound("answered", dialled="1001", answered_by=["1001"], transfers=moved, queues=[])
    return [truth | {"ended_by": "pbx", "recorded": False}]


@scenario("1001", "1002", "1003")
async def blind_transfer_target_busy(scene: Scene) -> list[Truth]:
    """1001 calls 1002, who sends 1001 to 1003, who is busy: 1001 hears the busy tone."""
    a, b, c = scene.phones("1001", "1002", "1003")
    c.behaviour = rejects(486)
    near, far = await connect(a, b)
    await far.transfer("1003")
    await near.ended(15)
    moved = [transfer("blind", "1002", "1003", completed=False)]
    return [internal("answered", answered_by=["1002"], transfers=moved, ended_by="pbx")]


@scenario("1001", "1002", "1003")
async def attended_transfer_by_b(scene: Scene) -> list[Truth]:
    """1001 calls 1002; 1002 puts 1001 on hold, calls 1003, talks, and connects the two (REFER
    with Replaces)."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await far.hold()
    consult, third = await connect(b, c)
    await far.transfer_to(consult)
    await far.ended()
    await talk()
    await near.hang_up()
    await third.ended()
    moved = [transfer("attended", "1002", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1001")]


@scenario("1001", "1002", "1003")
async def attended_transfer_by_a(scene: Scene) -> list[Truth]:
    """1001 calls 1002; 1001, who called, puts 1002 on hold, calls 1003 and connects the two."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await near.hold()
    consult, third = await connect(a, c)
    await near.transfer_to(consult)
    await near.ended()
    await talk()
    await far.hang_up()
    await third.ended()
    moved = [transfer("attended", "1001", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1002")]


@scenario("1001", "1004")
async def queue_attended_transfer(scene: Scene) -> list[Truth]:
    """The customer calls support; 1001 answers, consults 1004 and connects the customer with
    1004 (REFER with Replaces)."""
    a, b = scene.phones("1001", "1004")
    customer, taken = await queue_to(scene, a)
    await taken.hold()
    consult, second = await connect(a, b)
    await taken.transfer_to(consult)
    await taken.ended()
    await talk()
    await customer.hang_up()
    await second.ended()
    more: Truth = {
        "answered_by": ["1001", "1004"],
        "transfers": [transfer("attended", "1001", "1004")],
    }
    return [inbound("answered", ended_by="outside", offers=[offer("1001", "answered")], **more)]


@scenario("1001", "1004")
async def attended_transfer_target_rejects(scene: Scene) -> list[Truth]:
    """The customer calls support; 1001 answers, wants to consult 1004, who declines, and goes on
    talking with the customer: no transfer."""
    a, b = scene.phones("1001", "1004")
    b.behaviour = rejects(603)
    customer, taken = await queue_to(scene, a)
    await taken.hold()
    consult = await a.call("1004")
    await consult.ended()
    await taken.resume()
    await talk()
    await customer.hang_up()
    await taken.ended()
    more: Truth = {"answered_by": ["1001"], "holds": 1}
    return [inbound("answered", ended_by="outside", offers=[offer("1001", "answered")], **more)]


@scenario("1001", "1002", "1003", "1004")
async def attended_transfer_abcd(scene: Scene) -> list[Truth]:
    """1001 calls 1002, who consults 1003 and connects them; then 1003 consults 1004 and connects
    1001 with 1004."""
    a, b, c, d = scene.phones("1001", "1002", "1003", "1004")
    near, far = await connect(a, b)
    await far.hold()
    consult, third = await connect(b, c)
    await far.transfer_to(consult)
    await far.ended()
    await talk()
    await third.hold()
    again, fourth = await connect(c, d)
    await third.transfer_to(again)
    await third.ended()
    await talk()
    await near.hang_up()
    await fourth.ended()
    moved = [transfer("attended", "1002", "1003"), transfer("attended", "1003", "1004")]
    people = ["1002", "1003", "1004"]
    return [internal("answered", answered_by=people, transfers=moved, ended_by="1001")]


@scenario("1001", "1002", "1003")
async def attended_dtmf(scene: Scene) -> list[Truth]:
    """1001 calls 1002; 1002 presses *2 and 1003, talks with 1003, and hangs up to connect them."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await far.press("*2")
    await talk(0.5)
    await far.press("1003")
    third = await c.next_call()
    await asyncio.sleep(0.5)
    await third.answer()
    await talk()
    await far.hang_up()
    await talk()
    await near.hang_up()
    await third.ended()
    moved = [transfer("attended", "1002", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1001")]


@scenario("1001", "1004")
async def blonde_transfer(scene: Scene) -> list[Truth]:
    """The customer calls support; 1001 answers, calls 1004, and connects the customer while 1004
    still rings; 1004 answers."""
    a, b = scene.phones("1001", "1004")
    customer, taken = await queue_to(scene, a)
    await taken.hold()
    consult = await a.call("1004")
    second = await b.next_call()
    await consult.rings()
    await asyncio.sleep(0.5)
    await taken.transfer_to(consult)
    await asyncio.sleep(0.5)
    await second.answer()
    await talk()
    await customer.hang_up()
    await second.ended()
    more: Truth = {
        "answered_by": ["1001", "1004"],
        "transfers": [transfer("blonde", "1001", "1004")],
    }
    return [inbound("answered", ended_by="outside", offers=[offer("1001", "answered")], **more)]


@scenario("1001", "1002", "1003")
async def blonde_transfer_dtmf(scene: Scene) -> list[Truth]:
    """1001 calls 1002; 1002 presses *2 and 1003, and hangs up while 1003 still rings; 1003
    answers."""
    a, b, c = scene.phones("1001", "1002", "1003")
    near, far = await connect(a, b)
    await far.press("*2")
    await talk(0.5)
    await far.press("1003")
    third = await c.next_call()
    await asyncio.sleep(0.5)
    await far.hang_up()
    await asyncio.sleep(0.5)
    await third.answer()
    await talk()
    await near.hang_up()
    await third.ended()
    moved = [transfer("blonde", "1002", "1003")]
    return [internal("answered", answered_by=["1002", "1003"], transfers=moved, ended_by="1001")]


@scenario("1001", "1004")
async def consult_then_back(scene: Scene) -> list[Truth]:
    """The customer calls support; 1001 answers, asks 1004 something, ends that call and goes on
    with the customer: no transfer."""
    a, b = scene.phones("1001", "1004")
    customer, taken = await queue_to(scene, a)
    await taken.hold()
    consult, second = await connect(a, b)
    await consult.hang_up()
    await second.ended()
    await taken.resume()
    await talk()
    await customer.hang_up()
    await taken.ended()
    more: Truth = {"answered_by": ["1001"], "holds": 1, "consulted": ["1004"]}
    return [inbound("answered", ended_by="outside", offers=[offer("1001", "answered")], **more)]


@scenario("1001", "1004")
async def queue_ami_blind_transfer(scene: Scene) -> list[Truth]:
    """The customer calls support, 1001 answers, and we transfer the customer to 1004 (the action
    BlindTransfer on 1001's channel)."""
    a, b = scene.phones("1001", "1004")
    customer, _ = await queue_to(scene, a)
    scene.action("BlindTransfer", Channel="PJSIP/1001-00000001", Context="internal", Exten="1004")
    second = await b.next_call()
    await asyncio.sleep(0.5)
    await second.answer()
    await talk()
    await customer.hang_up()
    await second.ended()
    moved = [transfer("blind", "1001", "1004")]
    more: Truth = {"answered_by": ["1001", "1004"], "transfers": moved}
    return [inbound("answered", ended_by="outside", offers=[offer("1001", "answered")], **more)]


@scenario("1001", "1004")
async def queue_ami_redirect(scene: Scene) -> list[Truth]:
    """The customer calls support, 1001 answers, and we take the customer away to 1004 (the action
    Redirect on the customer's channel): no transfer event tells of it."""
    a, b = scene.phones("1001", "1004")
    customer, taken = await queue_to(scene, a)
    where = {"Context": "internal", "Exten": "1004", "Priority": "1"}
    scene.action("Redirect", Channel="PJSIP/trunk-00000000", **where)
    second = await b.next_call()
    await taken.ended()
    await asyncio.sleep(0.5)
    await second.answer()
    await talk()
    await customer.hang_up()
    await second.ended()
    moved = [transfer("redirect", "callcenter", "1004")]
    more: Truth = {"answered_by": ["1001", "1004"], "transfers": moved}
    return [inbound("answered", ended_by="outside", offers=[offer("1001", "answered")], **more)]


@scenario("1001", "1004")
async def outbound_blind_transfer(scene: Scene) -> list[Truth]:
    """1001 calls a customer outside, who answers, and sends the customer on to 1004 (REFER)."""
    a, b = scene.phones("1001", "1004")
    near = await a.call("9013900139000")
    customer = await scene.outside.next_call()
    await asyncio.sleep(0.3)
    await customer.answer()
    await near.answered()
    await talk()
    await near.transfer("1004")
    second = await b.next_call()
    await asyncio.sleep(0.5)
    await second.answer()
    await talk()
    await customer.hang_up()
    await second.ended()
    moved = [transfer("blind", "1001", "1004")]
    people = ["013900139000", "1004"]
    more: Truth = {"answered_by": people, "transfers": moved, "ended_by": "outside"}
    return [interaction("outbound", "1001", "013900139000", "answered", recorded=True, **more)]
