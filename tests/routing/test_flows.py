"""The story of a call: what the caller hears, who is rung, and where it goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from callcenter.agi.session import Agi
from callcenter.errors import AgiHangup
from callcenter.events import (
    CallbackRequested,
    DomainEvent,
    OfferResult,
    RoutingDecided,
    SatisfactionGiven,
    VoicemailLeft,
)
from routing.desk import Desk
from routing.flows import Flows
from routing.legs import Legs
from routing.rules import Route
from routing.setup import AgentSetup, NextStep, QueueSetup, Setup
from routing.visit import NotOurs, Visit
from tests.routing.fake_line import FakeLine
from tests.routing.test_desk import FakeFloor, NoWaits

QUEUE = QueueSetup(id=1, name="support", announce_every=None)


class FixedRoute:
    """An entry whose rules always come to the same."""

    def __init__(self, route: Route | None) -> None:
        self._route = route

    async def route(self, visit: Visit, number: str) -> Route:
        if self._route is None:
            raise NotOurs(f"nobody described {number}")
        return self._route


class InnerNumbers:
    def dial_string(self, number: str, *, abroad: bool) -> str | None:
        return f"Local/{number}@callcenter-out/n" if number.isdecimal() else None


class Told(Legs):
    """Every channel is known at once."""

    async def interaction_of(self, uniqueid: str, patience: float = 1.0) -> str | None:
        return f"call-{uniqueid}"


class House:
    """Queues, agents, and what happened."""

    def __init__(self, queue: QueueSetup = QUEUE, *agents: int, more: tuple[QueueSetup, ...] = ()):
        self.now = [1000.0]
        self.events: list[DomainEvent] = []
        self.floor = FakeFloor()
        self.desk = Desk("main", self.floor, self.events.append, NoWaits(), self._clock)
        names = frozenset({queue.name, *(other.name for other in more)})
        self.setup = Setup(
            queues={one.name: one for one in (queue, *more)},
            agents={a: AgentSetup(id=a, name=str(a), queues=names) for a in agents},
        )
        self.desk.arrange(self.setup)
        for agent in agents:
            self.floor.sit(agent)

    def _clock(self) -> float:
        return self.now[0]

    def flows(self, route: Route | None = None) -> Flows:
        return Flows(
            pbx="main",
            setup=lambda: self.setup,
            desk=self.desk,
            legs=Told(),
            entry=FixedRoute(route),
            numbers=InnerNumbers(),
            voicemail_folder="/spool",
            sound=lambda name: name,
            publish=self.events.append,
            clock=self._clock,
        )

    async def call(
        self,
        path: str = "queue/support",
        *,
        rings: Callable[[str], str] = lambda _where: "ANSWER",
        keys: list[str | None] | None = None,
        route: Route | None = None,
        hangs_up_at: float | None = None,
    ) -> FakeLine:
        line = FakeLine(path, self.now, rings, keys or [], hangs_up_at=hangs_up_at)
        await self.flows(route).handle(cast(Agi, line))
        return line

    def of(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def reasons(self) -> list[tuple[str, str]]:
        return [(d.step, d.reason) for event in self.of(RoutingDecided) for d in event.decisions]


async def test_a_caller_is_connected_with_the_free_agent_and_served() -> None:
    house = House(QUEUE, 1)
    house.floor.free(1, since=990.0)
    line = await house.call()
    assert ("dial", "PJSIP/1") in line.did
    assert line.variables == {"CALLCENTER_QUEUE": "support", "CALLCENTER_SERVED": "1"}
    assert house.desk.waiting("support") == 0


async def test_a_caller_nobody_answers_goes_to_the_next_agent() -> None:
    house = House(QUEUE, 1, 2)
    house.floor.free(1, since=980.0)
    house.floor.free(2, since=990.0)
    line = await house.call(rings=lambda where: "NOANSWER" if where == "PJSIP/1" else "ANSWER")
    assert [did[1] for did in line.did if did[0] == "dial"] == ["PJSIP/1", "PJSIP/2"]
    assert ("offer", "timed_out") in house.reasons()


async def test_a_caller_nobody_can_ever_serve_is_not_kept_waiting() -> None:
    house = House(replace(QUEUE, when_empty=NextStep("message", "nobody-there")))
    line = await house.call()
    assert house.now == [1000.0]
    assert "nobody-there" in line.said
    assert line.variables["CALLCENTER_QUEUE_EXIT"] == "empty"


async def test_a_caller_waits_no_longer_than_the_queue_says() -> None:
    queue = replace(QUEUE, max_wait=42.0, when_timed_out=NextStep("message", "sorry"))
    house = House(queue, 1)
    line = await house.call()
    assert house.now[0] == pytest.approx(1042.0)
    assert line.variables["CALLCENTER_QUEUE_EXIT"] == "timed_out"


async def test_a_full_queue_takes_nobody_in() -> None:
    queue = replace(QUEUE, max_waiting=0, when_full=NextStep("message", "full"))
    house = House(queue, 1)
    line = await house.call()
    assert "full" in line.said
    assert "CALLCENTER_QUEUE" not in line.variables


async def test_a_queue_hands_on_to_the_next_with_the_age_that_the_call_has() -> None:
    first = replace(QUEUE, max_wait=30.0, when_timed_out=NextStep("queue", "sales"))
    sales = QueueSetup(id=2, name="sales", announce_every=None, max_wait=30.0)
    house = House(first, 1, more=(sales,))
    line = await house.call()
    assert line.variables["CALLCENTER_QUEUE"] == "sales"
    assert house.now[0] == pytest.approx(1060.0)


async def test_the_exit_key_leads_where_the_queue_says() -> None:
    queue = replace(QUEUE, exit_key="0", when_key=NextStep("number", "1009"))
    house = House(queue, 1)
    line = await house.call(keys=["0"])
    assert ("dial", "Local/1009@callcenter-out/n") in line.did
    assert line.variables["CALLCENTER_QUEUE_EXIT"] == "key_exit"


async def test_a_caller_can_keep_the_place_and_hang_up() -> None:
    house = House(replace(QUEUE, callback_key="1"), 1)
    line = await house.call(keys=["1", "1"])
    (asked,) = house.of(CallbackRequested)
    assert (asked.number, asked.queue, asked.joined_at) == ("13800138000", "support", 1000.0)
    assert line.variables["CALLCENTER_QUEUE_EXIT"] == "callback"


async def test_a_caller_can_be_called_back_at_another_number() -> None:
    house = House(replace(QUEUE, callback_key="1"), 1)
    line = await house.call(keys=["1", *[None] * 5, "02155550100"])
    assert line.said == [
        *("vm-num-i-have", "13800138000", "if-correct-press", "1", "vm-enter-num-to-call"),
        "auth-thankyou",
    ]
    (asked,) = house.of(CallbackRequested)
    assert asked.number == "02155550100"


async def test_a_full_queue_can_promise_to_call_back() -> None:
    house = House(replace(QUEUE, max_waiting=0, when_full=NextStep("callback", None)), 1)
    await house.call(keys=["1"])
    (asked,) = house.of(CallbackRequested)
    assert asked.queue == "support"


async def test_who_gives_no_number_to_be_called_back_at_leaves_a_word_instead() -> None:
    house = House(replace(QUEUE, callback_key="1"), 1)
    line = await house.call(keys=["1"])
    assert house.of(CallbackRequested) == []
    assert len(house.of(VoicemailLeft)) == 1
    assert line.variables["CALLCENTER_QUEUE_EXIT"] == "key_exit"


async def test_voicemail_is_a_recording_of_the_call() -> None:
    queue = replace(QUEUE, when_empty=NextStep("voicemail", None))
    house = House(queue)
    line = await house.call()
    (left,) = house.of(VoicemailLeft)
    assert left.file == line.variables["MIXMONITOR_FILENAME"]
    assert re.fullmatch(r"/spool/voicemail-[0-9a-f]{32}\.wav", left.file)
    assert left.seconds == 4.5


async def test_a_waiting_caller_hears_place_and_estimate() -> None:
    queue = replace(QUEUE, announce_every=30.0, max_wait=20.0)
    house = House(queue, 1)
    line = await house.call()
    assert line.said[:5] == ["queue-youarenext", "queue-holdtime", "4", "queue-minutes", "vm-intro"]


async def test_a_caller_who_hangs_up_is_taken_out() -> None:
    house = House(QUEUE, 1)
    with pytest.raises(AgiHangup):
        await house.call(hangs_up_at=1020.0)
    assert house.desk.waiting("support") == 0


async def test_a_caller_who_hangs_up_while_a_telephone_rings_is_offered_to_nobody_else() -> None:
    house = House(QUEUE, 1, 2)
    house.floor.free(1, since=980.0)
    house.floor.free(2, since=990.0)
    with pytest.raises(AgiHangup):
        await house.call(rings=lambda _where: "CANCEL")
    assert [said for said in house.floor.said if said[0] == "offered"] == [
        ("offered", 1, "call-1.1")
    ]
    assert house.floor.said[-1] == ("ended", 1, OfferResult.CALLER_GONE)


async def test_what_nobody_described_is_left_to_the_pbx() -> None:
    house = House()
    for path in ("queue/unknown", "entry/8000", "nonsense", ""):
        line = await house.call(path)
        assert "CALLCENTER_SERVED" not in line.variables


async def test_next_steps_in_a_circle_end_with_the_pbx() -> None:
    queue = replace(QUEUE, when_empty=NextStep("queue", "support"))
    line = await House(queue).call()
    assert "CALLCENTER_SERVED" not in line.variables


@pytest.mark.parametrize(("how", "does"), [("busy", "Busy"), ("reject", "Hangup")])
async def test_a_refused_caller_is_not_answered(how: Any, does: str) -> None:
    line = await House().call("entry/8000", route=Route(queue="support", reject=how))
    assert [did[0] for did in line.did] == [does]


async def test_a_caller_who_stays_on_the_line_is_asked_for_a_mark() -> None:
    house = House(replace(QUEUE, ask_satisfaction=True), 1)
    house.floor.free(1, since=990.0)
    await house.call(keys=["4"])
    (given,) = house.of(SatisfactionGiven)
    assert (given.agent, given.score, given.queue) == (1, 4, "support")


async def test_a_call_that_a_supervisor_sends_elsewhere_waits_there_with_its_age() -> None:
    sales = QueueSetup(id=2, name="sales", announce_every=None, max_wait=30.0)
    house = House(QUEUE, 1, more=(sales,))
    line = FakeLine("queue/support", house.now, lambda _where: "ANSWER", [])
    waits, seen = line.wait, []

    async def sent_while_it_waits(*how: Any) -> str | None:
        ticket = house.desk.ticket_of("call-1.1")
        assert ticket is not None
        seen.append((ticket.work.queue, ticket.work.joined_at))
        if ticket.work.queue == "support":
            house.desk.send(ticket, "sales")
        return await waits(*how)

    line.wait = sent_while_it_waits  # type: ignore[method-assign, assignment]  # its own
    await house.flows().handle(cast(Agi, line))
    assert [seen[0], seen[-1]] == [("support", 1000.0), ("sales", 1000.0)]
    assert line.variables["CALLCENTER_QUEUE"] == "sales"
    assert ("queue", "withdrawn") in house.reasons()
