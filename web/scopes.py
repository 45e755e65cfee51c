"""How far a right reaches among rows: conditions that go into the query, never around it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, or_, select, true

from callcenter.errors import Forbidden
from crm.customers.tables import Customer
from crm.tickets.tables import Ticket, TicketWatcher
from routing.tables import Agent
from web.auth.principal import Principal
from web.auth.rights import Right, Scope
from web.auth.teams import colleagues, teams_of
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
    return tickets_of(call.principal, right)


def tickets_of(who: Principal, right: Right) -> ColumnElement[bool]:
    """Own are those that one looks after or opened; a team's also those given to it.

    Who watches a ticket sees it. It is no way to more: everybody can watch what they see.
    """
    scope = reach(who, right)
    if scope is Scope.ALL:
        return true()
    mine = people(who, scope)
    ways = [Ticket.owner_id.in_(mine), Ticket.created_by.in_(mine)]
    if right is Right.TICKET_READ:
        watched = select(TicketWatcher.ticket_id).where(TicketWatcher.user_id.in_(mine))
        ways.append(Ticket.id.in_(watched))
    if scope is Scope.TEAM:
        ways.append(Ticket.team_id.in_(teams_of(who.user)))
    return or_(*ways)


def people(who: Principal, scope: Scope) -> Select[Any] | list[int]:
    """The users whose things `own` or `team` reach; for `column.in_(...)`."""
    return [who.user] if scope is Scope.OWN else colleagues(who.user)


def agents(who: Principal, scope: Scope | None) -> int | Select[Any] | None:
    """The agents whose calls `own` or `team` reach; None when there are none."""
    if scope is not Scope.TEAM:
        return who.agent if scope is not None else None
    return select(Agent.id).where(Agent.user_id.in_(colleagues(who.user)))
