"""What a simulation is given: queues, agents, and who calls when."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from routing.engine import Strategy
from routing.simulate.durations import MOST_VALUES, Duration, PositiveSeconds, Seconds

HOUR = 3600.0
MOST_HOURS = 100_000
MOST_QUEUES = 200
MOST_AGENTS = 2000

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S", examples=["support"])]
Share = Annotated[float, Meta(ge=0, le=1)]
Level = Annotated[int, Meta(ge=1, le=100)]
CallsPerHour = Annotated[float, Meta(ge=0, le=100_000)]
Priority = Annotated[float, Meta(ge=-1e9, le=1e9)]
_CLOCK = r"([0-3]\d|4[0-7]):[0-5]\d"  # 26:00 is two o'clock of the night after
ClockTime = Annotated[str, Meta(pattern=rf"^{_CLOCK}(?!\n)$", examples=["08:30"])]
Shift = Annotated[str, Meta(pattern=rf"^{_CLOCK}-{_CLOCK}(?!\n)$", examples=["09:00-12:30"])]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What we do not know is refused, not ignored."""


class SkillNeed(_Part, frozen=True, kw_only=True):
    """`after`: seconds of wait until it no longer counts; absent: it always does."""

    skill: Name
    level: Level = 1
    after: Seconds | None = None


class Step(_Part, frozen=True, kw_only=True):
    """Where a caller goes next. Only another queue is simulated on; the rest leave the scenario."""

    kind: Literal["queue", "number", "voicemail", "message", "callback", "hangup"]
    target: str | None = None


HANG_UP = Step(kind="hangup")


class CallerSpec(_Part, frozen=True, kw_only=True):
    """A share of a queue's callers with a priority or needs of their own, beside the queue's."""

    share: Share
    priority: Priority = 0.0
    required: list[SkillNeed] = []
    preferred: list[SkillNeed] = []


class QueueSpec(_Part, frozen=True, kw_only=True):
    """`calls_per_hour`: one figure, or one for each hour of the scenario; or instead `calls_at`:
    the very instants, in seconds from its start, the same in every replication.

    `handling` is talk and hold; `wrap_up` follows. `patience` is how long callers are ready to
    wait; absent: for ever.
    """

    name: Name
    calls_per_hour: CallsPerHour | Annotated[list[CallsPerHour], Meta(min_length=1)] = 0.0
    calls_at: Annotated[list[Seconds], Meta(max_length=MOST_VALUES)] = []
    handling: Duration
    wrap_up: Duration = 0.0
    patience: Duration | None = None
    weight: Annotated[float, Meta(gt=0, le=1e6)] = 1.0
    strategy: Strategy = Strategy.LONGEST_IDLE
    priority: Priority = 0.0
    required: list[SkillNeed] = []
    preferred: list[SkillNeed] = []
    callers: list[CallerSpec] = []
    ring_seconds: PositiveSeconds = 20.0
    rona_limit: Annotated[int, Meta(ge=1, le=100)] = 2
    max_waiting: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    max_wait: PositiveSeconds | None = None
    when_full: Step = HANG_UP
    when_timed_out: Step = HANG_UP
    when_empty: Step = HANG_UP
    service_level: PositiveSeconds = 20.0
    short_abandon: Seconds = 5.0


class AgentSpec(_Part, frozen=True, kw_only=True):
    """`count` people alike. `shifts` like "09:00-12:30", over midnight "22:00-26:00"; none: always.

    `answers_after`: how long the phone rings before they answer; `misses`: the share of offers
    they let ring; who is set not ready for that is back `returns_after` seconds later.
    """

    name: Name
    count: Annotated[int, Meta(ge=0, le=MOST_AGENTS)] = 1
    queues: list[Name]
    skills: dict[Name, Level] = {}
    rank: Annotated[int, Meta(ge=-1_000_000, le=1_000_000)] = 0
    shifts: Annotated[list[Shift], Meta(max_length=20)] = []
    answers_after: Duration = 0.0
    misses: Share = 0.0
    returns_after: PositiveSeconds = 300.0


class Scenario(_Part, frozen=True, kw_only=True):
    """`begins` is the clock at the start; calls come for `hours`, then who waits is still served.

    Calls that come in the first `warm_up` seconds are served, but not counted.
    """

    name: str = ""
    begins: ClockTime = "00:00"
    hours: Annotated[float, Meta(gt=0, le=MOST_HOURS)]
    warm_up: Seconds = 0.0
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 1
    replications: Annotated[int, Meta(ge=1, le=1000)] = 20
    queues: Annotated[list[QueueSpec], Meta(min_length=1, max_length=MOST_QUEUES)]
    agents: Annotated[list[AgentSpec], Meta(max_length=MOST_AGENTS)]

    @property
    def seconds(self) -> float:
        return self.hours * HOUR

    def rates(self, queue: QueueSpec) -> list[float]:
        """Calls per hour in each hour that is begun."""
        given = queue.calls_per_hour
        return given if isinstance(given, list) else [given] * math.ceil(self.hours)

    def expected_calls(self) -> float:
        """In one replication."""
        return math.fsum(
            rate * min(1.0, self.hours - hour)
            for queue in self.queues
            for hour, rate in enumerate(self.rates(queue))
        ) + sum(len(queue.calls_at) for queue in self.queues)

    def shifts_of(self, agent: AgentSpec) -> list[tuple[float, float]]:
        """From and until, in seconds of the scenario; none: from the start, and on to the end."""
        start = clock_seconds(self.begins)
        return sorted(
            (clock_seconds(begin) - start, clock_seconds(end) - start)
            for begin, _, end in (shift.partition("-") for shift in agent.shifts)
        )


def clock_seconds(text: str) -> float:
    hours, _, minutes = text.partition(":")
    return int(hours) * HOUR + int(minutes) * 60.0
