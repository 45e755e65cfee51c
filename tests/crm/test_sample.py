"""Sample customers are what the rest of the room would have written itself."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import func, select, text

from callcenter.store.database import Database
from crm import sample
from crm.activities.tables import Activity
from crm.customers.lists import list_customers
from crm.customers.queries import get_customer
from crm.customers.service import CustomerPatch, NewAddress, NewEmail, patch_customer
from crm.customers.tables import Customer, PhoneNumber
from crm.dictionary.rules import DictionaryKind
from crm.dictionary.service import list_entries
from crm.numbers import read_number
from crm.sample import fill, mobile_of
from crm.tasks.service import TaskFilter, list_tasks
from crm.tickets.tables import Ticket
from tests.crm.conftest import NOW, Put


async def test_every_number_has_the_key_that_reading_it_gives(database: Database) -> None:
    await fill(database, 150, now=NOW)
    async with database.reading() as session:
        rows = (await session.scalars(select(PhoneNumber))).all()
    assert len(rows) > 150
    for row in rows:
        key = read_number(row.raw)
        assert (row.e164, row.suffix) == (key.e164, key.suffix)


async def test_what_is_filled_in_reads_like_a_company(database: Database, put_user: Put) -> None:
    owners = [await put_user("王磊"), await put_user("Sarah"), None]
    await fill(database, 120, now=NOW, owners=owners)
    async with database.reading() as session:
        pages = await list_customers(session, limit=200)
        views = [await get_customer(session, row.id) for row in pages.items[:40]]
        tasks = await list_tasks(session, TaskFilter("all"))
        words = {
            kind: {entry.value for entry in await list_entries(session, kind)}
            for kind in (DictionaryKind.LEVEL, DictionaryKind.TYPE, DictionaryKind.SOURCE)
        }
    assert {view.language for view in views} == {"zh", "en"}
    assert {view.level for view in views} <= words[DictionaryKind.LEVEL] | {None}
    assert {view.type for view in views} <= words[DictionaryKind.TYPE] | {None}
    assert {view.source for view in views} <= words[DictionaryKind.SOURCE] | {None}
    assert {view.owner for view in views} == {"王磊", "Sarah", None}
    for part in ("contacts", "numbers", "emails", "addresses", "tags", "custom", "notes"):
        assert any(getattr(view, part) for view in views), part
    assert {task.done_at is None for task in tasks.items} == {True, False}


async def test_what_is_filled_in_could_have_been_typed(database: Database) -> None:
    await fill(database, 40, now=NOW)
    async with database.session() as session:
        page = await list_customers(session, limit=200)
        for row in page.items:
            view = await get_customer(session, row.id)
            sent = {name: getattr(view, name) for name in ("name", "level", "type", "source")}
            lists: dict[str, Any] = {
                "addresses": [NewAddress(**structs.asdict(one)) for one in view.addresses],
                "emails": [NewEmail(one.email, one.label, None, one.id) for one in view.emails],
                "tags": view.tags,
                "custom": view.custom,
                "tax_number": view.tax_number,
            }
            patch = CustomerPatch(version=view.version, **sent, **lists)
            saved, _ = await patch_customer(session, row.id, patch, now=NOW)
            assert saved.customer.custom == view.custom
            assert saved.customer.tags == view.tags


async def test_a_crowd_for_measurements_has_as_much_as_was_asked_for(database: Database) -> None:
    await fill(database, 400, now=NOW, calls=10, tickets=2, plain=True)
    async with database.reading() as session:
        calls = await session.scalar(select(func.count()).select_from(Activity))
        tickets = await session.scalar(select(func.count()).select_from(Ticket))
    assert calls == pytest.approx(4_000, rel=0.15)
    assert tickets == pytest.approx(800, rel=0.15)


async def test_very_many_leave_every_index_in_place(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample, "MANY", 10)
    database = Database(postgres_url)
    names = text("SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
    try:
        async with database.reading() as session:
            before = set(await session.scalars(names))
        await fill(database, 20, now=NOW)
        async with database.reading() as session:
            assert set(await session.scalars(names)) == before
    finally:
        await database.close()


async def test_filling_twice_adds_and_new_rows_still_get_ids(database: Database, put: Put) -> None:
    await fill(database, 20, now=NOW)
    await fill(database, 20, now=NOW)
    added = await put(Customer, kind="person", name="新", created_at=NOW, updated_at=NOW)
    async with database.reading() as session:
        assert await session.scalar(select(func.max(Customer.id))) == added == 41


def test_no_two_customers_have_the_same_mobile() -> None:
    numbers = {mobile_of(n) for n in range(20_000)}
    assert len(numbers) == 20_000
    assert all(read_number(mobile_of(n)).e164 for n in range(0, 20_000, 97))
