"""The scenario of a recorded day: its calls as they came and were handled, its agents as they were
there, on the queues and skills of now."""

from __future__ import annotations

import datetime
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from zoneinfo import ZoneInfo

from callcenter.errors import NotFound
from callcenter.events import AgentState, QueueExit
from callcenter.store.database import Database
from routing.rule_settings import NextStep
from routing.setup import AgentSetup, QueueSetup, Setup, built
from routing.setup_queries import read_all
from routing.simulate.durations import MOST_VALUES, Duration, Exponential, Recorded
from routing.simulate.history import History, StateChange, Talk, read_history
from routing.simulate.scenario import HANG_UP, HOUR, AgentSpec, QueueSpec, Scenario, SkillNeed, Step

UNKNOWN_HANDLING = Exponential(mean=180.0)  # of a queue of whose calls nothing is recorded
BREAK = 300.0  # seconds away from which an absence is told as one
MOST_SHIFTS = 20
THERE = frozenset({AgentState.READY, AgentState.OFFERED, AgentState.BUSY, AgentState.WRAP_UP})

Span = tuple[float, float]


async def scenario_of_day(
    database: Database, pbx: str, day: datetime.date, timezone: str
) -> Scenario:
    """Raises NotFound when there is neither a queue nor a call to speak of."""
    begin, end = bounds(day, timezone)
    async with database.reading() as session:
        setup = built(await read_all(session, pbx))
        history = await read_history(session, pbx, begin, end)
    return scenario(setup, history, day, (begin, end))


def bounds(day: datetime.date, timezone: str) -> Span:
    """From midnight to midnight there: 23 or 25 hours at times."""
    zone = ZoneInfo(timezone)
    starts = (
        datetime.datetime.combine(each, datetime.time(), zone)
        for each in (day, day + datetime.timedelta(days=1))
    )
    begin, end = (start.timestamp() for start in starts)
    return begin, end


def scenario(setup: Setup, history: History, day: datetime.date, span: Span) -> Scenario:
    """Pure: from what was read."""
    seen = {stay.queue for stay in history.stays}
    names = sorted(setup.queues.keys() | seen)
    if not names:
        raise NotFound("there is no queue yet, and no call of that day came through one")
    hours = (span[1] - span[0]) / HOUR
    queues = [_queue(name, setup, history, span, names) for name in names]
    return Scenario(
        name=day.isoformat(), hours=hours, queues=queues, agents=_agents(setup, history, span)
    )


# --- queues ----------------------------------------------------------------------------------


def _queue(
    name: str, setup: Setup, history: History, span: Span, names: Iterable[str]
) -> QueueSpec:
    stays = [stay for stay in history.stays if stay.queue == name]
    by_hour = [0.0] * math.ceil((span[1] - span[0]) / HOUR)
    for stay in stays:
        by_hour[int((stay.joined_at - span[0]) // HOUR)] += 1
    waits = [stay.seconds for stay in stays if stay.seconds is not None]
    abandoned = sum(stay.exit == QueueExit.ABANDONED for stay in stays)
    plan = setup.queues.get(name)
    plain = QueueSpec(
        name=name,
        calls_per_hour=by_hour,
        handling=_recorded(_handling(history, {stay.id for stay in stays})) or UNKNOWN_HANDLING,
        wrap_up=_wrap_up(history, {stay.interaction for stay in stays}, plan),
        patience=patience(waits, abandoned),
    )
    return plain if plan is None else _planned(plain, plan, frozenset(names))


def patience(waits: Iterable[float], abandoned: int) -> Duration | None:
    """The most likely mean when those who were answered would have waited longer: all waiting
    over all who gave up. None when nobody did."""
    waited = math.fsum(waits)
    return Exponential(mean=waited / abandoned) if abandoned and waited > 0 else None


def _handling(history: History, entries: set[str]) -> list[float]:
    """Seconds talked for each call: all its talks, for after a transfer it goes on."""
    of_call: defaultdict[str, float] = defaultdict(float)
    for talk in history.talks:
        if talk.entry in entries:
            of_call[talk.entry] += max(0.0, talk.seconds)
    return list(of_call.values())


def _wrap_up(history: History, calls: set[str], plan: QueueSetup | None) -> Duration:
    seconds = [
        after.at - state.at
        for state, after in zip(history.states, history.states[1:], strict=False)
        if state.state == AgentState.WRAP_UP
        and state.agent == after.agent
        and state.interaction in calls
    ]
    return _recorded(seconds) or (plan.wrap_up_seconds if plan is not None else 0.0)


def _recorded(values: list[float]) -> Recorded | None:
    """Evenly thinned where there are more than a scenario may have."""
    step = math.ceil(len(values) / MOST_VALUES)
    kept = [round(value, 3) for value in values[:: max(1, step)]]
    return Recorded(values=kept) if kept and any(kept) else None


def _planned(spec: QueueSpec, plan: QueueSetup, names: frozenset[str]) -> QueueSpec:
    def step(planned: NextStep) -> Step:
        if planned.kind == "queue" and (planned.target == plan.name or planned.target not in names):
            return HANG_UP
        return Step(kind=planned.kind, target=planned.target)

    return QueueSpec(
        name=spec.name,
        calls_per_hour=spec.calls_per_hour,
        handling=spec.handling,
        wrap_up=spec.wrap_up,
        patience=spec.patience,
        weight=plan.weight,
        strategy=plan.strategy,
        priority=plan.priority,
        required=[SkillNeed(skill=n.skill, level=n.level, after=n.after) for n in plan.required],
        preferred=[SkillNeed(skill=n.skill, level=n.level, after=n.after) for n in plan.preferred],
        ring_seconds=plan.ring_seconds,
        rona_limit=plan.rona_limit,
        max_waiting=plan.max_waiting,
        max_wait=plan.max_wait,
        when_full=step(plan.when_full),
        when_timed_out=step(plan.when_timed_out),
        when_empty=step(plan.when_empty),
        service_level=plan.service_level,
        short_abandon=plan.short_abandon,
    )


# --- agents ----------------------------------------------------------------------------------


def _agents(setup: Setup, history: History, span: Span) -> list[AgentSpec]:
    """Those who were not there that day have a count of 0, so that they can be sent for."""
    logged = _by_agent(history.states)
    talked = _by_phone(setup, history.talks)
    queue_of = {stay.id: stay.queue for stay in history.stays}
    anybody = bool(logged or talked)
    specs, taken = [], set()
    for agent in setup.agents.values():
        talks = talked.get(agent.id, [])
        spans = _there(logged.get(agent.id, []), span) or _around(talks, span)
        name = agent.name if agent.name not in taken else f"{agent.name} ({agent.id})"
        taken.add(name)
        served = {queue_of[talk.entry] for talk in talks if talk.entry in queue_of}
        specs.append(
            AgentSpec(
                name=name,
                count=1 if spans or not anybody else 0,
                queues=sorted(agent.queues | served),
                skills=dict(agent.skills),
                rank=agent.rank,
                shifts=_shifts(spans, span),
            )
        )
    return specs


def _by_agent(states: Iterable[StateChange]) -> dict[int, list[StateChange]]:
    found: defaultdict[int, list[StateChange]] = defaultdict(list)
    for state in states:
        found[state.agent].append(state)
    return found


def _by_phone(setup: Setup, talks: Iterable[Talk]) -> dict[int, list[Talk]]:
    owner = _owners(setup.agents.values())
    found: defaultdict[int, list[Talk]] = defaultdict(list)
    for talk in talks:
        for interface in talk.interfaces:
            agent = owner.get(interface or "")
            if agent is not None:
                found[agent].append(talk)
    return found


def _owners(agents: Iterable[AgentSetup]) -> Mapping[str, int]:
    return {interface: agent.id for agent in agents for interface in agent.interfaces}


def _there(states: list[StateChange], span: Span) -> list[Span]:
    """When an agent could be given calls. Not ready is away, but for a moment."""
    spans: list[Span] = []
    for place, state in enumerate(states):
        if state.state not in THERE:
            continue
        until = states[place + 1].at if place + 1 < len(states) else span[1]
        begin, end = max(state.at, span[0]), min(until, span[1])
        if begin >= end:
            continue
        if spans and begin - spans[-1][1] < BREAK:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return [each for each in spans if each[1] - each[0] >= 60]


def _around(talks: list[Talk], span: Span) -> list[Span]:
    """Where no states were written down: from the first talk to the last, by the hour."""
    mine = [talk for talk in talks if span[0] <= talk.began_at < span[1]]
    if not mine:
        return []
    begin = math.floor((min(talk.began_at for talk in mine) - span[0]) / HOUR)
    end = math.ceil((max(talk.began_at + talk.seconds for talk in mine) - span[0]) / HOUR)
    return [(span[0] + begin * HOUR, min(span[0] + max(end, begin + 1) * HOUR, span[1]))]


def _shifts(spans: list[Span], span: Span) -> list[str]:
    """To the minute. With too many comings and goings the shortest absences are left out."""
    minutes = [(round((a - span[0]) / 60), round((b - span[0]) / 60)) for a, b in spans]
    while len(minutes) > MOST_SHIFTS:
        gap = min(range(len(minutes) - 1), key=lambda at: minutes[at + 1][0] - minutes[at][1])
        minutes[gap : gap + 2] = [(minutes[gap][0], minutes[gap + 1][1])]
    return [f"{_clock(a)}-{_clock(b)}" for a, b in minutes if b > a]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
