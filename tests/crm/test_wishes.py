"""Who said that they do not want to be called is known by any of their numbers."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

from callcenter.store.database import Database
from crm.customers.tables import Customer
from crm.wishes import CustomerWishes
from tests.crm.conftest import NOW, Put

ROW = {"kind": "person", "name": "张三", "created_at": NOW, "updated_at": NOW}


async def test_one_of_those_who_share_a_number_is_enough(
    database: Database, put: Put, put_number: Put
) -> None:
    quiet = await put(Customer, **ROW, do_not_call=True)
    glad = await put(Customer, **ROW)
    await put_number(quiet, "13800138000")
    await put_number(glad, "+86 138 0013 8000")
    await put_number(glad, "13900139000")
    wishes = CustomerWishes(database)
    assert await wishes.refuses("+8613800138000")
    assert await wishes.refuses("13800138000")
    for number in ("13900139000", "13700137000", "8000", "<i>", ""):
        assert not await wishes.refuses(number), number


async def test_what_became_part_of_another_says_nothing(
    database: Database, put: Put, put_number: Put
) -> None:
    target = await put(Customer, **ROW)
    merged = await put(Customer, **ROW, do_not_call=True, merged_into=target)
    await put_number(merged, "13800138000")
    assert not await CustomerWishes(database).refuses("13800138000")


async def test_a_database_that_is_away_stops_no_call(tmp_path: Path) -> None:
    database = Database(f"sqlite:////{tmp_path}/none/there.db")
    assert not await CustomerWishes(database).refuses("13800138000")
    await database.close()
    for thread in threading.enumerate():  # aiosqlite does not wait for that of a failed connection
        if "_connection_worker_thread" in thread.name:
            await asyncio.to_thread(thread.join)
