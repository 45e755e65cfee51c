"""What is looked for on every page of the console, and who is there before a page is opened."""

from __future__ import annotations

import time
from typing import Literal

from playwright.async_api import Page, expect

from crm.customers.service import NewCustomer, NewNumber, create_customer
from crm.tickets.service import NewTicket, open_ticket
from crm.tickets.words import Origin, person
from tests.e2e.browser import axe
from tests.e2e.office import Office

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "{{ constructor.constructor('alert(4)')() }}",
    "javascript:alert(5)",
    '=HYPERLINK("http://x","y")',
)
LANGUAGES = ("zh", "en")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


# What moves for ever, as the sign of a call does, is not waited for.
_SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => Number.isFinite(one.effect.getComputedTiming().endTime))
  .map((one) => one.finished))"""


async def looks_well(page: Page, *rules: str) -> None:
    """Nothing serious for axe (by these of its rules, or all), once colours have settled."""
    await page.evaluate(_SETTLED)
    assert await axe(page, *rules) == []


async def looks_well_in_any_light(page: Page) -> None:
    """By all rules in the light; the dark changes only what may be hard to tell apart."""
    await in_scheme(page, "light")
    await looks_well(page)
    await in_scheme(page, "dark")
    await looks_well(page, "color-contrast")


async def looks_well_in_every_way(page: Page) -> None:
    """In each language as in any light, and then in the first one again."""
    for language in LANGUAGES:
        await in_language(page, language)
        await looks_well_in_any_light(page)
    await in_language(page, LANGUAGES[0])


async def in_scheme(page: Page, scheme: Literal["light", "dark"]) -> None:
    """As the system of who sits there is: people begin with that. The page shows it."""
    await page.emulate_media(color_scheme=scheme)
    dark = page.locator("html.dark")
    await expect(dark).to_have_count(1 if scheme == "dark" else 0)


async def in_language(page: Page, language: str) -> None:
    """Switched on the page, where it is not the one already."""
    await page.get_by_test_id("user-menu").wait_for()
    if not (await page.evaluate("document.documentElement.lang")).startswith(language):
        await page.get_by_test_id("language-switch").click()
        await expect(page.locator(f"html[lang^={language}]")).to_have_count(1)


async def nothing_ran(page: Page) -> None:
    """No element came out of text. A dialog would be in the desk's trouble."""
    made = "img[src='x'], svg[onload], #main script, dialog script"
    assert await page.locator(made).count() == 0


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
