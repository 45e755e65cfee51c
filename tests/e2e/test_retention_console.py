"""What becomes of recordings on the page: kept, held, erased, compared, paused; no PBX."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import text

from tests.e2e.browser import Desk
from tests.e2e.office import Office, at_work, office_in
from tests.e2e.pages import LANGUAGES, in_language, known, looks_well


@pytest.fixture
async def office(folder: Path, sqlite_url: str, console: None) -> AsyncIterator[Office]:
    office = office_in(folder, sqlite_url)
    await office.furnish()
    async with at_work(office):
        yield office


async def test_policies_holds_an_erasure_with_its_dry_run_tokens_and_files(
    office: Office, browser: Browser
) -> None:
    [person] = await known(office, "欧阳小满", number="13800138007")
    async with Desk(browser, office, "admin", expected=("422",)) as desk:
        page = await desk.tab("/admin/retention?one=%2B")
        await page.locator("[data-field=name] input").fill("All calls")
        await page.get_by_test_id("setup-save").click()
        await expect(page.get_by_test_id("setup-row")).to_contain_text("All calls")
        await expect(page.get_by_test_id("dry-run")).to_be_visible()
        await looks_well(page)
        await page.get_by_test_id("choose-holds").check(force=True)
        form = page.get_by_test_id("hold-form")
        await form.locator("[data-field=object] input").fill(str(person))
        await form.locator("[data-field=reason] textarea").fill("case 4711")
        await form.locator("button[type=submit]").click()
        await expect(page.get_by_test_id("hold")).to_contain_text("case 4711")
        for language in LANGUAGES:
            await in_language(page, language)
            await looks_well(page)
        page = await desk.tab("/admin/erasure")
        find = page.get_by_test_id("erase-find")
        await find.locator("[data-field=customer] input").fill(str(person))
        await find.locator("button[type=submit]").click()
        found = page.get_by_test_id("erase-found")
        await expect(found).to_contain_text("欧阳小满", timeout=20_000)  # it looks everywhere
        await expect(found.get_by_role("alert")).to_contain_text(f"customer {person}")
        async with office.database() as database, database.session() as db:
            await db.execute(text("UPDATE legal_holds SET released_at = placed_at"))
            await db.commit()
        await find.locator("button[type=submit]").click()
        order = page.get_by_test_id("erase-order")
        await order.locator("[data-field=reason] textarea").fill("asked by letter")
        await expect(page.get_by_test_id("erase-do")).to_be_disabled()
        await order.locator("[data-field=confirmed] input").check()
        await page.get_by_test_id("erase-do").click()
        await expect(page.get_by_test_id("erasure")).to_have_attribute(
            "data-state", "done", timeout=30_000
        )
        for language in LANGUAGES:
            await in_language(page, language)
            await looks_well(page)
        page = await desk.tab("/admin/payment")
        form = page.get_by_test_id("pay-form")
        await form.locator("[data-field=name] input").fill("Shop")
        await form.locator("button[type=submit]").click()
        await expect(page.get_by_test_id("pay-secret")).to_contain_text("ccpay_1_")
        for language in LANGUAGES:
            await in_language(page, language)
            await looks_well(page)
        await page.get_by_test_id("pay-revoke").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("pay-revoke")).to_have_count(0)
        page = await desk.tab("/admin/storage")
        await page.get_by_test_id("reconcile").click()
        await expect(page.get_by_test_id("reconcile-counts")).to_be_visible(timeout=20_000)
        for language in LANGUAGES:
            await in_language(page, language)
            await looks_well(page)
