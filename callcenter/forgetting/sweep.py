"""Looks through every text of every table for a person, and takes them out.

It knows no room: it goes by what the tables are made of, so a table that is new is swept as well. A
test fills every table and looks for what is left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    String,
    Table,
    Text,
    and_,
    cast,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.forgetting.person import MARK, Finder
from callcenter.store.audit import AuditRow
from callcenter.store.base import Base
from callcenter.store.database import Database
from callcenter.unbroken import unbroken

AT_ONCE = 500  # rows read, and changed in one transaction
# Seen to by themselves: the log's rows are emptied, and who was erased goes at the end.
APART = frozenset({"audit", "audit_head", "erasures", "tombstones", "alembic_version"})
# Other people's own names and sign-in: a customer with the same name as an agent erases no agent.
OTHERS = {
    "agents": {"name"},
    "users": {"username", "username_key", "display_name", "password_hash"},
    "customers": {"name", "pinyin"},
    "contacts": {"name", "pinyin"},
    "teams": {"name", "name_key"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """A table with texts in it. `keys` find a row again."""

    table: Table
    keys: tuple[Column[Any], ...]
    columns: tuple[Column[Any], ...]


def places() -> list[Place]:
    """Every table with texts that could name somebody."""
    found = []
    for table in Base.metadata.sorted_tables:
        columns = tuple(c for c in table.columns if _can_name(table, c))
        if table.name not in APART and columns:
            found.append(Place(table, tuple(table.primary_key.columns), columns))
    return found


def _can_name(table: Table, column: Column[Any]) -> bool:
    if column.primary_key or column.foreign_keys or column.name in OTHERS.get(table.name, ()):
        return False
    return isinstance(column.type, String | Text | JSON)


def _mentions(columns: tuple[Column[Any], ...], finder: Finder) -> ColumnElement[bool]:
    texts = [cast(c, Text) if isinstance(c.type, JSON) else c for c in columns]
    return or_(*(text.ilike(like, escape="!") for text in texts for like in finder.likes))


async def count(session: AsyncSession, finder: Finder) -> dict[str, int]:
    """Rows that name the person, by table."""
    found = {}
    for place in places():
        number = 0
        for some in await _rows(session, place, finder):
            number += bool(_cleaned(place, some, finder))
        if number:
            found[place.table.name] = number
    return found


async def _rows(session: AsyncSession, place: Place, finder: Finder) -> list[Any]:
    if not finder.likes:
        return []
    query = select(*place.keys, *place.columns).where(_mentions(place.columns, finder))
    return list(await session.execute(query))


async def sweep(database: Database, finder: Finder) -> dict[str, int]:
    """Take the person out of every table, some rows at a time; how many rows said anything."""
    done: dict[str, int] = {}
    for place in places():
        async with database.reading() as session:
            rows = await _rows(session, place, finder)
        changed = [(row, values) for row in rows if (values := _cleaned(place, row, finder))]
        for start in range(0, len(changed), AT_ONCE):
            await _write_some(database, place, changed[start : start + AT_ONCE])
        if changed:
            done[place.table.name] = len(changed)
    return done


@unbroken
async def _write_some(
    database: Database, place: Place, rows: Sequence[tuple[Any, dict[str, Any]]]
) -> None:
    async with database.session() as session:
        for row, values in rows:
            await _write(session, place, row, values)
        await session.commit()


def _cleaned(place: Place, row: Any, finder: Finder) -> dict[str, Any]:
    """The columns that said something of the person, without it."""
    values = {}
    for column, value in zip(place.columns, row[len(place.keys) :], strict=True):
        if value is None:
            continue
        clean = finder.clean(value)
        if clean != value:
            values[column.name] = _fitting(column, clean)
    return values


def _fitting(column: Column[Any], value: Any) -> Any:
    if value == MARK and column.nullable:
        return None
    length = getattr(column.type, "length", None)
    return value[:length] if isinstance(value, str) and length else value


async def _write(session: AsyncSession, place: Place, row: Any, values: dict[str, Any]) -> None:
    """Where the same may not stand twice, something that is nobody stands there."""
    mine = and_(*(key == value for key, value in zip(place.keys, row, strict=False)))
    try:
        async with session.begin_nested():
            await session.execute(update(place.table).where(mine).values(values))
    except IntegrityError:
        unique = {name: _unlike(place.table.c[name], value) for name, value in values.items()}
        await session.execute(update(place.table).where(mine).values(unique))


def _unlike(column: Column[Any], value: Any) -> Any:
    if not isinstance(value, str):
        return value
    length = getattr(column.type, "length", None)
    return f"{uuid4().hex[:12]}{value}"[:length]


async def audit_rows(session: AsyncSession, finder: Finder, objects: list[str]) -> list[int]:
    """Rows of the log that are about these objects, or name the person."""
    found: set[int] = set()
    said = or_(AuditRow.before.is_not(None), AuditRow.after.is_not(None))
    for some in _parts(objects):
        found |= set(
            await session.scalars(select(AuditRow.id).where(AuditRow.object.in_(some), said))
        )
    if finder.likes:
        columns = (AuditRow.before, AuditRow.after)
        named = or_(*(c.ilike(like, escape="!") for c in columns for like in finder.likes))
        rows = await session.execute(select(AuditRow.id, *columns).where(named))
        found |= {id_ for id_, *texts in rows if any(finder.finds(t) for t in texts if t)}
    return sorted(found)


def _parts(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
