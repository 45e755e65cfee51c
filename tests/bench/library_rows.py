"""A PostgreSQL full of recordings, made by the database itself; two runs have the same rows."""

from __future__ import annotations

import asyncio
import atexit
import os
from functools import cache

import asyncpg

from callcenter.store.migrate import upgrade
from tests.servers import PostgresServer

RECORDINGS = int(os.environ.get("BENCH_RECORDINGS", "10000000"))
SMALL = int(os.environ.get("BENCH_RECORDINGS_SMALL", "100000"))  # what growth is measured from
AGENTS, QUEUES = 200, 20
CUSTOMERS = 100_000  # who called, again and again
NOW = 1_790_000_000.0
YEAR = 31_536_000
CHUNK = 1_000_000

# A year of calls: one in a thousand is longer than an hour, one in fifty has a note, and one in a
# hundred thousand says something that hardly any other does.
_RECORDINGS = """
INSERT INTO recordings
    (id, interaction_id, leg_id, agent_id, customer_id, pbx, channel, file, started_at, stopped_at,
     seconds, size, channels, codec, status, direction, queue, number, party, suffix, disposition,
     satisfaction, notes, described)
SELECT md5('r' || n), md5('c' || n), md5('l' || n), 1 + n % {agents},
       CASE WHEN n % 5 > 0 THEN 1 + (n::bigint * 7919) % {customers} END, 'main',
       'PJSIP/trunk-' || lpad(to_hex(n), 8, '0'), '2026/' || n || '.wav',
       to_timestamp({now} - s.ago), to_timestamp({now} - s.ago + s.long), s.long,
       s.long * 32000 + 44, 2, 'pcm_s16le', CASE WHEN n % 200 = 0 THEN 'silent' ELSE 'ready' END,
       CASE WHEN n % 4 = 0 THEN 'outbound' ELSE 'inbound' END, 'queue' || n % {queues},
       '1' || s.digits, '+861' || s.digits, right(s.digits, 8),
       CASE WHEN n % 3 > 0 THEN 'disposition' || n % 12 END,
       CASE WHEN n % 10 = 0 THEN 1 + (n / 10) % 5 END,
       CASE WHEN n % 100000 = 7 THEN '仓库漏发配件，客户要求补寄 ' || n
            WHEN n % 50 = 0 THEN '客户咨询发票开具进度 ' || md5('n' || n) END, true
FROM generate_series({first}, {last}) n
CROSS JOIN LATERAL (
    SELECT (n::bigint * 104729) % {year} AS ago,
           CASE WHEN n % 1000 = 3 THEN 3600 + n % 3600 ELSE 20 + (n::bigint * 31) % 900 END::float8
               AS long,
           lpad(((n::bigint * 7919) % {customers})::text, 10, '3') AS digits
) s
"""
_SPOKE = """
INSERT INTO recording_agents (agent_id, started_at, recording_id, seconds)
SELECT 1 + n % {agents}, to_timestamp({now} - (n::bigint * 104729) % {year}), md5('r' || n),
       CASE WHEN n % 1000 = 3 THEN 3600 + n % 3600 ELSE 20 + (n::bigint * 31) % 900 END
FROM generate_series({first}, {last}) n
"""
_PEOPLE = (
    "INSERT INTO agents (id, name) SELECT n, 'Agent ' || n FROM generate_series(1, {agents}) n",
    "INSERT INTO customers (id, kind, name, created_at, updated_at) "
    "SELECT n, 'person', '客户' || n, to_timestamp({now}), to_timestamp({now}) "
    "FROM generate_series(1, {customers}) n",
)


@cache
def filled(recordings: int) -> str:
    """The address of a PostgreSQL with so many, kept until this process ends."""
    server = PostgresServer()
    atexit.register(server.stop)
    asyncio.run(_fill(server.url(), recordings))
    return server.url()


async def _fill(url: str, recordings: int) -> None:
    """Without triggers, checks and indexes, which are built again at the end."""
    await upgrade(url)
    words = {"agents": AGENTS, "queues": QUEUES, "customers": CUSTOMERS, "now": NOW, "year": YEAR}
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET maintenance_work_mem = '1GB'")
        for people in _PEOPLE:
            await connection.execute(people.format(**words))
        tables = ("recordings", "recording_agents")
        again = await _without_indexes(connection, tables)
        for first in range(1, recordings + 1, CHUNK):
            span = {"first": first, "last": min(first + CHUNK - 1, recordings)}
            for rows in (_RECORDINGS, _SPOKE):
                await connection.execute(rows.format(**words, **span))
        for definition in again:
            await connection.execute(definition)
        for table in (*tables, "customers", "agents"):
            await connection.execute(f"VACUUM ANALYZE {table}")
    finally:
        await connection.close()


async def _without_indexes(connection: asyncpg.Connection, tables: tuple[str, ...]) -> list[str]:
    rows = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY($1) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)",
        list(tables),
    )
    for row in rows:
        await connection.execute(f'DROP INDEX "{row["indexname"]}"')
    return [row["indexdef"] for row in rows]
