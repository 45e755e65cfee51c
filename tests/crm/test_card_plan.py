"""The card's kept plan reads a handful of rows by their indexes, whenever it was made."""

from __future__ import annotations

import asyncpg

from callcenter.store.database import Database
from crm.card_sql import POSTGRESQL, POSTGRESQL_SETTINGS
from crm.sample import fill, mobile_of
from tests.crm.conftest import NOW

WHOLE_TABLE = ("Seq Scan", "Hash Join", "Merge Join", "Merge Right Join", "Bitmap")


async def test_no_table_is_read_as_a_whole(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        for setting in POSTGRESQL_SETTINGS:
            await connection.execute(setting)
        await connection.execute(f"PREPARE card (text, text, text) AS {POSTGRESQL}")
        empty = await _plan(connection)
        database = Database(postgres_url)
        await fill(database, 5_000, now=NOW)
        await database.close()
        full = await _plan(connection)
    finally:
        await connection.close()
    for plan in (empty, full):
        assert [way for way in WHOLE_TABLE if way in plan] == []


async def _plan(connection: asyncpg.Connection) -> str:
    number = mobile_of(7)
    rows = await connection.fetch(
        f"EXPLAIN EXECUTE card ('+86{number}', '{number[-8:]}', '{number[-7:]}')"
    )
    return "\n".join(row[0] for row in rows)
