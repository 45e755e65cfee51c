"""Tickets on the pages of several people, and many at once."""

from __future__ import annotations

from playwright.async_api import Browser, expect

from tests.e2e.browser import Desk
from tests.e2e.office import Office
from tests.e2e.pages import HOSTILE, looks_well, nothing_ran, opened
from tests.e2e.test_tickets_console import status


async def test_views_are_saved_and_their_counts_move_by_push(
    office: Office, browser: Browser
) -> None:
    ids = await opened(office, "一", "二", "三")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab("/tickets")
        await expect(page.get_by_test_id("list-row")).to_have_count(3)
        await page.get_by_test_id("filter-status").locator("select").select_option("open")
        await page.get_by_test_id("filter-owner").locator("select").select_option("nobody")
        await page.get_by_test_id("new-view").click()
        form = page.get_by_test_id("view-form")
        await form.locator("[data-field=title] input").fill("没人管的")
        await looks_well(page)
        await form.get_by_test_id("form-save").click()
        view = page.get_by_test_id("saved-view")
        await expect(view.get_by_test_id("view-count")).to_have_text("3")
        other = await desk.tab(f"/tickets/{ids[0]}")
        await other.get_by_test_id("step-start").click()
        await status(other, "in_progress")
        await expect(view.get_by_test_id("view-count")).to_have_text("2")
        await expect(page.get_by_test_id("list-row")).to_have_count(2)
        await page.get_by_test_id("view-all").click()
        await expect(page.get_by_test_id("list-row")).to_have_count(3)
        await view.locator(".view").click()
        await expect(page.get_by_test_id("list-row")).to_have_count(2)
        await looks_well(page)


async def test_many_are_changed_at_once_and_each_says_how_it_went(
    office: Office, browser: Browser
) -> None:
    await opened(office, "一", "二")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab("/tickets")
        rows = page.get_by_test_id("list-row")
        await expect(rows).to_have_count(2)
        await page.get_by_test_id("select-all").check()
        for what, result in (("archive", "failed"), ("start", "done")):
            await page.get_by_test_id("bulk-what").select_option(what)
            await page.get_by_test_id("bulk-apply").click()
            done = page.get_by_test_id("bulk-rows").locator(f"[data-result={result}]")
            await expect(done).to_have_count(2)
            await looks_well(page)
            await page.get_by_test_id("bulk-close").click()
        await expect(rows.first).to_contain_text("处理中")


async def test_who_is_slower_sees_both_and_who_else_is_there(
    office: Office, browser: Browser
) -> None:
    [id] = await opened(office, "旧标题")
    async with (
        Desk(browser, office, "support", expected=("409",)) as slow,
        Desk(browser, office, "supervisor") as fast,
    ):
        first, second = await slow.tab(f"/tickets/{id}"), await fast.tab(f"/tickets/{id}")
        await expect(first.get_by_test_id("looker")).to_contain_text("Supervisor")
        for page, title in ((first, "慢的标题"), (second, "快的标题")):
            await page.get_by_test_id("edit-ticket").click()
            await page.locator("[data-testid=ticket-edit] [data-field=title] input").fill(title)
        await second.get_by_test_id("ticket-edit").get_by_test_id("form-save").click()
        await expect(second.get_by_test_id("ticket-title")).to_have_text("快的标题")
        await first.get_by_test_id("ticket-edit").get_by_test_id("form-save").click()
        row = first.get_by_test_id("conflict").locator("[data-field=title]")
        await expect(row).to_contain_text("慢的标题")
        await expect(row).to_contain_text("快的标题")
        await looks_well(first)
        await row.get_by_test_id("conflict-yours").check()
        await first.get_by_test_id("conflict-save").click()
        await expect(second.get_by_test_id("ticket-title")).to_have_text("慢的标题")


async def test_who_is_given_a_ticket_is_told(office: Office, browser: Browser) -> None:
    [id] = await opened(office, "给你的")
    async with (
        Desk(browser, office, "support") as told,
        Desk(browser, office, "supervisor") as gives,
    ):
        page = await gives.tab(f"/tickets/{id}")
        await page.get_by_test_id("step-assign").click()
        form = page.get_by_test_id("step-form")
        await form.locator("[data-field=owner] select").select_option(label="Support")
        await form.get_by_test_id("form-save").click()
        await expect(page.get_by_test_id("owner")).to_have_text("Support")
        bell = told.page.get_by_test_id("notices")
        await expect(bell.locator(".opener")).to_contain_text("1")
        await bell.locator(".opener").click()
        await looks_well(told.page)
        await told.page.get_by_test_id("notice").click()
        await expect(told.page.get_by_test_id("ticket-title")).to_have_text("给你的")
        await expect(bell.locator(".opener")).not_to_contain_text("1")


async def test_who_may_only_read_is_offered_nothing_else(office: Office, browser: Browser) -> None:
    [id] = await opened(office, "只读")
    async with Desk(browser, office, "manager") as desk:
        page = await desk.tab("/tickets")
        await page.get_by_test_id("list-row").wait_for()
        for name in ("new-ticket", "select-all", "export"):
            await expect(page.get_by_test_id(name)).to_have_count(0)
        await page.goto(f"{office.address}/tickets/{id}")
        await page.get_by_test_id("watch").wait_for()
        await page.keyboard.press("s")
        for name in ("composer", "step-start", "step-resolve", "edit-ticket", "attach", "macros"):
            await expect(page.get_by_test_id(name)).to_have_count(0)
        await status(page, "new")
        await page.get_by_test_id("watch").click()
        await expect(page.get_by_test_id("watchers")).to_have_text("Manager")


async def test_hostile_text_of_tickets_is_text_everywhere(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "supervisor") as desk:
        page = desk.page
        for text in HOSTILE:
            [id] = await opened(office, text, customer=text)
            await page.goto(f"{office.address}/tickets/{id}")
            await expect(page.get_by_test_id("ticket-title")).to_have_text(text)
            await page.get_by_test_id("composer-text").fill(text)
            await page.get_by_test_id("composer-send").click()
            await expect(page.get_by_test_id("message")).to_contain_text(text)
            await page.get_by_test_id("edit-tags").click()
            await page.get_by_test_id("tag-entry").fill(text.replace(",", "")[:60])
            await page.get_by_test_id("tag-entry").press("Enter")
            await page.get_by_test_id("tags-save").click()
            await expect(page.get_by_test_id("ticket-tags").locator(".mark")).to_have_count(1)
            await page.get_by_test_id("history").locator("summary").click()
            await page.get_by_test_id("event").first.wait_for()
            await nothing_ran(page)
        await page.goto(f"{office.address}/tickets")
        for text in HOSTILE:
            await expect(page.get_by_test_id("list")).to_contain_text(text)
        await nothing_ran(page)
