"""What the tests of the customers share: short ways to put rows into a database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Table, insert

from callcenter.store.base import Base, Instant
from callcenter.store.database import Database
from crm.card import CardSource
from crm.customers.tables import Customer, PhoneNumber
from crm.numbers import read_number
from tests.crm.ticket_help import Desk
from web.auth.tables import User

NOW = 1_767_225_600.0  # 2026-01-01T00:00:00Z

Put = Callable[..., Awaitable[Any]]


@pytest.fixture
def put(database: Database) -> Put:
    """`await put(Model, column=value)` writes one row and gives its id."""

    async def put_row(model: type[Base], **values: Any) -> Any:
        table = model.__table__
        assert isinstance(table, Table)
        async with database.session() as session:
            done = await session.execute(insert(table).values(values).returning(table.c[0]))
            key = done.scalar_one()
            await session.commit()
            return key

    return put_row


@pytest.fixture
def put_user(put: Put) -> Put:
    """`await put_user("李经理")`; what else the table of users wants does not matter here."""

    async def put_one(name: str) -> Any:
        values = {
            column.name: NOW if isinstance(column.type, Instant) else name
            for column in Base.metadata.tables["users"].columns
            if not (column.nullable or column.primary_key or column.server_default)
        }
        return await put(User, **values)

    return put_one


@pytest.fixture
def put_number(put: Put) -> Put:
    """`await put_number(customer, "138…")` with its key."""

    async def put_one(customer: int, raw: str, **values: Any) -> Any:
        key = read_number(raw)
        found = {"raw": raw, "e164": key.e164, "suffix": key.suffix, "extension": key.extension}
        return await put(PhoneNumber, customer_id=customer, **found, **values)

    return put_one


@pytest.fixture
async def cards(database: Database) -> AsyncIterator[CardSource]:
    source = CardSource(database)
    yield source
    await source.close()


@pytest.fixture
async def desk(database: Database, put: Put) -> Desk:
    """A customer, and short ways to open and change their tickets."""
    row = {"kind": "person", "level": "VIP", "created_at": NOW, "updated_at": NOW}
    return Desk(database, await put(Customer, name="张三", **row))
