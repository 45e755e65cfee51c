"""Times ours and the same question hand-written with asyncpg, in turns within one process.

HTTP is in neither. Like with like: requests share connections, so each takes one out of a pool of
its library for a question and gives it back; both ask for the same columns of the same tables, and
write what comes as JSON. Rights are `true` in both. Only the lookup of a caller has connections of
its own in the service, so by hand it has one too.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

import asyncpg
import msgspec

from callcenter.store.database import Database

Ask = Callable[[int], Awaitable[object]]
WARM = 20  # times before it counts
encode = msgspec.json.Encoder(enc_hook=str).encode  # of the driver's rows, moments too


@dataclass(frozen=True, slots=True)
class Beside:
    """The n-th question, asked in both ways; what comes back is written as JSON by both."""

    name: str
    ours: Ask
    theirs: Ask
    times: int = 1000


@dataclass(slots=True)
class Rig:
    """A database as the service has it, and a connection and a pool as one has them by hand."""

    database: Database
    raw: asyncpg.Connection
    pool: asyncpg.Pool
    customers: int
    stack: AsyncExitStack


async def rig(url: str, customers: int, stack: AsyncExitStack) -> Rig:
    database = Database(url)
    stack.push_async_callback(database.close)
    raw = await asyncpg.connect(url)
    stack.push_async_callback(raw.close)
    await raw.execute("SET jit = off")
    pool = await asyncpg.create_pool(url, min_size=1, server_settings={"jit": "off"})
    stack.push_async_callback(pool.close)
    return Rig(database, raw, pool, customers, stack)


async def figures(case: Beside) -> dict[str, float]:
    """p50 and p99 in milliseconds of both, and ours as times theirs."""
    ours, theirs = await _timed(case)
    mine, floor = _percentiles(ours), _percentiles(theirs)
    return {
        "p50_ms": mine[0],
        "p99_ms": mine[1],
        "asyncpg_p50_ms": floor[0],
        "asyncpg_p99_ms": floor[1],
        "p50_vs_asyncpg": mine[0] / floor[0],
        "p99_vs_asyncpg": mine[1] / floor[1],
    }


async def _timed(case: Beside) -> tuple[list[float], list[float]]:
    took: tuple[list[float], list[float]] = ([], [])
    turns = (case.ours, took[0]), (case.theirs, took[1])
    for n in range(WARM + case.times):
        # Whoever asks second finds the rows in memory: that falls to each every other time.
        for way, seconds in turns if n % 2 else turns[::-1]:
            began = time.perf_counter()
            await way(n)
            if n >= WARM:
                seconds.append(time.perf_counter() - began)
    return took


def _percentiles(seconds: list[float]) -> tuple[float, float]:
    cut = quantiles(seconds, n=100)
    return cut[49] * 1000, cut[98] * 1000


def rows(found: list[Any]) -> bytes:
    """The driver's rows as JSON."""
    return encode([dict(row) for row in found])
