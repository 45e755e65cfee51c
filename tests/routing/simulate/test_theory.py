"""The simulator against queueing theory, in three steps that together leave no gap.

1. What the simulator does to each single call is exactly what a recursion of a few lines says.
2. That recursion, over hundreds of thousands of calls, agrees with Erlang's formulas.
3. The simulator's own reports agree with the formulas within their own confidence intervals.

In a nearly full system waits of thousands of calls hang together, so step 3 alone would need hours
to say much; the first two steps say it in seconds. Confidence is 99.99 % for each of the about two
hundred figures compared; the seeds are fixed, so a failure is a change in the code.
"""

from __future__ import annotations

import math
from itertools import islice
from statistics import fmean

import pytest

from routing.erlang import Load, Outlook, outlook
from routing.simulate.callers import callers, homes_of
from routing.simulate.report import report, simulate
from routing.simulate.scenario import Scenario
from routing.simulate.statistics import Estimate, estimate
from tests.routing.simulate.oracle import Fate, fates, markovian
from tests.routing.simulate.told import agents, queue, scenario, watched

HANDLING = 180.0
PATIENCE = 240.0
WITHIN, SHORT = 20.0, 5.0
SURE = 0.9999

sizes = pytest.mark.parametrize("size", [1, 5, 20, 100])
occupancies = pytest.mark.parametrize("occupancy", [0.7, 0.8, 0.9, 0.95])
patiences = pytest.mark.parametrize("patience", [None, PATIENCE], ids=["C", "A"])


def rate_of(size: int, occupancy: float) -> float:
    return size * occupancy / HANDLING


def memory(size: int, occupancy: float) -> float:
    """After about so many calls the line has forgotten how it was (relaxation of M/M/c)."""
    return max(size, min(1.0, occupancy) / (1 - math.sqrt(min(0.99, occupancy))) ** 2)


def markovian_scenario(
    size: int, rate: float, patience: float | None, warm_up: float, calls: float, **values: int
) -> Scenario:
    exponential = {"kind": "exponential", "mean": HANDLING}
    calling = queue(handling=exponential, calls_per_hour=rate * 3600)
    if patience is not None:
        calling["patience"] = {"kind": "exponential", "mean": patience}
    hours = (warm_up + calls) / rate / 3600
    return scenario([calling], [agents(count=size)], hours=hours, warm_up=warm_up / rate, **values)


@sizes
@occupancies
@patiences
def test_each_call_fares_as_the_recursion_says(
    size: int, occupancy: float, patience: float | None
) -> None:
    told = markovian_scenario(size, rate_of(size, occupancy), patience, 0, 800)
    home = homes_of(told)["q"]
    coming = [
        (one.entered_at, one.handling, one.gives_up_at - one.entered_at)
        for one in callers(told, home, 0, f"{told.seed}/0")
    ]
    happened, _ = watched(told)
    joined = [one for one in happened if one.what == "joined"]
    ends = {one.call: one for one in happened if one.what in {"answered", "left"}}
    fared = [(ends[one.call].at - one.at, ends[one.call].what == "answered") for one in joined]
    assert len(fared) == len(coming)
    for (waited, answered), (expected, served) in zip(fared, fates(size, coming), strict=True):
        assert answered == served
        assert waited == pytest.approx(expected, abs=1e-6)


@sizes
@occupancies
@patiences
def test_the_recursion_agrees_with_erlang(
    size: int, occupancy: float, patience: float | None
) -> None:
    """Batch means; each batch is many times longer than the line's memory."""
    rate, kept = rate_of(size, occupancy), memory(size, occupancy)
    batch = int(max(2000, 12 * kept)) if patience is None else 3000
    drawn = markovian(f"{size}/{occupancy}", 21 * batch, rate, HANDLING, patience)
    fared = fates(size, drawn)
    list(islice(fared, batch))  # until it forgot that it began empty
    batches = [list(islice(fared, batch)) for _ in range(20)]
    expected = outlook(Load(rate, HANDLING, patience), size, WITHIN, SHORT)
    for theory, of in (
        (expected.wait_probability, _waited),
        (expected.asa, _asa),
        (expected.abandon_rate, _abandoned),
        (expected.service_level, _level),
    ):
        rare = expected.wait_probability if of is _asa else min(theory, 1 - theory)
        agree(theory, [of(one) for one in batches], rare * 20 * batch / kept)


def agree(theory: float, values: list[float], events: float) -> None:
    """In the interval; but none can be built on a handful of what happens in clusters."""
    found = estimate(values, SURE)
    assert found is not None
    if events < 30:
        assert found.mean == pytest.approx(theory, abs=0.02, rel=3.0)
    else:
        assert found.holds(theory), (theory, found)


def _waited(fared: list[Fate]) -> float:
    return sum(waited > 0 for waited, _ in fared) / len(fared)


def _asa(fared: list[Fate]) -> float:
    return fmean(waited for waited, answered in fared if answered)


def _abandoned(fared: list[Fate]) -> float:
    return sum(not answered for _, answered in fared) / len(fared)


def _level(fared: list[Fate]) -> float:
    in_time = sum(answered and waited <= WITHIN for waited, answered in fared)
    short = sum(not answered and waited <= SHORT for waited, answered in fared)
    return in_time / (len(fared) - short)


@sizes
@pytest.mark.parametrize(
    ("occupancy", "replications", "calls"), [(0.7, 12, 600), (0.85, 10, 700), (0.95, 5, 1500)]
)
def test_reports_agree_with_erlang_c(
    size: int, occupancy: float, replications: int, calls: int
) -> None:
    rate = rate_of(size, occupancy)
    told = markovian_scenario(
        size, rate, None, 2 * memory(size, occupancy), calls, replications=replications, seed=7
    )
    expected = outlook(Load(rate, HANDLING), size, WITHIN, SHORT)
    compare_report(told, expected, memory(size, occupancy))


@sizes
@pytest.mark.parametrize("occupancy", [0.7, 0.85, 0.95, 1.2])
def test_reports_agree_with_erlang_a(size: int, occupancy: float) -> None:
    """With patience even an overload has figures."""
    rate = rate_of(size, occupancy)
    told = markovian_scenario(size, rate, PATIENCE, 4 * size, 320, replications=8, seed=7)
    compare_report(told, outlook(Load(rate, HANDLING, PATIENCE), size, WITHIN, SHORT), 20)


def compare_report(told: Scenario, expected: Outlook, kept: float) -> None:
    results = simulate(told)
    total = report(told, results).total
    calls = sum(one.total.offered for one in results)
    for name in ("wait_probability", "asa", "service_level", "abandon_rate", "occupancy"):
        theory, shown = getattr(expected, name), getattr(total, name)
        values = [getattr(one.total, name) for one in results]
        assert isinstance(shown, Estimate)
        assert shown.mean == pytest.approx(fmean(values))
        rare = expected.wait_probability if name == "asa" else min(theory, 1 - theory)
        agree(theory, values, rare * calls / kept)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """Two hundred times twenty replications of five agents: 95 % of the intervals, give or take."""
    rate, calls, held = rate_of(5, 0.7), 300, 0
    truth = outlook(Load(rate, HANDLING, PATIENCE), 5, WITHIN, SHORT).abandon_rate
    for repeat in range(200):
        values = []
        for number in range(20):
            drawn = markovian(f"{repeat}/{number}", calls + 50, rate, HANDLING, PATIENCE)
            values.append(_abandoned(list(fates(5, drawn))[50:]))
        found = estimate(values)
        held += found is not None and found.holds(truth)
    assert 180 <= held <= 198  # 190 expected; binomial, both ends beyond three deviations
