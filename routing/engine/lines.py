"""What waits: every queue in the order of its urgency, cut into demands that are asked as one.

The urgency of an item at t is (t - joined_at) * weight + priority, that is t * weight - key with
key = joined_at * weight - priority. The key does not change with time, so within a queue the order
stands still, and only the heads of demands are ever compared.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from routing.engine.model import Needs, QueuePlan, Work, counting, meets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from routing.engine.crew import Profile, Standing

#: (key, joined_at, id): the least is the most urgent; the order is in the work alone.
Place = tuple[float, float, str]


@dataclass(slots=True, eq=False)
class Demand:
    """Everything that waits in one queue with the same needs, for anybody or for one agent."""

    line: Line
    needs: Needs
    places: list[Place]
    able: dict[Profile, None]  # who can take it; nobody is kept here for one agent's


class Line:
    """One queue."""

    def __init__(self, plan: QueuePlan) -> None:
        self.plan = plan
        self.weight = plan.weight
        self.places: list[Place] = []
        self.demands: dict[Needs, Demand] = {}
        self.profiles: dict[Profile, None] = {}  # with agents of this queue
        self.last: Standing = (-inf,)  # rank and number of who had the last call

    def place(self, work: Work) -> Place:
        return (work.joined_at * self.weight - work.priority, work.joined_at, work.id)

    def urgency(self, place: Place, now: float) -> float:
        return now * self.weight - place[0]

    def position(self, place: Place) -> int:
        return bisect_left(self.places, place) + 1

    def demand(self, needs: Needs) -> Demand:
        found = self.demands.get(needs)
        if found is None:
            able = {each: None for each in self.profiles if meets(each.skills, needs)}
            found = self.demands[needs] = Demand(self, needs, [], able)
            for profile in able:
                profile.demands[found] = None
        return found

    def forget_unused(self) -> None:
        """Needs that nobody asks for now; they come back when somebody does."""
        for needs, demand in list(self.demands.items()):
            if not demand.places:
                del self.demands[needs]
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
        self.personal: dict[int, dict[tuple[str, Needs], Demand]] = {}
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
        line.plan = plan
        if plan.weight != line.weight:
            line.weight = plan.weight
            for item in self._of_line(line):
                item.demand.places.clear()
            for item in self._of_line(line):
                item.place = line.place(item.work)
                insort(item.demand.places, item.place)
            line.places = sorted(item.place for item in self._of_line(line))
        line.forget_unused()

    def _of_line(self, line: Line) -> Iterator[Item]:
        return (self.items[place[2]] for place in line.places)

    def open(self, profile: Profile) -> None:
        """Agents of a new kind: find what they could take."""
        for queue in profile.queues:
            line = self.line(queue)
            line.profiles[profile] = None
            for needs, demand in line.demands.items():
                if meets(profile.skills, needs):
                    demand.able[profile] = None
                    profile.demands[demand] = None

    def close(self, profile: Profile) -> None:
        for queue in profile.queues:
            del self.of[queue].profiles[profile]
        for demand in profile.demands:
            del demand.able[profile]

    def join(self, item: Item, now: float) -> None:
        self.items[item.work.id] = item
        insort(item.line.places, item.place)
        if item.banned is not None:
            self.banned.setdefault(item.banned, set()).add(item.work.id)
        self._settle(item, now)

    def leave(self, item: Item) -> None:
        del self.items[item.work.id]
        _remove(item.line.places, item.place)
        self._unsettle(item)
        self._lift_ban(item)

    def resettle(self, item: Item, now: float) -> None:
        """Time changed who may take it."""
        if item.banned is not None and item.banned_until <= now:
            self._lift_ban(item)
        self._unsettle(item)
        self._settle(item, now)

    def changed(self, now: float) -> Iterator[Item]:
        """Those whose moment came, once each."""
        while self._changes and self._changes[0][0] <= now:
            at, name = heappop(self._changes)
            item = self.items.get(name)
            if item is not None and item.changes_at == at:
                item.changes_at = inf
                yield item

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
        needs = counting(work.required, work.joined_at, now) if work.required else ()
        if item.wished and work.wished is not None:
            own = self.personal.setdefault(work.wished, {})
            key = (work.queue, needs)
            if key not in own:
                own[key] = Demand(item.line, needs, [], {})
            item.demand = own[key]
        else:
            item.demand = item.line.demand(needs)
        insort(item.demand.places, item.place)
        item.changes_at = _next_change(item, now)
        if item.changes_at < inf:
            heappush(self._changes, (item.changes_at, work.id))

    def _unsettle(self, item: Item) -> None:
        _remove(item.demand.places, item.place)
        wished = item.work.wished
        if item.wished and wished is not None and not item.demand.places:
            own = self.personal[wished]
            del own[(item.work.queue, item.demand.needs)]
            if not own:
                del self.personal[wished]

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


def _next_change(item: Item, now: float) -> float:
    """When a need relaxes, the wish ends or the ban does, whichever is next."""
    work, soonest = item.work, inf
    for need in work.required:
        if need.after is not None and now < work.joined_at + need.after:
            soonest = min(soonest, work.joined_at + need.after)
    if item.wished and work.wished_until is not None:
        soonest = min(soonest, work.wished_until)
    if item.banned is not None and item.banned_until > now:
        soonest = min(soonest, item.banned_until)
    return soonest


def _remove(places: list[Place], place: Place) -> None:
    del places[bisect_left(places, place)]
