"""One customer as an API answers with it, and what every other question begins with."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, ScalarSelect, Select, String, func, literal, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from callcenter.errors import NotFound
from crm.customers.tables import Address, Contact, Customer, CustomerTag, EmailAddress, PhoneNumber
from crm.fields.rules import Shown
from crm.fields.values import values_of

DEEPEST_MERGE = 16  # merges are flattened when they are made; this only ends circles
USERS = sql_table("users", sql_column("id"), sql_column("display_name", String))  # sign-in's
TEAMS = sql_table("teams", sql_column("id"), sql_column("name", String))


class NumberView(msgspec.Struct, frozen=True):
    id: int
    raw: str
    e164: str | None
    extension: str | None
    label: str | None
    contact: int | None
    switchboard: bool


class EmailView(msgspec.Struct, frozen=True):
    id: int
    email: str
    label: str | None
    contact: int | None


class AddressView(msgspec.Struct, frozen=True):
    """`country`: two letters (ISO 3166-1)."""

    id: int
    label: str | None
    country: str | None
    region: str | None
    city: str | None
    street: str | None
    postcode: str | None


class ContactView(msgspec.Struct, frozen=True):
    """Their numbers and e-mails name them by `id`."""

    id: int
    name: str
    role: str | None


class CustomerView(msgspec.Struct, frozen=True):
    """A customer as a whole. Send `version` back with a change.

    `custom`: by name of a custom field; dates as 2026-03-01, several choices as a list.
    """

    id: int
    kind: str
    name: str
    level: str | None
    type: str | None
    source: str | None
    owner_id: int | None
    owner: str | None
    owned_at: float | None
    team_id: int | None
    team: str | None
    language: str | None
    birthday: date | None
    notes: str | None
    do_not_call: bool
    account_number: str | None
    tax_number: str | None
    created_at: float
    updated_at: float
    version: int
    contacts: list[ContactView]
    numbers: list[NumberView]
    emails: list[EmailView]
    addresses: list[AddressView]
    tags: list[str]
    custom: dict[str, Shown]


def target_of(customer: int | ColumnElement[int]) -> ScalarSelect[int]:
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


async def resolve(
    session: AsyncSession, customer: int, visible: ColumnElement[bool] | None = None
) -> int:
    """Today's id of a customer that is `visible`, a condition on `Customer`. NotFound."""
    asked = select(Customer.id).where(Customer.id == target_of(customer))
    if visible is not None:
        asked = asked.where(visible)
    found: int | None = await session.scalar(asked)
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


async def get_customer(
    session: AsyncSession, customer: int, visible: ColumnElement[bool] | None = None
) -> CustomerView:
    """The customer, or the one it was merged into. NotFound."""
    asked = (
        select(Customer, USERS.c.display_name, TEAMS.c.name)
        .outerjoin(USERS, USERS.c.id == Customer.owner_id)
        .outerjoin(TEAMS, TEAMS.c.id == Customer.team_id)
        .where(Customer.id == target_of(customer))
        .execution_options(populate_existing=True)  # the caller may just have changed it
    )
    if visible is not None:
        asked = asked.where(visible)
    row = (await session.execute(asked)).one_or_none()
    if row is None:
        raise NotFound(f"no customer {customer}")
    found, owner, team = row
    return CustomerView(
        **{name: getattr(found, name) for name in _PLAIN},
        owner=owner,
        team=team,
        contacts=await _parts(session, found.id, Contact, ContactView, _CONTACT),
        numbers=await _parts(session, found.id, PhoneNumber, NumberView, _NUMBER),
        emails=await _parts(session, found.id, EmailAddress, EmailView, _EMAIL),
        addresses=await _parts(session, found.id, Address, AddressView, _ADDRESS),
        tags=await _tags(session, found.id),
        custom=(await values_of(session, [found.id])).get(found.id, {}),
    )


_PLAIN = (
    *("id", "kind", "name", "level", "type", "source", "owner_id", "owned_at", "team_id"),
    *("language", "birthday", "notes", "do_not_call", "account_number", "tax_number"),
    *("created_at", "updated_at", "version"),
)
_CONTACT = ("id", "name", "role")
_NUMBER = ("id", "raw", "e164", "extension", "label", "contact_id", "switchboard")
_EMAIL = ("id", "email", "label", "contact_id")
_ADDRESS = ("id", "label", "country", "region", "city", "street", "postcode")


async def _parts(
    session: AsyncSession, customer: int, model: Any, view: Any, columns: tuple[str, ...]
) -> list[Any]:
    """The list of one kind, in the order in which it was written."""
    rows = await session.execute(
        select(*(getattr(model, name) for name in columns))
        .where(model.customer_id == customer)
        .order_by(model.id)
    )
    return [view(*row) for row in rows]


async def _tags(session: AsyncSession, customer: int) -> list[str]:
    tags = select(CustomerTag.tag).where(CustomerTag.customer_id == customer)
    return list(await session.scalars(tags.order_by(CustomerTag.tag)))
