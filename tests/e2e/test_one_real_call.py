"""One real call, from the trunk to the customer's timeline, as the agent sees it."""

from __future__ import annotations

import asyncio
import struct

from playwright.async_api import Browser, Locator, Page, expect

from callcenter.demo.voices import voice
from callcenter.pbx.callers import caller, customer_calls
from callcenter.pbx.robots import phone
from callcenter.pbx.tones import loudness
from tests.e2e.browser import Desk, is_live
from tests.e2e.house import CUSTOMER, CUSTOMER_NAME, House

STAY = 9.0  # seconds until the caller hangs up, ringing included


async def test_a_call_from_the_trunk_to_the_timeline(open_house: House, browser: Browser) -> None:
    house, pbx = open_house, open_house.pbx
    async with phone(pbx, "1001") as telephone, Desk(browser, house, "agent") as desk:
        telephone.audio = voice(1)
        await is_live(desk.page)
        calling = asyncio.create_task(
            customer_calls(pbx, "8000", caller=caller(CUSTOMER, "W F"), stay=STAY, audio=voice(2))
        )
        call = await telephone.next_call()
        pop = desk.page.get_by_test_id("pop")
        await expect(pop.get_by_test_id("pop-name")).to_have_text(CUSTOMER_NAME)
        assert not call.is_answered  # the name was there before anybody picked up
        await call.answer()
        await expect(pop).to_have_count(0)
        await expect(_call(desk.page)).to_have_attribute("data-state", "talking")
        await calling  # the customer hangs up
        await expect(_call(desk.page)).to_have_attribute("data-state", "ended")
        await _recording_is_in_the_timeline(desk)
    ((end_by, reason, customer, talks),) = await house.rows(
        "SELECT end_by, end_reason, customer_id,"
        " (SELECT count(*) FROM segments WHERE kind = 'talk') FROM interactions"
    )
    assert (end_by, reason, talks) == ("caller", "completed", 1)
    assert customer == house.customers[CUSTOMER_NAME]


async def _recording_is_in_the_timeline(desk: Desk) -> None:
    """It is there, its sound can be fetched in parts and is no silence, and the page plays it."""
    player = desk.page.get_by_test_id("timeline").get_by_test_id("player")
    await player.wait_for()
    path = f"/api/v1/recordings/{await player.get_attribute('data-recording')}/audio"
    part = await desk.get(path, Range="bytes=8044-24043")  # a second of 16-bit samples
    assert part.status == 206
    body = await part.body()
    assert len(body) == 16_000
    assert loudness(struct.unpack("<8000h", body)) > 300
    await player.get_by_test_id("player-play").click()
    await desk.page.wait_for_function("() => document.querySelector('audio').currentTime > 0.5")


def _call(page: Page) -> Locator:
    return page.get_by_test_id("call")
