"""Reads and writes what two customers have in their fields, the defined ones too, as plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.customers.tables import Customer
from crm.fields.tables import CustomField, FieldValue
from crm.merge.fields import COMPANIONS, CUSTOM, PLAIN, SWAPPED
from crm.sql import table_of

customers = table_of(Customer)
_FIELDS = (*PLAIN, *COMPANIONS)
_VALUE = ("place", "text", "key", "number", "day", "once_key")


async def locked(session: AsyncSession, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The rows of these customers, lowest id first, and nobody else changes them until we end."""
    rows = await session.execute(
        select(customers).where(customers.c.id.in_(ids)).order_by(customers.c.id).with_for_update()
    )
    return {row.id: dict(row._mapping) for row in rows}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a customer's row as JSON has them."""
    values: dict[str, Any] = msgspec.to_builtins({name: row[name] for name in _FIELDS})
    return values


async def custom(session: AsyncSession, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """What each has in the defined fields, as `field.<name>`: the rows of each."""
    found: dict[int, dict[str, Any]] = {id_: {} for id_ in ids}
    rows = await session.execute(
        select(FieldValue.customer_id, CustomField.name)
        .add_columns(*(getattr(FieldValue, name) for name in _VALUE))
        .join(CustomField, CustomField.id == FieldValue.field_id)
        .where(FieldValue.customer_id.in_(ids))
        .order_by(FieldValue.customer_id, FieldValue.field_id, FieldValue.place)
    )
    for customer, name, *value in rows:
        one = msgspec.to_builtins(dict(zip(_VALUE, value, strict=True)))
        found[customer].setdefault(CUSTOM + name, []).append(one)
    return found


def alike(one: dict[str, Any], other: dict[str, Any]) -> None:
    """A field that only one of them has is empty at the other."""
    for name in one.keys() | other.keys():
        one.setdefault(name, [])
        other.setdefault(name, [])


async def write(
    session: AsyncSession, both: Mapping[int, Mapping[str, Any]], *, now: float
) -> None:
    """Write what is to change at each; what only one may have is taken away from all first."""
    for name in SWAPPED:
        holders = [id_ for id_, values in both.items() if name in values]
        if holders:
            freed = update(customers).where(customers.c.id.in_(holders))
            await session.execute(freed.values({name: None}))
    for id_, values in both.items():
        own = {name: _stored(name, values[name]) for name in _FIELDS if name in values}
        changed = update(customers).where(customers.c.id == id_)
        await session.execute(
            changed.values(**own, updated_at=now, version=customers.c.version + 1)
        )
    await _write_custom(session, both)


def _stored(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name == "birthday" and value is not None else value


async def _write_custom(session: AsyncSession, both: Mapping[int, Mapping[str, Any]]) -> None:
    names = {name for values in both.values() for name in values if name.startswith(CUSTOM)}
    if not names:
        return
    wanted = [name.removeprefix(CUSTOM) for name in names]
    fields = await session.execute(
        select(CustomField.name, CustomField.id).where(CustomField.name.in_(wanted))
    )
    ids = {CUSTOM + row.name: row.id for row in fields}
    table = table_of(FieldValue)
    for customer, values in both.items():
        mine = [ids[name] for name in values if name in ids]
        gone = table.c.customer_id == customer, table.c.field_id.in_(mine)
        await session.execute(delete(table).where(*gone))
    rows = [
        {"customer_id": customer, "field_id": ids[name], **_row(value)}
        for customer, values in both.items()
        for name in values
        if name in ids
        for value in values[name]
    ]
    if rows:
        await session.execute(insert(table), rows)


def _row(value: Mapping[str, Any]) -> dict[str, Any]:
    day = value["day"]
    return {**value, "day": None if day is None else date.fromisoformat(day)}
