"""A month's report from the roll-ups of ten million interactions, against the same sums by hand.

The roll-ups are made by the database: each queue in each quarter hour of the month, so that their
sum is as many interactions as asked for. `BENCH_INTERACTIONS` says how many.
"""

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
from web.api.reports import made
from web.reports import periods
from web.reports.periods import Step
from web.reports.queries import Reach
from web.reports.request import Wanted

INTERACTIONS = int(os.environ.get("BENCH_INTERACTIONS", "10000000"))
QUEUES = 200
ROUNDS = 20
BEGIN, END = date(2026, 10, 1), date(2026, 11, 1)
ZONE = ZoneInfo("Asia/Shanghai")
METRICS = ("offered", "answered", "abandoned", "service_level", "asa", "longest_wait", "aht")

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
_BY_HAND = """
SELECT r.queue, s.number, sum(offered), sum(answered), sum(abandoned), sum(short_abandons),
       sum(in_time), sum(wait_answered), max(longest_wait), sum(handled), sum(talk), sum(hold),
       sum(wrap_up)
FROM report_queues r JOIN unnest($1::int[], $2::int[], $3::int[]) AS s (number, first, last)
     ON r.slot >= s.first AND r.slot < s.last
WHERE r.slot >= $4 AND r.slot < $5 GROUP BY 1, 2
"""


def measure() -> dict[str, dict[str, float]]:
    with PostgresServer() as server:
        return asyncio.run(_measure(server.url()))


async def _measure(url: str) -> dict[str, dict[str, float]]:
    await upgrade(url)
    span = periods.whole(BEGIN, END, ZONE)
    plain = await asyncpg.connect(url)
    rows = (span.last - span.first) * QUEUES
    sizes = {"calls": INTERACTIONS, "rows": rows, "first": span.first, "last": span.last}
    await plain.execute(_FILL.format(**sizes, queues=QUEUES))
    await plain.execute("ANALYZE report_queues")
    database = Database(url)
    spans = periods.spans(BEGIN, END, Step.DAY, ZONE)
    borders = [list(range(len(spans))), [one.first for one in spans], [one.last for one in spans]]
    wanted = Wanted(
        begin=BEGIN, end=END, by="queue", metrics=METRICS, timezone=str(ZONE), step=Step.DAY
    )

    async def ours() -> None:
        async with database.reading() as db:
            view = await made(db, wanted, Reach(None, true()), str(ZONE), "en")
        if view.total[0] != INTERACTIONS:
            raise AssertionError(
                f"{view.total[0]} of {INTERACTIONS} interactions are in the report"
            )

    async def by_hand() -> None:
        await plain.fetch(_BY_HAND, *borders, span.first, span.last)

    mine, theirs = await _times(ours, by_hand)
    await plain.close()
    await database.close()
    found = {"interactions": float(INTERACTIONS)}
    for name, at in (("p50", 50), ("p99", 99)):
        a, b = _percentile(mine, at), _percentile(theirs, at)
        found |= {f"{name}_ms": a * 1000, f"{name}_vs_asyncpg": a / b}
    return {"report_month": found}


async def _times(*works: Callable[[], Awaitable[None]]) -> list[list[float]]:
    """In turns, so that whatever else the machine does meets them alike."""
    found: list[list[float]] = [[] for _ in works]
    for number in range(ROUNDS + 3):
        for place, work in enumerate(works):
            began = time.perf_counter()
            await work()
            if number >= 3:
                found[place].append(time.perf_counter() - began)
    return found


def _percentile(values: list[float], at: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[at - 1]
