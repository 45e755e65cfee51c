"""Looks at every view of the built console, in both languages and themes: pictures, axe, page errors.

    python web/console/mock/look.py FOLDER [--axe]

Against the pretended service of mock/server.mjs, which it starts and stops.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from web.console.mock.look_calls import agent_day, telephone
from web.console.mock.look_lists import board, lists, missed
from web.console.mock.look_settings import administration, routing, what_if
from web.console.mock.looking import Look

HERE = Path(__file__).resolve().parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-sync"),
    *("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"),
]

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
