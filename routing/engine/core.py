"""The engine itself: whoever becomes free and whatever comes meets its best counterpart at once."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING

from routing.engine.crew import Crew
from routing.engine.lines import Item, Lines, Place
from routing.engine.model import (
    Cause,
    Match,
    QueuePlan,
    Seat,
    Strategy,
    Why,
    Work,
    how_many,
    meets,
    named,
    never_relaxed,
    preferences,
    relaxed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from routing.engine.crew import Profile
    from routing.engine.lines import Demand

#: Work found for an agent: its place, and how many others were passed over.
_Found = tuple[Place, int]


class Engine:
    """Holds what waits and who is free. Every call is a decision of microseconds.

    `now` must not run backwards. When `due()` has come, `tick` it before telling what else happened
    at that moment: an older item that may just have become possible goes before a new one.
    """

    def __init__(self) -> None:
        self._lines = Lines()
        self._crew = Crew()
        self._stirred: dict[str, None] = {}  # more agents may take these than when last tried
        self._reseated: dict[int, None] = {}  # free, and able to take other work than before
        self._now = -inf

    # --- what administrators describe ---

    def plan(self, queue: QueuePlan) -> None:
        """A queue's weight and strategy, new or changed. A queue without a plan has the default."""
        self._lines.plan(queue)

    def seat(self, seat: Seat) -> None:
        """An agent signed in, or their queues or skills changed. Whoever was free stays free."""
        agent = seat.agent
        if self._crew.seats.get(agent) == seat:
            return
        since = self._crew.busy(agent)
        if agent in self._crew.seats:
            self._rise(agent)
        profile, new = self._crew.sit(seat)
        if new:
            self._lines.open(profile)
        self._end_wishes(agent)
        if since is not None:
            self._crew.ready(agent, since)
            self._reseated[agent] = None

    def unseat(self, agent: int) -> None:
        """An agent signed out. What could wait for somebody else no longer waits for them."""
        if agent not in self._crew.seats:
            return
        self._rise(agent)
        self._reseated.pop(agent, None)
        self._end_wishes(agent)

    # --- agents ---

    def free(self, agent: int, since: float, now: float) -> Match | None:
        """An agent became ready, idle `since`; the work for them, else they stay free.

        Raises ValueError for an agent who has no seat.
        """
        if agent not in self._crew.seats:
            raise ValueError(f"agent {agent} has no seat")
        self._advance(now)
        self._crew.busy(agent)
        found = self._best_work(agent, now)
        if found is None:
            self._crew.ready(agent, since)
            return None
        return self._take(found, agent, Cause.AGENT_FREE, now)

    def busy(self, agent: int) -> None:
        """An agent is no longer ready."""
        self._crew.busy(agent)
        self._reseated.pop(agent, None)

    def handled(self, agent: int, at: float) -> None:
        """A call of theirs, for the strategies that count."""
        self._crew.note(agent, self._crew.record(agent).calls + 1, at)

    def new_day(self) -> None:
        """Calls are counted from nought again."""
        self._crew.new_day()

    # --- work ---

    def add(self, work: Work, now: float) -> Match | None:
        """Work arrived; the agent for it, else it waits.

        Raises ValueError for work that waits already, and for figures that have no order (NaN).
        """
        return self.put_back(work, now, None, -inf)

    def put_back(self, work: Work, now: float, not_agent: int | None, until: float) -> Match | None:
        """An offer failed: the work is at its old place, and for anybody but `not_agent`, who may
        have it again after somebody else was offered it, or from `until` on."""
        if work.id in self._lines.items:
            raise ValueError(f"{work.id!r} waits already")
        self._advance(now)
        line = self._lines.line(work.queue)
        place = line.place(work)
        if not isfinite(place[0]):
            raise ValueError(f"{work.id!r} has no place: {work.joined_at}, {work.priority}")
        item = Item(work, line, place, wish_over=self._hopeless(work))
        if not_agent is not None and until > now:
            item.banned, item.banned_until = not_agent, until
        self._lines.join(item, now)
        return self._seek(item, Cause.WORK_WAITING, now)

    def remove(self, work: str) -> None:
        """The caller is gone. Nothing happens when it does not wait (any more)."""
        item = self._lines.items.get(work)
        if item is not None:
            self._leave(item)

    # --- time ---

    def tick(self, now: float) -> list[Match]:
        """What time has made possible, the most urgent first."""
        self._advance(now)
        matches = []
        reseated, self._reseated = self._reseated, {}
        for agent in reseated:
            found = self._best_work(agent, now)
            if found is not None:
                matches.append(self._take(found, agent, Cause.TIME, now))
        stirred, self._stirred = self._stirred, {}
        if not self._crew.free:
            return matches
        for item in self._by_urgency(stirred, now):
            match = self._seek(item, Cause.TIME, now)
            if match is not None:
                matches.append(match)
        return matches

    def due(self) -> float | None:
        """When `tick` could next change something; in the past when it is due already."""
        if self._stirred or self._reseated:
            return self._now
        return self._lines.next_change()

    # --- questions ---

    def position(self, work: str, now: float) -> int:
        """1 for the most urgent of its queue. Raises KeyError when it does not wait."""
        item = self._lines.items[work]
        return item.line.position(item.place)

    def waiting(self, queue: str) -> int:
        line = self._lines.of.get(queue)
        return 0 if line is None else line.waiting()

    def servable(self, work: Work) -> bool:
        """Whether anybody with a seat could ever take it, however long it waits."""
        if work.wished is not None and work.wished_until is None:
            return self._could_ever(work.wished, work)
        return bool(self._lines.line(work.queue).demand(never_relaxed(work.required)).able)

    # --- inside ---

    def _rise(self, agent: int) -> None:
        unused = self._crew.rise(agent)
        if unused is not None:
            self._lines.close(unused)

    def _could_ever(self, agent: int, work: Work) -> bool:
        seat = self._crew.seats.get(agent)
        return (
            seat is not None
            and work.queue in seat.queues
            and meets(seat.skills, never_relaxed(work.required))
        )

    def _hopeless(self, work: Work) -> bool:
        """A wish that would keep others away for nothing."""
        return (
            work.wished is not None
            and work.wished_until is not None
            and not self._could_ever(work.wished, work)
        )

    def _end_wishes(self, agent: int) -> None:
        for demand in list(self._lines.personal.get(agent, ())):
            for place in list(demand.places):
                item = self._lines.items[place[2]]
                if self._hopeless(item.work):
                    item.wish_over = True
                    self._lines.resettle(item, self._now)
                    self._stirred[item.work.id] = None

    def _advance(self, now: float) -> None:
        self._now = now
        for item in self._lines.changed(now):
            self._lines.resettle(item, now)
            self._stirred[item.work.id] = None

    def _by_urgency(self, names: Iterable[str], now: float) -> list[Item]:
        """Wishes first, as when their agent becomes free."""
        items = [self._lines.items[name] for name in names]
        items.sort(key=lambda i: (not i.wished, -i.line.urgency(i.place, now), i.place[1:]))
        return items

    def _leave(self, item: Item) -> None:
        self._lines.leave(item)
        self._stirred.pop(item.work.id, None)

    # an agent looks for work

    def _best_work(self, agent: int, now: float) -> _Found | None:
        """The most urgent item the agent may take, and how many others they could have had."""
        profile = self._crew.profile(agent)
        banned = self._lines.banned.get(agent)
        own = self._lines.personal.get(agent)
        if own is not None:
            mine = [
                demand
                for demand in own
                if demand.line.plan.name in profile.queues and meets(profile.skills, demand.needs)
            ]
            found = _most_urgent(mine, banned, now)
            if found is not None:
                return found
        return _most_urgent(profile.demands, banned, now)

    def _take(self, found: _Found, agent: int, cause: Cause, now: float) -> Match:
        item = self._lines.items[found[0][2]]
        return self._match(item, agent, now, cause=cause, runners_up=found[1])

    # work looks for an agent

    def _seek(self, item: Item, cause: Cause, now: float) -> Match | None:
        free = self._crew.free
        if not free:
            return None
        if not item.wished:
            return self._seek_anybody(item, cause, now)
        agent = item.work.wished
        profile = None if agent is None else free.get(agent)
        if agent is None or profile is None or agent == item.banned:
            return None
        if item.work.queue in profile.queues and meets(profile.skills, item.demand.needs):
            return self._match(item, agent, now, cause=cause, runners_up=0)
        return None

    def _seek_anybody(self, item: Item, cause: Cause, now: float) -> Match | None:
        strategy = item.line.plan.strategy
        able = [
            profile
            for profile in item.demand.able
            if len(profile.free) > (item.banned in profile.free)
        ]
        if not able:
            return None
        others = sum(len(p.free) - (item.banned in p.free) for p in able) - 1
        suited = _fittest(able, item.work, strategy, now)
        free, banned = self._crew.free, item.banned
        agent = next(
            standing[3]
            for standing in item.line.in_turn()
            if free[standing[3]] in suited and standing[3] != banned
        )
        return self._match(item, agent, now, cause=cause, runners_up=others, strategy=strategy)

    def _match(
        self,
        item: Item,
        agent: int,
        now: float,
        *,
        cause: Cause,
        runners_up: int,
        strategy: Strategy | None = None,
    ) -> Match:
        """The decision: neither waits any longer."""
        work, seat = item.work, self._crew.seats[agent]
        why = Why(
            cause=cause,
            urgency=item.line.urgency(item.place, now),
            runners_up=runners_up,
            strategy=strategy,
            wished=item.wished,
            relaxed=tuple([need for need in work.required if relaxed(need, work, now)]),
            preferred=how_many(seat.skills, preferences(work, now)) if work.preferred else 0,
        )
        self._leave(item)
        self.busy(agent)
        self._crew.record(agent).last_offer = now
        item.line.last = (seat.rank, 0.0, 0.0, agent)
        return Match(work.id, agent, why)


def _fittest(able: list[Profile], work: Work, strategy: Strategy, now: float) -> set[Profile]:
    """Those with most of the preferred skills; of these, where it matters, with the best."""
    if work.preferred:
        wanted = preferences(work, now)
        able = _top(able, lambda skills: how_many(skills, wanted))
    if strategy is Strategy.BEST_SKILL:
        names = named(work)
        able = _top(able, lambda skills: sum([skills.get(name, 0) for name in names]))
    return set(able)


def _top(profiles: list[Profile], figure: Callable[[dict[str, int]], int]) -> list[Profile]:
    figures = [figure(profile.skills) for profile in profiles]
    most = max(figures)
    return [profile for profile, each in zip(profiles, figures, strict=True) if each == most]


def _most_urgent(demands: Iterable[Demand], banned: set[str] | None, now: float) -> _Found | None:
    """The most urgent head of all; ties go to who joined first."""
    best: Place | None = None
    most, seen = -inf, 0
    for demand in demands:
        seen += len(demand.places)
        if now * demand.weight - demand.least < most or not demand.places:
            continue
        head = demand.places[0]
        if banned is not None and head[2] in banned:
            allowed = next((place for place in demand.places if place[2] not in banned), None)
            if allowed is None:
                continue
            head = allowed
        urgency = now * demand.weight - head[0]
        if best is None or urgency > most or (urgency == most and head[1:] < best[1:]):
            most, best = urgency, head
    return None if best is None else (best, seen - 1)
