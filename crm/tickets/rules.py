"""Who gets a new ticket by rule: the first that fits, and its people in turn."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from crm.sql import table_of
from crm.tickets import people, sla
from crm.tickets.promises import fitting_of
from crm.tickets.sla import Facts
from crm.tickets.tables import AssignmentRule


@dataclass(frozen=True, slots=True)
class Given:
    """`owner` None: the team's, for one of them to take."""

    rule: int
    team: int | None
    owner: int | None


async def choose(session: AsyncSession, facts: Facts) -> Given | None:
    """By the first rule that fits; None when none does. Its turn passes on."""
    query = select(AssignmentRule).where(AssignmentRule.active)
    query = query.order_by(AssignmentRule.position, AssignmentRule.id)
    found = {rule.id: rule for rule in await session.scalars(query)}
    chosen = sla.first_fitting([(fitting_of(one), id_) for id_, one in found.items()], facts)
    if chosen is None:
        return None
    rule = found[chosen]
    return Given(rule.id, rule.team_id, await _next_owner(session, rule))


async def _next_owner(session: AsyncSession, rule: AssignmentRule) -> int | None:
    """Whose turn it is; the rule is locked, so two tickets at once go to two people."""
    if not rule.owners:
        return None
    table = table_of(AssignmentRule)
    of_rule = table.c.id == rule.id
    last = await session.scalar(select(table.c.last_owner).where(of_rule).with_for_update())
    there = await people.active(session, rule.owners)
    owner = sla.next_in_turn(rule.owners, last, there)
    if owner is not None:
        await session.execute(update(table).where(of_rule).values(last_owner=owner))
    return owner
