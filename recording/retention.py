"""How long recordings stay: policies by queue and customer level, and what they would delete.

The first active policy that fits a recording counts. Its time runs from the begin of the recording.
What is held stays, whatever policies say (recording.holds).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    column,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    table,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.base import Instant
from callcenter.store.tables import Segment
from recording.holds import is_held, take_turns
from recording.retention_tables import RetentionPolicy
from recording.store import queries
from recording.tables import Recording

DAY = 86_400.0
AT_ONCE = 500
MOST_POLICIES = 200
FOR_EVER = 1e9  # days
CUSTOMERS = table("customers", column("id", Integer), column("level", Text))  # crm's


class Policy(msgspec.Struct, frozen=True):
    """`days` None: for ever. `queue` and `level` None: whatever they are."""

    id: int
    name: str
    active: bool
    queue: str | None
    level: str | None
    days: int | None
    version: int


class PolicyInput(msgspec.Struct, frozen=True):
    name: str
    active: bool = True
    queue: str | None = None
    level: str | None = None
    days: int | None = None


class Due(msgspec.Struct, frozen=True):
    """A recording whose time is over."""

    id: str
    interaction: str | None
    started_at: float
    seconds: float | None
    size: int | None  # bytes
    policy: int


class Would(msgspec.Struct, frozen=True):
    """What one policy would delete now, and what only a hold keeps."""

    policy: int
    recordings: int
    bytes: int
    held: int
    oldest: float | None


async def policies(session: AsyncSession) -> list[Policy]:
    """In the order in which they are asked."""
    rows = await session.scalars(
        select(RetentionPolicy).order_by(RetentionPolicy.position, RetentionPolicy.id)
    )
    return [_view(row) for row in rows]


async def create(session: AsyncSession, wanted: PolicyInput) -> Policy:
    _check(wanted)
    count = await session.scalar(select(func.count()).select_from(RetentionPolicy)) or 0
    if count >= MOST_POLICIES:
        raise Conflict(f"there are {MOST_POLICIES} policies already")
    last = await session.scalar(select(func.max(RetentionPolicy.position)))
    row = RetentionPolicy(**msgspec.to_builtins(wanted), position=(last or 0) + 1, version=1)
    session.add(row)
    await session.flush()
    return _view(row)


async def change(session: AsyncSession, id_: int, version: int, wanted: PolicyInput) -> Policy:
    """NotFound; Conflict when somebody else was faster."""
    _check(wanted)
    row = await _locked(session, id_)
    if row.version != version:
        raise Conflict("somebody else has changed this policy")
    for name, value in msgspec.to_builtins(wanted).items():
        setattr(row, name, value)
    row.version += 1
    await session.flush()
    return _view(row)


async def remove(session: AsyncSession, id_: int) -> Policy:
    row = await _locked(session, id_)
    view = _view(row)
    await session.delete(row)
    await session.flush()
    return view


async def arrange(session: AsyncSession, ids: Sequence[int]) -> list[Policy]:
    """In this order from now on. InvalidInput unless all of them are named, each once."""
    rows = {row.id: row for row in await session.scalars(select(RetentionPolicy))}
    if sorted(ids) != sorted(rows):
        raise InvalidInput("must name every policy once", field="order")
    for place, id_ in enumerate(ids, 1):
        rows[id_].position = place
    await session.flush()
    return await policies(session)


async def _locked(session: AsyncSession, id_: int) -> RetentionPolicy:
    row = await session.get(RetentionPolicy, id_, with_for_update=True)
    if row is None:
        raise NotFound("there is no such policy")
    return row


def _check(wanted: PolicyInput) -> None:
    if not wanted.name.strip():
        raise InvalidInput("must have a name", field="name")
    if wanted.days is not None and wanted.days < 1:
        raise InvalidInput("must be a day at least, or empty for ever", field="days")


def _view(row: RetentionPolicy) -> Policy:
    return Policy(*(row.id, row.name, row.active, row.queue, row.level, row.days, row.version))


# --- what is due ----------------------------------------------------------------------------


def _fits(policy: Policy) -> ColumnElement[bool]:
    """By any queue in which the call waited, and by the customer's level today."""
    wanted: list[ColumnElement[bool]] = [literal(True)]
    if policy.queue is not None:
        stay = select(Segment.id).where(
            Segment.interaction_id == Recording.interaction_id,
            Segment.kind == "queue",
            Segment.queue == policy.queue,
        )
        wanted.append(or_(Recording.queue == policy.queue, exists(stay)))
    if policy.level is not None:
        of_level = select(CUSTOMERS.c.id).where(
            CUSTOMERS.c.id == Recording.customer_id, CUSTOMERS.c.level == policy.level
        )
        wanted.append(exists(of_level))
    return and_(*wanted)


def _counting(found: Sequence[Policy]) -> ColumnElement[Any]:
    """The policy that counts for a recording; NULL when none fits."""
    active = [policy for policy in found if policy.active]
    if not active:
        return null()
    return case(*((_fits(policy), literal(policy.id)) for policy in active), else_=null())


def _over(found: Sequence[Policy], now: float) -> Select[Any]:
    """(id, policy) of the recordings whose time is over."""
    which = _counting(found)
    ends = [
        and_(which == policy.id, Recording.started_at < literal(now - policy.days * DAY, Instant))
        for policy in found
        if policy.active and policy.days is not None
    ]
    soonest = min((p.days for p in found if p.active and p.days is not None), default=0)
    query: Select[Any] = select(Recording.id, which.label("policy")).where(
        Recording.status.in_(["ready", "silent"]),
        Recording.started_at < literal(now - soonest * DAY, Instant),
        or_(*ends) if ends else literal(False),
    )
    return query


async def would_delete(session: AsyncSession, now: float) -> list[Would]:
    """The dry run, by policy; those that delete nothing are not in it."""
    over = _over(await policies(session), now).subquery()
    held = case((is_held(), 1), else_=0)
    rows = await session.execute(
        select(over.c.policy, held, func.count(), func.sum(Recording.size))
        .add_columns(func.min(Recording.started_at))
        .join(Recording, Recording.id == over.c.id)
        .group_by(over.c.policy, held)
        .order_by(over.c.policy, held)
    )
    found: dict[int, Would] = {}
    for policy, is_kept, count, size, oldest in rows:
        before = found.get(policy, Would(policy, 0, 0, 0, None))
        if is_kept:
            found[policy] = msgspec.structs.replace(before, held=count)
        else:
            found[policy] = msgspec.structs.replace(
                before, recordings=count, bytes=int(size or 0), oldest=oldest
            )
    return list(found.values())


async def due(
    session: AsyncSession, now: float, *, limit: int, after: tuple[float, str] | None = None
) -> list[Due]:
    """Those that would go, the oldest first, from behind `after` (its begin and id)."""
    over = _over(await policies(session), now).subquery()
    r = Recording
    query = (
        select(r.id, r.interaction_id, r.started_at, r.seconds, r.size, over.c.policy)
        .join(over, over.c.id == r.id)
        .where(~is_held())
        .order_by(r.started_at, r.id)
        .limit(limit)
    )
    if after is not None:
        at = literal(after[0], Instant)
        query = query.where(or_(r.started_at > at, and_(r.started_at == at, r.id > after[1])))
    return [Due(*row) for row in await session.execute(query)]


async def apply(session: AsyncSession, now: float) -> list[Due]:
    """Delete some of what is due; their files go by themselves. In the caller's transaction."""
    await take_turns(session)
    found = await due(session, now, limit=AT_ONCE)
    names = {policy.id: policy.name for policy in await policies(session)}
    by_policy: dict[int, list[str]] = {}
    for one in found:
        by_policy.setdefault(one.policy, []).append(one.id)
    for policy, ids in by_policy.items():
        await queries.delete(session, ids, f"retention: {names[policy]}", now)
    return found
