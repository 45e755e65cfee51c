"""Tickets on the page, worked by hand and by keyboard, with the whole service but no telephone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from crm.tickets.desk.kept import create
from crm.tickets.desk.sharing import Sharing, Viewer
from crm.tickets.desk.tables import CannedResponse, Macro
from tests.e2e.browser import Desk
from tests.e2e.office import Office
from tests.e2e.pages import LANGUAGES, in_language, looks_well, nothing_ran, opened


async def helped(office: Office) -> None:
    """A canned response and a macro that everybody has."""
    async with office.database() as database, database.session() as session:
        who, shared = Viewer(office.users["admin"], configures=True), (Sharing.SHARED, None)
        text = {"title": "问候", "body": "您好 {{customer.name}}", "shortcut": "hi"}
        await create(session, CannedResponse, who, shared, text, now=time.time())
        steps = [{"do": "priority", "priority": "urgent"}, {"do": "tags", "add": ["加急"]}]
        macro = {"title": "加急", "key": "u", "steps": steps}
        await create(session, Macro, who, shared, macro, now=time.time())
        await session.commit()


async def status(page: Page, name: str) -> None:
    await expect(page.get_by_test_id("ticket-status")).to_have_attribute("data-status", name)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_from_an_unknown_caller_to_the_archive(
    office: Office, browser: Browser, language: str
) -> None:
    async with Desk(browser, office, "supervisor") as desk:
        page = desk.page
        await in_language(page, language)
        await page.goto(f"{office.address}/customers/new")
        form = page.get_by_test_id("customer-form")
        await form.locator("[data-field=name] input").fill("陈小姐")
        await form.locator("[data-field=numbers] .fm-add").click()
        await form.locator("[data-field='numbers[0].number'] input").fill("13800138000")
        await form.get_by_test_id("form-save").click()
        await page.get_by_test_id("customer-title").wait_for()
        await page.get_by_test_id("open-ticket").click()
        await page.get_by_test_id("ticket-title").fill("无法登录")
        await page.get_by_test_id("ticket-priority").select_option("high")
        await page.get_by_test_id("ticket-save").click()
        await page.get_by_test_id("ticket-opened").get_by_role("link").click()
        await page.get_by_test_id("step-start").click()
        await status(page, "in_progress")
        await page.get_by_test_id("composer-text").fill("密码已重置。")
        await page.get_by_test_id("composer-send").click()
        await expect(page.locator("[data-side=out]")).to_contain_text("密码已重置。")
        await looks_well(page)
        await page.get_by_test_id("step-resolve").click()
        step = page.get_by_test_id("step-form")
        await step.locator("[data-field=solution] textarea").fill("重置密码")
        await step.get_by_test_id("form-save").click()
        await expect(page.get_by_test_id("solution")).to_have_text("重置密码")
        await page.get_by_test_id("make-link").click()
        link = await page.get_by_test_id("feedback-link").input_value()
        await _answered(browser, link)
        await expect(page.get_by_test_id("feedback-score")).to_contain_text("很快")
        await status(page, "feedback")
        await page.get_by_test_id("step-archive").click()
        await page.get_by_test_id("confirm-yes").click()
        await status(page, "archived")
        await expect(page.get_by_test_id("composer")).to_have_count(0)
        await page.get_by_test_id("history").locator("summary").click()
        await expect(page.locator("[data-testid=event][data-kind=archive]")).to_have_count(1)
        await looks_well(page)


async def _answered(browser: Browser, link: str) -> None:
    """As the customer does, who has no account here."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(link)
    await page.locator("input[name=score][value='5']").check()
    await page.locator("textarea[name=comment]").fill("很快")
    await page.locator("button[type=submit]").click()
    await expect(page.locator("form")).to_have_count(0)
    await context.close()


async def test_a_ticket_is_worked_with_nothing_but_keys(office: Office, browser: Browser) -> None:
    await helped(office)
    await opened(office, "打印机坏了")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab("/tickets")
        await page.get_by_test_id("list-row").wait_for()
        press = page.keyboard.press
        await press("j")
        await press("Enter")
        await page.get_by_test_id("ticket-title").wait_for()
        await press("s")
        await status(page, "in_progress")
        await press("m")
        await page.get_by_test_id("macro").wait_for()
        await looks_well(page)
        await press("u")
        await expect(page.get_by_test_id("ticket-tags")).to_contain_text("加急")
        await press("n")
        await page.keyboard.type("需要备件")
        await press("Control+Enter")
        await expect(page.locator("[data-side=us]")).to_contain_text("需要备件")
        await press("Escape")
        await press("p")
        await expect(page.locator("[data-field=reason] input")).to_be_focused()
        await page.keyboard.type("等待备件")
        await press("Enter")
        await status(page, "pending")
        await press("w")
        await status(page, "in_progress")
        await press("r")
        await press("/")
        await page.get_by_test_id("canned-one").wait_for()
        await looks_well(page)
        await page.keyboard.type("hi")
        await press("Enter")
        await expect(page.get_by_test_id("composer-text")).to_have_value("您好 王芳")
        await press("Control+Enter")
        await expect(page.locator("[data-side=out]")).to_contain_text("您好 王芳")
        await press("Escape")
        await press("d")
        await expect(page.get_by_test_id("step-form").locator("textarea")).to_be_focused()
        await page.keyboard.type("换了备件")
        await press("Tab")
        await press("Enter")
        await expect(page.get_by_test_id("solution")).to_have_text("换了备件")


async def test_a_draft_is_there_after_a_reload_and_gone_when_sent(
    office: Office, browser: Browser
) -> None:
    [id] = await opened(office, "问题")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab(f"/tickets/{id}")
        await page.get_by_test_id("choose-note").check(force=True)
        await page.get_by_test_id("composer-text").fill("写到一半")
        await page.get_by_test_id("draft-kept").wait_for()
        await page.reload()
        await expect(page.get_by_test_id("composer-text")).to_have_value("写到一半")
        await page.get_by_test_id("composer-send").click()
        await expect(page.locator("[data-side=us]")).to_contain_text("写到一半")
        await page.reload()
        await page.get_by_test_id("message").wait_for()
        await expect(page.get_by_test_id("composer-text")).to_have_value("")


async def test_files_are_taken_in_kept_and_refused_with_a_reason(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    [id] = await opened(office, "附件")
    good, bad = tmp_path / "说明 <img src=x onerror=alert(1)>.txt", tmp_path / "setup.exe"
    good.write_text("你好", "utf-8")
    bad.write_bytes(b"MZ" + bytes(200))
    async with Desk(browser, office, "support", expected=("422",)) as desk:
        page = await desk.tab(f"/tickets/{id}")
        await page.get_by_test_id("file-field").set_input_files(good)
        await expect(page.get_by_test_id("file")).to_contain_text("说明 <img")
        await page.get_by_test_id("file-field").set_input_files(bad)
        await expect(page.get_by_test_id("file-sending").get_by_role("alert")).to_have_count(1)
        async with page.expect_download() as download:
            await page.get_by_test_id("file").get_by_role("link").click()
        assert (await (await download.value).path()).read_text("utf-8") == "你好"
        await nothing_ran(page)
        await looks_well(page)


async def test_tickets_are_merged_linked_and_split(office: Office, browser: Browser) -> None:
    first, second = await opened(office, "甲问题", "乙问题")
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab(f"/tickets/{first}")
        await page.get_by_test_id("link").click()
        await page.get_by_test_id("pick-ticket").filter(has_text="乙问题").click()
        await page.get_by_test_id("form-save").click()
        await expect(page.get_by_test_id("links")).to_contain_text("乙问题")
        await page.get_by_test_id("split").click()
        step = page.get_by_test_id("step-form")
        await step.locator("[data-field=title] input").fill("丙问题")
        await step.get_by_test_id("form-save").click()
        await expect(page.get_by_test_id("links")).to_contain_text("丙问题")
        await page.get_by_test_id("step-merge").click()
        await page.get_by_test_id("pick-ticket").filter(has_text="乙问题").click()
        await looks_well(page)
        await page.get_by_test_id("form-save").click()
        await expect(page).to_have_url(f"{office.address}/tickets/{second}")


async def test_what_was_said_goes_to_a_ticket_that_is_open(
    office: Office, browser: Browser
) -> None:
    [id] = await opened(office, "退款")
    [row] = await office.rows("SELECT customer_id FROM tickets WHERE id = :id", id=id)
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab(f"/customers/{row[0]}")
        await page.get_by_test_id("open-ticket").click()
        await page.get_by_test_id("ticket-title").fill("客户催问")
        await expect(page.get_by_test_id("attach-to")).to_contain_text("退款")
        await looks_well(page)
        await page.get_by_test_id("attach-here").click()
        await page.get_by_test_id("ticket-opened").get_by_role("link").click()
        await expect(page).to_have_url(f"{office.address}/tickets/{id}")
        await expect(page.locator("[data-side=us]")).to_contain_text("客户催问")
