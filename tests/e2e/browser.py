"""Chromium as the people at the desks have it, and what is looked for on the page."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from tests.servers import find_binary

AXE = Path(__file__).parents[2] / "web/console/node_modules/axe-core/axe.min.js"
FLAGS = [
    *("--no-sandbox", "--disable-background-networking", "--disable-component-update"),
    *("--disable-quic", "--no-first-run", "--disable-sync"),
    # A microphone that beeps, and nobody to ask for it.
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]
_BEFORE_SIGN_IN = "401"  # the page asks who is signed in before anybody is


@asynccontextmanager
async def chromium(*, telephone: bool = True) -> AsyncIterator[Browser]:
    """The whole browser; without a `telephone` on the page, the same engine and nothing around it,
    which takes half the time."""
    binary = "chromium" if telephone else "chromium-headless-shell"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_binary(binary, binary), args=FLAGS
        )
        try:
            yield browser
        finally:
            await browser.close()


class Place(Protocol):
    """Where the page is, and how people get in."""

    @property
    def address(self) -> str: ...
    @property
    def passwords(self) -> Mapping[str, str]: ...


class Desk:
    """Somebody signed in, with one tab or more. Errors of the page are kept in `trouble`, and fail
    the test at the end, but for those with one of the texts of `expected` in them. `script` runs in
    each page before its own."""

    def __init__(
        self,
        browser: Browser,
        house: Place,
        user: str,
        *,
        locale: str = "zh-CN",
        expected: tuple[str, ...] = (),
        script: str = "",
    ) -> None:
        self.trouble: list[str] = []
        self._expected = (_BEFORE_SIGN_IN, *expected)
        self._browser = browser
        self._house = house
        self._user = user
        self._locale = locale
        self._script = script
        self._context: BrowserContext | None = None
        self.page: Page

    async def __aenter__(self) -> Self:
        self._context = await self._browser.new_context(
            viewport={"width": 1280, "height": 720},
            locale=self._locale,
            timezone_id="Asia/Shanghai",
        )
        await self._context.add_init_script(self._script)
        self.page = await self.tab()
        await self.page.locator("#username").fill(self._user)
        await self.page.locator("#password").fill(self._house.passwords[self._user])
        await self.page.get_by_test_id("sign-in-submit").click()
        await self.page.get_by_test_id("user-menu").wait_for()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._context is not None:
            await self._context.close()
        if kind is None and self.trouble:
            raise AssertionError("the page complained:\n" + "\n".join(self.trouble))

    async def tab(self, path: str = "/") -> Page:
        """Another tab of the same person."""
        assert self._context is not None
        page = await self._context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: self.trouble.append(f"dialog: {dialog.message}"))
        page.on("console", self._note)
        await page.goto(f"{self._house.address}{path}")
        return page

    def _note(self, said: ConsoleMessage) -> None:
        known = any(one in said.text for one in self._expected)
        if said.type in {"error", "warning"} and not known:
            self.trouble.append(f"{said.type}: {said.text} ({said.location['url']})")

    async def get(self, path: str, **headers: str) -> Any:
        """A request with this person's session; the response."""
        assert self._context is not None
        return await self._context.request.get(f"{self._house.address}{path}", headers=headers)


async def is_live(page: Page) -> None:
    """The page has its first snapshot: whatever rings from now on, it hears."""
    await expect(page.get_by_test_id("link-stale")).to_have_count(0)
    await page.locator(".idle .interfaces, [data-testid=current-call]").first.wait_for()


# Only what is asked for is worked out and sent: with all that is well it takes thrice as long.
_FINDINGS = """rules => axe.run(document, {resultTypes: ["violations"], ...rules})
  .then(({violations}) => violations
    .filter(({impact}) => ["serious", "critical"].includes(impact))
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`)))"""


async def axe(page: Page, *rules: str) -> list[str]:
    """What axe-core finds that is serious or worse, on the page as it is now: by all its rules, or
    by these."""
    if not await page.evaluate("'axe' in window"):
        # Through the debugger, which the page's Content-Security-Policy does not govern. The file
        # is there since the console was built.
        await page.evaluate(await asyncio.to_thread(AXE.read_text, "utf-8"))
    found: list[str] = await page.evaluate(_FINDINGS, {"runOnly": rules} if rules else {})
    return found
