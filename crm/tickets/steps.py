"""The steps of a ticket's life as people and time take them; the caller owns the transaction.

Each gives the event to publish once it is committed. `version`, where given, is the one that was
read. All raise NotFound, Stale, ReadOnly and StepRefused; InvalidInput names a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.events import TicketChanged
from crm.text import optional_line, paragraphs
from crm.tickets import categories, fields, people
from crm.tickets.changes import Edit, change
from crm.tickets.life import OWNED, Step, TicketStatus
from crm.tickets.words import Actor

LATEST_WAKE = 366 * 86_400.0  # seconds from now


async def assign(
    session: AsyncSession,
    ticket: int,
    *,
    owner: int | UnsetType | None = UNSET,
    team: int | UnsetType | None = UNSET,
    by: Actor,
    now: float,
    version: int | None = None,
) -> TicketChanged:
    """Give it to somebody, to a team, or (None) to nobody. What is absent stays."""
    edit = await change(session, ticket, by, now, version=version)
    if owner is not UNSET:
        await people.check_owner(session, owner)
    if team is not UNSET:
        await people.check_team(session, team)
    await give(edit, owner=owner, team=team)
    return await edit.save()


async def give(
    edit: Edit, *, owner: int | UnsetType | None = UNSET, team: int | UnsetType | None = UNSET
) -> None:
    """As `assign`, of a ticket under change and people who were looked at."""
    ticket = edit.ticket
    values: dict[str, Any] = {} if team is UNSET else {"team_id": team}
    if owner is UNSET or owner == ticket.owner_id:
        edit.set("edited", **values)
    elif owner is None:
        edit.step(Step.UNASSIGN, **values)
    else:
        edit.step(Step.ASSIGN, owner_id=owner, **values)
        if owner != edit.actor.user:
            await people.notify(
                edit.session, [owner], ticket.id, "assigned", now=edit.now, data=_by(edit.actor)
            )


def _by(actor: Actor) -> dict[str, Any]:
    return {"actor": actor.kind, "actor_id": actor.id}


async def start(
    session: AsyncSession, ticket: int, *, by: Actor, now: float, version: int | None = None
) -> TicketChanged:
    """Who begins looks after it from now on."""
    edit = await change(session, ticket, by, now, version=version)
    if by.user is not None and edit.status in OWNED and edit.ticket.owner_id != by.user:
        edit.step(Step.ASSIGN, owner_id=by.user)
    edit.step(Step.WAKE if edit.status is TicketStatus.PENDING else Step.START)
    return await edit.save()


async def pend(
    session: AsyncSession,
    ticket: int,
    *,
    reason: str,
    wake_at: float | None = None,
    by: Actor,
    now: float,
    version: int | None = None,
) -> TicketChanged:
    """It waits for something, until `wake_at` at the latest."""
    edit = await change(session, ticket, by, now, version=version)
    why = optional_line(reason, "reason", longest=500)
    if why is None:
        raise InvalidInput("say what it waits for", field="reason")
    if wake_at is not None and not now < wake_at <= now + LATEST_WAKE:
        raise InvalidInput("must be later than now, and within a year", field="wake_at")
    edit.step(Step.PEND, pending_reason=why, wake_at=wake_at)
    return await edit.save()


async def wake(
    session: AsyncSession, ticket: int, *, by: Actor, now: float, version: int | None = None
) -> TicketChanged:
    edit = await change(session, ticket, by, now, version=version)
    edit.step(Step.WAKE)
    return await edit.save()


async def resolve(
    session: AsyncSession,
    ticket: int,
    *,
    solution: str | None = None,
    by: Actor,
    now: float,
    version: int | None = None,
) -> TicketChanged:
    """InvalidInput when its category wants a solution or a field that is not there."""
    edit = await change(session, ticket, by, now, version=version)
    text = paragraphs(solution, "solution") if solution and solution.strip() else None
    text = text or edit.ticket.solution
    rules = await categories.rules_of(session, edit.ticket.category_id)
    if rules.solution_required and text is None:
        raise InvalidInput("this category wants to know the solution", field="solution")
    absent = fields.missing(rules.fields, edit.ticket.fields or {})
    if absent is not None:
        raise InvalidInput("must not be empty", field=f"fields.{absent}")
    edit.step(Step.RESOLVE, solution=text)
    return await edit.save()


async def ask(session: AsyncSession, ticket: int, *, by: Actor, now: float) -> TicketChanged:
    """The customer was asked what they think of it."""
    edit = await change(session, ticket, by, now)
    edit.step(Step.ASK)
    return await edit.save()


async def rate(
    session: AsyncSession, ticket: int, *, data: Mapping[str, Any], by: Actor, now: float
) -> TicketChanged:
    """The customer said what they think (`data`: score, comment)."""
    edit = await change(session, ticket, by, now)
    if edit.status is TicketStatus.RESOLVED:
        edit.step(Step.ASK)
    edit.step(Step.RATE)
    edit.tell(Step.RATE, data)
    return await edit.save()


async def reopen(
    session: AsyncSession, ticket: int, *, by: Actor, now: float, version: int | None = None
) -> TicketChanged:
    """It goes back to who looked after it, if they are still there."""
    edit = await change(session, ticket, by, now, version=version)
    await brought_back(edit)
    return await edit.save()


async def brought_back(edit: Edit) -> None:
    """As `reopen`, of a ticket under change."""
    owner = edit.ticket.owner_id
    there = owner is not None and owner in await people.active(edit.session, [owner])
    edit.step(Step.REOPEN if there else Step.REOPEN_UNASSIGNED)
    if there and owner != edit.actor.user:
        await people.notify(edit.session, [owner], edit.ticket.id, "reopened", now=edit.now)


async def archive(
    session: AsyncSession, ticket: int, *, by: Actor, now: float, version: int | None = None
) -> TicketChanged:
    edit = await change(session, ticket, by, now, version=version)
    edit.step(Step.ARCHIVE)
    return await edit.save()
