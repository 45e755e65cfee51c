"""An hour of a call center in a minute: customers, agents who do by turns all that agents do, and
a note of every ring, made at the telephones themselves."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from callcenter.pbx.call import Call
from callcenter.pbx.robots import Behaviour, Robot, SipError
from tests.pbx.harness import AmiRecorder, Stage

MEMBERS = ("1001", "1002", "1003", "1005")
PICKER, EXPERT, SECOND, DIRECT, NOBODY = "1006", "1007", "1008", "1009", "1010"


@dataclass(slots=True)
class Ring:
    """What one telephone saw of one call: `caller` is the number it showed."""

    agent: int
    caller: str
    rang: float
    answered: float | None = None
    over: float = 0.0
    refused: bool = False
    held: float = 0.0  # seconds
    handed_over: float | None = None  # when an attended transfer was complete
    consulted: str | None = None

    @property
    def talk(self) -> float:
        return 0.0 if self.answered is None else self.over - self.answered


@dataclass(slots=True)
class Seen:
    rings: list[Ring] = field(default_factory=list)
    picked_up: list[Ring] = field(default_factory=list)
    placed: int = 0  # calls of customers to a queue


Then = Callable[[Robot, Call, Ring], Awaitable[None]]


async def lasts(call: Call, seconds: float) -> bool:
    """Whether the call is still there after so long."""
    with suppress(TimeoutError):
        await call.ended(seconds)
        return False
    return True


def declines(status: int) -> Then:
    async def act(_: Robot, call: Call, ring: Ring) -> None:
        if await lasts(call, 0.3):
            ring.refused = True
            call.reject(status)

    return act


async def ignores(_robot: Robot, _call: Call, _ring: Ring) -> None:
    """It rings and rings."""


def takes(after: float, then: Then | None = None) -> Then:
    async def act(robot: Robot, call: Call, ring: Ring) -> None:
        if await lasts(call, after):
            await call.answer()
            ring.answered = time.time()
            if then is not None:
                await then(robot, call, ring)

    return act


def hangs_up(after: float) -> Then:
    async def act(_: Robot, call: Call, __: Ring) -> None:
        if await lasts(call, after):
            await call.hang_up()

    return act


def sends_to(number: str) -> Then:
    """A blind transfer; who hears nothing of it hangs up."""

    async def act(_: Robot, call: Call, __: Ring) -> None:
        if await lasts(call, 1.2):
            await call.transfer(number)
            if await lasts(call, 2.0):
                await call.hang_up()

    return act


def asks(number: str, *, connects: bool) -> Then:
    """Hold, consult, and then either an attended transfer or the customer again."""

    async def act(robot: Robot, call: Call, ring: Ring) -> None:
        if not await lasts(call, 1.0):
            return
        await call.hold()
        held = time.time()
        consult = await robot.call(number)
        await consult.answered(5.0)
        ring.consulted = number
        there = await lasts(call, 1.0)
        if there and connects:
            await call.transfer_to(consult)
            await call.ended(5.0)
            ring.handed_over = time.time()
        else:
            await consult.hang_up()
        if there and not connects:
            await call.resume()
        ring.held = (ring.over or time.time()) - held
        await hangs_up(1.0)(robot, call, ring)

    return act


# Who lets the customer hang up does not wait for ever: of a call that failed nothing is heard.
SHORT, LONG, WAITS = hangs_up(1.0), hangs_up(2.6), hangs_up(10.0)
QUICK, SLOW = 0.3, 2.7
ACTS: dict[str, Sequence[Then]] = {
    "1001": (
        *(takes(QUICK, SHORT), takes(QUICK, sends_to(EXPERT)), declines(603), takes(SLOW, WAITS)),
        *(takes(QUICK, asks(SECOND, connects=True)), takes(QUICK, sends_to("8000")), ignores),
    ),
    "1002": (
        *(takes(QUICK, LONG), ignores, takes(QUICK, asks(SECOND, connects=True)), declines(486)),
        *(takes(QUICK, sends_to("8001")), takes(SLOW, LONG), takes(QUICK, sends_to(NOBODY))),
    ),
    "1003": (
        *(takes(QUICK, WAITS), takes(SLOW, SHORT), takes(QUICK, asks(SECOND, connects=False))),
        *(declines(486), takes(QUICK, sends_to("8001")), ignores, takes(QUICK, sends_to(EXPERT))),
    ),
    "1005": (takes(0.8, LONG), takes(1.2, WAITS), declines(603), takes(0.8, sends_to("8000"))),
    EXPERT: (takes(QUICK, hangs_up(2.0)), takes(QUICK, WAITS)),
    SECOND: (takes(QUICK, hangs_up(4.0)),),
    DIRECT: (takes(QUICK, hangs_up(1.5)),),
}


def by_turns(robot: Robot, acts: Sequence[Then], seen: Seen, *, one: bool) -> Behaviour:
    """`one`: who is in a call says busy to the next."""
    turns = itertools.cycle(acts)
    open_: set[str] = set()

    async def behave(call: Call) -> None:
        ring = Ring(int(robot.user), call.remote.user.lstrip("+"), time.time())
        seen.rings.append(ring)
        call.ring()
        act = declines(486) if one and open_ else next(turns)
        open_.add(call.call_id)
        noting = robot.spawn(_over(call, ring))
        with suppress(SipError, TimeoutError):  # the other side was sooner
            await act(robot, call, ring)
        await noting
        open_.discard(call.call_id)

    return behave


async def _over(call: Call, ring: Ring) -> None:
    await call.ended(60.0)
    ring.over = time.time()


@dataclass(frozen=True, slots=True)
class Wave:
    """Customers who dial `number` and leave `stay` seconds after the PBX answered."""

    number: str
    calls: int
    every: float
    stay: float
    after: float = 0.0


WAVES = (
    Wave("8000", 20, 1.9, 8.6),
    Wave("8000", 6, 6.0, 1.3, 2.0),
    Wave("8000", 6, 5.0, 6.4, 4.0),
    Wave("8001", 12, 3.1, 7.0, 1.0),
    Wave("8001", 4, 8.0, 0.7, 3.0),
    Wave("8002", 12, 2.4, 9.3, 10.0),
    Wave("8003", 3, 3.0, 5.0, 3.0),
    Wave("8003", 3, 0.2, 5.0, 13.2),  # right before its only member goes to lunch
    Wave("8003", 2, 1.0, 3.0, 24.0),
    Wave("8003", 2, 4.0, 5.0, 31.0),
)


@dataclass(slots=True)
class BusyHour:
    stage: Stage
    ami: AmiRecorder
    seen: Seen = field(default_factory=Seen)

    async def play(self) -> Seen:
        await self._before_anybody_is_there()
        await self.stage.add_phones(*MEMBERS, PICKER, EXPERT, SECOND, DIRECT)
        member = {"Interface": "PJSIP/1005", "MemberName": "Agent 1005"}
        self.ami.send("QueueAdd", Queue="sales", **member, StateInterface="PJSIP/1005")
        await self._picked_up()
        self._at_work("1001")
        await self._leaves_by_key()
        self._at_work(*(number for number in ACTS if number != "1001"))
        waves = (self._wave(prefix, wave) for prefix, wave in enumerate(WAVES, 10))
        await asyncio.gather(*waves, self._pauses(), self._waits_in_vain(), self._direct())
        await self.stage.no_channels(40.0)
        return self.seen

    def _at_work(self, *numbers: str) -> None:
        """Until then a telephone rings, and nobody is there."""
        for number in numbers:
            robot, one = self.stage.phones[number], number in MEMBERS
            robot.behaviour = by_turns(robot, ACTS[number], self.seen, one=one)

    # --- one after the other, at the start ----------------------------------------------------

    async def _customer(self, number: str, caller: str) -> Call:
        self.seen.placed += number.startswith("80")
        return await self.stage.outside.call(number, caller="+" + caller)

    async def _rings_at_somebody(self, number: str, caller: str) -> Call:
        """A customer for whom a telephone has rung for a moment."""
        robots = [self.stage.phones[member] for member in MEMBERS]
        before = sum(robot.incoming.qsize() for robot in robots)
        call = await self._customer(number, caller)
        async with asyncio.timeout(10):
            while sum(robot.incoming.qsize() for robot in robots) == before:  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # nobody takes these calls out of the telephones
        await asyncio.sleep(0.5)
        return call

    async def _before_anybody_is_there(self) -> None:
        """One queue lets nobody in; from the other a caller is taken out."""
        refused = await self._customer("8003", "8613700000001")
        waits = await self._customer("8000", "8613700000002")
        await self.ami.saw(b"Event: QueueCallerJoin\r\n")
        joined = self.ami.data.split(b"Event: QueueCallerJoin\r\n")[1]
        channel = joined.split(b"Channel: ")[1].split(b"\r\n")[0].decode()
        await asyncio.sleep(1.0)
        self.ami.send("QueueWithdrawCaller", Queue="support", Caller=channel)
        await asyncio.gather(refused.ended(), waits.ended())

    async def _picked_up(self) -> None:
        """Somebody who is no member takes a call that rings at one."""
        call = await self._rings_at_somebody("8000", "8613700000003")
        taken = await self.stage.phones[PICKER].call("*8")
        await taken.answered()
        ring = Ring(int(PICKER), "8613700000003", time.time(), time.time())
        await asyncio.sleep(1.5)
        await call.hang_up()
        await taken.ended()
        ring.over = time.time()
        self.seen.picked_up.append(ring)

    async def _leaves_by_key(self) -> None:
        """Who presses 0 gets the first telephone, without a queue."""
        call = await self._rings_at_somebody("8002", "8613700000004")
        await call.press("0")
        await call.ended()

    # --- all at once --------------------------------------------------------------------------

    async def _wave(self, prefix: int, wave: Wave) -> None:
        await asyncio.sleep(wave.after)
        async with asyncio.TaskGroup() as group:
            for place in range(wave.calls):
                group.create_task(self._stays(wave, f"86136{prefix}{place:06}"))
                await asyncio.sleep(wave.every)

    async def _stays(self, wave: Wave, caller: str) -> None:
        with suppress(SipError, TimeoutError):  # the PBX was sooner
            call = await self._customer(wave.number, caller)
            await call.answered(10.0)
            if await lasts(call, wave.stay):
                await call.hang_up()

    async def _pauses(self) -> None:
        for after, queue, number, paused in (
            *((8.0, "support", "1002", True), (6.0, "empty", "1001", True)),
            *((1.0, "support", "1002", False), (14.0, "empty", "1001", False)),
        ):
            await asyncio.sleep(after)
            self._pause(queue, number, paused)

    def _pause(self, queue: str, number: str, paused: bool) -> None:
        member = {"Queue": queue, "Interface": f"PJSIP/{number}"}
        self.ami.send("QueuePause", **member, Paused=str(paused).lower(), Reason="lunch")

    async def _waits_in_vain(self) -> None:
        """Everybody of the queue is at lunch until the caller's time there is over."""
        for number in ("1002", "1003"):
            self._pause("quick", number, True)
        call = await self._customer("8002", "8613700000007")
        await call.ended(30.0)
        for number in ("1002", "1003"):
            self._pause("quick", number, False)

    async def _direct(self) -> None:
        """Calls to a telephone that no queue led to."""
        for caller in ("8613700000005", "8613700000006"):
            await asyncio.sleep(9.0)
            call = await self._customer(DIRECT, caller)
            await call.ended()
