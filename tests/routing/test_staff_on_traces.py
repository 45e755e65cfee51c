"""Agents during calls recorded from the real PBX, through the real parser and tracker."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from callcenter import events as ev
from callcenter.ami.protocol import AmiParser
from callcenter.calls.tracker import Tracker
from callcenter.events import AgentState as S
from callcenter.store.database import Database
from routing.agent_record import DOUBT
from routing.setup import AgentSetup, QueueSetup, Setup
from routing.staff import Staff

TRACES = Path(__file__).parents[1] / "traces"
NUMBERS = range(1001, 1006)
SETUP = Setup(
    agents={n: AgentSetup(id=n, name=str(n), interfaces=(f"PJSIP/{n}",)) for n in NUMBERS},
    queues={
        name: QueueSetup(id=n, name=name, wrap_up_seconds=5.0)
        for n, name in enumerate(("support", "sales", "quick", "optimised", "crew"))
    },
)


@cache
def told(trace: str) -> Sequence[ev.DomainEvent]:
    parser, tracker = AmiParser(), Tracker("pbx1")
    messages = parser.feed((TRACES / trace / "ami.txt").read_bytes(), None)
    events = [event for message in messages for event in tracker.feed(message)]
    return [*events, *tracker.finish()]


class Floor:
    def __init__(self) -> None:
        self.now = 0.0
        self.states: dict[int, list[S]] = {n: [] for n in NUMBERS}
        nowhere = Database("sqlite:////nowhere/at/all.db")  # nothing here waits for it
        self.staff = Staff("pbx1", nowhere, lambda: SETUP, self.hear, clock=lambda: self.now)

    def hear(self, event: ev.DomainEvent) -> None:
        assert isinstance(event, ev.AgentChanged)
        if self.states[event.agent][-1:] != [event.state]:
            self.states[event.agent].append(event.state)

    async def begin(self) -> None:
        self.staff.journal.written = _at_once  # type: ignore[method-assign]  # no waiting
        for n in NUMBERS:
            interface = f"PJSIP/{n}"
            idle = ev.DeviceStateChanged(at=0, pbx="pbx1", interface=interface, state="NOT_INUSE")
            self.staff.hear(idle)
            await self.staff.sign_in(n, interface)
            await self.staff.ready(n)
            self.states[n] = [S.READY]

    async def play(self, trace: str) -> None:
        await self.begin()
        for event in told(trace):
            self.now = max(self.now, event.at or 0.0)
            self.staff.tick(self.now)
            self.staff.hear(event)
        self.now += DOUBT + 60
        self.staff.tick(self.now)
        self.staff.tick(self.now)


async def _at_once(within: float) -> bool:
    return True


@pytest.mark.parametrize("trace", sorted(p.parent.name for p in TRACES.glob("*/ami.txt")))
async def test_after_every_recorded_call_nobody_is_held(trace: str) -> None:
    floor = Floor()
    await floor.play(trace)
    for status in floor.staff.signed_in():
        registered = status.phone is not None and status.phone.state == "NOT_INUSE"
        assert status.state in ({S.READY} if registered else {S.READY, S.NOT_READY}), status
        assert status.interaction is None


CALLED = [S.READY, S.BUSY, S.READY]
SERVED = [S.READY, S.BUSY, S.WRAP_UP, S.READY]


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        ("queue_answered", {1001: SERVED}),
        ("queue_ringall", {1001: CALLED, 1002: SERVED}),
        ("queue_rrmemory_first_rejects", {1001: CALLED, 1002: SERVED}),
        ("queue_blind_transfer", {1001: SERVED, 1004: SERVED}),
        ("queue_attended_transfer", {1001: SERVED, 1004: SERVED}),
        ("consult_then_back", {1001: SERVED, 1004: CALLED}),
        ("hold_unhold", {1001: SERVED}),
        ("pickup", {1001: CALLED, 1002: CALLED, 1003: CALLED}),
        ("originate", {1001: CALLED, 1002: CALLED}),
        ("attended_transfer_by_b", {1001: CALLED, 1002: CALLED, 1003: CALLED}),
    ],
)
async def test_who_served_a_queue_wraps_up_and_nobody_else(
    trace: str, expected: dict[int, list[S]]
) -> None:
    floor = Floor()
    await floor.play(trace)
    assert {n: states for n, states in floor.states.items() if len(states) > 1} == expected
