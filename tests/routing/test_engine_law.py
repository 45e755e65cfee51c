"""The engine decides what looking at everything would decide, on any story."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from routing.engine import Need, QueuePlan, Seat, Strategy, Work
from tests.routing.both import Both

QUEUES = ["billing", "sales", "support"]
AGENTS = [1, 2, 3, 4, 5]
SKILLS = ["en", "zh"]
# Quarters of a second and weights in powers of two: sums are exact, so ties are ties in both.
SECONDS = st.integers(0, 80).map(lambda n: n / 4)
needs = st.builds(
    Need, skill=st.sampled_from(SKILLS), level=st.integers(0, 3), after=st.none() | SECONDS
)
asked = st.lists(needs, max_size=2).map(tuple)


class SameDecisions(RuleBasedStateMachine):
    """Short stories of anything at all: what fails is cut down to its core."""

    def __init__(self) -> None:
        super().__init__()
        self.both = Both()
        self.born = 0

    @rule(
        plan=st.builds(
            QueuePlan,
            name=st.sampled_from(QUEUES),
            weight=st.sampled_from([0.5, 1.0, 2.0]),
            strategy=st.sampled_from(Strategy),
        )
    )
    def plan(self, plan: QueuePlan) -> None:
        self.both.plan(plan)

    @rule(
        seat=st.builds(
            Seat,
            agent=st.sampled_from(AGENTS),
            queues=st.frozensets(st.sampled_from(QUEUES), max_size=3),
            skills=st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3), max_size=2),
            rank=st.integers(0, 2),
        )
    )
    def seat(self, seat: Seat) -> None:
        self.both.seat(seat)

    @rule(agent=st.sampled_from(AGENTS))
    def unseat(self, agent: int) -> None:
        self.both.unseat(agent)

    @rule(agent=st.sampled_from(AGENTS), idle=SECONDS)
    def free(self, agent: int, idle: float) -> None:
        self.both.free(agent, idle)

    @rule(agent=st.sampled_from(AGENTS))
    def busy(self, agent: int) -> None:
        self.both.busy(agent)

    @rule(agent=st.sampled_from(AGENTS))
    def handled(self, agent: int) -> None:
        self.both.handled(agent)

    @rule()
    def new_day(self) -> None:
        self.both.new_day()

    @rule(
        queue=st.sampled_from(QUEUES),
        age=SECONDS,
        priority=st.integers(-8, 8),
        required=asked,
        preferred=asked,
        wished=st.none() | st.sampled_from(AGENTS),
        patience=st.none() | SECONDS,
    )
    def add(
        self,
        *,
        queue: str,
        age: float,
        priority: int,
        required: tuple[Need, ...],
        preferred: tuple[Need, ...],
        wished: int | None,
        patience: float | None,
    ) -> None:
        self.born += 1
        now = self.both.now
        until = None if patience is None else now + patience
        self.both.add(
            Work(
                id=f"w{self.born}",
                queue=queue,
                joined_at=now - age,
                priority=priority,
                required=required,
                preferred=preferred,
                wished=wished,
                wished_until=until,
            )
        )

    @rule(data=st.data(), ban=st.booleans(), seconds=SECONDS)
    def put_back(self, data: st.DataObject, ban: bool, seconds: float) -> None:
        if self.both.offered:
            name = data.draw(st.sampled_from(sorted(self.both.offered)))
            self.both.put_back(name, ban=ban, seconds=seconds)

    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        if self.both.works:
            self.both.hang_up(data.draw(st.sampled_from(sorted(self.both.works))))

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.both.wait(seconds)

    @invariant()
    def nobody_is_lost(self) -> None:
        self.both.look()


SameDecisions.TestCase.settings = settings(
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestSameDecisions = SameDecisions.TestCase


class Busy:
    """Long stories of a house at work, with more in them than chance alone would bring."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a story, not a secret
        self.both = Both()
        self.born = 0
        for queue in QUEUES:
            self.plan(queue)
        for agent in AGENTS:
            self.seat(agent)

    def run(self, steps: int) -> None:
        kinds = [self.add, self.free, self.put_back, self.hang_up, self.wait, self.handled]
        rare = [self.reseat] * 4 + [self.unseat, self.busy, self.replan, self.both.new_day]
        for step in range(steps):
            if self.random.random() < 0.12:
                self.random.choice(rare)()
            else:
                self.random.choices(kinds, weights=[6, 7, 3, 2, 3, 1])[0]()
            if step % 5 == 0:
                self.both.look()

    def plan(self, queue: str) -> None:
        weight = self.random.choice([0.5, 1.0, 1.0, 2.0])
        self.both.plan(QueuePlan(queue, weight, self.random.choice(list(Strategy))))

    def replan(self) -> None:
        self.plan(self.random.choice(QUEUES))

    def seat(self, agent: int) -> None:
        queues = frozenset(self.random.sample(QUEUES, self.random.choice([1, 2, 3, 3])))
        skills = {
            skill: self.random.randint(1, 3) for skill in SKILLS if self.random.random() < 0.6
        }
        self.both.seat(Seat(agent, queues, skills, self.random.randint(0, 2)))

    def reseat(self) -> None:
        self.seat(self.random.choice(AGENTS))

    def unseat(self) -> None:
        self.both.unseat(self.random.choice(AGENTS))

    def free(self) -> None:
        self.both.free(self.random.choice(AGENTS), self.random.choice([0.0, 0.0, 1.0, 5.0]))

    def busy(self) -> None:
        self.both.busy(self.random.choice(AGENTS))

    def handled(self) -> None:
        self.both.handled(self.random.choice(AGENTS))

    def add(self) -> None:
        self.born += 1
        now = self.both.now
        wished = self.random.choice(AGENTS) if self.random.random() < 0.3 else None
        patience = self.random.choice([None, 5.0, 5.0, 10.0, 10.0, 20.0])
        self.both.add(
            Work(
                id=f"w{self.random.randrange(10)}-{self.born}",
                queue=self.random.choice(QUEUES),
                joined_at=now - self.random.choice([0.0, 0.0, 2.0, 15.0]),
                priority=self.random.choice([0.0, 0.0, 2.0, 8.0]),
                required=self._needs(),
                preferred=self._needs(),
                wished=wished,
                wished_until=None if patience is None else now + patience,
            )
        )

    def _needs(self) -> tuple[Need, ...]:
        return tuple(
            Need(
                self.random.choice(SKILLS),
                self.random.randint(1, 3),
                self.random.choice([None, 5.0, 5.0, 10.0, 20.0]),
            )
            for _ in range(self.random.choice([0, 0, 1, 2]))
        )

    def put_back(self) -> None:
        if self.both.offered:
            name = self.random.choice(sorted(self.both.offered))
            ban = self.random.random() < 0.7
            self.both.put_back(name, ban=ban, seconds=self.random.choice([0.0, 5.0, 10.0, 30.0]))

    def hang_up(self) -> None:
        if self.both.works:
            self.both.hang_up(self.random.choice(sorted(self.both.works)))

    def wait(self) -> None:
        self.both.wait(self.random.choice([0.25, 1.0, 5.0, 10.0]))


@pytest.mark.parametrize("seed", range(30))
def test_a_house_at_work_decides_alike(seed: int) -> None:
    story = Busy(seed)
    story.run(400)
    assert story.both.matches > 60
