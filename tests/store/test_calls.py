"""After a restart what was open is found, adopted or closed; a call's story is one question."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from callcenter.errors import NotFound
from callcenter.events import DomainEvent
from callcenter.store.calls import OpenCalls, last_known_at, lost, open_calls, resolve, story
from callcenter.store.database import Database
from tests.store.stories import AGENT, T, ended, gaps, leg, merged_call, queue_call, started
from tests.store.test_writer import rows, tell


async def opened(database: Database, tmp_path: Path, events: Sequence[DomainEvent]) -> OpenCalls:
    await tell(database, tmp_path, events)
    async with database.reading() as session:
        return await open_calls(session, "main")


async def test_channels_of_this_run_of_the_pbx_find_their_calls(
    database: Database, tmp_path: Path
) -> None:
    was = await opened(database, tmp_path, queue_call()[:12])
    assert was.known("b1") == {"u-leg1": "i1", "u-leg2": "i1"}
    assert was.known("b2") == {}


async def test_a_call_that_is_over_is_not_open(database: Database, tmp_path: Path) -> None:
    was = await opened(database, tmp_path, [*queue_call(), *merged_call()])
    assert [was.interactions, was.legs, was.segments, was.offers] == [[], [], [], []]


async def test_what_the_pbx_no_longer_knows_is_closed_as_lost(
    database: Database, tmp_path: Path
) -> None:
    was = await opened(database, tmp_path, queue_call()[:12])  # talking, on hold
    await tell(database, tmp_path, lost(was, [], T + 99))
    told = await rows(database)
    assert told["interactions"][0].items() >= {
        "end_reason": "lost", "ended_at": T + 99, "estimated": True, "answered": True,
    }.items()  # fmt: skip
    assert {(row["ended"], row["estimated"]) for row in told["legs"]} == {(True, True)}
    assert {row["ended"] for row in told["segments"]} == {True}
    async with database.reading() as session:
        assert (await open_calls(session, "main")).interactions == []


async def test_a_caller_lost_in_a_queue_leaves_it_as_lost(
    database: Database, tmp_path: Path
) -> None:
    was = await opened(database, tmp_path, queue_call()[:6])  # waiting, one agent rung
    await tell(database, tmp_path, lost(was, [], T + 99))
    told = await rows(database)
    assert told["segments"][0]["exit"] == "lost"
    assert told["offers"][0]["result"] == "failed"


async def test_what_is_still_there_stays_open(database: Database, tmp_path: Path) -> None:
    was = await opened(database, tmp_path, queue_call()[:12])
    here = [started(adopted=True), leg(AGENT, T), queue_call()[10]]
    await tell(database, tmp_path, [*here, *lost(was, here, T + 99)])
    told = await rows(database)
    assert told["interactions"][0]["end_reason"] is None
    assert {row["id"]: row["ended"] for row in told["legs"]} == {"leg1": True, "leg2": False}
    assert {row["id"]: row["ended"] for row in told["segments"]} == {
        "q1": True, "t1": False, "h1": True,
    }  # fmt: skip


async def test_a_story_is_whole_and_in_order(database: Database, tmp_path: Path) -> None:
    await tell(database, tmp_path, merged_call())
    async with database.reading() as session:
        told = await story(session, "i2")
        assert (await resolve(session, "i1")).id == "i0"
    assert told.interaction.id == "i0"
    assert [row.id for row in told.legs] == ["leg1", "leg2", "leg3"]
    assert [row.id for row in told.segments] == ["q1", "t1", "t2"]
    assert [row.id for row in told.offers] == ["o1", "o2"]
    assert [row.to for row in told.transfers] == ["1002"]


async def test_an_unknown_call_is_not_found(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(NotFound, match="no interaction 'none'"):
            await story(session, "none")


async def test_when_we_last_knew(database: Database, tmp_path: Path) -> None:
    async with database.reading() as session:
        assert await last_known_at(session, "main") is None
    await tell(database, tmp_path, [started(), ended(at=T + 77), *gaps()])
    async with database.reading() as session:
        assert await last_known_at(session, "main") == T + 77
