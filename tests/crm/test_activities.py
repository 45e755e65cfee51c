"""The timeline holds each call once, however often and in whatever order it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asyncpg.connection import LoggedQuery
from sqlalchemy import event, select

from callcenter.bus import MemoryBus, Subscription
from callcenter.errors import InvalidInput, NotFound
from callcenter.events import (
    ActivityLogged,
    EndReason,
    InteractionEnded,
    InteractionsMerged,
)
from callcenter.store.database import Database
from callcenter.store.fast import driver_of
from callcenter.store.tables import Interaction, Segment
from crm.activities.consumer import ActivityLog
from crm.activities.kinds import ActivityKind
from crm.activities.queries import Timeline, timeline
from crm.activities.service import NewNote, add_note, log_calls
from crm.activities.tables import Activity
from crm.customers.tables import Customer
from recording.tables import Recording
from tests.crm.conftest import NOW, Put

CALL = "a" * 32


def ended(interaction: str = CALL) -> InteractionEnded:
    return InteractionEnded(
        at=NOW + 60,
        pbx="main",
        interaction=interaction,
        reason=EndReason.COMPLETED,
        by="caller",
        cause=16,
        answered=True,
    )


@pytest.fixture
async def customer(put: Put) -> int:
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    customer: int = await put(Customer, name="张三", **row)
    return customer


async def put_call(put: Put, customer: int | None, id_: str = CALL, **values: Any) -> None:
    row = {"pbx": "main", "direction": "inbound", "caller_number": "138", "started_at": NOW}
    row |= {"ended_at": NOW + 60, "end_reason": "completed", "answered": True}
    await put(Interaction, id=id_, customer_id=customer, **row | values)


async def read(database: Database, customer: int, **values: Any) -> Timeline:
    async with database.reading() as session:
        return await timeline(session, customer, **values)


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[tuple[MemoryBus, Subscription]]:
    bus = MemoryBus()
    logged = bus.subscribe("test", types=[ActivityLogged])
    task = asyncio.create_task(
        ActivityLog(bus, database, clock=lambda: NOW + 100 + time.monotonic()).run()
    )
    yield bus, logged
    bus.finish()
    await task


async def test_a_call_is_logged_once_with_queue_talk_and_recordings(
    database: Database, put: Put, customer: int
) -> None:
    await put_call(put, customer)
    part = {"interaction_id": CALL, "started_at": NOW, "ended": True}
    await put(Segment, id="q" * 32, kind="queue", queue="support", seconds=4.0, **part)
    await put(Segment, id="t" * 32, kind="talk", seconds=65.5, **part)
    for name, status in ("r", "ready"), ("s", "silent"), ("u", "ready"):
        sound = {"status": status, "seconds": 65.0, "started_at": NOW}
        await put(Recording, id=name * 32, pbx="main", interaction_id=CALL, **sound)
    async with running(database) as (bus, logged):
        for _ in range(3):
            bus.publish(ended())
    events = [event async for batch in logged for _, event in batch]
    assert [(e.interaction, e.customer) for e in events if isinstance(e, ActivityLogged)] == [
        (CALL, str(customer))
    ]
    (item,) = (await read(database, customer)).items
    assert (item.kind, item.at, item.summary) == ("call", NOW, "support · 1:05")
    assert (item.direction, item.result, item.interaction) == ("inbound", "completed", CALL)
    assert item.data is not None
    assert item.data["talk"] == 65.5
    assert [recording.id for recording in item.recordings] == ["r" * 32, "u" * 32]
    async with database.session() as session:
        assert await log_calls(session, [CALL]) == []


async def test_the_row_may_come_after_the_event(
    database: Database, put: Put, customer: int
) -> None:
    async with running(database) as (bus, logged):
        bus.publish(ended())
        await asyncio.sleep(0.1)
        await put_call(put, customer)
        await asyncio.wait_for(anext(aiter(logged)), 10)
    assert len((await read(database, customer)).items) == 1


async def test_a_start_finds_what_a_dead_process_left(
    database: Database, put: Put, customer: int
) -> None:
    await put_call(put, customer)
    await put_call(put, None, "b" * 32)
    await put_call(put, None, "c" * 32, picked_customer_id=customer)
    await put_call(put, customer, "d" * 32, merged_into=CALL)
    await put_call(put, customer, "e" * 32, end_reason=None)
    async with running(database) as (_, logged):
        batch = await asyncio.wait_for(anext(aiter(logged)), 10)
    assert len(batch) >= 1
    found = {item.interaction for item in (await read(database, customer)).items}
    assert found == {CALL, "c" * 32}


async def test_merged_calls_are_one(database: Database, put: Put, customer: int) -> None:
    await put_call(put, customer)
    await put_call(put, customer, "b" * 32)
    async with database.session() as session:
        await log_calls(session, [CALL, "b" * 32])
        await add_note(session, NewNote("备注", interaction="b" * 32), author=None, now=NOW)
        await session.commit()
    async with running(database) as (bus, _):
        bus.publish(InteractionsMerged(at=NOW, pbx="main", interaction=CALL, merged="b" * 32))
    items = (await read(database, customer)).items
    assert sorted((item.kind, item.interaction) for item in items) == [
        ("call", CALL),
        ("note", CALL),
    ]


async def test_a_note_is_written_once_for_its_key(
    database: Database, put: Put, put_user: Put, customer: int
) -> None:
    await put_call(put, customer)
    author = await put_user("小王")
    note = NewNote("第一行\n第二行 <b>", interaction=CALL, key="form-1")
    async with database.session() as session:
        first = await add_note(session, note, author=author, now=NOW)
        assert await add_note(session, note, author=author, now=NOW + 5) == first
        await session.commit()
    assert first[1] == customer
    (item,) = (await read(database, customer)).items
    assert (item.text, item.summary) == ("第一行\n第二行 <b>", "第一行 第二行 <b>")
    assert (item.author, item.kind, item.at) == ("小王", "note", NOW)


async def test_bad_notes_are_refused(database: Database) -> None:
    async with database.session() as session:
        for text in ("", " \n", "a\x00b", "x" * 20_001):
            with pytest.raises(InvalidInput) as refused:
                await add_note(session, NewNote(text), author=None, now=NOW)
            assert refused.value.field == "text"
        with pytest.raises(NotFound):
            await add_note(session, NewNote("a", customer=99), author=None, now=NOW)
        with pytest.raises(NotFound):
            await add_note(session, NewNote("a", interaction="f" * 32), author=None, now=NOW)


async def test_pages_of_the_timeline(database: Database, put: Put, customer: int) -> None:
    for n in range(12):
        kind = "call" if n % 3 else "note"
        fixed = {"customer_id": customer, "source": f"s:{n}", "summary": str(n)}
        await put(Activity, kind=kind, at=NOW + n // 2 + 0.123456, **fixed)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await read(database, customer, cursor=cursor, limit=5)
        seen += [item.summary for item in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert seen == [str(n) for n in reversed(range(12))]
    notes = await read(database, customer, kinds=[ActivityKind.NOTE])
    assert [item.summary for item in notes.items] == ["9", "6", "3", "0"]
    with pytest.raises(InvalidInput):
        await read(database, customer, cursor="WyJhIiwxXQ")


async def test_a_page_is_one_query(database: Database, put: Put, customer: int) -> None:
    await put_call(put, customer)
    asked: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    def heard(told: LoggedQuery) -> None:
        asked.append(told.query)

    async with database.reading() as session:
        driver = await driver_of(session)
        if database.dialect == "sqlite":
            event.listen(database.engine.sync_engine, "before_cursor_execute", note)
            await timeline(session, customer)
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        else:
            with driver.query_logger(heard):
                await timeline(session, customer)
    await asyncio.sleep(0)  # the driver tells a moment later
    assert len([statement for statement in asked if "activities" in statement]) == 1


async def test_the_same_story_twice_gives_the_same_rows(
    database: Database, put: Put, customer: int
) -> None:
    async def rows() -> list[Any]:
        async with database.reading() as session:
            return list(await session.execute(select(Activity.__table__)))

    await put_call(put, customer)
    async with running(database) as (bus, _):
        bus.publish(ended())
    once = await rows()
    async with running(database) as (bus, _):
        bus.publish(ended())
        bus.publish(ended())
    assert await rows() == once != []
