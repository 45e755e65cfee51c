"""A month's report of ten million interactions by queue and day, from the roll-ups.

The quarter hours are made by the database, so that their sum is as many interactions as asked for;
the longer blocks are made of them likewise. Beside it run the same sums written by hand: over
the same blocks, and over the quarter hours, as it would be without blocks. `BENCH_INTERACTIONS`
says how many, `BENCH_ROUNDS` how often.
"""

# ruff: noqa: S608 - every word of this SQL stands in this file

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import date
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import true

from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from tests.servers import PostgresServer
from web.reports import periods
from web.reports.blocks import MADE_OF
from web.reports.columns import LARGEST, QUEUE
from web.reports.making import made
from web.reports.periods import Step
from web.reports.queries import Reach
from web.reports.request import Wanted

INTERACTIONS = int(os.environ.get("BENCH_INTERACTIONS", "10000000"))
QUEUES = 200
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "20"))
SLOW_ROUNDS = 3  # of what takes seconds
BEGIN, END = date(2026, 10, 1), date(2026, 11, 1)
ZONE = ZoneInfo("Asia/Shanghai")
METRICS = ("offered", "answered", "abandoned", "service_level", "asa", "longest_wait", "aht")
WANTED = Wanted(
    begin=BEGIN, end=END, by="queue", metrics=METRICS, timezone=str(ZONE), step=Step.DAY
)

_FILL = """
INSERT INTO report_queues (slot, queue, offered, answered, abandoned, short_abandons, in_time,
                           wait_answered, longest_wait, handled, talk, hold, wrap_up)
SELECT slot, 'queue ' || queue, n, n - n / 10, n / 10, n / 40, n - n / 4, n * 9000000::bigint,
       (slot * 7919::bigint + queue) % 300000000, n - n / 10, n * 180000000::bigint,
       n * 12000000::bigint, n * 30000000::bigint
FROM (SELECT slot, queue,
             {calls}::bigint * (place + 1) / {rows} - {calls}::bigint * place / {rows} AS n
      FROM (SELECT slot, queue, (slot - {first})::bigint * {queues} + queue AS place
            FROM generate_series({first}, {last} - 1) slot, generate_series(0, {queues} - 1) queue)
            AS each) AS counted
"""
_SUMS = """sum(offered), sum(answered), sum(abandoned), sum(short_abandons), sum(in_time),
       sum(wait_answered), max(longest_wait), sum(handled), sum(talk), sum(hold), sum(wrap_up)"""
_FROM_QUARTERS = f"""
SELECT r.queue, s.number, {_SUMS}
FROM report_queues r JOIN unnest($1::int[], $2::int[], $3::int[]) AS s (number, first, last)
     ON r.slot >= s.first AND r.slot < s.last
WHERE r.slot >= $4 AND r.slot < $5 GROUP BY 1, 2
"""
# The zone's days are six blocks of four hours each: who writes by hand may know that.
_BY_HAND = f"""
SELECT queue, (slot - $1) / 96, {_SUMS} FROM report_queue_blocks
WHERE quarters = 16 AND slot >= $1 AND slot < $2 GROUP BY 1, 2
"""


def measure() -> dict[str, dict[str, float]]:
    with PostgresServer() as server:
        return asyncio.run(_measure(server.url()))


async def _measure(url: str) -> dict[str, dict[str, float]]:
    await upgrade(url)
    span = periods.whole(BEGIN, END, ZONE)
    plain, database = await asyncpg.connect(url), Database(url)
    await _fill(plain, span)
    spans = periods.spans(BEGIN, END, Step.DAY, ZONE)
    borders = [list(range(len(spans))), [one.first for one in spans], [one.last for one in spans]]

    async def ours() -> None:
        async with database.reading() as db:
            view = await made(db, WANTED, Reach(None, true()), str(ZONE), "en")
        if view.total[0] != INTERACTIONS:
            raise AssertionError(f"{view.total[0]} of {INTERACTIONS} are in the report")

    async def by_hand() -> None:
        await plain.fetch(_BY_HAND, span.first, span.last)

    async def from_quarters() -> None:
        await plain.fetch(_FROM_QUARTERS, *borders, span.first, span.last)

    mine, theirs = await _times(ROUNDS, ours, by_hand)
    (slow,) = await _times(SLOW_ROUNDS, from_quarters)
    await plain.close()
    await database.close()
    found = {"interactions": float(INTERACTIONS)}
    for name, at in (("p50", 50), ("p99", 99)):
        a, b = _percentile(mine, at), _percentile(theirs, at)
        found |= {f"{name}_ms": a * 1000, f"{name}_vs_asyncpg": a / b}
    found["quarters_vs_ours"] = _percentile(slow, 50) / _percentile(mine, 50)
    return {"report_month": found}


async def _fill(plain: asyncpg.Connection, span: periods.Span) -> None:
    rows = (span.last - span.first) * QUEUES
    sizes = {"calls": INTERACTIONS, "rows": rows, "first": span.first, "last": span.last}
    await plain.execute(_FILL.format(**sizes, queues=QUEUES))
    totals = ", ".join(f"{'max' if one in LARGEST else 'sum'}({one})" for one in QUEUE)
    for size, part in MADE_OF:
        blocks = f"report_queue_blocks WHERE quarters = {part}"
        await plain.execute(
            f"INSERT INTO report_queue_blocks (quarters, slot, queue, {', '.join(QUEUE)}) "
            f"SELECT {size}, slot / {size} * {size}, queue, {totals} "
            f"FROM {'report_queues' if part == 1 else blocks} GROUP BY 2, 3"
        )
    await plain.execute("VACUUM ANALYZE report_queues, report_queue_blocks")


async def _times(rounds: int, *works: Callable[[], Awaitable[None]]) -> list[list[float]]:
    """In turns, so that whatever else the machine does meets them alike."""
    found: list[list[float]] = [[] for _ in works]
    for number in range(rounds + 2):
        for place, work in enumerate(works):
            began = time.perf_counter()
            await work()
            if number >= 2:
                found[place].append(time.perf_counter() - began)
    return found


def _percentile(values: list[float], at: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[at - 1]
