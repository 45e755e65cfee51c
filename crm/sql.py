"""The few things about SQL that differ between databases, or that every part here repeats."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Insert, Table, insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.base import Base


def table_of(model: type[Base]) -> Table:
    """The table itself: writing through it asks nothing of the other rooms' tables."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model} is not one table")
    return table


async def insert_row(session: AsyncSession, model: type[Base], **values: Any) -> int:
    """Write one row and give its id."""
    table = table_of(model)
    done = await session.execute(insert(table).values(values).returning(table.c.id))
    return int(done.scalar_one())


def insert_once(
    session: AsyncSession, model: type[Base], rows: list[dict[str, Any]], *unique: str
) -> Insert:
    """An insert that leaves alone what is there already by these columns."""
    table = table_of(model)
    if session.get_bind().dialect.name == "postgresql":
        return (
            postgresql.insert(table).values(rows).on_conflict_do_nothing(index_elements=[*unique])
        )
    return sqlite.insert(table).values(rows).on_conflict_do_nothing(index_elements=[*unique])
