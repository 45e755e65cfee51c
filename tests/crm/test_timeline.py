"""The timeline: every kind in one list, filtered, a page in one query that reads a page's rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.database import Database
from callcenter.store.paging import decode_cursor
from callcenter.store.tables import Interaction
from crm.activities.kinds import ActivityKind
from crm.activities.queries import Timeline, page_query, timeline
from crm.activities.service import NewActivity, log, log_calls, merge_calls, move_call
from crm.customers.tables import Customer
from recording.tables import Recording
from routing.work_tables import MissedTry, MissedWork, Satisfaction
from tests.crm.conftest import NOW, Put

CALL = "a" * 32
KINDS = tuple(ActivityKind)


@pytest.fixture
async def customer(put: Put) -> int:
    row = {"kind": "person", "created_at": NOW, "updated_at": NOW}
    customer: int = await put(Customer, name="张三", **row)
    return customer


async def put_call(put: Put, customer: int | None) -> None:
    row = {"pbx": "main", "direction": "inbound", "caller_number": "138", "started_at": NOW}
    row |= {"ended_at": NOW + 60, "end_reason": "completed", "answered": False}
    await put(Interaction, id=CALL, customer_id=customer, **row)


async def put_message(put: Put) -> None:
    shared = {"kind": "voicemail", "queue": "support"}
    fixed = {"pbx": "main", "first_at": NOW, "last_at": NOW, "tries": 1}
    work = await put(MissedWork, interaction_id=CALL, **shared, **fixed)
    await put(MissedTry, interaction_id=CALL, work_id=work, at=NOW + 50, **shared)


async def test_a_message_and_a_mark_stand_beside_their_call(
    database: Database, put: Put, customer: int
) -> None:
    await put_call(put, customer)
    await put_message(put)
    await put(Satisfaction, interaction_id=CALL, score=4, queue="support", at=NOW + 58)
    sound = {"status": "ready", "seconds": 8.0, "started_at": NOW + 50}
    await put(Recording, id="r" * 32, pbx="main", interaction_id=CALL, **sound)
    async with database.session() as session:
        for _ in range(2):  # a story told twice changes nothing
            await log_calls(session, [CALL])
        page = await timeline(session, customer)
        assert [(one.kind, one.result, one.at) for one in page.items] == [
            ("satisfaction", "4", NOW + 58),
            ("voicemail", None, NOW + 50),
            ("call", "no_answer", NOW),
        ]
        assert [len(one.recordings) for one in page.items] == [0, 1, 1]


async def test_they_go_where_the_call_goes(database: Database, put: Put, customer: int) -> None:
    other = await put(Customer, name="李四", kind="person", created_at=NOW, updated_at=NOW)
    await put_call(put, customer)
    await put_message(put)
    async with database.session() as session:
        await log_calls(session, [CALL])
        task = NewActivity(
            kind=ActivityKind.TASK,
            source="task:1:1",
            at=NOW,
            summary="x",
            customer=customer,
            interaction=CALL,
        )
        await log(session, task)
        await move_call(session, CALL, other)
        assert [one.kind for one in (await timeline(session, other)).items] == ["voicemail", "call"]
        assert [one.kind for one in (await timeline(session, customer)).items] == ["task"]
        await merge_calls(session, "b" * 32, CALL)
        assert (await timeline(session, other)).items == [], "the other call tells it all"


async def test_what_is_logged_twice_is_there_once(database: Database, customer: int) -> None:
    one = NewActivity(
        kind=ActivityKind.MERGE, source="merge:1", at=NOW, summary=" a\n b ", customer=customer
    )
    async with database.session() as session:
        (first,) = await log(session, one)
        assert await log(session, one) == []
        assert await log(session) == []
        (item,) = (await timeline(session, customer)).items
    assert (item.id, item.summary, item.kind) == (first, "a b", "merge")


@pytest.mark.parametrize(
    "kinds", [(), ("note",), ("call", "note", "ticket"), ("merge", "call"), tuple(KINDS)]
)
async def test_pages_by_kind_hold_everything_once_newest_first(
    database: Database, customer: int, kinds: tuple[str, ...]
) -> None:
    wanted = [ActivityKind(kind) for kind in kinds]
    async with database.session() as session:
        await log(session, *_lines(customer, 80))
        await session.commit()
        seen = await _all(session, customer, wanted)
    expected = [one for one in _lines(customer, 80) if not wanted or one.kind in wanted]
    expected.sort(key=lambda one: one.at, reverse=True)
    assert [at for at, _ in seen] == [one.at for one in expected]
    assert sorted(name for _, name in seen) == sorted(one.summary for one in expected)


def _lines(customer: int, count: int) -> list[NewActivity]:
    return [
        NewActivity(
            kind=KINDS[n % len(KINDS)],
            source=f"s:{n}",
            at=NOW + n // 3,  # several at the same moment must not confuse the pages
            summary=str(n),
            customer=customer,
        )
        for n in range(count)
    ]


async def _all(
    session: AsyncSession, customer: int, kinds: Sequence[ActivityKind]
) -> list[tuple[float, str]]:
    seen: list[tuple[float, str]] = []
    cursor: str | None = None
    while True:
        page: Timeline = await timeline(session, customer, kinds=kinds, cursor=cursor, limit=7)
        seen += [(one.at, one.summary) for one in page.items]
        cursor = page.next
        if cursor is None:
            return seen


# --- what PostgreSQL makes of it ------------------------------------------------------------------

CROWD = """
INSERT INTO customers (id, kind, name, created_at, updated_at)
SELECT n, 'person', 'c' || n, now(), now() FROM generate_series(1, 2000) n;
INSERT INTO activities (customer_id, kind, source, at, summary)
SELECT CASE WHEN n % 2 = 0 THEN 7 ELSE 1 + n % 2000 END,
       CASE WHEN n % 5000 = 0 THEN 'merge' ELSE 'call' END, 's' || n,
       now() - n * interval '1 minute', 'x'
FROM generate_series(1, 60000) n
"""


@pytest.mark.parametrize(
    ("kinds", "later"),
    list(product([(), ("call",), ("merge",), ("call", "note", "merge")], [False, True])),
)
async def test_a_page_reads_a_pages_rows_however_many_there_are(
    postgres_url: str, kinds: tuple[str, ...], later: bool
) -> None:
    database = Database(postgres_url)
    try:
        async with database.session() as session:
            for statement in CROWD.split(";"):
                await session.execute(text(statement))
            await session.commit()
        await _vacuum(database)
        async with database.session() as session:
            wanted = [ActivityKind(kind) for kind in kinds]
            cursor = None
            if later:
                cursor = (await timeline(session, 7, kinds=wanted, limit=3)).next
            plan = await _plan(session, wanted, cursor)
    finally:
        await database.close()
    read = max(node["Actual Rows"] * node["Actual Loops"] for node in _nodes(plan))
    assert read <= 4 * 51, json.dumps(plan, indent=1)
    assert "Seq Scan" not in {
        node["Node Type"] for node in _nodes(plan) if node.get("Relation Name") == "activities"
    }


async def _vacuum(database: Database) -> None:
    """As the server does by itself: pages come out of the index alone."""
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE customers, activities"))


async def _plan(session: AsyncSession, kinds: Sequence[ActivityKind], cursor: str | None) -> Any:
    """What the question of a page really did."""
    named: dict[str, Any] = {"customer": 7, "most": 51}
    key = decode_cursor(cursor, float)
    if key is not None:
        named |= {"at": key.value, "id": key.id}
    asked = page_query(kinds, later=key is not None).params(**named)
    sql = asked.compile(
        dialect=postgresql.asyncpg.dialect(),  # type: ignore[no-untyped-call]  # without types
        compile_kwargs={"literal_binds": True},
    )
    explained = await session.execute(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}"))
    plan = explained.scalar_one()
    return (plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]


def _nodes(plan: Any) -> list[Any]:
    return [plan, *(node for part in plan.get("Plans", ()) for node in _nodes(part))]
