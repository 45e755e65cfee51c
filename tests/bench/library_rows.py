"""A PostgreSQL full of recordings, made by the database itself; two runs have the same rows."""

# ruff: noqa: S608 - of words of our own
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
SCORED = 100  # one in so many is scored


def _chance(seed: int, among: int) -> str:
    """A number below `among` for each n, the same in every run."""
    return f"(hashint8extended(n, {seed}) & 1073741823) % {among}"


# A year of calls, in no step with each other: one in a thousand is longer than an hour, one in
# fifty has a note, one in a hundred thousand says something that hardly any other does,
# `disposition11` comes of outbound calls only, and the last agent and the last queue were there in
# the first month only.
_CALLS = f"""
    SELECT n, s.ago, s.long, s.digits, s.outbound,
           CASE WHEN s.agent = {AGENTS} AND s.ago < {YEAR} - 2592000 THEN 1 ELSE s.agent END
               AS agent,
           CASE WHEN s.queue = {QUEUES} - 1 AND s.ago < {YEAR} - 2592000 THEN 0 ELSE s.queue END
               AS queue,
           CASE WHEN s.said = 11 AND NOT s.outbound THEN 10 WHEN s.said < 12 THEN s.said END
               AS said
    FROM generate_series({{first}}, {{last}}) n
    CROSS JOIN LATERAL (
        SELECT {_chance(1, YEAR)} AS ago, {_chance(2, 4)} = 0 AS outbound,
               1 + {_chance(3, AGENTS)} AS agent, {_chance(4, QUEUES)} AS queue,
               {_chance(5, 18)} AS said,
               CASE WHEN n % 1000 = 3 THEN 3600 + n % 3600 ELSE 20 + {_chance(6, 900)} END::float8
                   AS long,
               lpad(((n::bigint * 7919) % {CUSTOMERS})::text, 10, '3') AS digits
    ) s
"""
_RECORDINGS = f"""
INSERT INTO recordings
    (id, interaction_id, leg_id, agent_id, customer_id, pbx, channel, file, started_at, stopped_at,
     seconds, size, channels, codec, status, direction, queue, number, party, suffix, disposition,
     satisfaction, notes, described)
SELECT md5('r' || n), md5('c' || n), md5('l' || n), agent,
       CASE WHEN n % 5 > 0 THEN 1 + (n::bigint * 7919) % {CUSTOMERS} END, 'main',
       'PJSIP/trunk-' || lpad(to_hex(n), 8, '0'), '2026/' || n || '.wav',
       to_timestamp({NOW} - ago), to_timestamp({NOW} - ago + long), long,
       long * 32000 + 44, 2, 'pcm_s16le', CASE WHEN n % 200 = 0 THEN 'silent' ELSE 'ready' END,
       CASE WHEN outbound THEN 'outbound' ELSE 'inbound' END, 'queue' || queue,
       '1' || digits, '+861' || digits, right(digits, 8), 'disposition' || said,
       CASE WHEN {_chance(7, 10)} = 0 THEN 1 + {_chance(8, 5)} END,
       CASE WHEN n % 100000 = 7 THEN '仓库漏发配件，客户要求补寄 ' || n
            WHEN {_chance(9, 50)} = 0 THEN '客户咨询发票开具进度 ' || md5('n' || n) END, true
FROM ({_CALLS}) calls
"""
_SPOKE = f"""
INSERT INTO recording_agents (agent_id, started_at, recording_id, seconds)
SELECT agent, to_timestamp({NOW} - ago), md5('r' || n), long FROM ({_CALLS}) calls
"""
_SCORES = f"""
INSERT INTO quality_scores (recording_id, interaction_id, agent_id, recorded_at, seconds, sheet_id,
                            state, score, created_at, submitted_at)
SELECT md5('r' || n), md5('c' || n), agent, to_timestamp({NOW} - ago), long, 1, 'submitted',
       ({_chance(10, 10000)})::float8 / 100, to_timestamp({NOW}), to_timestamp({NOW})
FROM ({_CALLS}) calls WHERE n % {SCORED} = 0
"""
_PEOPLE = (
    f"INSERT INTO agents (id, name) SELECT n, 'Agent ' || n FROM generate_series(1, {AGENTS}) n",
    "INSERT INTO customers (id, kind, name, created_at, updated_at) "
    f"SELECT n, 'person', '客户' || n, to_timestamp({NOW}), to_timestamp({NOW}) "
    f"FROM generate_series(1, {CUSTOMERS}) n",
)
TABLES = ("recordings", "recording_agents", "quality_scores")


@cache
def filled(recordings: int) -> str:
    """The address of a PostgreSQL with so many, kept until this process ends."""
    server = PostgresServer(large=recordings > 1_000_000)
    atexit.register(server.stop)
    asyncio.run(_fill(server.url(), recordings))
    return server.url()


async def _fill(url: str, recordings: int) -> None:
    """Without triggers, checks and indexes, which are built again at the end."""
    await upgrade(url)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET maintenance_work_mem = '1GB'")
        for people in _PEOPLE:
            await connection.execute(people)
        again = await _without_indexes(connection, TABLES)
        for first in range(1, recordings + 1, CHUNK):
            span = {"first": first, "last": min(first + CHUNK - 1, recordings)}
            for rows in (_RECORDINGS, _SPOKE, _SCORES):
                await connection.execute(rows.format(**span))
        for definition in again:
            await connection.execute(definition)
        for table in (*TABLES, "customers", "agents"):
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
