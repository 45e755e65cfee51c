"""The desk between live agents and waiting callers: offers, refusals, answers, new set-ups."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from callcenter.events import (
    DomainEvent,
    InteractionsMerged,
    OfferDropped,
    OfferPrepared,
    OfferResult,
    Party,
    RoutingDecided,
    TalkStarted,
)
from routing.desk import Desk, Ticket
from routing.engine import Strategy, Work
from routing.setup import AgentSetup, QueueSetup, Setup


@dataclass
class FakeFloor:
    """Agents who do as they are told, and say what was asked of them."""

    on_free: list[Callable[[int, float], None]] = field(default_factory=list)
    on_busy: list[Callable[[int], None]] = field(default_factory=list)
    on_seat: list[Callable[[int, bool], None]] = field(default_factory=list)
    able: bool = True
    said: list[tuple[object, ...]] = field(default_factory=list)

    def offered(self, agent: int, interaction: str, queue: str, now: float) -> bool:
        self.said.append(("offered", agent, interaction))
        return self.able

    def offer_ended(
        self, agent: int, result: OfferResult, now: float, interaction: str | None = None
    ) -> None:
        self.said.append(("ended", agent, result))

    def interface(self, agent: int) -> str | None:
        return f"PJSIP/{agent}"

    def sit(self, agent: int) -> None:
        for told in self.on_seat:
            told(agent, True)

    def free(self, agent: int, since: float) -> None:
        for told in self.on_free:
            told(agent, since)


class NoWaits:
    """Nobody learns; four minutes is said to everybody."""

    def joined(self, queue: str, work: str, position: int, now: float) -> float | None:
        return None

    def answered(self, queue: str, work: str, now: float) -> None:
        pass

    def left(self, queue: str, work: str, now: float) -> None:
        pass

    def estimate(self, queue: str, position: int, now: float) -> float | None:
        return 240.0


class Room:
    """A desk with its floor, a clock to be set, and what was published."""

    def __init__(self, *agents: int) -> None:
        self.now = 1000.0
        self.floor = FakeFloor()
        self.events: list[DomainEvent] = []
        self.desk = Desk("main", self.floor, self.events.append, NoWaits(), lambda: self.now)
        self.setup = setup(*agents)
        self.desk.arrange(self.setup)
        for agent in agents:
            self.floor.sit(agent)

    def join(self, name: str) -> Ticket:
        work = Work(id=name, queue="support", joined_at=self.now)
        return self.desk.join(work, f"call-{name}", self.now, f"PJSIP/{name}-00000001")

    def kinds(self) -> list[str]:
        return [type(e).__name__ for e in self.events if not isinstance(e, RoutingDecided)]


def setup(*agents: int) -> Setup:
    queue = QueueSetup(id=1, name="support", label="Support")
    seated = {
        agent: AgentSetup(
            id=agent,
            name=str(agent),
            user=None,
            queues=frozenset({"support"}),
            skills={},
            rank=0,
            interfaces=(f"PJSIP/{agent}",),
        )
        for agent in agents
    }
    return Setup(queues={"support": queue}, agents=seated)


def party(interface: str) -> Party:
    return Party(f"{interface}-00000001", interface, None, None, f"leg of {interface}")


def talk(interaction: str, a: str = "PJSIP/trunk", b: str = "PJSIP/1") -> TalkStarted:
    return TalkStarted(
        at=1.0, pbx="main", interaction=interaction, talk="t", a=party(a), b=party(b)
    )


def test_a_free_agent_is_offered_the_call_in_the_moment_it_comes() -> None:
    room = Room(1)
    room.floor.free(1, since=990.0)
    ticket = room.join("a")
    assert ticket.chosen.is_set()
    (prepared,) = [e for e in room.events if isinstance(e, OfferPrepared)]
    assert (prepared.agent, prepared.interaction, prepared.queue) == (1, "call-a", "support")


def test_every_choice_says_why() -> None:
    room = Room(1)
    room.floor.free(1, since=990.0)
    room.join("a")
    (told,) = [e for e in room.events if isinstance(e, RoutingDecided)]
    (decision,) = told.decisions
    assert (decision.step, decision.outcome, decision.reason) == (
        "offer",
        "chosen",
        "longest_idle",
    )
    assert decision.facts["agent"] == "1"


def test_a_refused_call_goes_to_the_next_agent_and_not_back_at_once() -> None:
    room = Room(1, 2)
    room.floor.free(1, since=980.0)
    room.floor.free(2, since=990.0)
    ticket = room.join("a")
    assert ticket.match is not None
    assert ticket.match.agent == 1
    room.desk.refused(ticket, OfferResult.TIMED_OUT)
    assert ticket.match.agent == 2
    assert ("ended", 1, OfferResult.TIMED_OUT) in room.floor.said


def test_a_lone_agent_is_asked_again_after_ten_seconds() -> None:
    room = Room(1)
    room.floor.free(1, since=980.0)
    ticket = room.join("a")
    room.desk.refused(ticket, OfferResult.REJECTED)
    room.floor.free(1, since=room.now)
    assert ticket.match is None
    room.now += 10.1
    room.desk.position(ticket)  # anything that looks at the clock
    assert ticket.match is not None


def test_an_agent_who_cannot_after_all_costs_the_caller_nothing() -> None:
    room = Room(1)
    room.floor.able = False
    room.floor.free(1, since=980.0)
    ticket = room.join("a")
    assert ticket.match is None
    assert room.kinds() == []
    assert room.desk.waiting("support") == 1


def test_a_caller_who_hangs_up_while_the_telephone_rings_ends_the_offer() -> None:
    room = Room(1)
    room.floor.free(1, since=980.0)
    ticket = room.join("a")
    room.desk.leave(ticket)
    assert room.floor.said[-1] == ("ended", 1, OfferResult.CALLER_GONE)
    assert room.kinds() == ["OfferPrepared", "OfferDropped"]


def test_an_answered_offer_ends_as_answered_when_the_conversation_begins() -> None:
    room = Room(1)
    room.floor.free(1, since=980.0)
    ticket = room.join("a")
    room.desk.hear(talk("call-a"))
    assert room.floor.said[-1] == ("ended", 1, OfferResult.ANSWERED)
    room.desk.leave(ticket)
    dropped = [e for e in room.events if isinstance(e, OfferDropped)]
    assert [event.result for event in dropped] == [OfferResult.ANSWERED]


def test_a_conversation_of_others_in_the_same_contact_is_no_answer() -> None:
    """An agent who consults a queue goes back to the customer while the offer rings."""
    room = Room(1)
    room.floor.free(1, since=980.0)
    ticket = room.join("a")
    room.desk.hear(talk("call-a", "PJSIP/trunk", "PJSIP/7"))
    assert not ticket.answered
    room.desk.hear(talk("call-a", "PJSIP/a", "PJSIP/somewhere-else"))  # the agent's is forwarded
    assert ticket.answered


def test_two_who_wait_within_one_contact_are_answered_each_by_their_own_agent() -> None:
    room = Room(1, 2)
    room.floor.free(1, since=980.0)
    room.floor.free(2, since=990.0)
    first, second = room.join("a"), room.join("b")
    room.desk.hear(InteractionsMerged(at=1.0, pbx="main", interaction="call-a", merged="call-b"))
    room.desk.hear(talk("call-a", "PJSIP/b", "PJSIP/2"))
    assert (first.answered, second.answered) == (False, True)
    room.desk.leave(second)
    room.desk.hear(talk("call-a", "PJSIP/a", "PJSIP/1"))
    assert first.answered


def test_nobody_who_could_ever_take_it_is_known_at_once() -> None:
    room = Room()
    assert not room.desk.servable(room.join("a"))


def test_leaving_twice_is_leaving_once() -> None:
    room = Room(1)
    ticket = room.join("a")
    room.desk.leave(ticket)
    room.desk.leave(ticket)
    assert room.desk.waiting("support") == 0


def test_an_agent_taken_out_of_a_queue_is_offered_no_more_of_it() -> None:
    room = Room(1)
    room.floor.free(1, since=980.0)
    room.desk.arrange(setup())
    assert room.join("a").match is None


def test_calls_of_yesterday_do_not_count_for_fewest_calls() -> None:
    room = Room(1, 2)
    queue = replace(room.setup.queues["support"], strategy=Strategy.FEWEST_CALLS)
    room.desk.arrange(replace(room.setup, queues={"support": queue}))
    for agent, calls in ((1, 2), (2, 1)):
        for turn in range(calls):
            room.floor.free(agent, since=room.now)
            ticket = room.join(f"{agent}-{turn}")
            room.desk.hear(talk(ticket.interaction, b=f"PJSIP/{agent}"))
            room.desk.leave(ticket)
    room.now += 86_400
    room.floor.free(2, since=room.now - 5)
    room.floor.free(1, since=room.now - 10)
    assert room.join("today").match is not None
    (last,) = [e for e in room.events if isinstance(e, OfferPrepared)][-1:]
    assert last.agent == 1  # nobody had a call today: the longest idle
