"""Small days worked out by hand: who is answered when, and by whom."""

from __future__ import annotations

import pytest

from callcenter.events import QueueExit
from tests.routing.simulate.told import agents, answers, queue, scenario, watched

# The calls of queue number n are n-0000000, n-0000001, ... ; agents are numbered from 1.


def call(queue: int, number: int) -> str:
    return f"{queue}-{number:07d}"


def test_a_priority_goes_ahead_of_who_waits_longer() -> None:
    told = scenario(
        [queue("normal", calls_at=[0, 10]), queue("key", calls_at=[20], priority=600)],
        [agents(queues=["normal", "key"])],
    )
    happened, result = watched(told)
    assert answers(happened) == {call(0, 0): (0, 1), call(1, 0): (100, 1), call(0, 1): (200, 1)}
    assert result.queues["normal"].asa == pytest.approx((0 + 190) / 2)
    assert result.queues["key"].asa == pytest.approx(80)
    assert result.total.wait_probability == pytest.approx(2 / 3)
    assert result.total.service_level == pytest.approx(1 / 3)  # within 20 s


def test_a_priority_is_a_lead_in_seconds_not_a_right() -> None:
    """Sixty seconds of lead: who came seventy earlier still goes first, so nobody starves."""
    told = scenario(
        [queue("normal", calls_at=[0, 10]), queue("key", calls_at=[80], priority=60)],
        [agents(queues=["normal", "key"])],
    )
    happened, _ = watched(told)
    assert answers(happened)[call(0, 1)] == (100, 1)


@pytest.mark.parametrize(("joined", "first"), [(60, call(1, 0)), (70, call(0, 1))])
def test_in_a_heavy_queue_waiting_counts_more(joined: float, first: str) -> None:
    """At 100, ninety seconds at weight 1 are worth less than forty at 3, and as many as thirty."""
    told = scenario(
        [queue("light", calls_at=[0, 10 - 1e-3]), queue("heavy", calls_at=[joined], weight=3)],
        [agents(queues=["light", "heavy"])],
    )
    happened, _ = watched(told)
    assert answers(happened)[first] == (100, 1)


def test_a_required_skill_waits_for_who_has_it() -> None:
    told = scenario(
        [queue("q", calls_at=[0, 10], required=[{"skill": "english", "level": 2}])],
        [agents("some", skills={"english": 1}), agents("fluent", skills={"english": 3})],
    )
    happened, result = watched(told)
    assert answers(happened) == {call(0, 0): (0, 2), call(0, 1): (100, 2)}
    assert result.total.occupancy == pytest.approx(200 / 7200)  # two agents, an hour


def test_a_need_relaxes_when_its_time_has_come() -> None:
    told = scenario(
        [queue("q", calls_at=[0, 10], required=[{"skill": "english", "after": 30}])],
        [agents("plain"), agents("fluent", skills={"english": 1})],
    )
    happened, _ = watched(told)
    assert answers(happened) == {call(0, 0): (0, 2), call(0, 1): (40, 1)}


def test_a_preferred_skill_outranks_the_longest_idle() -> None:
    told = scenario(
        [queue("q", calls_at=[50, 60], preferred=[{"skill": "english"}])],
        [agents("plain"), agents("fluent", skills={"english": 1}, shifts=["00:00-01:00"])],
    )
    happened, _ = watched(told)
    assert answers(happened) == {call(0, 0): (50, 2), call(0, 1): (60, 1)}


def test_the_ordered_strategy_goes_by_rank() -> None:
    told = scenario(
        [queue("q", calls_at=[0, 1, 200], strategy="ordered")],
        [agents("second", rank=2), agents("first", rank=1)],
    )
    happened, _ = watched(told)
    assert [agent for _, agent in answers(happened).values()] == [2, 1, 2]


def test_whose_time_is_over_goes_on_and_is_not_made_younger() -> None:
    """Joined at 10, sent on at 70: at 100 older than the one who joined the other queue at 20."""
    told = scenario(
        [
            queue("a", calls_at=[10], max_wait=60, when_timed_out={"kind": "queue", "target": "b"}),
            queue("b", calls_at=[0, 20]),
        ],
        [agents("b", queues=["b"]), agents("asleep", queues=["a"], shifts=["00:30-00:31"])],
        begins="00:00",
    )
    happened, _ = watched(told)
    left = [one for one in happened if one.what == "left"]
    # nobody of queue a is there at all: at once, not after the timeout
    assert [(one.at, one.exit) for one in left] == [(10, QueueExit.EMPTY)]
    told = scenario(
        [
            queue("a", calls_at=[5, 10], max_wait=60,
                  when_timed_out={"kind": "queue", "target": "b"}),
            queue("b", calls_at=[0, 20]),
        ],
        [agents("b", queues=["b"]), agents("a", queues=["a"])],
    )  # fmt: skip
    happened, result = watched(told)
    left = [one for one in happened if one.what == "left"]
    assert [(one.call, one.at, one.exit) for one in left] == [(call(0, 1), 70, QueueExit.TIMED_OUT)]
    assert answers(happened)[call(0, 1)] == (100, 1)
    assert answers(happened)[call(1, 1)] == (200, 1)
    assert result.queues["b"].offered == 3
    assert result.queues["b"].asa == pytest.approx((0 + 30 + 180) / 3)  # from joining each queue


def test_a_full_queue_sends_on_at_once() -> None:
    told = scenario([queue("q", calls_at=[0, 1, 2, 3], max_waiting=1)], [agents()])
    happened, result = watched(told)
    assert [(one.call, one.at) for one in happened if one.what == "left"] == [
        (call(0, 2), 2),
        (call(0, 3), 3),
    ]
    assert result.total.exits == {QueueExit.ANSWERED: 2, QueueExit.OVERFLOW: 2}


def test_callers_go_when_their_patience_is_over_and_short_ones_count_apart() -> None:
    told = scenario(
        [queue("q", calls_at=[0, 1, 2], patience={"kind": "recorded", "values": [4]})], [agents()]
    )
    happened, result = watched(told)
    assert [(one.at, one.exit) for one in happened if one.what == "left"] == [
        (5, QueueExit.ABANDONED),
        (6, QueueExit.ABANDONED),
    ]
    assert result.total.abandon_rate == pytest.approx(2 / 3)
    assert result.total.service_level == pytest.approx(1.0)  # 1 / (1 + 2 - 2)


def test_who_lets_it_ring_is_not_asked_again_at_once_and_then_set_not_ready() -> None:
    """Rung for 20 s, again after 10 s, rung for 20 s: not ready until 300 s later."""
    told = scenario([queue("q", calls_at=[0])], [agents(misses=1.0, returns_after=300)], hours=0.2)
    happened, result = watched(told)
    offered = [one.at for one in happened if one.what == "offered"]
    assert offered[:4] == [0, 30, 350, 380]
    assert result.total.exits == {QueueExit.LOST: 1}


def test_a_missed_call_goes_to_somebody_else_in_its_old_place() -> None:
    told = scenario(
        [queue("q", calls_at=[0, 1], handling=24)],
        [agents("asleep", misses=1.0), agents("awake", shifts=["00:00-01:00"])],
    )
    happened, _ = watched(told)
    # 0 rings at agent 1 until 20, while agent 2 has 1 until 25 and is the other who then takes it
    assert answers(happened) == {call(0, 1): (1, 2), call(0, 0): (25, 2)}


def test_a_shift_that_ends_in_a_call_ends_after_it_and_who_waits_goes_on() -> None:
    told = scenario([queue("q", calls_at=[50, 55])], [agents(shifts=["00:00-00:01"])])
    happened, result = watched(told)
    assert [(one.what, one.at) for one in happened if one.what in {"ended", "left"}] == [
        ("ended", 150),
        ("left", 150),
    ]
    assert result.total.exits[QueueExit.EMPTY] == 1
    assert result.total.occupancy == pytest.approx(100 / 150)


def test_wrap_up_comes_before_the_next_call() -> None:
    told = scenario([queue("q", calls_at=[0, 10], wrap_up=30)], [agents()])
    happened, result = watched(told)
    assert answers(happened)[call(0, 1)] == (130, 1)
    assert result.total.aht == pytest.approx(130)
    assert result.total.occupancy == pytest.approx(260 / 3600)


def test_calls_of_the_warm_up_are_served_but_not_counted() -> None:
    told = scenario([queue("q", calls_at=[0, 50, 200])], [agents()], warm_up=100)
    _, result = watched(told)
    assert result.total.offered == 1
    assert result.total.occupancy == pytest.approx(200 / 3500)  # 100-200, and 200-300


def test_the_ring_before_the_answer_is_part_of_the_wait() -> None:
    told = scenario([queue("q", calls_at=[10])], [agents(answers_after=4)])
    happened, result = watched(told)
    assert answers(happened) == {call(0, 0): (14, 1)}
    assert result.total.asa == pytest.approx(4)


def test_nobody_is_sent_in_circles() -> None:
    there = {"kind": "queue", "target": "b"}
    back = {"kind": "queue", "target": "a"}
    told = scenario([queue("a", calls_at=[0], when_empty=there), queue("b", when_empty=back)], [])
    happened, _ = watched(told)
    assert happened[-1].what == "left"
    assert sum(one.what == "joined" for one in happened) == 10
