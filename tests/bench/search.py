"""The one box among a million: each kind of thing that people type, and what is the worst of them.

Customers are found beside the same question hand-written with asyncpg; the whole box, with people
and tickets too, is held to a hundred milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from statistics import quantiles

from sqlalchemy import true

from crm.sample import mobile_of
from crm.search.queries import find_contacts, find_customers, find_tickets, prepared
from crm.search.query import understand
from tests.bench.beside import Beside, Rig, encode, figures, rig, rows
from tests.bench.crm_rows import CUSTOMERS, SMALL, filled

TIMES = 40  # for each kind of text
COLUMNS = "c.id, c.kind, c.name, c.level, u.display_name"
SHOWN = f"SELECT {COLUMNS} FROM found f JOIN customers c USING (id) LEFT JOIN users u ON u.id = c.owner_id"  # noqa: S608, E501 - names of ours
EXACT = (
    "(SELECT id FROM customers WHERE name = $1 AND merged_into IS NULL ORDER BY id DESC LIMIT 60)"
)
BY_PAIR = f"""
WITH found AS ({EXACT} UNION
    (SELECT id FROM customers WHERE search_grams(name) @> ARRAY[lower($1)] AND merged_into IS NULL
     ORDER BY id DESC LIMIT 60))
{SHOWN}"""  # noqa: S608 - of words of our own
BY_PART = f"""
WITH found AS ({EXACT} UNION
    (SELECT id FROM customers WHERE name ILIKE '%' || $1 || '%' AND merged_into IS NULL
     ORDER BY id DESC LIMIT 60))
{SHOWN}"""  # noqa: S608 - of words of our own
BY_READING = f"""
WITH found AS (SELECT id FROM customers WHERE pinyin LIKE '% ' || $1 || '%'
    AND merged_into IS NULL ORDER BY id DESC LIMIT 60)
{SHOWN}"""  # noqa: S608 - of words of our own
BY_NUMBER = f"""
WITH found AS (SELECT DISTINCT customer_id AS id FROM phone_numbers
    WHERE e164 = '+86' || $1 OR suffix = right($1, 8) LIMIT 60)
{SHOWN}"""  # noqa: S608 - of words of our own

TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "two_letters": (BY_PAIR, ("张伟", "李娜", "华达", "盛源")),
    "part": (BY_PART, ("王华科技", "盛电子", "smith log", "志强")),
    "common": (BY_PART, ("有限公司", "医疗器械", "汽车服务")),
    "reading": (BY_READING, ("zw", "zhangwei", "shwh", "liuyang")),
}
WHOLE = (
    *("张伟", "华达", "科技", "王华科技", "有限公司", "zw", "zhangwei", "smith", "北", "退款"),
    *("发票", "T-2026-0000123", "8000", "c1234@example.com", "没有收到货", "zzzzqq", "鑫鑫鑫"),
)


def measure() -> dict[str, dict[str, float]]:
    few, many = (asyncio.run(_measured(filled(count), count)) for count in (SMALL, CUSTOMERS))
    for name, values in many.items():
        values["growth"] = values["p50_ms"] / few[name]["p50_ms"]
    return {f"search_{name}": values for name, values in many.items()}


async def _measured(url: str, customers: int) -> dict[str, dict[str, float]]:
    async with AsyncExitStack() as stack:
        bench = await rig(url, customers, stack)
        found = {name: await figures(_case(bench, name)) for name in TEXTS}
        found["number"] = await figures(_numbers(bench))
        found["box"] = await _box(bench)
        return found


def _case(bench: Rig, name: str) -> Beside:
    question, texts = TEXTS[name]

    async def theirs(n: int) -> object:
        return await _by_hand(bench, question, texts[n % len(texts)])

    async def ours(n: int) -> object:
        return await _customers(bench, texts[n % len(texts)])

    return Beside(name, ours, theirs, times=TIMES * len(texts))


def _numbers(bench: Rig) -> Beside:
    def number(n: int) -> str:
        return mobile_of(n * 7919 % bench.customers)

    async def theirs(n: int) -> object:
        return await _by_hand(bench, BY_NUMBER, number(n))

    async def ours(n: int) -> object:
        return await _customers(bench, number(n))

    return Beside("number", ours, theirs, times=500)


async def _by_hand(bench: Rig, question: str, typed: str) -> object:
    async with bench.pool.acquire() as raw:
        await raw.execute("SET plan_cache_mode = force_custom_plan")  # as ours asks
        return rows(await raw.fetch(question, typed))


async def _customers(bench: Rig, typed: str) -> object:
    asked = understand(typed)
    assert asked is not None
    async with bench.database.reading() as session, prepared(session):
        return encode(await find_customers(session, asked, visible=true(), limit=10))


async def _box(bench: Rig) -> dict[str, float]:
    """Everything that the box asks, and the slowest text of all by its usual time."""
    took: dict[str, list[float]] = {text: [] for text in WHOLE}
    for _ in range(TIMES):
        for text, seconds in took.items():
            began = time.perf_counter()
            await _whole(bench, text)
            seconds.append(time.perf_counter() - began)
    every = quantiles([one for seconds in took.values() for one in seconds], n=100)
    usual = [sorted(seconds)[len(seconds) // 2] for seconds in took.values()]
    return {"p50_ms": every[49] * 1e3, "p99_ms": every[98] * 1e3, "worst_ms": max(usual) * 1e3}


async def _whole(bench: Rig, typed: str) -> None:
    asked = understand(typed)
    assert asked is not None
    async with bench.database.reading() as session, prepared(session):
        for find in (find_customers, find_contacts, find_tickets):
            encode(await find(session, asked, visible=true(), limit=10))
