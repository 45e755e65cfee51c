"""The library of recordings on the page: found, heard, commented, shared, without a telephone."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from sqlalchemy import insert

from callcenter.ids import stable_id
from callcenter.store.tables import Interaction, Segment
from recording.queries import table_of
from recording.tables import Recording
from routing.tables import Agent, AgentInterface
from tests.e2e.browser import Desk, axe
from tests.e2e.office import Office, at_work, office_in
from tests.recording.conftest import write_wave

HOSTILE = "<img src=x onerror=alert(1)> 退款"
SECONDS = 12.0
BEGAN = time.time() - 3_600
CALLS = 3
PHONE_OF = "PJSIP/trunk"
LISTED = "**/api/v1/recordings?*"


def call(n: int) -> str:
    return stable_id("e2e library", str(n))


@pytest_asyncio.fixture(loop_scope="module")
async def office(folder: Path, sqlite_url: str, console: None) -> AsyncIterator[Office]:
    """Calls that were recorded, with real sound, an hour ago."""
    office = office_in(folder, sqlite_url)
    await office.furnish()
    for n in range(CALLS):
        write_wave(folder / f"2026/{n}.wav", SECONDS, channels=2)
    async with at_work(office):
        await recorded(office)
        yield office


async def recorded(office: Office) -> None:
    async with office.database() as database, database.session() as session:
        agent = {"id": 1, "name": "小李", "user_id": None}
        await session.execute(insert(table_of(Agent)).values(agent))
        phone = {"pbx": "pbx", "interface": "PJSIP/1001", "agent_id": 1}
        await session.execute(insert(table_of(AgentInterface)).values(phone))
        for n in range(CALLS):
            at = BEGAN + n * 60
            await session.execute(
                insert(table_of(Interaction)).values(
                    *[], id=call(n), pbx="pbx", direction="inbound", started_at=at,
                    caller_number=f"1380013800{n}", caller_e164=f"+861380013800{n}",
                    dialled="4000", end_reason="completed", answered=True,
                )
            )  # fmt: skip
            leg = {"interaction_id": call(n), "leg_id": call(n), "interface": PHONE_OF}
            talk = {"kind": "talk", "other_interface": "PJSIP/1001", "started_at": at}
            held = {"kind": "hold", "started_at": at + 4, "ended_at": at + 7, "seconds": 3.0}
            for number, part in enumerate((talk | {"ended_at": at + SECONDS}, held)):
                id_ = stable_id(call(n), str(number))
                await session.execute(insert(table_of(Segment)).values(id=id_, **leg, **part))
            await session.execute(
                insert(table_of(Recording)).values(
                    id=call(n), interaction_id=call(n), leg_id=call(n), pbx="pbx",
                    file=f"2026/{n}.wav", started_at=at, stopped_at=at + SECONDS,
                )
            )  # fmt: skip
        await session.commit()


async def looks_well(page: Page) -> None:
    """Nothing serious for axe, once colours have settled."""
    await page.evaluate("() => Promise.allSettled(document.getAnimations().map((a) => a.finished))")
    assert await axe(page) == []


async def in_language(page: Page, language: str) -> None:
    await page.get_by_test_id("user-menu").wait_for()
    if not (await page.evaluate("document.documentElement.lang")).startswith(language):
        await page.get_by_test_id("language-switch").click()
        await expect(page.locator(f"html[lang^={language}]")).to_have_count(1)


async def listed(page: Page, count: int) -> None:
    """The service has looked at the files and the list shows so many."""
    for _ in range(40):
        await page.get_by_test_id("list").wait_for()
        await page.locator("[data-testid=list-row], .face").first.wait_for()
        if await page.get_by_test_id("list-row").count() == count:
            return
        await page.reload()
        await page.wait_for_timeout(300)
    await expect(page.get_by_test_id("list-row")).to_have_count(count)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_found_heard_commented_shared_and_taken_along(
    office: Office, browser: Browser, language: str
) -> None:
    async with Desk(browser, office, "supervisor") as desk:
        page = desk.page
        await in_language(page, language)
        await page.goto(f"{office.address}/recordings")
        await listed(page, CALLS)
        await looks_well(page)
        await (
            page.get_by_test_id("library-search")
            .locator("input")
            .or_(page.get_by_test_id("library-search"))
            .first.fill("138 0013 8001")
        )
        await expect(page.get_by_test_id("list-row")).to_have_count(1)
        assert "q=" in page.url
        await page.keyboard.press("Tab")
        await page.get_by_test_id("list-row").locator("[data-handle]").focus()
        await page.keyboard.press("Enter")
        await _heard(page)
        await _commented(page)
        await looks_well(page)
        await _taken_along(page)
        link = await _shared(page)
    async with Desk(browser, office, "manager", expected=("404",)) as guest:
        await in_language(guest.page, language)
        await guest.page.goto(link)
        await expect(guest.page.get_by_test_id("shared")).to_contain_text("Supervisor")
        await guest.page.get_by_test_id("player-play").click()
        await expect(guest.page.get_by_test_id("player")).to_have_attribute("data-playing", "true")
        await looks_well(guest.page)
        await guest.page.goto(f"{office.address}/shared/{'A' * 43}")
        await expect(guest.page.get_by_test_id("link-over")).to_be_visible()
    told = await office.rows("SELECT action FROM audit WHERE action LIKE 'recording.%'")
    assert {row.action for row in told} >= {
        *("recording.listen", "recording.comment", "recording.download"),
        *("recording.share", "recording.open_link"),
    }


async def _heard(page: Page) -> None:
    """Plays, shows where it was held, and goes there without what lies before."""
    await page.get_by_test_id("player").wait_for()
    await expect(page.get_by_test_id("mark")).to_have_count(1)
    await expect(page.get_by_test_id("spot")).to_have_attribute("data-kind", "hold")
    await page.get_by_test_id("player-speed").select_option("2")
    await page.get_by_test_id("player-play").click()
    await expect(page.get_by_test_id("player")).to_have_attribute("data-playing", "true")
    await page.get_by_test_id("mark").get_by_role("button").click()
    await expect(page.get_by_test_id("player-time")).to_have_text(re.compile("^0:0[4-9] / 0:12"))
    await page.get_by_test_id("player-play").click()


async def _commented(page: Page) -> None:
    await page.keyboard.press("c")
    await page.keyboard.type(HOSTILE)
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("comment")).to_contain_text(HOSTILE)
    await expect(page.get_by_test_id("pin")).to_have_count(1)
    assert await page.locator("img[src='x']").count() == 0


async def _taken_along(page: Page) -> None:
    async with page.expect_download() as taken:
        await page.get_by_test_id("download").click()
    assert (await taken.value).suggested_filename.startswith("recording-")


async def _shared(page: Page) -> str:
    """The link that was made; one can be taken back."""
    await page.get_by_test_id("share-open").click()
    await page.get_by_test_id("share-hours").select_option("1")
    await page.get_by_test_id("share-make").click()
    link = await page.get_by_test_id("share-link").input_value()
    await looks_well(page)
    await page.get_by_test_id("share-make").click()
    await expect(page.get_by_test_id("share")).to_have_count(2)
    await page.get_by_test_id("share-revoke").first.click()
    await expect(page.get_by_test_id("share-revoke")).to_have_count(1)
    return link


async def test_faces_for_nothing_for_a_lost_connection_and_for_an_error(
    office: Office, browser: Browser
) -> None:
    expected = ("503", "WebSocket", "Failed to load", "ERR_")
    async with Desk(browser, office, "supervisor", expected=expected) as desk:
        page = desk.page
        await page.goto(f"{office.address}/recordings?q=nobody-at-all")
        await expect(page.locator(".face")).to_be_visible()
        await looks_well(page)
        await page.get_by_test_id("clear-filters").click()
        await listed(page, CALLS)
        await page.route(
            "**/api/v1/recordings?*", lambda route: route.fulfill(status=503, body="{}")
        )
        await page.get_by_test_id("sort-seconds").click()
        await expect(page.locator(".face[role=alert]")).to_be_visible()
        await page.unroute(LISTED)
        await page.locator(".face[role=alert]").get_by_role("button").click()
        await expect(page.get_by_test_id("list-row")).to_have_count(CALLS)
        await page.set_viewport_size({"width": 390, "height": 844})
        await looks_well(page)
