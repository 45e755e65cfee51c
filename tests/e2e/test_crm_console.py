"""Customers and administration on the page, with the whole service but no telephone system."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, Page, expect

from crm.customers.service import NewCustomer, NewNumber, create_customer
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
LANGUAGES = ("zh-CN", "en-GB")


@pytest.fixture
async def office(folder: Path, sqlite_url: str, console: None) -> AsyncIterator[Office]:
    office = office_in(folder, sqlite_url)
    await office.furnish()
    async with at_work(office):
        yield office


async def known(office: Office, *names: str, number: str = "") -> list[int]:
    """Customers who are there already."""
    async with office.database() as database, database.session() as session:
        made = []
        for name in names:
            numbers = [NewNumber(number)] if number else []
            created, _ = await create_customer(
                session, NewCustomer(name=name, numbers=numbers), now=time.time()
            )
            made.append(created.customer.id)
        await session.commit()
    return made


async def looks_well(page: Page) -> None:
    """Nothing serious for axe, once colours have settled."""
    await page.evaluate("() => Promise.allSettled(document.getAnimations().map((a) => a.finished))")
    assert await axe(page) == []


async def nothing_ran(page: Page) -> None:
    """No element came out of text. A dialog would be in the desk's trouble."""
    made = "img[src='x'], svg[onload], #main script, dialog script"
    assert await page.locator(made).count() == 0


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


async def test_customers_come_in_from_a_file(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    lines = ["姓名,手机号,备注", "王小明,13800001111,你好", *rows_of(HOSTILE), "坏,不是号码,"]
    file = tmp_path / "客户 <img src=x onerror=alert(1)>.csv"
    file.write_bytes("\n".join(lines).encode("gb18030"))
    async with Desk(browser, office, "supervisor") as desk:
        page = await desk.tab("/customers/import")
        await page.get_by_test_id("file").set_input_files(file)
        await page.get_by_test_id("import-columns").wait_for()
        await expect(page.get_by_test_id("encoding").locator("select")).to_have_value("gb18030")
        await nothing_ran(page)
        await looks_well(page)
        await page.get_by_test_id("import-check").click()
        await expect(page.get_by_test_id("count-created")).to_have_text(str(1 + len(HOSTILE)))
        await expect(page.get_by_test_id("count-refused")).to_have_text("1")
        await expect(page.get_by_test_id("import-example")).to_contain_text("不是号码")
        await looks_well(page)
        await page.get_by_test_id("import-start").click()
        await page.get_by_test_id("to-customers").wait_for()
        async with page.expect_download() as download:
            await page.get_by_test_id("import-refused").click()
        refused = (await (await download.value).path()).read_text("utf-8-sig")
        assert "不是号码" in refused
        await page.get_by_test_id("to-customers").click()
        await expect(page.get_by_test_id("list-row")).to_have_count(1 + len(HOSTILE))
        for text in HOSTILE:
            await expect(page.get_by_test_id("list")).to_contain_text(text)
        await nothing_ran(page)


def rows_of(names: Sequence[str]) -> list[str]:
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    return [f"{name},1390000{n:04},{name}" for n, name in enumerate(quoted)]


async def test_a_file_that_is_none_says_why(
    office: Office, browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\0")
    async with Desk(browser, office, "supervisor") as desk:
        page = await desk.tab("/customers/import")
        await page.get_by_test_id("file").set_input_files(file)
        await expect(page.get_by_test_id("import-failure")).to_contain_text("Excel")
        await page.get_by_test_id("import-cancel").click()
        await page.get_by_test_id("confirm-yes").click()
        await expect(page.get_by_test_id("import-work")).to_have_attribute(
            "data-state", "cancelled"
        )


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


async def test_people_roles_and_rights(office: Office, browser: Browser) -> None:
    async with (
        Desk(browser, office, "admin") as desk,
        Desk(browser, office, "support") as support,
    ):
        await expect(support.page.get_by_test_id("nav-admin")).to_have_count(0)
        page = await desk.tab("/admin/roles?one=online_support")
        right = page.locator("[data-right='audit.read']")
        await right.get_by_test_id("scope-all").check()
        await page.get_by_test_id("setup-save").click()
        await page.get_by_test_id("setup-saved").wait_for()
        await support.page.reload()
        await support.page.get_by_test_id("nav-admin").click()
        await expect(support.page.get_by_test_id("admin-audit")).to_be_visible()
        await expect(support.page.get_by_test_id("admin-users")).to_have_count(0)
        await page.goto(f"{office.address}/admin/users?one=%2B")
        form = page.get_by_test_id("setup-form")
        await form.locator("[data-field=username] input").fill("li.wei")
        await form.locator("[data-field=display_name] input").fill("李伟")
        await page.get_by_test_id("setup-save").click()
        office.passwords["li.wei"] = await page.get_by_test_id("new-password").inner_text()
        await looks_well(page)
        await page.get_by_test_id("dialog-close").click()
        async with Desk(browser, office, "li.wei") as new:
            await page.reload()
            await page.get_by_test_id("end-sessions").click()
            await expect(new.page.get_by_test_id("sign-in-form")).to_be_visible()


async def test_fields_and_words_of_the_house(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "admin", expected=("422",)) as desk:
        page = await desk.tab("/admin/fields?one=%2B")
        form = page.get_by_test_id("setup-form")
        await form.locator("[data-field=name] input").fill("contract")
        await form.locator("[data-field=label_zh] input").fill("合同号")
        await form.locator("[data-field=label_en] input").fill("Contract")
        await form.locator("[data-field=required] input").check()
        await page.get_by_test_id("setup-save").click()
        await page.get_by_test_id("setup-saved").wait_for()
        await page.goto(f"{office.address}/admin/dictionary?list=source&one=%2B")
        await form.locator("[data-field=value] input").fill("fair")
        await form.locator("[data-field=label_zh] input").fill("展会 2026")
        await form.locator("[data-field=label_en] input").fill("Fair 2026")
        await page.get_by_test_id("setup-save").click()
        await page.get_by_test_id("setup-saved").wait_for()
        await page.goto(f"{office.address}/customers/new")
        customer = page.get_by_test_id("customer-form")
        await customer.locator("[data-field=name] input").fill("王芳")
        await customer.locator("[data-field=source] select").select_option("fair")
        own = customer.locator("[data-field='custom.contract'] input")
        await own.fill("HT-1")
        await customer.get_by_test_id("form-save").click()
        await expect(page.get_by_test_id("customer-facts")).to_contain_text("HT-1")
        await expect(page.get_by_test_id("customer-facts")).to_contain_text("展会 2026")
        await page.get_by_test_id("language-switch").click()
        await expect(page.get_by_test_id("customer-facts")).to_contain_text("Fair 2026")
        await page.goto(f"{office.address}/admin/pool")
        await page.get_by_test_id("pool-form").locator("[data-field=levels] input").fill("90")
        await page.get_by_test_id("pool-form").get_by_test_id("form-save").click()
        await page.get_by_test_id("pool-saved").wait_for()
    assert await office.rows("SELECT days FROM pool_rules") == [(90,)]


async def test_codes_of_an_app_are_turned_on_and_asked_for(
    office: Office, browser: Browser
) -> None:
    async with Desk(browser, office, "support", expected=("401", "422")) as desk:
        page = await desk.tab("/account")
        await page.get_by_test_id("codes-turn-on").click()
        await page.get_by_test_id("secret-password").fill(office.passwords["support"])
        await page.get_by_test_id("prove").get_by_test_id("form-save").click()
        await page.get_by_test_id("qr").wait_for()
        secret = await page.get_by_test_id("totp-secret").inner_text()
        form = page.get_by_test_id("pairing")
        await form.locator("[data-field=code] input").fill("000000")
        await form.get_by_test_id("form-save").click()
        await form.get_by_test_id("field-note").wait_for()
        await form.locator("[data-field=code] input").fill(pyotp.TOTP(secret).now())
        await form.get_by_test_id("form-save").click()
        codes = page.get_by_test_id("recovery").locator("li")
        recovery = await codes.first.inner_text()
        await looks_well(page)
        await expect(page.get_by_test_id("codes-on")).to_be_visible()
        await desk.page.goto(office.address)
        await page.get_by_test_id("user-menu").click()
        await page.get_by_test_id("sign-out").click()
        await page.locator("#username").fill("support")
        await page.locator("#password").fill(office.passwords["support"])
        await page.get_by_test_id("sign-in-submit").click()
        await page.get_by_test_id("sign-in-code").fill(recovery)
        await page.get_by_test_id("sign-in-submit").click()
        await page.get_by_test_id("user-menu").wait_for()


VIEWS = (
    "/customers",
    "/customers/new",
    "/customers/duplicates",
    "/customers/duplicates?list=merges",
    "/customers/import",
    "/admin/users?one=1",
    "/admin/roles?one=agent",
    "/admin/teams?one=%2B",
    "/admin/fields?one=%2B",
    "/admin/dictionary",
    "/admin/pool",
    "/admin/audit",
    "/account",
)


@pytest.mark.parametrize("locale", LANGUAGES)
async def test_axe_finds_nothing_on_any_view(office: Office, browser: Browser, locale: str) -> None:
    [id] = await known(office, "王芳", number="13800138000")
    async with Desk(browser, office, "admin", locale=locale) as desk:
        page = desk.page
        if locale.startswith("en"):
            await page.get_by_test_id("language-switch").click()
        for scheme in ("light", "dark"):
            await page.evaluate("theme => localStorage.setItem('callcenter.theme', theme)", scheme)
            for view in (*VIEWS, f"/customers/{id}"):
                await page.goto(f"{office.address}{view}")
                await page.locator("h1").first.wait_for()
                await page.wait_for_load_state("networkidle")
                assert await page.get_by_test_id("error").count() == 0
                await looks_well(page)
        await page.keyboard.press("Control+k")
        await page.get_by_test_id("palette-entry").fill("王芳")
        await page.get_by_test_id("palette-hit").first.wait_for()
        await looks_well(page)


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


async def test_agents_are_not_led_to_administration(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "support") as desk:
        for path in ("/admin/users", "/customers/import"):
            page = await desk.tab(path)
            await expect(page).not_to_have_url(re.compile(path))
