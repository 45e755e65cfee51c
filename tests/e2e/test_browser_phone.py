"""Agents whose telephone is their browser, on a real PBX and our own distribution."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import Call, trunk
from tests.e2e.browser import Desk, axe
from tests.e2e.caller import both_hear, outside_answers
from tests.e2e.center import agi_port, center, until
from tests.e2e.house import CUSTOMER, CUSTOMER_NAME, House
from tests.e2e.webphone import (
    WATCH,
    WEBPHONES,
    call_of,
    hears,
    in_call,
    in_state,
    sign_in,
    take_calls,
    transfer,
    webphone_house,
)
from tests.pbx.harness import AmiRecorder, asterisk

SUPPORT = "8000"  # straight to the queue
ELSEWHERE = "+8613900139000"  # somebody outside who knows more
LOUD, SILENT = 300.0, 10.0
pytestmark = pytest.mark.usefixtures("console")


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    """A PBX that asks us, and whose telephones are browsers."""
    agi = f"agi://127.0.0.1:{agi_port()}"
    async with asterisk(folder, agi_url=agi, phones=("1009",), webphones=WEBPHONES) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    return await webphone_house(pbx, folder, sqlite_url)


def desk_of(browser: Browser, house: House, user: str, *expected: str) -> Desk:
    return Desk(browser, house, user, script=WATCH, expected=expected)


async def talks(desk: Desk, customer: Call) -> None:
    """Answered in the browser, and each hears the other."""
    await desk.page.get_by_test_id("call-answer").click()
    await in_call(desk.page, "talking")
    assert await hears(desk.page)
    await until(lambda: customer.heard > LOUD)


def quiet(customer: Call) -> Callable[[], bool]:
    return lambda: customer.heard < SILENT


async def test_the_pop_comes_before_the_ring_and_both_hear_each_other(
    house: House, browser: Browser
) -> None:
    async with (
        center(house, wrap_up_seconds=30.0),
        desk_of(browser, house, "agent") as desk,
        trunk(house.pbx) as outside,
        AmiRecorder(house.pbx) as ami,
    ):
        page = desk.page
        await take_calls(page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await expect(page.get_by_test_id("pop-name")).to_have_text(CUSTOMER_NAME)
        await page.get_by_test_id("call-answer").wait_for()
        assert await page.evaluate("window.popped < window.rang")
        assert await axe(page) == []
        await talks(desk, customer)
        await in_state(page, "busy")

        await page.get_by_test_id("call-hold").click()
        await in_call(page, "held")
        await page.get_by_test_id("call-hold").click()
        await in_call(page, "talking")
        await until(lambda: customer.heard > LOUD)
        await page.get_by_test_id("call-mute").click()
        await until(quiet(customer))
        await page.get_by_test_id("call-mute").click()
        await until(lambda: customer.heard > LOUD)
        await page.get_by_test_id("call-keypad").locator("button").first.click()
        await page.get_by_test_id("key-5").click()
        await ami.saw(b"Event: DTMFEnd")
        await page.keyboard.press("Escape")
        assert await axe(page) == []

        await page.get_by_test_id("call-hangup").click()
        await customer.ended()
        await in_state(page, "wrap_up")
        await page.get_by_test_id("wrap-extend").click()
        await expect(page.get_by_test_id("agent-asked")).to_have_text("")
        await page.locator("[data-testid=why] summary").click()
        await page.get_by_test_id("decision").first.wait_for()
        assert await axe(page) == []
        await page.get_by_test_id("wrap-finish").click()
        await in_state(page, "ready")


async def test_a_call_is_handed_on_at_once(house: House, browser: Browser) -> None:
    async with (
        center(house, wrap_up_seconds=30.0),
        desk_of(browser, house, "agent") as first,
        desk_of(browser, house, "colleague") as second,
        trunk(house.pbx) as outside,
    ):
        await take_calls(first.page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await talks(first, customer)
        await take_calls(second.page)
        await transfer(first, "agent", "Colleague", "blind")
        await expect(second.page.get_by_test_id("pop-name")).to_have_text(CUSTOMER_NAME)
        await in_state(first.page, "wrap_up")
        await talks(second, customer)
        await second.page.get_by_test_id("call-hangup").click()
        await customer.ended()


async def test_a_call_is_handed_on_to_a_queue_and_from_there_to_a_number(
    house: House, browser: Browser
) -> None:
    async with (
        center(house, wrap_up_seconds=30.0),
        desk_of(browser, house, "agent") as first,
        desk_of(browser, house, "colleague") as second,
        trunk(house.pbx) as outside,
    ):
        await outside_answers(house.pbx)
        await take_calls(first.page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await talks(first, customer)
        await transfer(first, "queue", "support", "blind")
        await in_state(first.page, "wrap_up")
        assert not customer.is_over
        await sign_in(second.page)
        await second.page.get_by_test_id("go-ready").click()
        await expect(second.page.get_by_test_id("pop-name")).to_have_text(CUSTOMER_NAME)
        await talks(second, customer)
        await transfer(second, "number", ELSEWHERE, "blind")
        expert = await outside.next_call()
        await expert.answer()
        await in_state(second.page, "wrap_up")
        await both_hear(customer, expert)
        await customer.hang_up()


async def test_a_colleague_is_asked_first(house: House, browser: Browser) -> None:
    async with (
        center(house, wrap_up_seconds=30.0),
        desk_of(browser, house, "agent") as first,
        desk_of(browser, house, "colleague") as second,
        trunk(house.pbx) as outside,
    ):
        await take_calls(first.page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await talks(first, customer)
        await take_calls(second.page)
        await transfer(first, "agent", "Colleague", "attended")
        await first.page.get_by_test_id("consulting").wait_for()
        await second.page.get_by_test_id("call-answer").click()
        assert await hears(second.page)
        assert await hears(first.page)
        await first.page.get_by_test_id("transfer-complete").click()
        await in_state(first.page, "wrap_up")
        await expect(call_of(second.page)).to_contain_text(CUSTOMER_NAME)
        await until(lambda: customer.heard > LOUD)
        await second.page.get_by_test_id("call-hangup").click()
        await customer.ended()


async def test_a_number_is_called_with_a_click(house: House, browser: Browser) -> None:
    async with (
        center(house),
        desk_of(browser, house, "agent") as desk,
        trunk(house.pbx) as outside,
    ):
        await outside_answers(house.pbx)
        page = desk.page
        await take_calls(page)
        await page.goto(f"{house.address}/customers")
        await page.locator(f"[data-testid=dial][data-number='{CUSTOMER}']").click()
        customer = await outside.next_call()
        await customer.answer()
        await in_call(page, "talking")
        assert await hears(page)
        await until(lambda: customer.heard > LOUD)
        await page.get_by_test_id("call-hangup").click()
        await customer.ended()


async def test_a_network_that_is_away_for_a_moment_ends_no_call(
    house: House, browser: Browser
) -> None:
    async with (
        center(house),
        desk_of(browser, house, "agent", "ERR_INTERNET_DISCONNECTED", "WebSocket") as desk,
        trunk(house.pbx) as outside,
    ):
        page = desk.page
        await take_calls(page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await talks(desk, customer)
        await page.context.set_offline(True)
        await page.evaluate("window.dispatchEvent(new Event('online'))")  # the links are tried anew
        await expect(page.get_by_test_id("line")).to_have_attribute("data-state", "lost")
        await expect(page.get_by_test_id("phone-banner")).to_be_visible()
        await page.context.set_offline(False)
        await expect(page.get_by_test_id("line")).to_have_attribute("data-state", "registered")
        assert not customer.is_over
        assert await hears(page)
        await page.get_by_test_id("call-hold").click()
        await in_call(page, "held")
        await page.get_by_test_id("call-hangup").click()
        await customer.ended()


async def test_two_tabs_have_one_telephone(house: House, browser: Browser) -> None:
    async with (
        center(house),
        desk_of(browser, house, "agent") as desk,
        trunk(house.pbx) as outside,
    ):
        await take_calls(desk.page)
        other = await desk.tab()
        await expect(other.get_by_test_id("line")).to_have_attribute("data-state", "registered")
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await other.get_by_test_id("call-answer").click()  # it rings there, and is answered here
        await in_call(other, "talking")
        assert await hears(desk.page)
        assert not await hears(other, within=1.0)
        await desk.page.close()  # its call goes with it, the telephone passes to the other tab
        await customer.ended()
        await expect(other.get_by_test_id("line")).to_have_attribute("data-state", "registered")


async def test_the_last_browser_to_come_has_the_telephone(house: House, browser: Browser) -> None:
    async with (
        center(house),
        desk_of(browser, house, "agent") as first,
        trunk(house.pbx) as outside,
    ):
        await take_calls(first.page)
        async with desk_of(browser, house, "agent") as second:
            await expect(second.page.get_by_test_id("line")).to_have_attribute(
                "data-state", "registered"
            )
            banner = first.page.get_by_test_id("phone-banner")
            await expect(banner).to_have_attribute("data-text", "line.taken")
            customer = await outside.call(SUPPORT, caller=CUSTOMER)
            await talks(second, customer)
            await expect(first.page.get_by_test_id("call-answer")).to_have_count(0)
            await second.page.get_by_test_id("call-hangup").click()
            await customer.ended()


async def test_three_talk_together(house: House, browser: Browser) -> None:
    async with (
        center(house),
        desk_of(browser, house, "agent") as desk,
        trunk(house.pbx) as outside,
    ):
        await outside_answers(house.pbx)
        await take_calls(desk.page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await talks(desk, customer)
        await transfer(desk, "number", ELSEWHERE, "attended")
        expert = await outside.next_call()
        await expert.answer()
        assert await hears(desk.page)
        await desk.page.get_by_test_id("conference").click()
        await until(lambda: customer.heard > LOUD and expert.heard > LOUD)
        await in_state(desk.page, "busy")
        await customer.hang_up()
        await expert.hang_up()


async def test_who_was_asked_can_be_left_again(house: House, browser: Browser) -> None:
    async with (
        center(house),
        desk_of(browser, house, "agent") as desk,
        trunk(house.pbx) as outside,
    ):
        await outside_answers(house.pbx)
        page = desk.page
        await take_calls(page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await talks(desk, customer)
        await transfer(desk, "number", ELSEWHERE, "attended")
        expert = await outside.next_call()
        await expert.answer()
        await page.get_by_test_id("transfer-cancel").click()
        await expert.ended()
        await in_call(page, "talking")
        await until(lambda: customer.heard > LOUD)
        await page.get_by_test_id("call-hangup").click()
        await customer.ended()


async def test_a_queue_that_wants_it_is_told_how_the_call_came_out(
    house: House, browser: Browser
) -> None:
    async with (
        center(house, wrap_up_seconds=60.0, disposition_required=True),
        desk_of(browser, house, "agent") as desk,
        trunk(house.pbx) as outside,
    ):
        page = desk.page
        await take_calls(page)
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await talks(desk, customer)
        await page.get_by_test_id("agent-state").click()
        await page.get_by_test_id("pause-reason").first.click()
        await page.get_by_test_id("agent-pending").wait_for()  # the call is not touched
        await customer.hang_up()
        await in_state(page, "wrap_up")
        await expect(page.get_by_test_id("wrap-finish")).to_be_disabled()
        await page.get_by_test_id("disposition-choice").first.click()
        await page.get_by_test_id("wrap-finish").click()
        await in_state(page, "not_ready")
        rows = await house.until_rows("SELECT disposition FROM interaction_dispositions")
        assert len(rows) == 1


async def test_the_telephones_password_is_shown_and_kept_nowhere(
    house: House, browser: Browser
) -> None:
    async with center(house), desk_of(browser, house, "agent") as desk:
        await take_calls(desk.page)
        password = house.pbx.secrets.phones["1001"]
        kept = await desk.page.evaluate(
            "[JSON.stringify(localStorage), JSON.stringify(sessionStorage),"
            " document.documentElement.outerHTML, document.cookie].join()"
        )
        assert password not in kept
