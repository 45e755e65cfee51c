"""What the statements of this room share: both kinds of link, inserts told twice, names."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Insert, Integer, Table, Text, column, table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from callcenter.store.base import Base

Link = AsyncConnection | AsyncSession
USERS = table("users", column("id", Integer), column("display_name", Text))  # the sign-in's


def insert_once(link: Link, model: type[Base], rows: Any, **conflict: Any) -> Any:
    """An insert that leaves alone what is there already."""
    table_ = table_of(model)
    dialect = link.dialect if isinstance(link, AsyncConnection) else link.get_bind().dialect
    make: Any = postgresql.insert if dialect.name == "postgresql" else sqlite.insert
    statement: Insert = make(table_).values(rows).on_conflict_do_nothing(**conflict)
    return statement


def table_of(model: type[Base]) -> Table:
    table_ = model.__table__
    if not isinstance(table_, Table):
        raise TypeError(f"{model} is not one table")
    return table_
