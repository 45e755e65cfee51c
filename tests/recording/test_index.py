"""Every recorded call finds its file, once, whatever happens to events, files and processes."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from callcenter.bus import MemoryBus, Subscription
from callcenter.events import (
    ActivityLogged,
    DomainEvent,
    EndReason,
    InteractionEnded,
    InteractionsMerged,
    RecordingIndexed,
    RecordingStarted,
    RecordingStopped,
)
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Leg, Segment
from recording.access import Action, log_access, playable, recordings_of
from recording.files import Folder
from recording.index import Pace, RecordingIndex
from recording.queries import table_of
from recording.tables import Recording, RecordingAccess
from routing.tables import Agent, AgentInterface
from tests.recording.conftest import NOW, Put, write_wave

CALL, LEG = "a" * 32, "b" * 32
PBX = "/var/spool/asterisk/monitor"
ON: dict[str, Any] = {"pbx": "main", "interaction": CALL}
STARTED = RecordingStarted(at=NOW, **ON, file=f"{PBX}/2026/x.wav", channel="PJSIP/trunk-1", leg=LEG)
STOPPED = RecordingStopped(at=NOW + 2, **ON, channel="PJSIP/trunk-1", leg=LEG)
ENDED = InteractionEnded(
    at=NOW + 3, **ON, reason=EndReason.COMPLETED, by=None, cause=16, answered=True
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "monitor"
    path.mkdir()
    return Folder(path, PBX)


class Running:
    """An index at work."""

    def __init__(self, bus: MemoryBus, database: Database, index: RecordingIndex) -> None:
        self.bus = bus
        self.index = index
        self._database = database
        self.told: Subscription = bus.subscribe("test", types=[RecordingIndexed])

    def publish(self, *events: DomainEvent) -> None:
        for event in events:
            self.bus.publish(event)

    async def rows(self) -> list[Any]:
        async with self._database.reading() as session:
            return list(await session.execute(select(table_of(Recording))))

    async def until(self, true: Callable[[list[Any]], bool]) -> list[Any]:
        for _ in range(300):
            if true(rows := await self.rows()):
                return rows
            await asyncio.sleep(0.05)
        raise AssertionError(f"it did not come to it: {rows}")


@asynccontextmanager
async def running(
    database: Database, folder: Folder, tmp_path: Path, clock: Callable[[], float] = time.time
) -> AsyncIterator[Running]:
    bus = MemoryBus(tmp_path / "spill")
    pace = Pace(look=0.05, scan=0.2, settled=0.2)
    index = RecordingIndex(bus, database, folder, pace=pace, clock=clock)
    work = Running(bus, database, index)
    task = asyncio.create_task(index.run())
    yield work
    bus.finish()
    await asyncio.wait_for(task, 10)
    await bus.close()


def settled(rows: list[Any]) -> bool:
    return bool(rows) and all(row.status != "pending" for row in rows)


async def _agent(put: Put, id_: int, interface: str) -> None:
    await put(Agent, id=id_, name=f"agent {id_}")
    await put(AgentInterface, pbx="main", interface=interface, agent_id=id_)


async def _talk(put: Put, interface: str) -> None:
    part = {"interaction_id": CALL, "kind": "talk", "leg_id": LEG, "interface": "PJSIP/trunk"}
    await put(Segment, id="t" * 32, other_interface=interface, started_at=NOW, **part)


async def test_a_recorded_call_can_be_heard(
    database: Database, folder: Folder, tmp_path: Path, put: Put
) -> None:
    await _agent(put, 7, "PJSIP/1001")
    await _agent(put, 8, "PJSIP/1002")
    await put(Interaction, id=CALL, pbx="main", customer_id=42, end_reason="completed")
    await _talk(put, "PJSIP/1001")
    write_wave(folder.path / "2026" / "x.wav", 2)
    async with running(database, folder, tmp_path) as work:
        work.publish(STARTED, STOPPED, ENDED)
        (row,) = await work.until(settled)
        ((_, told),) = await asyncio.wait_for(anext(aiter(work.told)), 5)
    assert (row.status, row.file, row.seconds) == ("ready", "2026/x.wav", 2.0)
    assert (row.agent_id, row.customer_id, row.leg_id) == (7, 42, LEG)
    assert (row.channels, row.codec, row.size, row.problem) == (1, "pcm_s16le", 32_044, None)
    assert isinstance(told, RecordingIndexed)
    assert (told.recording, told.interaction, told.seconds) == (row.id, CALL, 2.0)
    async with database.session() as session:
        mine = await playable(session, row.id, agent=7, everything=False)
        assert (mine.file, len(mine.peaks), max(mine.peaks)) == ("2026/x.wav", 1_600, 31)
        for agent in (8, None):
            with pytest.raises(Exception, match="no such recording"):
                await playable(session, row.id, agent=agent, everything=False)
            assert await recordings_of(session, CALL, agent=agent, everything=False) == []
        (view,) = await recordings_of(session, CALL, agent=None, everything=True)
        assert view == mine.recording
        await log_access(session, row.id, user=None, action=Action.LISTEN, now=NOW)
        (heard,) = await session.execute(select(table_of(RecordingAccess)))
        assert (heard.recording_id, heard.action, heard.at) == (row.id, "listen", NOW)


async def test_the_same_story_twice_gives_the_same_rows(
    database: Database, folder: Folder, tmp_path: Path
) -> None:
    write_wave(folder.path / "2026" / "x.wav", 1)
    story = (STARTED, STOPPED, ENDED)
    async with running(database, folder, tmp_path) as work:
        work.publish(*story)
        once = await work.until(settled)
        work.publish(*story, *story)
        await asyncio.sleep(0.3)
        assert await work.rows() == once
    async with running(database, folder, tmp_path) as work:
        work.publish(*story)
        await asyncio.sleep(0.3)
        assert await work.rows() == once


async def test_a_file_is_not_read_while_it_grows(
    database: Database, folder: Folder, tmp_path: Path
) -> None:
    path = write_wave(folder.path / "2026" / "x.wav", 1)
    async with running(database, folder, tmp_path) as work:
        work.publish(STARTED)
        await asyncio.sleep(0.3)
        assert [row.status for row in await work.rows()] == ["pending"], "the call goes on"
        work.publish(ENDED)  # a hang-up: no RecordingStopped
        for seconds in range(2, 8):
            write_wave(path, seconds)
            await asyncio.sleep(0.03)
        (row,) = await work.until(settled)
    assert (row.status, row.seconds) == ("ready", 7.0)


HEADER = (
    b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\0\0\0"
)


@pytest.mark.parametrize(
    "case",
    [
        (b"", "missing", "empty file"),
        (b"junk" * 99, "missing", "not readable"),
        (None, "silent", None),
        (HEADER, "silent", None),  # the caller left before anybody answered
    ],
)
async def test_files_with_nothing_to_hear(
    database: Database,
    folder: Folder,
    tmp_path: Path,
    case: tuple[bytes | None, str, str | None],
) -> None:
    content, status, problem = case
    path = write_wave(folder.path / "2026" / "x.wav", 1, level=0)
    if content is not None:
        path.write_bytes(content)
    async with running(database, folder, tmp_path) as work:
        work.publish(STARTED, ENDED)
        (row,) = await work.until(settled)
        assert work.told.depth == 0
    assert row.status == status
    assert (problem or "") in (row.problem or "")


async def test_a_file_that_never_comes_is_missing(
    database: Database, folder: Folder, tmp_path: Path
) -> None:
    late = [NOW + 10]
    async with running(database, folder, tmp_path, clock=lambda: late[0]) as work:
        work.publish(STARTED, ENDED)
        await work.until(lambda rows: bool(rows) and rows[0].stopped_at is not None)
        await asyncio.sleep(0.2)
        assert [row.status for row in await work.rows()] == ["pending"]
        late[0] += 700
        (row,) = await work.until(settled)
    assert (row.status, row.problem) == ("missing", "no file came")


async def test_hostile_names_never_leave_the_folder(
    database: Database, folder: Folder, tmp_path: Path
) -> None:
    write_wave(tmp_path / "secret.wav", 1)
    (folder.path / "link.wav").symlink_to(tmp_path / "secret.wav")
    names = ["../secret.wav", "/etc/passwd", "a\x00.wav", f"{PBX}/../secret.wav", "link.wav"]
    late = [NOW + 10]
    async with running(database, folder, tmp_path, clock=lambda: late[0]) as work:
        for name in names:
            work.publish(
                RecordingStarted(at=NOW, **ON, file=name, channel="PJSIP/trunk-1", leg=LEG)
            )
        work.publish(ENDED)
        await work.until(lambda rows: len(rows) == len(names))
        late[0] += 700
        rows = await work.until(settled)
    assert {row.status for row in rows} == {"missing"}
    assert {row.seconds for row in rows} == {None}


async def test_merges_and_customers_are_followed(
    database: Database, folder: Folder, tmp_path: Path
) -> None:
    write_wave(folder.path / "2026" / "x.wav", 1)
    target = "c" * 32
    async with running(database, folder, tmp_path) as work:
        work.publish(
            STARTED,
            InteractionsMerged(at=NOW, pbx="main", interaction=target, merged=CALL),
            ActivityLogged(at=NOW, pbx="main", interaction=target, activity="1", customer="5"),
            InteractionEnded(
                at=NOW + 3,
                pbx="main",
                interaction=target,
                reason=EndReason.COMPLETED,
                by=None,
                cause=16,
                answered=True,
            ),
        )
        (row,) = await work.until(settled)
    assert (row.interaction_id, row.customer_id, row.status) == (target, 5, "ready")


async def test_a_scan_takes_up_what_no_event_told_of(
    database: Database, folder: Folder, tmp_path: Path, put: Put
) -> None:
    call = {"pbx": "main", "end_reason": "completed", "started_at": NOW}
    await put(Interaction, id=CALL, **call)
    leg = {"pbx": "main", "boot": "1", "uniqueid": "1767225600.17", "interface": "PJSIP/trunk"}
    await put(Leg, id=LEG, interaction_id=CALL, channel="PJSIP/trunk-1", **leg)
    row = {"pbx": "main", "interaction_id": CALL, "file": "half.wav", "status": "pending"}
    await put(Recording, id="d" * 32, leg_id=LEG, **row)  # its end was missed
    for name in ("in-400-1767225600.17.wav", "half.wav", "stray.wav", "in-1767225600.99.wav"):
        path = write_wave(folder.path / name, 1)
        os.utime(path, (time.time() - 60, time.time() - 60))
    async with running(database, folder, tmp_path) as work:
        rows = await work.until(lambda rows: len(rows) == 2 and settled(rows))
        await work.until(lambda _: work.index.orphans == 2)
    by_file = {row.file: row for row in rows}
    assert {row.status for row in rows} == {"ready"}
    adopted = by_file["in-400-1767225600.17.wav"]
    assert (adopted.interaction_id, adopted.leg_id, adopted.pbx) == (CALL, LEG, "main")
    assert adopted.started_at == pytest.approx(time.time() - 61, abs=15)
