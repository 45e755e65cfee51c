"""A supervisor asks what if, of yesterday's calls, and gets a chart and figures."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from playwright.async_api import Browser, expect
from sqlalchemy import insert

from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from routing.simulate.recorded import bounds
from tests.e2e.browser import Desk, axe
from tests.e2e.center import describe
from tests.e2e.house import PBX, House

COMPUTED = 60_000  # ms


async def yesterday(house: House) -> None:
    """Forty calls in two hours, every tenth of whom gave up."""
    day = datetime.datetime.now(ZoneInfo(house.config.timezone)).date()
    begin, _ = bounds(day - datetime.timedelta(days=1), house.config.timezone)
    database = Database(house.config.database_url)
    async with database.session() as session:
        for number in range(40):
            at, answered = begin + 9 * 3600 + number * 180, number % 10 > 0
            call, entry = f"call{number}", f"entry{number}"
            await session.execute(insert(Interaction).values(id=call, pbx=PBX, started_at=at))
            stay = {"id": entry, "interaction_id": call, "kind": "queue", "queue": "support"}
            exit = "answered" if answered else "abandoned"
            await session.execute(
                insert(Segment).values(**stay, started_at=at, seconds=20.0, exit=exit, ended=True)
            )
            if answered:
                talk = {"id": f"talk{number}", "interaction_id": call, "kind": "talk"}
                await session.execute(
                    insert(Segment).values(
                        **talk, entry_id=entry, other_interface="PJSIP/1001",
                        started_at=at + 20, seconds=240.0, ended=True,
                    )
                )  # fmt: skip
        await session.commit()
    await database.close()


async def test_what_if_a_colleague_helps(open_house: House, browser: Browser) -> None:
    await describe(open_house.config)
    await yesterday(open_house)
    async with Desk(browser, open_house, "supervisor") as desk:
        page = await desk.tab("/what-if")
        colleague = page.get_by_test_id("whatif-agent").filter(has_text="Colleague")
        await expect(page.get_by_test_id("whatif-queue")).to_have_count(1)
        await expect(page.get_by_test_id("whatif-hour")).to_have_count(2)
        assert await axe(page) == []
        there = colleague.locator("input").first
        await expect(there).to_have_value("0")  # took no call that day
        await there.fill("1")
        await there.press("Enter")
        await expect(page.get_by_test_id("whatif-changed")).to_contain_text("1")
        await page.get_by_test_id("whatif-run").click()
        await page.get_by_test_id("whatif-chart").wait_for(timeout=COMPUTED)
        row = page.get_by_test_id("whatif-row").first
        await expect(row.locator("tr")).to_have_count(3)  # as it is, as it would be, difference
        await expect(row.locator(".good").first).to_be_visible()  # two are surely better than one
        assert await axe(page) == []
        await page.get_by_test_id("language-switch").click()
        await expect(row).to_contain_text("As it would be")


async def test_it_can_be_cancelled(open_house: House, browser: Browser) -> None:
    await describe(open_house.config)
    await yesterday(open_house)
    async with Desk(browser, open_house, "supervisor") as desk:
        page = await desk.tab("/what-if")
        await page.get_by_test_id("whatif-run").click()
        await page.get_by_test_id("whatif-cancel").click()
        await expect(page.get_by_test_id("whatif-cancel")).to_have_count(0)
        await expect(page.get_by_test_id("whatif-chart")).to_have_count(0)


async def test_agents_are_not_led_there(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "agent") as desk:
        await expect(desk.page.get_by_test_id("nav-whatif")).to_have_count(0)
        page = await desk.tab("/what-if")
        await expect(page).to_have_url(f"{open_house.address}/")


async def test_with_no_queue_of_ours_and_no_call_it_says_so(
    open_house: House, browser: Browser
) -> None:
    async with Desk(browser, open_house, "supervisor", expected=("404",)) as desk:
        page = await desk.tab("/what-if")
        await expect(page.get_by_test_id("whatif")).to_contain_text("暂无可仿真的内容")
        await expect(page.get_by_test_id("whatif-run")).to_be_disabled()
