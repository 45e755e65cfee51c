"""The calls that every part of the project is tested on, each as a short script for robots.

A scenario is a coroutine: its docstring is the story, and it returns what a person watching would
say happened, one `interaction` for each customer contact. `record_traces` plays them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from callcenter.pbx.robots import Call, Robot, answers, redirects, rejects
from tests.pbx.harness import AmiRecorder, Stage

TALK = 1.0
CUSTOMER = "+8613800138000"
CUSTOMER_NAME = "Wang Fang"
Truth = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a scenario is given to play with."""

    stage: Stage
    recorder: AmiRecorder

    @property
    def outside(self) -> Robot:
        return self.stage.outside

    def phones(self, *numbers: str) -> list[Robot]:
        return [self.stage.phones[number] for number in numbers]

    async def customer_calls(
        self, number: str = "8000", caller: str = CUSTOMER, name: str = CUSTOMER_NAME
    ) -> Call:
        return await self.outside.call(number, caller=caller, name=name)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One entry of the table: how to play it and what the PBX needs for it."""

    name: str
    play: Callable[[Scene], Awaitable[list[Truth]]]
    phones: tuple[str, ...]
    prepare: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def story(self) -> str:
        return " ".join((self.play.__doc__ or "").split())


SCENARIOS: dict[str, Scenario] = {}


def scenario(
    *phones: str, prepare: tuple[str, ...] = (), **settings: Any
) -> Callable[
    [Callable[[Scene], Awaitable[list[Truth]]]], Callable[[Scene], Awaitable[list[Truth]]]
]:
    """Enter a coroutine into the table; `phones` are registered, `prepare` are console commands,
    and `settings` go into the PBX's configuration, all before the trace begins."""

    def enter(
        play: Callable[[Scene], Awaitable[list[Truth]]],
    ) -> Callable[[Scene], Awaitable[list[Truth]]]:
        entry = Scenario(play.__name__, play, phones, prepare, settings)
        SCENARIOS[entry.name] = entry
        return play

    return enter


def interaction(direction: str, caller: str, dialled: str, result: str, **more: Any) -> Truth:
    """What happened in one customer contact.

    `more`: caller_name, answered_by (who talked with the caller, in order), ended_by, queues
    (each with its exit), offers (each attempt at an agent with its outcome), transfers (kind, by,
    to, completed), holds, recorded.
    """
    return {
        "direction": direction,
        "caller": caller,
        "dialled": dialled,
        "result": result,
        "answered_by": [],
        "queues": [],
        "offers": [],
        "transfers": [],
        "recorded": False,
        **more,
    }


def inbound(result: str, queue: str = "support", dialled: str = "8000", **more: Any) -> Truth:
    """A customer's call into a queue, which the shipped dialplan records."""
    more = {"caller_name": CUSTOMER_NAME, "recorded": bool(more.get("answered_by")), **more}
    exits = more.pop("exit", result)
    more.setdefault("queues", [{"queue": queue, "exit": exits}])
    return interaction("inbound", more.pop("caller", CUSTOMER), dialled, result, **more)


def internal(result: str, caller: str = "1001", dialled: str = "1002", **more: Any) -> Truth:
    """A call from one telephone to another."""
    return interaction("internal", caller, dialled, result, **more)


def offer(agent: str, outcome: str) -> dict[str, str]:
    return {"agent": agent, "outcome": outcome}


def transfer(kind: str, by: str, to: str, completed: bool = True) -> dict[str, Any]:
    return {"kind": kind, "by": by, "to": to, "completed": completed}


async def talk(seconds: float = TALK) -> None:
    """Let the parties talk."""
    await asyncio.sleep(seconds)


async def first_of(*robots: Robot) -> tuple[Robot, Call]:
    """Return whichever robot's telephone rings first, and its call."""
    waits = {asyncio.create_task(robot.next_call()): robot for robot in robots}
    done, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    winner = done.pop()
    return waits[winner], winner.result()


async def connect(caller: Robot, callee: Robot) -> tuple[Call, Call]:
    """Have one telephone call another, which answers; returns both ends."""
    near = await caller.call(callee.user)
    far = await callee.next_call()
    await asyncio.sleep(0.3)
    await far.answer()
    await near.answered()
    await talk()
    return near, far


async def queue_to(scene: Scene, agent: Robot, number: str = "8000") -> tuple[Call, Call]:
    """Have the customer call a queue and the agent answer; returns both ends."""
    customer = await scene.customer_calls(number)
    taken = await agent.next_call()
    await asyncio.sleep(0.5)
    await taken.answer()
    await talk()
    return customer, taken


# ---- Plain calls --------------------------------------------------------------------------


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
    numbers = (CUSTOMER, CUSTOMER_NAME), ("+8613900139000", "Li Wei")
    either = "1001 or 1002"
    return [
        inbound("answered", caller=n, caller_name=m, answered_by=[either], ended_by="outside")
        for n, m in numbers
    ]


# ---- Queues -------------------------------------------------------------------------------


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


# ---- Transfers ----------------------------------------------------------------------------


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


# ---- Everything else a telephone can do ----------------------------------------------------


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
    scene.stage.note("callcenter", "originate", f"{channel} to 1002")
    scene.recorder.send(
        "Originate",
        ActionID="originate-1",
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
    scene.stage.note("callcenter", "originate", "PJSIP/1001 to 1002")
    scene.recorder.send(
        "Originate",
        ActionID="originate-1",
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


# ---- Names and numbers ---------------------------------------------------------------------


async def _named(scene: Scene, *callers: tuple[str, str]) -> list[Truth]:
    (a,) = scene.phones("1001")
    truths = []
    for number, name in callers:
        customer = await scene.customer_calls(caller=number, name=name)
        taken = await a.next_call()
        await asyncio.sleep(0.3)
        await taken.answer()
        await talk()
        await customer.hang_up()
        await taken.ended()
        more: Truth = {"caller": number, "caller_name": name, "answered_by": ["1001"]}
        truths.append(inbound("answered", ended_by="outside", **more))
    return truths


@scenario("1001")
async def chinese_caller_name(scene: Scene) -> list[Truth]:
    """A customer with a Chinese display name calls support; 1001 answers."""
    return await _named(scene, (CUSTOMER, "王芳（上海）"))


@scenario("1001")
async def hostile_caller_name(scene: Scene) -> list[Truth]:
    """Three customers with display names that are markup, quoting and a manager event call
    support one after the other; 1001 answers each."""
    return await _named(
        scene,
        (CUSTOMER, "<img src=x onerror=alert(1)>"),
        ("+8613800138001", 'O\'Brien "Bob" \\ 100%'),
        ("+8613800138002", "Event: Newexten"),
    )


@scenario("1001")
async def hostile_caller_number(scene: Scene) -> list[Truth]:
    """The caller's number holds line ends and a made-up Hangup event, as on a PBX that lets them
    in; 1001 answers. Nothing that the number says may be believed."""
    (a,) = scene.phones("1001")
    customer, taken = await queue_to(scene, a, "8066")
    await customer.hang_up()
    await taken.ended()
    truth = inbound("answered", dialled="8066", answered_by=["1001"], ended_by="outside")
    return [truth | {"caller": "100"}]


@scenario("1001")
async def anonymous_caller(scene: Scene) -> list[Truth]:
    """A customer who withholds the number calls support; 1001 answers."""
    return await _named(scene, ("anonymous", "Anonymous"))
