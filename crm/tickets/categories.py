"""The tree of what tickets are about: read, changed, and what a place in it asks of a ticket.

Categories are retired, not deleted: old tickets keep theirs. The caller owns the transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.turns import take_turns
from crm.sql import insert_row, table_of
from crm.text import line
from crm.tickets import fields, tree
from crm.tickets.fields import FieldRule
from crm.tickets.tables import TicketCategory

_TREE = "tickets.categories"  # two who move categories at once could make a circle together
_table = table_of(TicketCategory)


class CategoryView(msgspec.Struct, frozen=True, kw_only=True):
    """`path` from the top; `inherited` fields are those of the categories above."""

    id: int
    parent: int | None
    name: str
    path: list[str]
    position: int
    active: bool
    solution_required: bool
    fields: list[FieldRule]
    inherited: list[FieldRule]
    version: int


class CategoryBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A category as a whole."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
    parent: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None
    position: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    active: bool = True
    solution_required: bool = False
    fields: Annotated[tuple[FieldRule, ...], Meta(max_length=fields.MOST)] = ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What a category asks of its tickets, with what those above it ask."""

    fields: tuple[FieldRule, ...] = ()
    solution_required: bool = False


async def rules_of(session: AsyncSession, category: int | None) -> Rules:
    """Own fields last; those of above first."""
    if category is None:
        return Rules()
    rows = await _rows(session)
    way = [rows[one] for one in tree.above(_parents(rows), category) if one in rows]
    own = [rule for row in reversed(way) for rule in _fields(row)]
    return Rules(tuple(own), any(row.solution_required for row in way))


async def check_usable(session: AsyncSession, category: int | None) -> None:
    """InvalidInput unless a ticket can be given this category."""
    if category is None:
        return
    active = await session.scalar(select(_table.c.active).where(_table.c.id == category))
    if not active:
        raise InvalidInput("there is no such category", field="category")


async def usable(session: AsyncSession, category: int | None) -> int | None:
    """This category, or the nearest above it, that a new ticket can be given; None without any."""
    if category is None:
        return None
    rows = await _rows(session)
    way = tree.above(_parents(rows), category)
    return next((one for one in way if one in rows and rows[one].active), None)


async def subtree(session: AsyncSession, category: int) -> frozenset[int]:
    """The category and everything below it."""
    return tree.below(_parents(await _rows(session)), category)


async def list_categories(session: AsyncSession) -> list[CategoryView]:
    """All of them, the retired too, each after the one above it."""
    rows = await _rows(session)
    parents = _parents(rows)

    def place(row: TicketCategory) -> list[tuple[int, str, int]]:
        way = [rows[one] for one in reversed(tree.above(parents, row.id)) if one in rows]
        return [(one.position, one.name, one.id) for one in way]

    return [_view(rows, row) for row in sorted(rows.values(), key=place)]


async def get_category(session: AsyncSession, category: int) -> CategoryView:
    """NotFound."""
    rows = await _rows(session)
    if category not in rows:
        raise NotFound(f"there is no category {category}")
    return _view(rows, rows[category])


async def create(session: AsyncSession, body: CategoryBody) -> CategoryView:
    """InvalidInput names a field."""
    await take_turns(session, _TREE)
    values = await _checked(session, None, body)
    return await get_category(session, await insert_row(session, TicketCategory, **values))


async def change(
    session: AsyncSession, category: int, body: CategoryBody, *, version: int
) -> CategoryView:
    """Change all of it. InvalidInput, NotFound, Conflict for another version than `version`."""
    await take_turns(session, _TREE)
    now = await get_category(session, category)
    if now.version != version:
        raise ChangedMeanwhile(now)
    values = await _checked(session, category, body)
    await session.execute(
        update(_table).where(_table.c.id == category).values(**values, version=version + 1)
    )
    return await get_category(session, category)


class ChangedMeanwhile(Conflict):
    """Somebody was faster; `values` holds what is there now."""

    def __init__(self, now: msgspec.Struct) -> None:
        super().__init__("somebody else changed this meanwhile", field="version")
        self.values = {"now": msgspec.to_builtins(now)}


async def _checked(
    session: AsyncSession, category: int | None, body: CategoryBody
) -> dict[str, object]:
    rows = await _rows(session)
    parents = _parents(rows)
    tree.check_place(parents, category, body.parent)
    name = line(body.name, "name", longest=100)
    for row in rows.values():
        same = row.name.casefold() == name.casefold()
        if same and row.parent_id == body.parent and row.id != category:
            raise InvalidInput("there is a category of this name already", field="name")
    fields.check(body.fields, _names_around(rows, category, body.parent))
    return {
        "name": name,
        "parent_id": body.parent,
        "position": body.position,
        "active": body.active,
        "solution_required": body.solution_required,
        "fields": msgspec.to_builtins(body.fields),
    }


def _names_around(
    rows: dict[int, TicketCategory], category: int | None, parent: int | None
) -> set[str]:
    """The fields that tickets there have from above or below: a name means one thing."""
    parents = _parents(rows)
    below = set() if category is None else tree.below(parents, category) - {category}
    around = {*tree.above(parents, parent), *below} & rows.keys()
    return {rule.name for one in around for rule in _fields(rows[one])}


async def _rows(session: AsyncSession) -> dict[int, TicketCategory]:
    query = select(TicketCategory).order_by(TicketCategory.id)
    found = await session.scalars(query.execution_options(populate_existing=True))
    return {row.id: row for row in found}


def _parents(rows: dict[int, TicketCategory]) -> dict[int, int | None]:
    return {id_: row.parent_id for id_, row in rows.items()}


def _fields(row: TicketCategory) -> list[FieldRule]:
    return msgspec.convert(row.fields, list[FieldRule])


def _view(rows: dict[int, TicketCategory], row: TicketCategory) -> CategoryView:
    way = [rows[one] for one in reversed(tree.above(_parents(rows), row.id)) if one in rows]
    return CategoryView(
        id=row.id,
        parent=row.parent_id,
        name=row.name,
        path=[one.name for one in way],
        position=row.position,
        active=row.active,
        solution_required=row.solution_required,
        fields=_fields(row),
        inherited=[rule for one in way[:-1] for rule in _fields(one)],
        version=row.version,
    )
