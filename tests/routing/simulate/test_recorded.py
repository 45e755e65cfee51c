"""A recorded day becomes a scenario: its calls, how they were handled, who was there when."""

from __future__ import annotations

import datetime

import pytest

from callcenter.errors import NotFound
from callcenter.store.database import Database
from routing.simulate.durations import Exponential, Recorded
from routing.simulate.recorded import UNKNOWN_HANDLING, bounds, patience, scenario_of_day
from routing.simulate.report import simulate
from routing.simulate.scenario import HANG_UP, SkillNeed, Step
from routing.tables import AgentStateLogRow
from tests.routing.simulate.house import DAY, HOUR, MIDNIGHT, ZONE, call, put


async def log(database: Database, agent: int, *states: tuple[float, str]) -> None:
    await put(
        database, AgentStateLogRow,
        *({"agent_id": agent, "at": MIDNIGHT + hour * HOUR, "state": state, "reasons": [],
           "interaction_id": "1" if state == "wrap_up" else None} for hour, state in states),
    )  # fmt: skip


async def test_arrivals_handling_and_patience_are_those_of_the_day(house: Database) -> None:
    await call(house, "1", 9.1, 5, "answered", 120)
    await call(house, "2", 9.9, 15, "answered", 180)
    await call(house, "3", 23.99, 40, "abandoned")
    await call(house, "4", -0.1, 5, "answered", 999)  # the day before
    await call(house, "5", 24.1, 5, "answered", 999)  # the day after
    await call(house, "6", 9.5, 5, "answered", 999, pbx="other")
    made = await scenario_of_day(house, "pbx", DAY, ZONE)
    support = next(queue for queue in made.queues if queue.name == "support")
    assert made.hours == 24
    assert [queue.name for queue in made.queues] == ["sales", "support"]
    assert isinstance(support.calls_per_hour, list)
    assert {h: n for h, n in enumerate(support.calls_per_hour) if n} == {9: 2.0, 23: 1.0}
    assert support.handling == Recorded(values=[120.0, 180.0])
    assert support.patience == Exponential(mean=60.0)  # waited 60 s in all, one gave up


async def test_queues_are_as_they_are_described_now(house: Database) -> None:
    made = await scenario_of_day(house, "pbx", DAY, ZONE)
    sales, support = made.queues
    assert (support.weight, support.max_wait, support.wrap_up) == (2.0, 300.0, 15.0)
    assert support.required == [SkillNeed(skill="english", level=2, after=30.0)]
    assert support.when_timed_out == Step(kind="queue", target="sales")
    assert support.when_full == HANG_UP  # that queue is gone
    assert sales.service_level == 15.0
    assert sales.handling == UNKNOWN_HANDLING
    assert sales.patience is None


async def test_agents_are_there_when_they_were_ready_or_busy(house: Database) -> None:
    await log(house, 1, (8, "ready"), (9, "busy"), (9.5, "wrap_up"), (9.51, "ready"),
              (12, "not_ready"), (13, "ready"), (17.25, "offline"))  # fmt: skip
    await call(house, "1", 9.1, 5, "answered", 120)
    made = await scenario_of_day(house, "pbx", DAY, ZONE)
    first, absent, namesake = made.agents
    assert first.shifts == ["08:00-12:00", "13:00-17:15"]
    assert first.skills == {"english": 2}
    assert (absent.name, absent.count) == ("Wu", 0)
    assert (namesake.name, namesake.count) == ("Li (3)", 0)
    support = made.queues[1]
    assert support.wrap_up == Recorded(values=[36.0])


async def test_a_short_pause_is_none_and_a_night_goes_over_midnight(house: Database) -> None:
    await log(house, 1, (-2, "ready"), (6, "not_ready"), (6.05, "ready"), (7, "offline"),
              (22, "ready"))  # fmt: skip
    made = await scenario_of_day(house, "pbx", DAY, ZONE)
    assert made.agents[0].shifts == ["00:00-07:00", "22:00-24:00"]


async def test_without_states_the_talks_tell_who_was_there(house: Database) -> None:
    await call(house, "1", 9.2, 5, "answered", 120, queue="pbx-queue")
    await call(house, "2", 11.9, 5, "answered", 1200)
    made = await scenario_of_day(house, "pbx", DAY, ZONE)
    assert made.agents[0].shifts == ["09:00-13:00"]
    assert made.agents[0].queues == ["pbx-queue", "support"]
    assert [agent.count for agent in made.agents] == [1, 0, 0]


async def test_where_nothing_is_known_of_anybody_all_are_there(house: Database) -> None:
    made = await scenario_of_day(house, "pbx", DAY, ZONE)
    assert [(agent.count, agent.shifts) for agent in made.agents] == [(1, [])] * 3
    assert simulate(made)[0].total.offered == 0


async def test_nothing_at_all_is_said(database: Database) -> None:
    with pytest.raises(NotFound, match="no queue yet"):
        await scenario_of_day(database, "pbx", DAY, ZONE)


async def test_a_day_can_have_25_hours(house: Database) -> None:
    day = datetime.date(2026, 10, 25)
    begin, end = bounds(day, "Europe/Berlin")
    assert (end - begin) / HOUR == 25
    await put(house, AgentStateLogRow,
              {"agent_id": 1, "at": end - HOUR, "state": "ready", "reasons": []})  # fmt: skip
    made = await scenario_of_day(house, "pbx", day, "Europe/Berlin")
    assert made.agents[0].shifts == ["24:00-25:00"]
    assert simulate(made)[0].total.offered == 0


def test_patience_is_all_waiting_over_all_who_gave_up() -> None:
    assert patience([10.0, 20.0, 30.0], 2) == Exponential(mean=30.0)
    assert patience([10.0], 0) is None
    assert patience([], 0) is None
