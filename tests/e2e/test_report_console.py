"""The page of reports in both languages: figures, their definitions, and the rows behind one."""

from __future__ import annotations

import time

from playwright.async_api import Browser, expect
from sqlalchemy import insert

from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from tests.e2e.browser import Desk, axe
from tests.e2e.house import PBX, House
from web.reports.keeper import recompute


async def _calls(house: House) -> None:
    """Twelve callers of an hour ago, every fourth of whom gave up."""
    begin = time.time() - 3600
    database = Database(house.config.database_url)
    async with database.session() as session:
        for number in range(12):
            call = {"id": f"report{number}", "pbx": PBX, "started_at": begin + number}
            await session.execute(insert(Interaction).values(**call))
            exit_ = "answered" if number % 4 else "abandoned"
            stay = {"interaction_id": call["id"], "kind": "queue", "queue": "support"}
            await session.execute(
                insert(Segment).values(
                    **stay, id=f"stay{number}", started_at=begin + number, seconds=12.0,
                    exit=exit_, ended=True,
                )
            )  # fmt: skip
        await session.commit()
    hour = int(begin // 3600)
    await recompute(database, hour, hour + 2, until=time.time())
    await database.close()


async def test_figures_with_definitions_and_the_rows_behind_them(
    open_house: House, browser: Browser
) -> None:
    await _calls(open_house)
    async with Desk(browser, open_house, "supervisor") as desk:
        page = await desk.tab("/reports")
        await expect(page.get_by_test_id("report-total-offered")).to_have_text("12")
        await expect(page.get_by_test_id("report-total-abandoned")).to_have_text("3")
        await expect(page.get_by_test_id("report-meanings").locator("dt")).not_to_have_count(0)
        assert await axe(page) == []
        await page.get_by_test_id("report-total-abandoned").locator("button").click()
        rows = page.get_by_test_id("report-rows").locator("tbody tr")
        await expect(rows).to_have_count(3)
        await expect(rows.first).to_contain_text("放弃")
        await expect(rows.first).to_contain_text("0:12")
        await expect(page.get_by_test_id("report-rows-as-of")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_test_id("dialog-close").click()
        heading = page.locator("h1")
        before = await heading.inner_text()
        await page.get_by_test_id("language-switch").click()
        await expect(heading).not_to_have_text(before)
        assert await axe(page) == []


async def test_a_period_that_is_none_is_said_at_its_field_and_asked_of_nobody(
    open_house: House, browser: Browser
) -> None:
    """The desk would not forgive a refusal of the service."""
    async with Desk(browser, open_house, "supervisor") as desk:
        page = await desk.tab("/reports")
        await expect(page.get_by_test_id("report-export")).to_be_visible()
        note = page.get_by_test_id("field-note")
        first, last = page.get_by_test_id("report-from"), page.get_by_test_id("report-to")
        good = await first.input_value()
        await first.fill("2199-01-01")
        await expect(last).to_have_attribute("aria-invalid", "true")
        await expect(note).to_have_count(1)
        await expect(page.get_by_test_id("report-export-off")).to_be_disabled()
        assert await axe(page) == []
        said = await note.inner_text()
        await page.get_by_test_id("language-switch").click()
        await expect(note).not_to_have_text(said)
        await first.fill("2020-01-01")
        await expect(note).to_have_count(0)
        await page.get_by_test_id("report-step").select_option("hour")
        await expect(page.get_by_test_id("report-step")).to_have_attribute("aria-invalid", "true")
        await expect(page.get_by_test_id("report-export-off")).to_be_disabled()
        await first.fill(good)
        await expect(page.get_by_test_id("report-export")).to_be_visible()


async def test_what_failed_without_a_network_loads_again_by_itself(
    open_house: House, browser: Browser
) -> None:
    """The figures that were asked for, and then a page whose code was not there yet."""
    away = ("ERR_INTERNET_DISCONNECTED", "dynamically imported module", "preload assets")
    expected = (*away, "simulations/base")  # no day to simulate yet: 404, when the page gets there
    async with Desk(browser, open_house, "supervisor", expected=expected) as desk:
        page = await desk.tab("/reports")
        await expect(page.get_by_test_id("report-export")).to_be_visible()
        failed = page.locator(".body .face.error")
        await page.context.set_offline(True)
        await page.get_by_test_id("report-step").select_option("week")
        await expect(failed).to_be_visible()
        await page.context.set_offline(False)
        await expect(failed).to_have_count(0)
        await page.context.set_offline(True)
        await page.locator("a[href='/what-if']").click()
        await expect(page.get_by_test_id("page-away")).to_be_visible()
        assert await axe(page) == []
        await page.get_by_test_id("page-again").click()
        await expect(page.get_by_test_id("page-away")).to_be_visible()
        await page.context.set_offline(False)
        await page.wait_for_url("**/what-if")
        await expect(page.get_by_test_id("page-away")).to_have_count(0)


async def test_reports_by_mail_are_set_up_and_say_why_they_are_not_sent(
    open_house: House, browser: Browser
) -> None:
    """Empty, refused at a field, saved, out of reach: each has its face, in both languages."""
    expected = ("422", "409", "ERR_FAILED")
    async with Desk(browser, open_house, "admin", expected=expected) as desk:
        page = await desk.tab("/reports?part=mail")
        part = page.get_by_test_id("report-mail")
        await expect(part.get_by_test_id("report-no-mail")).to_be_visible()
        await expect(part.locator(".face").first).to_be_visible()
        assert await axe(page) == []
        await part.get_by_test_id("setup-new").click()
        form = part.get_by_test_id("setup-form")
        await form.locator("[data-field=name] input").fill("每日 calls")
        email = form.locator("[data-field='recipients[0].email'] input")
        await email.fill("nobody")
        await form.get_by_test_id("setup-save").click()
        await expect(email).to_have_attribute("aria-invalid", "true")
        await email.fill("boss@example.com")
        await form.get_by_test_id("setup-save").click()
        await expect(form.get_by_test_id("setup-saved")).to_be_visible()
        await expect(form.get_by_test_id("report-runs")).to_be_visible()
        await form.get_by_test_id("report-send").click()
        await expect(form.get_by_test_id("report-refused")).to_be_visible()  # no mail server
        assert await axe(page) == []
        rows = await open_house.rows("SELECT name, every, version FROM report_schedules")
        assert [tuple(row) for row in rows] == [("每日 calls", "day", 1)]
        before = await page.locator("h1").inner_text()
        await page.get_by_test_id("language-switch").click()
        await expect(page.locator("h1")).not_to_have_text(before)
        assert await axe(page) == []
        await page.route("**/api/v1/report-schedules?*", lambda route: route.abort())
        await page.reload()
        await expect(part.get_by_role("alert").first).to_be_visible()
        assert await axe(page) == []
