"""Who gets which ticket: the engine of the calls with a capacity of its own for each agent.

Pure. An agent is free for tickets while they are ready and have fewer than they can work at once;
each ticket given counts at once, and comes back off when it is resolved, put off or handed on. What
somebody gave back goes to somebody else first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routing.engine import Engine, Match, Need, QueuePlan, Seat, Strategy, Work

CAPACITY = 10  # tickets at once, unless somebody says otherwise
HORIZON = 3 * 86_400.0  # seconds; what is promised to nobody counts as promised in three days
GIVEN_BACK = 600.0  # seconds until a ticket may go to the same agent again, if nobody else can
MOST_REMEMBERED = 10_000
# Seconds of head start by priority: low, normal, high, urgent.
HEAD_START: Mapping[int, float] = {1: -14_400.0, 2: 0.0, 3: 14_400.0, 4: 86_400.0}


@dataclass(frozen=True, slots=True)
class TicketPlan:
    """A ticket queue. `categories`: none, it takes what no other does."""

    id: int
    name: str
    weight: float = 1.0
    strategy: Strategy = Strategy.LONGEST_IDLE
    required: tuple[Need, ...] = ()
    preferred: tuple[Need, ...] = ()
    categories: frozenset[int] = frozenset()
    agents: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket that nobody looks after. `way`: its category and those above it, nearest first."""

    ticket: int
    version: int
    joined_at: float
    priority: int
    due: float | None = None
    way: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Hand:
    """An agent, as far as tickets are concerned."""

    skills: Mapping[str, int] = field(default_factory=dict)
    rank: int = 0
    capacity: int = CAPACITY


@dataclass(frozen=True, slots=True)
class Given:
    """A decision: this agent gets this ticket, which was read at `version`."""

    ticket: int
    version: int
    agent: int
    queue: TicketPlan
    match: Match


def queue_for(waiting: Waiting, plans: Iterable[TicketPlan]) -> TicketPlan | None:
    """The queue of the nearest category that has one, else one for everything, else none."""
    everything: TicketPlan | None = None
    of: dict[int, TicketPlan] = {}
    for plan in sorted(plans, key=lambda one: one.id):
        for category in plan.categories:
            of.setdefault(category, plan)
        if not plan.categories and everything is None:
            everything = plan
    return next((of[category] for category in waiting.way if category in of), everything)


def urgency(waiting: Waiting) -> float:
    """Seconds of head start: by priority, and so that the earliest promise comes first."""
    start = HEAD_START.get(waiting.priority, 0.0)
    if waiting.due is None:
        return start
    return start + HORIZON - (waiting.due - waiting.joined_at)


class TicketCrew:
    """Holds what waits and who is there. `now` must not run backwards."""

    def __init__(self) -> None:
        self._engine = Engine()
        self._plans: dict[str, TicketPlan] = {}
        self._hands: dict[int, Hand] = {}
        self._ready: dict[int, float] = {}  # since when
        self._loads: dict[int, int] = {}
        self._seated: set[int] = set()
        self._free: set[int] = set()
        self._works: dict[str, tuple[Work, Waiting]] = {}
        self._last: dict[int, int] = {}  # who was given a ticket last
        self._given: list[Given] = []

    def arrange(self, plans: Iterable[TicketPlan], hands: Mapping[int, Hand], now: float) -> None:
        """Queues and agents as administrators describe them now."""
        self._plans = {plan.name: plan for plan in plans}
        self._hands = dict(hands)
        for id_, (work, _) in list(self._works.items()):
            if work.queue not in self._plans:
                self._drop(id_)
        for plan in self._plans.values():
            self._engine.plan(QueuePlan(plan.name, plan.weight, plan.strategy))
        for agent in [*self._seated, *self._ready]:
            self._settle(agent, now)

    def ready(self, agent: int, since: float | None, now: float) -> None:
        """An agent is ready since then, or (None) not."""
        if since is None:
            self._ready.pop(agent, None)
        else:
            self._ready[agent] = since
        self._settle(agent, now)

    def loads(self, loads: Mapping[int, int], now: float) -> None:
        """How many tickets each agent works on, as it is written down."""
        old, self._loads = self._loads, dict(loads)
        for agent in sorted({*old, *loads}):
            if old.get(agent, 0) != loads.get(agent, 0):
                self._settle(agent, now)

    def waiting(self, tickets: Iterable[Waiting], now: float) -> None:
        """Everything that waits, as it is written down."""
        decided = {given.ticket for given in self._given}  # and nobody has written it down yet
        wanted: dict[str, tuple[Work, Waiting]] = {}
        for one in tickets:
            work = self._work(one)
            if work is not None and one.ticket not in decided:
                wanted[work.id] = work, one
        for id_, (work, _) in list(self._works.items()):
            if id_ not in wanted or wanted[id_][0] != work:
                self._drop(id_)
        for id_, (work, one) in wanted.items():
            known = id_ in self._works
            self._works[id_] = work, one
            if not known:
                self._join(work, one, now)

    def tick(self, now: float) -> None:
        """What time has made possible."""
        due = self._engine.due()
        if due is not None and due <= now:
            for match in self._engine.tick(now):
                self._matched(match, now)

    def due(self) -> float | None:
        return self._engine.due()

    def take(self) -> list[Given]:
        """What was decided since it was asked last, for those who are still ready. What is dropped
        waits on, as whoever tells what waits will say."""
        given, self._given = self._given, []
        for one in given:
            if one.agent not in self._ready:
                self.refused(one.ticket)
        return [one for one in given if one.agent in self._ready]

    def refused(self, ticket: int) -> None:
        """It could not be given: nobody had it, so nobody gave it back."""
        self._last.pop(ticket, None)

    # --- inside ---

    def _work(self, one: Waiting) -> Work | None:
        plan = queue_for(one, self._plans.values())
        if plan is None:
            return None
        return Work(
            id=str(one.ticket),
            queue=plan.name,
            joined_at=one.joined_at,
            priority=urgency(one),
            required=plan.required,
            preferred=plan.preferred,
        )

    def _drop(self, id_: str) -> None:
        self._engine.remove(id_)
        del self._works[id_]

    def _join(self, work: Work, one: Waiting, now: float) -> None:
        last = self._last.get(one.ticket)
        if last is None:
            match = self._engine.add(work, now)
        else:
            match = self._engine.put_back(work, now, last, now + GIVEN_BACK)
        self._matched(match, now)

    def _settle(self, agent: int, now: float) -> None:
        """The engine's picture of one agent, put right."""
        hand, since = self._hands.get(agent), self._ready.get(agent)
        queues = frozenset(p.name for p in self._plans.values() if agent in p.agents)
        if hand is None or since is None or not queues:
            self._leave(agent)
            return
        self._seated.add(agent)
        self._engine.seat(Seat(agent, queues, dict(hand.skills), hand.rank))
        if self._loads.get(agent, 0) >= hand.capacity:
            self._engine.busy(agent)
            self._free.discard(agent)
        elif agent not in self._free:
            self._free.add(agent)
            self._matched(self._engine.free(agent, since, now), now)

    def _leave(self, agent: int) -> None:
        if agent in self._seated:
            self._seated.discard(agent)
            self._free.discard(agent)
            self._engine.unseat(agent)

    def _matched(self, match: Match | None, now: float) -> None:
        """Each ticket given makes room for the next, until the agent has their fill."""
        while match is not None:
            agent = match.agent
            work, one = self._works.pop(match.work)
            queue = self._plans[work.queue]
            self._given.append(Given(one.ticket, one.version, agent, queue, match))
            self._remember(one.ticket, agent)
            self._loads[agent] = self._loads.get(agent, 0) + 1
            self._free.discard(agent)
            match = None
            if self._loads[agent] < self._hands[agent].capacity:
                self._free.add(agent)
                match = self._engine.free(agent, now, now)  # last in the line from now on

    def _remember(self, ticket: int, agent: int) -> None:
        self._last.pop(ticket, None)
        self._last[ticket] = agent
        while len(self._last) > MOST_REMEMBERED:
            del self._last[next(iter(self._last))]
