"""Finds the customers that may be the same as one, by what indexes can find, then compares them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, func, or_, select, true, union
from sqlalchemy.ext.asyncio import AsyncSession

from crm.customers.queries import USERS
from crm.customers.tables import Customer, EmailAddress, PhoneNumber
from crm.merge.names import inside
from crm.merge.scoring import POSSIBLE, Facts, Verdict, compare
from crm.search.matching import CUSTOMER, Term, dialect_of

MOST_SHARED = 50  # customers with the same number, address or name that are compared
MOST_SIMILAR = 100  # with a part of the name
MOST_KEYS = 100  # numbers and addresses of one customer that are looked for


class ReasonView(msgspec.Struct, frozen=True):
    """`why` is a `crm.merge.scoring.Why`; `value` is what is the same, of names the other's."""

    why: str
    value: str
    weight: float


class Candidate(msgspec.Struct, frozen=True):
    """A customer that may be the same. `score`: 0 to 1."""

    customer: int
    kind: str
    name: str
    level: str | None
    owner: str | None
    numbers: list[str]  # as they were written
    score: float
    reasons: list[ReasonView]


class Candidates(msgspec.Struct, frozen=True):
    items: list[Candidate]  # the surest first


@dataclass(frozen=True, slots=True)
class Known:
    """A customer to be compared, and what a list shows of it."""

    facts: Facts
    level: str | None
    owner: str | None
    numbers: list[str]


async def likely(
    session: AsyncSession,
    facts: Facts,
    *,
    besides: int | None = None,
    visible: ColumnElement[bool] | None = None,
    least: float = POSSIBLE,
    limit: int = 20,
) -> Candidates:
    """Who may be the same; `visible` is a condition on `Customer`, `besides` the one itself."""
    rows = await session.scalars(_candidates(dialect_of(session), facts, besides, visible))
    known = await know(session, rows.all())
    found = [(id_, one, compare(facts, one.facts)) for id_, one in known.items()]
    sure = [hit for hit in found if hit[2].score >= least]
    sure.sort(key=lambda hit: (-hit[2].score, hit[0]))
    return Candidates([_candidate(*hit) for hit in sure[:limit]])


async def know(session: AsyncSession, ids: Collection[int]) -> dict[int, Known]:
    """What is known of these customers; merged ones are left out."""
    rows = await session.execute(
        select(Customer.id, Customer.kind, Customer.name, Customer.level, USERS.c.display_name)
        .add_columns(Customer.account_number, Customer.tax_number)
        .outerjoin(USERS, USERS.c.id == Customer.owner_id)
        .where(Customer.id.in_(ids), Customer.merged_into.is_(None))
    )
    found = rows.all()
    numbers = await _numbers(session, ids)
    emails = await _emails(session, ids)
    return {
        id_: Known(
            Facts(
                name=name,
                company=kind == "company",
                numbers={e164: board for _, e164, board in numbers.get(id_, ()) if e164},
                emails=frozenset(emails.get(id_, ())),
                account_number=account,
                tax_number=tax,
            ),
            level,
            owner,
            [raw for raw, *_ in numbers.get(id_, ())],
        )
        for id_, kind, name, level, owner, account, tax in found
    }


def as_reasons(verdict: Verdict) -> list[ReasonView]:
    return [ReasonView(one.why.value, one.value, one.weight) for one in verdict.reasons]


def _candidate(customer: int, known: Known, verdict: Verdict) -> Candidate:
    return Candidate(
        customer=customer,
        kind="company" if known.facts.company else "person",
        name=known.facts.name,
        level=known.level,
        owner=known.owner,
        numbers=known.numbers,
        score=verdict.score,
        reasons=as_reasons(verdict),
    )


def _candidates(
    dialect: str, facts: Facts, besides: int | None, visible: ColumnElement[bool] | None
) -> Select[Any]:
    ways = [way for way in _ways(dialect, facts) if way is not None]
    ids = union(*(select(way.subquery().c[0]) for way in ways)).subquery()
    return select(Customer.id).where(
        Customer.id.in_(select(ids.c[0])),
        Customer.id != (besides or 0),
        Customer.merged_into.is_(None),
        true() if visible is None else visible,
    )


def _ways(dialect: str, facts: Facts) -> Sequence[Select[Any] | None]:
    numbers, emails = sorted(facts.numbers)[:MOST_KEYS], sorted(facts.emails)[:MOST_KEYS]
    keys = (
        (Customer.account_number, facts.account_number),
        (Customer.tax_number, facts.tax_number),
    )
    return (
        select(Customer.id).where(Customer.name == facts.name).limit(MOST_SHARED),
        _similar(dialect, facts.name),
        select(PhoneNumber.customer_id).where(PhoneNumber.e164.in_(numbers)).limit(MOST_SHARED)
        if numbers
        else None,
        select(EmailAddress.customer_id).where(EmailAddress.key.in_(emails)).limit(MOST_SHARED)
        if emails
        else None,
        *(select(Customer.id).where(column == key).limit(5) for column, key in keys if key),
    )


def _similar(dialect: str, name: str) -> Select[Any] | None:
    """Names that share a part with this one; PostgreSQL gives the most similar of them."""
    parts = inside(name)
    if not parts:
        return None
    query = select(Customer.id).where(
        or_(*(CUSTOMER.contains(dialect, Term(part)) for part in parts))
    )
    if dialect == "postgresql":
        query = query.order_by(func.similarity(Customer.name, name).desc(), Customer.id)
    return query.limit(MOST_SIMILAR)


async def _numbers(
    session: AsyncSession, ids: Collection[int]
) -> dict[int, list[tuple[str, str | None, bool]]]:
    number = PhoneNumber
    rows = await session.execute(
        select(number.customer_id, number.raw, number.e164, number.switchboard)
        .where(number.customer_id.in_(ids))
        .order_by(number.id)
    )
    found: dict[int, list[tuple[str, str | None, bool]]] = {}
    for customer, raw, e164, switchboard in rows:
        found.setdefault(customer, []).append((raw, e164, switchboard))
    return found


async def _emails(session: AsyncSession, ids: Collection[int]) -> dict[int, list[str]]:
    rows = await session.execute(
        select(EmailAddress.customer_id, EmailAddress.key).where(EmailAddress.customer_id.in_(ids))
    )
    found: dict[int, list[str]] = {}
    for customer, key in rows:
        found.setdefault(customer, []).append(key)
    return found
