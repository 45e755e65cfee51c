"""Makes one customer of two, and two of one again.

Both are locked, lowest id first, before anything is looked at, so of two merges at once the second
sees what the first has done. Whoever writes a row of one of them meanwhile waits, and the row then
belongs to what came out (on PostgreSQL by the triggers `follow_merge_of_…`; SQLite has one writer).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.database import is_deadlock
from crm.activities.kinds import ActivityKind
from crm.activities.service import NewActivity, log
from crm.activities.tables import Activity
from crm.customers.tables import Customer
from crm.merge import fields, moves, values
from crm.merge.fields import Side
from crm.merge.pairs import dismiss_pair
from crm.merge.queries import MergeView, get_merge
from crm.merge.tables import CustomerMerge, DuplicatePair
from crm.sql import insert_row, table_of
from crm.tasks.tables import Task
from crm.tickets.tables import Ticket

T = TypeVar("T")
UNDO_FOR = 30 * 86_400.0  # seconds
TRIES = 3  # times that the database may find us and somebody else waiting for each other

customers, merges = table_of(Customer), table_of(CustomerMerge)


class AlreadyMerged(Conflict):
    """`values` says which customer it is today."""

    code = "already_merged"

    def __init__(self, customer: int, today: int) -> None:
        super().__init__(f"customer {customer} was merged into {today}", field="source")
        self.values = {"customer": customer, "today": today}


class Undone(msgspec.Struct, frozen=True):
    """What an undo did. Whatever was added since the merge stays with the target.

    `given_back`: rows of each kind; `stayed`: those that moved, but were since moved elsewhere or
    deleted; `fields_kept`: changed at the target since, so they stay as they are; `added`: rows
    that came to the target after the merge.
    """

    merge: MergeView
    given_back: dict[str, int]
    stayed: dict[str, int]
    fields_kept: list[str]
    added: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """`source` is to become a part of `target`; `chosen`: of each field whose value it has.

    Defined fields are called `field.<name>`. `actor` is the user's id.
    """

    target: int
    source: int
    chosen: Mapping[str, Side]
    actor: int | None
    now: float


async def merge(session: AsyncSession, order: Order) -> MergeView:
    """Make one of two. InvalidInput, NotFound; Conflict when one of them was merged before."""
    if order.source == order.target:
        raise InvalidInput("a customer cannot be merged into itself", field="source")

    async def attempt() -> int:
        return await _merge(session, order)

    return await get_merge(session, await _patiently(session, attempt))


async def undo(session: AsyncSession, merge_id: int, *, actor: int | None, now: float) -> Undone:
    """Part them again. NotFound; Conflict when it was undone, is too old, or others follow it."""

    async def attempt() -> Undone:
        return await _undo(session, merge_id, actor, now)

    return await _patiently(session, attempt)


async def _patiently(session: AsyncSession, work: Callable[[], Awaitable[T]]) -> T:
    """Again when the database ended us for a deadlock; nothing of the attempt is left then."""
    for _ in range(TRIES - 1):
        try:
            async with session.begin_nested():
                return await work()
        except DBAPIError as error:
            if not is_deadlock(error):
                raise
    async with session.begin_nested():
        return await work()


async def _merge(session: AsyncSession, order: Order) -> int:
    source, target = order.source, order.target
    there = await session.execute(
        select(customers.c.id, customers.c.merged_into).where(customers.c.id.in_((source, target)))
    )
    _check_apart({row.id: row._asdict() for row in there}, source, target)  # before anybody waits
    rows = await _both(session, target, source)
    _check_apart(rows, source, target)
    before = await _fields(session, rows, target, source)
    picked = fields.choose(before["target"], before["source"], order.chosen)
    id_ = await insert_row(
        session,
        CustomerMerge,
        target_id=target,
        source_id=source,
        merged_at=order.now,
        merged_by=order.actor,
        chosen=dict(picked.sides),
        before={side: _only(before[side], picked) for side in before},
        after={"target": picked.target, "source": picked.source},
    )
    await moves.move_all(session, id_, source=source, target=target)
    await values.write(session, {source: picked.source, target: picked.target}, now=order.now)
    became = update(customers).where(customers.c.id == source).values(merged_into=target)
    await session.execute(became)
    await _forget_pairs(session, source)
    merged = {"merge": id_, "customer": source, "name": rows[source]["name"]}
    await log(session, _line("merged", target, merged, order.actor, order.now))
    return id_


def _check_apart(rows: Mapping[int, Mapping[str, Any]], source: int, target: int) -> None:
    for customer in (source, target):
        if customer in rows and rows[customer]["merged_into"] is not None:
            raise AlreadyMerged(customer, rows[customer]["merged_into"])


async def _both(session: AsyncSession, target: int, source: int) -> dict[int, dict[str, Any]]:
    """Both customers locked; their tickets first, as everybody does who changes tickets."""
    tickets = select(Ticket.id).where(Ticket.customer_id.in_((target, source)))
    await session.execute(tickets.order_by(Ticket.id).with_for_update())
    rows = await values.locked(session, (target, source))
    for customer in (target, source):
        if customer not in rows:
            raise NotFound(f"no customer {customer}")
    return rows


async def _fields(
    session: AsyncSession, rows: Mapping[int, Mapping[str, Any]], target: int, source: int
) -> dict[str, dict[str, Any]]:
    custom = await values.custom(session, (target, source))
    values.alike(custom[target], custom[source])
    return {
        "target": values.plain(rows[target]) | custom[target],
        "source": values.plain(rows[source]) | custom[source],
    }


def _only(before: Mapping[str, Any], picked: fields.Chosen) -> dict[str, Any]:
    """Of what was there before what the merge changes: that is what the undo needs."""
    return {name: before[name] for name in {**picked.target, **picked.source}}


async def _forget_pairs(session: AsyncSession, source: int) -> None:
    """Who may be the same as the target is found anew; the source is nobody any more."""
    pairs = table_of(DuplicatePair)
    of_source = or_(pairs.c.first_id == source, pairs.c.second_id == source)
    await session.execute(delete(pairs).where(of_source))


def _line(
    result: str, customer: int, data: Mapping[str, Any], actor: int | None, now: float
) -> NewActivity:
    return NewActivity(
        kind=ActivityKind.MERGE,
        source=f"merge:{data['merge']}:{result}:{customer}",
        at=now,
        summary=str(data["name"]),
        customer=customer,
        author=actor,
        result=result,
        data=data,
    )


async def _undo(session: AsyncSession, merge_id: int, actor: int | None, now: float) -> Undone:
    row = await session.execute(select(merges).where(merges.c.id == merge_id).with_for_update())
    made = row.one_or_none()
    if made is None:
        raise NotFound(f"no merge {merge_id}")
    source, target = made.source_id, made.target_id
    rows = await _both(session, target, source)
    _check_undo(made, rows, now)
    moved = await moves.moved(session, merge_id)
    await session.execute(
        update(customers).where(customers.c.id == source).values(merged_into=None)
    )
    given = await moves.move_back(session, merge_id, source=source, target=target)
    back = fields.give_back(await _fields(session, rows, target, source), made.before, made.after)
    await values.write(session, {source: back.source, target: back.target}, now=now)
    undone = update(merges).where(merges.c.id == merge_id)
    await session.execute(undone.values(undone_at=now, undone_by=actor))
    for one, other in ((target, source), (source, target)):
        data = {"merge": merge_id, "customer": other, "name": rows[other]["name"]}
        await log(session, _line("undone", one, data, actor, now))
    await dismiss_pair(session, source, target, actor=actor, now=now)
    return Undone(
        merge=await get_merge(session, merge_id),
        given_back=given,
        stayed=_less(moved, given),
        fields_kept=back.kept,
        added=await _added(session, target, made.merged_at, now),
    )


def _less(moved: Mapping[str, int], given: Mapping[str, int]) -> dict[str, int]:
    left = {place: count - given.get(place, 0) for place, count in moved.items()}
    return {place: count for place, count in left.items() if count}


def _check_undo(made: Any, rows: Mapping[int, Mapping[str, Any]], now: float) -> None:
    if made.undone_at is not None:
        raise Conflict("this merge was undone before", field="id")
    if now - made.merged_at > UNDO_FOR:
        raise Conflict("a merge can be undone for 30 days", field="id")
    today = rows[made.target_id]["merged_into"]
    if today is not None:
        raise Conflict(
            f"customer {made.target_id} was merged into {today} since; undo that first", field="id"
        )
    if rows[made.source_id]["merged_into"] != made.target_id:
        raise Conflict("this customer is not a part of the other any more", field="id")


async def _added(session: AsyncSession, target: int, since: float, now: float) -> dict[str, int]:
    """What came to the target after the merge, and stays there."""
    counted: dict[str, int] = {}
    times = (
        ("activities", Activity.customer_id, Activity.at),
        ("tickets", Ticket.customer_id, Ticket.created_at),
        ("tasks", Task.customer_id, Task.created_at),
    )
    for place, whose, at in times:
        query = select(func.count()).where(whose == target, at > since, at < now)
        count = await session.scalar(query)
        if count:
            counted[place] = count
    return counted
