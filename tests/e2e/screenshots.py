"""Takes the pictures of the README from the running demo: ``python -m tests.e2e.screenshots``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from playwright.async_api import Browser, Locator, Page

from tests.e2e.browser import chromium
from tests.e2e.test_demo import Shown, demo

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "img"
LARGEST = 300_000  # bytes of one picture
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


async def both_languages(page: Page, name: str, during_dialog: bool = False) -> None:
    """English first, and English again; the switch changes nothing but the words."""
    switch = page.get_by_test_id("language-switch")
    for ending in ("", ".zh"):
        if ending:
            await _press(switch, during_dialog)
        await page.mouse.move(640, 700)
        await page.evaluate(
            "() => Promise.allSettled(document.getAnimations().map((a) => a.finished))"
        )
        path = IMAGES / f"{name}{ending}.png"
        size = len(await page.screenshot(path=str(path)))
        if size > LARGEST:
            raise RuntimeError(f"{path} has {size} bytes, more than {LARGEST}")
        sys.stdout.write(f"{path}: {size} bytes\n")
    await _press(switch, during_dialog)


async def _press(switch: Locator, during_dialog: bool) -> None:
    """A dialog lies over everything else, which hands do not reach then."""
    if during_dialog:
        await switch.dispatch_event("click")
    else:
        await switch.click()


async def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    async with demo("--calls-per-minute", "9") as shown, chromium() as browser:
        agent = await _signed_in(browser, shown, "agent")
        await agent.wait_for_function(WORTH_IT, timeout=PATIENCE)
        await both_languages(agent, "agent")
        supervisor = await _signed_in(browser, shown, "supervisor")
        await supervisor.goto(f"{shown.address}/board")
        await supervisor.get_by_test_id("queue-row").first.wait_for()
        await both_languages(supervisor, "board")


if __name__ == "__main__":
    asyncio.run(main())
