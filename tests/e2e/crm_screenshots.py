"""Takes the pictures of customers, tickets and administration, of the demo's company."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from playwright.async_api import Browser, Page

from tests.e2e.browser import Desk, chromium
from tests.e2e.pictures import both_languages
from tests.e2e.test_demo import Shown, demo

# The richest of each: whoever looks at the picture sees what there is to see.
_CUSTOMER = """SELECT c.id FROM customers c JOIN tickets t ON t.customer_id = c.id
  WHERE c.kind = 'company' GROUP BY c.id
  ORDER BY count(DISTINCT t.id) DESC,
    (SELECT count(*) FROM activities a WHERE a.customer_id = c.id) DESC LIMIT 1"""
_TICKET = """SELECT t.id FROM tickets t JOIN ticket_messages m ON m.ticket_id = t.id
  WHERE t.status = 'in_progress' GROUP BY t.id ORDER BY count(*) DESC, t.id LIMIT 1"""


def _one(shown: Shown, sql: str) -> int:
    with closing(sqlite3.connect(f"file:{shown.folder}/callcenter.db?mode=ro", uri=True)) as db:
        return int(db.execute(sql).fetchone()[0])


async def _shot(page: Page, address: str, sign: str, name: str) -> None:
    await page.goto(address)
    await page.get_by_test_id(sign).first.wait_for()
    await page.wait_for_load_state("networkidle")
    await both_languages(page, name)


async def _work(browser: Browser, shown: Shown) -> None:
    customer, ticket = _one(shown, _CUSTOMER), _one(shown, _TICKET)
    async with Desk(browser, shown, "agent", locale="en-GB") as desk:
        for path, sign, name in (
            (f"/customers/{customer}", "timeline-item", "customer"),
            ("/customers?sort=-updated", "list-row", "customers"),
            (f"/tickets/{ticket}", "message", "ticket"),
            ("/tickets", "list-row", "tickets"),
        ):
            await _shot(desk.page, f"{shown.address}{path}", sign, name)


async def _administration(browser: Browser, shown: Shown) -> None:
    async with Desk(browser, shown, "admin", locale="en-GB") as desk:
        for path, name in (
            ("/admin/users?one=1", "users"),
            ("/admin/roles?one=agent", "roles"),
            ("/admin/fields?one=1", "fields"),
            ("/ticket-settings/sla?one=1", "sla"),
        ):
            await _shot(desk.page, f"{shown.address}{path}", "setup-form", name)


async def main() -> None:
    async with demo("--traces", "--calls-per-minute", "1") as shown, chromium() as browser:
        await _work(browser, shown)
        await _administration(browser, shown)
