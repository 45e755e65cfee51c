"""What callers meet before they wait, on a real PBX: menus, hours, the block list, an account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from callcenter.config_sections import PromptsConfig
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import Call, Robot, answers, phone, trunk
from callcenter.pbx.tones import loudness, read_wav
from callcenter.store.database import Database
from crm.customers.service import NewCustomer, create_customer
from tests.e2e.administrator import described
from tests.e2e.caller import book_of, both_hear, hears, press_until, types
from tests.e2e.center import agi_port, asked_house, until
from tests.e2e.house import House
from tests.pbx.harness import asterisk

SUPPORT = "8000"  # straight to the queue
FANG, WEI, MIN = "+8613500000001", "+8613500000002", "+8613500000003"
WRONG = "pm-invalid-option"  # a sound of the PBX's own
SPOKEN = 32_000  # bytes: two seconds of a message


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    """A PBX that asks us."""
    async with asterisk(folder, agi_url=f"agi://127.0.0.1:{agi_port()}") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    """Prompts are where the PBX can read them."""
    house = await asked_house(pbx, folder, sqlite_url)
    prompts = PromptsConfig(folder=str(pbx.home / "prompts"))
    house.config = msgspec.structs.replace(house.config, prompts=prompts)
    return house


async def test_a_menu_leads_where_the_key_says(house: House) -> None:
    async with (
        described(house) as (here, administrator),
        book_of(house) as book,
        phone(house.pbx, "1001", answers(0.2)) as telephone,
        trunk(house.pbx) as outside,
    ):
        await administrator.prompt("welcome", 2.0)
        await administrator.queue("shop", "Agent")
        keys = [{"key": "1", "step": {"kind": "queue", "target": "shop"}}]
        await administrator.menu(
            "main", prompt="welcome", wrong=WRONG, seconds=1, retries=1, keys=keys
        )
        await administrator.number("8010", "support", menu="main")
        await here.sign_in("Agent", "1001")

        async def listens(number: str, *pressed: str) -> None:
            call = await outside.call("8010", caller=number)
            await hears(call)
            for key in pressed[:-1]:
                await call.press(key)
            if pressed:
                await press_until(call, pressed[-1], lambda: book.was_in(number, "shop"))
            await book.talked(number)
            await both_hear(call)
            await call.hang_up()

        # One knows the way, one tries a key that is none, one says nothing at all.
        await asyncio.gather(listens(FANG, "1"), listens(WEI, "9", "1"), listens(MIN))
        await book.until_stays(FANG, ("shop", "answered"))
        await book.until_stays(WEI, ("shop", "answered"))
        await book.until_stays(MIN, ("support", "answered"))
        assert await book.decided(WEI, "menu", "matched", "key")
        assert await book.decided(MIN, "menu", "passed", "no_key")
    assert all(call.media.received > 20 for call in taken_by(telephone, 3))


def taken_by(telephone: Robot, calls: int) -> list[Call]:
    assert telephone.incoming.qsize() == calls
    return [telephone.incoming.get_nowait() for _ in range(calls)]


async def test_out_of_hours_a_caller_leaves_a_word_and_is_owed_a_call(house: House) -> None:
    async with (
        described(house) as (here, administrator),
        book_of(house) as book,
        phone(house.pbx, "1001", answers(0.2)) as telephone,
        trunk(house.pbx) as outside,
    ):
        await administrator.prompt("leave-a-word", 1.0)
        await administrator.calendar("never")
        word = {"kind": "voicemail", "target": "leave-a-word"}
        await administrator.queue("night", "Agent", calendar="never", when_closed=word)
        goodbye = {"kind": "message", "target": "vm-goodbye"}
        closed = {"kind": "calendar", "calendar": "never", "when_closed": goodbye}
        await administrator.number("8011", "support", rules=[closed])
        await administrator.number("8012", "night")
        await here.sign_in("Agent", "1001")

        told = await outside.call("8011", caller=FANG)
        speaks = await outside.call("8012", caller=WEI)
        await hears(told)
        await told.ended()  # the PBX has said its word
        await until(lambda: _spoken(house.pbx) > SPOKEN, 20)
        await speaks.press("#")
        await speaks.ended()
        assert await book.decided(FANG, "calendar", "matched", "outside_hours")
        (owed,) = await book.until(
            "SELECT number, kind, tries, done_at FROM missed_work WHERE number = :number",
            number=WEI,
        )
        assert tuple(owed) == (WEI, "voicemail", 1, None)
        (kept,) = await book.until(
            "SELECT r.file, r.seconds, i.caller_number FROM recordings r"
            " JOIN interactions i ON i.id = r.interaction_id"
            " WHERE r.status = 'ready' AND r.file LIKE '%voicemail-%'"
        )
        assert kept.caller_number == WEI
        assert kept.seconds > 1
        assert telephone.incoming.empty()
    assert loudness(read_wav(house.pbx.recordings / kept.file)) > 1000


def _spoken(pbx: Asterisk) -> int:
    """Bytes of the message that is being left."""
    return sum(path.stat().st_size for path in pbx.recordings.glob("voicemail-*.wav"))


async def test_blocked_callers_are_sent_away_unanswered_and_owed_nothing(house: House) -> None:
    rules = [
        {"kind": "block_list", "numbers": [FANG], "action": "reject"},
        {"kind": "block_list", "numbers": ["+86135000000*"], "action": "busy"},
    ]
    async with (
        described(house) as (here, administrator),
        book_of(house) as book,
        phone(house.pbx, "1001", answers(0.2)) as telephone,
        trunk(house.pbx) as outside,
    ):
        await administrator.number("8013", "support", rules=rules)
        await here.sign_in("Agent", "1001")
        rejected = await outside.call("8013", caller=FANG)
        busy = await outside.call("8013", caller=WEI)
        await rejected.ended()
        await busy.ended()
        assert (rejected.status, busy.status) == (403, 486)
        assert not rejected.is_answered
        assert not busy.is_answered
        welcome = await outside.call("8013", caller="+8613700137000")
        await both_hear(welcome, await telephone.next_call())
        await welcome.hang_up()
        await book.until(
            "SELECT id FROM interactions WHERE end_reason IS NOT NULL", lambda rows: len(rows) == 3
        )
        assert await book.decisions(FANG) == [("block_list", "refused", "listed")]
        assert await book.rows("SELECT number FROM missed_work") == []
        assert telephone.incoming.empty()


async def test_who_types_an_account_in_is_known_and_goes_first(house: House) -> None:
    await _with_account(house, "Chen Jing", "471100")
    rules: list[dict[str, Any]] = [
        {"kind": "account_number", "prompt": "account", "digits": 6, "seconds": 3, "tries": 5},
        {"kind": "customer_level", "levels": [{"level": "VIP", "priority": 3600}]},
    ]
    async with (
        described(house) as (here, administrator),
        book_of(house) as book,
        phone(house.pbx, "1001", answers(0.2)),
        trunk(house.pbx) as outside,
    ):
        await administrator.prompt("account", 3.0)
        await administrator.number("8014", "support", rules=rules)
        agent = await here.sign_in("Agent", "1001")
        await here.staff.not_ready(agent, "break")
        early = await outside.call(SUPPORT, caller=FANG)
        await until(lambda: here.service.distribution.desk.waiting("support") == 1)
        late = await outside.call("8014", caller=WEI)
        await hears(late)
        proven = ("account_number", "matched", "proven")
        await types(late, "999999")  # nobody's
        await press_until(late, "471100", lambda: book.decided(WEI, *proven), every=4.0)
        assert await book.decided(WEI, "customer_level", "matched", "level")
        await until(lambda: here.service.distribution.desk.waiting("support") == 2)
        await here.staff.ready(agent)
        await both_hear(late)
        assert await book.stays(FANG) == [("support", None)]
        await late.hang_up()
        await both_hear(early)
        await early.hang_up()
        await book.until_stays(WEI, ("support", "answered"))
        await book.until_stays(FANG, ("support", "answered"))


async def _with_account(house: House, name: str, account: str) -> None:
    """A customer of whom no number is known."""
    database = Database(house.config.database_url)
    try:
        async with database.session() as session:
            new = NewCustomer(name=name, level="VIP", account_number=account)
            await create_customer(session, new, now=time.time())
            await session.commit()
    finally:
        await database.close()
