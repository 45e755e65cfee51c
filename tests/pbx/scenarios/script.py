"""What scenarios are written with: the table they enter, and the words to tell what happened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from callcenter.pbx.robots import Call, Robot
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

    def action(self, name: str, **headers: str) -> None:
        """Send a manager action over the recorded connection, as Callcenter would."""
        self.stage.note("callcenter", name, ", ".join(headers.values()))
        number = sum(step["who"] == "callcenter" for step in self.stage.journal)
        self.recorder.send(name, ActionID=f"{name.lower()}-{number}", **headers)


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
