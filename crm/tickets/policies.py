"""SLA policies and assignment rules as administrators write them; the caller owns the transaction.

Both are asked in their order (`position`), and the first that fits a ticket counts.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput, NotFound
from crm.sql import insert_row, table_of
from crm.text import line, optional_line
from crm.tickets import people
from crm.tickets.categories import ChangedMeanwhile
from crm.tickets.life import Priority
from crm.tickets.promises import CALENDARS
from crm.tickets.sla import EscalationStep, Seconds
from crm.tickets.tables import AssignmentRule, SlaPolicy, TicketCategory

Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
Place = Annotated[int, Meta(ge=0, le=1_000_000)]
Level = Annotated[str, Meta(max_length=64)]
PriorityName = Literal["low", "normal", "high", "urgent"]
R = TypeVar("R", SlaPolicy, AssignmentRule)


class Fitted(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For which tickets: of a category and below, a customer's level, a priority; null: any."""

    name: Name
    position: Place = 0
    active: bool = True
    category: Id | None = None
    level: Level | None = None
    priority: PriorityName | None = None


class PolicyBody(Fitted, frozen=True, kw_only=True):
    """`respond`, `update`, `resolve`: business seconds, null for what is not promised.

    `calendar`: the name of a calendar; null is day and night.
    """

    calendar: Annotated[str, Meta(max_length=64)] | None = None
    respond: Seconds | None = None
    update: Seconds | None = None
    resolve: Seconds | None = None
    steps: Annotated[tuple[EscalationStep, ...], Meta(max_length=20)] = ()


class PolicyView(PolicyBody, frozen=True, kw_only=True):
    id: int
    version: int


class RuleBody(Fitted, frozen=True, kw_only=True):
    """`owners` take turns; without any it is the team's, for one of them to take."""

    team: Id | None = None
    owners: Annotated[tuple[Id, ...], Meta(max_length=200)] = ()


class RuleView(RuleBody, frozen=True, kw_only=True):
    id: int
    version: int


# --- policies ---------------------------------------------------------------------------------


async def list_policies(session: AsyncSession) -> list[PolicyView]:
    return [_policy(row) for row in await _listed(session, SlaPolicy)]


async def get_policy(session: AsyncSession, policy: int) -> PolicyView:
    """NotFound."""
    return _policy(await _found(session, SlaPolicy, policy))


async def create_policy(session: AsyncSession, body: PolicyBody) -> PolicyView:
    """InvalidInput names a field."""
    values = await _policy_values(session, body)
    return await get_policy(session, await insert_row(session, SlaPolicy, **values))


async def change_policy(
    session: AsyncSession, policy: int, body: PolicyBody, *, version: int
) -> PolicyView:
    """ChangedMeanwhile, InvalidInput, NotFound. Promises that were made stay as they were made."""
    before = await get_policy(session, policy)
    await _change(session, SlaPolicy, before, version, await _policy_values(session, body))
    return await get_policy(session, policy)


async def delete_policy(session: AsyncSession, policy: int) -> None:
    await _remove(session, SlaPolicy, policy)


async def calendar_users(session: AsyncSession, calendar: str) -> list[str]:
    """The names of the policies that count by this calendar."""
    query = select(SlaPolicy.name).where(SlaPolicy.calendar == calendar).order_by(SlaPolicy.name)
    return list(await session.scalars(query))


async def _policy_values(session: AsyncSession, body: PolicyBody) -> dict[str, Any]:
    values = await _fitted_values(session, body)
    if body.respond is None and body.update is None and body.resolve is None:
        raise InvalidInput("promise something", field="respond")
    if body.calendar is not None:
        query = select(CALENDARS.c.name).where(CALENDARS.c.name == body.calendar)
        if await session.scalar(query) is None:
            raise InvalidInput("there is no such calendar", field="calendar")
    for place, step in enumerate(body.steps):
        await _check_step(session, body, step, f"steps[{place}]")
    return values | {
        "calendar": body.calendar,
        "respond_within": body.respond,
        "update_within": body.update,
        "resolve_within": body.resolve,
        "steps": msgspec.to_builtins(body.steps),
    }


async def _check_step(
    session: AsyncSession, body: PolicyBody, step: EscalationStep, at: str
) -> None:
    if getattr(body, step.target.value) is None:
        raise InvalidInput("this is not promised", field=f"{at}.target")
    does = step.notify_owner, step.notify_team, step.notify, step.raise_priority
    if not any(does) and step.team is None and step.owner is None:
        raise InvalidInput("say what is to happen", field=at)
    await _check_people(session, step.notify, f"{at}.notify")
    await people.check_owner(session, step.owner, f"{at}.owner")
    await people.check_team(session, step.team, f"{at}.team")


def _policy(row: SlaPolicy) -> PolicyView:
    return PolicyView(
        **_fitted(row),
        calendar=row.calendar,
        respond=row.respond_within,
        update=row.update_within,
        resolve=row.resolve_within,
        steps=tuple(msgspec.convert(row.steps, list[EscalationStep])),
    )


# --- rules ------------------------------------------------------------------------------------


async def list_rules(session: AsyncSession) -> list[RuleView]:
    return [_rule(row) for row in await _listed(session, AssignmentRule)]


async def get_rule(session: AsyncSession, rule: int) -> RuleView:
    """NotFound."""
    return _rule(await _found(session, AssignmentRule, rule))


async def create_rule(session: AsyncSession, body: RuleBody) -> RuleView:
    """InvalidInput names a field."""
    values = await _rule_values(session, body)
    return await get_rule(session, await insert_row(session, AssignmentRule, **values))


async def change_rule(
    session: AsyncSession, rule: int, body: RuleBody, *, version: int
) -> RuleView:
    """ChangedMeanwhile, InvalidInput, NotFound."""
    before = await get_rule(session, rule)
    await _change(session, AssignmentRule, before, version, await _rule_values(session, body))
    return await get_rule(session, rule)


async def delete_rule(session: AsyncSession, rule: int) -> None:
    await _remove(session, AssignmentRule, rule)


async def _rule_values(session: AsyncSession, body: RuleBody) -> dict[str, Any]:
    values = await _fitted_values(session, body)
    if body.team is None and not body.owners:
        raise InvalidInput("say who gets them", field="owners")
    if len(set(body.owners)) < len(body.owners):
        raise InvalidInput("somebody is there twice", field="owners")
    await people.check_team(session, body.team)
    await _check_people(session, body.owners, "owners")
    return values | {"team_id": body.team, "owners": list(body.owners)}


def _rule(row: AssignmentRule) -> RuleView:
    return RuleView(**_fitted(row), team=row.team_id, owners=tuple(row.owners))


# --- both -------------------------------------------------------------------------------------


async def _fitted_values(session: AsyncSession, body: Fitted) -> dict[str, Any]:
    if body.category is not None:
        query = select(TicketCategory.id).where(TicketCategory.id == body.category)
        if await session.scalar(query) is None:
            raise InvalidInput("there is no such category", field="category")
    return {
        "name": line(body.name, "name", longest=100),
        "position": body.position,
        "active": body.active,
        "category_id": body.category,
        "level": optional_line(body.level, "level", longest=64),
        "priority": None if body.priority is None else int(Priority[body.priority.upper()]),
    }


def _fitted(row: SlaPolicy | AssignmentRule) -> dict[str, Any]:
    plain = {name: getattr(row, name) for name in ("id", "name", "position", "active", "level")}
    priority = None if row.priority is None else Priority(row.priority).name.lower()
    return plain | {"category": row.category_id, "priority": priority, "version": row.version}


async def _check_people(session: AsyncSession, users: tuple[int, ...], field: str) -> None:
    missing = set(users) - await people.active(session, users)
    if missing:
        raise InvalidInput(f"there is no active user {min(missing)}", field=field)


async def _listed(session: AsyncSession, kind: type[R]) -> list[R]:
    query = select(kind).order_by(kind.position, kind.id)
    return list(await session.scalars(query.execution_options(populate_existing=True)))


async def _found(session: AsyncSession, kind: type[R], id_: int) -> R:
    query = select(kind).where(kind.id == id_).execution_options(populate_existing=True)
    row: R | None = await session.scalar(query)
    if row is None:
        raise NotFound("there is no such rule")
    return row


async def _change(
    session: AsyncSession,
    kind: type[R],
    before: PolicyView | RuleView,
    version: int,
    values: dict[str, Any],
) -> None:
    table = table_of(kind)
    done = await session.execute(
        update(table)
        .where(table.c.id == before.id, table.c.version == version)
        .values(**values, version=version + 1)
        .returning(table.c.id)
    )
    if done.one_or_none() is None:
        raise ChangedMeanwhile(before)


async def _remove(session: AsyncSession, kind: type[R], id_: int) -> None:
    table = table_of(kind)
    done = await session.execute(delete(table).where(table.c.id == id_).returning(table.c.id))
    if done.one_or_none() is None:
        raise NotFound("there is no such rule")
