"""What if: a scenario with some agents and queues otherwise, told by their names."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from callcenter.errors import InvalidInput
from routing.simulate.checks import check
from routing.simulate.durations import Distribution, Duration, Recorded
from routing.simulate.scenario import (
    MOST_AGENTS,
    AgentSpec,
    CallsPerHour,
    Level,
    Name,
    QueueSpec,
    Scenario,
)

Factor = Annotated[float, Meta(ge=0, le=20)]


class _Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is not given stays as it is."""


class AgentWhatIf(_Change, frozen=True, kw_only=True):
    name: Name
    count: Annotated[int, Meta(ge=0, le=MOST_AGENTS)] | UnsetType = UNSET
    queues: list[Name] | UnsetType = UNSET
    skills: dict[Name, Level] | UnsetType = UNSET


class QueueWhatIf(_Change, frozen=True, kw_only=True):
    """`calls` and `handling`: so many times as much as before."""

    name: Name
    calls: Factor = 1.0
    handling: Annotated[float, Meta(gt=0, le=20)] = 1.0


def changed(scenario: Scenario, agents: list[AgentWhatIf], queues: list[QueueWhatIf]) -> Scenario:
    """Raises InvalidInput for a name that is not there, and for what then makes no sense."""
    new_agents = {agent.name: agent for agent in scenario.agents}
    for place, change in enumerate(agents):
        if change.name not in new_agents:
            raise InvalidInput("there is no such agent", field=f"agents[{place}].name")
        new_agents[change.name] = _agent(new_agents[change.name], change)
    new_queues = {queue.name: queue for queue in scenario.queues}
    for place, other in enumerate(queues):
        if other.name not in new_queues:
            raise InvalidInput("there is no such queue", field=f"queues[{place}].name")
        new_queues[other.name] = _queue(new_queues[other.name], other)
    made = msgspec.structs.replace(
        scenario, agents=list(new_agents.values()), queues=list(new_queues.values())
    )
    check(made)
    return made


def _agent(spec: AgentSpec, change: AgentWhatIf) -> AgentSpec:
    given = {"count": change.count, "queues": change.queues, "skills": change.skills}
    return msgspec.structs.replace(
        spec, **{name: value for name, value in given.items() if value is not UNSET}
    )


def _queue(spec: QueueSpec, change: QueueWhatIf) -> QueueSpec:
    calls = spec.calls_per_hour
    many: CallsPerHour | list[CallsPerHour] = (
        [rate * change.calls for rate in calls] if isinstance(calls, list) else calls * change.calls
    )
    return msgspec.structs.replace(
        spec, calls_per_hour=many, handling=_longer(spec.handling, change.handling)
    )


def _longer(duration: Duration, times: float) -> Duration:
    if isinstance(duration, Recorded):
        return Recorded(values=[value * times for value in duration.values])
    if isinstance(duration, Distribution):
        scaled = {name: value * times for name, value in msgspec.structs.asdict(duration).items()}
        return msgspec.structs.replace(duration, **scaled)
    return duration * times
