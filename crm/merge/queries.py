"""The merges that were made, as an API answers with them."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from crm.customers.queries import USERS
from crm.customers.tables import Customer
from crm.merge.moves import moved
from crm.merge.tables import CustomerMerge, MergeMove


class MergeView(msgspec.Struct, frozen=True):
    """`moved`: rows of each kind; `chosen`: what was asked for, field by field."""

    id: int
    target: int
    target_name: str
    source: int
    source_name: str
    at: float
    by: str | None  # display name
    chosen: dict[str, str]
    moved: dict[str, int]
    undone_at: float | None
    undone_by: str | None


class MergePage(msgspec.Struct, frozen=True):
    items: list[MergeView]
    next: str | None  # cursor of the next page


async def get_merge(session: AsyncSession, merge: int) -> MergeView:
    """NotFound."""
    row = (await session.execute(_merges().where(CustomerMerge.id == merge))).one_or_none()
    if row is None:
        raise NotFound(f"no merge {merge}")
    return _view(row, await moved(session, merge))


async def list_merges(
    session: AsyncSession,
    *,
    visible: ColumnElement[bool] | None = None,
    customer: int | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> MergePage:
    """A page of merges, newest first; `visible` is a condition on `Customer`, the target."""
    query = _merges().where(true() if visible is None else visible)
    if customer is not None:
        both = (CustomerMerge.target_id == customer, CustomerMerge.source_id == customer)
        query = query.where(or_(*both))
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(after(CustomerMerge.merged_at, CustomerMerge.id, key, descending=True))
    query = query.order_by(CustomerMerge.merged_at.desc(), CustomerMerge.id.desc())
    rows = (await session.execute(query.limit(check_limit(limit) + 1))).all()
    counts = await _counts(session, [row.id for row in rows])
    items = [_view(row, counts.get(row.id, {})) for row in rows]
    last = items[limit - 1] if len(items) > limit else None
    return MergePage(items[:limit], encode_cursor(last.at, last.id) if last else None)


def _merges() -> Select[Any]:
    """The target is `Customer` itself, so that conditions on customers are about it."""
    source, undoer = aliased(Customer), USERS.alias("undoer")
    merge = CustomerMerge
    return (
        select(
            *(merge.id, merge.target_id, Customer.name.label("target_name")),
            *(merge.source_id, source.name.label("source_name"), merge.merged_at),
            USERS.c.display_name.label("by"),
            *(merge.chosen, merge.undone_at, undoer.c.display_name.label("undone_by")),
        )
        .join(Customer, Customer.id == merge.target_id)
        .join(source, source.id == merge.source_id)
        .outerjoin(USERS, USERS.c.id == merge.merged_by)
        .outerjoin(undoer, undoer.c.id == merge.undone_by)
    )


def _view(row: Any, counts: dict[str, int]) -> MergeView:
    return MergeView(
        id=row.id,
        target=row.target_id,
        target_name=row.target_name,
        source=row.source_id,
        source_name=row.source_name,
        at=row.merged_at,
        by=row.by,
        chosen=row.chosen,
        moved=counts,
        undone_at=row.undone_at,
        undone_by=row.undone_by,
    )


async def _counts(session: AsyncSession, merges: list[int]) -> dict[int, dict[str, int]]:
    rows = await session.execute(
        select(MergeMove.merge_id, MergeMove.place, func.count())
        .where(MergeMove.merge_id.in_(merges))
        .group_by(MergeMove.merge_id, MergeMove.place)
        .order_by(MergeMove.merge_id, MergeMove.place)
    )
    found: dict[int, dict[str, int]] = {}
    for merge, place, count in rows:
        found.setdefault(merge, {})[place] = count
    return found
