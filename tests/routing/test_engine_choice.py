"""Decisions worked out by hand: whom each strategy names, the reasons given, who may be chosen."""

from __future__ import annotations

from typing import Any

import pytest

from routing.engine import Cause, Engine, Need, QueuePlan, Strategy
from tests.routing.house import call, house, pair, seat, seat_free

# --- strategies ---


def _order(strategy: Strategy, **more: Any) -> list[int]:
    """Agents 1 to 4 with different pasts are free; who gets four calls, one after the other.

    Idle since: 1 longest, then 3, 2, 4. Last calls: 2, 4, 1; agent 3 had none. Calls today:
    3 none, 4 one, 1 two, 2 three. English: 1 level 1, 2 level 3, 3 level 2, 4 none. Rank: 4 is
    0, 2 is 1, 1 and 3 are 2.
    """
    engine = house(QueuePlan("sales", strategy=strategy))
    for agent, at, times in ((2, 10.0, 3), (4, 20.0, 1), (1, 30.0, 2)):
        for _ in range(times):
            engine.handled(agent, at)
    seat_free(engine, 1, since=40.0, rank=2, en=1)
    seat_free(engine, 2, since=60.0, rank=1, en=3)
    seat_free(engine, 3, since=50.0, rank=2, en=2)
    seat_free(engine, 4, since=70.0, rank=0)
    matches = [engine.add(call(name, **more), 100.0) for name in "abcd"]
    return [match.agent for match in matches if match]


def test_longest_idle() -> None:
    assert _order(Strategy.LONGEST_IDLE) == [1, 3, 2, 4]


def test_least_recent() -> None:
    assert _order(Strategy.LEAST_RECENT) == [3, 2, 4, 1]


def test_fewest_calls() -> None:
    assert _order(Strategy.FEWEST_CALLS) == [3, 4, 1, 2]


def test_best_skill() -> None:
    relaxed = (Need("en", 1, 0.0),)
    assert _order(Strategy.BEST_SKILL, required=relaxed) == [2, 3, 1, 4]


def test_best_skill_without_any_asked_for_is_longest_idle() -> None:
    assert _order(Strategy.BEST_SKILL) == [1, 3, 2, 4]


def test_ordered() -> None:
    assert _order(Strategy.ORDERED) == [4, 2, 1, 3]


def test_round_robin_goes_by_rank_and_number() -> None:
    assert _order(Strategy.ROUND_ROBIN) == [4, 2, 1, 3]


def test_round_robin_goes_on_after_who_had_the_last() -> None:
    engine = house(QueuePlan("sales", strategy=Strategy.ROUND_ROBIN))
    for agent in (1, 2, 3):
        seat_free(engine, agent)
    served = []
    for number in range(7):
        match = engine.add(call(f"w{number}"), float(number))
        assert match is not None
        served.append(match.agent)
        engine.free(match.agent, 0.0, float(number))
    assert served == [1, 2, 3, 1, 2, 3, 1]


def test_a_new_day_forgets_the_calls_of_the_old() -> None:
    engine = house(QueuePlan("sales", strategy=Strategy.FEWEST_CALLS))
    engine.handled(1, 0.0)
    seat_free(engine, 1, since=1.0)
    seat_free(engine, 2, since=2.0)
    engine.new_day()
    assert pair(engine.add(call("a"), 3.0)) == ("a", 1)


def test_a_call_counted_for_somebody_free_moves_them_back() -> None:
    engine = house(QueuePlan("sales", strategy=Strategy.FEWEST_CALLS))
    seat_free(engine, 1, since=1.0)
    seat_free(engine, 2, since=2.0)
    assert pair(engine.add(call("a"), 3.0)) == ("a", 1)
    engine.free(1, 1.0, 3.0)
    engine.handled(1, 3.0)
    assert pair(engine.add(call("b"), 4.0)) == ("b", 2)


def test_of_equally_long_idle_the_one_whose_last_offer_is_oldest() -> None:
    engine = house()
    seat_free(engine, 1)
    assert pair(engine.add(call("a"), 10.0)) == ("a", 1)
    engine.free(1, 0.0, 20.0)
    seat_free(engine, 2)
    assert pair(engine.add(call("b"), 30.0)) == ("b", 2)


def test_idle_counts_over_all_queues() -> None:
    engine = house(QueuePlan("sales"), QueuePlan("other"))
    seat_free(engine, 1, "sales", "other", since=5.0)
    seat_free(engine, 2, "sales", since=1.0)
    assert pair(engine.add(call("a"), 10.0)) == ("a", 2)


def test_each_queue_has_its_own_strategy() -> None:
    engine = house(QueuePlan("sales"), QueuePlan("vip", strategy=Strategy.ORDERED))
    seat_free(engine, 1, "sales", "vip", since=1.0, rank=5)
    seat_free(engine, 2, "sales", "vip", since=2.0, rank=1)
    assert pair(engine.add(call("a", queue="vip"), 3.0)) == ("a", 2)
    assert pair(engine.add(call("b"), 3.0)) == ("b", 1)


# --- reasons ---


def test_a_decision_says_why() -> None:
    engine = house(QueuePlan("sales", weight=2.0))
    for agent in (1, 2, 3):
        seat_free(engine, agent, since=float(agent))
    match = engine.add(call("a", 4.0, priority=7.0), 9.0)
    assert match is not None
    why = match.why
    assert (why.cause, why.strategy) == (Cause.WORK_WAITING, Strategy.LONGEST_IDLE)
    assert (why.urgency, why.runners_up) == (17.0, 2)
    assert (why.wished, why.relaxed, why.preferred) == (False, (), 0)


def test_an_agent_who_became_free_chose_from_all_that_suited() -> None:
    engine = house()
    for number in range(4):
        engine.add(call(f"w{number}"), 0.0)
    engine.add(call("x", required=(Need("en"),)), 0.0)
    seat(engine, 1)
    match = engine.free(1, 1.0, 1.0)
    assert match is not None
    assert (match.why.cause, match.why.strategy) == (Cause.AGENT_FREE, None)
    assert match.why.runners_up == 3


# --- seats ---


def test_nobody_is_given_work_who_is_not_free() -> None:
    engine = house()
    seat(engine, 1)
    assert engine.add(call("a"), 0.0) is None
    assert pair(engine.free(1, 1.0, 1.0)) == ("a", 1)
    assert engine.add(call("b"), 1.0) is None
    engine.remove("b")
    assert engine.free(1, 2.0, 2.0) is None
    engine.busy(1)
    assert engine.add(call("c"), 2.0) is None


def test_who_signed_out_is_given_nothing() -> None:
    engine = house()
    seat_free(engine, 1)
    engine.unseat(1)
    assert engine.add(call("a"), 0.0) is None
    with pytest.raises(ValueError, match="agent 1 has no seat"):
        engine.free(1, 1.0, 1.0)


def test_whoever_is_gone_is_not_given_to_anybody() -> None:
    engine = house()
    engine.add(call("a"), 0.0)
    engine.remove("a")
    engine.remove("a")
    seat(engine, 1)
    assert engine.free(1, 1.0, 1.0) is None


def test_nobody_could_ever_take_it() -> None:
    engine = house()
    hard, soft = (Need("en", 2),), (Need("en", 2, 60.0),)
    assert not engine.servable(call("a"))
    seat(engine, 1, en=1)
    assert engine.servable(call("a"))
    assert engine.servable(call("a", required=soft))
    assert not engine.servable(call("a", required=hard))
    assert engine.servable(call("a", wished=7, wished_until=9.0))
    seat(engine, 2, en=2)
    assert engine.servable(call("a", required=hard))
    engine.unseat(2)
    assert not engine.servable(call("a", required=hard))


def test_a_queue_without_a_plan_has_the_default() -> None:
    engine = Engine()
    seat_free(engine, 1, "new")
    assert pair(engine.add(call("a", queue="new"), 0.0)) == ("a", 1)
