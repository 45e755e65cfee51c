"""Decisions worked out by hand: urgency, skills, relaxation, wishes, failed offers."""

from __future__ import annotations

import pytest

from routing.engine import Cause, Need, QueuePlan
from tests.routing.house import call, house, pair, seat, seat_free

# --- urgency ---


def test_the_oldest_goes_first() -> None:
    engine = house()
    for name, joined_at in (("b", 5.0), ("a", 3.0), ("c", 8.0)):
        assert engine.add(call(name, joined_at), 10.0) is None
    seat(engine, 1)
    served = []
    for _ in range(3):
        match = engine.free(1, 10.0, 10.0)
        assert match is not None
        served.append(match.work)
    assert served == ["a", "b", "c"]


def test_priority_is_seconds_of_waiting_given_as_a_present() -> None:
    engine = house()
    engine.add(call("plain", 0.0), 0.0)
    engine.add(call("gold", 60.0, priority=59.0), 60.0)
    seat(engine, 1)
    assert pair(engine.free(1, 60.0, 60.0)) == ("plain", 1)
    engine.add(call("plain", 0.0), 60.0)
    engine.remove("gold")
    engine.add(call("gold", 60.0, priority=61.0), 60.0)
    assert pair(engine.free(1, 60.0, 60.0)) == ("gold", 1)


def test_a_queue_of_twice_the_weight_ages_twice_as_fast() -> None:
    engine = house(QueuePlan("slow"), QueuePlan("fast", weight=2.0))
    engine.add(call("s", 0.0, "slow"), 0.0)
    engine.add(call("f", 40.0, "fast"), 40.0)
    seat(engine, 1, "slow", "fast")
    at = 79.0  # 79 against 2 * 39 = 78
    assert pair(engine.free(1, at, at)) == ("s", 1)
    engine.add(call("s", 0.0, "slow"), at)
    at = 81.0  # 81 against 2 * 41 = 82
    assert pair(engine.free(1, at, at)) == ("f", 1)


def test_of_equals_the_one_who_joined_first_goes_first() -> None:
    engine = house()
    engine.add(call("late", 10.0, priority=10.0), 10.0)
    engine.add(call("early", 0.0), 10.0)
    seat(engine, 1)
    assert pair(engine.free(1, 20.0, 20.0)) == ("early", 1)


def test_another_weight_puts_what_waits_in_order_again() -> None:
    engine = house()
    engine.add(call("old", 0.0), 0.0)
    engine.add(call("dear", 50.0, priority=70.0), 50.0)
    assert engine.position("dear", 60.0) == 1
    engine.plan(QueuePlan("sales", weight=2.0))
    assert engine.position("dear", 60.0) == 2
    seat(engine, 1)
    assert pair(engine.free(1, 60.0, 60.0)) == ("old", 1)


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
def test_a_weight_with_which_somebody_could_wait_for_ever_is_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="'sales'"):
        QueuePlan("sales", weight)


def test_nobody_starves_behind_a_stream_of_the_privileged() -> None:
    """Each newcomer has 600 s of priority; who joined at 0 is served when those are over."""
    engine = house()
    seat(engine, 1)
    engine.add(call("plain", 0.0), 0.0)
    for second in range(0, 1000, 10):
        now = float(second)
        engine.add(call(f"gold-{second}", now, priority=600.0), now)
        match = engine.free(1, now, now)
        assert match is not None
        if match.work == "plain":
            break
    assert now == 600.0


def test_the_position_counts_within_the_queue() -> None:
    engine = house(QueuePlan("sales"), QueuePlan("other"))
    engine.add(call("a", 0.0), 0.0)
    engine.add(call("x", 0.0, "other"), 0.0)
    engine.add(call("b", 1.0, required=(Need("en"),)), 1.0)
    engine.add(call("c", 2.0, priority=5.0), 2.0)
    assert [engine.position(name, 3.0) for name in ("c", "a", "b", "x")] == [1, 2, 3, 1]
    assert (engine.waiting("sales"), engine.waiting("other"), engine.waiting("no")) == (3, 1, 0)
    engine.remove("c")
    assert engine.position("b", 3.0) == 2


# --- skills ---


def test_what_is_required_must_be_there_at_its_level() -> None:
    engine = house()
    seat_free(engine, 1)
    seat_free(engine, 2, en=2)
    seat_free(engine, 3, en=3)
    wants = (Need("en", 3),)
    assert pair(engine.add(call("a", required=wants), 0.0)) == ("a", 3)
    assert engine.add(call("b", required=wants), 0.0) is None


def test_nobody_takes_a_call_of_a_queue_they_are_not_in() -> None:
    engine = house()
    seat_free(engine, 1, "other", en=9)
    assert engine.add(call("a", required=(Need("en"),)), 0.0) is None
    assert engine.add(call("b", wished=1), 0.0) is None


def test_who_becomes_free_takes_the_most_urgent_they_are_able_to() -> None:
    engine = house()
    engine.add(call("a", 0.0, required=(Need("en"), Need("vip"))), 9.0)
    engine.add(call("b", 1.0, required=(Need("en"),)), 9.0)
    engine.add(call("c", 2.0), 9.0)
    seat(engine, 1, en=1)
    assert pair(engine.free(1, 10.0, 10.0)) == ("b", 1)


def test_more_of_the_preferred_goes_before_longer_idle() -> None:
    engine = house()
    seat_free(engine, 1, since=0.0)
    seat_free(engine, 2, since=5.0, en=1)
    seat_free(engine, 3, since=9.0, en=1, vip=1)
    likes = (Need("en"), Need("vip"))
    served = [engine.add(call(name, preferred=likes), 10.0) for name in "abc"]
    assert [pair(match) for match in served] == [("a", 3), ("b", 2), ("c", 1)]
    assert [match.why.preferred for match in served if match] == [2, 1, 0]


def test_a_preference_that_has_relaxed_decides_nothing() -> None:
    engine = house()
    seat_free(engine, 1, since=0.0)
    seat_free(engine, 2, since=5.0, en=1)
    assert pair(engine.add(call("a", 0.0, preferred=(Need("en", 1, 10.0),)), 10.0)) == ("a", 1)


def test_new_skills_of_somebody_free_are_used_at_the_next_tick() -> None:
    engine = house()
    seat_free(engine, 1)
    engine.add(call("a", 1.0, required=(Need("en"),)), 1.0)
    assert engine.due() is None
    seat(engine, 1, en=1)
    assert engine.due() == 1.0
    assert [pair(match) for match in engine.tick(2.0)] == [("a", 1)]
    assert engine.due() is None


# --- relaxation ---


def test_a_need_no_longer_counts_after_its_wait() -> None:
    engine = house()
    seat_free(engine, 1)
    engine.add(call("a", 100.0, required=(Need("en", 2, 30.0),)), 100.0)
    assert engine.due() == 130.0
    assert engine.tick(129.9) == []
    (match,) = engine.tick(130.0)
    assert pair(match) == ("a", 1)
    assert match.why.cause is Cause.TIME
    assert match.why.relaxed == (Need("en", 2, 30.0),)


def test_levels_come_down_step_by_step() -> None:
    """Level 5 at first, 3 after 10 s, anybody of the queue after 20 s."""
    engine = house()
    for agent, level in ((1, 1), (3, 3)):
        seat_free(engine, agent, en=level)
    wants = (Need("en", 5, 10.0), Need("en", 3, 20.0))
    for name in ("a", "b"):
        engine.add(call(name, 0.0, required=wants), 0.0)
    assert [pair(match) for match in engine.tick(10.0)] == [("a", 3)]
    assert engine.due() == 20.0
    assert [pair(match) for match in engine.tick(20.0)] == [("b", 1)]


def test_the_more_urgent_of_those_that_relax_together_goes_first() -> None:
    engine = house()
    seat_free(engine, 1)
    engine.add(call("b", 0.0, required=(Need("en", 1, 10.0),)), 0.0)
    engine.add(call("a", 0.0, priority=1.0, required=(Need("en", 1, 10.0),)), 0.0)
    assert [pair(match) for match in engine.tick(10.0)] == [("a", 1)]


def test_who_becomes_free_need_not_wait_for_the_tick() -> None:
    engine = house()
    engine.add(call("a", 0.0, required=(Need("en", 1, 10.0),)), 0.0)
    seat(engine, 1)
    assert pair(engine.free(1, 10.0, 10.0)) == ("a", 1)
    assert engine.tick(10.0) == []


def test_what_waited_before_is_counted_when_it_comes() -> None:
    engine = house()
    seat_free(engine, 1)
    assert pair(engine.add(call("a", 0.0, required=(Need("en", 1, 10.0),)), 50.0)) == ("a", 1)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_work_that_has_no_place_in_any_order_is_refused(bad: float) -> None:
    engine = house()
    engine.add(call("a"), 0.0)
    with pytest.raises(ValueError, match="'b' has no place"):
        engine.add(call("b", 0.0, priority=bad), 0.0)
    with pytest.raises(ValueError, match="'b' has no place"):
        engine.add(call("b", bad), 0.0)
    assert engine.waiting("sales") == 1


# --- wishes ---


def test_the_wished_agent_is_waited_for() -> None:
    engine = house()
    seat(engine, 1)
    seat_free(engine, 2)
    assert engine.add(call("a", 0.0, wished=1, wished_until=20.0), 0.0) is None
    match = engine.free(1, 5.0, 5.0)
    assert pair(match) == ("a", 1)
    assert match is not None
    assert match.why.wished


def test_after_the_time_anybody_will_do() -> None:
    engine = house()
    seat(engine, 1)
    seat_free(engine, 2)
    engine.add(call("a", 0.0, wished=1, wished_until=20.0), 0.0)
    assert engine.due() == 20.0
    assert [pair(match) for match in engine.tick(20.0)] == [("a", 2)]


def test_what_waits_for_them_goes_before_what_is_more_urgent() -> None:
    engine = house()
    engine.add(call("old", 0.0), 50.0)
    seat(engine, 1)
    engine.add(call("mine", 40.0, wished=1), 50.0)
    assert pair(engine.free(1, 50.0, 50.0)) == ("mine", 1)
    assert pair(engine.free(1, 50.0, 50.0)) == ("old", 1)


def test_the_wished_agent_too_needs_what_is_required() -> None:
    engine = house()
    seat_free(engine, 1)
    engine.add(call("a", 0.0, wished=1, required=(Need("en", 1, 10.0),)), 0.0)
    assert [pair(match) for match in engine.tick(10.0)] == [("a", 1)]


def test_somebody_who_is_not_there_is_not_waited_for() -> None:
    engine = house()
    seat_free(engine, 2)
    assert pair(engine.add(call("a", 0.0, wished=1, wished_until=20.0), 0.0)) == ("a", 2)


def test_somebody_who_goes_is_no_longer_waited_for() -> None:
    engine = house()
    seat(engine, 1)
    seat_free(engine, 2)
    engine.add(call("a", 0.0, wished=1, wished_until=20.0), 3.0)
    engine.unseat(1)
    assert engine.due() == 3.0
    assert [pair(match) for match in engine.tick(4.0)] == [("a", 2)]


def test_a_wish_for_ever_is_for_that_agent_only() -> None:
    engine = house()
    seat_free(engine, 2)
    assert engine.add(call("a", wished=1), 0.0) is None
    assert not engine.servable(call("a", wished=1))
    seat(engine, 1)
    assert engine.servable(call("a", wished=1))
    assert pair(engine.free(1, 1.0, 1.0)) == ("a", 1)


# --- failed offers ---


def test_it_is_back_at_its_place_and_goes_to_another() -> None:
    engine = house()
    seat_free(engine, 1)
    first = call("a", 0.0)
    assert pair(engine.add(first, 0.0)) == ("a", 1)
    engine.add(call("b", 1.0), 1.0)
    assert engine.put_back(first, 20.0, 1, 30.0) is None
    assert engine.position("a", 20.0) == 1
    assert pair(engine.free(1, 20.0, 20.0)) == ("b", 1)
    seat(engine, 2)
    assert pair(engine.free(2, 21.0, 21.0)) == ("a", 2)


def test_another_who_is_free_is_asked_at_once() -> None:
    engine = house()
    seat_free(engine, 1, since=0.0)
    seat_free(engine, 2, since=1.0)
    work = call("a")
    assert pair(engine.add(work, 2.0)) == ("a", 1)
    assert engine.free(1, 0.0, 3.0) is None
    assert pair(engine.put_back(work, 3.0, 1, 13.0)) == ("a", 2)


def test_with_nobody_else_the_same_is_asked_again_when_the_time_is_over() -> None:
    engine = house()
    seat_free(engine, 1)
    work = call("a")
    engine.add(work, 0.0)
    assert engine.put_back(work, 20.0, 1, 30.0) is None
    assert engine.free(1, 20.0, 20.0) is None
    assert engine.due() == 30.0
    assert [pair(match) for match in engine.tick(30.0)] == [("a", 1)]


def test_after_another_had_the_chance_the_first_may_have_it_again() -> None:
    engine = house()
    seat(engine, 1)
    seat(engine, 2)
    work = call("a")
    engine.put_back(work, 0.0, 1, 60.0)
    assert pair(engine.free(2, 1.0, 1.0)) == ("a", 2)
    engine.put_back(work, 5.0, 2, 65.0)
    assert pair(engine.free(1, 6.0, 6.0)) == ("a", 1)


def test_those_behind_it_are_not_held_up() -> None:
    engine = house()
    seat(engine, 1)
    engine.put_back(call("a", 0.0), 5.0, 1, 60.0)
    engine.put_back(call("b", 1.0), 5.0, 1, 60.0)
    engine.add(call("c", 2.0), 5.0)
    assert pair(engine.free(1, 5.0, 5.0)) == ("c", 1)
    assert engine.free(1, 5.0, 5.0) is None


def test_what_waits_already_cannot_come_again() -> None:
    engine = house()
    engine.add(call("a"), 0.0)
    with pytest.raises(ValueError, match="'a' waits already"):
        engine.add(call("a"), 1.0)


def test_a_wish_does_not_outweigh_a_failed_offer() -> None:
    engine = house()
    seat_free(engine, 1)
    work = call("a", wished=1)
    engine.put_back(work, 0.0, 1, 10.0)
    assert engine.tick(9.0) == []
    assert [pair(match) for match in engine.tick(10.0)] == [("a", 1)]


def test_of_what_time_makes_possible_together_the_wished_goes_first() -> None:
    engine = house()
    seat_free(engine, 1)
    engine.add(call("old", 0.0, required=(Need("en", 1, 60.0),)), 50.0)
    engine.put_back(call("mine", 40.0, wished=1), 50.0, 1, 60.0)
    assert [pair(match) for match in engine.tick(60.0)] == [("mine", 1)]
