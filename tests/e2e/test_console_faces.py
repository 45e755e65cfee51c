"""Every view of customers, tickets and administration as people see it: in both languages, light
and dark, on a desk and on a telephone."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, ViewportSize, expect

from tests.e2e.browser import Desk
from tests.e2e.office import Office
from tests.e2e.pages import (
    LANGUAGES,
    SCHEMES,
    in_language,
    in_scheme,
    known,
    looks_well,
    looks_well_in_any_light,
    looks_well_in_every_way,
    opened,
)

SIZES: tuple[ViewportSize, ...] = ({"width": 1280, "height": 720}, {"width": 390, "height": 844})
VIEWS = (
    "/customers",
    "/customers/new",
    "/customers/duplicates",
    "/customers/duplicates?list=merges",
    "/customers/import",
    "/admin/users?one=1",
    "/admin/agents?one=%2B",
    "/admin/roles?one=agent",
    "/admin/teams?one=%2B",
    "/admin/fields?one=%2B",
    "/admin/dictionary",
    "/admin/pool",
    "/admin/audit",
    "/account",
    "/tickets",
)


async def test_axe_finds_nothing_on_any_view_in_either_language(
    office: Office, browser: Browser
) -> None:
    [ticket] = await opened(office, "屏幕闪烁，客户要求今天内回电")
    [id] = await known(office, "王芳芳", number="13800138001")
    async with Desk(browser, office, "admin") as desk:
        page = desk.page
        for view in (*VIEWS, f"/customers/{id}", f"/tickets/{ticket}"):
            await page.goto(f"{office.address}{view}")
            await page.locator("h1").first.wait_for()
            await page.wait_for_load_state("networkidle")
            assert await page.get_by_test_id("error").count() == 0
            await looks_well_in_every_way(page)
        for language in LANGUAGES:
            await in_language(page, language)
            await page.keyboard.press("Control+k")
            await page.get_by_test_id("palette-entry").fill("王芳")
            await page.get_by_test_id("palette-hit").first.wait_for()
            await looks_well_in_any_light(page)
            await page.keyboard.press("Escape")
            await expect(page.get_by_test_id("palette-entry")).to_have_count(0)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_pages_of_tickets_look_well_on_a_desk_and_on_a_phone(
    office: Office, browser: Browser, language: str
) -> None:
    [id] = await opened(office, "屏幕闪烁，客户要求今天内回电")
    async with Desk(browser, office, "supervisor") as desk:
        page = desk.page
        await in_language(page, language)
        for size, scheme in zip(SIZES, SCHEMES, strict=True):
            await in_scheme(page, scheme)
            await page.set_viewport_size(size)
            for path, sign in (("/tickets", "list-row"), (f"/tickets/{id}", "ticket-title")):
                await page.goto(f"{office.address}{path}")
                await page.get_by_test_id(sign).first.wait_for()
                await looks_well(page)
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert await page.evaluate(wide) <= 0
