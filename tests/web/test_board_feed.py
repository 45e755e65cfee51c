"""The board knows its agents, queues and today so far, also when the database comes late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from callcenter.bus import MemoryBus
from callcenter.events import DeviceStateChanged
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from routing.tables import Agent, AgentInterface, Queue
from web.board import EVENTS, LiveBoard
from web.board_feed import BoardFeed

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 10, 12, tzinfo=ZONE).timestamp()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():  # noqa: ASYNC110  a test looks from outside
            await asyncio.sleep(0.01)


async def fill(database: Database) -> None:
    async with database.session() as session:
        await session.execute(insert(Agent).values(id=1, name="Lucy"))
        await session.execute(
            insert(AgentInterface).values(pbx="pbx", interface="PJSIP/1001", agent_id=1)
        )
        await session.execute(insert(Queue).values(pbx="pbx", name="sales", service_level=30))
        await session.execute(insert(Interaction).values(id="i1", pbx="pbx"))
        await session.execute(
            insert(Segment).values(
                id="e1",
                interaction_id="i1",
                kind="queue",
                queue="sales",
                started_at=NOON - 60,
                ended_at=NOON - 50,
                ended=True,
                exit="answered",
                seconds=10.0,
            )
        )
        await session.commit()


async def test_the_board_starts_with_the_directory_and_today(database: Database) -> None:
    await fill(database)
    bus, board = MemoryBus(), LiveBoard(ZONE, NOON)
    feed = BoardFeed(board, database, started_at=NOON)
    running = asyncio.create_task(feed.run(bus.subscribe("board", types=EVENTS)))
    await until(lambda: bool(board.snapshot().queues and board.snapshot().queues[0].offered))
    (row,) = board.snapshot().queues
    assert (row.queue, row.threshold, row.answered, row.in_time) == ("sales", 30, 1, 1)
    bus.publish(DeviceStateChanged(at=NOON, pbx="pbx", interface="PJSIP/1001", state="NOT_INUSE"))
    await until(lambda: board.snapshot().agents[0].state == "ready")
    async with database.session() as session:
        await session.execute(insert(Agent).values(id=2, name="Meimei"))
        await session.execute(
            insert(AgentInterface).values(pbx="pbx", interface="PJSIP/1002", agent_id=2)
        )
        await session.commit()
    feed.reload()
    await until(lambda: [row.name for row in board.snapshot().agents] == ["Lucy", "Meimei"])
    bus.finish()
    await running
