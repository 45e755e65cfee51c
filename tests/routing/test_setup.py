"""The picture of what administrators describe: loaded whole, kept while the database is away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert

from callcenter.store.base import Base
from callcenter.store.database import Database
from routing.engine import Need, Strategy
from routing.rule_settings import VOICEMAIL, LastAgent, NextStep
from routing.setup import AgentSetup, EntryPoint, QueueSetup, Setup, SetupKeeper
from routing.tables import (
    Agent,
    AgentInterface,
    AgentQueue,
    AgentSkill,
    CalendarRow,
    EntryPointRow,
    MenuRow,
    Queue,
    Skill,
)


async def put(database: Database, model: type[Base], **values: Any) -> None:
    async with database.session() as session:
        await session.execute(insert(model).values(**values))
        await session.commit()


@pytest.fixture
async def keeper(database: Database) -> SetupKeeper:
    return SetupKeeper(database, "pbx")


async def _describe(database: Database) -> None:
    sales = {"ours": True, "strategy": "best_skill", "calendar": "office", "dispositions": ["sale"]}
    sales |= {"required": [{"skill": "en", "level": 2, "after": 30}]}
    sales |= {"next_steps": {"empty": {"kind": "number", "target": "10086"}}}
    await put(database, Queue, id=1, pbx="pbx", name="sales", **sales)
    await put(database, Queue, id=2, pbx="pbx", name="theirs")
    await put(database, Queue, id=3, pbx="other", name="sales", ours=True)
    await put(database, Skill, name="en")
    await put(database, Agent, id=1, name="李", user_id=7, rank=4)
    await put(database, Agent, id=2, name="王", active=False)
    await put(database, AgentInterface, pbx="pbx", interface="PJSIP/1", agent_id=1)
    await put(database, AgentInterface, pbx="other", interface="PJSIP/2", agent_id=1)
    for queue in (1, 2, 3):
        await put(database, AgentQueue, agent_id=1, queue_id=queue)
    await put(database, AgentSkill, agent_id=1, skill="en", level=3)
    await put(database, CalendarRow, name="office", data={"zone": "Asia/Shanghai"})
    keys = [{"key": "1", "step": {"kind": "queue", "target": "sales"}}]
    await put(database, MenuRow, name="main", data={"prompt": "hello", "keys": keys})
    rules = [{"kind": "last_agent", "days": 3}]
    entry = {"name": "大厅", "queue": "sales", "menu": "main", "rules": rules}
    await put(database, EntryPointRow, pbx="pbx", number="4001", **entry)


async def test_the_picture_has_everything_of_its_pbx(
    keeper: SetupKeeper, database: Database
) -> None:
    await _describe(database)
    await keeper.load()
    setup = keeper.current
    assert setup.queues == {
        "sales": QueueSetup(
            id=1,
            name="sales",
            strategy=Strategy.BEST_SKILL,
            calendar="office",
            required=(Need("en", 2, 30.0),),
            dispositions=("sale",),
            when_closed=VOICEMAIL,
            when_full=VOICEMAIL,
            when_timed_out=VOICEMAIL,
            when_key=VOICEMAIL,
            when_empty=NextStep("number", "10086"),
        )
    }
    assert setup.agents == {
        1: AgentSetup(
            id=1,
            name="李",
            user=7,
            queues=frozenset({"sales"}),
            skills={"en": 3},
            rank=4,
            interfaces=("PJSIP/1",),
        )
    }
    assert setup.entries["4001"].rules == (LastAgent(days=3.0),)
    assert setup.menus["main"].chosen("1") is not None
    assert setup.calendars["office"].zone == "Asia/Shanghai"
    assert setup.pause_reasons["meal"].zh == "用餐"
    assert setup.agent_of_user(7) is setup.agents[1]


async def test_what_cannot_be_read_is_left_out_and_the_rest_goes_on(
    keeper: SetupKeeper, database: Database
) -> None:
    await _describe(database)
    await put(database, CalendarRow, name="moon", data={"zone": "Moon/Sea"})
    await put(database, MenuRow, name="broken", data={"prompt": "x", "keys": "none"})
    await put(database, Queue, id=4, pbx="pbx", name="broken", ours=True, strategy="luck")
    await keeper.load()
    assert set(keeper.current.calendars) == {"office"}
    assert set(keeper.current.menus) == {"main"}
    assert set(keeper.current.queues) == {"sales"}


async def test_who_listens_hears_of_a_change_and_of_nothing_else(
    keeper: SetupKeeper, database: Database
) -> None:
    heard: list[Setup] = []
    await keeper.load()
    keeper.on_change.append(heard.append)
    await keeper.load()
    assert heard == []
    await put(database, Skill, name="en", label="英语")
    await keeper.load()
    assert [setup.skills for setup in heard] == [{"en": "英语"}]


async def test_a_change_is_seen_soon_after_it_is_told(
    keeper: SetupKeeper, database: Database
) -> None:
    seen = asyncio.Event()
    keeper.on_change.append(lambda _: seen.set())
    running = asyncio.create_task(keeper.run())
    await _describe(database)
    keeper.reload()
    async with asyncio.timeout(10):
        await seen.wait()
    running.cancel()
    assert "sales" in keeper.current.queues


async def test_what_is_known_stays_while_the_database_is_away() -> None:
    away = Database("postgresql://nobody@127.0.0.1:9/none")
    keeper = SetupKeeper(away, "pbx")
    known = keeper.current = Setup(skills={"en": ""})
    running = asyncio.create_task(keeper.run())
    keeper.reload()
    await asyncio.sleep(0.2)
    assert not running.done()
    assert keeper.current is known
    running.cancel()
    await away.close()


def test_a_number_has_the_entry_point_that_fits_best() -> None:
    numbers = ("4001", "40*", "*")
    entries = {one: EntryPoint(number=one, name=one, queue="sales") for one in numbers}
    setup = Setup(entries=entries)
    found = [setup.entry(one) for one in ("4001", "4002", "5000")]
    assert [one and one.number for one in found] == ["4001", "40*", "*"]
    assert Setup().entry("4001") is None
