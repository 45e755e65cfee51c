"""How a wait with us can end but for an answer, and what is heard meanwhile, on a real PBX."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from callcenter.config_sections import PromptsConfig
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import Call, answers, phone, trunk
from tests.e2e.administrator import described
from tests.e2e.browser import Desk
from tests.e2e.caller import Book, book_of, both_hear, hears, outside_answers, press_until
from tests.e2e.center import Center, agi_port, until
from tests.e2e.house import CUSTOMER, CUSTOMER_NAME, House
from tests.e2e.webphone import WATCH, in_call, in_state, take_calls, webphone_house
from tests.e2e.webphone import hears as browser_hears
from tests.pbx.harness import asterisk

SUPPORT = "8000"  # straight to the queue
FANG, WEI, MIN = "+8613500000001", "+8613500000002", "+8613500000003"
ELSEWHERE = "+8613900139000"
GOODBYE = {"kind": "message", "target": "vm-goodbye"}
TO_SUPPORT = {"kind": "queue", "target": "support"}
pytestmark = pytest.mark.usefixtures("console")


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    """A PBX that asks us; the agent's telephone is a browser, the colleague's a desk telephone."""
    agi = f"agi://127.0.0.1:{agi_port()}"
    async with asterisk(folder, agi_url=agi, phones=("1002",), webphones=("1001",)) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    """Prompts are where the PBX can read them. It is about noon: people may be called."""
    house = await webphone_house(pbx, folder, sqlite_url)
    config = house.config
    house.config = msgspec.structs.replace(
        config,
        prompts=PromptsConfig(folder=str(pbx.home / "prompts")),
        phones=msgspec.structs.replace(config.phones, browser=["PJSIP/1001"]),
        timezone=_where_it_is_noon(),
    )
    return house


def _where_it_is_noon() -> str:
    east = 12 - datetime.datetime.now(datetime.UTC).hour
    return f"Etc/GMT{-east:+d}"  # whose signs are the wrong way round


async def waiting(here: Center, queue: str, callers: int) -> None:
    await until(lambda: here.service.distribution.desk.waiting(queue) == callers)


async def test_a_key_a_full_queue_nobody_there_and_a_wait_too_long(house: House) -> None:
    async with (
        described(house) as (here, administrator),
        book_of(house) as book,
        phone(house.pbx, "1002", answers(0.2)) as telephone,
        trunk(house.pbx) as outside,
    ):
        await outside_answers(house.pbx)
        rules = {"max_waiting": 1, "when_full": GOODBYE, "exit_key": "0", "when_key": TO_SUPPORT}
        abroad = {"kind": "number", "target": ELSEWHERE}
        await administrator.queue("small", "Agent", **rules)
        await administrator.queue("brief", "Agent", max_wait=1, when_timed_out=abroad)
        await administrator.queue("ghost", when_empty=TO_SUPPORT)
        for number, queue in (("8021", "small"), ("8022", "brief"), ("8023", "ghost")):
            await administrator.number(number, queue)
        # Who serves `small` and `brief` is there and away from the desk; the colleague is ready.
        await here.staff.sign_in(here.agents["Agent"], "PJSIP/1001")
        await here.sign_in("Colleague", "1002")

        first = await outside.call("8021", caller=FANG)
        await waiting(here, "small", 1)
        second = await outside.call("8021", caller=WEI)
        await hears(second)
        await second.ended()  # told goodbye
        assert not first.is_over
        await press_until(first, "0", lambda: book.was_in(FANG, "support"))
        await both_hear(first, await telephone.next_call())
        await first.hang_up()

        nobody = await outside.call("8023", caller=MIN)
        await both_hear(nobody, await telephone.next_call())
        await nobody.hang_up()

        long = await outside.call("8022", caller=CUSTOMER)
        expert = await outside.next_call()  # the number outside that takes over
        await expert.answer()
        await both_hear(long, expert)
        await long.hang_up()

        await book.until_stays(FANG, ("small", "overflow"), ("support", "answered"))
        await book.until_stays(MIN, ("ghost", "overflow"), ("support", "answered"))
        await book.until_stays(CUSTOMER, ("brief", "timed_out"))
        assert await book.stays(WEI) == []
        for number, reason in ((FANG, "key_exit"), (WEI, "full"), (MIN, "empty")):
            assert await book.decided(number, "queue", reason, reason)


async def test_the_place_is_kept_and_the_caller_is_called_back(
    house: House, browser: Browser
) -> None:
    async with (
        described(house, callback_key="1") as (here, _),
        book_of(house) as book,
        Desk(browser, house, "agent", script=WATCH) as desk,
        trunk(house.pbx) as outside,
    ):
        await outside_answers(house.pbx)
        page, agent = desk.page, here.agents["Agent"]
        await take_calls(page)
        await here.staff.not_ready(agent, "break")
        caller = await outside.call(SUPPORT, caller=CUSTOMER)
        await waiting(here, "support", 1)
        await _is_promised(book, caller)
        later = await outside.call(SUPPORT, caller=WEI)
        await waiting(here, "support", 2)  # the one who hung up is one of them

        await here.staff.ready(agent)
        offer = page.get_by_test_id("callback-offer")
        await expect(offer).to_contain_text(CUSTOMER_NAME)
        await in_state(page, "offered")
        assert not later.is_over
        await page.get_by_test_id("callback-offer-accept").click()
        called = await outside.next_call()
        assert called.local.user == CUSTOMER
        await called.answer()
        await in_call(page, "talking")
        assert await browser_hears(page)
        await both_hear(called)
        (done,) = await book.until("SELECT * FROM callbacks WHERE state = 'done'")
        assert (done.result, done.attempts) == ("answered", 0)
        assert [row.result for row in await book.rows("SELECT result FROM callback_attempts")] == [
            "answered"
        ]
        await called.hang_up()
        assert await book.rows("SELECT id FROM missed_work") == []

        await page.get_by_test_id("call-answer").click()  # whoever came later
        await both_hear(later)
        await later.hang_up()
        await book.until_stays(CUSTOMER, ("support", "callback"))


async def _is_promised(book: Book, caller: Call) -> None:
    """Asks for it with one key, confirms the number with another, and is told goodbye."""
    leaves = ("queue", "key_exit", "key_exit")
    await press_until(caller, "1", lambda: book.decided(CUSTOMER, *leaves))
    await hears(caller)

    async def promised() -> bool:
        return bool(await book.rows("SELECT id FROM callbacks"))

    await press_until(caller, "1", promised, every=1.0)
    await caller.ended()
    (row,) = await book.rows(
        "SELECT c.number, c.state, c.queue, c.joined_at - s.started_at AS moved FROM callbacks c"
        " JOIN segments s ON s.interaction_id = c.interaction_id AND s.kind = 'queue'"
    )
    assert (row.number, row.state, row.queue) == (CUSTOMER, "waiting", "support")
    assert abs(row.moved) < 1.0  # the place is that of the first moment


async def test_after_the_agent_the_caller_gives_a_mark(house: House) -> None:
    async with (
        described(house, ask_satisfaction=True) as (here, administrator),
        book_of(house) as book,
        phone(house.pbx, "1002", answers(0.2)) as telephone,
        trunk(house.pbx) as outside,
    ):
        await administrator.prompt("callcenter-satisfaction", 3.0)
        agent = await here.sign_in("Colleague", "1002")
        call = await outside.call(SUPPORT, caller=FANG)
        taken = await telephone.next_call()
        await both_hear(call, taken)
        await taken.hang_up()
        await both_hear(call)  # the question

        async def given() -> bool:
            return bool(await book.rows("SELECT score FROM satisfaction"))

        await press_until(call, "4", given)
        await call.ended()
        (mark,) = await book.rows(
            "SELECT i.caller_number, m.agent_id, m.queue, m.score FROM satisfaction m"
            " JOIN interactions i ON i.id = m.interaction_id"
        )
        assert tuple(mark) == (FANG, agent, "support", 4)
        await book.until_stays(FANG, ("support", "answered"))
