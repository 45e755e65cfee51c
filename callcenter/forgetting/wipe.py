"""Empties or deletes the rows that are somebody's, by tables that the rooms declare."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Table,
    and_,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.forgetting.person import MARK, Person
from callcenter.store.base import Base

AT_ONCE = 500  # ids in one statement


@dataclass(frozen=True, slots=True)
class Wipe:
    """Rows of `model` whose `column` is one of the person's `by` (a field of Person, or forms).

    `empties`: these columns; none: the rows are deleted. Where `unless` is true they stay.
    """

    model: type[Base]
    column: str
    by: str
    empties: tuple[str, ...] = ()
    unless: str | None = None

    @property
    def table(self) -> Table:
        found = self.model.__table__
        if not isinstance(found, Table):
            raise TypeError(f"{self.model} is not one table")
        return found

    def whose(self, ids: list[Any]) -> ColumnElement[bool]:
        columns = self.table.c
        mine = columns[self.column].in_(ids)
        return mine if self.unless is None else and_(mine, ~columns[self.unless])

    def values(self) -> dict[str, Any]:
        return {name: _nothing(self.table.c[name]) for name in self.empties}


class Room(Protocol):
    """What each room does about its own tables and files, in the caller's transaction."""

    name: str

    async def known(self, session: AsyncSession, person: Person) -> Person:
        """What more belongs to this person, as far as this room knows."""
        ...

    async def held(self, session: AsyncSession, person: Person) -> list[str]:
        """In words why nothing of them may be deleted now."""
        ...

    async def count(self, session: AsyncSession, person: Person) -> dict[str, int]:
        """What would go, by table."""
        ...

    async def erase(self, session: AsyncSession, person: Person, now: float) -> dict[str, int]:
        """Let it go; the same again changes nothing."""
        ...

    async def left(self, session: AsyncSession, person: Person) -> int:
        """How many files are still to go; they go by themselves."""
        ...


async def count(session: AsyncSession, wipes: Sequence[Wipe], person: Person) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in wipes:
        for ids in _parts(one, person):
            query = select(func.count()).where(one.whose(ids))
            found[one.table.name] += await session.scalar(query) or 0
    return {name: number for name, number in found.items() if number}


async def wipe(session: AsyncSession, wipes: Sequence[Wipe], person: Person) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in wipes:
        for ids in _parts(one, person):
            change = update(one.table).values(one.values()) if one.empties else delete(one.table)
            done = await session.execute(change.where(one.whose(ids)))
            assert isinstance(done, CursorResult)  # noqa: S101 - for the type checker
            found[one.table.name] += done.rowcount
    return {name: number for name, number in found.items() if number}


def _parts(one: Wipe, person: Person) -> Iterator[list[Any]]:
    ids = list(getattr(person, one.by))
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _nothing(column: Column[Any]) -> Any:
    if column.nullable:
        return None
    if isinstance(column.type, JSON):
        return {}
    return MARK
