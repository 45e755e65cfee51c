"""Administration on the page: people, roles, words of the house, and how one signs in."""

from __future__ import annotations

import re

import pyotp
from playwright.async_api import Browser, expect

from tests.e2e.browser import Desk
from tests.e2e.office import Office
from tests.e2e.pages import looks_well


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


async def test_agents_are_not_led_to_administration(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "support") as desk:
        for path in ("/admin/users", "/customers/import"):
            page = await desk.tab(path)
            await expect(page).not_to_have_url(re.compile(path))


async def test_agents_get_their_names_sign_ins_and_phones(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "admin", expected=("409",)) as desk:
        page = await desk.tab("/admin/agents?one=%2B")
        form = page.get_by_test_id("setup-form")
        await form.locator("[data-field=name] input").fill("李娜")
        await form.locator("[data-field=user] select").select_option(label="Support")
        phone = form.locator("[data-field='interfaces[0].interface'] input")
        await phone.fill("PJSIP/1001")
        await form.locator("[data-field=interfaces] .fm-add").click()
        second = form.locator("[data-field='interfaces[1].interface'] input")
        await second.fill("PJSIP/1002")
        await page.get_by_test_id("setup-save").click()
        await page.get_by_test_id("setup-saved").wait_for()
        await looks_well(page)
        row = page.get_by_test_id("setup-row").filter(has_text="李娜")
        await expect(row).to_contain_text("PJSIP/1001, PJSIP/1002")
        await form.locator("[data-field=active] input").uncheck()
        await page.get_by_test_id("setup-save").click()
        await expect(row).to_contain_text("已停用")
    rows = await office.rows(
        "SELECT a.name, a.user_id, a.active, p.pbx, p.interface FROM agents a"
        " JOIN agent_interfaces p ON p.agent_id = a.id ORDER BY p.interface"
    )
    assert [tuple(one) for one in rows] == [
        ("李娜", office.users["support"], 0, "pbx", phone) for phone in ("PJSIP/1001", "PJSIP/1002")
    ]
