"""Recorded calls of a real PBX become whole rows, and the same rows when told again."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.ami.protocol import AmiParser
from callcenter.calls.tracker import Tracker
from callcenter.events import DomainEvent
from callcenter.health import State
from callcenter.store.database import Database
from tests.store.test_writer import rows, tell

TRACES = sorted(Path(__file__).parents[1].glob("traces/*/ami.txt"))


def events_of(trace: Path) -> list[DomainEvent]:
    parser, tracker = AmiParser(), Tracker("main", "boot")
    told = [
        event
        for message in parser.feed(trace.read_bytes(), None)
        for event in tracker.feed(message)
    ]
    return [*told, *tracker.finish()]


@pytest.mark.parametrize("trace", TRACES, ids=lambda path: path.parent.name)
async def test_a_recorded_call_is_written_whole_and_once(
    sqlite_url: str, tmp_path: Path, trace: Path
) -> None:
    events = events_of(trace)
    database = Database(sqlite_url)
    try:
        writer = await tell(database, tmp_path, events, batch=7)
        once = await rows(database)
        again = await tell(database, tmp_path, events)
        assert await rows(database) == once
    finally:
        await database.close()
    assert writer.health().state is again.health().state is State.OK
    whole = [row for row in once["interactions"] if row["merged_into"] is None]
    assert all(row["end_reason"] for row in whole)
    assert all(row["ended"] for name in ("legs", "segments") for row in once[name])
    assert all(row["result"] for row in once["offers"])


def test_there_are_recorded_calls() -> None:
    assert len(TRACES) > 20
