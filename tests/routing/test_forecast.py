"""The estimated wait: by hand, and against queues whose real waits are known."""

from __future__ import annotations

from heapq import heappop, heappush
from random import Random

import pytest

from routing.forecast import ENOUGH, Forecast


def steady(forecast: Forecast, *, every: float = 10.0, able: int = 2, answers: int = 400) -> float:
    """Ten always wait, and one is answered every so many seconds. Gives the time of the last."""
    for number in range(10):
        forecast.joined("sales", f"w{number}", number + 1, able, 0.0)
    for number in range(answers):
        now = every * (number + 1)
        forecast.answered("sales", f"w{number}", able, now)
        forecast.joined("sales", f"w{number + 10}", 10, able, now)
    return every * answers


def test_nothing_is_said_before_enough_was_seen() -> None:
    forecast = Forecast()
    assert forecast.estimate("sales", 1, 3, 0.0) is None
    now = steady(forecast, answers=ENOUGH - 1)
    assert forecast.estimate("sales", 1, 2, now) is None
    assert forecast.error("sales") is None


def test_each_place_takes_the_time_between_two_answers() -> None:
    forecast = Forecast()
    now = steady(forecast)
    assert forecast.estimate("sales", 1, 2, now) == pytest.approx(10.0)
    assert forecast.estimate("sales", 7, 2, now) == pytest.approx(70.0)


def test_twice_the_agents_are_twice_as_fast_at_once() -> None:
    forecast = Forecast()
    now = steady(forecast)
    assert forecast.estimate("sales", 4, 4, now) == pytest.approx(20.0)
    assert forecast.estimate("sales", 4, 1, now) == pytest.approx(80.0)


def test_with_nobody_at_work_nobody_knows() -> None:
    forecast = Forecast()
    now = steady(forecast)
    assert forecast.estimate("sales", 1, 0, now) is None


def test_an_answer_that_is_long_in_coming_makes_the_wait_longer() -> None:
    forecast = Forecast()
    now = steady(forecast)
    usual = forecast.estimate("sales", 1, 2, now)
    later = forecast.estimate("sales", 1, 2, now + 120.0)
    assert usual is not None
    assert later is not None
    assert later > usual * 1.2


def test_those_ahead_who_give_up_make_it_shorter() -> None:
    """Answers every 10 s, and of those who wait each gives up after 100 s in the mean: the second
    waits for one of two things (0.1 + 0.01 a second), and then for an answer (0.1)."""
    forecast = Forecast()
    now = 0.0
    for number in range(4000):
        forecast.joined("sales", f"w{number}", 1, 2, now)
        now += 10.0
        if number % 10 == 9:  # 100 seconds of waiting for each who leaves
            forecast.left("sales", f"w{number}", now)
            forecast.joined("sales", f"x{number}", 1, 2, now)
            forecast.answered("sales", f"x{number}", 2, now + 10.0)
            now += 10.0
        else:
            forecast.answered("sales", f"w{number}", 2, now)
    one, two = (forecast.estimate("sales", place, 2, now) for place in (1, 2))
    assert one is not None
    assert two is not None
    assert one == pytest.approx(10.0, rel=0.02)
    assert two - one == pytest.approx(1 / (1 / 10 + 1 / 110), rel=0.05)


def test_time_in_which_nobody_waited_counts_for_nothing() -> None:
    forecast = Forecast()
    now = 0.0
    for number in range(100):
        forecast.joined("sales", f"w{number}", 1, 3, now)
        forecast.answered("sales", f"w{number}", 3, now + 6.0)
        now += 600.0
    assert forecast.estimate("sales", 1, 3, now) == pytest.approx(6.0)


def test_the_same_told_twice_counts_once() -> None:
    once, twice = Forecast(), Forecast()
    for forecast, times in ((once, 1), (twice, 2)):
        for number in range(20):
            at = 10.0 * number
            for _ in range(times):
                forecast.joined("sales", f"w{number}", 1, 1, at)
            for _ in range(times):
                forecast.answered("sales", f"w{number}", 1, at + 8.0)
        forecast.left("sales", "never heard of", 300.0)
        forecast.answered("nowhere", "never heard of", 1, 300.0)
    assert once.estimate("sales", 3, 1, 300.0) == twice.estimate("sales", 3, 1, 300.0)
    assert once.error("sales") == twice.error("sales")


def test_what_was_said_is_held_against_what_happened() -> None:
    forecast = Forecast()
    now = steady(forecast)
    error = forecast.error("sales")
    assert error is not None
    assert error.wait == pytest.approx(100.0)
    assert error.bias == pytest.approx(0.0, abs=0.5)
    assert error.absolute < 1.0
    told = forecast.joined("sales", "late", 11, 2, now)
    assert told == pytest.approx(110.0)
    forecast.answered("sales", "late", 2, now + 210.0)  # a hundred seconds later than said
    after = forecast.error("sales")
    assert after is not None
    assert after.answered == error.answered + 1
    assert after.bias < error.bias
    assert after.absolute > error.absolute


def test_those_who_gave_up_judge_nobody() -> None:
    forecast = Forecast()
    now = steady(forecast)
    before = forecast.error("sales")
    forecast.left("sales", "w405", now + 1.0)
    assert forecast.error("sales") == before


@pytest.mark.parametrize(("patience", "load"), [(None, 0.95), (120.0, 1.3)])
def test_the_estimates_are_right_in_the_mean(patience: float | None, load: float) -> None:
    """Eight agents who take 60 s; where more comes than they can do, people give up after 120 s."""
    said = simulate(agents=8, handling=60.0, load=load, patience=patience)
    assert len(said) > 5000
    mean = sum(wait for _, wait in said) / len(said)
    bias = sum(told - wait for told, wait in said) / len(said)
    absolute = sum(abs(told - wait) for told, wait in said) / len(said)
    assert abs(bias) < 0.1 * mean
    assert absolute < 0.5 * mean


def simulate(
    *, agents: int, handling: float, load: float, patience: float | None
) -> list[tuple[float, float]]:
    """All exponential, first come first served; (said, waited) of those who were answered."""
    random = Random(7)  # noqa: S311 - the same every time
    forecast, now, busy = Forecast(), 0.0, 0
    line: dict[str, tuple[float, float | None]] = {}  # who waits: since when, and what was said
    said: list[tuple[float, float]] = []
    ahead: list[tuple[float, str, str]] = [(0.0, "comes", "0")]
    for number in range(1, 60_000):
        now, what, who = heappop(ahead)
        if what == "comes":
            heappush(ahead, (now + random.expovariate(load * agents / handling), what, f"{number}"))
            if busy < agents:
                busy += 1
                heappush(ahead, (now + random.expovariate(1 / handling), "is done", who))
                continue
            line[who] = (now, forecast.joined("q", who, len(line) + 1, agents, now))
            if patience is not None:
                heappush(ahead, (now + random.expovariate(1 / patience), "gives up", who))
        elif what == "gives up" and line.pop(who, None) is not None:
            forecast.left("q", who, now)
        elif what == "is done":
            busy -= 1
            if line:
                served = next(iter(line))
                since, told = line.pop(served)
                forecast.answered("q", served, agents, now)
                busy += 1
                heappush(ahead, (now + random.expovariate(1 / handling), "is done", served))
                if told is not None:
                    said.append((told, now - since))
    return said
