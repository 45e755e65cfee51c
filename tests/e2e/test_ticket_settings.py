"""The ticket settings on the page, with the whole service but no telephone system."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from crm.mail import outbox
from crm.mail.outbox import NewMail
from crm.sql import insert_row
from routing.tables import Agent
from tests.e2e.browser import Desk
from tests.e2e.office import Office, at_work, office_in
from tests.e2e.pages import looks_well, looks_well_in_every_way, nothing_ran

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "{ { constructor.constructor('alert(4)')() } }",
    "@:common.retry | {n}",
)
PARTS = (
    *("categories", "sla", "rules", "queues", "capacity"),
    *("canned", "macros", "mails", "general"),
)


@pytest_asyncio.fixture(loop_scope="module")
async def office(folder: Path, sqlite_url: str, console: None) -> AsyncIterator[Office]:
    office = office_in(folder, sqlite_url)
    await office.furnish()
    async with office.database() as database, database.session() as session:
        await insert_row(session, Agent, name="Support", user_id=office.users["support"])
        await session.commit()
    async with at_work(office):
        yield office


def field(page: Page, path: str) -> Locator:
    return page.get_by_test_id("setup-form").locator(f"[data-field='{path}']")


async def fill(page: Page, path: str, text: str) -> None:
    await field(page, path).locator("input, textarea").first.fill(text)


async def choose(page: Page, path: str, value: str) -> None:
    await field(page, path).locator("select").last.select_option(value)


async def begin(desk: Desk, part: str) -> Page:
    page = await desk.tab(f"/ticket-settings/{part}?one=%2B")
    await page.get_by_test_id("setup-form").wait_for()
    return page


async def save(page: Page) -> None:
    await page.get_by_test_id("setup-save").click()
    await page.get_by_test_id("setup-saved").wait_for()


async def add_row(page: Page, path: str) -> None:
    await field(page, path).locator(":scope > .fm-add").click()


async def category(desk: Desk, name: str, parent: str = "") -> Page:
    page = await begin(desk, "categories")
    await fill(page, "name", name)
    if parent:
        await field(page, "parent").locator("select").select_option(label=parent)
    await save(page)
    return page


async def test_categories_are_a_tree_with_fields_of_their_own(
    office: Office, browser: Browser
) -> None:
    async with Desk(browser, office, "supervisor", expected=("422",)) as desk:
        await category(desk, "售后")
        page = await begin(desk, "categories")
        await fill(page, "name", "维修")
        await field(page, "parent").locator("select").select_option(label="售后")
        await field(page, "solution_required").locator("input").check()
        await add_row(page, "fields")
        await fill(page, "fields[0].name", "serial")
        await fill(page, "fields[0].label_zh", "序列号")
        await fill(page, "fields[0].label_en", "Serial number")
        await field(page, "fields[0].required").locator("input").check()
        await add_row(page, "fields")
        await fill(page, "fields[1].name", "serial")
        await choose(page, "fields[1].kind", "choice")
        await fill(page, "fields[1].label_zh", "故障")
        await fill(page, "fields[1].label_en", "Fault")
        await add_row(page, "fields[1].choices")
        await fill(page, "fields[1].choices[0].value", "dark")
        await fill(page, "fields[1].choices[0].label_zh", "不亮")
        await fill(page, "fields[1].choices[0].label_en", "Dark")
        await page.get_by_test_id("setup-save").click()
        wrong = field(page, "fields[1].name")  # two of one name: said where it is
        await expect(wrong.get_by_test_id("field-note")).to_contain_text("同名")
        await expect(wrong.locator("input")).to_be_focused()
        await wrong.locator("input").fill("fault")
        await looks_well(page)
        await save(page)
        await expect(page.get_by_test_id("setup-row").nth(1)).to_contain_text("2 个字段")
        await begun_below(desk)
        await field(page, "active").locator("input").uncheck()
        await save(page)
        await expect(page.get_by_test_id("setup-row").nth(1)).to_contain_text("停用")
    found = await office.rows("SELECT name, active, solution_required FROM ticket_categories")
    assert sorted(found) == [("售后", 1, 0), ("维修", 0, 1)]


async def begun_below(desk: Desk) -> None:
    """What a new category would ask of its tickets from above is shown before it is saved."""
    page = await begin(desk, "categories")
    await field(page, "parent").locator("select").select_option(label="售后 / 维修")
    await expect(page.get_by_test_id("setup-form")).to_contain_text("序列号 *")


async def test_a_policy_promises_and_escalates(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "supervisor", expected=("422",)) as desk:
        await category(desk, "投诉")
        page = await begin(desk, "sla")
        await fill(page, "name", "投诉 4 小时")
        await field(page, "category").locator("select").select_option(label="投诉")
        await choose(page, "priority", "urgent")
        await fill(page, "respond", "30")
        await choose(page, "respond", "60")  # minutes
        await fill(page, "resolve", "4")
        await add_row(page, "steps")
        await choose(page, "steps[0].target", "resolve")
        await fill(page, "steps[0].minutes", "1")
        await choose(page, "steps[0].minutes", "-60")  # hours before
        await field(page, "steps[0].notify_owner").locator("input").uncheck()
        await page.get_by_test_id("setup-save").click()
        note = field(page, "steps").get_by_test_id("field-note")
        await expect(note).to_contain_text("请选择要执行的操作")
        await field(page, "steps[0].raise_priority").locator("input").check()
        await field(page, "steps[0].notify").locator("select").select_option(label="Supervisor")
        await looks_well(page)
        await save(page)
        await expect(page.get_by_test_id("setup-row")).to_contain_text("30 分钟")
    found = await office.rows("SELECT respond_within, resolve_within, steps FROM sla_policies")
    assert found[0][:2] == (1800, 14_400)
    assert f'"notify": [{office.users["supervisor"]}]' in found[0][2]
    assert '"minutes": -60' in found[0][2]


async def test_rules_are_put_in_order_and_deleted_once_that_is_confirmed(
    office: Office, browser: Browser
) -> None:
    async with Desk(browser, office, "supervisor", expected=("422",)) as desk:
        for name in ("甲", "乙"):
            page = await begin(desk, "rules")
            await fill(page, "name", name)
            if name == "甲":
                await page.get_by_test_id("setup-save").click()
                await expect(page.get_by_test_id("field-note")).to_contain_text("请选择团队或人员")
            await field(page, "owners").locator("select").select_option(label="Support")
            await save(page)
        rows = page.get_by_test_id("setup-row")
        await expect(rows.first).to_contain_text("甲")
        await page.get_by_test_id("row-up").nth(1).click()
        await expect(rows.first).to_contain_text("乙")
        await page.reload()
        await expect(rows.first).to_contain_text("乙")
        await page.get_by_test_id("setup-remove").click()
        await looks_well(page)
        await page.get_by_test_id("setup-remove-sure").click()
        await expect(rows).to_have_count(1)


async def test_who_is_slower_sees_both_values(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "supervisor", expected=("409",)) as desk:
        first = await category(desk, "退款")
        second = await desk.tab(first.url.removeprefix(office.address))
        await field(second, "name").wait_for()
        await fill(first, "name", "退款申请")
        await save(first)
        await fill(second, "name", "退货退款")
        await second.get_by_test_id("setup-save").click()
        row = second.get_by_test_id("conflict").locator("[data-field=name]")
        await expect(row).to_contain_text("退货退款")
        await expect(row).to_contain_text("退款申请")
        await looks_well(second)
        await row.get_by_test_id("conflict-yours").check()
        await second.get_by_test_id("conflict-save").click()
        await second.get_by_test_id("setup-saved").wait_for()
    assert await office.rows("SELECT name FROM ticket_categories") == [("退货退款",)]


async def test_ticket_queues_and_capacity(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "supervisor", expected=("409",)) as desk:
        await category(desk, "售后")
        for _ in range(2):
            page = await begin(desk, "queues")
            await fill(page, "name", "after-sales")
            await fill(page, "label", "售后工单")
            await field(page, "categories").locator("select").select_option(label="售后")
            await field(page, "agents").locator("select").select_option(label="Support")
            await page.get_by_test_id("setup-save").click()
            await page.locator("[data-testid=setup-saved], [data-testid=field-note]").wait_for()
        await expect(field(page, "name").get_by_test_id("field-note")).to_contain_text("同名")
        await looks_well(page)
        page = await desk.tab("/ticket-settings/capacity")
        await page.get_by_test_id("setup-row").click()
        await fill(page, "tickets", "3")
        await save(page)
        await expect(page.get_by_test_id("setup-row")).to_contain_text("上限 3")
    assert await office.rows("SELECT tickets FROM ticket_capacity") == [(3,)]


async def test_canned_responses_fill_in_what_they_offer(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "support", expected=("422",)) as desk:
        page = await begin(desk, "canned")
        await fill(page, "title", "问候")
        await fill(page, "shortcut", "hi")
        await expect(field(page, "sharing").locator("option")).to_have_count(2)  # not everybody's
        await fill(page, "body", "您好，{{nobody}}")
        await page.get_by_test_id("setup-save").click()
        await expect(field(page, "body").get_by_test_id("field-note")).to_contain_text("nobody")
        await fill(page, "body", "您好，")
        await page.locator("[data-testid=gap][data-name='customer.name']").click()
        await expect(field(page, "body").locator("textarea")).to_have_value(
            "您好，{{customer.name}}"
        )
        await expect(page.get_by_test_id("preview")).to_contain_text("您好，王芳")
        await looks_well(page)
        await save(page)
        await expect(page.get_by_test_id("settings-categories")).to_have_count(0)
    found = await office.rows("SELECT body, sharing, owner_id FROM canned_responses")
    assert found == [("您好，{{customer.name}}", "personal", office.users["support"])]


async def test_what_everybody_uses_is_looked_at_by_those_who_may_not_change_it(
    office: Office, browser: Browser
) -> None:
    async with Desk(browser, office, "supervisor") as desk:
        page = await begin(desk, "canned")
        await fill(page, "title", "致歉")
        await fill(page, "body", "非常抱歉")
        await choose(page, "sharing", "shared")
        await save(page)
    async with Desk(browser, office, "support") as desk:
        page = await desk.tab("/ticket-settings/canned")
        await page.get_by_test_id("setup-row").click()
        await expect(field(page, "body").locator("textarea")).to_be_disabled()
        await expect(page.get_by_test_id("setup-save")).to_have_count(0)
        await looks_well(page)


async def test_macros_are_put_together_by_picking(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "support") as desk:
        page = await begin(desk, "macros")
        await fill(page, "title", "已修好")
        await choose(page, "key", "f")
        for _ in range(3):
            await add_row(page, "steps")
        await choose(page, "steps[0].do", "tags")
        await fill(page, "steps[0].add", "维修")
        await choose(page, "steps[1].do", "reply")
        await fill(page, "steps[1].text", "{{customer.name}}，您好，已修好。")
        await choose(page, "steps[2].do", "resolve")
        assert await field(page, "steps[1].do").locator("option[value=start]").count() == 0
        await looks_well(page)
        await save(page)
        await expect(page.get_by_test_id("setup-row")).to_contain_text("回复客户")
    [(steps,)] = await office.rows("SELECT steps FROM ticket_macros")
    assert re.findall(r'"do": "(\w+)"', steps) == ["tags", "reply", "resolve"]


async def given_up(office: Office, subject: str) -> None:
    async with office.database() as database, database.session() as session:
        values = {"ticket.number": "T1", "ticket.title": subject, "text": subject}
        mail = NewMail("reply", "wang@example.com", "zh", values)
        id_ = await outbox.post(session, mail, now=time.time())
        await outbox.failed(session, id_, f"550 {subject}", again=None)
        await session.commit()


async def test_mail_that_was_given_up_is_tried_again(office: Office, browser: Browser) -> None:
    await given_up(office, HOSTILE[0])
    async with Desk(browser, office, "supervisor") as desk:
        page = await desk.tab("/ticket-settings/mails")
        await page.get_by_test_id("choose-dead").check(force=True)
        row = page.get_by_test_id("list-row")
        await expect(row).to_contain_text(HOSTILE[0])
        await row.locator("[data-handle]").click()
        await expect(page.get_by_test_id("mail-facts")).to_contain_text(f"550 {HOSTILE[0]}")
        await nothing_ran(page)
        await looks_well(page)
        await page.get_by_test_id("dialog-close").click()
        await row.get_by_test_id("mail-retry").click()
        await expect(row.get_by_test_id("mail-retry")).to_have_count(0)
    assert await office.rows("SELECT count(*) FROM mails WHERE state = 'dead'") == [(0,)]


async def test_days_are_kept_and_asked_about_before_they_are_lost(
    office: Office, browser: Browser
) -> None:
    async with Desk(browser, office, "supervisor") as desk:
        page = await desk.tab("/ticket-settings/general")
        form = page.get_by_test_id("general-form")
        await form.locator("[data-field=reopen_days] input").fill("10")
        await page.get_by_test_id("settings-macros").click()
        await page.get_by_test_id("confirm-no").click()
        await form.locator("[data-field=archive_days] input").fill("")
        await form.get_by_test_id("form-save").click()
        await page.get_by_test_id("general-saved").wait_for()
        await page.reload()
        await expect(form.locator("[data-field=reopen_days] input")).to_have_value("10")
        await expect(form.locator("[data-field=archive_days] input")).to_have_value("")


@pytest.mark.parametrize("text", [" ".join(HOSTILE[:3]), " ".join(HOSTILE[3:])])
async def test_hostile_text_is_text_everywhere(office: Office, browser: Browser, text: str) -> None:
    async with Desk(browser, office, "supervisor") as desk:
        await category(desk, text)
        page = await begin(desk, "rules")
        await fill(page, "name", text)
        await field(page, "category").locator("select").select_option(label=text)
        await field(page, "owners").locator("select").select_option(label="Support")
        await save(page)
        await expect(page.get_by_test_id("setup-row")).to_contain_text(text)
        await nothing_ran(page)
        page = await begin(desk, "canned")
        await fill(page, "title", text)
        await fill(page, "body", f"{text} {{{{today}}}}")
        await expect(page.get_by_test_id("preview")).to_contain_text(text)
        await save(page)
        await nothing_ran(page)
        page = await begin(desk, "macros")
        await fill(page, "title", text)
        await add_row(page, "steps")
        await choose(page, "steps[0].do", "note")
        await fill(page, "steps[0].text", text)
        await save(page)
        await expect(page.get_by_test_id("setup-row")).to_contain_text(text)
        await nothing_ran(page)


async def test_axe_finds_nothing_on_any_part_in_either_language(
    office: Office, browser: Browser
) -> None:
    await given_up(office, "屏幕不亮")
    async with Desk(browser, office, "admin") as desk:
        page = desk.page
        for part in PARTS:
            await page.goto(f"{office.address}/ticket-settings/{part}?one=%2B")
            await page.locator("h1").first.wait_for()
            await page.wait_for_load_state("networkidle")
            assert await page.get_by_test_id("error").count() == 0
            await looks_well_in_every_way(page)


async def test_what_cannot_be_had_is_said_and_can_be_tried_again(
    office: Office, browser: Browser
) -> None:
    async with Desk(browser, office, "supervisor", expected=("503",)) as desk:
        page = await desk.tab("/ticket-settings/general")
        address = "**/api/v1/sla-policies"
        await page.route(address, lambda route: route.fulfill(status=503, json={}))
        await page.get_by_test_id("settings-sla").click()
        face = page.get_by_role("alert")
        await expect(face).to_contain_text("数据库")
        await looks_well(page)
        await page.unroute(address)
        await face.get_by_role("button").click()
        await expect(page.get_by_test_id("setup-new")).to_be_visible()
        await expect(face).to_have_count(0)
