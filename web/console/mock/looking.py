"""One pass over the console's views: what a view shows as a picture, and what is wrong with it."""

from __future__ import annotations

import urllib.request
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parent.parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Look:
    """One pass over the views with a language and a theme."""

    def __init__(self, page: Page, base: str, folder: Path, name: str, axe: bool) -> None:
        self.page, self.base, self.folder, self.name, self.axe = page, base, folder, name, axe
        self.findings: list[str] = []
        page.on("pageerror", lambda error: self.findings.append(f"page error: {error}"))
        page.on("console", self._console)

    def _console(self, message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        staged = any(part in text for part in ("401", "409", "422", "503", "WebSocket connection"))
        if kind in {"error", "warning"} and not staged:
            self.findings.append(f"console {kind}: {text}")

    def do(self, action: str) -> None:
        urllib.request.urlopen(f"{self.base}/mock/{action}", data=b"").read()

    def shot(self, view: str, settle: int = 350) -> None:
        self.page.wait_for_timeout(settle)
        self.page.screenshot(path=str(self.folder / f"{self.name}-{view}.png"))
        if self.axe:
            self._check(view)

    def _check(self, view: str) -> None:
        # Through the debugger, which the page's Content-Security-Policy does not govern.
        self.page.evaluate(AXE.read_text())
        result = self.page.evaluate("tags => axe.run({runOnly: tags})", TAGS)
        for violation in result["violations"]:
            for node in violation["nodes"][:3]:
                self.findings.append(f"{view}: {violation['id']}: {node['html'][:160]}")

    def sign_in(self, user: str) -> None:
        self.page.goto(self.base)
        self.page.get_by_test_id("sign-in-form").wait_for()
        self.shot(f"signin-{user}")
        self.page.locator("#username").fill(user)
        self.page.locator("#password").fill("wrong")
        self.page.get_by_test_id("sign-in-submit").click()
        self.page.get_by_test_id("sign-in-error").wait_for()
        self.shot("signin-wrong")
        self.page.locator("#password").fill("right")
        self.page.get_by_test_id("sign-in-submit").click()
        self.page.locator("#main").wait_for()

    def sign_out(self) -> None:
        self.page.request.delete(f"{self.base}/api/v1/session")
