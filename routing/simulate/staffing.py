"""Agents that each queue of a scenario needs, hour by hour, by Erlang C and by Erlang A.

The formulas know one queue with agents of its own and nothing but averages; the simulation knows
the rest. Beside each other they show what sharing, skills and shifts change.
"""

from __future__ import annotations

import msgspec

from routing.erlang import Load, Target, agents_needed, rostered
from routing.simulate.durations import mean_of
from routing.simulate.scenario import HOUR, QueueSpec, Scenario, clock_seconds

_DAY = 24 * HOUR


class StaffingHour(msgspec.Struct, frozen=True, kw_only=True):
    """`begins` in seconds since midnight. None: callers have no patience to count with, or no
    number of agents is enough."""

    begins: float
    calls: float  # an hour
    erlangs: float
    erlang_c: int | None
    erlang_a: int | None


class QueueStaffing(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    service_seconds: float
    hours: list[StaffingHour]


def staffing(scenario: Scenario, level: float, shrinkage: float = 0.0) -> list[QueueStaffing]:
    """For this share of calls within each queue's threshold."""
    return [staffing_of(scenario, queue, level, shrinkage) for queue in scenario.queues]


def staffing_of(
    scenario: Scenario, queue: QueueSpec, level: float, shrinkage: float = 0.0
) -> QueueStaffing:
    """The first day of a queue; a hundredth of a second for each hour."""
    return QueueStaffing(
        name=queue.name,
        service_seconds=queue.service_level,
        hours=[
            _hour(scenario, queue, hour, rate, (level, shrinkage))
            for hour, rate in enumerate(_rates(scenario, queue)[:24])
        ],
    )


def _rates(scenario: Scenario, queue: QueueSpec) -> list[float]:
    rates = list(scenario.rates(queue))
    for at in queue.calls_at:
        rates[int(at // HOUR)] += 1
    return rates


def _hour(
    scenario: Scenario, queue: QueueSpec, hour: int, rate: float, goal: tuple[float, float]
) -> StaffingHour:
    handling = mean_of(queue.handling) + mean_of(queue.wrap_up)
    patience = None if queue.patience is None else mean_of(queue.patience)
    arrivals = rate / HOUR
    level, shrinkage = goal
    target = Target(level, queue.service_level, queue.short_abandon)
    return StaffingHour(
        begins=(clock_seconds(scenario.begins) + hour * HOUR) % _DAY,
        calls=rate,
        erlangs=arrivals * handling,
        erlang_c=_needed(Load(arrivals, handling), target, shrinkage),
        erlang_a=_needed(Load(arrivals, handling, patience), target, shrinkage)
        if patience
        else None,
    )


def _needed(load: Load, target: Target, shrinkage: float) -> int | None:
    try:
        return rostered(agents_needed(load, target), shrinkage)
    except ValueError:
        return None
