"""Keeps a ticket's promise: chosen when it is opened or sorted anew, counted when it changes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import structlog
from sqlalchemy import JSON, String, delete, insert, select, update
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calendars import Calendar, check
from callcenter.errors import InvalidInput
from crm.customers.tables import Customer
from crm.sql import table_of
from crm.tickets import sla, tree
from crm.tickets.life import OPEN, Priority
from crm.tickets.sla import Agreement, EscalationStep, Facts, Fitting, Run
from crm.tickets.tables import (
    NEVER,
    AssignmentRule,
    SlaPolicy,
    Ticket,
    TicketCategory,
    TicketEscalation,
)

CALENDARS = sql_table("calendars", sql_column("name", String), sql_column("data", JSON))
escalations = table_of(TicketEscalation)
_OPEN = frozenset(status.value for status in OPEN)

log = structlog.get_logger(__name__)


async def keep(session: AsyncSession, ticket: Ticket, *, choose: bool) -> None:
    """Count the ticket's deadlines and escalations anew; `choose`: by the policy that fits now.

    Changes `ticket`, which the caller writes, and writes the escalations.
    """
    if choose:
        made = await _agreement(session, ticket)
        ticket.agreement = None if made is None else msgspec.to_builtins(made)
    if ticket.agreement is None:
        ticket.respond_due = ticket.update_due = ticket.resolve_due = None
        ticket.next_due = NEVER
        await _plan(session, ticket.id, ())
        return
    agreement = msgspec.convert(ticket.agreement, Agreement)
    calendar = await calendar_named(session, agreement.calendar)
    run = run_of(ticket)
    due = sla.dues(agreement, calendar, run)
    ticket.respond_due, ticket.update_due, ticket.resolve_due = due.respond, due.update, due.resolve
    ticket.next_due = min(sla.running(due, run).values(), default=NEVER)
    await _plan(session, ticket.id, list(sla.escalations(agreement, calendar, run)))


async def recount_calendar(session: AsyncSession, name: str) -> None:
    """A calendar has changed: what is owed by it is counted anew, soon, by the keeper."""
    tickets = table_of(Ticket)
    of_calendar = tickets.c.agreement["calendar"].as_string() == name
    await session.execute(
        update(tickets).where(tickets.c.status.in_(_OPEN), of_calendar).values(recount=True)
    )


def run_of(ticket: Ticket) -> Run:
    """What the clock of this ticket is made of."""
    return Run(
        started_at=ticket.created_at,
        responded_at=ticket.responded_at,
        touched_at=ticket.touched_at,
        touches=ticket.touches,
        holds=tuple((begin or 0.0, end) for begin, end in ticket.holds or ()),
        ended=ticket.status not in _OPEN,
    )


async def calendar_named(session: AsyncSession, name: str | None) -> Calendar | None:
    """None, day and night, for a calendar that is gone or cannot be read: late beats never."""
    if name is None:
        return None
    data = await session.scalar(select(CALENDARS.c.data).where(CALENDARS.c.name == name))
    try:
        calendar = msgspec.convert(data, Calendar)
        check(calendar)
    except (msgspec.ValidationError, InvalidInput) as error:
        log.error("sla_calendar_unreadable", calendar=name, error=str(error))
        return None
    return calendar


async def _plan(session: AsyncSession, ticket: int, wanted: Sequence[sla.Escalation]) -> None:
    """What is to come is written anew; what was done stays done."""
    of_ticket = escalations.c.ticket_id == ticket
    await session.execute(delete(escalations).where(of_ticket, escalations.c.done_at.is_(None)))
    if not wanted:
        return
    done = set(await session.scalars(select(escalations.c.key).where(of_ticket)))
    rows = [
        {
            "ticket_id": ticket,
            "key": one.key,
            "step": msgspec.to_builtins(one.step),
            "at": one.at,
        }
        for one in wanted
        if one.key not in done
    ]
    if rows:
        await session.execute(insert(escalations), rows)


# --- choosing -------------------------------------------------------------------------------


async def facts_of(session: AsyncSession, ticket: Ticket) -> Facts:
    """What policies and rules are chosen by."""
    parents = await parents_of(session)
    level = await session.scalar(select(Customer.level).where(Customer.id == ticket.customer_id))
    categories = frozenset(tree.above(parents, ticket.category_id))
    return Facts(categories, level, Priority(ticket.priority))


async def parents_of(session: AsyncSession) -> dict[int, int | None]:
    """The tree of categories; small."""
    rows = await session.execute(select(TicketCategory.id, TicketCategory.parent_id))
    return {row.id: row.parent_id for row in rows}


def fitting_of(row: SlaPolicy | AssignmentRule) -> Fitting:
    return Fitting(category=row.category_id, level=row.level, priority=row.priority)


async def _agreement(session: AsyncSession, ticket: Ticket) -> Agreement | None:
    query = select(SlaPolicy).where(SlaPolicy.active).order_by(SlaPolicy.position, SlaPolicy.id)
    policies = {policy.id: policy for policy in await session.scalars(query)}
    if not policies:
        return None
    facts = await facts_of(session, ticket)
    chosen = sla.first_fitting([(fitting_of(one), id_) for id_, one in policies.items()], facts)
    if chosen is None:
        return None
    policy = policies[chosen]
    return Agreement(
        policy=policy.id,
        name=policy.name,
        calendar=policy.calendar,
        respond=policy.respond_within,
        update=policy.update_within,
        resolve=policy.resolve_within,
        steps=tuple(msgspec.convert(policy.steps, list[EscalationStep])),
    )
