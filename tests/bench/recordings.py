"""How fast recordings are indexed: told of on the bus until they are rows, beside a plain
executemany of the same rows with asyncpg; and looked at until they can be found."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from callcenter.bus import MemoryBus
from callcenter.events import RecordingStarted
from callcenter.ids import stable_id
from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from recording import queries
from recording.describing import describe_all
from recording.files import Folder
from recording.index import Pace, RecordingIndex
from recording.queries import Settled
from tests.servers import PostgresServer

ROWS = int(os.environ.get("BENCH_RECORDING_ROWS", "50000"))
NOW = 1_790_000_000.0
NEVER = 3_600.0
PATIENCE = 300.0
PLAIN = """
INSERT INTO recordings (id, interaction_id, leg_id, pbx, channel, started_at, file, status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""


def measure() -> dict[str, dict[str, float]]:
    server = PostgresServer()
    try:
        return {"recordings": asyncio.run(_measured(server.url()))}
    finally:
        server.stop()


async def _measured(url: str) -> dict[str, float]:
    await upgrade(url)
    raw = await asyncpg.connect(url)
    database = Database(url, answer_within=None)
    try:
        await _plain(raw, _events("warm"))
        floor = await _plain(raw, _events("plain"))
        ours = await _indexed(database, raw, _events("ours"))
        found = await _found(database, _events("ours"))
    finally:
        await database.close()
        await raw.close()
    return {
        "rows_per_s": ours,
        "asyncpg_rows_per_s": floor,
        "rate_vs_asyncpg": ours / floor,
        "found_per_s": found,
    }


def _events(name: str) -> list[RecordingStarted]:
    return [
        RecordingStarted(
            at=NOW + n,
            pbx="main",
            interaction=stable_id(name, "call", str(n)),
            leg=stable_id(name, "leg", str(n)),
            channel=f"PJSIP/trunk-{n:08x}",
            file=f"2026/{name}-{n}.wav",
        )
        for n in range(ROWS)
    ]


async def _plain(raw: asyncpg.Connection, events: list[RecordingStarted]) -> float:
    """Rows a second; making their ids is part of the work, as it is of ours."""
    began = time.perf_counter()
    values = [
        (
            *(stable_id("recording", one.pbx, one.leg or "", one.file), one.interaction, one.leg),
            *(one.pbx, one.channel, datetime.fromtimestamp(one.at or 0.0, UTC), one.file),
            "pending",
        )
        for one in events
    ]
    async with raw.transaction():
        await raw.executemany(PLAIN, values)
    return len(events) / (time.perf_counter() - began)


async def _indexed(
    database: Database, raw: asyncpg.Connection, events: list[RecordingStarted]
) -> float:
    with tempfile.TemporaryDirectory() as folder:
        bus = MemoryBus(Path(folder) / "spill")
        pace = Pace(look=NEVER, scan=NEVER)
        index = RecordingIndex(bus, database, Folder(folder), pace=pace)
        before: int = await raw.fetchval("SELECT count(*) FROM recordings")
        began = time.perf_counter()
        task = asyncio.create_task(index.run())
        for event in events:
            bus.publish(event)
        bus.finish()
        await asyncio.wait_for(task, PATIENCE)
        took = time.perf_counter() - began
        await bus.close()
    after: int = await raw.fetchval("SELECT count(*) FROM recordings")
    if after - before != len(events):
        raise RuntimeError(f"{after - before} of {len(events)} recordings were indexed")
    return len(events) / took


async def _found(database: Database, events: list[RecordingStarted]) -> float:
    """Recordings a second whose file was looked at, until they can be found."""
    some = events[: max(1, len(events) // 5)]
    values: dict[str, Any] = {"status": "ready", "problem": None, "size": 1, "seconds": 9.0}
    values |= {"channels": 2, "codec": "pcm_s16le"}
    began = time.perf_counter()
    for start in range(0, len(some), 50):
        ids = [
            stable_id("recording", one.pbx, one.leg or "", one.file)
            for one in some[start : start + 50]
        ]
        async with database.session() as session:
            await queries.settle(session, [Settled(id_, values, bytes(1_600)) for id_ in ids])
            await describe_all(session, ids)
            await session.commit()
    return len(some) / (time.perf_counter() - began)
