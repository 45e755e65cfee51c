"""What is written late corrects what was computed, without anybody being told."""
# ruff: noqa: S608 - every word of this SQL stands in this file

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, text, update

from callcenter.events import CallEvent, TalkEnded
from callcenter.store import statements
from callcenter.store.database import Database
from callcenter.store.rows import changes
from routing.tables import AgentInterface, Queue
from tests.store.stories import T, queue_call
from tests.web.reports.day import Day
from web.reports.keeper import ReportKeeper
from web.reports.marks import mark

PHONE = {"pbx": "main", "interface": "PJSIP/1001", "agent_id": 1}


async def _write(database: Database, events: list[Any]) -> None:
    """As the writer does: rows and marks in one transaction."""
    async with database.engine.begin() as connection:
        await statements.apply(connection, changes(events))
        await mark(connection, events)


async def _sums(database: Database) -> tuple[Any, ...]:
    """By quarter hours; longer blocks say the same."""
    async with database.reading() as db:
        sums = "sum(offered), sum(answered), sum(handled), sum(talk)"
        found = tuple((await db.execute(text(f"SELECT {sums} FROM report_queues"))).one())
        blocks = f"SELECT {sums} FROM report_queue_blocks GROUP BY quarters"
        assert [tuple(row) for row in await db.execute(text(blocks))] == [found] * 3
        agent = "SELECT sum(handled), sum(hold) FROM report_agents WHERE agent_id = 1"
        return *map(int, found), *(int(one or 0) for one in (await db.execute(text(agent))).one())


async def test_late_events_correct_the_hour_of_their_call(database: Database) -> None:
    """The end of a conversation comes three hours after its hour was computed."""
    async with database.engine.begin() as connection:
        await connection.execute(text("INSERT INTO agents (id, name) VALUES (1, 'one')"))
        await connection.execute(insert(AgentInterface).values(PHONE))
    story = queue_call()
    late = next(place for place, one in enumerate(story) if isinstance(one, TalkEnded))
    assert all(isinstance(one, CallEvent) for one in story)
    await _write(database, story[:late])
    keeper = ReportKeeper(database, clock=lambda: T + 3600)
    await keeper.turn()
    assert await _sums(database) == (1, 1, 0, 0, 0, 0)
    await _write(database, story[late:])
    keeper = ReportKeeper(database, clock=lambda: T + 4 * 3600)
    await keeper.turn()
    assert await _sums(database) == (1, 1, 1, 50_000_000, 1, 5_000_000)
    async with database.reading() as db:
        assert await db.scalar(text("SELECT count(*) FROM report_marks")) == 0


async def test_a_queue_s_new_threshold_changes_nothing_of_the_past(database: Database) -> None:
    begin = int(T) - int(T) % 3600
    await Day(begin, begin + 3600, calls=40).write(database)
    await ReportKeeper(database, clock=lambda: begin + 7200.0).turn()
    before = await _sums(database)
    async with database.engine.begin() as connection:
        await connection.execute(update(Queue).values(short_abandon=60.0, service_level=1.0))
    async with database.engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO report_marks (hour) VALUES (:hour)"), {"hour": begin // 3600}
        )
    await ReportKeeper(database, clock=lambda: begin + 7200.0).turn()
    assert await _sums(database) == before
