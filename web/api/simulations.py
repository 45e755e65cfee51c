"""What would be if: days in virtual time for supervisors, and how many agents a load needs."""

from __future__ import annotations

import asyncio
import datetime
import math
from typing import Annotated
from zoneinfo import ZoneInfo

from msgspec import Meta, field

from callcenter.errors import InvalidInput, NotFound
from routing.erlang import MOST_AGENTS, Load, Outlook, Target, agents_needed, outlook, rostered
from routing.simulate.changes import AgentWhatIf, QueueWhatIf, changed
from routing.simulate.checks import check, warnings
from routing.simulate.durations import mean_of
from routing.simulate.jobs import ENDED, Job, sized
from routing.simulate.recorded import scenario_of_day
from routing.simulate.report import Comparison, Report
from routing.simulate.scenario import QueueSpec, Scenario
from routing.simulate.staffing import QueueStaffing, staffing_of
from web import keys
from web.api.values import Body, EventKey, Name, View
from web.routes import Call

NEWS_SECONDS = 5.0  # that an answer is held back when there is nothing new; below any proxy's limit
STAFFING_ROWS = 12
LONGEST_LINE = 2000  # erlangs: beyond it, formulas take longer than a person waits

Day = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}(?!\n)$", examples=["2026-11-20"])]
Level = Annotated[float, Meta(gt=0, lt=1)]
AgentChanges = Annotated[list[AgentWhatIf], Meta(max_length=2000)]
QueueChanges = Annotated[list[QueueWhatIf], Meta(max_length=200)]


class BaseQuery(Body, frozen=True):
    """`day`: whose calls are taken, yesterday unless given."""

    day: Day | None = None


class DayStaffingQuery(Body, frozen=True):
    """`level`: the share to be answered within the queue's threshold."""

    queue: Name
    day: Day | None = None
    level: Level = 0.8


class QueueBase(View, frozen=True):
    """Means, in seconds. `calls` on that day; `patience` null: nobody gave up."""

    name: str
    calls: float
    handling: float
    wrap_up: float
    patience: float | None
    service_seconds: float


class AgentBase(View, frozen=True):
    """`count` 0: was not there that day."""

    name: str
    count: int
    queues: list[str]
    skills: dict[str, int]
    shifts: list[str]


class SimulationBase(View, frozen=True):
    """What a simulation of that day begins with."""

    day: str
    queues: list[QueueBase]
    agents: list[AgentBase]
    warnings: list[str]


class NewSimulation(Body, frozen=True):
    """Of a scenario that is given, or of a recorded day (yesterday, unless `day` says otherwise).

    With changes both are computed, without and with them, for the same callers.
    """

    day: Day | None = None
    scenario: Scenario | None = None
    agents: AgentChanges = field(default_factory=list)
    queues: QueueChanges = field(default_factory=list)
    replications: Annotated[int, Meta(ge=2, le=200)] | None = None


class SimulationView(View, frozen=True):
    """`report` when one scenario was asked for, `comparison` when there were changes."""

    id: str
    state: str
    version: int
    done: int
    of: int
    problem: str | None
    report: Report | None
    comparison: Comparison | None


class SeenQuery(Body, frozen=True):
    """`seen`: the version one knows; the answer waits a while for a newer one."""

    seen: int = 0


class StaffingQuery(Body, frozen=True):
    """Seconds; `calls` an hour. Without `patience` callers wait for ever (Erlang C)."""

    calls: Annotated[float, Meta(ge=0, le=100_000)]
    handling: Annotated[float, Meta(gt=0, le=86_400)]
    patience: Annotated[float, Meta(ge=1, le=86_400)] | None = None
    within: Annotated[float, Meta(ge=0, le=3600)] = 20.0
    short_abandon: Annotated[float, Meta(ge=0, le=600)] = 5.0
    level: Level = 0.8
    shrinkage: Annotated[float, Meta(ge=0, lt=1)] = 0.0


class StaffingRow(View, frozen=True):
    """What so many agents achieve; `asa` null: the line would grow for ever."""

    agents: int
    wait_probability: float
    asa: float | None
    service_level: float
    abandon_rate: float
    occupancy: float


class Staffing(View, frozen=True):
    """`needed`: the fewest that meet the level, null when no number does; `rostered` with the
    shrinkage; `rows` around it."""

    erlangs: float
    needed: int | None
    rostered: int | None
    rows: list[StaffingRow]


async def read_base(call: Call, query: BaseQuery) -> SimulationBase:
    day = _day(call, query.day)
    scenario = await _recorded(call, day)
    return SimulationBase(
        day=day.isoformat(),
        queues=[_queue(one, scenario) for one in scenario.queues],
        agents=[
            AgentBase(one.name, one.count, one.queues, one.skills, one.shifts)
            for one in scenario.agents
        ],
        warnings=warnings(scenario),
    )


async def read_day_staffing(call: Call, query: DayStaffingQuery) -> QueueStaffing:
    """By the formulas, in a thread: they take their time, and calls do not wait for them."""
    scenario = await _recorded(call, _day(call, query.day))
    queue = next((one for one in scenario.queues if one.name == query.queue), None)
    if queue is None:
        raise NotFound("there is no such queue")
    return await asyncio.to_thread(staffing_of, scenario, queue, query.level)


async def start_simulation(call: Call, body: NewSimulation) -> SimulationView:
    scenario = body.scenario
    if scenario is None:
        scenario = await _recorded(call, _day(call, body.day))
    elif body.day is not None:
        raise InvalidInput("give a day or a scenario, not both", field="day")
    check(scenario)
    scenarios = [scenario]
    if body.agents or body.queues:
        scenarios.append(changed(scenario, body.agents, body.queues))
    scenarios = sized(scenarios, body.replications)
    simulations = call.request.app[keys.SIMULATIONS]
    return _view(simulations.start(call.principal.user, scenarios))


async def read_simulation(call: Call, id: EventKey, query: SeenQuery) -> SimulationView:
    """At once when it is over or the version is not the newest; else when there is news."""
    job = call.request.app[keys.SIMULATIONS].get(call.principal.user, id)
    if job.version == query.seen and job.state not in ENDED:
        try:
            async with asyncio.timeout(NEWS_SECONDS):
                await job.changed.wait()
        except TimeoutError:
            pass  # no news; whoever asked asks again
    return _view(job)


async def cancel_simulation(call: Call, id: EventKey) -> None:
    call.request.app[keys.SIMULATIONS].cancel(call.principal.user, id)


async def read_staffing(call: Call, query: StaffingQuery) -> Staffing:
    load = Load(query.calls / 3600, query.handling, query.patience)
    if load.erlangs > LONGEST_LINE:
        raise InvalidInput(f"is {load.erlangs:.0f} erlangs; allowed: {LONGEST_LINE}", field="calls")
    return await asyncio.to_thread(_staffing, load, query)


def _staffing(load: Load, query: StaffingQuery) -> Staffing:
    target = Target(query.level, query.within, query.short_abandon)
    try:
        needed: int | None = agents_needed(load, target)
    except ValueError:
        needed = None
    middle = math.ceil(load.erlangs) if needed is None else needed
    first = max(1, middle - STAFFING_ROWS // 2)
    numbers = range(first, min(first + STAFFING_ROWS, MOST_AGENTS))
    return Staffing(
        erlangs=load.erlangs,
        needed=needed,
        rostered=None if needed is None else rostered(needed, query.shrinkage),
        rows=[_row(outlook(load, n, query.within, query.short_abandon)) for n in numbers],
    )


def _row(expected: Outlook) -> StaffingRow:
    return StaffingRow(
        agents=expected.agents,
        wait_probability=expected.wait_probability,
        asa=expected.asa if math.isfinite(expected.asa) else None,
        service_level=expected.service_level,
        abandon_rate=expected.abandon_rate,
        occupancy=expected.occupancy,
    )


def _day(call: Call, text: str | None) -> datetime.date:
    """Yesterday by the clock of the installation, unless one is named."""
    zone = ZoneInfo(call.request.app[keys.SETTINGS].timezone)
    if text is None:
        return datetime.datetime.now(zone).date() - datetime.timedelta(days=1)
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("is no day of the calendar", field="day") from None


async def _recorded(call: Call, day: datetime.date) -> Scenario:
    settings = call.request.app[keys.SETTINGS]
    return await scenario_of_day(
        call.request.app[keys.DATABASE], settings.pbx, day, settings.timezone
    )


def _queue(spec: QueueSpec, scenario: Scenario) -> QueueBase:
    return QueueBase(
        name=spec.name,
        calls=math.fsum(scenario.rates(spec)),
        handling=mean_of(spec.handling),
        wrap_up=mean_of(spec.wrap_up),
        patience=None if spec.patience is None else mean_of(spec.patience),
        service_seconds=spec.service_level,
    )


def _view(job: Job) -> SimulationView:
    return SimulationView(
        id=job.id,
        state=job.state,
        version=job.version,
        done=job.done,
        of=job.of,
        problem=job.problem,
        report=job.report,
        comparison=job.comparison,
    )
