"""What is done to customers; the caller owns the transaction and then publishes what came back."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.events import ActivityLogged
from callcenter.store.tables import Interaction
from crm.activities.service import log_calls, move_call
from crm.customers.inputs import (
    COLUMNS,
    CustomerPatch,
    NewAddress,
    NewContact,
    NewCustomer,
    NewEmail,
    NewNumber,
    checked_columns,
    given,
)
from crm.customers.matching import SharedNumber, rematch, shared_numbers
from crm.customers.parts import write_parts
from crm.customers.queries import TEAMS, USERS, CustomerView, get_customer, resolve
from crm.customers.tables import Customer
from crm.dictionary import service as dictionary
from crm.dictionary.rules import DictionaryKind
from crm.fields.rules import Sent, read_all
from crm.fields.service import specs
from crm.fields.values import values_of, write_values
from crm.numbers import DEFAULT_RULE, TrunkRule
from crm.search.pinyin import with_pinyin
from crm.sql import insert_row, table_of

__all__ = [
    "CustomerPatch",
    "NewAddress",
    "NewContact",
    "NewCustomer",
    "NewEmail",
    "NewNumber",
    "Saved",
    "create_customer",
    "patch_customer",
    "pick_customer",
]

_customers = table_of(Customer)
_WORDS = {
    "level": DictionaryKind.LEVEL,
    "type": DictionaryKind.TYPE,
    "source": DictionaryKind.SOURCE,
}


class Saved(msgspec.Struct, frozen=True):
    customer: CustomerView
    shared: list[SharedNumber]
    calls: int  # earlier calls of its numbers that are now in its timeline


async def create_customer(
    session: AsyncSession, new: NewCustomer, *, now: float, rule: TrunkRule = DEFAULT_RULE
) -> tuple[Saved, list[ActivityLogged]]:
    """Create a customer; earlier calls of its numbers become its own. InvalidInput."""
    values = await _checked(session, checked_columns(given(new, COLUMNS)))
    if values["owner_id"] is not None:
        values["owned_at"] = now
    customer = await insert_row(session, Customer, **values, created_at=now, updated_at=now)
    return await _write_rest(session, customer, new, rule)


async def patch_customer(
    session: AsyncSession,
    customer: int,
    patch: CustomerPatch,
    *,
    now: float,
    rule: TrunkRule = DEFAULT_RULE,
    visible: ColumnElement[bool] | None = None,
) -> tuple[Saved, list[ActivityLogged]]:
    """Change what is given. Conflict when somebody changed it since `version`; NotFound."""
    customer = await resolve(session, customer, visible)
    values = checked_columns(given(patch, COLUMNS))
    before = await _lock(session, customer, patch.version)
    values = await _checked(session, values, before)
    if "owner_id" in values and values["owner_id"] != before["owner_id"]:
        values["owned_at"] = None if values["owner_id"] is None else now
    await session.execute(
        update(_customers)
        .where(_customers.c.id == customer)
        .values(**with_pinyin(values), updated_at=now, version=patch.version + 1)
    )
    return await _write_rest(session, customer, patch, rule)


async def pick_customer(
    session: AsyncSession,
    interaction: str,
    customer: int,
    visible: ColumnElement[bool] | None = None,
) -> list[ActivityLogged]:
    """An agent says who this call is; the call moves to that customer's timeline. NotFound."""
    customer = await resolve(session, customer, visible)
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


async def _lock(session: AsyncSession, customer: int, version: int) -> dict[str, Any]:
    """The row, nobody else's until the caller's transaction ends. Conflict."""
    row = (
        await session.execute(
            select(_customers).where(_customers.c.id == customer).with_for_update()
        )
    ).one()
    if row.version != version:
        raise Conflict("somebody else changed this customer meanwhile", field="version")
    return dict(row._mapping)


async def _write_rest(
    session: AsyncSession, customer: int, sent: NewCustomer | CustomerPatch, rule: TrunkRule
) -> tuple[Saved, list[ActivityLogged]]:
    keys = await write_parts(session, customer, sent, rule)
    if isinstance(sent.custom, dict):
        await _write_custom(session, customer, sent.custom, new=isinstance(sent, NewCustomer))
    shared = await shared_numbers(session, customer, keys)
    events = await rematch(session, customer, keys)
    return Saved(await get_customer(session, customer), shared, len(events)), events


async def _write_custom(
    session: AsyncSession, customer: int, sent: dict[str, Sent], *, new: bool
) -> None:
    defined = await specs(session)
    if not defined and not sent:
        return
    before = {} if new else (await values_of(session, [customer])).get(customer, {})
    kept = {
        name: value if isinstance(value, list) else [value]
        for name, value in before.items()
        if isinstance(value, str | list)
    }
    await write_values(session, customer, read_all(defined, sent, new=new, kept=kept))


async def _checked(
    session: AsyncSession, values: dict[str, Any], before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What only the database knows: words, people, and numbers that one customer alone has."""
    before = before or {}
    for name, kind in _WORDS.items():
        if name in values:
            kept = before.get(name)
            values[name] = await dictionary.check(
                session, kind, values[name], field=name, kept=kept
            )
    for name, table in (("owner_id", USERS), ("team_id", TEAMS)):
        if values.get(name) is not None:
            await _check_exists(session, table, values[name], name)
    if values.get("account_number") is not None:
        await _check_account(session, values["account_number"], before.get("id", 0))
    return values


async def _check_exists(session: AsyncSession, table: Any, id_: int, field: str) -> None:
    there = select(func.count()).select_from(table).where(table.c.id == id_)
    if not await session.scalar(there):
        raise InvalidInput("no such user" if table is USERS else "no such team", field=field)


async def _check_account(session: AsyncSession, account: str, besides: int) -> None:
    holder = select(Customer.id).where(Customer.account_number == account, Customer.id != besides)
    if await session.scalar(holder) is not None:
        raise InvalidInput("another customer has this account number", field="account_number")
