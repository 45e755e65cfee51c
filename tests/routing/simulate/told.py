"""Scenarios in a few words, and what happened in them."""

from __future__ import annotations

from typing import Any

from routing.simulate.checks import parse
from routing.simulate.day import Day, Happening, Result
from routing.simulate.scenario import Scenario


def queue(name: str = "q", **values: Any) -> dict[str, Any]:
    return {"name": name, "handling": 100, **values}


def agents(name: str = "a", count: int = 1, **values: Any) -> dict[str, Any]:
    return {"name": name, "count": count, "queues": ["q"], **values}


def scenario(queues: list[Any], people: list[Any], **values: Any) -> Scenario:
    return parse({"hours": 1, "queues": queues, "agents": people, **values}, "test")


def watched(told: Scenario, number: int = 0) -> tuple[list[Happening], Result]:
    happened: list[Happening] = []
    result = Day(told, number, happened.append).run()
    return happened, result


def answers(happened: list[Happening]) -> dict[str, tuple[float, int | None]]:
    """Call → when it was answered, and by whom."""
    return {one.call: (one.at, one.agent) for one in happened if one.what == "answered"}
