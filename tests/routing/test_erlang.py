"""Erlang's formulas against published figures, hand-computed cases and identities."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.erlang import (
    Load,
    Target,
    agents_needed,
    erlang_b,
    erlang_c,
    outlook,
    rostered,
)

HALF_HOUR_OF_100 = Load(arrivals=100 / 1800, handling=180)  # ten erlangs
GARNETT = Load(arrivals=48 / 60, handling=60, patience=120)

agents_ = st.integers(1, 200)
erlangs_ = st.floats(0.01, 250)


@pytest.mark.parametrize(
    ("agents", "erlangs", "blocked"),
    [
        (1, 1.0, 1 / 2),
        (2, 1.0, 1 / 5),
        (3, 2.0, 4 / 19),
        (10, 10.0, 0.21458),  # the tables of the telephone companies
        (20, 13.182, 0.0200),
        (100, 84.1, 0.0100),
    ],
)
def test_calls_lost_without_a_queue(agents: int, erlangs: float, blocked: float) -> None:
    assert erlang_b(agents, erlangs) == pytest.approx(blocked, abs=1e-4)


@pytest.mark.parametrize(
    ("agents", "waits", "level", "asa"),
    [  # 100 calls in half an hour of 3 minutes each: the example of the textbooks
        (11, 0.6821, 0.3896, 122.8),
        (12, 0.4494, 0.6402, 40.4),
        (13, 0.2853, 0.7956, 17.1),
        (14, 0.1741, 0.8884, 7.8),
        (15, 0.1020, 0.9415, 3.7),
    ],
)
def test_the_textbook_half_hour(agents: int, waits: float, level: float, asa: float) -> None:
    expected = outlook(HALF_HOUR_OF_100, agents, within=20)
    assert expected.wait_probability == pytest.approx(waits, abs=5e-5)
    assert expected.service_level == pytest.approx(level, abs=5e-5)
    assert expected.asa == pytest.approx(asa, abs=0.06)
    assert expected.occupancy == pytest.approx(10 / agents)


def test_the_published_call_center_with_impatient_callers() -> None:
    """Garnett, Mandelbaum and Reiman (2002): 50 agents, 48 calls a minute, patience 2 minutes."""
    impatient = outlook(GARNETT, 50, within=20)
    assert impatient.abandon_rate == pytest.approx(0.031, abs=5e-4)
    assert impatient.occupancy == pytest.approx(0.93, abs=5e-3)
    assert impatient.abandon_rate * 120 == pytest.approx(3.7, abs=0.05)  # mean wait of all
    patient = outlook(Load(GARNETT.arrivals, GARNETT.handling), 50, within=20)
    assert patient.asa == pytest.approx(20.8, abs=0.05)
    assert patient.occupancy == pytest.approx(0.96)


def test_one_agent_with_impatience_by_hand() -> None:
    """Arrival, service and giving up all at rate 1: the states are Poisson with mean 1."""
    expected = outlook(Load(1.0, 1.0, 1.0), 1, within=math.log(2))
    waits = 1 - math.exp(-1)
    assert expected.wait_probability == pytest.approx(waits)
    # waiting on average: sum of (n - 1) P(n) over n > 1, that is 1 - (1 - 1/e)
    assert expected.abandon_rate == pytest.approx(math.exp(-1))
    assert expected.occupancy == pytest.approx(waits)
    # density of an endless wait: e^-1 e^-t e^(1 - e^-t); times e^-t, with u = e^-t:
    # answered after a wait of at most ln 2 = integral of u e^-u from 1/2 to 1
    in_queue = 1.5 * math.exp(-0.5) - 2 * math.exp(-1)
    assert expected.service_level == pytest.approx(math.exp(-1) + in_queue)


@given(agents_, erlangs_)
def test_erlang_b_is_the_truncated_poisson(agents: int, erlangs: float) -> None:
    logs = [n * math.log(erlangs) - math.lgamma(n + 1) for n in range(agents + 1)]
    top = max(logs)
    share = math.exp(logs[-1] - top) / math.fsum(math.exp(value - top) for value in logs)
    assert erlang_b(agents, erlangs) == pytest.approx(share, rel=1e-9, abs=1e-300)


@given(agents_, st.floats(0.01, 0.99))
def test_erlang_c_from_erlang_b_of_one_agent_less(agents: int, occupancy: float) -> None:
    erlangs = agents * occupancy
    lost = erlang_b(agents - 1, erlangs)
    assert erlang_c(agents, erlangs) == pytest.approx(
        occupancy * lost / (occupancy * lost + 1 - occupancy), rel=1e-9, abs=1e-300
    )


@given(agents_, st.floats(0.01, 0.95), st.floats(1, 600))
def test_endless_patience_is_erlang_c(agents: int, occupancy: float, handling: float) -> None:
    arrivals = agents * occupancy / handling
    patient = outlook(Load(arrivals, handling), agents, 20)
    nearly = outlook(Load(arrivals, handling, handling * 1e7), agents, 20)
    assert nearly.wait_probability == pytest.approx(patient.wait_probability, rel=1e-3)
    assert nearly.asa == pytest.approx(patient.asa, rel=1e-3)
    assert nearly.service_level == pytest.approx(patient.service_level, rel=1e-3)


@given(agents_, st.floats(0.05, 250))
def test_patience_as_long_as_a_call_is_as_if_nobody_waited(agents: int, erlangs: float) -> None:
    """Then everybody leaves at the same rate, talking or waiting: Poisson states."""
    expected = outlook(Load(erlangs, 1.0, 1.0), agents, 0.1)
    logs = [n * math.log(erlangs) - erlangs - math.lgamma(n + 1) for n in range(agents)]
    waits = 1 - math.fsum(map(math.exp, logs))
    assert expected.wait_probability == pytest.approx(waits, abs=1e-9)


@settings(deadline=None, max_examples=50)
@given(agents_, st.floats(0.1, 100), st.floats(1, 600), st.floats(1, 600))
def test_what_comes_is_answered_or_leaves(
    agents: int, erlangs: float, handling: float, patience: float
) -> None:
    load = Load(erlangs / handling, handling, patience)
    ever = outlook(load, agents, within=1e6)
    assume(ever.abandon_rate > 1e-6)
    assert ever.service_level == pytest.approx(1 - ever.abandon_rate, rel=1e-6)
    # with all abandons counted as short only the answered are left
    assert outlook(load, agents, 1e6, 1e6).service_level == pytest.approx(1.0, rel=1e-6)


@given(st.integers(1, 60), st.floats(0.1, 80), st.floats(5, 600))
def test_one_agent_more_is_never_worse(agents: int, erlangs: float, patience: float) -> None:
    for load in (Load(erlangs / 180, 180), Load(erlangs / 180, 180, patience)):
        fewer, more = outlook(load, agents, 20), outlook(load, agents + 1, 20)
        slack = 1e-9
        assert more.service_level >= fewer.service_level - slack
        assert more.asa <= fewer.asa + slack or math.isinf(fewer.asa)
        assert more.abandon_rate <= fewer.abandon_rate + slack


@given(st.floats(0.1, 150), st.floats(0.3, 0.99), st.none() | st.floats(10, 600))
def test_needed_is_the_first_number_that_is_enough(
    erlangs: float, level: float, patience: float | None
) -> None:
    load, target = Load(erlangs / 200, 200, patience), Target(service_level=level)
    needed = agents_needed(load, target)
    assert target.met(outlook(load, needed, 20))
    assert needed == 0 or not target.met(outlook(load, needed - 1, 20))


def test_the_textbook_needs_fourteen() -> None:
    assert agents_needed(HALF_HOUR_OF_100, Target(service_level=0.8, within=20)) == 14
    assert rostered(14, 0.3) == 20
    assert rostered(7, 0.3) == 10


def test_an_overload_without_patience_grows_for_ever() -> None:
    hopeless = outlook(Load(1.0, 10.0), 9, 20)
    assert math.isinf(hopeless.asa)
    assert hopeless.service_level == 0.0


def test_no_calls_need_nobody() -> None:
    assert agents_needed(Load(0.0, 180), Target()) == 0
    assert outlook(Load(0.0, 180), 3, 20).occupancy == 0.0


def test_a_heavy_overload_is_still_computed() -> None:
    heavy = outlook(Load(50.0, 300.0, 1800.0), 10_000, 20)
    assert heavy.abandon_rate == pytest.approx(1 - 10_000 / 15_000, abs=1e-6)
    assert heavy.occupancy == pytest.approx(1.0)


@pytest.mark.parametrize("wrong", [{"arrivals": -1.0}, {"handling": math.inf}, {"patience": 0.0}])
def test_a_load_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Load(**{"arrivals": 1.0, "handling": 1.0, **wrong})


def test_a_target_that_nobody_meets_is_said() -> None:
    with pytest.raises(ValueError, match="not even"):
        agents_needed(Load(1.0, 1.0), Target(occupancy=0.0))
