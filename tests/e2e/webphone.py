"""An agent's telephone in a browser: signed in, ready, and what its page saw and heard."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from playwright.async_api import Locator, Page, expect

from callcenter.config_sections import PhonesConfig
from callcenter.pbx.asterisk import Asterisk
from tests.e2e.browser import Desk
from tests.e2e.center import asked_house
from tests.e2e.house import House

WEBPHONES = ("1001", "1002")  # of agent and colleague
# What a page does not show: its sound's ways, when the telephone was told to ring and the pop came.
WATCH = """
  window.ways = []; window.rang = null; window.popped = null;
  const Way = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Way {
    constructor(...given) { super(...given); window.ways.push(this); }
  };
  const Link = window.WebSocket;
  window.WebSocket = class extends Link {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({data}) => {
        const invited = typeof data === "string" && data.startsWith("INVITE ");
        if (invited) window.rang ??= performance.now();
      });
    }
  };
  new MutationObserver(() => {
    if (document.querySelector("[data-testid=pop-name]")) window.popped ??= performance.now();
  }).observe(document, {childList: true, subtree: true});
"""
RECEIVED = """async () => {
  let sum = 0;
  for (const way of window.ways.filter((one) => one.connectionState === "connected"))
    for (const row of (await way.getStats()).values())
      if (row.type === "inbound-rtp") sum += row.packetsReceived;
  return sum;
}"""


async def webphone_house(
    pbx: Asterisk, folder: Path, url: str, browsers: tuple[str, ...] = WEBPHONES
) -> House:
    """Furnished, with these telephones in browsers."""
    house = await asked_house(pbx, folder, url)
    phones = PhonesConfig(
        websocket_url=f"ws://127.0.0.1:{pbx.http_port}/ws",
        browser=[f"PJSIP/{number}" for number in browsers],
        secrets_file=str(pbx.etc / "secrets.json"),
    )
    house.config = msgspec.structs.replace(house.config, phones=phones)
    return house


async def sign_in(page: Page) -> None:
    """With the browser as the telephone; not ready at first."""
    await page.get_by_test_id("agent-sign-in").click()
    await page.locator("[data-testid=phone-choice][data-kind=browser]").check()
    await page.get_by_test_id("agent-sign-in-submit").click()
    await expect(page.get_by_test_id("line")).to_have_attribute("data-state", "registered")


async def take_calls(page: Page) -> None:
    """Sign in with the browser as the telephone, and be ready."""
    await sign_in(page)
    await page.get_by_test_id("go-ready").click()
    await in_state(page, "ready")


async def in_state(page: Page, state: str) -> None:
    await expect(page.get_by_test_id("agent-state")).to_have_attribute("data-state", state)


def call_of(page: Page) -> Locator:
    return page.get_by_test_id("current-call")


async def in_call(page: Page, state: str) -> None:
    await expect(call_of(page)).to_have_attribute("data-state", state)


async def hears(page: Page, within: float = 8.0) -> bool:
    """Whether packets come in, looked at until some do."""
    before = await page.evaluate(RECEIVED)
    for _ in range(round(within * 4)):
        await asyncio.sleep(0.25)
        if await page.evaluate(RECEIVED) > before + 10:
            return True
    return False


async def transfer(desk: Desk, where: str, target: str, how: str) -> None:
    page = desk.page
    await page.get_by_test_id("call-transfer").click()
    await page.get_by_test_id(f"transfer-{where}").check(force=True)
    if where == "number":
        await page.get_by_test_id("transfer-to-number").fill(target)
    else:
        await page.locator(f"[data-testid=transfer-target][data-name='{target}']").click()
    await page.get_by_test_id(f"transfer-{how}").click()
