"""A small house for the engine's tests: one queue unless said otherwise, agents by number."""

from __future__ import annotations

from typing import Any

from routing.engine import Engine, Match, QueuePlan, Seat, Work


def house(*plans: QueuePlan) -> Engine:
    engine = Engine()
    for plan in plans or (QueuePlan("sales"),):
        engine.plan(plan)
    return engine


def seat(engine: Engine, agent: int, *queues: str, rank: int = 0, **skills: int) -> None:
    engine.seat(Seat(agent, frozenset(queues or {"sales"}), skills, rank))


def seat_free(
    engine: Engine, agent: int, *queues: str, since: float = 0.0, rank: int = 0, **skills: int
) -> None:
    seat(engine, agent, *queues, rank=rank, **skills)
    assert engine.free(agent, since, since) is None


def call(name: str, joined_at: float = 0.0, queue: str = "sales", **more: Any) -> Work:
    return Work(name, queue, joined_at, **more)


def pair(match: Match | None) -> tuple[str, int] | None:
    return None if match is None else (match.work, match.agent)
