"""Two agents in the browser, one at the desk, and twenty callers at once: nobody is dropped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from playwright.async_api import TimeoutError as NothingThere

from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.callers import NUMBERED, customer_calls
from callcenter.pbx.robots import answers, phone
from callcenter.store.database import Database
from routing.queries import Phone, create_agent
from tests.e2e.browser import Desk
from tests.e2e.caller import book_of
from tests.e2e.center import agi_port, center
from tests.e2e.house import PBX, House
from tests.e2e.webphone import WATCH, WEBPHONES, hears, in_call, take_calls, webphone_house
from tests.e2e.wire import Wire
from tests.pbx.harness import asterisk

SUPPORT = "8000"  # straight to the queue
CALLERS = 20
LONGEST_WAIT = 15.0  # seconds; then a caller is told so, and that is the way out
STAY = 60.0  # longer than anybody needs
TALK = 2.0
DESK = "1009"
pytestmark = pytest.mark.usefixtures("console")


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    agi = f"agi://127.0.0.1:{agi_port()}"
    async with asterisk(folder, agi_url=agi, phones=(DESK,), webphones=WEBPHONES) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    """A third agent has a telephone on the desk and no browser."""
    house = await webphone_house(pbx, folder, sqlite_url)
    database = Database(house.config.database_url)
    try:
        async with database.session() as session:
            phones = [Phone(PBX, f"PJSIP/{DESK}")]
            await create_agent(session, name="Desk", user=None, phones=phones)
            await session.commit()
    finally:
        await database.close()
    return house


async def works(page: Page) -> int:
    """Take one call after the other until cancelled; each is heard before it is hung up."""
    calls = 0
    try:
        while True:
            answer = page.get_by_test_id("call-answer")
            try:
                await answer.wait_for(timeout=500)
            except NothingThere:
                continue
            await answer.click()
            await in_call(page, "talking")
            assert await hears(page)
            await asyncio.sleep(TALK / 2)
            calls += 1
            await page.get_by_test_id("call-hangup").click()
    except asyncio.CancelledError:
        return calls


@pytest.mark.timeout(180)
async def test_twenty_callers_at_once_are_all_served(house: House, browser: Browser) -> None:
    goodbye = {"kind": "message", "target": "vm-goodbye"}
    async with (
        center(house, max_wait=LONGEST_WAIT, next_steps={"timed_out": goodbye}) as here,
        book_of(house) as book,
        Desk(browser, house, "agent", script=WATCH) as first,
        Desk(browser, house, "colleague", script=WATCH) as second,
        phone(house.pbx, DESK, answers(0.5, hang_up_after=TALK)) as desk,
        Wire(house.pbx) as wire,
    ):
        await take_calls(first.page)
        await take_calls(second.page)
        await here.sign_in("Desk", DESK)
        at_work = [asyncio.create_task(works(one.page)) for one in (first, second)]
        # SIPp fails when a single call does not go as its scenario says.
        await customer_calls(
            house.pbx, SUPPORT, caller=NUMBERED, stay=STAY, calls=CALLERS, per_second=10.0
        )
        ends = await book.until(
            "SELECT end_by, end_reason FROM interactions WHERE end_reason IS NOT NULL",
            lambda rows: len(rows) == CALLERS,
        )
        for task in at_work:
            task.cancel()
        in_browsers = await asyncio.gather(*at_work)
        stays = await book.rows("SELECT exit FROM segments WHERE kind = 'queue' AND ended")
        talks = await book.rows(
            "SELECT i.caller_number, s.started_at, s.ended_at, s.interface, s.other_interface"
            " FROM segments s JOIN interactions i ON i.id = s.interaction_id WHERE s.kind = 'talk'"
        )
    assert "caller" not in {end.end_by for end in ends}
    assert not {end.end_reason for end in ends} & {"lost", "failed"}
    exits = Counter(stay.exit for stay in stays)
    assert set(exits) <= {"answered", "timed_out"}
    assert exits.total() == CALLERS
    assert exits["answered"] == len(talks) == len({talk.caller_number for talk in talks})
    assert len(wire.callers) == CALLERS
    for talk in talks:
        window = (talk.caller_number, talk.started_at, talk.ended_at)
        assert wire.heard(*window) > 10, talk
        assert wire.said(*window) > 10, talk
    taken = [desk.incoming.get_nowait() for _ in range(desk.incoming.qsize())]
    assert all(call.media.received > 20 for call in taken if call.is_answered)
    by = Counter(_agents_end(talk.interface, talk.other_interface) for talk in talks)
    assert min(*in_browsers, by[f"PJSIP/{DESK}"]) >= 2
    assert sum(in_browsers) == by["PJSIP/1001"] + by["PJSIP/1002"]


def _agents_end(*interfaces: str | None) -> str | None:
    return next(one for one in interfaces if one != "PJSIP/trunk")
