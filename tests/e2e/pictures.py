"""One picture of a page in each language, for the documents."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.async_api import Page

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "img"
LARGEST = 300_000  # bytes of one picture
# Colours; what moves for ever is not waited for.
_SETTLED = """() => Promise.race([
  Promise.allSettled(document.getAnimations().map((a) => a.finished)),
  new Promise((done) => setTimeout(done, 1000)),
])"""


async def both_languages(page: Page, name: str, during_dialog: bool = False) -> None:
    """English and Chinese, and English again; the switch changes nothing but the words."""
    for language, ending in (("en", ""), ("zh", ".zh")):
        await _speak(page, language, during_dialog)
        await page.mouse.move(640, 700)
        await page.evaluate(_SETTLED)
        path = IMAGES / f"{name}{ending}.png"
        size = len(await page.screenshot(path=str(path)))
        if size > LARGEST:
            raise RuntimeError(f"{path} has {size} bytes, more than {LARGEST}")
        sys.stdout.write(f"{path}: {size} bytes\n")
    await _speak(page, "en", during_dialog)


async def _speak(page: Page, language: str, during_dialog: bool) -> None:
    """A dialog lies over everything else, which hands do not reach then."""
    if (await page.evaluate("document.documentElement.lang")).startswith(language):
        return
    switch = page.get_by_test_id("language-switch")
    if during_dialog:
        await switch.dispatch_event("click")
    else:
        await switch.click()
    await page.wait_for_function("(l) => document.documentElement.lang.startsWith(l)", arg=language)
    await page.wait_for_load_state("networkidle")  # the choice is kept by the service
