"""A PostgreSQL full of customers, what happened with them, and their tickets; made once a run.

Customers are the sample's; the many rows around them are made by the database itself, so that ten
million take minutes. Everything follows the number of the row: two runs have the same rows.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import time
from functools import cache

import asyncpg

from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from crm.sample import fill
from tests.servers import PostgresServer

CUSTOMERS = int(os.environ.get("BENCH_CUSTOMERS", "1000000"))
SMALL = int(os.environ.get("BENCH_SMALL", "10000"))  # what growth is measured from
ACTIVITIES, TICKETS = 10, 2  # of each customer
OWNERS = 200
NOW = 1_790_000_000.0

MATTERS = (
    *("咨询发票开具进度", "报修：设备无法启动", "查询订单物流", "投诉送货延迟", "续费与合同变更"),
    *("申请退款", "更换联系人", "网络连接中断", "账号无法登录", "索取产品手册"),
    *("Delivery is late", "Invoice is wrong", "Cannot sign in", "Spare part wanted", "Refund"),
)
SAID = (
    *("客户表示至今没有收到货，希望尽快处理。", "已联系仓库核实，预计明天发出。"),
    *("设备开机后红灯闪烁，无法进入系统。", "发票抬头填写有误，需要重新开具。"),
    *("The parcel was returned to the warehouse.", "The customer wants a call back tomorrow."),
)


_ACTIVITIES = """
INSERT INTO activities
    (customer_id, interaction_id, kind, source, at, summary, direction, result, author_id, text)
SELECT 1 + (n::bigint * 7919) % {customers}, md5('i' || n),
       CASE WHEN n % 10 < 7 THEN 'call' WHEN n % 10 < 9 THEN 'note' ELSE 'ticket_step' END,
       'bench:' || n, to_timestamp({now} - (n::bigint * 104729) % 31536000),
       ({matters}::text[])[1 + n % {n_matters}], 'inbound', 'completed', NULL,
       CASE WHEN n % 10 IN (7, 8) THEN ({said}::text[])[1 + n % {n_said}] END
FROM generate_series({first}, {last}) n
"""
_TICKETS = """
INSERT INTO tickets
    (number, title, description, status, customer_id, owner_id, team_id, priority, created_at,
     updated_at)
SELECT 'T-2026-' || lpad(n::text, 7, '0'),
       ({matters}::text[])[1 + n % {n_matters}] || ' ' || (n % 100003),
       CASE WHEN n % 4 = 0 THEN ({said}::text[])[1 + n % {n_said}] || ' ' || md5(n::text) END,
       (ARRAY['archived', 'archived', 'archived', 'archived', 'archived', 'archived', 'resolved',
              'resolved', 'feedback', 'new', 'assigned', 'in_progress', 'pending'])
           [CASE WHEN n % 20 = 0 THEN 10 + (n / 20) % 4 ELSE 1 + n % 9 END],
       1 + (n::bigint * 7919) % {customers}, CASE WHEN n % 40 > 0 THEN 1 + n % {owners} END,
       1 + n % 20, 1 + n % 4, to_timestamp({now} - (n::bigint * 104729) % 31536000),
       to_timestamp({now} - (n::bigint * 104729) % 2592000)
FROM generate_series({first}, {last}) n
"""
_MESSAGES = """
INSERT INTO ticket_messages (ticket_id, at, public, text)
SELECT id, created_at, true, ({said}::text[])[1 + id % {n_said}] || ' ' || md5('m' || id)
FROM tickets WHERE id % 2 = 0
"""
CHUNK = 1_000_000


@cache
def filled(customers: int) -> str:
    """The address of a PostgreSQL with so many, kept until this process ends."""
    server = PostgresServer()
    atexit.register(server.stop)
    asyncio.run(_fill(server.url(), customers))
    return server.url()


async def _fill(url: str, customers: int) -> None:
    await upgrade(url)
    database = Database(url, answer_within=None)
    await fill(database, customers, now=NOW, calls=0.0, tickets=0.0, plain=True)
    await database.close()
    connection = await asyncpg.connect(url)
    try:
        await _around(connection, customers)
    finally:
        await connection.close()


async def _around(connection: asyncpg.Connection, customers: int) -> None:
    """Without triggers, checks and indexes, which are built again at the end."""
    words = {
        "customers": customers,
        "owners": OWNERS,
        "now": NOW,
        "matters": _array(MATTERS),
        "n_matters": len(MATTERS),
        "said": _array(SAID),
        "n_said": len(SAID),
    }
    await connection.execute("SET session_replication_role = replica")
    await connection.execute("SET maintenance_work_mem = '1GB'")
    again = await _without_indexes(connection, ("activities", "tickets", "ticket_messages"))
    for statement, total in (
        (_ACTIVITIES, ACTIVITIES * customers),
        (_TICKETS, TICKETS * customers),
    ):
        for first in range(1, total + 1, CHUNK):
            span = {"first": first, "last": min(first + CHUNK - 1, total)}
            await connection.execute(statement.format(**words, **span))
    await connection.execute(_MESSAGES.format(**words))
    for definition in again:
        await connection.execute(definition)
    for table in ("customers", "contacts", "phone_numbers", "activities", "tickets"):
        await connection.execute(f"VACUUM ANALYZE {table}")
    await connection.execute("VACUUM ANALYZE ticket_messages")


async def _without_indexes(connection: asyncpg.Connection, tables: tuple[str, ...]) -> list[str]:
    rows = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY($1) "
        "AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = indexname)",
        list(tables),
    )
    for row in rows:
        await connection.execute(f'DROP INDEX "{row["indexname"]}"')
    return [row["indexdef"] for row in rows]


def _array(words: tuple[str, ...]) -> str:
    quoted = ", ".join("'" + word.replace("'", "''") + "'" for word in words)
    return f"ARRAY[{quoted}]"


if __name__ == "__main__":  # how long it takes, for whoever changes it
    began = time.perf_counter()
    filled(SMALL)
    print(f"{time.perf_counter() - began:.1f} s")  # noqa: T201 - a tool
