"""Looks at every view of the built console, in both languages and themes: pictures, axe, page errors.

    python web/console/mock/look.py FOLDER [--axe]

Against the pretended service of mock/server.mjs, which it starts and stops.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
AXE = HERE.parent / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-sync"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]


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


def agent_day(look: Look) -> None:
    page = look.page
    look.do("clear")
    look.sign_in("agent")
    look.shot("work-empty")
    for kind in ("known", "several", "withheld"):
        look.do(f"ring/{kind}")
    look.shot("work-ringing", 600)
    look.do("answer")
    page.get_by_test_id("timeline-item").first.wait_for()
    page.get_by_test_id("note").fill("客户来电催办发票，已加急。")
    look.shot("work-talking", 900)
    look.do("end")
    page.get_by_test_id("note-save").click()
    page.get_by_test_id("note-saved").wait_for()
    page.get_by_test_id("open-ticket").click()
    page.get_by_test_id("player-play").first.click()
    look.shot("work-ended", 1500)
    look.do("answer")
    look.shot("work-several", 600)
    page.get_by_test_id("candidate-pick").nth(1).click()
    page.get_by_test_id("customer-name").wait_for()
    look.shot("work-picked", 900)
    look.do("answer")
    look.shot("work-withheld", 600)
    for kind in ("unknown", "maybe", "looking"):
        look.do(f"ring/{kind}")
    look.do("answer")
    look.shot("work-unknown", 600)
    look.do("answer")
    look.shot("work-maybe", 600)
    look.do("pbx/down")
    look.shot("work-pbx-down", 600)
    look.do("pbx/up")
    look.do("cut")
    look.shot("work-stale", 3500)
    look.do("heal")
    page.get_by_test_id("link-stale").wait_for(state="detached", timeout=20_000)


def telephone(look: Look) -> None:
    """A day at a desk telephone, then a browser's that gets no access."""
    page = look.page
    look.do("clear")
    page.goto(look.base)
    page.get_by_test_id("agent-sign-in").click()
    page.get_by_test_id("phone-choice").first.wait_for()
    page.get_by_test_id("try-microphone").click()
    look.shot("phone-sign-in", 900)
    page.locator("[data-kind=desk]").check()
    page.get_by_test_id("agent-sign-in-submit").click()
    page.get_by_test_id("go-ready").wait_for()
    look.shot("phone-not-ready", 600)
    page.get_by_test_id("go-ready").click()
    look.shot("phone-asked", 60)
    page.locator("[data-testid=agent-state][data-state=ready]").wait_for()
    page.get_by_test_id("agent-state").click()
    look.shot("phone-reasons", 500)
    page.keyboard.press("Escape")
    look.do("state/offered")
    look.do("ring/known")
    look.shot("phone-offered", 600)
    look.do("answer")
    look.do("state/busy")
    page.get_by_test_id("call-hold").wait_for()
    look.shot("phone-talking", 700)
    page.get_by_test_id("call-hold").click()
    page.locator("[data-testid=current-call][data-state=held]").wait_for()
    look.shot("phone-held", 300)
    page.get_by_test_id("call-transfer").click()
    page.get_by_test_id("transfer-target").nth(2).click()
    look.shot("phone-transfer", 600)
    page.get_by_test_id("transfer-attended").click()
    page.get_by_test_id("consulting").wait_for()
    look.shot("phone-consulting", 500)
    page.get_by_test_id("transfer-cancel").click()
    page.get_by_test_id("call-transfer").wait_for()
    page.get_by_test_id("call-hangup").click()
    look.do("state/wrap_up")
    page.get_by_test_id("wrap-up").wait_for()
    page.locator("[data-testid=why] summary").click()
    page.get_by_test_id("decision").first.wait_for()
    look.shot("phone-wrap-up", 700)
    page.get_by_test_id("disposition-choice").nth(1).click()
    page.get_by_test_id("follow-up-open").click()
    look.shot("phone-follow-up", 600)
    page.get_by_test_id("wrap-extend").click()
    page.get_by_test_id("wrap-finish").click()
    page.locator("[data-testid=agent-state][data-state=ready]").wait_for()
    page.get_by_test_id("dial").first.click()
    page.locator("[data-testid=current-call][data-state=dialling]").wait_for()
    look.shot("phone-dialling", 500)
    look.do("end")
    look.do("phone/UNAVAILABLE")
    look.shot("phone-desk-away", 500)
    page.get_by_test_id("agent-state").click()
    page.get_by_test_id("agent-sign-out").click()
    page.get_by_test_id("agent-sign-in").click()
    page.locator("[data-kind=browser]").check()
    page.get_by_test_id("agent-sign-in-submit").click()
    page.get_by_test_id("phone-banner").wait_for()
    page.locator("[data-testid=line] button").first.click()
    look.shot("phone-no-access", 600)
    page.keyboard.press("Escape")


def lists(look: Look) -> None:
    page = look.page
    page.get_by_test_id("nav-customers").click()
    page.get_by_test_id("list-row").first.wait_for()
    look.shot("customers")
    page.get_by_test_id("customer-search").fill("没有这个人")
    look.shot("customers-none", 700)
    page.get_by_test_id("new-customer").click()
    look.shot("customers-new", 600)
    page.keyboard.press("Escape")
    page.goto(f"{look.base}/customers/1")
    page.get_by_test_id("timeline-item").first.wait_for()
    look.shot("customer", 700)
    page.goto(f"{look.base}/customers/137")
    look.shot("customer-empty", 700)
    look.do("broken/yes")
    page.goto(f"{look.base}/customers/2")
    look.shot("customer-error", 700)
    look.do("broken/no")
    look.do("slow/4000")
    page.goto(f"{look.base}/customers/2", wait_until="commit")
    look.shot("customer-loading", 4600)
    look.do("slow/0")
    page.wait_for_timeout(4200)


def missed(look: Look) -> None:
    """Missed calls and callbacks, worked off; somebody faster; nothing; an error."""
    page = look.page
    look.do("clear")
    page.goto(f"{look.base}/missed")
    page.get_by_test_id("missed-item").first.wait_for()
    look.shot("missed")
    page.get_by_test_id("missed-claim").first.click()
    page.get_by_test_id("missed-release").first.wait_for()
    page.locator("[data-testid=missed-item][data-id='5'] [data-testid=missed-claim]").click()
    page.get_by_test_id("missed-problem").wait_for()
    look.shot("missed-claimed", 500)
    page.get_by_test_id("missed-finish").first.locator("button").first.click()
    look.shot("missed-finish", 400)
    page.get_by_test_id("missed-reason-not_needed").click()
    page.get_by_test_id("missed-state-done").check(force=True)
    page.locator("[data-testid=missed-item][data-state=done]").first.wait_for()
    look.shot("missed-done", 400)
    page.get_by_test_id("missed-tab-callbacks").click()
    page.get_by_test_id("missed-state-open").check(force=True)
    page.get_by_test_id("callback-item").first.wait_for()
    page.locator("details.attempts summary").first.click()
    look.shot("callbacks", 400)
    look.do("owe/offer")
    page.get_by_test_id("callback-offer").wait_for()
    look.shot("callback-offer", 500)
    page.get_by_test_id("callback-offer-decline").click()
    page.get_by_test_id("callback-offer").wait_for(state="detached")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_test_id("missed-tab-calls").click()
    look.shot("missed-phone", 600)
    page.set_viewport_size({"width": 1280, "height": 720})
    look.do("owe/nothing")
    look.shot("missed-empty", 600)
    look.do("broken/yes")
    page.goto(f"{look.base}/missed")
    look.shot("missed-error", 700)
    look.do("broken/no")
    look.do("owe/something")


def board(look: Look) -> None:
    page = look.page
    page.goto(f"{look.base}/board")
    page.get_by_test_id("queue-row").first.wait_for()
    page.locator(".fold").first.click()
    look.shot("board")
    page.get_by_test_id("theme-switch").click()
    look.shot("board-theme", 500)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    look.shot("board-phone", 500)
    page.goto(f"{look.base}/customers")
    look.shot("customers-phone", 700)
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.goto(f"{look.base}/board")
    page.get_by_test_id("queue-row").first.wait_for()
    page.get_by_test_id("board-wall").click()
    look.shot("board-wall", 700)
    page.evaluate("document.exitFullscreen()")
    page.set_viewport_size({"width": 1280, "height": 720})
    look.do("emptyboard")
    look.shot("board-empty", 500)


def routing(look: Look) -> None:
    """An administrator's pages: lists, forms, refusals and warnings at their fields."""
    page = look.page
    look.sign_out()
    look.sign_in("admin")
    look.do("slow/1500")
    page.goto(f"{look.base}/routing", wait_until="commit")
    page.locator("#main .lines").wait_for()
    look.shot("routing-loading", 60)
    look.do("slow/0")
    page.get_by_test_id("setup-row").first.click()
    page.get_by_test_id("setup-form").wait_for()
    page.wait_for_timeout(1600)
    look.shot("routing-queue", 400)
    form = page.get_by_test_id("setup-form")
    exit_key = page.locator("[data-field=exit_key] select")
    exit_key.select_option("2")
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("field-note").first.wait_for()
    look.shot("routing-queue-refused", 400)
    exit_key.select_option("0")
    page.locator("[data-field='preferred[0].level'] input").fill("61")
    page.locator("[data-field='required[0].level'] input").fill("70")
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("setup-saved").wait_for()
    page.locator("[data-field=required]").scroll_into_view_if_needed()
    look.shot("routing-queue-warned", 400)
    page.get_by_test_id("setup-new").click()
    form.locator("[data-field=name] input").fill("vip")
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("field-note").first.wait_for()
    look.shot("routing-queue-new", 400)
    page.get_by_test_id("setup-numbers").click()
    page.get_by_test_id("setup-row").first.click()
    page.get_by_test_id("rule").first.wait_for()
    look.shot("routing-number", 400)
    page.get_by_test_id("rule").nth(4).scroll_into_view_if_needed()
    look.shot("routing-number-rules", 400)
    page.get_by_test_id("rule-kind").select_option("ticket_owner")
    page.get_by_test_id("rule-add").click()
    page.get_by_test_id("setup-save").click()
    page.get_by_test_id("field-note").first.wait_for()
    page.get_by_test_id("rule").last.scroll_into_view_if_needed()
    look.shot("routing-number-refused", 400)
    page.get_by_test_id("setup-row").nth(1).click()
    look.shot("routing-number-direct", 400)
    for part in ("agents", "skills", "calendars", "menus", "words"):
        page.get_by_test_id(f"setup-{part}").click()
        page.get_by_test_id("setup-row").first.click()
        page.get_by_test_id("setup-form").wait_for()
        look.shot(f"routing-{part}", 500)
    page.get_by_test_id("nav-board").click()
    look.shot("routing-leave", 600)
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_test_id("setup-queues").click()
    page.get_by_test_id("setup-row").first.click()
    look.shot("routing-phone", 500)
    page.set_viewport_size({"width": 1280, "height": 720})
    look.do("broken/yes")
    page.goto(f"{look.base}/routing/menus")
    look.shot("routing-error", 700)
    look.do("broken/no")
    look.do("emptysetup")
    page.goto(f"{look.base}/routing/queues")
    look.shot("routing-empty", 700)
    look.do("fullsetup")


def administration(look: Look) -> None:
    """Customers as whoever looks after them sees them, people and rights, the house's own words."""
    page = look.page
    look.do("clear")
    look.sign_in("admin")
    page.goto(f"{look.base}/customers/1")
    page.get_by_test_id("merge").click()
    page.get_by_test_id("merge-form").wait_for()
    look.shot("crm-merge", 700)
    page.get_by_test_id("dialog-close").click()
    page.get_by_test_id("task-new").click()
    look.shot("crm-customer", 700)
    page.get_by_test_id("edit-customer").click()
    look.shot("crm-edit", 700)
    for view in ("customers/new", "customers/duplicates", "customers/import", "account"):
        page.goto(f"{look.base}/{view}")
        look.shot(f"crm-{view.replace('/', '-')}", 900)
    page.keyboard.press("Control+k")
    page.get_by_test_id("palette-entry").fill("王")
    look.shot("crm-palette", 700)
    for part in ("users", "roles", "teams", "fields", "dictionary", "pool", "audit"):
        page.goto(f"{look.base}/admin/{part}")
        page.locator("h1").wait_for()
        page.wait_for_timeout(500)
        if page.get_by_test_id("setup-row").count():
            page.get_by_test_id("setup-row").first.click()
        look.shot(f"admin-{part}", 600)


def what_if(look: Look) -> None:
    page = look.page
    look.sign_out()
    look.sign_in("supervisor")
    page.goto(f"{look.base}/what-if")
    page.get_by_test_id("whatif-hour").first.wait_for()
    look.shot("whatif")
    page.get_by_test_id("whatif-add-queue").first.select_option("sales")
    look.do("simulated/stuck")
    page.get_by_test_id("whatif-run").click()
    look.shot("whatif-running", 600)
    look.do("simulated/as-usual")
    page.get_by_test_id("whatif-chart").wait_for()
    look.shot("whatif-result", 500)
    page.set_viewport_size({"width": 390, "height": 844})
    look.shot("whatif-phone", 500)
    page.set_viewport_size({"width": 1280, "height": 720})
    look.do("simulated/empty")
    page.goto(f"{look.base}/what-if")
    before = list(look.findings)
    look.shot("whatif-empty", 600)
    # That there is nothing is a 404, which the browser notes.
    look.findings = before + [one for one in look.findings[len(before) :] if "404" not in one]
    look.do("simulated/as-usual")


PARTS: tuple[Callable[[Look], None], ...] = (
    *(agent_day, telephone, lists, missed, board, routing, administration, what_if),
)


def one_pass(
    browser: Browser,
    base: str,
    folder: Path,
    axe: bool,
    language: str,
    theme: str,
    parts: str | None,
) -> list[str]:
    context = browser.new_context(
        viewport={"width": 1280, "height": 720},
        locale="zh-CN" if language == "zh" else "en-GB",
        timezone_id="Asia/Shanghai",
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    look = Look(page, base, folder, f"{language}-{theme}", axe)
    context.request.patch(f"{base}/api/v1/me", data={"language": language, "theme": theme})
    for part in PARTS:
        if parts in {None, part.__name__}:
            part(look)
    look.sign_out()
    context.close()
    return [f"{look.name}: {finding}" for finding in look.findings]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--axe", action="store_true")
    parser.add_argument("--only", help="one pass, e.g. zh-light")
    parser.add_argument("--part", help="one part, e.g. routing")
    parser.add_argument("--port", type=int, default=8099)
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    server = subprocess.Popen(["node", str(HERE / "server.mjs"), str(wanted.port)])
    findings: list[str] = []
    try:
        time.sleep(1)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for name in ("zh-light", "en-light", "zh-dark", "en-dark"):
                if wanted.only in {None, name}:
                    base = f"http://127.0.0.1:{wanted.port}"
                    language, theme = name.split("-")
                    findings += one_pass(
                        browser, base, wanted.folder, wanted.axe, language, theme, wanted.part
                    )
            browser.close()
    finally:
        server.terminate()
        server.wait()
    print("\n".join(findings) or "nothing found")  # noqa: T201  (a tool for the terminal)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
