"""Customers on the page, with the whole service but no telephone system."""

from __future__ import annotations

import re

from playwright.async_api import Browser, Page, expect

from tests.e2e.browser import Desk
from tests.e2e.office import Office
from tests.e2e.pages import HOSTILE, known, looks_well, nothing_ran


async def test_a_customer_is_written_down_changed_and_found(
    office: Office, browser: Browser
) -> None:
    async with Desk(browser, office, "support", expected=("422",)) as desk:
        page = await desk.tab("/customers")
        await page.get_by_test_id("new-customer").click()
        form = page.get_by_test_id("customer-form")
        await form.locator("[data-field=name] input").fill("深圳市远航科技有限公司")
        await form.locator("[data-field=kind] select").select_option("company")
        await form.get_by_test_id("tag-entry").fill("重点")
        await form.get_by_test_id("tag-entry").press("Enter")
        await form.locator("[data-field=contacts] .fm-add").click()
        await form.locator("[data-field='contacts[0].name'] input").fill("王芳")
        await form.locator("[data-field=numbers] .fm-add").click()
        await form.locator("[data-field='numbers[0].number'] input").fill("not a number")
        await form.get_by_test_id("form-save").click()
        wrong = form.locator("[data-field='numbers[0].number']")
        await expect(wrong.get_by_test_id("field-note")).to_contain_text("号码")
        await expect(wrong.locator("input")).to_be_focused()
        await wrong.locator("input").fill("138 0013 8000")
        await form.locator("[data-field='numbers[0].contact'] select").select_option("0")
        await form.get_by_test_id("form-save").click()
        facts = page.get_by_test_id("customer-facts")
        await expect(facts).to_contain_text("+8613800138000")
        await expect(facts).to_contain_text("王芳")
        await expect(facts).to_contain_text("重点")
        await page.get_by_test_id("edit-customer").click()
        await form.locator("[data-field=do_not_call] input").check()
        await form.get_by_test_id("form-save").click()
        await expect(page.get_by_test_id("dnc")).to_be_visible()
        await expect(facts).to_contain_text("王芳")  # what was not changed is as it was
        await page.keyboard.press("Control+k")
        await page.get_by_test_id("palette-entry").fill("13800138000")
        hit = page.locator("[data-kind=customers] [data-testid=palette-hit]")
        await expect(hit).to_contain_text("深圳市远航科技有限公司")
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("palette")).to_have_count(0)
        await expect(page.get_by_test_id("customer-title")).to_contain_text("远航")


async def test_who_is_slower_chooses_field_by_field(office: Office, browser: Browser) -> None:
    [id] = await known(office, "王芳")
    async with Desk(browser, office, "support", expected=("409",)) as desk:
        first, second = desk.page, await desk.tab(f"/customers/{id}")
        await first.goto(f"{office.address}/customers/{id}")
        for page in (first, second):
            await page.get_by_test_id("edit-customer").click()
        for page, name in ((first, "王芳芳"), (second, "王方")):
            form = page.get_by_test_id("customer-form")
            await form.locator("[data-field=name] input").fill(name)
            await form.get_by_test_id("form-save").click()
        conflict = second.get_by_test_id("conflict")
        row = conflict.locator("[data-field=name]")
        await expect(row).to_contain_text("王方")
        await expect(row).to_contain_text("王芳芳")
        await looks_well(second)
        await row.get_by_test_id("conflict-theirs").check()
        await conflict.get_by_test_id("conflict-save").click()
        await expect(second.get_by_test_id("customer-title")).to_contain_text("王芳芳")


async def test_a_list_keeps_its_filters_in_the_address_and_its_columns(
    office: Office, browser: Browser
) -> None:
    await known(office, *(f"客户{n:03}" for n in range(60)), "Łukasz")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab("/customers")
        rows = page.get_by_test_id("list-row")
        await expect(rows).to_have_count(50)
        await rows.last.scroll_into_view_if_needed()
        await expect(rows).to_have_count(61)  # the rest came by itself
        await page.get_by_test_id("sort-name").click()
        await expect(page).to_have_url(re.compile(r"sort=-name"))
        await page.get_by_test_id("customer-search").fill("Łukasz")
        await expect(rows).to_have_count(1)
        await expect(page).to_have_url(re.compile(r"q="))
        await page.reload()
        await expect(rows).to_have_count(1)
        await page.get_by_test_id("columns").locator(".opener").click()
        await page.get_by_test_id("column-created").check()
        await page.reload()
        await expect(rows.locator("[data-column=created]")).to_have_count(1)
        await page.get_by_test_id("clear-filters").click()
        await expect(rows).to_have_count(50)
        await page.locator("h1").click()
        for key in ("j", "j", "k", "j"):
            await page.keyboard.press(key)
        await expect(rows.nth(1).locator("[data-handle]")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_test_id("customer-page")).to_be_visible()


async def test_customers_are_taken_from_the_pool(office: Office, browser: Browser) -> None:
    await known(office, "甲公司", "乙公司", "丙公司")
    async with Desk(browser, office, "manager") as desk:
        page = await desk.tab("/customers?pool=true")
        rows = page.get_by_test_id("list-row")
        await expect(rows).to_have_count(3)
        await rows.nth(0).locator("input").check()
        await rows.nth(1).locator("input").check()
        await page.get_by_test_id("claim").click()
        await expect(page.get_by_test_id("claimed")).to_contain_text("2")
        await expect(rows).to_have_count(1)
        await looks_well(page)
    owned = await office.rows(
        "SELECT count(*) FROM customers WHERE owner_id = :me", me=office.users["manager"]
    )
    assert owned[0][0] == 2


async def test_a_task_is_given_done_and_seen_in_the_timeline(
    office: Office, browser: Browser
) -> None:
    [id] = await known(office, "王芳")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab(f"/customers/{id}")
        await page.get_by_test_id("task-new").click()
        await page.get_by_test_id("task-form").locator("[data-field=title] input").fill("回访")
        await page.get_by_test_id("task-form").get_by_test_id("form-save").click()
        task = page.get_by_test_id("task")
        await expect(task).to_contain_text("回访")
        await task.get_by_test_id("task-done").click()
        await expect(task).to_have_count(0)
        lines = page.get_by_test_id("timeline-item")
        await expect(lines).to_have_count(2)
        await page.get_by_test_id("timeline").locator("label", has_text="通话").click()
        await expect(lines).to_have_count(0)
        await page.get_by_test_id("timeline").locator("label", has_text="任务").click()
        await expect(lines).to_have_count(2)


async def test_two_become_one_and_two_again(office: Office, browser: Browser) -> None:
    first, second = await known(
        office, "北京云图有限公司", "北京云图有限公司 ", number="13800138000"
    )
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab(f"/customers/{first}")
        await page.get_by_test_id("merge").click()
        form = page.get_by_test_id("merge-form")
        await form.wait_for()
        await looks_well(page)
        await form.get_by_test_id("form-save").click()
        await expect(page.get_by_test_id("duplicates")).to_have_count(0)
        other = await desk.tab(f"/customers/{second}")  # the old address leads to the new one
        await expect(other).to_have_url(f"{office.address}/customers/{first}")
        await page.goto(f"{office.address}/customers/duplicates?list=merges")
        await page.get_by_test_id("undo-merge").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("undo-merge")).to_have_count(0)
        await other.goto(f"{office.address}/customers/{second}")
        await expect(other.get_by_test_id("customer-title")).to_be_visible()
        await expect(other).to_have_url(f"{office.address}/customers/{second}")


async def test_who_may_be_there_already_is_shown_while_one_types(
    office: Office, browser: Browser
) -> None:
    await known(office, "王芳", number="13800138000")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab("/customers/new")
        form = page.get_by_test_id("customer-form")
        await form.locator("[data-field=name] input").fill("某人")
        await form.locator("[data-field=numbers] .fm-add").click()
        await form.locator("[data-field='numbers[0].number'] input").fill("138 0013 8000")
        await form.locator("[data-field='numbers[0].number'] input").press("Tab")
        await expect(page.get_by_test_id("maybe")).to_contain_text("王芳")


async def test_what_cannot_be_had_is_said_and_can_be_tried_again(
    office: Office, browser: Browser
) -> None:
    await known(office, "王芳")
    async with Desk(browser, office, "support", expected=("503",)) as desk:
        page = await desk.tab("/")
        await page.route("**/api/v1/customers?*", lambda route: route.fulfill(status=503, json={}))
        await page.get_by_test_id("nav-customers").click()
        face = page.get_by_role("alert")
        await expect(face).to_contain_text("数据库")
        await looks_well(page)
        await page.unroute("**/api/v1/customers?*")
        await face.get_by_role("button").click()
        await expect(page.get_by_test_id("list-row")).to_have_count(1)


async def test_hostile_text_is_text_everywhere(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "admin") as desk:
        page = desk.page
        for name in HOSTILE:
            await _written_everywhere(page, office, name)
            await page.goto(f"{office.address}/admin/teams?one=%2B")
            setup = page.get_by_test_id("setup-form")
            await setup.locator("[data-field=name] input").fill(name)
            await page.get_by_test_id("setup-save").click()
            await page.get_by_test_id("setup-saved").wait_for()
            await expect(page.get_by_test_id("setup-form").locator("h2")).to_contain_text(name)
            await page.goto(f"{office.address}/admin/audit?action=team.create")
            await page.get_by_test_id("list-row").first.click()
            await expect(page.get_by_test_id("audit-values")).to_contain_text(name)
            await nothing_ran(page)


async def _written_everywhere(page: Page, office: Office, name: str) -> None:
    """In every field of a customer that takes any text, in a note and in a task."""
    await page.goto(f"{office.address}/customers/new")
    form = page.get_by_test_id("customer-form")
    await form.locator("[data-field=name] input").fill(name)
    await form.locator("[data-field=notes] textarea").fill(name)
    await form.get_by_test_id("tag-entry").fill(name.replace(",", ""))
    await form.get_by_test_id("tag-entry").press("Enter")
    await form.locator("[data-field=contacts] .fm-add").click()
    await form.locator("[data-field='contacts[0].name'] input").fill(name)
    await form.locator("[data-field=addresses] .fm-add").click()
    await form.locator("[data-field='addresses[0].street'] input").fill(name)
    await form.get_by_test_id("form-save").click()
    await expect(page.get_by_test_id("customer-title")).to_contain_text(name)
    await page.get_by_test_id("note").fill(name)
    await page.get_by_test_id("note-save").click()
    await expect(page.get_by_test_id("timeline")).to_contain_text(name)
    await page.get_by_test_id("task-new").click()
    await page.get_by_test_id("task-form").locator("[data-field=title] input").fill(name)
    await page.get_by_test_id("task-form").get_by_test_id("form-save").click()
    await expect(page.get_by_test_id("tasks")).to_contain_text(name)
    await nothing_ran(page)
