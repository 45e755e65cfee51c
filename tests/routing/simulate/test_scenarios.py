"""Scenario files: what is wrong is named with its key and what is allowed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from callcenter.errors import ConfigError
from routing.simulate.checks import load, parse, warnings
from routing.simulate.scenario import Scenario
from routing.simulate.written import written
from tests.routing.simulate.test_laws import scenarios
from tests.routing.simulate.told import agents, queue, scenario

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
WORDS = "callback, hangup, message, number, queue, voicemail"


def raw(
    queues: dict[str, Any] | None = None, people: dict[str, Any] | None = None, **values: Any
) -> dict[str, Any]:
    return {
        "hours": 2,
        "queues": [{**queue(), **(queues or {})}],
        "agents": [{**agents(), **(people or {})}],
        **values,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"hours": 0}, "hours: Expected `float` > 0.0"),
        ({"hurry": 1}, "hurry: is not known; allowed: agents, begins, hours"),
        ({"begins": "9"}, "begins: must be written like 08:30"),
        ({"warm_up": 7200}, "warm_up: must be shorter than the 2 hours"),
        ({"agents": None}, "agents: "),
        ({"replications": 0}, "replications: Expected `int` >= 1"),
        (
            raw({"calls_per_hour": 90_000}, replications=1000),
            "replications: makes 180000000 calls; allowed: at most 5000000",
        ),
        (raw({"name": " "}), "queues[0].name: must be written like support"),
        (raw({"handling": -1}), "queues[0].handling: Expected `float` >= 0.0"),
        (raw({"handling": {"kind": "normal"}}), "allowed: exponential, gamma, lognormal"),
        (raw({"handling": {"mean": 3}}), "queues[0].handling.kind: is required"),
        (raw({"patience": "long"}), 'allowed: kind = "exponential"'),
        (raw({"strategy": "luck"}), "allowed: best_skill, fewest_calls, least_recent"),
        (raw({"calls_per_hour": [1, 2, 3]}), "has 3 figures; allowed: 2, one an hour"),
        (raw({"calls_at": [1], "calls_per_hour": 3}), "queues[0].calls_at: and calls_per_hour"),
        (raw({"calls_at": [7200]}), "queues[0].calls_at: must be below the 7200 seconds"),
        (raw({"weight": 0}), "queues[0].weight: Expected `float` > 0.0"),
        (
            raw({"when_full": {"kind": "queue", "target": "q"}}),
            "queues[0].when_full.target: is the queue itself",
        ),
        (
            raw({"when_full": {"kind": "queue", "target": "x"}}),
            "queues[0].when_full.target: 'x' is no queue; allowed: none",
        ),
        (
            raw({"when_full": {"kind": "fly"}}),
            f"queues[0].when_full.kind: Invalid enum value 'fly'; allowed: {WORDS}",
        ),
        (
            raw({"callers": [{"share": 0.6}, {"share": 0.6}]}),
            "queues[0].callers: have shares that add up to more than 1",
        ),
        (raw(None, {"queues": ["x"]}), "agents[0].queues[0]: 'x' is no queue; allowed: q"),
        (raw(None, {"skills": {"a": 0}}), "agents[0].skills"),
        (raw(None, {"shifts": ["9-12"]}), "agents[0].shifts[0]: must be written like 09:00-12:30"),
        (raw(None, {"shifts": ["12:00-09:00"]}), "agents[0].shifts: must end after they begin"),
        (
            raw(None, {"shifts": ["09:00-12:00", "11:00-13:00"]}),
            "agents[0].shifts: overlap",
        ),
        (raw(None, {"shifts": ["09:00-12:00"]}, hours=49), "need a scenario that ends by 48:00"),
        (raw(None, {"count": 2001}), "agents[0].count: Expected `int` <= 2000"),
        ({"queues": [queue(), queue()]}, "queues[1].name: 'q' is there 2 times"),
        ({"queues": []}, "queues: Expected `array` of length >= 1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse({**raw(), **given}, "day.toml")
    assert str(refused.value).startswith("day.toml: ")
    assert said in str(refused.value)
    assert refused.value.field


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"hours = ", "not valid TOML"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"#" * 5_000_001, "larger than"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "day.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=said):
        load(file)


def test_a_skill_that_nobody_has_and_a_queue_that_nobody_serves_are_warned_of() -> None:
    told = scenario(
        [queue(required=[{"skill": "english"}]), queue("alone"), queue("soon", required=[
            {"skill": "english", "after": 10}])],
        [agents(queues=["q", "soon"])],
    )  # fmt: skip
    assert warnings(told) == [
        "queues[0] q: none of its agents has the skill english at 1",
        "queues[1] alone: no agent takes its calls",
    ]


@settings(deadline=None, max_examples=50)
@given(scenarios())
def test_what_is_written_reads_back(values: dict[str, Any]) -> None:
    told = parse(values, "test")
    assert parse(tomllib.loads(written(told)), "test") == told


def test_strange_names_read_back() -> None:
    names = ['a "b"\\', "服务 🐾", "tab\there\nand \x7f", "[[queues]]"]
    told = scenario(
        [queue(name) for name in names],
        [agents(queues=names, skills=dict.fromkeys(names, 2), name="= { }")],
        name="día",
    )
    assert parse(tomllib.loads(written(told)), "test") == told


def test_a_scenario_without_agents_reads_back() -> None:
    told = scenario([queue()], [])
    assert parse(tomllib.loads(written(told)), "test") == told


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.name)
def test_the_examples_are_scenarios_without_a_warning(file: Path) -> None:
    told = load(file)
    assert isinstance(told, Scenario)
    assert warnings(told) == []
