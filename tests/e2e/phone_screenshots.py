"""Takes the pictures of a call in the browser, of handing it on and of the time after it, on a real
PBX."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Page, expect

from callcenter.pbx.robots import trunk
from callcenter.store.migrate import upgrade
from tests.e2e.browser import Desk, chromium
from tests.e2e.center import agi_port, center
from tests.e2e.house import CUSTOMER, House
from tests.e2e.pictures import both_languages
from tests.e2e.webphone import WEBPHONES, in_call, in_state, take_calls, webphone_house
from tests.pbx.harness import asterisk

NOTE = "客户催办发票重开，已加急处理。"


async def _pictures(page: Page) -> None:
    """From the answer on; the customer has just called."""
    await page.get_by_test_id("call-answer").click()
    await in_call(page, "talking")
    await page.get_by_test_id("note").fill(NOTE)
    await page.get_by_test_id("note-save").click()
    await page.get_by_test_id("note-saved").wait_for()
    await page.locator("[data-testid=why] summary").click()
    await page.get_by_test_id("decision").first.wait_for()
    await page.get_by_test_id("decision").last.scroll_into_view_if_needed()
    await asyncio.sleep(3.0)
    await both_languages(page, "call")
    await page.get_by_test_id("record-pause").click()
    await page.get_by_test_id("record-left").wait_for()
    await expect(page.get_by_test_id("record-pause")).to_be_enabled()
    await both_languages(page, "pause")
    await page.get_by_test_id("record-pause").click()
    await page.get_by_test_id("call-transfer").click()
    await page.get_by_test_id("transfer-target").first.click()
    await both_languages(page, "transfer", during_dialog=True)
    await page.keyboard.press("Escape")
    await page.get_by_test_id("call-hangup").click()
    await in_state(page, "wrap_up")
    await page.get_by_test_id("disposition-choice").first.click()
    await both_languages(page, "wrap-up")


async def _call(house: House) -> None:
    async with (
        center(house, wrap_up_seconds=60.0),
        chromium() as browser,
        Desk(browser, house, "agent", locale="en-GB") as desk,
        trunk(house.pbx) as outside,
    ):
        await take_calls(desk.page)
        await desk.page.get_by_test_id("language-switch").click()  # people of the house speak zh
        call = await outside.call("8000", caller=CUSTOMER)
        await _pictures(desk.page)
        await call.ended()


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="callcenter-e2e-") as place:
        folder = Path(place)
        url = f"sqlite:///{folder / 'callcenter.db'}"
        await upgrade(url)
        agi = f"agi://127.0.0.1:{agi_port()}"
        async with asterisk(folder, agi_url=agi, phones=("1009",), webphones=WEBPHONES) as pbx:
            await _call(await webphone_house(pbx, folder, url))
