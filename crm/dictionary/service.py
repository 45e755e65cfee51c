"""Reads and keeps the dictionary; the caller owns the transaction."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import RowMapping, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from crm.dictionary.rules import DictionaryKind, check_choice, check_value
from crm.dictionary.tables import DictionaryEntry
from crm.sql import insert_once, table_of
from crm.text import line

_entries = table_of(DictionaryEntry)


class DictionaryView(msgspec.Struct, frozen=True):
    """`value` is what other records hold; a retired one is no longer offered."""

    id: int
    kind: DictionaryKind
    value: str
    label_zh: str
    label_en: str
    position: int
    retired: bool


class NewEntry(msgspec.Struct, frozen=True):
    """Without `position` it is the last."""

    value: str
    label_zh: str
    label_en: str
    position: int | None = None


class EntryPatch(msgspec.Struct, frozen=True):
    label_zh: str | UnsetType = UNSET
    label_en: str | UnsetType = UNSET
    position: int | UnsetType = UNSET
    retired: bool | UnsetType = UNSET


async def list_entries(session: AsyncSession, kind: DictionaryKind) -> list[DictionaryView]:
    """All of a kind in their order, retired ones too."""
    rows = await session.execute(
        select(_entries)
        .where(_entries.c.kind == kind.value)
        .order_by(_entries.c.position, _entries.c.id)
    )
    return [_view(row._mapping) for row in rows]


async def read_entry(session: AsyncSession, kind: DictionaryKind, entry: int) -> DictionaryView:
    """NotFound."""
    found = (
        await session.execute(
            select(_entries).where(_entries.c.id == entry, _entries.c.kind == kind.value)
        )
    ).one_or_none()
    if found is None:
        raise NotFound(f"no entry {entry} of {kind}")
    return _view(found._mapping)


async def add_entry(session: AsyncSession, kind: DictionaryKind, new: NewEntry) -> DictionaryView:
    """InvalidInput; Conflict when the value is there, perhaps retired."""
    position = new.position
    if position is None:
        last = select(func.max(_entries.c.position)).where(_entries.c.kind == kind.value)
        position = (await session.scalar(last) or 0) + 1
    row = {
        "kind": kind.value,
        "value": check_value(new.value),
        "label_zh": line(new.label_zh, "label_zh", longest=80),
        "label_en": line(new.label_en, "label_en", longest=80),
        "position": position,
    }
    adding = insert_once(session, DictionaryEntry, [row], "kind", "value")
    made = await session.scalar(adding.returning(_entries.c.id))
    if made is None:
        raise Conflict("this value is there already, perhaps retired", field="value")
    return await read_entry(session, kind, made)


async def change_entry(
    session: AsyncSession, kind: DictionaryKind, entry: int, patch: EntryPatch
) -> DictionaryView:
    """What is absent stays. InvalidInput, NotFound."""
    given = {
        name: value
        for name in patch.__struct_fields__
        if (value := getattr(patch, name)) is not UNSET
    }
    for name in given.keys() & {"label_zh", "label_en"}:
        given[name] = line(given[name], name, longest=80)
    if given:
        mine = (_entries.c.id == entry) & (_entries.c.kind == kind.value)
        await session.execute(update(_entries).where(mine).values(**given))
    return await read_entry(session, kind, entry)


async def active_values(session: AsyncSession, kind: DictionaryKind) -> frozenset[str]:
    """What may be chosen today."""
    rows = await session.scalars(
        select(_entries.c.value).where(_entries.c.kind == kind.value, ~_entries.c.retired)
    )
    return frozenset(rows)


async def check(
    session: AsyncSession,
    kind: DictionaryKind,
    value: str | None,
    *,
    field: str,
    kept: str | None = None,
) -> str | None:
    """`value` if it may be chosen; what is there already (`kept`) may stay though retired.

    InvalidInput names the field.
    """
    if value is not None and value == kept:
        return value
    return check_choice(value, await active_values(session, kind) if value else (), field)


def _view(row: RowMapping) -> DictionaryView:
    return msgspec.convert(dict(row), DictionaryView)
