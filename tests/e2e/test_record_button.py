"""Recording control in the browser: the agent's button in a real call, and the page on which an
administrator writes the rules; one PBX and one service for all of it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, expect

from callcenter.ami.commands import Commands
from callcenter.pbx.call import Call
from callcenter.pbx.robots import Robot, phone, trunk
from recording.rules import Facts
from tests.e2e.administrator import Administrator, described
from tests.e2e.browser import Desk, is_live
from tests.e2e.center import Center, agi_port, asked_house, until
from tests.e2e.house import CUSTOMER, House
from tests.e2e.pages import LANGUAGES, SCHEMES, in_language, in_scheme, looks_well
from tests.pbx.harness import asterisk

RULES = "**/api/v1/recording-rules"
RULE: dict[str, Any] = {"name": "Card data", "mode": "always", "queues": ["support"]}
SHORT = 5  # seconds, the shortest pause there is
STILL_RECORDING = {"zh": "仍在录音", "en": "Still recording"}


@dataclass(slots=True)
class Scene:
    """A house with one agent, who is signed in at a telephone."""

    here: Center
    administrator: Administrator
    telephone: Robot
    outside: Robot

    @property
    def house(self) -> House:
        return self.here.house

    async def goes_by(self, **rule: Any) -> int:
        """Calls to support are recorded by this rule from now on; its id."""
        answer = await self.administrator.ask("POST", "recording-rules", json=RULE | rule)
        await self._knows(answer["saved"])
        return int(answer["saved"]["id"])

    async def changed(self, id_: int, **rule: Any) -> None:
        path = f"recording-rules/{id_}"
        answer = await self.administrator.ask("PUT", path, json=RULE | rule)
        await self._knows(answer["saved"])

    async def _knows(self, saved: dict[str, Any]) -> None:
        book = self.here.service.distribution.taping.book

        def known() -> bool:
            rule = book.decide(Facts("inbound", "support")).rule
            return (
                rule is not None
                and rule.id == saved["id"]
                and rule.pause_seconds == saved["pause_seconds"]
            )

        await until(known)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(sqlite_template: Path, console: None) -> AsyncIterator[Scene]:
    with tempfile.TemporaryDirectory(prefix="callcenter-e2e-") as place:
        folder = Path(place)
        shutil.copy(sqlite_template, folder / "callcenter.db")
        async with asterisk(folder, agi_url=f"agi://127.0.0.1:{agi_port()}") as pbx:
            house = await asked_house(pbx, folder, f"sqlite:///{folder / 'callcenter.db'}")
            async with (
                described(house) as (here, administrator),
                phone(pbx, "1001") as telephone,
                trunk(pbx) as outside,
            ):
                await here.sign_in("Agent", "1001")
                yield Scene(here, administrator, telephone, outside)


async def test_an_agent_pauses_for_card_data_and_is_told_when_it_still_records(
    scene: Scene, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = await scene.goes_by(pause_seconds=60)
    async with Desk(browser, scene.house, "agent", expected=("409",)) as desk, talking(scene, desk):
        page = desk.page
        await records(page)
        await page.get_by_test_id("record-pause").click()
        await counts_down(page)
        await looks_well_everywhere(page)
        await page.get_by_test_id("record-pause").click()  # by hand
        await records(page)
        await expect(page.get_by_test_id("record-left")).to_have_count(0)

        await scene.changed(rule, pause_seconds=SHORT)
        await page.get_by_test_id("record-pause").click()
        await counts_down(page)
        await records(page, within=SHORT + 3.0)  # by itself

        with frozen(scene):
            await page.get_by_test_id("record-pause").click()
            await still_recording(page)
        await in_phase(page, "paused")  # the order was late, not lost
        await expect(page.get_by_test_id("record-alarm")).to_have_count(0)
        await page.get_by_test_id("record-pause").click()
        await records(page)

        with monkeypatch.context() as lost:
            lost.setattr(Commands, "mute_recording", goes_astray)
            await page.get_by_test_id("record-pause").click()
            await still_recording(page)
            await looks_well_everywhere(page)
        await page.get_by_test_id("record-again").click()
        await in_phase(page, "paused")
        await expect(page.get_by_test_id("record-alarm")).to_have_count(0)


async def test_an_agent_begins_a_recording_and_ends_it(scene: Scene, browser: Browser) -> None:
    await scene.goes_by(mode="on_demand")
    async with Desk(browser, scene.house, "agent") as desk, talking(scene, desk):
        page = desk.page
        await in_phase(page, "off")
        await page.get_by_test_id("record-start").click()
        await records(page)
        await page.get_by_test_id("record-stop").click()
        await in_phase(page, "off")


async def test_rules_about_recording_are_written_on_the_page(
    scene: Scene, browser: Browser
) -> None:
    async with Desk(browser, scene.house, "admin", expected=("409", "422", "503")) as desk:
        page = desk.page
        await page.route(RULES, away)
        await page.goto(f"{scene.house.address}/admin/recording")
        await expect(page.locator(".face.error")).to_be_visible()
        await looks_well_everywhere(page)
        await page.unroute(RULES)
        await page.locator(".face.error button").click()
        await remove_all(page)
        await looks_well_everywhere(page)

        await written(page)
        await overtaken(scene, page)
    [rule] = (await scene.administrator.ask("GET", "recording-rules"))["items"]
    assert (rule["name"], rule["pause_seconds"], rule["opt_out_key"]) == ("Card numbers", 30, "9")


async def written(page: Page) -> None:
    """A new rule, refused at first for what is wrong with it."""
    await page.get_by_test_id("setup-new").click()
    form = page.get_by_test_id("setup-form")
    await form.locator("[data-field=name] input").fill("Card data")
    await form.locator("[data-field=pause_seconds] input").fill("90")
    await form.locator("[data-field=queues] input[value=support]").check()
    await form.locator("[data-field=consent] select").select_option("opt_out")
    await form.locator("[data-field=announcement] input").fill("../secret")
    await form.locator("[data-field=opt_out_key] select").select_option("9")
    await page.get_by_test_id("setup-save").click()
    await expect(form.locator("[data-field=announcement] [aria-invalid=true]")).to_be_visible()
    await looks_well_everywhere(page)
    await form.locator("[data-field=announcement] input").fill("may-record")
    await saved(page)
    await expect(page.get_by_test_id("setup-row")).to_have_count(1)


async def overtaken(scene: Scene, page: Page) -> None:
    """Whoever saves what another has changed meanwhile chooses, field by field."""
    form = page.get_by_test_id("setup-form")
    await changed_by_another(scene, pause_seconds=30)
    await form.locator("[data-field=name] input").fill("Card numbers")
    await form.locator("[data-field=pause_seconds] input").fill("45")
    await page.get_by_test_id("setup-save").click()
    conflict = page.get_by_test_id("conflict")
    await expect(conflict.locator("[data-field]")).to_have_count(2)
    await looks_well_everywhere(page)
    await conflict.locator("[data-field=pause_seconds]").get_by_test_id("conflict-theirs").check()
    await page.get_by_test_id("conflict-save").click()
    await page.get_by_test_id("setup-saved").wait_for()


# --- the agent's call -----------------------------------------------------------------------------


@asynccontextmanager
async def talking(scene: Scene, desk: Desk) -> AsyncIterator[Call]:
    """A customer in conversation with the agent whose desk it is."""
    await is_live(desk.page)
    customer = await scene.outside.call("8000", caller=CUSTOMER)
    await (await scene.telephone.next_call()).answer()
    await expect(desk.page.get_by_test_id("current-call")).to_have_attribute(
        "data-state", "talking"
    )
    try:
        yield customer
    finally:
        await customer.hang_up()
    await expect(desk.page.get_by_test_id("record-control")).to_have_count(0)


def control(page: Page) -> Locator:
    return page.get_by_test_id("record-control")


async def in_phase(page: Page, phase: str, within: float = 5.0) -> None:
    await expect(control(page)).to_have_attribute("data-phase", phase, timeout=within * 1000)


async def records(page: Page, within: float = 5.0) -> None:
    await in_phase(page, "recording", within)


async def counts_down(page: Page) -> None:
    await in_phase(page, "paused")
    left = page.get_by_test_id("record-left")
    shown = await left.inner_text()
    await expect(left).not_to_have_text(shown, timeout=3_000)
    assert await left.inner_text() < shown  # both are m:ss


async def still_recording(page: Page) -> None:
    """The agent is told, in words, within the second that the PBX has and little more."""
    alarm = page.get_by_test_id("record-alarm")
    await expect(alarm).to_be_visible(timeout=3_000)
    language = (await page.evaluate("document.documentElement.lang"))[:2]
    await expect(alarm).to_contain_text(STILL_RECORDING[language])
    await records(page)


@contextmanager
def frozen(scene: Scene) -> Iterator[None]:
    """The PBX does nothing, for less time than it takes to call it lost; then it does all of it."""
    pid = scene.house.pbx.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def goes_astray(_commands: Commands, _channel: str, *, on: bool) -> None:
    """In the place of an order to the PBX."""


# --- pages ----------------------------------------------------------------------------------------


async def looks_well_everywhere(page: Page) -> None:
    """In either language, and in the light and in the dark."""
    for language, scheme in zip(LANGUAGES, SCHEMES, strict=True):
        await in_language(page, language)
        await in_scheme(page, scheme)
        await looks_well(page)


async def away(route: Route) -> None:
    error = {"code": "store_unavailable", "message": "away", "request_id": "r"}
    await route.fulfill(status=503, json={"error": error})


async def remove_all(page: Page) -> None:
    rows = page.get_by_test_id("setup-row")
    await page.locator("[data-testid=setup-row], .side .face").first.wait_for()
    for left in reversed(range(await rows.count())):
        await rows.first.click()
        await page.get_by_test_id("setup-remove").click()
        await page.get_by_test_id("setup-remove-sure").click()
        await expect(rows).to_have_count(left)
    await expect(page.locator(".side .face")).to_be_visible()


async def saved(page: Page) -> None:
    await page.get_by_test_id("setup-save").click()
    await page.get_by_test_id("setup-saved").wait_for()


async def changed_by_another(scene: Scene, **values: Any) -> None:
    [rule] = (await scene.administrator.ask("GET", "recording-rules"))["items"]
    path = f"recording-rules/{rule.pop('id')}"
    await scene.administrator.ask("PUT", path, json=rule | values)
