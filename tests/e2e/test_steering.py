"""A supervisor at work on a real PBX, all from the board: who waits is moved, hurried and pulled,
an agent is set not ready, a call is listened in on; and who hears whom is measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from callcenter.config_sections import SupervisionConfig
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import Call, Robot, phone, trunk
from callcenter.store.database import Database
from routing.queries import Phone, create_agent
from tests.e2e.administrator import Administrator, described
from tests.e2e.browser import Desk, is_live
from tests.e2e.center import Center, agi_port, until
from tests.e2e.house import CUSTOMER, PBX, House
from tests.e2e.webphone import WATCH, hears, in_call, sign_in, webphone_house
from tests.pbx import heard
from tests.pbx.harness import asterisk

EARLY, LATE = "+8613500000001", "+8613500000002"
LOUD = 300.0
BROWSER = "1003"  # the supervisor's telephone
pytestmark = pytest.mark.usefixtures("console")


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    """A PBX that asks us; agents have telephones on their desks, the supervisor a browser."""
    agi = f"agi://127.0.0.1:{agi_port()}"
    async with asterisk(
        folder, agi_url=agi, phones=("1001", "1002"), webphones=(BROWSER,)
    ) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    """Agents see it when somebody whispers, not when somebody listens."""
    house = await webphone_house(pbx, folder, sqlite_url, browsers=(BROWSER,))
    policy = SupervisionConfig(agents_see=["whisper"])
    house.config = msgspec.structs.replace(house.config, supervision=policy)
    [(user,)] = await house.rows("SELECT id FROM users WHERE username = 'supervisor'")
    database = Database(house.config.database_url)
    async with database.session() as session:
        phones = [Phone(PBX, f"PJSIP/{BROWSER}")]
        await create_agent(session, name="Supervisor", user=user, phones=phones)
        await session.commit()
    await database.close()
    return house


@dataclass(slots=True)
class Floor:
    """The supervisor's page with the board, an agent's page, and who can be rung and called."""

    page: Page
    desk: Page
    agents: dict[str, int]
    first: Robot
    second: Robot
    outside: Robot


async def test_a_supervisor_moves_hurries_and_pulls_who_waits_and_listens_in(
    house: House, browser: Browser
) -> None:
    async with (
        described(house) as (here, administrator),
        phone(house.pbx, "1001") as first,
        phone(house.pbx, "1002") as second,
        trunk(house.pbx) as outside,
        Desk(browser, house, "supervisor", script=WATCH) as boss,
        Desk(browser, house, "colleague") as desk,
    ):
        for robot, who in ((outside, "customer"), (first, "agent"), (second, "agent")):
            heard.tuned(robot, who)
        await staffed(here, administrator)
        await is_live(desk.page)
        await sign_in(boss.page)
        await boss.page.get_by_test_id("nav-board").click()
        floor = Floor(boss.page, desk.page, here.agents, first, second, outside)
        moved, taken = await moves(floor)
        await listens_in(floor, moved, taken)
        await moved.hang_up()
        await in_state(boss.page, here.agents["Colleague"], "ready")
        early = await hurries(floor)
        await pulls(floor, early)
        rows = await house.until_rows(USES, lambda found: len(found) == 7)
    assert [row.action for row in rows] == [
        "call.move",
        *("call.listen", "call.listen", "call.whisper", "call.whisper"),  # begun and ended
        *("call.prioritise", "call.pull"),
    ]


async def moves(floor: Floor) -> tuple[Call, Call]:
    """Nobody takes calls of support: who waits there is moved to where somebody does."""
    page = floor.page
    await order(page, floor.agents["Agent"], "not_ready")
    await in_state(page, floor.agents["Agent"], "not_ready")
    moved = await floor.outside.call("8000", caller=CUSTOMER)
    await steer(page, CUSTOMER)
    await page.get_by_test_id("waiting-queue").select_option("vip")
    await page.get_by_test_id("waiting-move").click()
    taken = await floor.second.next_call()
    await taken.answer()
    await asyncio.gather(heard.hears(moved, "agent"), heard.hears(taken, "customer"))
    await floor.desk.locator("[data-testid=why] summary").click()
    step = floor.desk.locator("[data-testid=decision][data-step=supervisor]")
    await expect(step).to_contain_text("Supervisor 将其移到队列 vip")
    return moved, taken


async def listens_in(floor: Floor, moved: Call, taken: Call) -> None:
    """From the browser: nobody hears more than before, and an agent is told as the policy says."""
    page = floor.page
    await act(page, floor.agents["Colleague"])
    await page.get_by_test_id("monitor-listen").click()
    bar = page.get_by_test_id("monitor-bar")
    await expect(bar).to_have_attribute("data-mode", "listen")
    await page.get_by_test_id("dialog-close").click()
    assert await hears(page)
    await asyncio.gather(heard.hears(moved, "agent"), heard.hears(taken, "customer"))
    by = floor.desk.get_by_test_id("heard-by")
    await expect(by).to_have_count(0)
    await bar.get_by_test_id("monitor-whisper").click()
    await expect(bar).to_have_attribute("data-mode", "whisper")
    await expect(by).to_contain_text("Supervisor")
    await heard.hears(moved, "agent")
    await page.get_by_test_id("monitor-end").click()
    await expect(bar).to_have_count(0)
    await expect(by).to_have_count(0)


async def hurries(floor: Floor) -> Call:
    """Two wait; the one who came later is hurried, and is whom the next agent gets. The other."""
    page, agent = floor.page, floor.agents["Agent"]
    early = await floor.outside.call("8000", caller=EARLY)
    await waits(page, EARLY)
    late = await floor.outside.call("8000", caller=LATE)
    await steer(page, LATE)
    await page.get_by_test_id("waiting-hurry").click()
    await expect(page.get_by_test_id("dialog")).to_have_count(0)
    await order(page, agent, "ready")
    taken = await floor.first.next_call()
    await taken.answer()
    await asyncio.gather(heard.hears(late, "agent"), heard.hears(early))
    await order(page, agent, "not_ready")  # after the call
    await late.hang_up()
    await in_state(page, agent, "not_ready")
    return early


async def pulls(floor: Floor, early: Call) -> None:
    """Who waits is the supervisor's own, with the browser."""
    page = floor.page
    await steer(page, EARLY)
    await page.get_by_test_id("waiting-pull").click()
    await page.get_by_test_id("call-answer").click()
    await in_call(page, "talking")
    assert await hears(page)
    await until(lambda: early.heard > LOUD)
    await page.get_by_test_id("call-hangup").click()
    await early.ended()


USES = "SELECT action FROM audit WHERE action LIKE 'call.%' ORDER BY at, id"


async def staffed(here: Center, administrator: Administrator) -> None:
    """Agent serves support, Colleague serves vip; both are ready."""
    await administrator.queue("vip", "Colleague")
    colleague = f"agents/{here.agents['Colleague']}"
    await administrator.ask("PATCH", colleague, json={"queues": ["vip"]})
    await here.sign_in("Agent", "1001")
    await here.sign_in("Colleague", "1002")


# --- on the board ---------------------------------------------------------------------------------


def agent_row(page: Page, agent: int) -> Locator:
    return page.locator(f"[data-testid=agent-row][data-agent='{agent}']")


async def in_state(page: Page, agent: int, state: str) -> None:
    await expect(agent_row(page, agent)).to_have_attribute("data-state", state)


async def act(page: Page, agent: int) -> None:
    await agent_row(page, agent).get_by_test_id("agent-act").click()


async def order(page: Page, agent: int, command: str) -> None:
    await act(page, agent)
    button = page.get_by_test_id("dialog").get_by_test_id(f"agent-{command}")
    await button.click()
    await expect(button).to_be_enabled()
    await page.get_by_test_id("dialog-close").click()


async def waits(page: Page, who: str) -> Locator:
    """In support, on the board."""
    row = page.locator("[data-testid=queue-row][data-queue=support]")
    fold = row.get_by_role("button").first
    await fold.wait_for()
    if await fold.get_attribute("aria-expanded") == "false":
        await fold.click()
    caller = row.locator("li").filter(has_text=who)
    await caller.wait_for()
    return caller


async def steer(page: Page, who: str) -> None:
    caller = await waits(page, who)
    await caller.get_by_test_id("steer").click()
