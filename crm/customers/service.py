"""What is done to customers; the caller owns the transaction and then publishes what came back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.events import ActivityLogged
from callcenter.store.tables import Interaction
from crm.activities.service import log_calls, move_call
from crm.customers.queries import USERS, CustomerView, get_customer, resolve
from crm.customers.tables import Contact, Customer, PhoneNumber
from crm.numbers import DEFAULT_RULE, NumberKey, TrunkRule, read_number
from crm.sql import insert_row, table_of
from crm.text import line, optional_line

_ACCOUNT = re.compile(r"[0-9]{1,20}")
MOST_NUMBERS = 50  # of one customer
REMATCHED = 500  # earlier calls of a number that become a new customer's, newest first


class NewNumber(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    label: str | None = None
    switchboard: bool = False
    contact: int | None = None  # place in the list of contacts sent with it, from 0


class NewContact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    role: str | None = None
    email: str | None = None


class NewCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: Literal["company", "person"] = "person"
    level: str | None = None
    owner_id: int | None = None
    language: str | None = None
    do_not_call: bool = False
    account_number: str | None = None  # digits, as callers can type them
    numbers: list[NewNumber] = []
    contacts: list[NewContact] = []


class CustomerPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is absent stays. `version` is the one that was read."""

    version: int
    name: str | UnsetType = UNSET
    kind: Literal["company", "person"] | UnsetType = UNSET
    level: str | UnsetType | None = UNSET
    owner_id: int | UnsetType | None = UNSET
    language: str | UnsetType | None = UNSET
    do_not_call: bool | UnsetType = UNSET
    account_number: str | UnsetType | None = UNSET


class SharedNumber(msgspec.Struct, frozen=True):
    """A number that another customer has too: allowed, but said."""

    number: str
    customer: int
    name: str


class Created(msgspec.Struct, frozen=True):
    customer: CustomerView
    shared: list[SharedNumber]
    calls: int  # earlier calls of its numbers that are now in its timeline


async def create_customer(
    session: AsyncSession, new: NewCustomer, *, now: float, rule: TrunkRule = DEFAULT_RULE
) -> tuple[Created, list[ActivityLogged]]:
    """Create a customer; earlier calls of its numbers become its own. InvalidInput."""
    keys = _keys(new, rule)
    shared = await _shared(session, keys)
    values = {name: getattr(new, name) for name in _COLUMNS} | {"name": line(new.name, "name")}
    values = await _checked(session, values)
    customer = await insert_row(session, Customer, **values, created_at=now, updated_at=now)
    contacts = [
        await insert_row(session, Contact, customer_id=customer, **_contact(contact, n))
        for n, contact in enumerate(new.contacts)
    ]
    for n, (number, key) in enumerate(zip(new.numbers, keys, strict=True)):
        await _add_number(session, customer, number, key, _chosen(contacts, number.contact, n))
    events = await _rematch(session, customer, keys)
    view = await get_customer(session, customer)
    return Created(view, shared, len(events)), events


async def add_number(
    session: AsyncSession,
    customer: int,
    new: NewNumber,
    *,
    now: float,
    rule: TrunkRule = DEFAULT_RULE,
) -> tuple[Created, list[ActivityLogged]]:
    """Add a number (`contact` here is a contact's id). InvalidInput, NotFound."""
    customer = await resolve(session, customer)
    view = await get_customer(session, customer)
    if len(view.numbers) >= MOST_NUMBERS:
        raise InvalidInput(f"at most {MOST_NUMBERS} numbers", field="number")
    if new.contact is not None and new.contact not in {contact.id for contact in view.contacts}:
        raise InvalidInput("no such contact of this customer", field="contact")
    key = _key(new, "number", rule)
    shared = await _shared(session, [key], besides=customer)
    await _add_number(session, customer, new, key, new.contact)
    await _touch(session, customer, now)
    events = await _rematch(session, customer, [key])
    return Created(await get_customer(session, customer), shared, len(events)), events


async def remove_number(
    session: AsyncSession, customer: int, number: int, *, now: float
) -> CustomerView:
    """NotFound also for a number of somebody else."""
    customer = await resolve(session, customer)
    table = table_of(PhoneNumber)
    mine = (table.c.id == number) & (table.c.customer_id == customer)
    gone = await session.scalar(table.delete().where(mine).returning(table.c.id))
    if gone is None:
        raise NotFound(f"no number {number} of this customer")
    await _touch(session, customer, now)
    return await get_customer(session, customer)


async def patch_customer(
    session: AsyncSession, customer: int, patch: CustomerPatch, *, now: float
) -> CustomerView:
    """Change what is given. Conflict when somebody changed it since `version`; NotFound."""
    customer = await resolve(session, customer)
    given = {name: getattr(patch, name) for name in (*_COLUMNS, "name")}
    values = {name: value for name, value in given.items() if value is not UNSET}
    if "name" in values:
        values["name"] = line(values["name"], "name")
    values = await _checked(session, values, besides=customer)
    changed = await session.scalar(
        update(table_of(Customer))
        .where(Customer.id == customer, Customer.version == patch.version)
        .values(**values, updated_at=now, version=patch.version + 1)
        .returning(Customer.id)
    )
    if changed is None:
        raise Conflict("somebody else changed this customer meanwhile", field="version")
    return await get_customer(session, customer)


async def pick_customer(
    session: AsyncSession, interaction: str, customer: int
) -> list[ActivityLogged]:
    """An agent says who this call is; the call moves to that customer's timeline. NotFound."""
    customer = await resolve(session, customer)
    picked = await session.scalar(
        update(table_of(Interaction))
        .where(Interaction.id == interaction)
        .values(picked_customer_id=customer)
        .returning(Interaction.id)
    )
    if picked is None:
        raise NotFound(f"no interaction {interaction}")
    moved = await move_call(session, interaction, customer)
    return [*moved, *await log_calls(session, [interaction])]


# --- parts ----------------------------------------------------------------------------------

_COLUMNS = ("kind", "level", "owner_id", "language", "do_not_call", "account_number")


def _keys(new: NewCustomer, rule: TrunkRule) -> list[NumberKey]:
    if len(new.numbers) > MOST_NUMBERS:
        raise InvalidInput(f"at most {MOST_NUMBERS} numbers", field="numbers")
    return [_key(number, f"numbers[{n}].number", rule) for n, number in enumerate(new.numbers)]


def _key(new: NewNumber, field: str, rule: TrunkRule) -> NumberKey:
    key = read_number(line(new.number, field, longest=80), rule)
    if key.e164 is None and key.suffix is None and key.extension is None:
        raise InvalidInput("not a telephone number", field=field)
    return key


def _contact(new: NewContact, n: int) -> dict[str, Any]:
    at = f"contacts[{n}]"
    return {
        "name": line(new.name, f"{at}.name"),
        "role": optional_line(new.role, f"{at}.role"),
        "email": optional_line(new.email, f"{at}.email"),
    }


def _chosen(contacts: Sequence[int], place: int | None, n: int) -> int | None:
    if place is None:
        return None
    if not 0 <= place < len(contacts):
        raise InvalidInput("no such contact in `contacts`", field=f"numbers[{n}].contact")
    return contacts[place]


async def _checked(
    session: AsyncSession, values: dict[str, Any], *, besides: int | None = None
) -> dict[str, Any]:
    for name in ("level", "language"):
        if name in values:
            values[name] = optional_line(values[name], name, longest=16)
    owner = values.get("owner_id")
    if owner is not None and not await session.scalar(
        select(func.count()).select_from(USERS).where(USERS.c.id == owner)
    ):
        raise InvalidInput("no such user", field="owner_id")
    if values.get("account_number") is not None:
        await _check_account(session, values["account_number"], besides or 0)
    return values


async def _check_account(session: AsyncSession, account: str, besides: int) -> None:
    if _ACCOUNT.fullmatch(account) is None:
        raise InvalidInput("1 to 20 digits, as callers can type them", field="account_number")
    holder = select(Customer.id).where(Customer.account_number == account, Customer.id != besides)
    if await session.scalar(holder) is not None:
        raise InvalidInput("another customer has this account number", field="account_number")


async def _shared(
    session: AsyncSession, keys: Sequence[NumberKey], *, besides: int | None = None
) -> list[SharedNumber]:
    wanted = [key.e164 for key in keys if key.e164 is not None]
    if not wanted:
        return []
    rows = await session.execute(
        select(PhoneNumber.e164, Customer.id, Customer.name)
        .join(Customer, Customer.id == PhoneNumber.customer_id)
        .where(PhoneNumber.e164.in_(wanted), Customer.id != (besides or 0))
        .order_by(Customer.id)
        .limit(20)
    )
    return [SharedNumber(number or "", customer, name) for number, customer, name in rows]


async def _add_number(
    session: AsyncSession, customer: int, new: NewNumber, key: NumberKey, contact: int | None
) -> None:
    await insert_row(
        session,
        PhoneNumber,
        customer_id=customer,
        contact_id=contact,
        raw=key.raw,
        e164=key.e164,
        extension=key.extension,
        suffix=key.suffix,
        label=optional_line(new.label, "label", longest=40),
        switchboard=new.switchboard,
    )


async def _rematch(
    session: AsyncSession, customer: int, keys: Sequence[NumberKey]
) -> list[ActivityLogged]:
    """Earlier calls nobody was sure about, where this customer alone has the number now."""
    wanted = {key.e164 for key in keys if key.e164 is not None}
    others = await session.scalars(
        select(PhoneNumber.e164)
        .join(Customer, Customer.id == PhoneNumber.customer_id)
        .where(PhoneNumber.e164.in_(wanted), Customer.id != customer)
    )
    mine = wanted - set(others)
    calls = (
        await session.scalars(
            select(Interaction.id)
            .where(Interaction.caller_e164.in_(mine), Interaction.customer_id.is_(None))
            .where(Interaction.merged_into.is_(None))
            .order_by(Interaction.started_at.desc())
            .limit(REMATCHED)
        )
    ).all()
    if not calls:
        return []
    matched = update(table_of(Interaction)).where(Interaction.id.in_(calls))
    await session.execute(matched.values(customer_id=customer))
    return await log_calls(session, calls)


async def _touch(session: AsyncSession, customer: int, now: float) -> None:
    await session.execute(
        update(table_of(Customer))
        .where(Customer.id == customer)
        .values(updated_at=now, version=Customer.version + 1)
    )
