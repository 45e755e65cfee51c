"""Takes the pictures of the agent's desk from the running demo."""

from __future__ import annotations

from playwright.async_api import Browser, Page

from tests.e2e.browser import chromium
from tests.e2e.pictures import both_languages
from tests.e2e.test_demo import Shown, demo

PATIENCE = 240_000  # milliseconds until the robots have made something worth a picture
# A known customer with a history rings, while the last call's customer is in front with a
# recording to hear.
WORTH_IT = """() => document.querySelectorAll('[data-testid=call]').length >= 2
  && document.querySelectorAll('[data-testid=pop] li').length >= 2
  && document.querySelector('[data-testid=pop-match][data-match=known]')
  && document.querySelectorAll('[data-testid=timeline] [data-testid=player]').length == 1
  && document.querySelectorAll('[data-testid=timeline-item]').length >= 2"""


async def _signed_in(browser: Browser, shown: Shown, user: str) -> Page:
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    page = await context.new_page()
    await page.goto(shown.address)
    await page.locator("#username").fill(user)
    await page.locator("#password").fill(shown.passwords[user])
    await page.get_by_test_id("sign-in-submit").click()
    await page.get_by_test_id("user-menu").wait_for()
    return page


async def main() -> None:
    async with demo("--calls-per-minute", "9") as shown, chromium() as browser:
        agent = await _signed_in(browser, shown, "agent")
        await agent.wait_for_function(WORTH_IT, timeout=PATIENCE)
        await both_languages(agent, "agent")
