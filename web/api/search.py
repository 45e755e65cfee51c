"""The one box: everything that was meant, by kind, as far as one's rights reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from msgspec import Meta

from callcenter.errors import InvalidInput
from crm.search import queries
from crm.search.queries import Found, Kind
from crm.search.query import Asked, understand
from web import keys
from web.api.values import Body
from web.auth.rights import Right
from web.routes import Call
from web.scopes import visible_customers, visible_tickets


class SearchQuery(Body, frozen=True):
    """`kinds`: only these, with commas between: customer, contact, ticket. `limit`: of each."""

    q: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
    kinds: Annotated[str, Meta(max_length=100)] = ""
    limit: Annotated[int, Meta(ge=1, le=50)] = 10


Finder = Callable[[Call, Asked, int], Awaitable[tuple[list[Any], bool]]]


async def _customers(call: Call, asked: Asked, limit: int) -> tuple[list[Any], bool]:
    visible = visible_customers(call)
    return await queries.find_customers(call.db, asked, visible=visible, limit=limit)


async def _contacts(call: Call, asked: Asked, limit: int) -> tuple[list[Any], bool]:
    visible = visible_customers(call)
    return await queries.find_contacts(call.db, asked, visible=visible, limit=limit)


async def _tickets(call: Call, asked: Asked, limit: int) -> tuple[list[Any], bool]:
    visible = visible_tickets(call)
    return await queries.find_tickets(call.db, asked, visible=visible, limit=limit)


_FINDERS: dict[Kind, tuple[str, Right, Finder]] = {
    Kind.CUSTOMER: ("customers", Right.CUSTOMER_READ, _customers),
    Kind.CONTACT: ("contacts", Right.CUSTOMER_READ, _contacts),
    Kind.TICKET: ("tickets", Right.TICKET_READ, _tickets),
}


async def search(call: Call, query: SearchQuery) -> Found:
    asked = understand(query.q, call.request.app[keys.NUMBER_RULE])
    kinds = _kinds(query.kinds)
    if asked is None:
        return Found()
    found: dict[str, list[Any]] = {}
    more: list[str] = []
    async with queries.prepared(call.db):
        for kind in kinds:
            group, right, finder = _FINDERS[kind]
            if not call.principal.may(right):
                continue
            found[group], left = await finder(call, asked, query.limit)
            if left:
                more.append(kind.value)
    return Found(**found, more=more)


def _kinds(given: str) -> list[Kind]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    try:
        return [Kind(name) for name in dict.fromkeys(names)] or list(Kind)
    except ValueError:
        allowed = ", ".join(Kind)
        raise InvalidInput(f"no such kind; there are {allowed}", field="kinds") from None
