"""What is counted in one replication, and the figures made of it, by the definitions of reports.

A call counts for each stay in a queue, if it joined after the warm-up; agents' time counts from
the warm-up to the end of the scenario.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from callcenter.events import AgentState, QueueExit

WORKING = (AgentState.BUSY, AgentState.WRAP_UP)
FIGURES = (
    "service_level",
    "asa",
    "abandon_rate",
    "occupancy",
    "wait_probability",
    "aht",
    "longest_wait",
)


@dataclass(slots=True)
class QueueTally:
    """Counts and sums of seconds of one queue."""

    offered: int = 0
    waited: int = 0  # not answered at once
    answered: int = 0
    in_time: int = 0
    short_abandons: int = 0
    wait_of_answered: float = 0.0
    longest_wait: float = 0.0
    handled: float = 0.0  # talk, hold and wrap-up
    exits: Counter[QueueExit] = field(default_factory=Counter)

    @property
    def abandoned(self) -> int:
        return self.exits[QueueExit.ABANDONED]


class AgentTimes:
    """Seconds each agent spent in each state between two instants."""

    def __init__(self, begin: float, end: float) -> None:
        self._begin, self._end = begin, end
        self._spent: dict[tuple[int, AgentState], float] = {}

    def add(self, agent: int, state: AgentState, since: float, until: float) -> None:
        seconds = min(until, self._end) - max(since, self._begin)
        if seconds > 0:
            key = (agent, state)
            self._spent[key] = self._spent.get(key, 0.0) + seconds

    def spent(self, agents: Iterable[int], *states: AgentState) -> float:
        return sum(self._spent.get((agent, state), 0.0) for agent in agents for state in states)

    def occupancy(self, agents: Iterable[int]) -> float | None:
        """(talk + hold + wrap-up) / (that + ready); None when nobody was there."""
        people = list(agents)
        working = self.spent(people, *WORKING)
        there = working + self.spent(people, AgentState.READY)
        return working / there if there > 0 else None


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one queue, or of all, in one replication; None where there is nothing to divide by."""

    offered: int
    answered: int
    abandoned: int
    exits: dict[QueueExit, int]
    service_level: float | None
    asa: float | None
    abandon_rate: float | None
    occupancy: float | None
    wait_probability: float | None
    aht: float | None
    longest_wait: float | None


def figures(tallies: Iterable[QueueTally], occupancy: float | None) -> Figures:
    """Of the queues together."""
    all_ = list(tallies)
    offered = sum(one.offered for one in all_)
    answered = sum(one.answered for one in all_)
    abandoned = sum(one.abandoned for one in all_)
    short = sum(one.short_abandons for one in all_)
    exits = sum((one.exits for one in all_), Counter[QueueExit]())
    return Figures(
        offered=offered,
        answered=answered,
        abandoned=abandoned,
        exits=dict(exits),
        service_level=_share(sum(one.in_time for one in all_), answered + abandoned - short),
        asa=_share(sum(one.wait_of_answered for one in all_), answered),
        abandon_rate=_share(abandoned, offered),
        occupancy=occupancy,
        wait_probability=_share(sum(one.waited for one in all_), offered),
        aht=_share(sum(one.handled for one in all_), answered),
        longest_wait=max((one.longest_wait for one in all_), default=0.0) if offered else None,
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
