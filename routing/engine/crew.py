"""Agents, gathered by what they can take, each gathering in the order of every strategy in use."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from routing.engine.model import Strategy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from routing.engine.lines import Demand
    from routing.engine.model import Seat

#: Where an agent stands in a strategy's order: what decides first, ..., the agent's number.
Standing = tuple[float, ...]
_ProfileKey = tuple[frozenset[str], tuple[tuple[str, int], ...]]


@dataclass(slots=True)
class Record:
    """What the strategies remember of an agent, over signing out and in again."""

    calls: int = 0  # today
    last_call: float = -inf
    last_offer: float = -inf


@dataclass(frozen=True, slots=True)
class Ready:
    """A free agent as of when they became free; the orders hold exactly these figures."""

    agent: int
    since: float
    rank: int
    calls: int
    last_call: float
    last_offer: float


#: The idle agents' order in each strategy. Of one profile all are equally skilled.
_STANDING: dict[Strategy, Callable[[Ready], Standing]] = {
    Strategy.LONGEST_IDLE: lambda r: (r.since, r.last_offer, r.agent),
    Strategy.BEST_SKILL: lambda r: (r.since, r.last_offer, r.agent),
    Strategy.LEAST_RECENT: lambda r: (r.last_call, r.since, r.last_offer, r.agent),
    Strategy.FEWEST_CALLS: lambda r: (r.calls, r.since, r.last_offer, r.agent),
    Strategy.ORDERED: lambda r: (r.rank, r.since, r.last_offer, r.agent),
    Strategy.ROUND_ROBIN: lambda r: (r.rank, r.agent),
}


class Profile:
    """All agents with the same queues and skills."""

    __slots__ = ("_orders", "demands", "free", "queues", "seated", "skills")

    def __init__(self, queues: frozenset[str], skills: Mapping[str, int]) -> None:
        self.queues = queues
        self.skills = dict(skills)
        self.seated: set[int] = set()
        self.free: dict[int, Ready] = {}
        self.demands: dict[Demand, None] = {}  # those they meet
        self._orders: dict[Strategy, list[Standing]] = {}  # made when first asked for

    def add(self, ready: Ready) -> None:
        self.free[ready.agent] = ready
        for strategy, order in self._orders.items():
            insort(order, _STANDING[strategy](ready))

    def drop(self, agent: int) -> None:
        ready = self.free.pop(agent)
        for strategy, order in self._orders.items():
            del order[bisect_left(order, _STANDING[strategy](ready))]

    def first(self, strategy: Strategy, last: Standing, but: int | None) -> Standing | None:
        """The free agent whom the strategy names, `but` not this one; the least is the best.

        In a round robin whoever comes after `last` is before everybody else.
        """
        order = self._orders.get(strategy)
        if order is None:
            order = self._orders[strategy] = sorted(map(_STANDING[strategy], self.free.values()))
        if strategy is Strategy.ROUND_ROBIN:
            return _next_round(order, last, but)
        for standing in order[:2]:
            if standing[-1] != but:
                return standing
        return None


def _next_round(order: list[Standing], last: Standing, but: int | None) -> Standing | None:
    after = bisect_right(order, last)
    for lap, part in ((0, order[after : after + 2]), (1, order[: min(after, 2)])):
        for standing in part:
            if standing[-1] != but:
                return (lap, *standing)
    return None


class Crew:
    """Everybody who is signed in, and who of them is free."""

    def __init__(self) -> None:
        self.seats: dict[int, Seat] = {}
        self.free: dict[int, Profile] = {}
        self._profiles: dict[_ProfileKey, Profile] = {}
        self._profile_of: dict[int, Profile] = {}
        self._records: dict[int, Record] = {}

    def sit(self, seat: Seat) -> tuple[Profile, bool]:
        """The agent's profile, and whether it is a new one."""
        key = (seat.queues, tuple(sorted(seat.skills.items())))
        profile = self._profiles.get(key)
        new = profile is None
        if profile is None:
            profile = self._profiles[key] = Profile(seat.queues, seat.skills)
        self.seats[seat.agent] = seat
        self._profile_of[seat.agent] = profile
        profile.seated.add(seat.agent)
        return profile, new

    def rise(self, agent: int) -> Profile | None:
        """Forget the agent's seat. Gives back the profile that nobody has any more."""
        self.busy(agent)
        seat = self.seats.pop(agent)
        profile = self._profile_of.pop(agent)
        profile.seated.discard(agent)
        if profile.seated:
            return None
        del self._profiles[(seat.queues, tuple(sorted(profile.skills.items())))]
        return profile

    def ready(self, agent: int, since: float) -> None:
        seat, record = self.seats[agent], self.record(agent)
        profile = self.free[agent] = self._profile_of[agent]
        profile.add(
            Ready(agent, since, seat.rank, record.calls, record.last_call, record.last_offer)
        )

    def busy(self, agent: int) -> float | None:
        """Since when the agent was free, who no longer is; None when they were not."""
        profile = self.free.pop(agent, None)
        if profile is None:
            return None
        since = profile.free[agent].since
        profile.drop(agent)
        return since

    def profile(self, agent: int) -> Profile:
        return self._profile_of[agent]

    def record(self, agent: int) -> Record:
        record = self._records.get(agent)
        if record is None:
            record = self._records[agent] = Record()
        return record

    def note(self, agent: int, calls: int, last_call: float) -> None:
        """Count a call. A free agent moves to the place that is now theirs."""
        since = self.busy(agent)
        record = self.record(agent)
        record.calls, record.last_call = calls, last_call
        if since is not None:
            self.ready(agent, since)

    def new_day(self) -> None:
        for agent, record in self._records.items():
            if record.calls:
                self.note(agent, 0, record.last_call)
