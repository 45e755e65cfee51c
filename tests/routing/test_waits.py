"""Who counts as at work for a queue, and that the estimate follows them at once."""

from __future__ import annotations

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
    made = Waits(lambda agent: QUEUES.get(agent, set()))
    made.begin(Somebody(int(name[1:]), state) for name, state in states.items())
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


async def test_it_hears_of_agents_on_the_bus() -> None:
    made, bus = waits(), MemoryBus()
    heard = bus.subscribe("waits", types=EVENTS)
    bus.publish(
        AgentChanged(
            at=1.0,
            agent=1,
            name="Li",
            state=AgentState.READY,
            reasons=[],
            since=1.0,
            until=None,
            interaction=None,
            queue=None,
            pending=None,
            phone=None,
        )
    )
    await bus.close()
    await made.follow(heard)
    assert made.able("sales") == 1
