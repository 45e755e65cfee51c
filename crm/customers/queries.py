"""The questions about customers; each is one round trip and gives what an API answers with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import NotFound
from callcenter.store.paging import after, check_limit, decode_cursor, encode_cursor
from crm.customers.tables import Contact, Customer, PhoneNumber
from crm.numbers import DEFAULT_RULE, TrunkRule, read_number

DEEPEST_MERGE = 16  # merges are flattened when they are made; this only ends circles
USERS = sql_table("users", sql_column("id"), sql_column("display_name", String))  # sign-in's


class NumberView(msgspec.Struct, frozen=True):
    id: int
    raw: str
    e164: str | None
    extension: str | None
    label: str | None
    contact: int | None
    switchboard: bool


class ContactView(msgspec.Struct, frozen=True):
    id: int
    name: str
    role: str | None
    email: str | None


class CustomerRow(msgspec.Struct, frozen=True):
    """A customer in a list."""

    id: int
    kind: str
    name: str
    level: str | None
    owner_id: int | None
    owner: str | None
    numbers: list[str]  # as they were written
    created_at: float
    updated_at: float


class CustomerView(msgspec.Struct, frozen=True):
    """A customer as a whole. Send `version` back with a change."""

    id: int
    kind: str
    name: str
    level: str | None
    owner_id: int | None
    owner: str | None
    language: str | None
    do_not_call: bool
    account_number: str | None
    created_at: float
    updated_at: float
    version: int
    contacts: list[ContactView]
    numbers: list[NumberView]


class CustomerPage(msgspec.Struct, frozen=True):
    items: list[CustomerRow]
    next: str | None  # cursor of the next page


class CustomerSort(StrEnum):
    NAME = "name"
    NEWEST = "newest"
    CHANGED = "changed"  # last changed first


_SORTS: dict[CustomerSort, tuple[Any, type[str] | type[float], bool]] = {
    CustomerSort.NAME: (Customer.name, str, False),
    CustomerSort.NEWEST: (Customer.created_at, float, True),
    CustomerSort.CHANGED: (Customer.updated_at, float, True),
}


def target_of(customer: int) -> ScalarSelect[int]:
    """The id a customer is known by today, following merges; NULL when there is none."""
    chain = (
        select(Customer.id, Customer.merged_into, literal(0).label("depth"))
        .where(Customer.id == customer)
        .cte("chain", recursive=True)
    )
    step = aliased(Customer)
    chain = chain.union_all(
        select(step.id, step.merged_into, chain.c.depth + 1)
        .join(chain, step.id == chain.c.merged_into)
        .where(chain.c.depth < DEEPEST_MERGE)
    )
    target: Select[tuple[int]] = select(chain.c.id).where(chain.c.merged_into.is_(None))
    return target.limit(1).scalar_subquery()


async def resolve(session: AsyncSession, customer: int) -> int:
    """Today's id of a customer. NotFound."""
    found: int | None = await session.scalar(select(target_of(customer)))
    if found is None:
        raise NotFound(f"no customer {customer}")
    return found


async def names_of(session: AsyncSession, customers: Collection[int]) -> dict[int, tuple[int, str]]:
    """Each id → today's id and name; merges are flattened, so one step leads to the last."""
    today = aliased(Customer)
    rows = await session.execute(
        select(
            Customer.id,
            func.coalesce(today.id, Customer.id),
            func.coalesce(today.name, Customer.name),
        )
        .outerjoin(today, today.id == Customer.merged_into)
        .where(Customer.id.in_(customers))
    )
    return {old: (id_, name) for old, id_, name in rows}


async def get_customer(session: AsyncSession, customer: int) -> CustomerView:
    """The customer, or the one it was merged into. NotFound."""
    row = (
        await session.execute(
            select(Customer, USERS.c.display_name)
            .outerjoin(USERS, USERS.c.id == Customer.owner_id)
            .where(Customer.id == target_of(customer))
            .execution_options(populate_existing=True)  # the caller may just have changed it
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"no customer {customer}")
    found, owner = row
    return CustomerView(
        **{name: getattr(found, name) for name in _PLAIN},
        owner=owner,
        contacts=await _contacts(session, found.id),
        numbers=await _numbers(session, found.id),
    )


_PLAIN = (
    *("id", "kind", "name", "level", "owner_id", "language", "do_not_call"),
    "account_number",
    *("created_at", "updated_at", "version"),
)


async def _contacts(session: AsyncSession, customer: int) -> list[ContactView]:
    rows = await session.execute(
        select(Contact.id, Contact.name, Contact.role, Contact.email)
        .where(Contact.customer_id == customer)
        .order_by(Contact.id)
    )
    return [ContactView(*row) for row in rows]


async def _numbers(session: AsyncSession, customer: int) -> list[NumberView]:
    number = PhoneNumber
    rows = await session.execute(
        select(
            *(number.id, number.raw, number.e164, number.extension),
            *(number.label, number.contact_id, number.switchboard),
        )
        .where(number.customer_id == customer)
        .order_by(number.id)
    )
    return [NumberView(*row) for row in rows]


async def list_customers(
    session: AsyncSession,
    *,
    search: str = "",
    sort: CustomerSort = CustomerSort.NAME,
    cursor: str | None = None,
    limit: int = 50,
    rule: TrunkRule = DEFAULT_RULE,
) -> CustomerPage:
    """A page of customers; `search` is part of a name, a contact's too, or a number in any form."""
    column, kind, descending = _SORTS[sort]
    query = select(Customer.id, column.label("key")).where(Customer.merged_into.is_(None))
    if search.strip():
        query = query.where(Customer.id.in_(_matching(search.strip(), rule)))
    key = decode_cursor(cursor, kind)
    if key is not None:
        query = query.where(after(column, Customer.id, key, descending=descending))
    order = (column.desc(), Customer.id.desc()) if descending else (column, Customer.id)
    rows = await _rows(session, query.order_by(*order).limit(check_limit(limit) + 1), order)
    more = len(rows) > limit
    last = rows[limit - 1] if more else None
    following = encode_cursor(getattr(last, column.key), last.id) if last else None
    return CustomerPage(rows[:limit], following)


async def _rows(
    session: AsyncSession, page: Select[Any], order: Sequence[Any]
) -> list[CustomerRow]:
    """The page's customers with their numbers: one query, folded here."""
    chosen = page.subquery()
    rows = await session.execute(
        select(
            *(Customer.id, Customer.kind, Customer.name, Customer.level, Customer.owner_id),
            *(USERS.c.display_name, Customer.created_at, Customer.updated_at, PhoneNumber.raw),
        )
        .join(chosen, chosen.c.id == Customer.id)
        .outerjoin(USERS, USERS.c.id == Customer.owner_id)
        .outerjoin(PhoneNumber, PhoneNumber.customer_id == Customer.id)
        .order_by(*order, PhoneNumber.id)
    )
    found: dict[int, CustomerRow] = {}
    for id_, kind, name, level, owner_id, owner, created, updated, raw in rows:
        if id_ not in found:
            found[id_] = CustomerRow(id_, kind, name, level, owner_id, owner, [], created, updated)
        if raw is not None:
            found[id_].numbers.append(raw)
    return list(found.values())


def _matching(search: str, rule: TrunkRule) -> Select[Any]:
    """The ids of the customers that a search means."""
    pattern = f"%{_escaped(search.casefold())}%"
    ways = [
        select(Customer.id).where(func.lower(Customer.name).like(pattern, escape="\\")),
        select(Contact.customer_id).where(func.lower(Contact.name).like(pattern, escape="\\")),
    ]
    number = _number_is(search, rule)
    if number is not None:  # a number is no name: the indexes answer alone
        ways = [select(PhoneNumber.customer_id).where(number)]
    return select(union(*ways).subquery().c[0])


def _number_is(search: str, rule: TrunkRule) -> ColumnElement[bool] | None:
    key = read_number(search, rule)
    if key.e164 is None and key.suffix is None:
        return None
    return or_(PhoneNumber.e164 == key.e164, PhoneNumber.suffix.in_(key.suffixes))


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
