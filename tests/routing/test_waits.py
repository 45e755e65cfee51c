"""Who counts as at work for a queue, and that the estimate follows them at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from callcenter.bus import MemoryBus
from callcenter.events import AgentChanged, AgentState
from routing.waits import EVENTS, Waits

QUEUES = {1: {"sales"}, 2: {"sales", "support"}, 3: {"support"}}


@dataclass(frozen=True)
class Somebody:
    agent: int
    state: AgentState


def waits(**states: AgentState) -> Waits:
    signed_in = [Somebody(int(name[1:]), state) for name, state in states.items()]
    made = Waits(lambda agent: QUEUES.get(agent, set()), lambda: signed_in)
    made.look()
    return made


def test_whoever_is_free_or_with_somebody_is_at_work() -> None:
    made = waits(a1=AgentState.READY, a2=AgentState.WRAP_UP, a3=AgentState.BUSY)
    assert (made.able("sales"), made.able("support"), made.able("none")) == (2, 2, 0)


@pytest.mark.parametrize("state", [AgentState.NOT_READY, AgentState.OFFLINE])
def test_whoever_pauses_or_is_gone_is_not(state: AgentState) -> None:
    made = waits(a1=AgentState.BUSY, a2=AgentState.READY)
    made.agent(Somebody(2, state))
    assert made.able("sales") == 1


def test_the_estimate_follows_agents_at_once() -> None:
    made = waits(a1=AgentState.BUSY, a2=AgentState.BUSY)
    for number in range(20):
        made.joined("sales", f"w{number}", 1, 10.0 * number)
        made.answered("sales", f"w{number}", 10.0 * number + 10.0)
    assert made.estimate("sales", 3, 200.0) == pytest.approx(30.0)
    made.agent(Somebody(2, AgentState.NOT_READY))
    assert made.estimate("sales", 3, 200.0) == pytest.approx(60.0)
    made.agent(Somebody(1, AgentState.OFFLINE))
    assert made.estimate("sales", 3, 200.0) is None


def test_what_was_said_is_judged() -> None:
    made = waits(a1=AgentState.BUSY)
    for number in range(10):
        made.joined("sales", f"w{number}", 1, 10.0 * number)
        made.answered("sales", f"w{number}", 10.0 * number + 10.0)
        made.left("sales", f"w{number}", 10.0 * number + 10.0)
    error = made.error("sales")
    assert error is not None
    assert error.absolute == pytest.approx(0.0)


def changed(agent: int, state: AgentState) -> AgentChanged:
    return AgentChanged(
        at=1.0,
        agent=agent,
        name="Li",
        state=state,
        reasons=[],
        since=1.0,
        until=None,
        interaction=None,
        queue=None,
        pending=None,
        phone=None,
    )


async def test_it_hears_of_agents_on_the_bus() -> None:
    made, bus = waits(), MemoryBus()
    following = asyncio.create_task(made.follow(bus.subscribe("waits", types=EVENTS)))
    bus.publish(changed(1, AgentState.READY))
    await asyncio.sleep(0.01)
    assert made.able("sales") == 1
    following.cancel()


async def test_changes_that_were_not_heard_are_looked_up() -> None:
    made, bus = waits(a2=AgentState.READY), MemoryBus()
    made.agent(Somebody(2, AgentState.OFFLINE))
    heard = bus.subscribe("waits", types=EVENTS, maxsize=1)
    for _ in range(3):
        bus.publish(changed(1, AgentState.NOT_READY))
    following = asyncio.create_task(made.follow(heard))
    await asyncio.sleep(0.01)
    assert made.able("sales") == 1
    following.cancel()
