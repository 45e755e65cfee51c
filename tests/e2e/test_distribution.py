"""Our own distribution on a real PBX: the caller waits with us, the right telephone rings."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from callcenter.events import AgentState
from callcenter.pbx.asterisk import Asterisk
from callcenter.pbx.robots import phone, rejects, trunk
from tests.e2e.caller import both_hear, hears
from tests.e2e.center import agi_port, asked_house, center
from tests.e2e.house import CUSTOMER, House
from tests.pbx.harness import asterisk

SUPPORT = "8000"  # straight to the queue


@pytest_asyncio.fixture(loop_scope="module")
async def pbx(folder: Path) -> AsyncIterator[Asterisk]:
    """A PBX that asks us."""
    async with asterisk(folder, agi_url=f"agi://127.0.0.1:{agi_port()}") as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def house(pbx: Asterisk, folder: Path, sqlite_url: str) -> House:
    return await asked_house(pbx, folder, sqlite_url)


async def test_a_caller_reaches_the_agent_who_is_ready(house: House) -> None:
    async with (
        center(house) as here,
        phone(house.pbx, "1001") as telephone,
        trunk(house.pbx) as outside,
    ):
        agent = await here.sign_in("Agent", "1001")
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        ringing = await telephone.next_call()
        assert here.state(agent) is AgentState.OFFERED
        await ringing.answer()
        await here.until_state(agent, AgentState.BUSY)
        await customer.hang_up()
        await here.until_state(agent, AgentState.READY)
        rows = await house.until_rows("SELECT queue, result FROM offers WHERE result IS NOT NULL")
        stays = await house.until_rows(
            "SELECT queue, exit FROM segments WHERE kind = 'queue' AND ended"
        )
    assert [tuple(row) for row in rows] == [("support", "answered")]
    assert [tuple(row) for row in stays] == [("support", "answered")]


async def test_a_caller_waits_until_somebody_is_ready(house: House) -> None:
    async with (
        center(house) as here,
        phone(house.pbx, "1001") as telephone,
        trunk(house.pbx) as outside,
    ):
        agent = await here.sign_in("Agent", "1001")
        await here.staff.not_ready(agent, "break")
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await hears(customer)  # music
        assert here.service.distribution.desk.waiting("support") == 1
        await here.staff.ready(agent)
        ringing = await telephone.next_call()
        await ringing.answer()
        await here.until_state(agent, AgentState.BUSY)
        await both_hear(customer, ringing)
        await customer.hang_up()


async def test_a_telephone_that_declines_passes_the_call_on(house: House) -> None:
    async with (
        center(house) as here,
        phone(house.pbx, "1001", rejects(603)),
        phone(house.pbx, "1002") as other,
        trunk(house.pbx) as outside,
    ):
        first = await here.sign_in("Agent", "1001")
        await asyncio.sleep(0.05)
        second = await here.sign_in("Colleague", "1002")
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        ringing = await other.next_call()
        await ringing.answer()
        await here.until_state(second, AgentState.BUSY)
        assert here.state(first) in {AgentState.READY, AgentState.NOT_READY}
        await customer.hang_up()
        rows = await house.until_rows(
            "SELECT result FROM offers WHERE result IS NOT NULL ORDER BY started_at",
            lambda rows: len(rows) == 2,
        )
    assert [row.result for row in rows] == ["rejected", "answered"]


async def test_a_caller_who_gives_up_is_abandoned(house: House) -> None:
    async with center(house) as here, phone(house.pbx, "1001"), trunk(house.pbx) as outside:
        agent = await here.sign_in("Agent", "1001")
        await here.staff.not_ready(agent, "break")
        customer = await outside.call(SUPPORT, caller=CUSTOMER)
        await customer.answered()
        await asyncio.sleep(0.5)
        await customer.hang_up()
        stays = await house.until_rows("SELECT exit FROM segments WHERE kind = 'queue' AND ended")
        assert here.service.distribution.desk.waiting("support") == 0
    assert [row.exit for row in stays] == ["abandoned"]
