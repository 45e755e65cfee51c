"""The search over everything: each kind is one question, made of small ones (`ways`)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Select,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store import fast
from crm.customers.queries import USERS
from crm.customers.tables import Contact, Customer, PhoneNumber
from crm.search import matching
from crm.search.matching import dialect_of
from crm.search.query import Asked, ticket_numbers
from crm.search.ranking import Hit, Why, best, closer, excerpt
from crm.search.ways import accounts, contact_ways, customer_ways, ticket_ways, together
from crm.tickets.tables import Ticket, TicketNumber


class Kind(StrEnum):
    CUSTOMER = "customer"
    CONTACT = "contact"
    TICKET = "ticket"


class FoundCustomer(msgspec.Struct, frozen=True):
    """`why` says what it was found by, `matched` the text that fits."""

    id: int
    kind: str
    name: str
    level: str | None
    owner: str | None
    number: str | None
    why: str
    matched: str


class FoundContact(msgspec.Struct, frozen=True):
    id: int
    name: str
    role: str | None
    customer: int
    customer_name: str
    why: str
    matched: str


class FoundTicket(msgspec.Struct, frozen=True):
    """`matched` is a part of the text in which it was found."""

    id: int
    number: str
    title: str
    status: str
    customer: int
    customer_name: str
    why: str
    matched: str


class Found(msgspec.Struct, frozen=True):
    """What was found of each kind, the best first; `more`: kinds of which there is more.

    A kind that one may not see is not there.
    """

    customers: list[FoundCustomer] = []
    contacts: list[FoundContact] = []
    tickets: list[FoundTicket] = []
    more: list[str] = []


def prepared(session: AsyncSession) -> AbstractAsyncContextManager[None]:
    """Plans for what is asked now, and none that are compiled first: both would cost more."""
    return fast.settings(
        session, plan_cache_mode="force_custom_plan", jit="off", max_parallel_workers_per_gather="0"
    )


async def find_customers(
    session: AsyncSession, asked: Asked, *, visible: ColumnElement[bool], limit: int
) -> tuple[list[FoundCustomer], bool]:
    """Customers, and whether there are more; `visible` is a condition on `Customer`."""
    dialect = dialect_of(session)

    def question() -> Select[Any]:
        hits = together(customer_ways(dialect, asked, visible))
        return (
            select(hits.c.why, hits.c.matched, Customer.id, Customer.kind, Customer.name)
            .add_columns(Customer.level, USERS.c.display_name)
            .join(Customer, Customer.id == hits.c.id)
            .outerjoin(USERS, USERS.c.id == Customer.owner_id)
        )

    shape = ("search_customers", matching.shape_of(asked))
    rows = await fast.fetch(session, shape, question, _values(asked), (visible,))
    found = best(
        (
            Hit(id_, closer(Why(why), name, asked.text), name, (kind, level, owner, matched))
            for why, matched, id_, kind, name, level, owner in rows
        ),
        limit + 1,
    )
    numbers = await _numbers(session, [hit.id for hit in found[:limit]])
    return [
        FoundCustomer(
            *(hit.id, hit.thing[0], hit.name, hit.thing[1], hit.thing[2]),
            *(numbers.get(hit.id), hit.why.value, hit.thing[3] or hit.name),
        )
        for hit in found[:limit]
    ], len(found) > limit


def _values(asked: Asked) -> dict[str, Any]:
    found = matching.values_of(asked)
    if asked.account is not None:
        found["accounts"] = accounts(asked.account)
    return found


async def _numbers(session: AsyncSession, customers: list[int]) -> dict[int, str]:
    """The first number of each."""
    if not customers:
        return {}
    theirs = PhoneNumber.customer_id.in_(customers)

    columns: tuple[Any, ...] = (PhoneNumber.customer_id, PhoneNumber.raw)

    def question() -> Select[Any]:
        return select(*columns).where(theirs).order_by(PhoneNumber.id.desc())

    rows = await fast.fetch(session, "search_numbers", question, conditions=(theirs,))
    return {row[0]: row[1] for row in rows}


async def find_contacts(
    session: AsyncSession, asked: Asked, *, visible: ColumnElement[bool], limit: int
) -> tuple[list[FoundContact], bool]:
    """People at customers, by name; `visible` is a condition on `Customer`."""
    if asked.is_number:
        return [], False
    dialect = dialect_of(session)

    def question() -> Select[Any]:
        seen = (visible, Customer.merged_into.is_(None))
        hits = together(contact_ways(dialect, asked, seen))
        return (
            select(hits.c.why, hits.c.matched, Contact.id, Contact.name, Contact.role)
            .add_columns(Customer.id, Customer.name)
            .join(Contact, Contact.id == hits.c.id)
            .join(Customer, Customer.id == Contact.customer_id)
        )

    shape = ("search_contacts", matching.shape_of(asked))
    rows = await fast.fetch(session, shape, question, _values(asked), (visible,))
    found = best(
        (
            Hit(id_, closer(Why(why), name, asked.text), name, (role, customer, of, matched))
            for why, matched, id_, name, role, customer, of in rows
        ),
        limit + 1,
    )
    return [
        FoundContact(
            *(hit.id, hit.name, hit.thing[0], hit.thing[1], hit.thing[2]),
            *(hit.why.value, hit.thing[3]),
        )
        for hit in found[:limit]
    ], len(found) > limit


async def find_tickets(
    session: AsyncSession, asked: Asked, *, visible: ColumnElement[bool], limit: int
) -> tuple[list[FoundTicket], bool]:
    """Tickets, by number or what was written in them; `visible` is a condition on `Ticket`."""
    dialect, numbers = dialect_of(session), await _exactly(session, asked)

    def question() -> Select[Any]:
        hits = together(ticket_ways(dialect, asked, numbers, visible))
        return (
            select(hits.c.why, hits.c.matched, Ticket.id, Ticket.number, Ticket.title)
            .add_columns(Ticket.status, Customer.id.label("customer"))
            .add_columns(Customer.name.label("customer_name"))
            .join(Ticket, Ticket.id == hits.c.id)
            .join(Customer, Customer.id == Ticket.customer_id)
        )

    shape = ("search_tickets", matching.shape_of(asked))
    values = matching.values_of(asked) | {"ticket_numbers": numbers}
    rows = await fast.fetch(session, shape, question, values, (visible,))
    found = best((Hit(row[2], Why(row[0]), "", row) for row in rows), limit + 1)
    return [_found_ticket(hit, asked.text) for hit in found[:limit]], len(found) > limit


def _found_ticket(hit: Hit[Sequence[Any]], asked: str) -> FoundTicket:
    _, matched, id_, number, title, status, customer, customer_name = hit.thing
    return FoundTicket(
        id=id_,
        number=number,
        title=title,
        status=status,
        customer=customer,
        customer_name=customer_name,
        why=hit.why.value,
        matched=excerpt(matched or "", asked),
    )


async def _exactly(session: AsyncSession, asked: Asked) -> list[str]:
    """The ticket numbers that can be meant."""
    exact = [asked.text.upper()]
    if asked.ticket is None:
        return exact
    years = await fast.fetch(session, "ticket_years", lambda: select(TicketNumber.year))
    return exact + ticket_numbers(asked.ticket, [year for (year,) in years])
