"""The engine decides what looking at everything would decide, on any story."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from routing.engine import Engine, Need, QueuePlan, Seat, Strategy, Work
from tests.routing.naive import Naive

if TYPE_CHECKING:
    from routing.engine import Match

QUEUES = ["billing", "sales", "support"]
AGENTS = [1, 2, 3, 4, 5]
# Quarters of a second and weights in powers of two: sums are exact, so ties are ties in both.
SECONDS = st.integers(0, 80).map(lambda n: n / 4)
needs = st.builds(
    Need,
    skill=st.sampled_from(["en", "zh", "vip"]),
    level=st.integers(0, 3),
    after=st.none() | SECONDS,
)
asked = st.lists(needs, max_size=2).map(tuple)
plans = st.builds(
    QueuePlan,
    name=st.sampled_from(QUEUES),
    weight=st.sampled_from([0.5, 1.0, 2.0]),
    strategy=st.sampled_from(Strategy),
)
seats = st.builds(
    Seat,
    agent=st.sampled_from(AGENTS),
    queues=st.frozensets(st.sampled_from(QUEUES), max_size=3),
    skills=st.dictionaries(st.sampled_from(["en", "zh", "vip"]), st.integers(1, 3), max_size=3),
    rank=st.integers(0, 2),
)


class SameDecisions(RuleBasedStateMachine):
    """Whatever happens, in whatever order, both say the same, and nobody is lost or doubled."""

    def __init__(self) -> None:
        super().__init__()
        self.engine, self.naive = Engine(), Naive()
        self.now = 0.0
        self.born = 0
        self.works: dict[str, Work] = {}  # all that ever came and did not go
        self.waiting: set[str] = set()
        self.given: dict[int, str] = {}  # agent -> the work they have
        self.seated: set[int] = set()

    @initialize(chosen=st.lists(plans, max_size=3), people=st.lists(seats, max_size=5))
    def begin(self, chosen: list[QueuePlan], people: list[Seat]) -> None:
        for plan in chosen:
            self.plan(plan)
        for seat in people:
            self.seat(seat)

    @rule(plan=plans)
    def plan(self, plan: QueuePlan) -> None:
        self.engine.plan(plan)
        self.naive.plan(plan)

    @rule(seat=seats)
    def seat(self, seat: Seat) -> None:
        self.seated.add(seat.agent)
        self.engine.seat(seat)
        self.naive.seat(seat)
        self.tick()

    @rule(agent=st.sampled_from(AGENTS))
    def unseat(self, agent: int) -> None:
        self.seated.discard(agent)
        self.engine.unseat(agent)
        self.naive.unseat(agent)
        self.tick()

    @rule(agent=st.sampled_from(AGENTS), idle=SECONDS)
    def free(self, agent: int, idle: float) -> None:
        if agent not in self.seated:
            return
        self.given.pop(agent, None)
        since = self.now - idle
        ours = self.engine.free(agent, since, self.now)
        self.same(ours, self.naive.free(agent, since, self.now))

    @rule(agent=st.sampled_from(AGENTS))
    def busy(self, agent: int) -> None:
        self.engine.busy(agent)
        self.naive.busy(agent)

    @rule(agent=st.sampled_from(AGENTS))
    def handled(self, agent: int) -> None:
        self.engine.handled(agent, self.now)
        self.naive.handled(agent, self.now)

    @rule()
    def new_day(self) -> None:
        self.engine.new_day()
        self.naive.new_day()

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
        until = None if patience is None else self.now + patience
        work = Work(
            id=f"w{self.born}",
            queue=queue,
            joined_at=self.now - age,
            priority=priority,
            required=required,
            preferred=preferred,
            wished=wished,
            wished_until=until,
        )
        assert self.engine.servable(work) == self.naive.servable(work)
        self.works[work.id] = work
        self.waiting.add(work.id)
        self.same(self.engine.add(work, self.now), self.naive.add(work, self.now))

    @rule(agent=st.sampled_from(AGENTS), ban=st.booleans(), seconds=SECONDS)
    def offer_failed(self, agent: int, ban: bool, seconds: float) -> None:
        name = self.given.pop(agent, None)
        if name is None:
            return
        self.waiting.add(name)
        work, barred, until = self.works[name], agent if ban else None, self.now + seconds
        ours = self.engine.put_back(work, self.now, barred, until)
        self.same(ours, self.naive.put_back(work, self.now, barred, until))

    @rule(data=st.data())
    def hang_up(self, data: st.DataObject) -> None:
        if self.works:
            name = data.draw(st.sampled_from(sorted(self.works)))
            del self.works[name]
            self.waiting.discard(name)
            self.given = {agent: work for agent, work in self.given.items() if work != name}
            self.engine.remove(name)
            self.naive.remove(name)

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Time passes as the desk lets it: a tick whenever one is due."""
        end = self.now + seconds
        while (due := self.engine.due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.tick()
        self.now = end
        assert self.naive.tick(end) == [], "something became possible and `due` did not say so"

    def tick(self) -> None:
        due = self.engine.due()
        ours = self.engine.tick(self.now)
        theirs = self.naive.tick(self.now)
        assert not ours or (due is not None and due <= self.now)
        assert [(match.work, match.agent) for match in ours] == theirs
        for match in ours:
            self.give(match)

    def same(self, ours: Match | None, theirs: tuple[str, int] | None) -> None:
        assert (None if ours is None else (ours.work, ours.agent)) == theirs
        if ours is not None:
            self.give(ours)

    def give(self, match: Match) -> None:
        assert match.agent in self.seated
        assert match.work in self.waiting, "given to two"
        self.given[match.agent] = match.work
        self.waiting.discard(match.work)

    @invariant()
    def nobody_is_lost(self) -> None:
        assert sum(self.engine.waiting(queue) for queue in QUEUES) == len(self.waiting)
        for name in self.waiting:
            assert self.engine.position(name, self.now) == self.naive.position(name, self.now)


SameDecisions.TestCase.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestSameDecisions = SameDecisions.TestCase
