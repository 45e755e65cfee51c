"""What a call becomes when service, PBX or database go away in the middle of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.callers import NUMBERED, customer_calls
from callcenter.pbx.robots import Call, Robot, answers, phone, trunk
from callcenter.store.migrate import upgrade
from tests.e2e.browser import Desk, is_live
from tests.e2e.house import CUSTOMER, CUSTOMER_NAME, House, configured, service
from tests.e2e.run import ServiceProcess
from tests.servers import PostgresServer

OPEN_TALK = (
    "SELECT i.id, i.started_at FROM interactions i JOIN segments s ON s.interaction_id = i.id"
)
OPEN_TALK += " WHERE s.kind = 'talk' AND NOT s.ended"
OUTAGE = 60.0  # seconds
CALLS = 15


async def talk(house: House, telephone: Robot, outside: Robot) -> tuple[Call, Call]:
    """A customer in conversation with this telephone, written down: both ends."""
    customer = await outside.call("8000", caller=CUSTOMER)
    call = await telephone.next_call()
    await call.answer()
    await house.until_rows(OPEN_TALK)
    return customer, call


async def test_a_killed_service_adopts_its_call(house: House, folder: Path) -> None:
    async with (
        ServiceProcess(house, folder) as process,
        phone(house.pbx, "1001") as telephone,
        trunk(house.pbx) as outside,
    ):
        customer, call = await talk(house, telephone, outside)
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
    who = house.customers[CUSTOMER_NAME]
    assert [tuple(row) for row in rows] == [(known, started, 1, "completed", "caller", who)]
    assert len(await house.rows("SELECT id FROM interactions")) == 1
    ((ended, seconds),) = await house.rows(
        "SELECT ended, seconds FROM segments WHERE kind = 'talk'"
    )
    assert ended and seconds > 1
    assert [row[0] for row in await house.rows("SELECT interaction_id FROM recordings")] == [known]
    assert len(await house.rows("SELECT id FROM activities WHERE kind = 'call'")) == 1


@pytest.mark.parametrize(
    ("how", "ends"),
    [
        ("kill", {"lost"}),  # without a word
        ("stop", {"completed", "cancelled"}),  # it hangs up every call itself first, and says so
    ],
)
async def test_calls_of_a_pbx_that_went_away_are_closed(
    open_house: House, browser: Browser, how: str, ends: set[str]
) -> None:
    house = open_house
    async with (
        Desk(browser, house, "agent") as desk,
        phone(house.pbx, "1002") as busy,
        phone(house.pbx, "1001", registered=False) as ringing,
        trunk(house.pbx) as outside,
    ):
        await is_live(desk.page)
        await talk(house, busy, outside)
        await ringing.register()
        await outside.call("8000", caller="+8613700137000")
        await ringing.next_call()
        await expect(desk.page.get_by_test_id("pop")).to_be_visible()
        await getattr(house.pbx, how)()
        await house.pbx.start()
        await expect(desk.page.get_by_test_id("pop")).to_have_count(0)
        await expect(desk.page.get_by_test_id("link-stale")).to_have_count(0, timeout=20_000)
        await expect(desk.page.get_by_test_id("current-call")).to_have_count(0)
        assert set(await _ends(house, 2)) == ends
    await house.until_rows("SELECT id FROM gaps WHERE ended_at IS NOT NULL")
    for still in (
        "legs WHERE NOT ended",
        "segments WHERE NOT ended",
        "offers WHERE result IS NULL",
    ):
        assert await house.rows(f"SELECT id FROM {still}") == []  # noqa: S608  our own words


async def _ends(house: House, calls: int) -> list[str]:
    """How the calls ended, once so many have."""
    rows = await house.until_rows(
        "SELECT end_reason FROM interactions WHERE end_reason IS NOT NULL",
        lambda found: len(found) >= calls,
    )
    return [row.end_reason for row in rows]


@pytest_asyncio.fixture(loop_scope="module")
async def postgres_house(
    pbx: Asterisk, folder: Path, console: None
) -> AsyncIterator[tuple[House, PostgresServer]]:
    """On a PostgreSQL of its own, which may be stopped."""
    with await asyncio.to_thread(PostgresServer) as server:
        house = House(pbx, configured(pbx, folder, server.url()))
        await upgrade(server.url())
        await house.furnish()
        async with service(house.config):
            yield house, server


@pytest.mark.timeout(300)
async def test_calls_during_an_outage_of_the_database_are_all_written(
    postgres_house: tuple[House, PostgresServer], browser: Browser
) -> None:
    house, server = postgres_house
    async with (
        # The page asks about calls whose rows wait: 503 while nothing answers, then 404.
        Desk(browser, house, "agent", expected=("503", "404")) as desk,
        AsyncExitStack() as telephones,
    ):
        for number in ("1001", "1002", "1003"):
            await telephones.enter_async_context(phone(house.pbx, number, answers(0.5)))
        await is_live(desk.page)
        calling = asyncio.create_task(
            customer_calls(house.pbx, "8000", caller=NUMBERED, stay=3, calls=CALLS, per_second=0.5)
        )
        await desk.page.get_by_test_id("pop").wait_for()
        await asyncio.to_thread(server.pause)
        over = asyncio.create_task(asyncio.sleep(OUTAGE))  # the outage itself is what is waited for
        await _pops_go_on(desk.page, 2)
        await over
        await asyncio.to_thread(server.resume)
        await calling
    assert await _ends(house, CALLS) == ["completed"] * CALLS
    assert await _counts(house) == [CALLS] * 5


async def _pops_go_on(page: Page, more: int) -> None:
    """Calls that were not there before ring on the page."""
    pop = page.get_by_test_id("pop")
    for _ in range(more):
        await expect(pop).to_have_count(0)
        await pop.first.wait_for()


async def _counts(house: House) -> list[int]:
    """Rows of each kind that a call leaves, as far as they are whole and each once."""
    await house.until_rows(
        "SELECT id FROM recordings WHERE status = 'ready'", lambda found: len(found) == CALLS
    )
    whole = (
        "interactions WHERE answered AND caller_number IS NOT NULL",
        "segments WHERE kind = 'queue' AND exit = 'answered'",
        "segments WHERE kind = 'talk' AND ended AND seconds > 0",
        "offers WHERE result = 'answered'",
        "recordings WHERE interaction_id IS NOT NULL",
    )
    counts = []
    for kind in whole:
        ((count,),) = await house.rows(f"SELECT count(*) FROM {kind}")  # noqa: S608  our own words
        counts.append(count)
    return counts
