"""Tickets on the page, worked by hand and by keyboard, with the whole service but no telephone."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from crm.customers.service import NewCustomer, NewNumber, create_customer
from crm.tickets.desk.kept import create
from crm.tickets.desk.sharing import Sharing, Viewer
from crm.tickets.desk.tables import CannedResponse, Macro
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.words import Origin, person
from tests.e2e.browser import Desk, axe
from tests.e2e.office import Office, at_work, office_in

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "{{ constructor.constructor('alert(4)')() }}",
    "javascript:alert(5)",
    '=HYPERLINK("http://x","y")',
)
SIZES = ({"width": 1280, "height": 720}, {"width": 390, "height": 844})


@pytest.fixture
async def office(folder: Path, sqlite_url: str, console: None) -> AsyncIterator[Office]:
    office = office_in(folder, sqlite_url)
    await office.furnish()
    async with at_work(office):
        yield office


async def opened(office: Office, *titles: str, customer: str = "王芳") -> list[int]:
    """Tickets of one customer that are there already."""
    async with office.database() as database, database.session() as session:
        new = NewCustomer(name=customer, numbers=[NewNumber("13800138000")])
        made, _ = await create_customer(session, new, now=time.time())
        found = []
        for title in titles:
            ticket = NewTicket(
                title=title,
                customer=made.customer.id,
                description=title,
                owner=None,
                origin=Origin.AGENT,
            )
            by = person(office.users["supervisor"])
            found.append((await open_ticket(session, ticket, by=by, now=time.time())).ticket)
        await session.commit()
    return found


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


async def looks_well(page: Page) -> None:
    """Nothing serious for axe, once colours have settled."""
    await page.evaluate("() => Promise.allSettled(document.getAnimations().map((a) => a.finished))")
    assert await axe(page) == []


async def nothing_ran(page: Page) -> None:
    """No element came out of text. A dialog would be in the desk's trouble."""
    made = "img[src='x'], svg[onload], #main script, dialog script"
    assert await page.locator(made).count() == 0


async def in_language(page: Page, language: str) -> None:
    """Switched on the page, where it is not the one already."""
    await page.get_by_test_id("user-menu").wait_for()
    if not (await page.evaluate("document.documentElement.lang")).startswith(language):
        await page.get_by_test_id("language-switch").click()
        await expect(page.locator(f"html[lang^={language}]")).to_have_count(1)


async def status(page: Page, name: str) -> None:
    await expect(page.get_by_test_id("ticket-status")).to_have_attribute("data-status", name)


@pytest.mark.parametrize("language", ["zh", "en"])
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


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_pages_of_tickets_look_well_on_a_desk_and_on_a_phone(
    office: Office, browser: Browser, language: str
) -> None:
    [id] = await opened(office, "屏幕闪烁，客户要求今天内回电")
    async with Desk(browser, office, "supervisor") as desk:
        page = desk.page
        await in_language(page, language)
        for size in SIZES:
            await page.set_viewport_size(size)  # type: ignore[arg-type]
            for path, sign in (("/tickets", "list-row"), (f"/tickets/{id}", "ticket-title")):
                await page.goto(f"{office.address}{path}")
                await page.get_by_test_id(sign).first.wait_for()
                await looks_well(page)
                wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                assert await page.evaluate(wide) <= 0


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
