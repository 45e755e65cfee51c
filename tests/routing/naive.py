"""The engine as one would write it first: every decision looks at everything there is.

It says the rules a second time, in the plainest words, so that the real one can be held against it;
the benchmark measures what its indexes are worth.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

from routing.engine import QueuePlan, Seat, Strategy, Work


@dataclass(slots=True)
class Waiter:
    work: Work
    banned: int | None = None
    until: float = -inf
    wish_over: bool = False

    def wished(self, now: float) -> bool:
        work = self.work
        if work.wished is None or self.wish_over:
            return False
        return work.wished_until is None or now < work.wished_until


@dataclass(slots=True)
class Person:
    seat: Seat
    since: float | None = None  # free since
    reseated: bool = False


@dataclass(slots=True)
class Past:
    calls: int = 0
    last_call: float = -inf
    last_offer: float = -inf


@dataclass
class Naive:
    """The same calls as `Engine`; a match is (work, agent)."""

    plans: dict[str, QueuePlan] = field(default_factory=dict)
    people: dict[int, Person] = field(default_factory=dict)
    past: dict[int, Past] = field(default_factory=dict)
    waiters: dict[str, Waiter] = field(default_factory=dict)
    last: dict[str, tuple[int, int]] = field(default_factory=dict)

    def plan(self, queue: QueuePlan) -> None:
        self.plans[queue.name] = queue

    def seat(self, seat: Seat) -> None:
        before = self.people.get(seat.agent)
        if before is not None and before.seat == seat:
            return
        self.people.pop(seat.agent, None)
        since = before.since if before else None
        self.people[seat.agent] = Person(seat, since, since is not None)
        self.past.setdefault(seat.agent, Past())
        self._end_wishes(seat.agent)

    def unseat(self, agent: int) -> None:
        self.people.pop(agent, None)
        self._end_wishes(agent)

    def free(self, agent: int, since: float, now: float) -> tuple[str, int] | None:
        person = self.people[agent]
        person.since, person.reseated = since, False
        return self._serve(agent, now)

    def busy(self, agent: int) -> None:
        if agent in self.people:
            self.people[agent].since, self.people[agent].reseated = None, False

    def handled(self, agent: int, at: float) -> None:
        past = self.past.setdefault(agent, Past())
        past.calls, past.last_call = past.calls + 1, at

    def new_day(self) -> None:
        for past in self.past.values():
            past.calls = 0

    def add(self, work: Work, now: float) -> tuple[str, int] | None:
        return self.put_back(work, now, None, -inf)

    def put_back(
        self, work: Work, now: float, not_agent: int | None, until: float
    ) -> tuple[str, int] | None:
        waiter = Waiter(work, not_agent, until, self._hopeless(work))
        self.waiters[work.id] = waiter
        return self._seek(waiter, now)

    def remove(self, work: str) -> None:
        self.waiters.pop(work, None)

    def tick(self, now: float) -> list[tuple[str, int]]:
        matches = []
        for agent, person in list(self.people.items()):
            if person.reseated:
                person.reseated = False
                matches.append(self._serve(agent, now))
        order = sorted(
            self.waiters.values(), key=lambda w: (not w.wished(now), self._place(w, now))
        )
        matches += [self._seek(waiter, now) for waiter in order]
        return [match for match in matches if match is not None]

    def position(self, work: str, now: float) -> int:
        queue = self.waiters[work].work.queue
        line = [w for w in self.waiters.values() if w.work.queue == queue]
        line.sort(key=lambda w: self._place(w, now))
        return [w.work.id for w in line].index(work) + 1

    def waiting(self, queue: str) -> int:
        return sum(w.work.queue == queue for w in self.waiters.values())

    def servable(self, work: Work) -> bool:
        if work.wished is not None and work.wished_until is None:
            return self._could_ever(work.wished, work)
        return any(self._could_ever(agent, work) for agent in self.people)

    def may(self, agent: int, waiter: Waiter, now: float) -> bool:
        """Whether this agent may take this work now."""
        work, seat = waiter.work, self.people[agent].seat
        if work.queue not in seat.queues:
            return False
        if waiter.banned == agent and now < waiter.until:
            return False
        if waiter.wished(now) and work.wished != agent:
            return False
        for need in work.required:
            relaxed = need.after is not None and now >= work.joined_at + need.after
            if not relaxed and seat.skills.get(need.skill, 0) < need.level:
                return False
        return True

    def _plan(self, queue: str) -> QueuePlan:
        return self.plans.get(queue) or QueuePlan(queue)

    def _place(self, waiter: Waiter, now: float) -> tuple[float, float, str]:
        work = waiter.work
        urgency = (now - work.joined_at) * self._plan(work.queue).weight + work.priority
        return (-urgency, work.joined_at, work.id)

    def _serve(self, agent: int, now: float) -> tuple[str, int] | None:
        possible = [w for w in self.waiters.values() if self.may(agent, w, now)]
        if not possible:
            return None
        best = min(possible, key=lambda w: (not w.wished(now), self._place(w, now)))
        return self._match(best, agent, now)

    def _seek(self, waiter: Waiter, now: float) -> tuple[str, int] | None:
        possible = [
            agent
            for agent, person in self.people.items()
            if person.since is not None and self.may(agent, waiter, now)
        ]
        if not possible:
            return None
        best = min(possible, key=lambda agent: self._standing(agent, waiter.work, now))
        return self._match(waiter, best, now)

    def _standing(self, agent: int, work: Work, now: float) -> tuple[float, ...]:
        person, past, plan = self.people[agent], self.past[agent], self._plan(work.queue)
        seat = person.seat
        liked = 0
        for need in work.preferred:
            relaxed = need.after is not None and now >= work.joined_at + need.after
            liked += not relaxed and seat.skills.get(need.skill, 0) >= need.level
        names = {need.skill for need in (*work.required, *work.preferred)}
        assert person.since is not None
        by_strategy: dict[Strategy, tuple[float, ...]] = {
            Strategy.LONGEST_IDLE: (),
            Strategy.LEAST_RECENT: (past.last_call,),
            Strategy.FEWEST_CALLS: (past.calls,),
            Strategy.BEST_SKILL: (-sum(seat.skills.get(name, 0) for name in names),),
            Strategy.ORDERED: (seat.rank,),
            Strategy.ROUND_ROBIN: (
                (seat.rank, agent) <= self.last.get(work.queue, (-inf, 0)),
                seat.rank,
                agent,
            ),
        }
        return (-liked, *by_strategy[plan.strategy], person.since, past.last_offer, agent)

    def _match(self, waiter: Waiter, agent: int, now: float) -> tuple[str, int]:
        person, work = self.people[agent], waiter.work
        del self.waiters[work.id]
        person.since, person.reseated = None, False
        self.past[agent].last_offer = now
        self.last[work.queue] = (person.seat.rank, agent)
        return (work.id, agent)

    def _could_ever(self, agent: int, work: Work) -> bool:
        person = self.people.get(agent)
        if person is None or work.queue not in person.seat.queues:
            return False
        skills = person.seat.skills
        return all(skills.get(n.skill, 0) >= n.level for n in work.required if n.after is None)

    def _hopeless(self, work: Work) -> bool:
        if work.wished is None or work.wished_until is None:
            return False
        return not self._could_ever(work.wished, work)

    def _end_wishes(self, agent: int) -> None:
        for waiter in self.waiters.values():
            if waiter.work.wished == agent and self._hopeless(waiter.work):
                waiter.wish_over = True
