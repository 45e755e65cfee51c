"""Whose numbers they are: who else has them, and which earlier calls become a customer's own."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.events import ActivityLogged
from callcenter.store.tables import Interaction
from crm.activities.service import log_calls
from crm.customers.tables import Customer, PhoneNumber
from crm.numbers import NumberKey
from crm.sql import table_of

REMATCHED = 500  # earlier calls of a number that become a new customer's, newest first


class SharedNumber(msgspec.Struct, frozen=True):
    """A number that another customer has too: allowed, but said."""

    number: str
    customer: int
    name: str


async def shared_numbers(
    session: AsyncSession, customer: int, keys: Sequence[NumberKey]
) -> list[SharedNumber]:
    """Who else has these."""
    wanted = [key.e164 for key in keys if key.e164 is not None]
    if not wanted:
        return []
    rows = await session.execute(
        select(PhoneNumber.e164, Customer.id, Customer.name)
        .join(Customer, Customer.id == PhoneNumber.customer_id)
        .where(PhoneNumber.e164.in_(wanted), Customer.id != customer)
        .order_by(Customer.id)
        .limit(20)
    )
    return [SharedNumber(number or "", id_, name) for number, id_, name in rows]


async def rematch(
    session: AsyncSession, customer: int, keys: Sequence[NumberKey]
) -> list[ActivityLogged]:
    """Earlier calls nobody was sure about, where this customer alone has the number now.

    A call whose customer an agent has named stays with that one: the pick outranks the number.
    """
    wanted = {key.e164 for key in keys if key.e164 is not None}
    if not wanted:
        return []
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
