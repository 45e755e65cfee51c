"""Persons who are to be erased: what would go, the order to do it, and how far it is."""

from __future__ import annotations

import asyncio
from typing import Annotated

from msgspec import Meta
from sqlalchemy import select

from callcenter.errors import InvalidInput, NotFound
from callcenter.forgetting import sweep
from callcenter.forgetting.person import Finder, Person
from callcenter.forgetting.service import Eraser
from callcenter.forgetting.tables import Erasure
from crm import erasure as customers
from web import keys
from web.api.retention import Reason
from web.api.values import Body, RowId, View
from web.routes import Call

COUNT_SECONDS = 5.0  # for what names them elsewhere: on large databases it takes longer than people
MOST = 500

NumberText = Annotated[str, Meta(min_length=3, max_length=80)]


class PersonBody(Body, frozen=True):
    """Who: a customer, with everybody merged into them; one person there, while it stays; or
    whoever has a number."""

    customer: RowId | None = None
    contact: RowId | None = None
    number: NumberText | None = None


class ErasureBody(PersonBody, frozen=True, kw_only=True):
    """`confirmed`: that it cannot be undone."""

    reason: Reason
    confirmed: bool


class FoundView(View, frozen=True):
    """`rows`: theirs, by table; `mentions`: of others that name them, null when there was no time
    to count; `held`: the legal holds that are in the way; `stays`: customers at whom they were."""

    customers: list[int]
    stays: list[int]
    names: list[str]
    numbers: list[str]
    emails: list[str]
    calls: int
    recordings: int
    tickets: int
    rows: dict[str, int]
    mentions: dict[str, int] | None
    held: list[str]


class ErasureView(View, frozen=True):
    """`state`: what is done next; done at the end. `problem`: why it has to wait."""

    id: int
    state: str
    asked_by: int | None
    asked_at: float
    reason: str
    counts: dict[str, int]
    problem: str | None
    finished_at: float | None


class ErasuresView(View, frozen=True):
    items: list[ErasureView]


async def find_person(call: Call, body: PersonBody) -> FoundView:
    found = await _eraser(call).find(call.db, _person(call, body), mentions=False)
    person = found.person
    return FoundView(
        person.customers,
        person.stays,
        person.names,
        [number.e164 for number in person.numbers],
        person.emails,
        len(person.calls),
        len(person.recordings),
        len(person.tickets),
        found.rows,
        await _mentions(call, person),
        found.held,
    )


async def _mentions(call: Call, person: Person) -> dict[str, int] | None:
    try:
        async with (
            asyncio.timeout(COUNT_SECONDS),
            call.request.app[keys.DATABASE].reading() as session,
        ):
            return await sweep.count(session, Finder(person))
    except TimeoutError:
        return None


async def erase_person(call: Call, body: ErasureBody) -> ErasureView:
    if not body.confirmed:
        raise InvalidInput("must be confirmed: it cannot be undone", field="confirmed")
    row = await _eraser(call).ask(
        call.db, _person(call, body), by=call.principal.user, reason=body.reason.strip()
    )
    await call.audit("person.erase", f"erasure/{row.id}")
    return _view(row)


async def list_erasures(call: Call) -> ErasuresView:
    rows = await call.db.scalars(select(Erasure).order_by(Erasure.id.desc()).limit(MOST))
    return ErasuresView([_view(row) for row in rows])


async def read_erasure(call: Call, id: RowId) -> ErasureView:
    row = await call.db.get(Erasure, id)
    if row is None:
        raise NotFound("there is no such erasure")
    return _view(row)


def _person(call: Call, body: PersonBody) -> Person:
    given = [one for one in (body.customer, body.contact, body.number) if one is not None]
    if len(given) != 1:
        raise InvalidInput("name one of customer, contact and number", field="customer")
    if body.number is not None:
        rule = call.request.app[keys.NUMBER_RULE]
        return Person(numbers=[customers.read(body.number, rule)])
    if body.contact is not None:
        return Person(contacts=[body.contact])
    return Person(customers=[body.customer] if body.customer is not None else [])


def _eraser(call: Call) -> Eraser:
    eraser = call.request.app[keys.ERASER]
    if eraser is None:
        raise NotFound("this service erases nobody")
    return eraser


def _view(row: Erasure) -> ErasureView:
    return ErasureView(
        row.id,
        row.state,
        row.asked_by,
        row.asked_at,
        row.reason,
        row.counts,
        row.problem,
        row.finished_at,
    )
