"""Customers that are there twice: who they may be, making one of two, and undoing it."""

from __future__ import annotations

import time
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import select

from callcenter.errors import NotFound
from crm.customers.queries import resolve
from crm.customers.tables import Customer
from crm.merge import pairs, queries, service
from crm.merge.duplicates import Candidates, know, likely
from crm.merge.fields import Side
from crm.merge.pairs import PairPage
from crm.merge.queries import MergePage, MergeView
from crm.merge.scoring import Facts
from crm.merge.service import Order, Undone
from crm.numbers import read_number
from web import keys
from web.api.values import Body, Cursor, Limit, Name, RowId
from web.auth.rights import Right
from web.routes import Call
from web.scopes import visible_customers

Text = Annotated[str, Meta(max_length=200)]


class DraftSent(Body, frozen=True):
    """A customer that is about to be saved; `customer` when it is there already."""

    name: Name
    kind: Literal["company", "person"] = "person"
    numbers: Annotated[list[Annotated[str, Meta(max_length=80)]], Meta(max_length=50)] = (
        msgspec.field(default_factory=list)
    )
    emails: Annotated[list[Text], Meta(max_length=50)] = msgspec.field(default_factory=list)
    account_number: Text | None = None
    tax_number: Text | None = None
    customer: RowId | None = None


class MergeSent(Body, frozen=True):
    """`source` becomes a part of the customer in the address.

    `fields`: whose value it has, by name, `field.<name>` for defined ones. What is not named is the
    target's, or the source's where the target has nothing.
    """

    source: RowId
    fields: Annotated[dict[Annotated[str, Meta(max_length=60)], Side], Meta(max_length=200)] = (
        msgspec.field(default_factory=dict)
    )


class PairQuery(Body, frozen=True):
    cursor: Cursor | None = None
    limit: Limit = 50


class MergeQuery(Body, frozen=True):
    """`customer`: only those in which it took part."""

    customer: RowId | None = None
    cursor: Cursor | None = None
    limit: Limit = 50


async def check_duplicates(call: Call, body: DraftSent) -> Candidates:
    rule = call.request.app[keys.NUMBER_RULE]
    numbers = (read_number(number, rule).e164 for number in body.numbers)
    facts = Facts(
        name=" ".join(body.name.split()),
        company=body.kind == "company",
        numbers={number: False for number in numbers if number is not None},
        emails=frozenset(email.strip().casefold() for email in body.emails if email.strip()),
        account_number=body.account_number or None,
        tax_number=body.tax_number or None,
    )
    return await likely(call.db, facts, besides=body.customer, visible=visible_customers(call))


async def list_candidates(call: Call, id: RowId) -> Candidates:
    customer = await resolve(call.db, id)
    await _check_visible(call, customer)
    known = (await know(call.db, [customer]))[customer]
    return await likely(call.db, known.facts, besides=customer, visible=visible_customers(call))


async def list_pairs(call: Call, query: PairQuery) -> PairPage:
    visible = visible_customers(call, Right.CUSTOMER_MERGE)
    return await pairs.list_pairs(call.db, visible=visible, cursor=query.cursor, limit=query.limit)


async def dismiss_pair(call: Call, id: RowId) -> None:
    first, second = await pairs.sides_of(call.db, id)
    await _check_visible(call, first, second, right=Right.CUSTOMER_MERGE)
    await pairs.dismiss_pair(call.db, first, second, actor=call.principal.user, now=time.time())


async def merge_customers(call: Call, id: RowId, body: MergeSent) -> MergeView:
    await _check_visible(call, id, body.source, right=Right.CUSTOMER_MERGE)
    order = Order(
        target=id,
        source=body.source,
        chosen=body.fields,
        actor=call.principal.user,
        now=time.time(),
    )
    made = await service.merge(call.db, order)
    await call.audit("customer.merge", f"customer/{id}", after=made)
    return made


async def undo_merge(call: Call, id: RowId) -> Undone:
    made = await queries.get_merge(call.db, id)
    await _check_visible(call, made.target, right=Right.CUSTOMER_MERGE)
    undone = await service.undo(call.db, id, actor=call.principal.user, now=time.time())
    await call.audit("customer.merge.undo", f"customer/{made.target}", after=undone)
    return undone


async def list_merges(call: Call, query: MergeQuery) -> MergePage:
    return await queries.list_merges(
        call.db,
        visible=visible_customers(call, Right.CUSTOMER_MERGE),
        customer=query.customer,
        cursor=query.cursor,
        limit=query.limit,
    )


async def _check_visible(call: Call, *customers: int, right: Right = Right.CUSTOMER_READ) -> None:
    """NotFound for one that is not there, or not for who asks."""
    found = set(
        await call.db.scalars(
            select(Customer.id).where(Customer.id.in_(customers), visible_customers(call, right))
        )
    )
    for customer in customers:
        if customer not in found:
            raise NotFound(f"no customer {customer}")
