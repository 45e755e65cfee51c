"""Sample customers are what the rest of the room would have written itself."""

from __future__ import annotations

from sqlalchemy import func, select

from callcenter.store.database import Database
from crm.customers.tables import Customer, PhoneNumber
from crm.numbers import read_number
from crm.sample import fill, mobile_of
from tests.crm.conftest import NOW, Put


async def test_every_number_has_the_key_that_reading_it_gives(database: Database) -> None:
    await fill(database, 150, now=NOW)
    async with database.reading() as session:
        rows = (await session.scalars(select(PhoneNumber))).all()
    assert len(rows) > 150
    for row in rows:
        key = read_number(row.raw)
        assert (row.e164, row.suffix) == (key.e164, key.suffix)


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
