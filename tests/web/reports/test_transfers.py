"""A transfer is counted where it was made, though the same agent may get the caller again."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import insert, text

from callcenter.events import (
    DomainEvent,
    OfferResult,
    QueueExit,
    QueueJoined,
    QueueLeft,
    TalkEnded,
    TalkStarted,
    TransferKind,
    Transferred,
)
from callcenter.store import statements
from callcenter.store.database import Database
from callcenter.store.rows import changes
from routing.tables import AgentInterface
from tests.store.stories import AGENT, CALLER, T, ended, leg, queue_call
from web.reports.keeper import ReportKeeper

AGAIN = msgspec.structs.replace(AGENT, channel="PJSIP/1001-00000009", leg="leg9")


def sent_on() -> list[DomainEvent]:
    """The agent sends the caller from sales to support, and is the one who answers there."""
    c: dict[str, Any] = {"pbx": "main", "interaction": "i1"}
    return [
        *queue_call()[:11],
        TalkEnded(at=T + 20, **c, talk="t1", a=CALLER, b=AGENT, seconds=15.0),
        QueueJoined(
            at=T + 20, pbx="main", interaction="i1", entry="q2", queue="support", leg="leg1",
            position=1,
        ),
        leg(AGAIN, T + 29),
        QueueLeft(
            at=T + 30, **c, entry="q2", queue="support", exit=QueueExit.ANSWERED, waited=10.0
        ),
        TalkStarted(at=T + 30, **c, talk="t2", a=CALLER, b=AGAIN, entry="q2"),
        Transferred(
            at=T + 30, **c, transfer="x1", kind=TransferKind.BLIND, by=AGENT.channel,
            moved=CALLER.channel, to="8001", result=OfferResult.ANSWERED,
        ),
        TalkEnded(at=T + 60, **c, talk="t2", a=CALLER, b=AGAIN, seconds=30.0),
        ended(),
    ]  # fmt: skip


async def test_a_transfer_belongs_to_the_queue_whose_call_it_was(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("INSERT INTO agents (id, name) VALUES (1, 'one')"))
        phone = {"pbx": "main", "interface": AGENT.interface, "agent_id": 1}
        await connection.execute(insert(AgentInterface).values(phone))
        await statements.apply(connection, changes(sent_on()))
    await ReportKeeper(database, clock=lambda: T + 3600).turn()
    async with database.reading() as db:
        rows = await db.execute(text("SELECT queue, handled, transfers_out FROM report_queues"))
        assert {tuple(row) for row in rows} == {("sales", 1, 1), ("support", 1, 0)}
