"""The library finds what a plain look at every recording finds, in the same order, page by page."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select

from callcenter.errors import InvalidInput
from callcenter.ids import stable_id
from callcenter.store.database import Database
from callcenter.store.tables import Interaction, Segment
from recording.describing import Party, describe_all, left, stale
from recording.library import Eye, Sort, Wanted, find_recordings, noted, of_number
from recording.queries import table_of
from recording.tables import Recording, RecordingAgent, RecordingComment
from routing.tables import Agent, AgentInterface
from routing.work_tables import InteractionDisposition, Satisfaction
from tests.recording.conftest import NOW, Put

MANY = 120
EVERYTHING = Eye(everything=True)
NOTES = (None, "Refund promised", "100% 退款", "发票 a_b", None)


def rows() -> list[dict[str, Any]]:
    """Recordings with a little of everything, many of them begun in the same moment."""
    chance = random.Random(5)  # noqa: S311 - samples
    return [
        {
            "id": stable_id("library", str(n)),
            "interaction_id": None if n % 17 == 0 else stable_id("call", str(n // 2)),
            "pbx": "main",
            "started_at": NOW + chance.randrange(30) * 60,
            "seconds": float(chance.randrange(1, 20) * 30),
            "status": "silent" if n % 19 == 0 else "ready",
            "agent_id": chance.choice([None, 1, 2, 3]),
            "customer_id": chance.choice([None, 10, 11]),
            "direction": chance.choice(["inbound", "outbound"]),
            "queue": chance.choice([None, "sales", "service"]),
            "party": chance.choice([None, "+8613800138000", "+8613800138001", "8000"]),
            "disposition": chance.choice([None, "sold", "lost"]),
            "satisfaction": chance.choice([None, 1, 5]),
            "notes": chance.choice(NOTES),
            "described": True,
        }
        for n in range(MANY)
    ]


def spoke(all_: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whoever is first, and agent 3 in every fifth call besides."""
    found = []
    for n, row in enumerate(all_):
        for agent in {row["agent_id"], 3 if n % 5 == 0 else None} - {None}:
            key = {"agent_id": agent, "recording_id": row["id"]}
            found.append({**key, "started_at": row["started_at"], "seconds": row["seconds"]})
    return found


@pytest.fixture
async def shelf(database: Database) -> list[dict[str, Any]]:
    all_ = rows()
    for row in all_:
        row["suffix"] = row["party"][-8:] if row["party"] and len(row["party"]) > 8 else None
    speakers = spoke(all_)
    async with database.session() as session:
        await session.execute(insert(table_of(Recording)), all_)
        await session.execute(insert(table_of(RecordingAgent)), speakers)
        await session.commit()
    for row in all_:
        row["spoke"] = {one["agent_id"] for one in speakers if one["recording_id"] == row["id"]}
    return all_


def naive(all_: list[dict[str, Any]], wanted: dict[str, Any], eye: Eye) -> Iterator[dict[str, Any]]:
    """One recording after the other."""
    for row in all_:
        kept = (
            row["status"] == wanted.get("status", "ready")
            and (eye.everything or row["spoke"] & set(eye.agents))
            and wanted.get("begin", 0) <= row["started_at"] < wanted.get("end", 1e11)
            and wanted.get("shortest", 0) <= row["seconds"] <= wanted.get("longest", 1e9)
            and ("agent" not in wanted or wanted["agent"] in row["spoke"])
            and ("customer" not in wanted or wanted["customer"] == row["customer_id"])
            and (not wanted.get("unmatched") or row["interaction_id"] is None)
        )
        for field, name in (
            ("queues", "queue"),
            ("directions", "direction"),
            ("dispositions", "disposition"),
            ("satisfaction", "satisfaction"),
        ):
            kept = kept and (field not in wanted or row[name] in wanted[field])
        if kept:
            yield row


def questions() -> Iterator[tuple[dict[str, Any], Eye, Sort]]:
    chance = random.Random(7)  # noqa: S311 - samples
    choices: dict[str, tuple[Any, ...]] = {
        "status": ("ready", "silent"),
        "begin": (NOW + 300, NOW + 1_200),
        "end": (NOW + 900, NOW + 1_500),
        "shortest": (60.0, 300.0),
        "longest": (240.0, 400.0),
        "agent": (1, 3, 9),
        "customer": (10, 12),
        "queues": (["sales"], ["sales", "service"]),
        "directions": (["outbound"], ["inbound", "outbound"]),
        "dispositions": (["sold"],),
        "satisfaction": ([1], [1, 5]),
        "unmatched": (True,),
    }
    eyes = (EVERYTHING, Eye(False, (1,)), Eye(False, (2, 3)), Eye(False, ()))
    sorts: tuple[Sort, ...] = ("-started", "started", "-seconds", "seconds")
    for n in range(60):
        names = chance.sample(sorted(choices), chance.randrange(4))
        wanted = {name: chance.choice(choices[name]) for name in names}
        yield wanted, eyes[n % 4], sorts[(n // 4) % 4]


async def test_it_finds_what_is_there(database: Database, shelf: list[dict[str, Any]]) -> None:
    for wanted, eye, sort in questions():
        key = "seconds" if "seconds" in sort else "started_at"
        theirs = sorted(
            naive(shelf, wanted, eye),
            key=lambda row: (row[key], row["id"]),
            reverse=sort.startswith("-"),
        )
        mine, cursor = [], None
        async with database.reading() as session:
            while True:
                page = await find_recordings(
                    session, Wanted(**wanted), eye=eye, sort=sort, cursor=cursor, limit=7
                )
                mine += page.items
                cursor = page.next
                if cursor is None:
                    break
        assert [row.id for row in mine] == [row["id"] for row in theirs], (wanted, eye, sort)


async def test_numbers_and_words(database: Database, shelf: list[dict[str, Any]]) -> None:
    async with database.reading() as session:
        dialect = session.get_bind().dialect.name

        async def found(*either: Any) -> set[str]:
            page = await find_recordings(session, Wanted(either=either), eye=EVERYTHING, limit=200)
            return {row.id for row in page.items}

        def having(**values: Any) -> set[str]:
            ready = [row for row in shelf if row["status"] == "ready"]
            return {row["id"] for row in ready if any(row[name] == v for name, v in values.items())}

        assert await found(of_number("+8613800138000", ["00138000"])) == having(
            party="+8613800138000"
        )
        assert await found(of_number("8000", [])) == having(party="8000")
        assert await found(noted(dialect, "REFUND")) == having(notes="Refund promised")
        assert await found(noted(dialect, "退款")) == having(notes="100% 退款")
        assert await found(noted(dialect, "0%")) == having(notes="100% 退款")
        assert await found(noted(dialect, "a_b")) == having(notes="发票 a_b")
        both = having(notes="发票 a_b", party="8000")
        assert await found(noted(dialect, "发票"), of_number("8000", [])) == both


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0", "bnVsbA"])
async def test_a_cursor_that_is_none_is_refused(sqlite_url: str, cursor: str) -> None:
    database = Database(sqlite_url)
    async with database.reading() as session:
        with pytest.raises(InvalidInput) as caught:
            await find_recordings(session, Wanted(), eye=EVERYTHING, cursor=cursor)
    assert caught.value.field == "cursor"
    await database.close()


async def test_what_is_said_of_a_call_is_found(database: Database, put: Put) -> None:
    call, leg, id_ = "c" * 32, "b" * 32, "d" * 32
    for agent, phone in ((7, "PJSIP/1001"), (8, "PJSIP/1002")):
        await put(Agent, id=agent, name=f"agent {agent}")
        await put(AgentInterface, pbx="main", interface=phone, agent_id=agent)
    inbound = {"direction": "inbound", "caller_number": "13800138000", "customer_id": 42}
    await put(Interaction, id=call, pbx="main", **inbound, dialled="4000")
    part = {"interaction_id": call, "leg_id": leg, "interface": "PJSIP/trunk"}
    await put(Segment, id="q" * 32, kind="queue", queue="sales", started_at=NOW, **part)
    spoke = {"kind": "talk", "entry_id": "q" * 32, "started_at": NOW + 5}
    await put(Segment, id="t" * 32, other_interface="PJSIP/1002", **spoke, **part)
    await put(Recording, id=id_, interaction_id=call, leg_id=leg, pbx="main", status="ready",
              started_at=NOW, seconds=9.0)  # fmt: skip
    await put(InteractionDisposition, interaction_id=call, agent_id=8, disposition="sold",
              note="paid", at=NOW)  # fmt: skip
    await put(Satisfaction, interaction_id=call, score=5, at=NOW)
    await put(RecordingComment, recording_id=id_, at=1.0, text="well done", created_at=NOW)

    def read(number: str | None, interface: str | None) -> Party:
        assert interface != "x"
        return Party(f"+86{number}", (number or "")[-8:])

    async with database.session() as session:
        assert await left(session) == [id_]
        await describe_all(session, [id_], read)
        await describe_all(session, [id_], read)  # a repeat writes the same
        assert await left(session) == []
        page = await find_recordings(
            session, Wanted(agent=8, queues=["sales"], satisfaction=[5]), eye=Eye(False, (8,))
        )
        (row,) = page.items
        assert (row.agent, row.agent_name, row.customer, row.queue) == (8, "agent 8", 42, "sales")
        assert (row.number, row.disposition, row.comments) == ("13800138000", "sold", 1)
        found = (await session.execute(select(table_of(Recording)))).one()
        assert (found.party, found.suffix) == ("+8613800138000", "00138000")
        assert found.notes == "paid\nwell done"
        await stale(session, interaction=call)
        assert await left(session) == [id_]
