"""The words of the engine: what waits, who could take it, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import inf, isfinite
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Skills with the levels they ask for, sorted by name: equal asking is one value.
Needs = tuple[tuple[str, int], ...]


AGAIN_AFTER = 10.0  # seconds until a failed offer may go to the same agent again


class Strategy(StrEnum):
    """Whom of several free agents a queue prefers. Ties go to the longest idle, then the one whose
    last offer is oldest, then the lowest number."""

    LONGEST_IDLE = "longest_idle"
    LEAST_RECENT = "least_recent"  # whose last call is longest ago; no call yet goes first
    FEWEST_CALLS = "fewest_calls"  # today
    BEST_SKILL = "best_skill"  # highest sum of levels in all the skills that the work names
    ROUND_ROBIN = "round_robin"  # by rank, then number, onward from who had the queue's last call
    ORDERED = "ordered"  # lowest rank


class Cause(StrEnum):
    """What made the engine decide."""

    AGENT_FREE = "agent_free"
    WORK_WAITING = "work_waiting"  # it came, or came back
    TIME = "time"  # a need relaxed, a wish or a ban ended, somebody's seat changed
    SUPERVISOR = "supervisor"  # nobody decided here: it was ordered


@dataclass(frozen=True, slots=True)
class Need:
    """A skill at a level. It no longer counts after `after` seconds of wait (None: always)."""

    skill: str
    level: int = 1
    after: float | None = None


@dataclass(frozen=True, slots=True)
class QueuePlan:
    """How a queue counts waiting and chooses agents. Raises ValueError for a weight that would let
    somebody wait for ever."""

    name: str
    weight: float = 1.0
    strategy: Strategy = Strategy.LONGEST_IDLE

    def __post_init__(self) -> None:
        if not (isfinite(self.weight) and self.weight > 0):
            raise ValueError(f"weight of {self.name!r} must be above 0, not {self.weight}")


@dataclass(frozen=True, slots=True)
class Work:
    """One caller who waits. Its urgency is its age times the queue's weight, plus `priority`.

    Only the wished agent may take it until `wished_until` (None: for ever). A wish that ends is
    over at once when that agent is not signed in, or could never take it.
    """

    id: str
    queue: str
    joined_at: float
    priority: float = 0.0
    required: tuple[Need, ...] = ()
    preferred: tuple[Need, ...] = ()
    wished: int | None = None
    wished_until: float | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """An agent who is signed in. `rank` is for ordered and round robin queues, lowest first."""

    agent: int
    queues: frozenset[str]
    skills: Mapping[str, int] = field(default_factory=dict, hash=False)
    rank: int = 0


# The next two are made for every decision; a frozen dataclass would take three times as long.


class Why(NamedTuple):
    """What decided. `runners_up` counts what was passed over: the waiting items that suited an
    agent who became free (with those barred from them for now), otherwise the free agents who
    could have taken the work. `strategy` is None where the agent was given."""

    cause: Cause
    urgency: float
    runners_up: int
    strategy: Strategy | None = None
    wished: bool = False
    relaxed: tuple[Need, ...] = ()
    preferred: int = 0  # how many of the preferred skills the agent has


class Match(NamedTuple):
    """A decision: this agent gets this work."""

    work: str
    agent: int
    why: Why


def relaxed(need: Need, work: Work, now: float) -> bool:
    """Whether the work has waited so long that it can do without."""
    return need.after is not None and now >= work.joined_at + need.after


def asked(needs: Iterable[Need], joined_at: float, now: float) -> tuple[Needs, float]:
    """What is asked for now, each skill once, and when less will be (infinity: never)."""
    levels: dict[str, int] = {}
    less_at = inf
    for need in needs:
        if need.after is not None:
            at = joined_at + need.after
            if now >= at:
                continue
            less_at = min(less_at, at)
        if need.level > levels.get(need.skill, 0):
            levels[need.skill] = need.level
    return tuple(sorted(levels.items())), less_at


def never_relaxed(needs: Iterable[Need]) -> Needs:
    """What will be asked for however long the wait."""
    return asked((need for need in needs if need.after is None), 0.0, 0.0)[0]


def meets(skills: Mapping[str, int], needs: Needs) -> bool:
    return all(skills.get(skill, 0) >= level for skill, level in needs)


def preferences(work: Work, now: float) -> list[tuple[str, int]]:
    """The preferred skills that still count."""
    return [(need.skill, need.level) for need in work.preferred if not relaxed(need, work, now)]


def how_many(skills: Mapping[str, int], wanted: Iterable[tuple[str, int]]) -> int:
    """Of the wanted skills those at the level asked for."""
    liked = 0
    for skill, level in wanted:
        if skills.get(skill, 0) >= level:
            liked += 1
    return liked


def named(work: Work) -> set[str]:
    """All skills that a work names, relaxed or not."""
    return {need.skill for need in work.required} | {need.skill for need in work.preferred}
