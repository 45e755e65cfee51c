"""How far a right reaches among rows: conditions that go into the query, never around it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, true

from callcenter.errors import Forbidden
from crm.customers.tables import Customer
from crm.tickets.tables import Ticket
from web.auth.principal import Principal
from web.auth.rights import Right, Scope
from web.auth.teams import colleagues
from web.routes import Call

# In the pool is what nobody owns yet: everybody may work with it, but not carry it away.
_REACHES_POOL = frozenset(
    {Right.CUSTOMER_READ, Right.CUSTOMER_WRITE, Right.CUSTOMER_ASSIGN, Right.CUSTOMER_MERGE}
)


def reach(who: Principal, right: Right) -> Scope:
    """Forbidden without the right."""
    scope = who.rights.get(right)
    if scope is None:
        raise Forbidden(f"this needs the right {right}")
    return scope


def visible_customers(call: Call, right: Right = Right.CUSTOMER_READ) -> ColumnElement[bool]:
    """The customers that this right reaches for who is asking; a condition on `Customer`."""
    scope = reach(call.principal, right)
    if scope is Scope.ALL:
        return true()
    pool = Customer.owner_id.is_(None) if right in _REACHES_POOL else false()
    return or_(Customer.owner_id.in_(people(call.principal, scope)), pool)


def visible_tickets(call: Call, right: Right = Right.TICKET_READ) -> ColumnElement[bool]:
    """The tickets that this right reaches for who is asking; a condition on `Ticket`."""
    scope = reach(call.principal, right)
    if scope is Scope.ALL:
        return true()
    mine = people(call.principal, scope)
    return or_(Ticket.owner_id.in_(mine), Ticket.created_by.in_(mine))


def people(who: Principal, scope: Scope) -> Select[Any] | list[int]:
    """The users whose things `own` or `team` reach; for `col.in_(...)`."""
    if scope is Scope.OWN:
        return [who.user]
    return colleagues(who.user)


__all__ = ["people", "reach", "visible_customers", "visible_tickets"]
