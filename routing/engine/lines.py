"""What waits: every queue in the order of its urgency, cut into demands that are asked as one.

The urgency of an item at t is (t - joined_at) * weight + priority, that is t * weight - key with
key = joined_at * weight - priority. The key does not change with time, so within a queue the order
stands still, and only the heads of demands are ever compared.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import chain, islice
from math import inf
from typing import TYPE_CHECKING

from routing.engine.model import Needs, QueuePlan, Strategy, Work, asked, meets

if TYPE_CHECKING:
    from routing.engine.crew import Profile, Ready

#: (key, joined_at, id): the least is the most urgent; the order is in the work alone.
Place = tuple[float, float, str]


#: Where a free agent stands in a queue: what its strategy looks at, idle since, last offer, number.
Standing = tuple[float, float, float, int]

_STANDING: dict[Strategy, Callable[[Ready], Standing]] = {
    Strategy.LONGEST_IDLE: lambda r: (0.0, r.since, r.last_offer, r.agent),
    Strategy.LEAST_RECENT: lambda r: (r.last_call, r.since, r.last_offer, r.agent),
    Strategy.FEWEST_CALLS: lambda r: (r.calls, r.since, r.last_offer, r.agent),
    Strategy.BEST_SKILL: lambda r: (0.0, r.since, r.last_offer, r.agent),  # of the equally skilled
    Strategy.ORDERED: lambda r: (r.rank, r.since, r.last_offer, r.agent),
    Strategy.ROUND_ROBIN: lambda r: (r.rank, 0.0, 0.0, r.agent),
}


@dataclass(slots=True, eq=False)
class Demand:
    """Everything that waits in one queue with the same needs, for anybody or for one agent."""

    line: Line
    needs: Needs
    wished: int | None
    places: list[Place] = field(default_factory=list)
    able: dict[Profile, None] = field(default_factory=dict)  # empty where one agent is wished
    weight: float = field(init=False)  # this and the next at hand, where agents look for work
    least: float = inf  # key of the first place, the most urgent

    def __post_init__(self) -> None:
        self.weight = self.line.weight

    def put(self, place: Place) -> None:
        insort(self.places, place)
        self.least = self.places[0][0]

    def drop(self, place: Place) -> None:
        del self.places[bisect_left(self.places, place)]
        self.least = self.places[0][0] if self.places else inf

    def sort(self, places: Iterable[Place]) -> None:
        """The line's weight is another: these are the places now."""
        self.weight = self.line.weight
        self.places = sorted(places)
        self.least = self.places[0][0]

    def welcome(self, profile: Profile) -> None:
        """Keep agents of a kind in mind, if they can take it."""
        if meets(profile.skills, self.needs):
            self.able[profile] = None
            profile.demands[self] = None


class Line:
    """One queue."""

    def __init__(self, plan: QueuePlan) -> None:
        self.plan = plan
        self.weight = plan.weight
        self.free: list[Standing] = []  # agents, in the order of the queue's strategy
        self.demands: dict[tuple[Needs, int | None], Demand] = {}
        self.profiles: dict[Profile, None] = {}  # with agents of this queue
        self.last: Standing = (-inf, 0.0, 0.0, 0)  # who had the last call, in a round robin

    def admit(self, ready: Ready) -> None:
        insort(self.free, _STANDING[self.plan.strategy](ready))

    def dismiss(self, ready: Ready) -> None:
        del self.free[bisect_left(self.free, _STANDING[self.plan.strategy](ready))]

    def in_turn(self) -> Iterable[Standing]:
        """Free agents, the one the strategy names first; a round robin goes on after the last."""
        if self.plan.strategy is not Strategy.ROUND_ROBIN:
            return self.free
        after = bisect_right(self.free, self.last)
        return chain(islice(self.free, after, None), islice(self.free, after))

    def replan(self, plan: QueuePlan) -> None:
        self.plan, self.weight = plan, plan.weight
        standing = _STANDING[plan.strategy]
        self.free = sorted(
            standing(ready) for profile in self.profiles for ready in profile.free.values()
        )

    def place(self, work: Work) -> Place:
        return (work.joined_at * self.weight - work.priority, work.joined_at, work.id)

    def urgency(self, place: Place, now: float) -> float:
        return now * self.weight - place[0]

    def position(self, place: Place) -> int:
        ahead = (bisect_left(demand.places, place) for demand in self.demands.values())
        return sum(ahead) + 1

    def waiting(self) -> int:
        return sum(len(demand.places) for demand in self.demands.values())

    def demand(self, needs: Needs, wished: int | None = None) -> Demand:
        found = self.demands.get((needs, wished))
        if found is None:
            found = self.demands[needs, wished] = Demand(self, needs, wished)
            if wished is None:
                for profile in self.profiles:
                    found.welcome(profile)
        return found

    def forget(self, demand: Demand) -> None:
        """Nobody asks for it now. It comes back when somebody does."""
        del self.demands[demand.needs, demand.wished]
        for profile in demand.able:
            del profile.demands[demand]


@dataclass(slots=True, eq=False)
class Item:
    """A work that waits, and where."""

    work: Work
    line: Line
    place: Place
    demand: Demand = field(init=False)  # set when it joins
    wished: bool = False  # only the wished agent may take it now
    wish_over: bool = False  # before its time: that agent went away
    banned: int | None = None
    banned_until: float = -inf
    changes_at: float = inf  # when more agents may take it than now


class Lines:
    """All that waits in all queues."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.of: dict[str, Line] = {}
        self.personal: dict[int, dict[Demand, None]] = {}  # agent -> what waits for them alone
        self.banned: dict[int, set[str]] = {}  # agent -> what they may not take for now
        self._changes: list[tuple[float, str]] = []  # heap; entries can be out of date

    def line(self, queue: str) -> Line:
        found = self.of.get(queue)
        if found is None:
            found = self.of[queue] = Line(QueuePlan(queue))
        return found

    def plan(self, plan: QueuePlan) -> None:
        """Take up a queue's plan; with another weight what waits in it is put in order again."""
        line = self.line(plan.name)
        again = plan.weight != line.weight
        line.replan(plan)
        for demand in list(line.demands.values()):
            if not demand.places:
                line.forget(demand)
            elif again:
                items = [self.items[name] for _, _, name in demand.places]
                for item in items:
                    item.place = line.place(item.work)
                demand.sort(item.place for item in items)

    def open(self, profile: Profile) -> None:
        """Agents of a new kind: find what they could take."""
        for queue in profile.queues:
            line = self.line(queue)
            line.profiles[profile] = None
            profile.lines.append(line)
            for demand in line.demands.values():
                if demand.wished is None:
                    demand.welcome(profile)

    def close(self, profile: Profile) -> None:
        for line in profile.lines:
            del line.profiles[profile]
        for demand in profile.demands:
            del demand.able[profile]

    def join(self, item: Item, now: float) -> None:
        self.items[item.work.id] = item
        if item.banned is not None:
            self.banned.setdefault(item.banned, set()).add(item.work.id)
        self._settle(item, now)

    def leave(self, item: Item) -> None:
        del self.items[item.work.id]
        self._unsettle(item)
        self._lift_ban(item)

    def resettle(self, item: Item, now: float) -> None:
        """Time changed who may take it."""
        if item.banned is not None and item.banned_until <= now:
            self._lift_ban(item)
        self._unsettle(item)
        self._settle(item, now)

    def changed(self, now: float) -> list[Item]:
        """Those whose moment came, once each."""
        changes, found = self._changes, []
        while changes and changes[0][0] <= now:
            at, name = heappop(changes)
            item = self.items.get(name)
            if item is not None and item.changes_at == at:
                item.changes_at = inf
                found.append(item)
        return found

    def next_change(self) -> float | None:
        while self._changes:
            at, name = self._changes[0]
            item = self.items.get(name)
            if item is not None and item.changes_at == at:
                return at
            heappop(self._changes)
        return None

    def _settle(self, item: Item, now: float) -> None:
        work = item.work
        item.wished = wish_holds(item, now)
        needs, changes_at = asked(work.required, work.joined_at, now)
        item.demand = item.line.demand(needs, work.wished if item.wished else None)
        if item.demand.wished is not None:
            self.personal.setdefault(item.demand.wished, {})[item.demand] = None
        item.demand.put(item.place)
        if item.wished and work.wished_until is not None:
            changes_at = min(changes_at, work.wished_until)
        if item.banned is not None:
            changes_at = min(changes_at, item.banned_until)
        item.changes_at = changes_at
        if changes_at < inf:
            heappush(self._changes, (changes_at, work.id))

    def _unsettle(self, item: Item) -> None:
        demand = item.demand
        demand.drop(item.place)
        if demand.wished is not None and not demand.places:
            item.line.forget(demand)
            own = self.personal[demand.wished]
            del own[demand]
            if not own:
                del self.personal[demand.wished]

    def _lift_ban(self, item: Item) -> None:
        if item.banned is None:
            return
        banned = self.banned[item.banned]
        banned.discard(item.work.id)
        if not banned:
            del self.banned[item.banned]
        item.banned = None


def wish_holds(item: Item, now: float) -> bool:
    work = item.work
    if work.wished is None or item.wish_over:
        return False
    return work.wished_until is None or now < work.wished_until
