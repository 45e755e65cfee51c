"""Webhooks and pages that open, on the page: made, tested, seen, in both languages; no PBX."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest_asyncio
from playwright.async_api import Browser, expect

from callcenter.config_sections import OutwardConfig
from tests.e2e.browser import Desk
from tests.e2e.office import Office, at_work, office_in
from tests.e2e.pages import LANGUAGES, in_language, looks_well
from tests.outward.receiver import answering, receiver


@pytest_asyncio.fixture(loop_scope="module")
async def office(folder: Path, sqlite_url: str, console: None) -> AsyncIterator[Office]:
    """One that may tell this machine."""
    office = office_in(folder, sqlite_url)
    outward = OutwardConfig(allowed_networks=["127.0.0.0/8"], allow_http=True)
    office.config = msgspec.structs.replace(office.config, outward=outward)
    await office.furnish()
    async with at_work(office):
        yield office


async def test_a_webhook_is_made_tested_and_its_dead_letters_are_sent_again(
    office: Office, browser: Browser
) -> None:
    async with receiver() as server, Desk(browser, office, "admin", expected=("422",)) as desk:
        page = await desk.tab("/admin/webhooks?one=%2B")
        form = page.get_by_test_id("setup-form")
        await form.locator("[data-field=name] input").fill("Archive <b>")
        await form.locator("[data-field=url] input").fill("http://10.0.0.1/in")
        await page.get_by_test_id("hook-all").click()
        await page.get_by_test_id("setup-save").click()
        await expect(form.locator("[data-field=url] [aria-invalid=true]")).to_be_visible()
        await form.locator("[data-field=url] input").fill(f"{server.url}in/0123456789abcdef")
        await page.get_by_test_id("setup-save").click()
        await expect(page.get_by_test_id("hook-secret")).to_contain_text("whsec_")
        await looks_well(page)
        await page.get_by_test_id("dialog-close").click()
        server.behave = answering(500, "out of order")
        await page.get_by_test_id("hook-test").click()
        await expect(page.get_by_test_id("delivery-result")).to_contain_text("HTTP 500")
        assert json.loads(server.got[0].body)["type"] == "webhook.test"
        server.behave = None
        await page.get_by_test_id("delivery-replay").click()
        await server.until(2)
        await page.reload()
        await expect(page.get_by_test_id("hook-test")).to_be_visible()
        assert "0123456789abcdef" not in await page.content()
        for language in LANGUAGES:
            await in_language(page, language)
            await looks_well(page)


async def test_a_page_that_opens_is_described(office: Office, browser: Browser) -> None:
    async with Desk(browser, office, "admin", expected=("422",)) as desk:
        page = await desk.tab("/admin/pages?one=%2B")
        form = page.get_by_test_id("setup-form")
        await form.locator("[data-field=name] input").fill("CRM")
        await form.locator("[data-field=url] input").fill("https://{{caller.name}}/x")
        await page.get_by_test_id("setup-save").click()
        await expect(form.locator("[data-field=url] [aria-invalid=true]")).to_be_visible()
        good = "https://crm.example.com/find?phone={{caller.number}}"
        await form.locator("[data-field=url] input").fill(good)
        await page.get_by_test_id("setup-save").click()
        await page.get_by_test_id("setup-saved").wait_for()
        await looks_well(page)
