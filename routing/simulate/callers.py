"""Who calls when, what for and how patiently: drawn alike however the agents are arranged.

Each queue and each thing drawn has dice of its own, so the same seed brings the same callers to
two arrangements, and what differs between them is the arrangement.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random

from routing.engine import Need, Work
from routing.simulate.durations import sampler
from routing.simulate.scenario import HOUR, CallerSpec, QueueSpec, Scenario, SkillNeed
from routing.simulate.tally import QueueTally

ORDINARY = CallerSpec(share=1.0)


class Phase(Enum):
    WAITING = auto()
    RINGING = auto()
    TALKING = auto()
    GONE = auto()


@dataclass(slots=True, eq=False)
class Caller:
    """One call. `gives_up_at` is infinite for the endlessly patient."""

    id: str
    entered_at: float
    handling: float
    wrap_up: float
    gives_up_at: float
    kind: CallerSpec
    home: Home
    counts: bool  # came after the warm-up
    joined_at: float = 0.0
    phase: Phase = Phase.WAITING
    work: Work | None = None
    agent: int | None = None
    at_once: bool = True  # until it had to wait
    stay: int = 0  # queues joined so far
    out_of_time: bool = False


@dataclass(slots=True, eq=False)
class Home:
    """A queue of the scenario in one replication: its calls, and what is counted of them."""

    spec: QueueSpec
    required: tuple[Need, ...]
    preferred: tuple[Need, ...]
    tally: QueueTally = field(default_factory=QueueTally)
    waiting: dict[str, Caller] = field(default_factory=dict)

    def work_of(self, caller: Caller) -> Work:
        """How old it is counts from entering the system: another queue makes nobody younger."""
        return Work(
            id=caller.id,
            queue=self.spec.name,
            joined_at=caller.entered_at,
            priority=self.spec.priority + caller.kind.priority,
            required=self.required + needs(caller.kind.required),
            preferred=self.preferred + needs(caller.kind.preferred),
        )


def needs(specs: list[SkillNeed]) -> tuple[Need, ...]:
    return tuple(Need(one.skill, one.level, one.after) for one in specs)


def homes_of(scenario: Scenario) -> dict[str, Home]:
    return {
        spec.name: Home(spec, needs(spec.required), needs(spec.preferred))
        for spec in scenario.queues
    }


def callers(scenario: Scenario, home: Home, place: int, seed: str) -> Iterator[Caller]:
    """The calls that come to a queue, in the order in which they come."""
    spec = home.spec
    base = f"{seed}/queue/{spec.name}"
    handling = sampler(spec.handling, _dice(base, "handling"))
    wrap_up = sampler(spec.wrap_up, _dice(base, "wrap_up"))
    patience = sampler(
        math.inf if spec.patience is None else spec.patience, _dice(base, "patience")
    )
    kinds = _kinds(spec, _dice(base, "callers"))
    arrivals = _arrivals(scenario.rates(spec), scenario.seconds, _dice(base, "arrivals"))
    if spec.calls_at:
        arrivals = iter(sorted(spec.calls_at))
    for number, at in enumerate(arrivals):
        yield Caller(
            id=f"{place}-{number:07d}",
            entered_at=at,
            handling=handling(),
            wrap_up=wrap_up(),
            gives_up_at=at + patience(),
            kind=next(kinds),
            home=home,
            counts=at >= scenario.warm_up,
        )


def _dice(base: str, what: str) -> Random:
    return Random(f"{base}/{what}")  # noqa: S311 - a simulation, no secret


def _arrivals(rates: list[float], end: float, dice: Random) -> Iterator[float]:
    """Poisson, with the rate of each hour."""
    for hour, rate in enumerate(rates):
        at, until = hour * HOUR, min((hour + 1) * HOUR, end)
        while rate > 0:
            at += HOUR / rate * dice.expovariate(1.0)
            if at >= until:
                break
            yield at


def _kinds(spec: QueueSpec, dice: Random) -> Iterator[CallerSpec]:
    while spec.callers:
        left = dice.random()
        for kind in spec.callers:
            left -= kind.share
            if left < 0:
                yield kind
                break
        else:
            yield ORDINARY
    while True:
        yield ORDINARY
