"""Tells one story to the engine and to its plain reference, and compares every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from routing.engine import Engine, QueuePlan, Seat, Work
from tests.routing.naive import Naive

if TYPE_CHECKING:
    from routing.engine import Match


class Both:
    """Also keeps its own account: nobody is lost, doubled, or given to two at once."""

    def __init__(self) -> None:
        self.engine, self.naive = Engine(), Naive()
        self.now = 0.0
        self.works: dict[str, Work] = {}  # all that came and did not hang up
        self.waiting: set[str] = set()
        self.offered: dict[str, int] = {}  # work -> the agent who has it
        self.free_agents: set[int] = set()
        self.seated: set[int] = set()
        self.queues: set[str] = set()
        self.matches = 0

    def plan(self, plan: QueuePlan) -> None:
        self.engine.plan(plan)
        self.naive.plan(plan)

    def seat(self, seat: Seat) -> None:
        self.seated.add(seat.agent)
        self.engine.seat(seat)
        self.naive.seat(seat)
        self.tick()

    def unseat(self, agent: int) -> None:
        self.seated.discard(agent)
        self.free_agents.discard(agent)
        self.engine.unseat(agent)
        self.naive.unseat(agent)
        self.tick()

    def free(self, agent: int, idle: float) -> None:
        if agent not in self.seated:
            return
        self.free_agents.add(agent)
        since = self.now - idle
        ours = self.engine.free(agent, since, self.now)
        self._same(ours, self.naive.free(agent, since, self.now))

    def busy(self, agent: int) -> None:
        self.free_agents.discard(agent)
        self.engine.busy(agent)
        self.naive.busy(agent)

    def handled(self, agent: int) -> None:
        self.engine.handled(agent, self.now)
        self.naive.handled(agent, self.now)

    def new_day(self) -> None:
        self.engine.new_day()
        self.naive.new_day()

    def add(self, work: Work) -> None:
        assert self.engine.servable(work) == self.naive.servable(work)
        self.queues.add(work.queue)
        self.works[work.id] = work
        self.waiting.add(work.id)
        self._same(self.engine.add(work, self.now), self.naive.add(work, self.now))

    def put_back(self, name: str, *, ban: bool, seconds: float) -> None:
        agent = self.offered.pop(name)
        self.waiting.add(name)
        work, barred, until = self.works[name], agent if ban else None, self.now + seconds
        ours = self.engine.put_back(work, self.now, barred, until)
        self._same(ours, self.naive.put_back(work, self.now, barred, until))

    def hang_up(self, name: str) -> None:
        del self.works[name]
        self.waiting.discard(name)
        self.offered.pop(name, None)
        self.engine.remove(name)
        self.naive.remove(name)

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
            self._give(match)

    def look(self) -> None:
        """Nobody is lost, and everybody is at their place."""
        assert sum(self.engine.waiting(queue) for queue in self.queues) == len(self.waiting)
        for name in self.waiting:
            assert self.engine.position(name, self.now) == self.naive.position(name, self.now)

    def _same(self, ours: Match | None, theirs: tuple[str, int] | None) -> None:
        assert (None if ours is None else (ours.work, ours.agent)) == theirs
        if ours is not None:
            self._give(ours)

    def _give(self, match: Match) -> None:
        assert match.work in self.waiting, "given to two"
        assert match.agent in self.free_agents, "has another call"
        self.waiting.discard(match.work)
        self.free_agents.discard(match.agent)
        self.offered[match.work] = match.agent
        self.matches += 1
