"""The library of recordings: the questions that people ask of it, beside the same by hand.

By hand each is one statement that an expert of this very schema would write, with asyncpg.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recording.library import Eye, Wanted, find_recordings, noted, of_number
from tests.bench.beside import Beside, Rig, encode, figures, rig, rows
from tests.bench.library_rows import AGENTS, CUSTOMERS, NOW, QUEUES, RECORDINGS, SMALL, filled

TIMES = 200
TEAM = 12  # agents of one
EVERYTHING = Eye(everything=True)
_COLUMNS = """
SELECT r.id, r.interaction_id, r.started_at, r.seconds, r.status, r.problem, r.direction, r.number,
       r.queue, r.agent_id, a.name AS agent_name, r.customer_id, c.name AS customer_name,
       r.disposition, r.satisfaction,
       (SELECT count(*) FROM recording_comments k WHERE k.recording_id = r.id) AS comments
"""
_NAMES = """
LEFT JOIN agents a ON a.id = r.agent_id LEFT JOIN customers c ON c.id = r.customer_id
"""
_NEWEST = " ORDER BY r.started_at DESC, r.id DESC LIMIT 51"


def _all(condition: str, order: str = _NEWEST) -> str:
    return f"{_COLUMNS} FROM recordings r {_NAMES} WHERE r.status = 'ready' {condition} {order}"


_MINE = f"""{_COLUMNS} FROM recording_agents s JOIN recordings r ON r.id = s.recording_id {_NAMES}
WHERE s.agent_id = $1 AND r.status = 'ready'
ORDER BY s.started_at DESC, s.recording_id DESC LIMIT 51"""
_TEAMS = f"""{_COLUMNS} FROM (
    SELECT DISTINCT one.recording_id, one.started_at
    FROM unnest($1::int[]) t(id) CROSS JOIN LATERAL (
        SELECT s.recording_id, s.started_at FROM recording_agents s
        JOIN recordings q ON q.id = s.recording_id
        WHERE s.agent_id = t.id AND q.status = 'ready'
        ORDER BY s.started_at DESC, s.recording_id DESC LIMIT 51) one
    ORDER BY one.started_at DESC, one.recording_id DESC LIMIT 51) page
JOIN recordings r ON r.id = page.recording_id {_NAMES} {_NEWEST}"""  # noqa: S608 - of words of our own


@dataclass(frozen=True, slots=True)
class Question:
    """The n-th of its kind: what ours is asked, and the same by hand with its values."""

    ours: Callable[[int], tuple[Wanted, Eye]]
    sql: str
    values: Callable[[int], tuple[Any, ...]]
    sort: Any = "-started"


def _queue(n: int) -> str:
    return f"queue{n % QUEUES}"


def _team(n: int) -> list[int]:
    return [1 + (n * 7 + place * 13) % AGENTS for place in range(TEAM)]


def _number(n: int) -> str:
    """As the rows have it."""
    return str(n * 7919 % CUSTOMERS).rjust(10, "3")


def _month(n: int) -> tuple[float, float]:
    begin = NOW - (1 + n % 11) * 2_592_000.0
    return begin, begin + 2_592_000.0


def _moments(n: int) -> tuple[datetime, datetime]:
    begin, end = _month(n)
    return datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)


QUESTIONS: dict[str, Question] = {
    "newest": Question(lambda n: (Wanted(), EVERYTHING), _all(""), lambda n: ()),
    "agent": Question(
        lambda n: (Wanted(agent=1 + n % AGENTS), EVERYTHING), _MINE, lambda n: (1 + n % AGENTS,)
    ),
    "team": Question(
        lambda n: (Wanted(), Eye(everything=False, agents=tuple(_team(n)))),
        _TEAMS,
        lambda n: (_team(n),),
    ),
    "customer": Question(
        lambda n: (Wanted(customer=1 + n * 7919 % CUSTOMERS), EVERYTHING),
        _all("AND r.customer_id = $1"),
        lambda n: (1 + n * 7919 % CUSTOMERS,),
    ),
    "number": Question(
        lambda n: (
            Wanted(others=[of_number(f"+861{_number(n)}", [_number(n)[-8:]])]),
            EVERYTHING,
        ),
        _all("AND (r.suffix = $1 OR r.party = $2)"),
        lambda n: (_number(n)[-8:], f"+861{_number(n)}"),
    ),
    "queue_month": Question(
        lambda n: (
            Wanted(
                queues=[_queue(n)],
                directions=["inbound"],
                begin=_month(n)[0],
                end=_month(n)[1],
            ),
            EVERYTHING,
        ),
        _all(
            "AND r.queue = $1 AND r.direction = 'inbound' AND r.started_at >= $2 "
            "AND r.started_at < $3"
        ),
        lambda n: (_queue(n), *_moments(n)),
    ),
    "outcome": Question(
        lambda n: (
            Wanted(dispositions=[f"disposition{n % 12}"], satisfaction=[1, 2]),
            EVERYTHING,
        ),
        _all("AND r.disposition = $1 AND r.satisfaction IN (1, 2)"),
        lambda n: (f"disposition{n % 12}",),
    ),
    "long": Question(
        lambda n: (Wanted(shortest=3_600.0 + n % 60), EVERYTHING),
        _all("AND r.seconds >= $1"),
        lambda n: (3_600.0 + n % 60,),
    ),
    "longest": Question(
        lambda n: (Wanted(queues=[_queue(n)]), EVERYTHING),
        _all("AND r.queue = $1", " ORDER BY r.seconds DESC, r.id DESC LIMIT 51"),
        lambda n: (_queue(n),),
        "-seconds",
    ),
    "note_rare": Question(
        lambda n: (Wanted(others=[noted("postgresql", "漏发配件")]), EVERYTHING),
        _all("AND r.notes ILIKE '%漏发配件%'"),
        lambda n: (),
    ),
    "note_common": Question(
        lambda n: (Wanted(others=[noted("postgresql", "发票开具")]), EVERYTHING),
        _all("AND r.notes ILIKE '%发票开具%'"),
        lambda n: (),
    ),
}


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds among many, times asyncpg's, and `growth`: p50 among many by p50 among few."""
    few, many = (asyncio.run(_measured(filled(count))) for count in (SMALL, RECORDINGS))
    for name, values in many.items():
        values["growth"] = values["p50_ms"] / few[name]["p50_ms"]
    return {f"library_{name}": values for name, values in many.items()}


async def _measured(url: str) -> dict[str, dict[str, float]]:
    async with AsyncExitStack() as stack:
        bench = await rig(url, CUSTOMERS, stack)
        return {name: await figures(_case(bench, name)) for name in QUESTIONS}


def _case(bench: Rig, name: str) -> Beside:
    question = QUESTIONS[name]

    async def ours(n: int) -> object:
        wanted, eye = question.ours(n)
        async with bench.database.reading() as session:
            return encode(await find_recordings(session, wanted, eye=eye, sort=question.sort))

    async def theirs(n: int) -> object:
        async with bench.pool.acquire() as raw:
            await raw.execute("SET plan_cache_mode = force_custom_plan")  # as ours asks
            return rows(await raw.fetch(question.sql, *question.values(n)))

    return Beside(name, ours, theirs, times=TIMES)
