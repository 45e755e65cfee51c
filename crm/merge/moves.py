"""Which rows belong to a customer, and how they move with a merge and back.

Every column that holds a customer's id is in this table; a test looks at the whole schema for one
that was forgotten. A row that the target has already (the same number, the same tag) stays with the
source: nothing is there twice, and the undo need not make anything anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    TableClause,
    Text,
    and_,
    cast,
    column,
    exists,
    func,
    insert,
    literal,
    select,
    table,
    true,
    update,
)
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from crm.merge.tables import MergeMove
from crm.sql import table_of

Doubled = Callable[[FromClause, FromClause], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Move:
    """Rows of `table` that hold the customer in `column`; `key` finds each of them."""

    place: str
    table: TableClause
    column: str = "customer_id"
    key: str = "id"
    doubled: Doubled | None = None  # this row of the source is that row of the target

    def mine(self, customer: int) -> ColumnElement[bool]:
        return self.table.c[self.column] == customer

    def moving(self, source: int, target: int) -> ColumnElement[bool]:
        if self.doubled is None:
            return self.mine(source)
        other = self.table.alias("kept")
        same = and_(other.c[self.column] == target, self.doubled(self.table, other))
        return and_(self.mine(source), ~exists(select(literal(1)).select_from(other).where(same)))

    def recorded(self, merge: int) -> Select[Any]:
        """The keys of the rows that moved, in the type of the rows' own."""
        moves = table_of(MergeMove)
        own = self.table.c[self.key].type
        key = moves.c.key if isinstance(own, String) else cast(moves.c.key, own)
        return select(key).where(moves.c.merge_id == merge, moves.c.place == self.place)


def _rows(name: str, *columns: str, key: type[Any] = Integer) -> TableClause:
    names = [column(one, Integer if one.endswith("_id") else Text) for one in columns]
    return table(name, column("id", key), column("customer_id", Integer), *names)


def _same_number(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Written differently it is the same; one that belongs to a person goes with the person."""
    return and_(
        one.c.contact_id.is_(None),
        func.coalesce(one.c.e164, one.c.raw) == func.coalesce(other.c.e164, other.c.raw),
        func.coalesce(one.c.extension, "") == func.coalesce(other.c.extension, ""),
    )


def _same_email(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.contact_id.is_(None), one.c.key == other.c.key)


def _same_address(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    parts = ("country", "region", "city", "street", "postcode")
    return and_(true(), *(one.c[part].is_not_distinct_from(other.c[part]) for part in parts))


def _same_tag(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return one.c.tag == other.c.tag


INTERACTIONS = table(
    "interactions",
    column("id", String),
    column("customer_id", Integer),
    column("picked_customer_id", Integer),
)
EXTERNAL_IDS = table("external_ids", column("external_id", String), column("customer_id", Integer))
CUSTOMERS = table("customers", column("id", Integer), column("merged_into", Integer))
MOVES = (
    Move("contacts", _rows("contacts")),
    Move(
        "phone_numbers",
        _rows("phone_numbers", "contact_id", "raw", "e164", "extension"),
        doubled=_same_number,
    ),
    Move("email_addresses", _rows("email_addresses", "contact_id", "key"), doubled=_same_email),
    Move(
        "addresses",
        _rows("addresses", "country", "region", "city", "street", "postcode"),
        doubled=_same_address,
    ),
    Move("customer_tags", _rows("customer_tags", "tag"), key="tag", doubled=_same_tag),
    Move("activities", _rows("activities")),
    Move("tickets", _rows("tickets")),
    Move("tasks", _rows("tasks")),
    Move("callbacks", _rows("callbacks")),
    Move("external_ids", EXTERNAL_IDS, key="external_id"),
    Move("recordings", _rows("recordings", key=String)),
    Move("interactions", INTERACTIONS),
    Move("picked", INTERACTIONS, column="picked_customer_id"),
    Move("merged", CUSTOMERS, column="merged_into"),  # keeps chains flat
)


async def move_all(session: AsyncSession, merge: int, *, source: int, target: int) -> None:
    """Write down what moves, and move it. The caller holds both customers locked."""
    moves = table_of(MergeMove)
    for move in MOVES:
        moving = move.moving(source, target)
        key = cast(move.table.c[move.key], Text)
        found = select(literal(merge), literal(move.place), key).where(moving)
        await session.execute(insert(moves).from_select(["merge_id", "place", "key"], found))
        here = move.table.c[move.key].in_(move.recorded(merge))
        await session.execute(
            update(move.table).where(move.mine(source), here).values({move.column: target})
        )


async def move_back(
    session: AsyncSession, merge: int, *, source: int, target: int
) -> dict[str, int]:
    """Give back what is still there; how many of each. What went elsewhere since stays there."""
    given: dict[str, int] = {}
    for move in reversed(MOVES):
        here = move.table.c[move.key].in_(move.recorded(merge))
        done = await session.execute(
            update(move.table).where(move.mine(target), here).values({move.column: source})
        )
        count = done.rowcount if isinstance(done, CursorResult) else 0
        if count:
            given[move.place] = count
    return given


async def moved(session: AsyncSession, merge: int) -> dict[str, int]:
    """How many rows of each place moved."""
    moves = table_of(MergeMove)
    rows = await session.execute(
        select(moves.c.place, func.count().label("rows"))
        .where(moves.c.merge_id == merge)
        .group_by(moves.c.place)
        .order_by(moves.c.place)
    )
    return {row.place: row.rows for row in rows}
