"""Writes what a batch of rows does, in few statements however many rows; the caller commits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import fast
from callcenter.store.tables import Interaction
from crm.activities.service import log_calls
from crm.customers.inputs import email_key
from crm.customers.tables import (
    Address,
    Contact,
    Customer,
    CustomerTag,
    EmailAddress,
    PhoneNumber,
)
from crm.fields.rules import folded
from crm.fields.tables import FieldValue
from crm.fields.values import rows_of
from crm.search.pinyin import with_pinyin
from crm.sql import table_of
from crm.transfer.plan import Change
from crm.transfer.tables import ExternalId

MOST_CALLS = 5_000  # earlier calls that find their customer in one batch
Row = dict[str, Any]


async def apply(session: AsyncSession, changes: Sequence[Change], *, now: float) -> None:
    """IntegrityError when somebody was faster; then the caller looks again."""
    for change in changes:
        if "owner_id" in change.columns:
            change.columns["owned_at"] = now
    await _write_new(session, [one for one in changes if one.is_new], now)
    await _write_changed(session, [one for one in changes if not one.is_new], now)
    people = await _contacts(session, changes)
    numbers = [
        {
            "customer_id": one.customer,
            "contact_id": people.get((one.customer, contact)),
            "raw": number.raw,
            "e164": number.e164,
            "extension": number.extension,
            "suffix": number.suffix,
        }
        for one in changes
        for number, contact in one.numbers
    ]
    await fast.copy(session, table_of(PhoneNumber), numbers)
    emails = [
        {
            "customer_id": one.customer,
            "contact_id": people.get((one.customer, contact)),
            "email": email,
            "key": email_key(email),
        }
        for one in changes
        for email, contact in one.emails
    ]
    await fast.copy(session, table_of(EmailAddress), emails)
    await fast.copy(session, table_of(Address), _addresses(changes))
    tags = [{"customer_id": one.customer, "tag": tag} for one in changes for tag in one.tags]
    await fast.copy(session, table_of(CustomerTag), tags)
    ids = [(one.external_id, one.customer) for one in changes if one.external_id]
    external = [dict(zip(_EXTERNAL, one, strict=True)) for one in ids]
    await fast.copy(session, table_of(ExternalId), external)
    await _custom(session, changes)
    await _rematch(session, numbers)


_EXTERNAL = ("external_id", "customer_id")
_ADDRESS = ("label", "country", "region", "city", "street", "postcode")
_COLUMNS = (
    *("name", "kind", "level", "type", "source", "owner_id", "owned_at", "team_id", "language"),
    *("birthday", "notes", "do_not_call", "account_number", "tax_number"),
)


def _addresses(changes: Iterable[Change]) -> list[Row]:
    empty = dict.fromkeys(_ADDRESS)
    return [
        {"customer_id": one.customer, **empty, **address}
        for one in changes
        for address in one.addresses
    ]


async def _write_new(session: AsyncSession, changes: Sequence[Change], now: float) -> None:
    """New customers; each change learns its id."""
    if not changes:
        return
    empty: Row = dict.fromkeys(_COLUMNS)
    empty |= {"do_not_call": False, "created_at": now, "updated_at": now}
    rows = [with_pinyin(empty | one.columns) for one in changes]
    made = await fast.add(session, table_of(Customer), rows)
    for change, id_ in zip(changes, made, strict=True):
        change.customer = id_


async def _write_changed(session: AsyncSession, changes: Sequence[Change], now: float) -> None:
    """One statement for all that change the same columns."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for one in changes:
        columns = with_pinyin(one.columns)
        row = {f"new_{name}": value for name, value in columns.items()}
        alike.setdefault(tuple(sorted(columns)), []).append({"which": one.customer, **row})
    table = table_of(Customer)
    for names, rows in alike.items():
        change = (
            update(table)
            .where(table.c.id == bindparam("which"))
            .values(
                {name: bindparam(f"new_{name}") for name in names}
                | {"updated_at": now, "version": table.c.version + 1}
            )
        )
        await session.execute(change, rows)


async def _contacts(
    session: AsyncSession, changes: Sequence[Change]
) -> dict[tuple[int | None, str | None], int]:
    """The ids of contacts, there and new, by customer and name."""
    table = table_of(Contact)
    found: dict[tuple[int | None, str | None], int] = {
        (one.customer, name): id_ for one in changes for name, id_ in one.there.items()
    }
    new = [(one.customer, name, role) for one in changes for name, role in one.contacts]
    if new:
        rows = [
            with_pinyin({"customer_id": customer, "name": name, "role": role})
            for customer, name, role in new
        ]
        made = await fast.add(session, table, rows)
        for (customer, name, _), id_ in zip(new, made, strict=True):
            found[customer, folded(name)] = id_
    roles = [{"which": id_, "new_role": role} for one in changes for id_, role in one.roles]
    if roles:
        change = update(table).where(table.c.id == bindparam("which"))
        await session.execute(change.values(role=bindparam("new_role")), roles)
    return found


async def _custom(session: AsyncSession, changes: Sequence[Change]) -> None:
    told = [(one, spec) for one in changes for spec in one.custom]
    if not told:
        return
    table = table_of(FieldValue)
    old = [(one.customer, spec.id) for one, spec in told if not one.is_new]
    if old:
        these = tuple_(table.c.customer_id, table.c.field_id).in_(old)
        await session.execute(delete(table).where(these))
    rows = [row for one, spec in told for row in rows_of(one.customer or 0, spec, one.custom[spec])]
    if rows:
        await session.execute(insert(table), rows)


async def _rematch(session: AsyncSession, numbers: Sequence[Row]) -> None:
    """Earlier calls nobody was sure about, where one customer alone has the number now."""
    wanted = {row["e164"]: row["customer_id"] for row in numbers if row["e164"]}
    if not wanted:
        return
    calls = (
        await session.execute(
            select(Interaction.id, Interaction.caller_e164)
            .where(Interaction.caller_e164.in_(wanted), Interaction.customer_id.is_(None))
            .where(Interaction.merged_into.is_(None))
            .order_by(Interaction.started_at.desc())
            .limit(MOST_CALLS)
        )
    ).all()
    if not calls:
        return
    holders = await session.execute(
        select(PhoneNumber.e164)
        .where(PhoneNumber.e164.in_({e164 for _, e164 in calls}))
        .group_by(PhoneNumber.e164)
        .having(func.count(PhoneNumber.customer_id.distinct()) == 1)
    )
    alone = set(holders.scalars())
    matched = [{"which": id_, "whose": wanted[e164 or ""]} for id_, e164 in calls if e164 in alone]
    if not matched:
        return
    table = table_of(Interaction)
    change = update(table).where(table.c.id == bindparam("which"))
    await session.execute(change.values(customer_id=bindparam("whose")), matched)
    await log_calls(session, [row["which"] for row in matched])
