"""A merge among twenty who write: nothing is lost and nothing is there twice."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from callcenter.errors import Conflict, InvalidInput
from callcenter.ids import new_id
from callcenter.store.database import Database, is_away
from callcenter.store.tables import Interaction
from crm.activities.service import NewNote, add_note
from crm.activities.tables import Activity
from crm.customers.queries import resolve
from crm.customers.tables import Customer, PhoneNumber
from crm.merge.service import Order, merge, undo
from crm.sql import insert_row, table_of
from crm.tickets.tables import Ticket
from tests.crm.conftest import NOW

WRITERS = 20
EACH = 15


@pytest.fixture
async def database(postgres_url: str) -> AsyncIterator[Database]:
    """As many connections as there are writers; on SQLite there is one writer at a time."""
    database = Database(postgres_url, pool_size=WRITERS + 5)
    yield database
    await database.close()


async def make(database: Database, count: int) -> list[int]:
    async with database.session() as session:
        plain = {"kind": "person", "created_at": NOW, "updated_at": NOW}
        ids = [await insert_row(session, Customer, name=f"客户{n}", **plain) for n in range(count)]
        await session.commit()
    return ids


async def merged(database: Database, target: int, source: int) -> int | None:
    """The merge, or None when somebody was faster."""
    order = Order(target=target, source=source, chosen={}, actor=None, now=NOW)
    try:
        async with database.session() as session:
            made = await merge(session, order)
            await session.commit()
            return made.id
    except (Conflict, InvalidInput):
        return None


async def write(database: Database, customers: list[int], n: int) -> list[str]:
    """Notes, numbers, calls and tickets for one of them, in the ways of the service."""
    dice = random.Random(n)  # noqa: S311 - the same story every time
    written = []
    for step in range(EACH):
        mark = f"{n}-{step}"
        await again_after_deadlock(database, customers, mark, dice)
        written.append(mark)
    return written


async def again_after_deadlock(
    database: Database, customers: list[int], mark: str, dice: random.Random
) -> None:
    """As whoever writes for the service does when the database was not to be had."""
    while True:
        try:
            await write_one(database, customers, mark, dice)
            return
        except DBAPIError as error:
            if not is_away(error):
                raise


async def write_one(
    database: Database, customers: list[int], mark: str, dice: random.Random
) -> None:
    async with database.session() as session:
        customer = await resolve(session, dice.choice(customers))
        await asyncio.sleep(dice.random() / 50)  # the merge comes in between
        note = NewNote(mark, customer=customer, key=mark)
        await add_note(session, note, author=None, now=NOW)
        await insert_row(
            session, PhoneNumber, customer_id=customer, raw=mark, e164=None, suffix=None
        )
        call = {"id": new_id(), "pbx": mark, "customer_id": customer}
        await session.execute(table_of(Interaction).insert().values(call))
        times = {"created_at": NOW, "updated_at": NOW, "status": "new", "title": mark}
        await insert_row(session, Ticket, number=mark, customer_id=customer, **times)
        await session.commit()


async def found(database: Database, customer: int) -> dict[str, Counter[str]]:
    async with database.reading() as session:
        return {
            "notes": Counter(
                await session.scalars(
                    select(Activity.text).where(
                        Activity.customer_id == customer, Activity.kind == "note"
                    )
                )
            ),
            "numbers": Counter(
                await session.scalars(
                    select(PhoneNumber.raw).where(PhoneNumber.customer_id == customer)
                )
            ),
            "calls": Counter(
                await session.scalars(
                    select(Interaction.pbx).where(Interaction.customer_id == customer)
                )
            ),
            "tickets": Counter(
                await session.scalars(select(Ticket.number).where(Ticket.customer_id == customer))
            ),
        }


async def test_whoever_writes_during_a_merge_writes_to_who_it_is_then(database: Database) -> None:
    target, source = await make(database, 2)
    writers = [write(database, [target, source], n) for n in range(WRITERS)]

    async def merge_in_the_middle() -> None:
        await asyncio.sleep(0.15)
        assert await merged(database, target, source) is not None

    *marks, _ = await asyncio.gather(*writers, merge_in_the_middle())
    all_marks = Counter(mark for each in marks if each for mark in each)
    assert len(all_marks) == WRITERS * EACH
    for kind, at_target in (await found(database, target)).items():
        assert at_target == all_marks, kind
    for kind, at_source in (await found(database, source)).items():
        assert not at_source, kind


async def test_of_merges_at_once_all_end_in_one_and_nothing_is_lost(database: Database) -> None:
    customers = await make(database, 6)
    dice = random.Random(7)  # noqa: S311 - the same story every time
    pairs = [dice.sample(customers, 2) for _ in range(WRITERS)]
    writers = [write(database, customers, n) for n in range(6)]
    merges = [merged(database, *pair) for pair in pairs]
    results = await asyncio.gather(*writers, *merges)
    made = [one for one in results if isinstance(one, int)]
    marks = Counter(mark for one in results if isinstance(one, list) for mark in one)
    async with database.reading() as session:
        left = list(
            await session.scalars(select(Customer.id).where(Customer.merged_into.is_(None)))
        )
        heads = set(
            await session.scalars(
                select(Customer.merged_into).where(Customer.merged_into.is_not(None))
            )
        )
    assert len(made) == len(customers) - len(left), "each merge made one fewer"
    assert heads <= set(left), "every chain is flat"
    for kind in ("notes", "numbers", "calls", "tickets"):
        total: Counter[str] = Counter()
        for customer in left:
            total += (await found(database, customer))[kind]
        assert total == marks, kind


async def test_two_that_are_merged_into_each_other_become_one(database: Database) -> None:
    for _ in range(5):
        one, other = await make(database, 2)
        made = await asyncio.gather(merged(database, one, other), merged(database, other, one))
        assert sum(id_ is not None for id_ in made) == 1
        async with database.reading() as session:
            assert await resolve(session, one) == await resolve(session, other)


async def test_an_undo_among_writers_loses_nothing(database: Database) -> None:
    target, source = await make(database, 2)
    first = await write(database, [source], 100)
    made = await merged(database, target, source)
    assert made is not None

    async def undo_in_the_middle() -> list[str]:
        await asyncio.sleep(0.1)
        async with database.session() as session:
            await undo(session, made, actor=None, now=NOW + 1)
            await session.commit()
        return []

    writers = [write(database, [target, source], n) for n in range(WRITERS)]
    *marks, _ = await asyncio.gather(*writers, undo_in_the_middle())
    expected = Counter([*first, *(mark for each in marks for mark in each)])
    at_target, at_source = await found(database, target), await found(database, source)
    for kind in at_target:
        assert at_target[kind] + at_source[kind] == expected, kind
        assert set(first) <= set(at_source[kind]), "what was the source's is again"


async def test_a_ticket_that_is_changed_during_a_merge_waits_for_nobody_for_ever(
    database: Database,
) -> None:
    """Who changes a ticket holds it, and then writes a line for its customer."""
    target, source = await make(database, 2)
    async with database.session() as session:
        times = {"created_at": NOW, "updated_at": NOW, "status": "new", "title": "x"}
        ticket = await insert_row(session, Ticket, number="T-1", customer_id=source, **times)
        await session.commit()

    async def change(n: int) -> None:
        tickets = table_of(Ticket)
        async with database.session() as session:
            changed = update(tickets).where(tickets.c.id == ticket).values(title=f"{n}")
            await session.execute(changed.values(version=tickets.c.version + 1))
            await asyncio.sleep(0.01)
            note = NewNote(f"{n}", customer=source, key=f"c{n}")
            await add_note(session, note, author=None, now=NOW)
            await session.commit()

    async def merge_in_the_middle() -> None:
        await asyncio.sleep(0.05)
        assert await merged(database, target, source) is not None

    await asyncio.gather(*(change(n) for n in range(WRITERS)), merge_in_the_middle())
    async with database.reading() as session:
        version = await session.scalar(select(Ticket.version).where(Ticket.id == ticket))
        notes = await session.scalar(
            select(func.count()).select_from(Activity).where(Activity.customer_id == target)
        )
    assert version == WRITERS + 1
    assert notes == WRITERS + 1, "and the line of the merge"
