"""What holds on every story: the same input the same decisions, nobody starves, nothing is slow."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.engine import Engine, Need, QueuePlan, Seat, Work
from tests.bench.decisions import House, Story
from tests.routing.house import call, house, seat

DIGEST = """
from hashlib import sha256
from routing.engine import Engine
from tests.bench.decisions import House, Story
story, engine = Story(House(), 600), Engine()
story.begin(engine)
said = [event(engine) or engine.tick(now) for now, event in story.events]
print(sha256(repr(said).encode()).hexdigest())
"""


def test_the_same_input_gives_the_same_decisions_in_any_process() -> None:
    """Hashes of text differ from process to process; no decision may hang on them."""
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@given(
    weight=st.sampled_from([0.5, 1.0, 3.0]),
    handling=st.integers(1, 30),
    privilege=st.integers(0, 500),
    queues=st.integers(1, 3),
)
@settings(max_examples=40, deadline=None)
def test_nobody_waits_longer_than_the_privilege_of_the_others_allows(
    weight: float, handling: int, privilege: int, queues: int
) -> None:
    """Overload: one agent, and with each call that ends a more privileged caller comes to each
    queue. Those cannot all be served; but who joined before all that are more urgent is."""
    names = [f"q{number}" for number in range(queues)]
    engine = house(*(QueuePlan(name, weight) for name in names))
    seat(engine, 1, *names)
    engine.add(call("plain", 0.0, names[0]), 0.0)
    now, turn = 0.0, 0
    while engine.waiting(names[0]) and now < 10_000:
        for name in names:
            engine.add(call(f"{turn}-{name}", now, name, priority=float(privilege)), now)
        match = engine.free(1, now, now)
        assert match is not None
        if match.work == "plain":
            break
        now, turn = now + handling, turn + 1
    # Served are, before it, those who joined until its age outweighs their privilege.
    rivals = (privilege / weight / handling + 1) * queues
    assert now <= rivals * handling


@given(order=st.permutations(range(8)), ages=st.lists(st.integers(0, 3), min_size=8, max_size=8))
@settings(max_examples=60, deadline=None)
def test_the_order_is_in_the_work_and_not_in_how_it_was_told(
    order: list[int], ages: list[int]
) -> None:
    works = [call(f"w{number}", float(ages[number])) for number in range(8)]
    engine = house()
    for number in order:
        engine.add(works[number], 10.0)
    seat(engine, 1)
    served = [engine.free(1, 10.0, 10.0) for _ in works]
    expected = sorted(works, key=lambda work: (work.joined_at, work.id))
    assert [match.work for match in served if match] == [work.id for work in expected]


def test_nothing_is_kept_of_what_has_gone() -> None:
    """A house that was full and is empty again holds no item, wish or ban."""
    story, engine = Story(House(), 300), Engine()
    story.begin(engine)
    for work in story.waiting[:500]:
        engine.remove(work.id)
        engine.put_back(work, 0.0, 3, 50.0)
    for now, event in story.events:
        event(engine)
        engine.tick(now)
    for number in range(story.house.born + 1):
        engine.remove(f"{number:08x}")
    lines = engine._lines
    assert not lines.items
    assert not lines.personal
    assert not lines.banned
    assert engine.due() is None
    assert not lines._changes
    for plan in story.house.plans:
        engine.plan(plan)
    assert not any(line.demands for line in lines.of.values())
    for agent in range(len(story.house.seats)):
        engine.unseat(agent)
    assert not any(line.profiles for line in lines.of.values())


def _slowest(seconds: list[float]) -> float:
    """The median: what a decision takes when nothing else disturbs the machine."""
    return sorted(seconds)[len(seconds) // 2]


def test_a_house_in_which_no_two_agents_are_alike_is_not_slow() -> None:
    """Everybody is in one queue with skills of their own, and all are free."""
    engine = Engine()
    for agent in range(1000):
        skills = {f"s{bit}": 1 for bit in range(10) if agent >> bit & 1}
        engine.seat(Seat(agent, frozenset({"sales"}), skills))
        engine.free(agent, float(agent), 1000.0)
    seconds = []
    for number in range(200):
        work = Work(f"w{number}", "sales", 2000.0, preferred=(Need("s1"), Need("s2")))
        began = time.process_time()
        match = engine.add(work, 2000.0)
        seconds.append(time.process_time() - began)
        assert match is not None
        engine.free(match.agent, 2000.0 + number, 2000.0)
    assert _slowest(seconds) < 0.005


def test_one_queue_with_everybody_in_it_is_not_slow() -> None:
    """10,000 wait in one line, a tenth of them not for the agent who becomes free."""
    engine = Engine()
    engine.seat(Seat(1, frozenset({"sales"}), {}))
    works = [Work(f"w{number:05}", "sales", float(number)) for number in range(10_000)]
    for number, work in enumerate(works):
        engine.put_back(work, 0.0, 1 if number < 1000 else None, 1e9)
    seconds = []
    for _ in range(200):
        began = time.process_time()
        match = engine.free(1, 0.0, 20_000.0)
        seconds.append(time.process_time() - began)
        assert match is not None
    assert _slowest(seconds) < 0.001
