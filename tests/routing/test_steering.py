"""What supervisors do with waiting calls, and what the second of two is told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType

import pytest

from callcenter.errors import InvalidInput, NotFound
from callcenter.events import (
    AgentChanged,
    AgentPhone,
    AgentState,
    CallSteered,
    OfferPrepared,
    OfferResult,
    RoutingDecided,
)
from routing.control import AlreadyInCall
from routing.setup import QueueSetup
from routing.steering import By, NotFree, Steering, TooLate
from tests.routing.test_desk import Room, talk

MA, LI = By(7, "Ma"), By(8, "Li")


@dataclass
class Crew:
    states: dict[int, AgentState] = field(default_factory=dict)
    phone: AgentPhone | None = field(
        default_factory=lambda: AgentPhone("PJSIP/desk", "desk", "NOT_INUSE")
    )

    def status(self, agent: int) -> AgentChanged | None:
        state = self.states.get(agent)
        if state is None:
            return None
        return AgentChanged(
            at=1.0,
            agent=agent,
            name=str(agent),
            state=state,
            reasons=[],
            since=1.0,
            until=None,
            interaction=None,
            queue=None,
            pending=None,
            phone=None,
        )

    def own(self, agent: int) -> AgentPhone | None:
        return self.phone


class House(Room):
    def __init__(self, *agents: int) -> None:
        super().__init__(*agents)
        vip = QueueSetup(id=2, name="vip", label="VIP", max_waiting=1)
        queues = MappingProxyType({**self.setup.queues, "vip": vip})
        self.setup = replace(self.setup, queues=queues)
        self.desk.arrange(self.setup)
        self.crew = Crew(dict.fromkeys(agents, AgentState.READY))
        self.steering = Steering(
            pbx="main",
            desk=self.desk,
            crew=self.crew,
            phones=self.crew,
            setup=lambda: self.setup,
            goes_on=lambda interaction: interaction != "call-never",
            publish=self.events.append,
            clock=lambda: self.now,
        )


def late(house: House, interaction: str, seen_in: str = "support") -> dict[str, object]:
    with pytest.raises(TooLate) as caught:
        house.steering.move(interaction, seen_in, "vip", LI)
    return dict(caught.value.values)


def test_two_who_move_the_same_call_one_wins_and_the_other_is_told_what_happened() -> None:
    house = House(1)
    ticket = house.join("a")
    assert house.steering.move("call-a", "support", "vip", MA) == "moved"
    assert (ticket.sent_to, ticket.chosen.is_set()) == ("vip", True)
    told = late(house, "call-a")
    assert (told["became"], told["by"], told["queue"]) == ("moved", "Ma", "vip")
    # Nobody is offered it in the queue it was taken from, whoever becomes free.
    house.floor.free(1, since=990.0)
    assert [e for e in house.events if isinstance(e, OfferPrepared)] == []
    house.desk.leave(ticket)
    assert late(house, "call-a")["by"] == "Ma"


def test_a_call_is_given_to_a_ready_agent_before_older_ones() -> None:
    house = House(1, 2)
    house.join("a")
    house.join("b")
    house.floor.sit(2)
    assert house.steering.give("call-b", "support", 2, MA) == "offered"
    (offer,) = [e for e in house.events if isinstance(e, OfferPrepared)]
    assert (offer.agent, offer.interaction) == (2, "call-b")
    why = [d.reason for e in house.events if isinstance(e, RoutingDecided) for d in e.decisions]
    assert why == ["supervisor", "given"]
    told = late(house, "call-b")
    assert (told["became"], told["agent"]) == ("ringing", 2)


def test_a_given_call_that_nobody_picks_up_goes_back_to_its_place() -> None:
    house = House(1)
    ticket = house.join("a")
    house.steering.give("call-a", "support", 1, MA)
    house.desk.refused(ticket, OfferResult.TIMED_OUT)
    assert house.desk.position(ticket) == 1
    assert house.steering.move("call-a", "support", "vip", LI) == "moved"


def test_who_takes_no_calls_now_is_rung_at_their_telephone_all_the_same() -> None:
    house = House(1)
    house.crew.states[9] = AgentState.OFFLINE
    house.floor.able = False
    ticket = house.join("a")
    assert house.steering.give("call-a", "support", 9, MA) == "offered"
    assert house.desk.telephone(ticket) == "PJSIP/desk"
    house.desk.hear(talk("call-a", b="PJSIP/desk"))
    assert ticket.answered
    house.join("b")
    house.crew.phone = AgentPhone("PJSIP/desk", "desk", "INUSE")
    with pytest.raises(AlreadyInCall):
        house.steering.give("call-b", "support", 9, MA)


def test_a_busy_agent_gets_the_call_as_soon_as_they_are_free() -> None:
    house = House(1, 2)
    house.crew.states[1] = AgentState.BUSY
    house.join("a")
    ticket = house.join("b")
    assert house.steering.give("call-b", "support", 1, MA) == "reserved"
    house.floor.free(2, since=990.0)
    house.floor.free(1, since=995.0)
    offers = [(e.agent, e.interaction) for e in house.events if isinstance(e, OfferPrepared)]
    assert offers == [(2, "call-a"), (1, "call-b")]
    assert ticket.match is not None


def test_a_busy_agent_of_another_queue_cannot_be_waited_for() -> None:
    house = House(1)
    house.crew.states[9] = AgentState.BUSY
    house.join("a")
    with pytest.raises(NotFree):
        house.steering.give("call-a", "support", 9, MA)
    assert house.steering.move("call-a", "support", "vip", MA) == "moved"


def test_an_agent_who_cannot_be_rung_after_all_leaves_the_call_where_it_was() -> None:
    house = House(1)
    house.floor.able = False
    ticket = house.join("a")
    with pytest.raises(NotFree):
        house.steering.give("call-a", "support", 1, MA)
    assert (ticket.match, house.desk.position(ticket)) == (None, 1)


def test_a_hurried_call_goes_first_and_the_board_hears_of_it() -> None:
    house = House(1)
    house.join("a")
    house.now += 30
    ticket = house.join("b")
    assert house.desk.position(ticket) == 2
    house.steering.prioritise("call-b", "support", 60, MA)
    assert house.desk.position(ticket) == 1
    (steered,) = [e for e in house.events if isinstance(e, CallSteered)]
    assert (steered.what, steered.priority, steered.user) == ("prioritised", 60, 7)


def test_what_cannot_be_is_refused_by_name_and_nothing_has_happened() -> None:
    house = House(1)
    house.join("a")
    with pytest.raises(InvalidInput) as no_queue:
        house.steering.move("call-a", "support", "nowhere", MA)
    with pytest.raises(InvalidInput) as same:
        house.steering.move("call-a", "support", "support", MA)
    with pytest.raises(InvalidInput) as no_agent:
        house.steering.give("call-a", "support", 77, MA)
    assert [e.value.field for e in (no_queue, same, no_agent)] == ["queue", "queue", "agent"]
    with pytest.raises(NotFound):
        house.steering.move("call-never", "support", "vip", MA)
    assert late(house, "call-gone")["became"] == "gone"
    assert late(house, "call-a", seen_in="vip")["queue"] == "support"
    assert house.events == []
