"""What customers have in custom fields: written, read, found."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, String, case, cast, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from crm.customers.tables import Customer
from crm.fields.rules import Cell, Cells, FieldKind, FieldSpec, Range, Shown, shown
from crm.fields.tables import CustomField, FieldValue
from crm.sql import table_of

_values = table_of(FieldValue)
_fields = table_of(CustomField)


async def write_values(
    session: AsyncSession, customer: int, changes: Mapping[FieldSpec, Cells]
) -> None:
    """Each of these fields anew; those without rows are cleared. InvalidInput names a field whose
    value another customer has already."""
    if not changes:
        return
    fields = [spec.id for spec in changes]
    mine = (_values.c.customer_id == customer) & _values.c.field_id.in_(fields)
    await session.execute(delete(_values).where(mine))
    for spec, cells in changes.items():
        if spec.once and cells:
            await _check_once(session, spec, cells[0])
    rows = [row for spec, cells in changes.items() for row in rows_of(customer, spec, cells)]
    if rows:
        await session.execute(insert(_values), rows)


def rows_of(customer: int, spec: FieldSpec, cells: Cells) -> list[dict[str, Any]]:
    """A value as rows of the table."""
    return [
        {
            "customer_id": customer,
            "field_id": spec.id,
            "place": place,
            "text": cell.text,
            "key": cell.key,
            "number": cell.number,
            "day": cell.day,
            "once_key": cell.once_key if spec.once else None,
        }
        for place, cell in enumerate(cells)
    ]


async def _check_once(session: AsyncSession, spec: FieldSpec, cell: Cell) -> None:
    holder = select(_values.c.customer_id).where(
        _values.c.field_id == spec.id, _values.c.once_key == cell.once_key
    )
    if await session.scalar(holder) is not None:
        raise InvalidInput("another customer has this", field=spec.path)


async def set_once(session: AsyncSession, field: int, *, once: bool) -> None:
    """From now on, or no longer, no two customers have the same. InvalidInput when two have."""
    mine = _values.c.field_id == field
    await session.execute(update(_values).where(mine).values(once_key=None))
    if not once:
        return
    same = case(
        (_values.c.number.is_not(None), cast(_values.c.number, String)),
        (_values.c.day.is_not(None), cast(_values.c.day, String)),
        else_=_values.c.key,
    )
    twice = select(func.count()).where(mine).group_by(same).having(func.count() > 1).limit(1)
    if await session.scalar(twice) is not None:
        raise InvalidInput("two customers have the same value today", field="unique")
    rows = (await session.execute(select(_values).where(mine))).all()
    for row in rows:
        cell = Cell(row.text, row.key, row.number, row.day)
        await session.execute(
            update(_values)
            .where(mine, _values.c.customer_id == row.customer_id)
            .values(once_key=cell.once_key)
        )


async def values_of(
    session: AsyncSession, customers: Collection[int]
) -> dict[int, dict[str, Shown]]:
    """By customer, by field's name; retired fields are left out."""
    if not customers:
        return {}
    rows = await session.execute(
        select(
            *(_values.c.customer_id, _fields.c.name, _fields.c.kind),
            *(_values.c.text, _values.c.key, _values.c.number, _values.c.day),
        )
        .join(_fields, _fields.c.id == _values.c.field_id)
        .where(_values.c.customer_id.in_(customers), ~_fields.c.retired)
        .order_by(_values.c.customer_id, _fields.c.position, _fields.c.id, _values.c.place)
    )
    cells: dict[tuple[int, str, str], list[Cell]] = {}
    for customer, name, kind, *values in rows:
        cells.setdefault((customer, name, kind), []).append(Cell(*values))
    found: dict[int, dict[str, Shown]] = {}
    for (customer, name, kind), parts in cells.items():
        found.setdefault(customer, {})[name] = shown(FieldKind(kind), parts)
    return found


def holds(spec: FieldSpec, wanted: Range) -> ColumnElement[bool]:
    """The customers that have what is wanted in this field; a condition on `Customer`."""
    having = select(_values.c.customer_id).where(_values.c.field_id == spec.id)
    if wanted.absent:
        return Customer.id.not_in(having)
    if wanted.keys:
        return Customer.id.in_(having.where(_values.c.key.in_(wanted.keys)))
    column = _values.c.day if spec.kind is FieldKind.DATE else _values.c.number
    if wanted.low is not None:
        having = having.where(column >= wanted.low)
    if wanted.high is not None:
        having = having.where(column <= wanted.high)
    return Customer.id.in_(having)
