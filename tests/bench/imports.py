"""A file of 100,000 customers into PostgreSQL, beside a plain COPY of the same rows.

The floor has nothing to decide: its values are ready, typed and normalised, and it copies them into
the same tables with the same indexes and triggers.
"""

from __future__ import annotations

import asyncio
import io
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
from sqlalchemy import insert

from callcenter.store.database import Database
from callcenter.store.migrate import upgrade
from crm.numbers import DEFAULT_RULE
from crm.search.pinyin import spell
from crm.sql import table_of
from crm.transfer import service
from crm.transfer.fields import Existing, Key
from crm.transfer.service import Chosen
from crm.transfer.states import ImportState, Step
from crm.transfer.steps import Work, run
from crm.transfer.writing import writer_of
from tests.servers import PostgresServer
from web.auth.tables import User

ROWS = 100_000
ID = "0" * 32
NOW = 1_780_000_000.0
HEADER = ["外部编号", "账号", "客户名称", "电话", "邮箱", "联系人", "联系人电话", "城市", "备注"]
SURNAMES, NAMES = "王李张刘陈杨黄赵周吴", "芳伟娜敏静丽强磊军洋"


def rows(count: int) -> list[list[Any]]:
    return [
        [
            *(f"C-{n}", str(10_000_000 + n)),
            f"{SURNAMES[n % 10]}{NAMES[n // 10 % 10]}贸易有限公司{n}",
            *(f"+86138{n:08d}", f"info{n}@example.com"),
            f"{SURNAMES[n // 7 % 10]}{NAMES[n % 10]}",
            *(f"139 {n:08d}", "北京", "由文件导入"),
        ]
        for n in range(count)
    ]


def file_of(count: int) -> bytes:
    writer, data = writer_of("csv", HEADER, "客户"), io.BytesIO()
    data.write(writer.rows(rows(count)) + writer.end())
    return data.getvalue()


def measure() -> dict[str, dict[str, float]]:
    return asyncio.run(_measure(ROWS))


async def _measure(count: int) -> dict[str, dict[str, float]]:
    with PostgresServer() as server, TemporaryDirectory() as folder:
        for name in ("ours", "floor"):
            connection = await asyncpg.connect(server.url())
            await connection.execute(f"CREATE DATABASE {name}")
            await connection.close()
            await upgrade(server.url(name))
        copied = await _copy(server.url("floor"), count)
        found = await _ours(server.url("ours"), Path(folder), count)
    found["rows_per_second"] = count / found["seconds"]
    found["copy_rows_per_second"] = count / copied
    found["times_copy"] = found["seconds"] / copied
    return {"import": found}


async def _ours(url: str, folder: Path, count: int) -> dict[str, float]:
    (folder / ID).write_bytes(file_of(count))
    database = Database(url, pool_size=1, answer_within=None)
    work, took = Work(database, ID, folder / ID, DEFAULT_RULE), {}
    try:
        await _begin(database)
        for name in ("read", "check", "seconds", "again"):
            if name != "read":
                await _set_out(database, Step.CHECK if name == "check" else Step.START)
            began = time.perf_counter()
            await run(work)
            took[name] = time.perf_counter() - began
            if name == "seconds":
                await _once_more(database)
    finally:
        await database.close()
    again = took.pop("again")
    return {**took, "unchanged_seconds": again}


async def _begin(database: Database) -> None:
    async with database.session() as session:
        person = {"username": "bench", "display_name": "bench", "created_at": NOW}
        await session.execute(insert(table_of(User)).values(_filled(person)))
        await service.create_import(
            session, ID, user=1, node="bench", name="a.csv", size=1, now=NOW
        )
        await session.commit()


def _filled(person: dict[str, Any]) -> dict[str, Any]:
    """What else the table of users wants does not matter here."""
    for column in table_of(User).columns:
        if not (column.nullable or column.primary_key or column.server_default):
            person.setdefault(column.name, "bench" if column.type.python_type is str else NOW)
    return person


async def _set_out(database: Database, step: Step) -> None:
    async with database.session() as session:
        view = await service.get_import(session, ID, user=1)
        if view.state is ImportState.READY:
            chosen = Chosen(view.columns, Key.ACCOUNT_NUMBER, Existing.UPDATE)
            await service.choose(session, ID, chosen, user=1, now=NOW)
        await service.take_step(session, ID, step, user=1, now=NOW)
        await session.commit()


async def _once_more(database: Database) -> None:
    """The same file again, as if it had been uploaded anew."""
    async with database.session() as session:
        view = await service.get_import(session, ID, user=1)
        if view.counts.get("created") != view.rows:
            raise RuntimeError(f"not everything was imported: {view.counts}")
        values = {"state": ImportState.CHECKED.value, **service.nothing_done()}
        await session.execute(service.table.update().values(values))
        await session.commit()


async def _copy(url: str, count: int) -> float:
    """The same rows, ready as they are, one COPY for each table in one transaction."""
    at = datetime.fromtimestamp(NOW, UTC)
    told = list(enumerate(rows(count), 1))
    tables: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = {
        "customers": (
            ["id", "kind", "name", "pinyin", "account_number", "notes", "created_at", "updated_at"],
            [(n, "company", r[2], spell(r[2]), r[1], r[8], at, at) for n, r in told],
        ),
        "contacts": (
            ["id", "customer_id", "name", "pinyin"],
            [(n, n, r[5], spell(r[5])) for n, r in told],
        ),
        "phone_numbers": (
            ["customer_id", "contact_id", "raw", "e164", "suffix"],
            [
                row
                for n, r in told
                for row in (
                    (n, None, r[3], r[3], r[3][-8:]),
                    (n, n, r[6], "+86" + r[6].replace(" ", ""), r[6][-8:]),
                )
            ],
        ),
        "email_addresses": (["customer_id", "email", "key"], [(n, r[4], r[4]) for n, r in told]),
        "addresses": (["customer_id", "city"], [(n, r[7]) for n, r in told]),
        "external_ids": (["external_id", "customer_id"], [(r[0], n) for n, r in told]),
    }
    connection = await asyncpg.connect(url)
    try:
        began = time.perf_counter()
        async with connection.transaction():
            for name, (columns, records) in tables.items():
                await connection.copy_records_to_table(name, columns=columns, records=records)
        return time.perf_counter() - began
    finally:
        await connection.close()
