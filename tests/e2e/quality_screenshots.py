"""Takes the pictures of quality: a call that is scored, and how scores go."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser
from sqlalchemy import update

from callcenter.log import configure
from callcenter.store.migrate import upgrade
from crm.sql import insert_row
from routing.tables import Agent
from tests.e2e.browser import Desk, chromium
from tests.e2e.office import Office, at_work, office_in
from tests.e2e.pictures import both_languages
from tests.e2e.test_quality import described, recorded, scored
from web.auth.tables import User

RIGHT = {0: 5, 1: 5, 2: 4, 4: 4, 5: 3, 6: 4, 8: 2}  # of five, by weeks ago
NOTE = "请先问候客户，再报姓名"


async def _furnished(folder: Path) -> Office:
    url = f"sqlite:///{folder}/callcenter.db"
    await upgrade(url)
    office = office_in(folder, url)
    await office.furnish(language="en")
    async with office.database() as database, database.session() as session:
        await insert_row(session, Agent, name="李娜", user_id=office.users["support"])
        boss = User.id == office.users["supervisor"]
        await session.execute(update(User).where(boss).values(display_name="陈静"))
        await session.commit()
    return office


async def _pictures(office: Office, browser: Browser) -> None:
    sheet, recording = await described(office), await recorded(office)
    for weeks_ago, right in RIGHT.items():
        await scored(office, sheet, weeks_ago=weeks_ago, right=right, note=NOTE)
    async with Desk(browser, office, "supervisor", locale="en-GB") as desk:
        page = desk.page
        await page.goto(f"{office.address}/quality/new?recording={recording}")
        await page.get_by_test_id("form-save").click()
        await page.get_by_test_id("sheet").wait_for()
        for key in "j1j4":
            await page.keyboard.press(key)
        await page.get_by_test_id("answer-note").first.fill("语气亲切，报了姓名")
        await page.get_by_test_id("player").get_by_role("slider").focus()
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("r")
        await page.get_by_test_id("remark-text").fill("这里解释得很清楚")
        await page.get_by_test_id("score-step").wait_for()  # the draft is kept
        await page.wait_for_timeout(1_500)
        await both_languages(page, "score")
        await page.goto(f"{office.address}/quality/trend?sheet={sheet}&of=questions")
        await page.get_by_test_id("trend-row").nth(1).get_by_role("checkbox").check()
        await page.wait_for_load_state("networkidle")
        await both_languages(page, "score-trend")


async def main() -> None:
    configure("error", "json")
    with tempfile.TemporaryDirectory(prefix="callcenter-pictures-") as folder:
        office = await _furnished(Path(folder))
        async with at_work(office), chromium() as browser:
            await _pictures(office, browser)


if __name__ == "__main__":
    asyncio.run(main())
