"""Figures over replications, comparisons, what-if changes, and how all that is shown."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest

from callcenter.errors import InvalidInput
from routing.simulate.changes import AgentWhatIf, QueueWhatIf, changed
from routing.simulate.durations import Exponential, Gamma, Recorded, mean_of, sampler
from routing.simulate.jobs import sized
from routing.simulate.report import compare, report, simulate
from routing.simulate.staffing import staffing
from routing.simulate.statistics import Estimate, estimate, student
from routing.simulate.text import comparison_lines, report_lines, staffing_lines
from tests.routing.simulate.told import agents, queue, scenario

BUSY: dict[str, Any] = {
    "calls_per_hour": 40,
    "handling": {"kind": "exponential", "mean": 200},
    "patience": 100,
}


@pytest.mark.parametrize(
    ("freedom", "confidence", "quantile"),
    [  # the tables of Student's t
        (1, 0.95, 12.706),
        (2, 0.95, 4.303),
        (5, 0.99, 4.032),
        (9, 0.95, 2.262),
        (19, 0.95, 2.093),
        (30, 0.99, 2.750),
        (120, 0.95, 1.980),
    ],
)
def test_quantiles_are_those_of_the_tables(
    freedom: int, confidence: float, quantile: float
) -> None:
    assert student(freedom, confidence) == pytest.approx(quantile, abs=5e-4)


def test_an_estimate_by_hand() -> None:
    found = estimate([1.0, 2.0, 3.0, None])
    assert found is not None
    assert found.mean == 2.0
    assert found.values == 3
    assert found.margin == pytest.approx(4.302653 / math.sqrt(3), rel=1e-5)
    assert estimate([5.0]) == Estimate(5.0, None, 1)
    assert estimate([None, None]) is None


@pytest.mark.parametrize(
    "duration",
    [
        7.0,
        Exponential(mean=30),
        Gamma(mean=100, deviation=50),
        Recorded(values=[1.0, 2.0, 6.0]),
    ],
)
def test_what_is_drawn_has_the_mean_that_is_said(duration: float | Exponential) -> None:
    draw = sampler(duration, Random(1))  # noqa: S311 - no secret
    mean = sum(draw() for _ in range(20_000)) / 20_000
    assert mean == pytest.approx(mean_of(duration), rel=0.03)


def test_more_processes_give_the_same_results() -> None:
    told = scenario([queue(**BUSY)], [agents(count=2)], replications=4)
    assert simulate(told) == simulate(told, processes=2)


def test_progress_is_told_for_each_replication() -> None:
    told = scenario([queue(calls_at=[1])], [agents()], replications=3)
    heard: list[tuple[int, int]] = []
    simulate(told, lambda done, of: heard.append((done, of)))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_differences_are_surer_than_the_figures() -> None:
    """Both meet the same callers, so what is left is the agents' doing."""
    first = scenario([queue(**BUSY)], [agents(count=2)], replications=10)
    second = changed(first, [AgentWhatIf(name="a", count=3)], [])
    both = compare((first, second), (simulate(first), simulate(second)))
    figures = both.differences[0].figures
    assert figures.offered == Estimate(0.0, 0.0, 10)
    assert figures.service_level is not None
    assert figures.service_level.margin is not None
    assert both.second.total.service_level is not None
    assert both.first.total.service_level is not None
    assert figures.service_level.mean == pytest.approx(
        both.second.total.service_level.mean - both.first.total.service_level.mean
    )
    assert figures.service_level.mean - figures.service_level.margin > 0


def test_no_calls_have_no_figures_rather_than_perfect_ones() -> None:
    told = scenario([queue()], [agents()], replications=2)
    total = report(told, simulate(told)).total
    assert total.service_level is None
    assert total.asa is None
    assert total.occupancy == Estimate(0.0, 0.0, 2)


def test_changes_go_by_name() -> None:
    first = scenario(
        [queue("a", calls_per_hour=[10.0], handling={"kind": "gamma", "mean": 9, "deviation": 3})],
        [agents(queues=["a"])],
    )
    second = changed(
        first,
        [AgentWhatIf(name="a", count=4, skills={"x": 2})],
        [QueueWhatIf(name="a", calls=1.5, handling=2)],
    )
    assert second.queues[0].calls_per_hour == [15.0]
    assert second.queues[0].handling == Gamma(mean=18, deviation=6)
    assert second.agents[0].count == 4
    assert second.agents[0].skills == {"x": 2}
    assert second.agents[0].queues == ["a"]


@pytest.mark.parametrize(
    ("people", "lines", "field"),
    [
        ([AgentWhatIf(name="x")], [], "agents[0].name"),
        ([], [QueueWhatIf(name="x")], "queues[0].name"),
        ([AgentWhatIf(name="a", queues=["x"])], [], "agents[0].queues[0]"),
    ],
)
def test_changes_of_what_is_not_there_are_refused(
    people: list[AgentWhatIf], lines: list[QueueWhatIf], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        changed(scenario([queue()], [agents()]), people, lines)
    assert refused.value.field == field


def test_a_person_waits_for_no_more_than_a_minute() -> None:
    small, large = (
        scenario([queue(calls_per_hour=rate)], [agents()], hours=10) for rate in (20, 5000)
    )
    assert sized([small], None)[0].replications == 40
    assert sized([small, large], None)[1].replications == 5
    assert sized([small, small], 7)[1].replications == 7
    with pytest.raises(InvalidInput, match="would make 1000000 calls"):
        sized([large], 20)


def test_staffing_beside_it() -> None:
    """The textbook: 200 calls an hour of 3 minutes need 14 agents for 80 % within 20 s."""
    told = scenario(
        [queue("a", handling=150, wrap_up=30, calls_per_hour=[200, 0], patience=120),
         queue("b", calls_at=[3700])],
        [], hours=2, begins="23:00",
    )  # fmt: skip
    first, second = staffing(told, 0.8)
    assert [(hour.begins, hour.erlang_c) for hour in first.hours] == [(82_800, 14), (0, 0)]
    assert first.hours[0].erlang_a is not None
    assert first.hours[0].erlang_a <= 14
    assert [hour.calls for hour in second.hours] == [0, 1]
    assert second.hours[1].erlang_a is None


def test_tables_stay_straight_under_chinese_names() -> None:
    first = scenario(
        [queue("售后服务", **BUSY), queue("q", **BUSY)],
        [agents(count=2)],
        replications=2,
        name="今天",
    )
    second = changed(first, [AgentWhatIf(name="a", queues=["q", "售后服务"])], [])
    results = simulate(first)
    lines = list(report_lines(report(first, results)))
    assert lines[0].startswith("今天: 2 replications, seed 1; ± is the 95% confidence interval")
    starts = {len(line) - len(line.rstrip()) for line in lines}
    assert starts == {0}
    assert any("nobody there" in line for line in lines)  # nobody takes calls of 售后服务
    both = list(comparison_lines(compare((first, second), (results, simulate(second)))))
    assert any("points" in line for line in both)
    assert any("Erlang" in line for line in staffing_lines(staffing(first, 0.8), 0.8))
