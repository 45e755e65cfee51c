"""What a call becomes when service, PBX or database go away in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.callers import NUMBERED, customer_calls
from callcenter.pbx.robots import Call, answers, phone, trunk
from callcenter.store.migrate import upgrade
from tests.e2e.browser import Desk, is_live
from tests.e2e.house import CUSTOMER, House, configured, service
from tests.e2e.run import ServiceProcess
from tests.servers import PostgresServer

OPEN_TALK = "SELECT i.id, i.started_at FROM interactions i JOIN segments s ON s.interaction_id = i.id"
OPEN_TALK += " WHERE s.kind = 'talk' AND NOT s.ended"
# Shorter than the minute of the promise: every part retries at least every 5 s, so a longer outage
# only repeats what this one shows.
OUTAGE = 20.0
CALLS = 22


@asynccontextmanager
async def talking(house: House, telephone: str = "1001") -> AsyncIterator[tuple[Call, Call]]:
    """A customer in conversation with this telephone, written down: both ends."""
    async with phone(house.pbx, telephone) as robot, trunk(house.pbx) as outside:
        customer = await outside.call("8000", caller=CUSTOMER)
        call = await robot.next_call()
        await call.answer()
        await house.until_rows(OPEN_TALK)
        yield customer, call


async def test_a_killed_service_adopts_its_call(house: House, folder: Path) -> None:
    async with ServiceProcess(house, folder) as process, talking(house) as (customer, call):
        ((known, started),) = await house.rows(OPEN_TALK)
        await process.kill()
        assert not call.is_over  # nobody on the telephone noticed
        await process.start()
        await customer.hang_up()
        rows = await house.until_rows(
            "SELECT id, started_at, answered, end_reason, end_by, customer_id FROM interactions"
            " WHERE end_reason IS NOT NULL"
        )
        await house.until_rows("SELECT id FROM recordings WHERE status = 'ready'")
    customer_id = next(iter(house.customers.values()))
    assert [tuple(row) for row in rows] == [
        (known, started, 1, "completed", "caller", customer_id)
    ]
    assert len(await house.rows("SELECT id FROM interactions")) == 1
    ((ended, seconds),) = await house.rows(
        "SELECT ended, seconds FROM segments WHERE kind = 'talk'"
    )
    assert ended and seconds > 1
    assert await house.rows("SELECT interaction_id FROM recordings") == [(known,)]
    assert len(await house.rows("SELECT id FROM activities WHERE kind = 'call'")) == 1


async def test_calls_of_a_stopped_pbx_are_closed_as_lost(
    open_house: House, browser: Browser
) -> None:
    house = open_house
    async with Desk(browser, house, "agent") as desk:
        await is_live(desk.page)
        async with talking(house, "1002"), phone(house.pbx, "1001") as telephone:
            async with trunk_of_another(house) as another:
                await another.call("8000", caller="+8613700137000")
                await telephone.next_call()
                await expect(desk.page.get_by_test_id("pop")).to_be_visible()
                await house.pbx.stop()
                await expect(desk.page.get_by_test_id("pop")).to_have_count(0)
                await house.pbx.start()
        rows = await house.until_rows(
            "SELECT end_reason, estimated FROM interactions WHERE end_reason IS NOT NULL",
            lambda found: len(found) == 2,
        )
        assert [row.end_reason for row in rows] == ["lost", "lost"]
        await expect(desk.page.get_by_test_id("link-stale")).to_have_count(0, timeout=20_000)
        await expect(desk.page.get_by_test_id("current-call")).to_have_count(0)
    for table in ("legs", "segments"):
        assert await house.rows(f"SELECT id FROM {table} WHERE NOT ended") == []  # noqa: S608
    assert await house.rows("SELECT id FROM offers WHERE result IS NULL") == []
    assert len(await house.rows("SELECT id FROM gaps WHERE ended_at IS NOT NULL")) == 1
