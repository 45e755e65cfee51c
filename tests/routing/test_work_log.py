"""What is owed to callers, as the story leaves it in the database; on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from callcenter import events as ev
from callcenter.migrations.models import METADATA
from callcenter.store.database import Database
from routing.outcome_queries import decisions_of
from routing.tables import Queue
from tests.routing.stories import (
    E164,
    T,
    answered,
    asks_for_callback,
    began,
    called_back,
    ended,
    missed,
    tell,
)


async def rows(database: Database, table: str) -> list[dict[str, Any]]:
    rows_of = METADATA.tables[table]
    async with database.reading() as session:
        found = await session.execute(select(rows_of).order_by(rows_of.c[0]))
        return [dict(row._mapping) for row in found]


async def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    names = ("missed_work", "missed_tries", "callbacks", "callback_attempts", "decisions")
    return {name: await rows(database, name) for name in (*names, "satisfaction")}


async def test_an_abandoned_call_is_owed_a_call(database: Database, tmp_path: Path) -> None:
    (told,) = await tell(database, tmp_path, missed("i1"))
    (work,) = await rows(database, "missed_work")
    assert (work["contact"], work["number"], work["queue"]) == (E164, "13800138000", "sales")
    assert (work["kind"], work["tries"], work["short"]) == ("abandoned", 1, False)
    assert (work["first_at"], work["last_at"], work["done_at"]) == (T + 30, T + 30, None)
    assert told == ev.WorkChanged(
        at=T + 30, kind="missed", work=work["id"], state="open", queue="sales", since=T + 30
    )


async def test_further_tries_of_the_same_number_are_one_row(
    database: Database, tmp_path: Path
) -> None:
    story = [
        *missed("i1", waited=3),
        *missed("i2", T + 100, number="+86 138 0013 8000", queue="support"),
        *missed("i3", T + 200, number="13900139000"),
    ]
    await tell(database, tmp_path, story)
    first, other = await rows(database, "missed_work")
    assert (first["tries"], first["queue"], first["short"]) == (2, "support", False)
    assert (first["first_at"], first["last_at"]) == (T + 3, T + 130)
    assert first["interaction_id"] == "i2"
    assert other["tries"] == 1
    assert len(await rows(database, "missed_tries")) == 3


async def test_withheld_numbers_are_never_put_together(database: Database, tmp_path: Path) -> None:
    story = [*missed("i1", number="anonymous"), *missed("i2", T + 100, number=None)]
    await tell(database, tmp_path, story)
    assert [one["contact"] for one in await rows(database, "missed_work")] == [None, None]


async def test_the_threshold_of_the_queue_says_what_is_short(
    database: Database, tmp_path: Path
) -> None:
    async with database.session() as session:
        await session.execute(insert(Queue).values(pbx="main", name="sales", short_abandon=40.0))
        await session.commit()
    await tell(database, tmp_path, [*missed("i1"), *missed("i2", number="1", queue="other")])
    assert [one["short"] for one in await rows(database, "missed_work")] == [True, False]


@pytest.mark.parametrize("reach", [answered, called_back])
async def test_a_later_answered_call_closes_it(
    database: Database, tmp_path: Path, reach: Any
) -> None:
    told = await tell(database, tmp_path, [*missed("i1"), *reach("i2", T + 100)])
    (work,) = await rows(database, "missed_work")
    assert (work["done_at"], work["reason"], work["closed_by"]) == (T + 100, "answered", "i2")
    assert [one.state for one in told if isinstance(one, ev.WorkChanged)] == ["open", "done"]


async def test_a_miss_after_that_is_a_new_row(database: Database, tmp_path: Path) -> None:
    story = [*missed("i1"), *answered("i2", T + 100), *missed("i3", T + 300)]
    await tell(database, tmp_path, story)
    assert [(one["done_at"], one["tries"]) for one in await rows(database, "missed_work")] == [
        (T + 100, 1),
        (None, 1),
    ]


async def test_an_earlier_conversation_closes_nothing(database: Database, tmp_path: Path) -> None:
    await tell(database, tmp_path, [*missed("i1", T), *answered("i2", T - 100)])
    assert [one["done_at"] for one in await rows(database, "missed_work")] == [None]


async def test_a_blocked_caller_is_owed_nothing(database: Database, tmp_path: Path) -> None:
    refused = ev.Decision(T, "block_list", "refused", "listed", {"pattern": "138*"})
    passed = ev.Decision(T, "block_list", "passed", "not_listed")
    for id_, decision in (("i1", refused), ("i2", passed)):
        told = ev.RoutingDecided(at=T, pbx="main", interaction=id_, decisions=[decision])
        await tell(database, tmp_path, [began(id_, T), told, ended(id_, T + 1, by="pbx")])
    assert [one["interaction_id"] for one in await rows(database, "missed_work")] == ["i2"]


@pytest.mark.parametrize("message_first", [True, False])
async def test_a_voicemail_is_work_whichever_is_told_first(
    database: Database, tmp_path: Path, message_first: bool
) -> None:
    *before, end = missed("i1", exit_=ev.QueueExit.TIMED_OUT)
    message = ev.VoicemailLeft(
        at=T + 29, pbx="main", interaction="i1", queue=None, file="x.wav", seconds=7.0
    )
    story = [*before, message, end] if message_first else [*before, end, message]
    await tell(database, tmp_path, story)
    (work,) = await rows(database, "missed_work")
    assert (work["kind"], work["tries"]) == ("voicemail", 1)


async def test_a_promised_callback_is_no_missed_call(database: Database, tmp_path: Path) -> None:
    (told,) = await tell(database, tmp_path, asks_for_callback("i1"))
    (callback,) = await rows(database, "callbacks")
    assert (callback["contact"], callback["queue"], callback["state"]) == (E164, "sales", "waiting")
    assert (callback["joined_at"], callback["priority"]) == (T, 5.0)
    assert await rows(database, "missed_work") == []
    assert told == ev.WorkChanged(
        at=T + 20, kind="callback", work=callback["id"], state="waiting", queue="sales", since=T
    )


async def test_asking_twice_keeps_the_older_place(database: Database, tmp_path: Path) -> None:
    story = [
        *asks_for_callback("i1"),
        *asks_for_callback("i2", T + 60),
        *asks_for_callback("i3", T + 90, queue="support"),
    ]
    await tell(database, tmp_path, story)
    found = await rows(database, "callbacks")
    assert [(one["queue"], one["joined_at"]) for one in found] == [
        ("sales", T),
        ("support", T + 90),
    ]


async def test_a_later_answered_call_keeps_the_promise(database: Database, tmp_path: Path) -> None:
    await tell(database, tmp_path, [*asks_for_callback("i1"), *answered("i2", T + 100)])
    (callback,) = await rows(database, "callbacks")
    assert (callback["state"], callback["result"], callback["closed_by"]) == (
        "done",
        "answered",
        "i2",
    )


async def test_decisions_are_kept_in_their_order(database: Database, tmp_path: Path) -> None:
    steps = [ev.Decision(T + place, f"s{place}", "passed", "x", {"n": "值"}) for place in range(3)]
    told = [
        began("i1", T),
        ev.RoutingDecided(at=T, pbx="main", interaction="i1", decisions=steps[:2]),
        began("i0", T),
        ev.RoutingDecided(at=T, pbx="main", interaction="i0", decisions=steps[2:]),
        ev.InteractionsMerged(at=T + 5, pbx="main", interaction="i1", merged="i0"),
    ]
    await tell(database, tmp_path, told)
    async with database.reading() as session:
        found = await decisions_of(session, "i1")
    assert [(one.step, one.facts) for one in found] == [(f"s{n}", {"n": "值"}) for n in range(3)]


async def test_satisfaction_is_kept_and_the_first_answer_stands(
    database: Database, tmp_path: Path
) -> None:
    given = [
        ev.SatisfactionGiven(
            at=T, pbx="main", interaction="i1", agent=3, queue="sales", score=score
        )
        for score in (9, 5, 1)
    ]
    await tell(database, tmp_path, given)
    assert [one["score"] for one in await rows(database, "satisfaction")] == [5]


@pytest.mark.parametrize("batch", [1, 3, 1000])
async def test_the_same_story_told_twice_gives_the_same_rows(
    database: Database, tmp_path: Path, batch: int
) -> None:
    decided = ev.RoutingDecided(
        at=T, pbx="main", interaction="i1", decisions=[ev.Decision(T, "queue", "chosen", "entry")]
    )
    story = [
        *missed("i1"),
        decided,
        *missed("i2", T + 50),
        *answered("i3", T + 100),
        *missed("i4", T + 300),
        *asks_for_callback("i5", T + 400),
        *asks_for_callback("i6", T + 450),
        *called_back("i7", T + 500),
        ev.SatisfactionGiven(at=T, pbx="main", interaction="i7", agent=3, queue="q", score=4),
        *missed("i8", T + 700),
    ]
    await tell(database, tmp_path, story, batch=batch)
    once = await everything(database)
    assert len(once["missed_work"]) == 3
    assert await tell(database, tmp_path, story) == []
    assert await everything(database) == once


async def test_what_cannot_be_written_holds_up_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    bad = ev.SatisfactionGiven(
        at=1e18, pbx="main", interaction="i9", agent=3, queue="sales", score=4
    )
    await tell(database, tmp_path, [*missed("i1"), bad, *missed("i2", number="13900139000")])
    assert len(await rows(database, "missed_work")) == 2
