"""The library of recordings: the questions that people ask of it, beside the same by hand.

Each search is limited in time as well, however it compares: `worst_ms` is the slowest of all.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from recording.library import find_recordings
from tests.bench.beside import Beside, Rig, encode, figures, rig, rows
from tests.bench.library_questions import QUESTIONS
from tests.bench.library_rows import CUSTOMERS, RECORDINGS, SMALL, filled

TIMES = 200


def measure() -> dict[str, dict[str, float]]:
    """Milliseconds among many, times asyncpg's, and `growth`: p50 among many by p50 among few."""
    few, many = (asyncio.run(measured(filled(count))) for count in (SMALL, RECORDINGS))
    for name, values in many.items():
        values["growth"] = values["p50_ms"] / few[name]["p50_ms"]
    found = {f"library_{name}": values for name, values in many.items()}
    worst = max(values["p99_ms"] for values in many.values())
    return {**found, "library": {"worst_ms": worst, "recordings": float(RECORDINGS)}}


async def measured(url: str, times: int = TIMES) -> dict[str, dict[str, float]]:
    async with AsyncExitStack() as stack:
        bench = await rig(url, CUSTOMERS, stack)
        return {name: await figures(_case(bench, name, times)) for name in QUESTIONS}


def _case(bench: Rig, name: str, times: int) -> Beside:
    question = QUESTIONS[name]

    async def ours(n: int) -> object:
        wanted, eye = question.ours(n)
        async with bench.database.reading() as session:
            return encode(await find_recordings(session, wanted, eye=eye, sort=question.sort))

    async def theirs(n: int) -> object:
        async with bench.pool.acquire() as raw:
            await raw.execute("SET plan_cache_mode = force_custom_plan")  # as ours asks
            return rows(await raw.fetch(question.sql, *question.values(n)))

    return Beside(name, ours, theirs, times=times)
