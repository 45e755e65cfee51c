"""Writes the lists that belong to a customer: contacts, numbers, e-mails, addresses, tags.

A list is written as a whole: what has an id is changed, what has none is added, what was there and
is not in it is gone. The customer's row is locked by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.store.base import Base
from crm.customers.inputs import (
    CustomerPatch,
    NewCustomer,
    NewEmail,
    NewNumber,
    address_row,
    check_count,
    checked_tags,
    contact_row,
    email_row,
    number_key,
    number_row,
)
from crm.customers.tables import Address, Contact, CustomerTag, EmailAddress, PhoneNumber
from crm.numbers import NumberKey, TrunkRule
from crm.search.pinyin import with_pinyin
from crm.sql import insert_row, table_of


class _Part(Protocol):
    @property
    def id(self) -> int | None: ...


async def write_parts(
    session: AsyncSession, customer: int, sent: NewCustomer | CustomerPatch, rule: TrunkRule
) -> list[NumberKey]:
    """The lists that were sent; the keys of the numbers among them. InvalidInput."""
    contacts = await _contacts(session, customer, sent)
    keys = await _numbers(session, customer, sent, contacts, rule)
    await _emails(session, customer, sent, contacts)
    if isinstance(sent.addresses, list):
        check_count(sent.addresses, "addresses")
        rows = [(one, address_row(one, f"addresses[{n}]")) for n, one in enumerate(sent.addresses)]
        await _replace(session, Address, customer, "addresses", rows)
    if isinstance(sent.tags, list):
        await _tags(session, customer, checked_tags(sent.tags))
    return keys


async def _contacts(
    session: AsyncSession, customer: int, sent: NewCustomer | CustomerPatch
) -> list[int]:
    """The ids of the contacts in the order in which others name them by place."""
    if not isinstance(sent.contacts, list):
        ids = select(Contact.id).where(Contact.customer_id == customer).order_by(Contact.id)
        return list(await session.scalars(ids))
    check_count(sent.contacts, "contacts")
    rows = [(one, contact_row(one, f"contacts[{n}]")) for n, one in enumerate(sent.contacts)]
    return await _replace(session, Contact, customer, "contacts", rows)


async def _numbers(
    session: AsyncSession,
    customer: int,
    sent: NewCustomer | CustomerPatch,
    contacts: Sequence[int],
    rule: TrunkRule,
) -> list[NumberKey]:
    if not isinstance(sent.numbers, list):
        return []
    check_count(sent.numbers, "numbers")
    keys = [number_key(one, f"numbers[{n}]", rule) for n, one in enumerate(sent.numbers)]
    _refuse_twice([(key.e164 or key.raw, key.extension) for key in keys], "numbers", "number")
    rows = [
        (
            one,
            number_row(one, key, f"numbers[{n}]")
            | {"contact_id": _whose(contacts, one, f"numbers[{n}]")},
        )
        for n, (one, key) in enumerate(zip(sent.numbers, keys, strict=True))
    ]
    await _replace(session, PhoneNumber, customer, "numbers", rows)
    return keys


async def _emails(
    session: AsyncSession,
    customer: int,
    sent: NewCustomer | CustomerPatch,
    contacts: Sequence[int],
) -> None:
    if not isinstance(sent.emails, list):
        return
    check_count(sent.emails, "emails")
    rows = [
        (
            one,
            email_row(one, f"emails[{n}]") | {"contact_id": _whose(contacts, one, f"emails[{n}]")},
        )
        for n, one in enumerate(sent.emails)
    ]
    _refuse_twice([row["key"] for _, row in rows], "emails", "email")
    await _replace(session, EmailAddress, customer, "emails", rows)


async def _tags(session: AsyncSession, customer: int, tags: Sequence[str]) -> None:
    table = table_of(CustomerTag)
    await session.execute(delete(table).where(table.c.customer_id == customer))
    if tags:
        rows = [{"customer_id": customer, "tag": tag} for tag in tags]
        await session.execute(table.insert(), rows)


async def _replace(
    session: AsyncSession,
    model: type[Base],
    customer: int,
    name: str,
    parts: Sequence[tuple[_Part, dict[str, Any]]],
) -> list[int]:
    """The list `name` as it was sent, each with its row; the ids in that order."""
    table = table_of(model)
    sent = [one for one, _ in parts]
    there = set(await session.scalars(select(table.c.id).where(table.c.customer_id == customer)))
    kept = [one.id for one in sent if one.id is not None]
    for n, one in enumerate(sent):
        if one.id is not None and (one.id not in there or kept.count(one.id) > 1):
            raise InvalidInput("no such one of this customer", field=f"{name}[{n}].id")
    gone = there.difference(kept)
    if gone:
        await session.execute(delete(table).where(table.c.id.in_(gone)))
    ids = []
    for one, row in parts:
        if one.id is None:
            ids.append(await insert_row(session, model, customer_id=customer, **row))
        else:
            values = with_pinyin(row) if "pinyin" in table.c else row
            await session.execute(update(table).where(table.c.id == one.id).values(**values))
            ids.append(one.id)
    return ids


def _whose(contacts: Sequence[int], one: NewNumber | NewEmail, at: str) -> int | None:
    if one.contact is None:
        return None
    if not 0 <= one.contact < len(contacts):
        raise InvalidInput("no such contact in `contacts`", field=f"{at}.contact")
    return contacts[one.contact]


def _refuse_twice(values: Sequence[object], name: str, field: str) -> None:
    seen: set[object] = set()
    for n, value in enumerate(values):
        if value in seen:
            raise InvalidInput("given twice", field=f"{name}[{n}].{field}")
        seen.add(value)
