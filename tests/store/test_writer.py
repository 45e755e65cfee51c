"""The rows are the story, however often and in whatever pieces it is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text

from callcenter.bus import MemoryBus
from callcenter.events import (
    CallerIdentified,
    DomainEvent,
    LegEnded,
    LinkLost,
    QueueJoined,
    TalkEnded,
    TalkStarted,
)
from callcenter.health import State
from callcenter.migrations.models import METADATA
from callcenter.store.database import Database
from callcenter.store.writer import Writer
from tests.servers import PostgresServer
from tests.store.stories import AGENT, CALLER, T, ended, gaps, leg, merged_call, queue_call, started

TOLD = ("interactions", "legs", "segments", "offers", "transfers", "gaps")
Rows = dict[str, list[dict[str, Any]]]


async def rows(database: Database) -> Rows:
    async with database.reading() as session:
        return {
            name: [
                dict(row._mapping)
                for row in await session.execute(
                    select(METADATA.tables[name]).order_by(METADATA.tables[name].c.id)
                )
            ]
            for name in TOLD
        }


async def one(database: Database, table: str) -> dict[str, Any]:
    found = (await rows(database))[table]
    assert len(found) == 1
    return found[0]


async def until(true: Callable[[], bool]) -> None:
    deadline = asyncio.get_running_loop().time() + 20
    while not true() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 - polls
        await asyncio.sleep(0.01)
    assert true()


async def tell(
    database: Database,
    folder: Path,
    events: Sequence[DomainEvent],
    batch: int = 1000,
    **options: Any,
) -> Writer:
    """Write all of it to the end, as a run of the service would."""
    async with MemoryBus(folder) as bus:
        subscription = bus.subscribe("writer", durable=True, batch=batch)
        writer = Writer(database, subscription, folder / "dead.jsonl", **options)
        for event in events:
            bus.publish(event)
        bus.finish()
        async with asyncio.timeout(15):
            await writer.run()
    return writer


async def test_a_queue_call_is_written_down(database: Database, tmp_path: Path) -> None:
    await tell(
        database, tmp_path, queue_call(), thresholds=lambda: {("main", "sales"): 20.0}
    )  # fmt: skip
    story = await rows(database)
    interaction = story["interactions"][0]
    assert interaction.items() >= {
        "id": "i1", "pbx": "main", "direction": "inbound", "caller_number": "13800138000",
        "caller_name": "王", "dialled": "4008", "started_at": T, "answered_at": T + 5,
        "ended_at": T + 60, "answered": True, "end_reason": "completed", "end_by": "caller",
        "cause": 16, "estimated": False, "incomplete": False, "adopted": False,
    }.items()  # fmt: skip
    assert [(row["id"], row["ended_at"], row["ended"]) for row in story["legs"]] == [
        ("leg1", T + 60, True),
        ("leg2", T + 60, True),
    ]
    segments = {row["id"]: row for row in story["segments"]}
    assert segments["q1"].items() >= {
        "kind": "queue", "queue": "sales", "position": 2, "threshold": 20.0, "exit": "answered",
        "seconds": 4.0, "started_at": T + 1, "ended_at": T + 5,
    }.items()  # fmt: skip
    assert segments["t1"].items() >= {
        "kind": "talk", "entry_id": "q1", "leg_id": "leg1", "other_interface": "PJSIP/1001",
        "seconds": 55.0,
    }.items()  # fmt: skip
    assert (segments["h1"]["kind"], segments["h1"]["ended_at"]) == ("hold", T + 25)
    assert (
        story["offers"][0].items() >= {"result": "answered", "rang": 3.0, "queue": "sales"}.items()
    )


@pytest.mark.parametrize("story", [queue_call, merged_call, gaps])
async def test_every_way_of_telling_gives_the_same_rows(
    database: Database, tmp_path: Path, story: Any
) -> None:
    """One by one, at once, again, and again from any point on."""
    events = story()
    await tell(database, tmp_path, events, batch=1)
    expected = await rows(database)
    assert any(expected.values())
    await tell(database, tmp_path, events)
    assert await rows(database) == expected
    for start in range(0, len(events), 3):
        await tell(database, tmp_path, events[start:], batch=4)
        assert await rows(database) == expected, f"told again from event {start} on"


@pytest.mark.parametrize("batch", [2, 5, 1000])
async def test_the_size_of_batches_makes_no_difference(
    database: Database, tmp_path: Path, batch: int
) -> None:
    await tell(database, tmp_path, merged_call(), batch=1)
    expected = await rows(database)
    async with database.session() as session:
        for table in reversed(TOLD):
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - names of ours
        await session.commit()
    await tell(database, tmp_path, merged_call(), batch=batch)
    assert await rows(database) == expected


async def test_a_merge_moves_everything_and_the_old_ids_point_on(
    database: Database, tmp_path: Path
) -> None:
    await tell(database, tmp_path, merged_call())
    story = await rows(database)
    assert {row["interaction_id"] for name in TOLD[1:5] for row in story[name]} == {"i0"}
    assert {row["id"]: row["merged_into"] for row in story["interactions"]} == {
        "i0": None, "i1": "i0", "i2": "i0",
    }  # fmt: skip
    assert story["interactions"][0]["started_at"] == T - 5
    assert story["interactions"][0]["answered_at"] == T + 5


async def test_a_call_found_again_keeps_what_was_known(database: Database, tmp_path: Path) -> None:
    await tell(database, tmp_path, queue_call()[:4])
    await tell(database, tmp_path, [started(at=T + 30, adopted=True), ended()])
    row = await one(database, "interactions")
    assert (row["started_at"], row["adopted"], row["ended_at"]) == (T, True, T + 60)


async def test_a_talk_that_outlives_the_service_has_its_length(
    database: Database, tmp_path: Path
) -> None:
    """Whoever saw it end did not see it begin; the row knows both."""
    story = queue_call()
    end = next(event for event in story if isinstance(event, TalkEnded))
    told = [*story[:11], msgspec.structs.replace(end, seconds=None)]
    for _ in range(2):
        await tell(database, tmp_path, told)
        talks = [row for row in (await rows(database))["segments"] if row["kind"] == "talk"]
        assert [row["seconds"] for row in talks] == [55.0]


async def test_a_talk_whose_end_nobody_saw_has_no_length(
    database: Database, tmp_path: Path
) -> None:
    story = queue_call()
    end = next(event for event in story if isinstance(event, TalkEnded))
    unseen = msgspec.structs.replace(end, seconds=None, estimated=True)
    for _ in range(2):
        await tell(database, tmp_path, [*story[:11], unseen])
        talks = [row for row in (await rows(database))["segments"] if row["kind"] == "talk"]
        assert [(row["ended"], row["seconds"]) for row in talks] == [(True, None)]


async def test_gaps_are_closed_and_reach_back_to_when_we_last_knew(
    database: Database, tmp_path: Path
) -> None:
    await tell(database, tmp_path, gaps())
    found = sorted((row["began_at"], row["ended_at"]) for row in (await rows(database))["gaps"])
    assert found == [(T + 100, T + 130), (T + 300, T + 500), (T + 600, None)]


async def test_an_unknown_call_is_kept_as_incomplete(database: Database, tmp_path: Path) -> None:
    await tell(database, tmp_path, [leg(AGENT, T)])
    row = await one(database, "interactions")
    assert (row["id"], row["incomplete"], row["started_at"]) == ("i1", True, None)
    assert (await one(database, "legs"))["interaction_id"] == "i1"


async def test_who_called_is_noted(database: Database, tmp_path: Path) -> None:
    card = msgspec.Raw(b'{"match":"known","e164":"+8613800138000","candidates":[]}')
    identified = CallerIdentified(
        at=T, pbx="main", interaction="i1", number="13800138000", card=card, customer="7"
    )
    await tell(database, tmp_path, [started(), identified])
    row = await one(database, "interactions")
    assert (row["caller_e164"], row["customer_id"]) == ("+8613800138000", 7)


async def test_hostile_text_is_written_as_text(database: Database, tmp_path: Path) -> None:
    nasty = msgspec.structs.replace(CALLER, name="a\x00b\ud800'; DROP TABLE legs; --")
    await tell(database, tmp_path, [leg(nasty, T)])
    assert (await one(database, "legs"))["name"] == "a\ufffdb\ufffd'; DROP TABLE legs; --"


def poison() -> list[DomainEvent]:
    return [
        LegEnded(at=T, pbx="main", interaction="i1", leg="leg1", cause=1 << 70),
        leg(msgspec.structs.replace(CALLER, leg="other-id", interface="x"), 1e30),
        QueueJoined(
            at=T,
            pbx="main",
            interaction="i1",
            entry="q9" * 40,
            queue="s",
            leg="l",
            position=1 << 70,
        ),
    ]


async def test_an_event_the_database_refuses_is_put_aside_and_the_rest_goes_on(
    database: Database, tmp_path: Path
) -> None:
    good = queue_call()
    await tell(database, tmp_path / "good", good)
    expected = await rows(database)
    wrong = TalkStarted(at=T, pbx="main", interaction="i1", talk="t9", a=CALLER, b="x")  # type: ignore[arg-type] # as a bug of ours would
    bad = [wrong, poison()[2]]
    writer = await tell(
        database, tmp_path, [*good[:5], bad[0], *good[5:9], bad[1], *good[9:]]
    )  # fmt: skip
    assert await rows(database) == expected
    letters = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_text().splitlines()]
    assert [letter["event"]["type"] for letter in letters] == ["TalkStarted", "QueueJoined"]
    assert all(letter["error"] for letter in letters)
    assert writer.health().state is State.DEGRADED
    assert "2 events refused" in writer.health().detail


@pytest.mark.parametrize("number", range(3))
async def test_each_kind_of_impossible_value_is_recognised(
    database: Database, tmp_path: Path, number: int
) -> None:
    bad = poison()[number]
    writer = await tell(database, tmp_path, [started(), bad, ended()])
    assert (await one(database, "interactions"))["ended_at"] == T + 60
    if number != 1 or database.dialect == "postgresql":  # SQLite keeps any number as a time
        assert "1 events refused" in writer.health().detail


async def test_who_must_write_along_shares_the_transaction(
    database: Database, tmp_path: Path
) -> None:
    seen: list[int] = []
    told: list[int] = []

    async def project(connection: Any, events: Sequence[DomainEvent]) -> None:
        count = (await connection.execute(text("SELECT count(*) FROM legs"))).scalar_one()
        seen.append(count)

    await tell(
        database, tmp_path, queue_call(), projections=[project],
        on_commit=[lambda events: told.append(len(events))],
    )  # fmt: skip
    assert (seen, told) == ([2], [len(queue_call())])


async def test_a_missing_table_is_waited_for_not_thrown_away(
    database: Database, tmp_path: Path
) -> None:
    async with database.session() as session:
        await session.execute(text("ALTER TABLE interactions RENAME TO hidden"))
        await session.commit()
    async with MemoryBus(tmp_path) as bus:
        states: list[bool] = []
        writer = Writer(
            database, bus.subscribe("w", durable=True), tmp_path / "dead.jsonl",
            on_state=[lambda up, _at: states.append(up)],
        )  # fmt: skip
        bus.publish(started())
        task = asyncio.create_task(writer.run())
        await until(lambda: bool(states))
        assert writer.health().state is State.DEGRADED
        async with database.session() as session:
            await session.execute(text("ALTER TABLE hidden RENAME TO interactions"))
            await session.commit()
        bus.finish()
        await asyncio.wait_for(task, 10)
    assert states == [False, True]
    assert (await one(database, "interactions"))["id"] == "i1"


@pytest.fixture
async def own_postgres() -> AsyncIterator[tuple[PostgresServer, Database]]:
    from callcenter.store.migrate import upgrade

    with PostgresServer() as server:
        await upgrade(server.url())
        database = Database(server.url())
        yield server, database
        await database.close()


@pytest.mark.postgres
async def test_nothing_is_lost_while_the_database_is_away(
    own_postgres: tuple[PostgresServer, Database], tmp_path: Path
) -> None:
    """Stopped under load, through memory, disk and a restart of ours: each row once."""
    server, database = own_postgres
    events = [started(f"i{n}", T + n) for n in range(500)]
    async with MemoryBus(tmp_path) as bus:
        subscription = bus.subscribe("writer", durable=True, maxsize=50, batch=20)
        writer = Writer(database, subscription, tmp_path / "dead.jsonl")
        task = asyncio.create_task(writer.run())
        for event in events[:100]:
            bus.publish(event)
            await asyncio.sleep(0)
        await asyncio.to_thread(server.pause, "SIGQUIT")
        for event in events[100:300]:
            bus.publish(event)
        await until(lambda: writer.health().state is not State.OK)
        assert subscription.spilled > 100
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with MemoryBus(tmp_path) as bus:
        subscription = bus.subscribe("writer", durable=True, maxsize=50, batch=20)
        writer = Writer(database, subscription, tmp_path / "dead.jsonl")
        task = asyncio.create_task(writer.run())
        for event in events[300:]:
            bus.publish(event)
        await asyncio.sleep(0.1)
        await asyncio.to_thread(server.resume)
        bus.finish()
        await asyncio.wait_for(task, 30)
    stored = (await rows(database))["interactions"]
    assert sorted(row["id"] for row in stored) == sorted(f"i{n}" for n in range(500))
    assert not (tmp_path / "dead.jsonl").exists()


async def test_what_cannot_be_kept_is_said(sqlite_url: str, tmp_path: Path) -> None:
    database = Database(sqlite_url)
    async with MemoryBus(tmp_path, spill_bytes=100) as bus:
        subscription = bus.subscribe("writer", durable=True, maxsize=1)
        writer = Writer(database, subscription, tmp_path / "dead.jsonl")
        for n in range(10):
            bus.publish(LinkLost(at=T + n, pbx="main"))
        assert subscription.missed > 0
        assert writer.health().state is State.DOWN
        assert f"{subscription.missed} events lost" in writer.health().detail
    await database.close()
