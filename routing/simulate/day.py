"""One replication of a scenario: a heap of what is due, the engine that decides, agents that act.

The order of things is the live desk's: first the work of a failed offer goes back to its place,
then its agent is free again; and the engine hears the clock before anything else of a moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Any, Literal

from callcenter.events import OfferResult, QueueExit
from routing.agent_inputs import Terms
from routing.agent_record import Effect
from routing.engine import AGAIN_AFTER, Engine, Match, QueuePlan
from routing.simulate.callers import Caller, Home, Phase, callers, homes_of
from routing.simulate.crew import Crew, Person, people_of
from routing.simulate.scenario import HOUR, Scenario, Step
from routing.simulate.tally import AgentTimes, Figures, figures

LONGEST_AFTER = 4 * HOUR  # after twice its length a day is over for those who still wait
MOST_STAYS = 10  # queues one call may pass through: enough for any plan, too few for a circle

_TICK, _EVENT = 0, 1  # what goes first of the same moment


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, for whoever watches."""

    at: float
    what: Literal["joined", "offered", "missed", "answered", "ended", "left"]
    call: str
    queue: str
    agent: int | None = None
    exit: QueueExit | None = None


Watch = Callable[[Happening], object]


@dataclass(frozen=True, slots=True)
class Result:
    """The figures of one replication."""

    queues: dict[str, Figures]
    total: Figures


class Day:
    """`run` once. `number` tells replications of the same scenario apart."""

    def __init__(self, scenario: Scenario, number: int = 0, watch: Watch | None = None) -> None:
        seed = f"{scenario.seed}/{number}"
        self._scenario = scenario
        self._watch = watch
        self._engine = Engine()
        self._homes = homes_of(scenario)
        self._times = AgentTimes(scenario.warm_up, scenario.seconds)
        self._people = {person.number: person for person in people_of(scenario, seed)}
        self._crew = Crew(self._times, self._heard)
        self._heap: list[tuple[float, int, int, Callable[..., object], tuple[Any, ...]]] = []
        self._numbers = count()
        self._callers: dict[str, Caller] = {}
        self._coming = 0  # queues to which somebody will yet call
        self._now = 0.0
        self._tick_at = math.inf
        for home in self._homes.values():
            plan = QueuePlan(home.spec.name, home.spec.weight, home.spec.strategy)
            self._engine.plan(plan)
        self._open_shifts()
        for place, home in enumerate(self._homes.values()):
            self._coming += 1
            self._await_next(callers(scenario, home, place, seed))

    def run(self) -> Result:
        end = self._scenario.seconds
        latest = 2 * end + LONGEST_AFTER
        while self._heap and (self._coming or self._callers or self._heap[0][0] <= end):
            at, order, _, action, arguments = heappop(self._heap)
            if at > latest:
                break
            self._now = at
            if order == _TICK:
                self._tick_at = math.inf
            action(*arguments)
            self._keep_time()
        for caller in list(self._callers.values()):
            if caller.phase is not Phase.TALKING:
                self._leave(caller, QueueExit.LOST)  # whoever could answer never does
        self._crew.close(max(self._now, end))
        return self._result()

    def _at(self, at: float, action: Callable[..., object], *arguments: object) -> None:
        heappush(self._heap, (at, _EVENT, next(self._numbers), action, arguments))

    def _keep_time(self) -> None:
        due = self._engine.due()
        if due is not None and due < self._tick_at:
            self._tick_at = max(due, self._now)
            heappush(self._heap, (self._tick_at, _TICK, next(self._numbers), self._tick, ()))

    def _tick(self) -> None:
        for match in self._engine.tick(self._now):
            self._offer(match)

    # --- calls -------------------------------------------------------------------------------

    def _await_next(self, coming: Iterator[Caller]) -> None:
        caller = next(coming, None)
        if caller is None:
            self._coming -= 1
        else:
            self._at(caller.entered_at, self._arrive, caller, coming)

    def _arrive(self, caller: Caller, coming: Iterator[Caller]) -> None:
        self._callers[caller.id] = caller
        self._join(caller, caller.home)
        if caller.gives_up_at < math.inf and caller.phase in {Phase.WAITING, Phase.RINGING}:
            self._at(caller.gives_up_at, self._give_up, caller)
        self._await_next(coming)

    def _join(self, caller: Caller, home: Home) -> None:
        spec = home.spec
        caller.home, caller.joined_at, caller.out_of_time = home, self._now, False
        caller.phase, caller.at_once, caller.stay = Phase.WAITING, True, caller.stay + 1
        caller.work = work = home.work_of(caller)
        self._tell("joined", caller)
        if caller.counts:
            home.tally.offered += 1
        if spec.max_waiting is not None and len(home.waiting) >= spec.max_waiting:
            self._leave(caller, QueueExit.OVERFLOW)
            return
        if not self._engine.servable(work):
            self._leave(caller, QueueExit.EMPTY)
            return
        home.waiting[caller.id] = caller
        self._offer(self._engine.add(work, self._now))
        if caller.phase is Phase.WAITING:
            caller.at_once = False
        if spec.max_wait is not None and caller.phase is not Phase.TALKING:
            self._at(self._now + spec.max_wait, self._time_out, caller, caller.stay)

    def _give_up(self, caller: Caller) -> None:
        if caller.phase is Phase.WAITING:
            self._engine.remove(caller.id)
            self._leave(caller, QueueExit.ABANDONED)
        elif caller.phase is Phase.RINGING and caller.agent is not None:
            agent = caller.agent
            self._leave(caller, QueueExit.ABANDONED)
            self._crew.offer_over(agent, OfferResult.CALLER_GONE, self._now)

    def _time_out(self, caller: Caller, stay: int) -> None:
        """An offer that is open is not cut short: if it fails, the time is over."""
        if caller.stay != stay:
            return
        caller.out_of_time = True
        if caller.phase is Phase.WAITING:
            self._engine.remove(caller.id)
            self._leave(caller, QueueExit.TIMED_OUT)

    def _leave(self, caller: Caller, exit: QueueExit) -> None:
        """Out of the queue unanswered, and on to wherever the queue says."""
        home = caller.home
        home.waiting.pop(caller.id, None)
        caller.agent = None
        wait = self._now - caller.joined_at
        if caller.counts:
            tally = home.tally
            tally.exits[exit] += 1
            tally.waited += wait > 0
            tally.longest_wait = max(tally.longest_wait, wait)
            if exit is QueueExit.ABANDONED:
                tally.short_abandons += wait <= home.spec.short_abandon
        self._tell("left", caller, exit=exit)
        caller.phase = Phase.GONE
        target = self._next(caller, exit)
        if target is None:
            del self._callers[caller.id]
        else:
            self._join(caller, target)

    def _next(self, caller: Caller, exit: QueueExit) -> Home | None:
        spec = caller.home.spec
        steps: dict[QueueExit, Step] = {
            QueueExit.OVERFLOW: spec.when_full,
            QueueExit.EMPTY: spec.when_empty,
            QueueExit.TIMED_OUT: spec.when_timed_out,
        }
        step = steps.get(exit)
        if step is None or step.kind != "queue" or caller.stay >= MOST_STAYS:
            return None
        return self._homes[step.target or ""]

    # --- offers ------------------------------------------------------------------------------

    def _offer(self, match: Match | None) -> None:
        if match is None:
            return
        caller, person = self._callers[match.work], self._people[match.agent]
        spec = caller.home.spec
        caller.phase, caller.agent = Phase.RINGING, match.agent
        terms = Terms(wrap_up=caller.wrap_up, misses=spec.rona_limit)
        self._crew.offer(match.agent, caller.id, spec.name, terms, self._now)
        self._tell("offered", caller, match.agent)
        seconds = person.answers_after()
        if person.misses() or seconds > spec.ring_seconds:
            self._at(self._now + spec.ring_seconds, self._miss, caller, person)
        elif seconds == 0:
            self._answer(caller, person)
        else:
            self._at(self._now + seconds, self._answer, caller, person)

    def _rings(self, caller: Caller, person: Person) -> bool:
        return caller.phase is Phase.RINGING and caller.agent == person.number

    def _miss(self, caller: Caller, person: Person) -> None:
        if not self._rings(caller, person) or caller.work is None:
            return
        self._tell("missed", caller, person.number)
        caller.agent, caller.at_once, match = None, False, None
        if caller.out_of_time:
            self._leave(caller, QueueExit.TIMED_OUT)
        elif not self._engine.servable(caller.work):
            self._leave(caller, QueueExit.EMPTY)
        else:
            caller.phase = Phase.WAITING
            until = self._now + AGAIN_AFTER
            match = self._engine.put_back(caller.work, self._now, person.number, until)
        self._crew.offer_over(person.number, OfferResult.TIMED_OUT, self._now)
        if self._crew.missed_too_often(person.number):
            self._at(self._now + person.spec.returns_after, self._return, person.number)
        self._offer(match)

    def _answer(self, caller: Caller, person: Person) -> None:
        if not self._rings(caller, person):
            return
        home = caller.home
        del home.waiting[caller.id]
        caller.phase = Phase.TALKING
        if caller.counts:
            self._count_answer(caller, home)
        self._engine.handled(person.number, self._now)
        self._crew.offer_over(person.number, OfferResult.ANSWERED, self._now)
        self._tell("answered", caller, person.number, QueueExit.ANSWERED)
        self._at(self._now + caller.handling, self._end, caller, person.number)

    def _count_answer(self, caller: Caller, home: Home) -> None:
        wait, tally = self._now - caller.joined_at, home.tally
        tally.answered += 1
        tally.exits[QueueExit.ANSWERED] += 1
        tally.in_time += wait <= home.spec.service_level
        tally.waited += not caller.at_once
        tally.wait_of_answered += wait
        tally.longest_wait = max(tally.longest_wait, wait)
        tally.handled += caller.handling + caller.wrap_up

    def _end(self, caller: Caller, agent: int) -> None:
        caller.phase = Phase.GONE
        del self._callers[caller.id]
        self._tell("ended", caller, agent)
        self._crew.call_over(agent, caller.id, self._now)
        until = self._crew.agent(agent).until
        if until is not None:
            self._at(until, self._crew_wraps_up, agent)

    # --- agents ------------------------------------------------------------------------------

    def _open_shifts(self) -> None:
        """Who is there already when the doors open comes before the first call."""
        for person in self._people.values():
            for begin, end in person.shifts:
                if end <= 0:
                    continue
                self._at(max(0.0, begin), self._sign_in, person.number)
                if end < math.inf:
                    self._at(end, self._sign_out, person.number)

    def _sign_in(self, agent: int) -> None:
        self._crew.begin_shift(agent, self._now)

    def _sign_out(self, agent: int) -> None:
        self._crew.end_shift(agent, self._now)

    def _crew_wraps_up(self, agent: int) -> None:
        self._crew.wrap_up_over(agent, self._now)

    def _return(self, agent: int) -> None:
        self._crew.back(agent, self._now)

    def _heard(self, agent: int, effects: frozenset[Effect]) -> None:
        """The agents' machine told of a change; the engine has to know."""
        if Effect.SEATED in effects:
            self._engine.seat(self._people[agent].seat)
        if Effect.TAKEN in effects:
            self._engine.busy(agent)
        if Effect.UNSEATED in effects:
            self._engine.unseat(agent)
            self._send_on(self._people[agent])
        if Effect.FREED in effects:
            since = self._crew.agent(agent).idle_since
            since = self._now if since is None else since
            self._offer(self._engine.free(agent, since, self._now))

    def _send_on(self, person: Person) -> None:
        """Nobody who is there could ever take them: they do not wait for their time to be over."""
        for queue in sorted(person.seat.queues):
            for caller in list(self._homes[queue].waiting.values()):
                if caller.phase is not Phase.WAITING or caller.work is None:
                    continue
                if not self._engine.servable(caller.work):
                    self._engine.remove(caller.id)
                    self._leave(caller, QueueExit.EMPTY)

    # --- figures -----------------------------------------------------------------------------

    def _tell(
        self,
        what: Literal["joined", "offered", "missed", "answered", "ended", "left"],
        caller: Caller,
        agent: int | None = None,
        exit: QueueExit | None = None,
    ) -> None:
        if self._watch is not None:
            queue = caller.home.spec.name
            self._watch(Happening(self._now, what, caller.id, queue, agent, exit))

    def _result(self) -> Result:
        serving: dict[str, list[int]] = {name: [] for name in self._homes}
        for person in self._people.values():
            for queue in person.seat.queues:
                serving[queue].append(person.number)
        return Result(
            queues={
                name: figures([home.tally], self._times.occupancy(serving[name]))
                for name, home in self._homes.items()
            },
            total=figures(
                (home.tally for home in self._homes.values()), self._times.occupancy(self._people)
            ),
        )
