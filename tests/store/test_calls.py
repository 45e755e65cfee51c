"""After a restart what was open is found, adopted or closed; a call's story is one question."""

from __future__ import annotations

from pathlib import Path

import pytest

from callcenter.errors import NotFound
from callcenter.events import EndReason, InteractionEnded
from callcenter.store.calls import CallMemory, last_known_at, resolve, story
from callcenter.store.database import Database
from tests.store.stories import T, ended, gaps, merged_call, queue_call, started
from tests.store.test_writer import rows, tell

LOST = InteractionEnded(
    at=T + 99, pbx="main", interaction="i1", reason=EndReason.LOST, by=None, cause=None,
    answered=False, estimated=True, incomplete=True,
)  # fmt: skip


async def test_channels_of_this_run_of_the_pbx_find_their_calls(
    database: Database, tmp_path: Path
) -> None:
    await tell(database, tmp_path, queue_call()[:12])
    memory = CallMemory(database)
    assert await memory.known("main", "b1") == {"u-leg1": "i1", "u-leg2": "i1"}
    assert await memory.known("main", "b2") == {}
    assert await memory.known("other", "b1") == {}
    assert await memory.open_interactions("main") == ["i1"]


async def test_a_call_that_is_over_is_not_open(database: Database, tmp_path: Path) -> None:
    await tell(database, tmp_path, merged_call())
    memory = CallMemory(database)
    assert await memory.open_interactions("main") == []
    assert await memory.known("main", "b1") == {}


async def test_with_a_lost_call_everything_of_it_ends(database: Database, tmp_path: Path) -> None:
    await tell(database, tmp_path, queue_call()[:12])  # talking, on hold
    await tell(database, tmp_path, [LOST])
    told = await rows(database)
    assert told["interactions"][0].items() >= {
        "end_reason": "lost", "ended_at": T + 99, "estimated": True, "answered": True,
    }.items()  # fmt: skip
    assert {(row["ended"], row["estimated"]) for row in told["legs"]} == {(True, True)}
    assert {row["ended"] for row in told["segments"]} == {True}
    assert {row["id"]: row["ended_at"] for row in told["segments"]} == {
        "q1": T + 5, "t1": T + 99, "h1": T + 99,
    }  # fmt: skip


async def test_a_caller_lost_in_a_queue_leaves_it_as_lost(
    database: Database, tmp_path: Path
) -> None:
    await tell(database, tmp_path, [*queue_call()[:6], LOST])  # waiting, one agent rung
    told = await rows(database)
    assert told["segments"][0]["exit"] == "lost"
    assert told["offers"][0]["result"] == "failed"


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
    await tell(database, tmp_path, [started(), ended(at=T + 77)])
    async with database.reading() as session:
        assert await last_known_at(session, "main") == T + 77
    await tell(database, tmp_path, gaps())
    async with database.reading() as session:  # the last loss was seen, so we were there
        assert await last_known_at(session, "main") == T + 600
