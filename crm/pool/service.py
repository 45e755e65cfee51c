"""Gives customers to people and takes them back; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.store.base import Instant
from crm.activities.kinds import REACHES, ActivityKind
from crm.activities.tables import Activity
from crm.customers.queries import USERS, resolve
from crm.customers.tables import Customer
from crm.dictionary.rules import DictionaryKind
from crm.dictionary.service import list_entries
from crm.pool.rules import OTHERS, PoolRules, check_claim, check_rules
from crm.pool.tables import PoolLimit, PoolRule
from crm.sql import insert_once, table_of

_customers = table_of(Customer)
_rules = table_of(PoolRule)
_limit = table_of(PoolLimit)


@dataclass(frozen=True, slots=True)
class Given:
    """A customer whose owner has changed; None is the pool."""

    customer: int
    before: int | None
    after: int | None


async def read_rules(session: AsyncSession) -> PoolRules:
    rows = await session.execute(select(_rules.c.level, _rules.c.days).order_by(_rules.c.level))
    days = {row.level: row.days for row in rows}
    return PoolRules(days, await session.scalar(select(_limit.c.most_owned)))


async def write_rules(session: AsyncSession, rules: PoolRules) -> PoolRules:
    """The rules as they are from now on. InvalidInput."""
    levels = {entry.value for entry in await list_entries(session, DictionaryKind.LEVEL)}
    check_rules(rules, levels)
    version = await rules_version(session)
    await session.execute(delete(_rules))
    if rules.days:
        rows = [{"level": level, "days": days} for level, days in rules.days.items()]
        await session.execute(insert(_rules), rows)
    limit = {"most_owned": rules.most_owned, "version": version + 1}
    await session.execute(update(_limit).values(limit))
    return rules


async def rules_version(session: AsyncSession) -> int:
    """Until the transaction ends nobody else writes the rules."""
    await session.execute(
        insert_once(session, PoolLimit, [{"id": 1, "most_owned": None, "version": 1}], "id")
    )
    return int(await session.scalar(select(_limit.c.version).with_for_update()) or 1)


async def read_version(session: AsyncSession) -> int:
    return int(await session.scalar(select(_limit.c.version)) or 1)


async def assign(
    session: AsyncSession,
    customer: int,
    owner: int | None,
    *,
    now: float,
    visible: ColumnElement[bool] | None = None,
) -> Given:
    """Give a customer to somebody, or to the pool. NotFound, InvalidInput."""
    customer = await resolve(session, customer, visible)
    if owner is not None and not await session.scalar(
        select(func.count()).select_from(USERS).where(USERS.c.id == owner)
    ):
        raise InvalidInput("no such user", field="owner")
    before = await session.scalar(
        select(_customers.c.owner_id).where(_customers.c.id == customer).with_for_update()
    )
    if before != owner:
        await _give(session, [customer], owner, now)
    return Given(customer, before, owner)


async def claim(
    session: AsyncSession, customers: Collection[int], user: int, *, now: float
) -> list[int]:
    """Take customers from the pool; those that nobody was faster with. PoolLimitReached.

    Who takes waits for their own earlier request, so that the limit holds; of two who want the
    same customer the first has it.
    """
    rules = await read_rules(session)
    await session.execute(
        select(USERS.c.id).where(USERS.c.id == user).with_for_update(key_share=True)
    )
    owned = await session.scalar(
        select(func.count()).where(
            _customers.c.owner_id == user, _customers.c.merged_into.is_(None)
        )
    )
    check_claim(rules, owned=owned or 0, wanted=len(set(customers)))
    free = await session.scalars(
        select(_customers.c.id)
        .where(_customers.c.id.in_(set(customers)), _in_pool())
        .order_by(_customers.c.id)  # all take them in one order: nobody waits in a circle
        .with_for_update()
    )
    taken = list(free)
    await _give(session, taken, user, now)
    return taken


async def recall(session: AsyncSession, rules: PoolRules, *, now: float, limit: int) -> list[Given]:
    """Put those who are due back into the pool, at most `limit` of them."""
    if not rules.days:
        return []
    due = await session.execute(
        due_customers(rules, now)
        .limit(limit)
        .with_for_update(
            skip_locked=True,
            of=_customers,  # somebody is working on it this moment
        )
    )
    found = [Given(row.id, row.owner_id, None) for row in due]
    await _give(session, [one.customer for one in found], None, now)
    return found


def due_customers(rules: PoolRules, now: float) -> Select[tuple[int, int]]:
    """Id and owner of everybody whom `is_due` means."""
    own = [level for level in rules.days if level != OTHERS]
    ways = [_silent(rules.cutoff(level, now), _customers.c.level == level) for level in own]
    others = or_(_customers.c.level.is_(None), _customers.c.level.not_in(own))
    ways.append(_silent(rules.cutoff(OTHERS, now), others))
    return (
        select(_customers.c.id, _customers.c.owner_id)
        .where(_customers.c.owner_id.is_not(None), _customers.c.merged_into.is_(None), or_(*ways))
        .order_by(_customers.c.id)
    )


def _silent(cutoff: float | None, whose: ColumnElement[bool]) -> ColumnElement[bool]:
    if cutoff is None:
        return false()
    since = literal(cutoff, Instant())
    spoken = exists().where(
        Activity.customer_id == _customers.c.id,
        or_(*(_is(kind, result) for kind, result in REACHES.items())),
        Activity.at >= since,
    )
    return and_(
        whose, func.coalesce(_customers.c.owned_at, _customers.c.created_at) < since, ~spoken
    )


def _is(kind: ActivityKind, result: str | None) -> ColumnElement[bool]:
    of_kind = Activity.kind == kind.value
    return of_kind if result is None else and_(of_kind, Activity.result == result)


def _in_pool() -> ColumnElement[bool]:
    return and_(_customers.c.owner_id.is_(None), _customers.c.merged_into.is_(None))


async def _give(
    session: AsyncSession, customers: Sequence[int], owner: int | None, now: float
) -> None:
    if not customers:
        return
    await session.execute(
        update(_customers)
        .where(_customers.c.id.in_(customers))
        .values(
            owner_id=owner,
            owned_at=None if owner is None else now,
            updated_at=now,
            version=_customers.c.version + 1,
        )
    )
