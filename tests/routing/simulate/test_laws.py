"""What holds in every scenario, whatever it says."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import defaultdict
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.events import QueueExit
from routing.simulate.checks import parse
from routing.simulate.day import Day, Happening
from tests.routing.simulate.told import agents, queue, scenario, watched

SKILLS = ["english", "billing"]
NAMES = ["a", "b", "c"]
LATE = 2 * 3600.0

durations = st.one_of(
    st.floats(1, 300),
    st.builds(lambda mean: {"kind": "exponential", "mean": mean}, st.floats(5, 300)),
    st.builds(
        lambda mean, share: {"kind": "gamma", "mean": mean, "deviation": mean * share},
        st.floats(5, 300),
        st.floats(0.2, 2),
    ),
)
needs = st.lists(
    st.fixed_dictionaries(
        {"skill": st.sampled_from(SKILLS), "level": st.integers(1, 3)},
        optional={"after": st.floats(0, 120)},
    ),
    max_size=2,
)


@st.composite
def queues(draw: st.DrawFn, name: str) -> dict[str, Any]:
    others = [each for each in NAMES if each != name]
    step = st.one_of(
        st.just({"kind": "hangup"}),
        st.builds(lambda to: {"kind": "queue", "target": to}, st.sampled_from(others)),
    )
    return {
        "name": name,
        "calls_per_hour": draw(st.floats(0, 90)),
        "handling": draw(durations),
        "wrap_up": draw(st.one_of(st.just(0), durations)),
        "weight": draw(st.floats(0.2, 5)),
        "priority": draw(st.floats(-300, 300)),
        "required": draw(needs),
        "preferred": draw(needs),
        "strategy": draw(st.sampled_from(["longest_idle", "round_robin", "best_skill", "ordered"])),
        "when_empty": draw(step),
        "when_full": draw(step),
        "when_timed_out": draw(step),
        **draw(
            st.fixed_dictionaries(
                {},
                optional={
                    "patience": durations,
                    "max_wait": st.floats(1, 300),
                    "max_waiting": st.integers(0, 5),
                },
            )
        ),
    }


people = st.fixed_dictionaries(
    {
        "count": st.integers(0, 3),
        "queues": st.lists(st.sampled_from(NAMES), unique=True, min_size=1),
        "skills": st.dictionaries(st.sampled_from(SKILLS), st.integers(1, 3)),
        "rank": st.integers(0, 3),
        "answers_after": st.sampled_from([0, 3, {"kind": "uniform", "low": 0, "high": 40}]),
        "misses": st.sampled_from([0.0, 0.3]),
        "shifts": st.sampled_from(
            [[], ["09:00-09:20"], ["09:10-09:40", "09:45-10:00"], ["08:00-09:30"]]
        ),
    }
)


@st.composite
def scenarios(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "begins": "09:00",
        "hours": 1,
        "seed": draw(st.integers(0, 1000)),
        "queues": [draw(queues(name)) for name in NAMES],
        "agents": [
            {"name": f"p{place}", **one}
            for place, one in enumerate(draw(st.lists(people, max_size=5)))
        ],
    }


@settings(deadline=None, max_examples=60)
@given(scenarios())
def test_no_agent_has_two_calls_and_no_call_two_agents(raw: dict[str, Any]) -> None:
    happened, _ = watched(parse(raw, "test"))
    of_agent: dict[int, str] = {}
    of_call: dict[str, int] = {}
    for one in happened:
        if one.what == "offered":
            assert one.agent is not None
            assert one.agent not in of_agent
            assert one.call not in of_call
            of_agent[one.agent], of_call[one.call] = one.call, one.agent
        elif one.what == "answered":
            assert of_call[one.call] == one.agent
        elif one.what in {"ended", "missed", "left"} and one.call in of_call:
            del of_agent[of_call.pop(one.call)]


@settings(deadline=None, max_examples=60)
@given(scenarios())
def test_no_call_is_lost_and_none_is_doubled(raw: dict[str, Any]) -> None:
    """Each stay has one exit; who was answered ends once; nobody waits in two queues.

    What was not worked off hours after the end is cut, and counted as that.
    """
    happened, result = watched(parse(raw, "test"))
    stays: defaultdict[str, list[Happening]] = defaultdict(list)
    ended: list[str] = []
    for one in happened:
        if one.what in {"joined", "answered", "left"}:
            stays[one.call].append(one)
        elif one.what == "ended":
            ended.append(one.call)
    for told in stays.values():
        joins, exits = told[::2], told[1::2]
        assert all(one.what == "joined" for one in joins)
        assert len(joins) == len(exits)
        assert all(a.queue == b.queue and a.at <= b.at for a, b in zip(joins, exits, strict=True))
        assert all(one.exit is not QueueExit.LOST or one.at > LATE for one in exits)
        assert [one.what for one in exits[:-1]] == ["left"] * (len(exits) - 1)
    answered = [call for call, told in stays.items() if told[-1].what == "answered"]
    assert len(set(ended)) == len(ended)
    assert set(answered) == set(ended) or happened[-1].at > LATE
    assert result.total.offered == sum(len(told) // 2 for told in stays.values())
    assert result.total.offered == sum(result.total.exits.values())


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.integers(1, 4),
    st.floats(0.5, 1.5),
    st.floats(0, 300),
    st.floats(0, 300),
)
def test_nobody_starves(
    seed: int, people: int, load: float, priority: float, handling: float
) -> None:
    """However much comes in with priority: who came early enough is before all who come later.

    With equal agents and weights, calls are offered in the order of joining less priority, each
    time among all who wait.
    """
    per_hour = load * people * 3600 / (handling + 1) / 2
    told = scenario(
        [
            queue(name, handling=handling + 1, calls_per_hour=min(per_hour, 400), priority=lead)
            for name, lead in (("plain", 0), ("key", priority))
        ],
        [agents(count=people, queues=["plain", "key"])],
        seed=seed,
        hours=0.5,
    )
    happened, result = watched(told)
    lead_of = {"plain": 0.0, "key": priority}
    waiting: dict[str, float] = {}
    for one in happened:
        if one.what == "joined":
            waiting[one.call] = one.at - lead_of[one.queue]
        elif one.what == "offered":
            assert waiting.pop(one.call) <= min(waiting.values(), default=float("inf")) + 1e-9
    assert result.total.answered == result.total.offered


@settings(deadline=None, max_examples=20)
@given(scenarios())
def test_the_same_scenario_has_the_same_day(raw: dict[str, Any]) -> None:
    assert watched(parse(raw, "test")) == watched(parse(raw, "test"))


def test_replications_differ_and_other_agents_meet_the_same_callers() -> None:
    told = scenario([queue("q", calls_per_hour=60)], [agents(count=2)])
    more = scenario([queue("q", calls_per_hour=60)], [agents(count=3)])
    one, two, three = (
        [(each.at, each.call) for each in happened if each.what == "joined"]
        for happened, _ in (watched(told), watched(told, 1), watched(more))
    )
    assert one != two
    assert one == three


ELSEWHERE = """
from tests.routing.simulate.test_laws import digest
print(digest())
"""


def digest() -> str:
    told = scenario(
        [
            queue(
                name, calls_per_hour=60, handling={"kind": "exponential", "mean": 120}, patience=90
            )
            for name in NAMES
        ],
        [agents(f"p{n}", queues=NAMES[n % 3 :], skills={"english": 1}) for n in range(4)],
    )
    happened: list[Happening] = []
    Day(told, 0, happened.append).run()
    return hashlib.sha256(repr(happened).encode()).hexdigest()


def test_another_process_decides_alike() -> None:
    """Nothing hangs on the order of sets, which differs from process to process."""
    told = {
        subprocess.run(
            [sys.executable, "-c", ELSEWHERE],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {digest()}
