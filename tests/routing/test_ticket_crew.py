"""Who gets which ticket: skills, urgency and capacity, decided by the engine of the calls."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.engine import Need, Strategy
from routing.ticket_crew import (
    GIVEN_BACK,
    HORIZON,
    Hand,
    TicketCrew,
    TicketPlan,
    Waiting,
    queue_for,
    urgency,
)

DAY = 86_400.0


def plan(id_: int = 1, *agents: int, **values: Any) -> TicketPlan:
    usual: dict[str, Any] = {"id": id_, "name": f"q{id_}", "agents": frozenset(agents)}
    return TicketPlan(**(usual | values))


def ticket(id_: int, joined_at: float = 0.0, **values: Any) -> Waiting:
    usual: dict[str, Any] = {"ticket": id_, "version": 1, "joined_at": joined_at, "priority": 2}
    return Waiting(**(usual | values))


def crew(*plans: TicketPlan, hands: dict[int, Hand] | None = None) -> TicketCrew:
    made = TicketCrew()
    agents = {agent for one in plans for agent in one.agents}
    made.arrange(plans, hands or {agent: Hand() for agent in agents}, 0.0)
    return made


def pairs(made: TicketCrew) -> list[tuple[int, int]]:
    return [(one.ticket, one.agent) for one in made.take()]


def test_a_ticket_waits_for_somebody_who_is_ready() -> None:
    made = crew(plan(1, 7))
    made.waiting([ticket(1)], 0.0)
    assert pairs(made) == []
    made.ready(7, 5.0, 5.0)
    assert pairs(made) == [(1, 7)]


def test_nobody_gets_more_than_they_can_work_at_once() -> None:
    made = crew(plan(1, 7), hands={7: Hand(capacity=3)})
    made.loads({7: 1}, 0.0)
    made.ready(7, 0.0, 0.0)
    made.waiting([ticket(n) for n in range(1, 6)], 0.0)
    assert pairs(made) == [(1, 7), (2, 7)]
    made.loads({7: 2}, 1.0)  # one was resolved
    assert pairs(made) == [(3, 7)]


def test_capacity_nought_gets_none() -> None:
    made = crew(plan(1, 7), hands={7: Hand(capacity=0)})
    made.ready(7, 0.0, 0.0)
    made.waiting([ticket(1)], 0.0)
    assert pairs(made) == []


def test_tickets_go_around() -> None:
    made = crew(plan(1, 7, 8), hands={7: Hand(capacity=5), 8: Hand(capacity=5)})
    made.ready(7, 0.0, 1.0)
    made.ready(8, 1.0, 1.0)
    for n in range(1, 5):
        made.waiting([ticket(n)], 1.0 + n)
    assert pairs(made) == [(1, 7), (2, 8), (3, 7), (4, 8)]


def test_the_most_urgent_goes_first() -> None:
    made = crew(plan(1, 7), hands={7: Hand(capacity=1)})
    old, urgent = ticket(1, 0.0), ticket(2, 3600.0, priority=4)
    made.waiting([old, urgent], 3600.0)
    made.ready(7, 3600.0, 3600.0)
    assert pairs(made) == [(2, 7)]


def test_the_earliest_promise_goes_first() -> None:
    soon, later = ticket(1, 100.0, due=2000.0), ticket(2, 0.0, due=50_000.0)
    none = ticket(3, 0.0)
    assert urgency(soon) - 100.0 > urgency(later) > urgency(none)
    assert urgency(ticket(4, 0.0, due=HORIZON)) == urgency(none)


def test_skills_decide_who() -> None:
    needs = (Need("billing", 3),)
    made = crew(
        plan(1, 7, 8, required=needs), hands={7: Hand({"billing": 2}), 8: Hand({"billing": 3})}
    )
    made.ready(7, 0.0, 9.0)
    made.ready(8, 5.0, 9.0)
    made.waiting([ticket(1, 9.0)], 9.0)
    assert pairs(made) == [(1, 8)]


def test_a_need_that_relaxes_lets_others_in() -> None:
    made = crew(plan(1, 7, required=(Need("billing", 3, after=60.0),)))
    made.ready(7, 0.0, 0.0)
    made.waiting([ticket(1)], 0.0)
    assert pairs(made) == []
    assert made.due() == 60.0
    made.tick(60.0)
    assert pairs(made) == [(1, 7)]


def test_a_ticket_that_was_given_back_goes_to_somebody_else() -> None:
    made = crew(plan(1, 7, 8))
    made.ready(7, 0.0, 0.0)
    made.waiting([ticket(1)], 0.0)
    assert pairs(made) == [(1, 7)]
    made.waiting([], 1.0)
    made.waiting([ticket(1, version=3)], 2.0)  # it is nobody's again
    assert pairs(made) == []
    made.ready(8, 3.0, 3.0)
    assert pairs(made) == [(1, 8)]


def test_what_is_decided_and_not_yet_written_down_waits_no_more() -> None:
    made = crew(plan(1, 7, 8), hands={7: Hand(capacity=1), 8: Hand(capacity=1)})
    made.ready(7, 0.0, 0.0)
    made.waiting([ticket(1)], 0.0)
    made.waiting([ticket(1)], 0.0)  # read before the decision was
    made.ready(8, 1.0, 1.0)
    assert pairs(made) == [(1, 7)]


def test_alone_one_gets_it_back_after_a_while() -> None:
    made = crew(plan(1, 7))
    made.ready(7, 0.0, 0.0)
    made.waiting([ticket(1)], 0.0)
    made.take()
    made.waiting([ticket(1, version=3)], 2.0)
    assert pairs(made) == []
    made.tick(2.0 + GIVEN_BACK)
    assert pairs(made) == [(1, 7)]


def test_what_could_not_be_given_was_not_given_back() -> None:
    made = crew(plan(1, 7))
    made.ready(7, 0.0, 0.0)
    made.waiting([ticket(1)], 0.0)
    made.take()
    made.refused(1)
    made.loads({}, 1.0)
    made.waiting([ticket(1, version=2)], 1.0)
    (again,) = made.take()
    assert (again.ticket, again.version, again.agent) == (1, 2, 7)


def test_who_leaves_gets_none_and_the_queue_that_is_gone_gives_none() -> None:
    made = crew(plan(1, 7))
    made.ready(7, 0.0, 0.0)
    made.ready(7, None, 1.0)
    made.waiting([ticket(1)], 1.0)
    assert pairs(made) == []
    made.arrange([], {7: Hand()}, 2.0)
    made.ready(7, 3.0, 3.0)
    made.waiting([ticket(1)], 3.0)
    assert pairs(made) == []


def test_the_nearest_category_decides_the_queue() -> None:
    all_, some, near = (
        plan(1),
        plan(2, categories=frozenset({10})),
        plan(3, categories=frozenset({12})),
    )
    plans = [near, some, all_]
    assert queue_for(ticket(1, way=(12, 11, 10)), plans) is near
    assert queue_for(ticket(1, way=(11, 10)), plans) is some
    assert queue_for(ticket(1, way=(99,)), plans) is all_
    assert queue_for(ticket(1), plans) is all_
    assert queue_for(ticket(1, way=(99,)), [some, near]) is None


@settings(max_examples=200, deadline=None)
@given(
    capacities=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    deeds=st.lists(
        st.tuples(st.sampled_from(["come", "ready", "away", "done", "back"]), st.integers(0, 9)),
        max_size=60,
    ),
)
def test_whatever_happens_each_ticket_has_one_and_nobody_too_many(
    capacities: list[int], deeds: list[tuple[str, int]]
) -> None:
    """Everything that is decided is written down at once, as a database would."""
    hands = {agent: Hand(capacity=most) for agent, most in enumerate(capacities, 1)}
    made = TicketCrew()
    made.arrange([plan(1, *hands, strategy=Strategy.LONGEST_IDLE)], hands, 0.0)
    waiting: dict[int, Waiting] = {}
    owned: dict[int, int] = {}
    ready: set[int] = set()
    for now, (deed, which) in enumerate(deeds, 1):
        agent = which % len(hands) + 1
        mine = sorted(one for one, owner in owned.items() if owner == agent)
        if deed == "come":
            waiting[now] = ticket(now, float(now))
        elif deed in {"ready", "away"}:
            (ready.add if deed == "ready" else ready.discard)(agent)
            made.ready(agent, float(now) if deed == "ready" else None, float(now))
        elif mine:
            del owned[mine[0]]
            if deed == "back":
                waiting[mine[0]] = ticket(mine[0], float(mine[0]), version=now)
        loads = {one: sum(owner == one for owner in owned.values()) for one in hands}
        for given_ in made.take():  # by the older picture
            loads = _write(given_.ticket, given_.agent, waiting, owned, loads)
        made.loads(loads, float(now))
        made.waiting(list(waiting.values()), float(now))
        for given_ in made.take():
            assert given_.ticket in waiting
            assert given_.agent in ready
            loads = _write(given_.ticket, given_.agent, waiting, owned, loads)
        assert all(loads[one] <= hand.capacity for one, hand in hands.items())
        made.loads(loads, float(now))


def _write(
    id_: int, agent: int, waiting: dict[int, Waiting], owned: dict[int, int], loads: dict[int, int]
) -> dict[int, int]:
    if waiting.pop(id_, None) is None:
        return loads
    owned[id_] = agent
    return {**loads, agent: loads[agent] + 1}
