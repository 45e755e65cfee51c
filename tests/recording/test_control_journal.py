"""What is written down of pauses while nothing can be done, or nothing can be written."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from callcenter.store.audit import Audited, AuditRow
from callcenter.store.database import Database
from recording import spans
from recording.control_journal import Journal
from recording.spans import Reason
from tests.recording.control_room import CALL, RECORDED, Room, begun


def entry(number: int) -> Audited:
    return Audited(float(number), None, "recording.resume", f"interaction/{number}", None, {})


async def written(database: Database) -> list[tuple[str, str]]:
    async with database.reading() as session:
        rows = await session.execute(select(AuditRow.action, AuditRow.object).order_by(AuditRow.id))
        return [(action, target) for action, target in rows]


async def test_a_recording_that_does_not_go_on_is_written_down_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spans, "AGAIN", 0.01)
    room = Room(database=database)
    room.hear(begun(), *RECORDED)
    room.control.apply(room.control.opened(CALL), spans.Asked(Reason.AGENT, 0.1))
    await room.until(lambda: room.shown.phase == "paused")
    room.wire.refuses = True
    await room.until(lambda: room.wire.sent.count(("MixMonitorMute", "0")) > 3)
    await asyncio.sleep(0)
    await room.journal.finish()
    actions = [action for action, _ in await written(database)]
    assert actions == ["recording.resume", "recording.alarm"]


async def test_what_no_longer_fits_is_lost_from_the_oldest_on_and_the_log_says_so(
    database: Database,
) -> None:
    journal = Journal(database, most=3)
    with capture_logs() as logs:
        for number in range(5):
            journal.audit(entry(number))
        await journal.finish()
        journal.audit(entry(5))
        await journal.finish()
    told = [{key: one[key] for key in one if key != "log_level"} for one in logs]
    assert told == [
        {"event": "recording_spans_overflow", "waiting": 3},
        {"event": "recording_spans_lost", "entries": 2},
    ]
    assert [target for _, target in await written(database)] == [
        *(f"interaction/{number}" for number in (2, 3, 4, 5)),
    ]
