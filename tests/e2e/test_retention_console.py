"""What becomes of recordings on the page: kept, held, erased, compared, paused; no PBX."""

from __future__ import annotations

from playwright.async_api import Browser, Page, expect
from sqlalchemy import text

from tests.e2e.browser import Desk
from tests.e2e.office import Office
from tests.e2e.pages import LANGUAGES, in_language, known, looks_well


async def test_policies_and_holds_an_erasure_tokens_and_files(
    office: Office, browser: Browser
) -> None:
    [person] = await known(office, "欧阳小满", number="13800138007")
    async with Desk(browser, office, "admin", expected=("422",)) as desk:
        await _kept_and_held(await desk.tab("/admin/retention?one=%2B"), person)
        await _erased(await desk.tab("/admin/erasure"), office, person)
        await _given_a_token(await desk.tab("/admin/payment"))
        await _compared(await desk.tab("/admin/storage"))


async def _kept_and_held(page: Page, person: int) -> None:
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
    await _looks_well_in_both(page)


async def _erased(page: Page, office: Office, person: int) -> None:
    """Not while it is held; then with a reason and a tick."""
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
    done = page.get_by_test_id("erasure")
    await expect(done).to_have_attribute("data-state", "done", timeout=30_000)
    await _looks_well_in_both(page)


async def _given_a_token(page: Page) -> None:
    form = page.get_by_test_id("pay-form")
    await form.locator("[data-field=name] input").fill("Shop")
    await form.locator("button[type=submit]").click()
    await expect(page.get_by_test_id("pay-secret")).to_contain_text("ccpay_1_")
    await _looks_well_in_both(page)
    await page.get_by_test_id("pay-revoke").click()
    await page.get_by_test_id("confirm-yes").click()
    await expect(page.get_by_test_id("pay-revoke")).to_have_count(0)


async def _compared(page: Page) -> None:
    await page.get_by_test_id("reconcile").click()
    await expect(page.get_by_test_id("reconcile-counts")).to_be_visible(timeout=20_000)
    await _looks_well_in_both(page)


async def _looks_well_in_both(page: Page) -> None:
    for language in LANGUAGES:
        await in_language(page, language)
        await looks_well(page)
