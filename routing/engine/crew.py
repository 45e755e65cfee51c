"""Agents, gathered by what they can take, and what is remembered of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from routing.engine.lines import Demand, Line
    from routing.engine.model import Seat

_ProfileKey = tuple[frozenset[str], tuple[tuple[str, int], ...]]


@dataclass(slots=True)
class Record:
    """What the strategies remember of an agent, over signing out and in again."""

    calls: int = 0  # today
    last_call: float = -inf
    last_offer: float = -inf


@dataclass(frozen=True, slots=True)
class Ready:
    """A free agent as of when they became free; the queues' orders hold these figures."""

    agent: int
    since: float
    rank: int
    calls: int
    last_call: float
    last_offer: float


class Profile:
    """All agents with the same queues and skills."""

    __slots__ = ("demands", "free", "lines", "queues", "seated", "skills")

    def __init__(self, queues: frozenset[str], skills: Mapping[str, int]) -> None:
        self.queues = queues
        self.skills = dict(skills)
        self.seated: set[int] = set()
        self.free: dict[int, Ready] = {}
        self.lines: list[Line] = []  # of those queues
        self.demands: dict[Demand, None] = {}  # in them, what these skills can take

    def add(self, ready: Ready) -> None:
        self.free[ready.agent] = ready
        for line in self.lines:
            line.admit(ready)

    def drop(self, agent: int) -> None:
        ready = self.free.pop(agent)
        for line in self.lines:
            line.dismiss(ready)


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
