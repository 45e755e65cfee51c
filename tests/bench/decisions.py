"""What one routing decision costs at full load, beside looking at everything for each.

A house of 1,000 agents and 200 queues with 10,000 callers waiting: agents become free, callers
come, some hang up, and time relaxes what they ask for. The real engine and the naive reference of
the tests are told the very same story, and each decision must come out the same.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import quantiles

from callcenter.collector import set_aside
from routing.engine import Engine, Match, Need, QueuePlan, Seat, Strategy, Work
from tests.routing.naive import Naive

AGENTS, WAITING, QUEUES = 1_000, 10_000, 200
SKILLS = [f"skill-{n}" for n in range(24)]
PROFILES = 300  # different combinations of queues and skills among the agents
DECISIONS = 20_000  # of the real engine
NAIVE = 500  # those that both are told
ROUNDS = 4
OF_OURS = 6  # in each round: a few milliseconds are easily disturbed, half a second is not
MINUTE = 60.0

Event = Callable[[Engine | Naive], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """What callers of a queue ask for."""

    queue: str
    required: tuple[Need, ...]
    preferred: tuple[Need, ...]


class House:
    """A story that depends on nothing but its seed, and goes on for as long as one listens."""

    def __init__(self) -> None:
        self.random = random.Random(20)  # noqa: S311 - the same house every time
        self.plans = [
            QueuePlan(
                f"queue-{n}",
                weight=self.random.choice([0.5, 1.0, 1.0, 1.0, 2.0]),
                strategy=self.random.choice(list(Strategy)),
            )
            for n in range(QUEUES)
        ]
        self.kinds = [kind for plan in self.plans for kind in self._kinds(plan.name)]
        profiles = [self._profile() for _ in range(PROFILES)]
        self.seats = [
            Seat(agent, *self.random.choice(profiles), rank=agent % 5) for agent in range(AGENTS)
        ]
        self.born = 0

    def work(self, joined_at: float) -> Work:
        self.born += 1
        kind = self.random.choice(self.kinds)
        wished = self.random.random() < 0.05
        return Work(
            id=f"{self.born:08x}",
            queue=kind.queue,
            joined_at=joined_at,
            priority=self.random.choice([0.0, 0.0, 0.0, 60.0, 300.0]),
            required=kind.required,
            preferred=kind.preferred,
            wished=self.random.randrange(AGENTS) if wished else None,
            wished_until=joined_at + MINUTE if wished else None,
        )

    def _profile(self) -> tuple[frozenset[str], dict[str, int]]:
        queues = self.random.sample(self.plans, self.random.randint(1, 10))
        skills = self.random.sample(SKILLS, self.random.randint(4, 12))
        return (
            frozenset(plan.name for plan in queues),
            {skill: self.random.randint(1, 5) for skill in skills},
        )

    def _kinds(self, queue: str) -> list[Kind]:
        """Six for each queue: nothing special, a language, a product at two levels ..."""
        kinds = [Kind(queue, (), ())]
        for _ in range(5):
            asked = self.random.sample(SKILLS, 3)
            relaxes = self.random.choice([None, MINUTE, 5 * MINUTE])
            kinds.append(
                Kind(
                    queue,
                    tuple(
                        Need(skill, self.random.randint(1, 3), relaxes)
                        for skill in asked[: self.random.randint(1, 2)]
                    ),
                    (Need(asked[2]),),
                )
            )
        return kinds


class Story:
    """What happens in the house, told to any engine; it does not depend on the answers.

    Agents become free and callers come in equal shares, and every tenth time somebody hangs up.
    """

    def __init__(self, house: House, steps: int) -> None:
        self.house = house
        ages = [house.random.uniform(0, 10 * MINUTE) for _ in range(WAITING)]
        self.waiting = [house.work(-age) for age in ages]
        self.events = [self._event(step, 0.05 * step) for step in range(1, steps + 1)]

    def begin(self, engine: Engine | Naive) -> None:
        """Everybody is seated and busy, everybody waits."""
        for plan in self.house.plans:
            engine.plan(plan)
        for seat in self.house.seats:
            engine.seat(seat)
        for work in self.waiting:
            engine.add(work, 0.0)

    def _event(self, step: int, now: float) -> tuple[float, Event]:
        if step % 10 == 0:
            gone = f"{self.house.random.randint(1, self.house.born):08x}"
            return now, lambda engine: engine.remove(gone)
        if step % 2:
            agent = self.house.random.randrange(AGENTS)
            return now, lambda engine: engine.free(agent, now, now)
        work = self.house.work(now)
        return now, lambda engine: engine.add(work, now)


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds of ours at the 99th percentile, and how many times as much the naive one takes.

    All in CPU time: nothing here waits for anything, and others may be at work on the machine.
    """
    set_aside()  # as the service does
    ours, theirs = _against_naive()
    busy = _percentile(_each(Story(House(), DECISIONS)))
    quiet = _percentile(_quiet(House()))
    return {
        "decision": {
            "p99_ms": busy * 1000,
            "quiet_p99_ms": quiet * 1000,
            "naive_vs_ours": theirs / ours,
            "mean_us": ours / NAIVE * 1e6,
            "naive_mean_us": theirs / NAIVE * 1e6,
        }
    }


def _against_naive() -> tuple[float, float]:
    """CPU seconds of the same decisions: ours and the naive one's, each the best of several
    rounds.

    Time passes by itself here: both look at what has relaxed when they are asked to decide. A tick
    of the naive one, which tries everybody on everything, would flatter ours.
    """
    story = Story(House(), NAIVE)
    ours = theirs = float("inf")
    for _ in range(ROUNDS):
        seconds, expected = _cpu(story, Naive())
        theirs = min(theirs, seconds)
        assert sum(answer is not None for answer in expected) > NAIVE / 3
        for _ in range(OF_OURS):
            seconds, matches = _cpu(story, Engine())
            ours = min(ours, seconds)
            said = [m[:2] if isinstance(m, Match) else m for m in matches]
            assert said == expected, "the two do not decide alike"
    return ours, theirs


def _cpu(story: Story, engine: Engine | Naive) -> tuple[float, list[object]]:
    story.begin(engine)
    began = time.process_time()
    answers = [event(engine) for _, event in story.events]
    return time.process_time() - began, answers


def _each(story: Story) -> list[float]:
    """Seconds of every decision, those included that only time has made."""
    engine = Engine()
    story.begin(engine)
    seconds = []
    for now, event in story.events:
        began = time.thread_time()
        due = engine.due()
        if due is not None and due <= now:
            engine.tick(now)
            seconds.append(time.thread_time() - began)
            began = time.thread_time()
        event(engine)
        seconds.append(time.thread_time() - began)
    return seconds


def _quiet(house: House) -> list[float]:
    """The other end: nobody waits, nearly everybody is free, and each caller meets the best."""
    engine, seconds = Engine(), []
    for plan in house.plans:
        engine.plan(plan)
    for seat in house.seats:
        engine.seat(seat)
        engine.free(seat.agent, 0.0, 0.0)
    for step in range(DECISIONS // 2):
        work, now = house.work(float(step)), float(step)
        began = time.thread_time()
        match = engine.add(work, now)
        seconds.append(time.thread_time() - began)
        if match is None:
            engine.remove(work.id)
            continue
        engine.handled(match.agent, now)
        began = time.thread_time()
        engine.free(match.agent, now, now)
        seconds.append(time.thread_time() - began)
    return seconds


def _percentile(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]
