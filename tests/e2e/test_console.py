"""What people see and may do on the page, with real calls behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Page, expect

from callcenter.pbx.robots import Call, phone, trunk
from tests.e2e.browser import Desk, axe, is_live
from tests.e2e.house import CUSTOMER, CUSTOMER_NAME, House


@asynccontextmanager
async def ringing(house: House, number: str, name: str) -> AsyncIterator[tuple[Call, Call]]:
    """Somebody calls the queue and the agent's telephone rings: both ends of it."""
    async with phone(house.pbx, "1001") as telephone, trunk(house.pbx) as outside:
        customer = await outside.call("8000", caller=number, name=name)
        yield customer, await telephone.next_call()


async def test_two_tabs_of_one_agent_are_in_step(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "agent") as desk:
        tabs = [desk.page, await desk.tab()]
        for tab in tabs:
            await is_live(tab)
        async with ringing(open_house, CUSTOMER, "") as (customer, call):
            for tab in tabs:
                await expect(tab.get_by_test_id("pop-name")).to_have_text(CUSTOMER_NAME)
            await tabs[0].get_by_test_id("pop").locator(".close").click()
            for tab in tabs:  # closed in one, gone in both; the telephone rings on
                await expect(tab.get_by_test_id("pop")).to_have_count(0)
            assert not call.is_over
            await call.answer()
            for tab in tabs:
                await expect(tab.get_by_test_id("call")).to_have_attribute("data-state", "talking")
            await customer.hang_up()
            for tab in tabs:
                await expect(tab.get_by_test_id("call")).to_have_attribute("data-state", "ended")


HOSTILE = ("<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "王芳<b>芳</b>")


async def test_hostile_names_are_text(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "agent") as desk:  # which notes every dialog
        await is_live(desk.page)
        for n, name in enumerate(HOSTILE):
            async with ringing(open_house, f"+861370013700{n}", name) as (customer, call):
                await expect(desk.page.get_by_test_id("pop-name")).to_contain_text(name)
                await call.answer()
                await expect(desk.page.get_by_test_id("pop")).to_have_count(0)
                await expect(desk.page.get_by_test_id("current-call")).to_contain_text(name)
                await customer.hang_up()
            await expect(desk.page.get_by_test_id("current-call")).to_have_count(0)
        assert await desk.page.locator("img[src='x'], main b").count() == 0


async def test_an_unknown_caller_becomes_a_customer(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "agent") as desk:
        await is_live(desk.page)
        async with ringing(open_house, "+8613700137000", "") as (customer, call):
            await call.answer()
            form = desk.page.get_by_test_id("new-customer-form")
            number = form.locator("[data-field=numbers] input")
            await expect(number).to_have_value(re.compile("13700137000"))
            name = form.locator("[data-field=name] input")
            await name.fill(CUSTOMER_NAME)  # perhaps it is she, with another telephone
            await expect(form.get_by_test_id("maybe")).to_contain_text(CUSTOMER_NAME)
            await name.fill("李雷")
            await form.get_by_test_id("form-save").click()
            await expect(desk.page.get_by_test_id("customer-name")).to_have_text("李雷")
            await customer.hang_up()


async def test_the_board_moves(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "supervisor") as desk:
        page = await desk.tab("/board")
        agent = page.locator("[data-testid=agent-row]", has_text="PJSIP/1001")
        waiting = page.locator("[data-queue=support] [data-field=waiting]")
        await expect(waiting).to_have_text("0")
        async with ringing(open_house, CUSTOMER, "") as (customer, call):
            await expect(agent).to_have_attribute("data-state", "ringing")
            await expect(waiting).to_have_text("1")
            await call.answer()
            await expect(agent).to_have_attribute("data-state", "busy")
            await expect(waiting).to_have_text("0")
            await customer.hang_up()
            await expect(agent).to_have_attribute("data-state", "ready")


async def test_an_agent_sees_nothing_of_administration(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "agent") as desk:
        for path in ("/api/v1/users", "/api/v1/gaps"):
            refused = await desk.get(path)
            assert (refused.status, (await refused.json())["error"]["code"]) == (403, "forbidden")
        await expect(desk.page.get_by_test_id("nav-board")).to_have_count(0)
        board = await desk.tab("/board")  # typed by hand: led back to where this person belongs
        await expect(board).to_have_url(f"{open_house.address}/")
    async with Desk(browser, open_house, "admin") as desk:
        assert (await desk.get("/api/v1/users")).status == 200


async def test_the_language_changes_without_reloading(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "agent") as desk:
        page = desk.page
        await page.evaluate("() => { window.stillHere = true }")
        await expect(page.get_by_test_id("nav-work")).to_have_text("工作台")
        await page.get_by_test_id("language-switch").click()
        await expect(page.get_by_test_id("nav-work")).to_have_text("Work")
        await expect(page.locator("html")).to_have_attribute("lang", re.compile("^en"))
        assert await page.evaluate("() => window.stillHere")
        await expect(page.get_by_test_id("user-menu")).to_be_visible()
        another = await desk.tab()  # and it is remembered
        await expect(another.get_by_test_id("nav-work")).to_have_text("Work")


async def test_axe_finds_nothing_serious(open_house: House, browser: Browser) -> None:
    async with Desk(browser, open_house, "agent") as desk:
        await is_live(desk.page)
        async with ringing(open_house, CUSTOMER, "") as (customer, call):
            await desk.page.get_by_test_id("pop").wait_for()
            assert await _settled_axe(desk.page) == []
            await call.answer()
            await desk.page.get_by_test_id("timeline").wait_for()
            await customer.hang_up()
        await desk.page.get_by_test_id("player").wait_for()
        assert await _settled_axe(desk.page) == []
    async with Desk(browser, open_house, "supervisor") as desk:
        board = await desk.tab("/board")
        await board.get_by_test_id("queue-row").first.wait_for()
        assert await _settled_axe(board) == []
    page = await browser.new_page()
    await page.goto(open_house.address)
    await page.get_by_test_id("sign-in-form").wait_for()
    assert await _settled_axe(page) == []


async def _settled_axe(page: Page) -> list[str]:
    """Colours in the middle of a transition are nobody's design."""
    await page.evaluate("() => Promise.allSettled(document.getAnimations().map((a) => a.finished))")
    return await axe(page)
