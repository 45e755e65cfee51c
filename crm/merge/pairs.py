"""The report of customers that may be there twice: pairs, the surest first.

Kept as rows, because comparing everybody with everybody is work for hours. Customers are looked at
in the order in which they change, so the report follows what people write within minutes.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, literal, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import NotFound
from callcenter.store.base import Instant
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from crm.customers.tables import Customer
from crm.merge.duplicates import ReasonView, know, likely
from crm.merge.scoring import LIKELY
from crm.merge.tables import DuplicatePair, DuplicateScan
from crm.sql import insert_once, table_of

SETTLED = 120.0  # seconds after a change: who wrote before has committed by then
MOST_PAIRS = 10  # of one customer

pairs = table_of(DuplicatePair)
scans = table_of(DuplicateScan)


class PairSide(msgspec.Struct, frozen=True):
    customer: int
    kind: str
    name: str


class PairView(msgspec.Struct, frozen=True):
    """Two customers that may be one; `score`: 0 to 1."""

    id: int
    first: PairSide
    second: PairSide
    score: float
    reasons: list[ReasonView]
    found_at: float


class PairPage(msgspec.Struct, frozen=True):
    items: list[PairView]
    next: str | None  # cursor of the next page


async def list_pairs(
    session: AsyncSession,
    *,
    visible: ColumnElement[bool],
    cursor: str | None = None,
    limit: int = 50,
) -> PairPage:
    """A page of the report, the surest first; both must be `visible`, a condition on `Customer`."""
    first, second = aliased(Customer), aliased(Customer)
    seen = select(Customer.id).where(visible, Customer.merged_into.is_(None)).correlate(None)
    query = (
        select(DuplicatePair, first.kind, first.name, second.kind, second.name)
        .join(first, first.id == DuplicatePair.first_id)
        .join(second, second.id == DuplicatePair.second_id)
        .where(DuplicatePair.dismissed_at.is_(None))
        .where(DuplicatePair.first_id.in_(seen), DuplicatePair.second_id.in_(seen))
    )
    key = decode_cursor(cursor, float)
    if key is not None:
        query = query.where(after(DuplicatePair.score, DuplicatePair.id, key, descending=True))
    query = query.order_by(DuplicatePair.score.desc(), DuplicatePair.id.desc())
    rows = (await session.execute(query.limit(check_limit(limit) + 1))).all()
    items = [_view(*row) for row in rows]
    last = items[limit - 1] if len(items) > limit else None
    return PairPage(items[:limit], encode_cursor(last.score, last.id) if last else None)


def _view(pair: DuplicatePair, kind: str, name: str, other_kind: str, other_name: str) -> PairView:
    return PairView(
        id=pair.id,
        first=PairSide(pair.first_id, kind, name),
        second=PairSide(pair.second_id, other_kind, other_name),
        score=pair.score,
        reasons=msgspec.convert(pair.reasons, list[ReasonView]),
        found_at=pair.found_at,
    )


async def sides_of(session: AsyncSession, pair: int) -> tuple[int, int]:
    """The two customers of a pair. NotFound."""
    row = await session.execute(
        select(pairs.c.first_id, pairs.c.second_id).where(pairs.c.id == pair)
    )
    found = row.one_or_none()
    if found is None:
        raise NotFound(f"no pair {pair}")
    return found.first_id, found.second_id


async def dismiss_pair(
    session: AsyncSession, one: int, other: int, *, actor: int | None, now: float
) -> None:
    """These two are not the same: the report does not say so again."""
    first, second = sorted((one, other))
    row = {"first_id": first, "second_id": second, "score": 0.0, "reasons": [], "found_at": now}
    await session.execute(insert_once(session, DuplicatePair, [row], "first_id", "second_id"))
    await session.execute(
        update(pairs)
        .where(pairs.c.first_id == first, pairs.c.second_id == second)
        .values(dismissed_at=now, dismissed_by=actor)
    )


async def look_on(session: AsyncSession, *, now: float, limit: int) -> int:
    """Look at the customers that changed since the last time; how many there were.

    Several services may do this: whoever finds another at it leaves it to them.
    """
    first = {"id": 1, "updated_at": 0.0, "customer_id": 0}
    await session.execute(insert_once(session, DuplicateScan, [first], "id"))
    row = await session.execute(
        select(scans.c.updated_at, scans.c.customer_id).with_for_update(skip_locked=True)
    )
    reached = row.one_or_none()
    if reached is None:
        return 0
    changed = await _changed(session, reached, now, limit)
    for customer, _ in changed:
        await look_at(session, customer, now=now)
    if changed:
        customer, at = changed[-1]
        await session.execute(update(scans).values(updated_at=at, customer_id=customer))
    return len(changed)


async def _changed(
    session: AsyncSession, reached: Any, now: float, limit: int
) -> list[tuple[int, float]]:
    column = Customer.updated_at
    seen = tuple_(literal(reached.updated_at, Instant), literal(reached.customer_id))
    rows = await session.execute(
        select(Customer.id, column)
        .where(tuple_(column, Customer.id) > seen, column < now - SETTLED)
        .order_by(column, Customer.id)
        .limit(limit)
    )
    return [(id_, at) for id_, at in rows]


async def look_at(session: AsyncSession, customer: int, *, now: float) -> None:
    """Write down who may be the same as this customer, in place of what was written before."""
    mine = or_(pairs.c.first_id == customer, pairs.c.second_id == customer)
    await session.execute(delete(pairs).where(mine, pairs.c.dismissed_at.is_(None)))
    known = (await know(session, [customer])).get(customer)
    if known is None:  # merged meanwhile
        return
    found = await likely(session, known.facts, besides=customer, least=LIKELY, limit=MOST_PAIRS)
    rows = [
        {
            "first_id": min(customer, one.customer),
            "second_id": max(customer, one.customer),
            "score": one.score,
            "reasons": msgspec.to_builtins(one.reasons),
            "found_at": now,
        }
        for one in found.items
    ]
    if rows:
        await session.execute(insert_once(session, DuplicatePair, rows, "first_id", "second_id"))
