"""Who can look after tickets: users and teams belong to the sign-in room, known here by name."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Boolean, String, insert, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from crm.sql import table_of
from crm.tickets.tables import TicketNotice

USERS = sql_table(
    "users", sql_column("id"), sql_column("display_name", String), sql_column("active", Boolean)
)
TEAMS = sql_table("teams", sql_column("id"), sql_column("name", String), sql_column("parent_id"))
MEMBERS = sql_table("team_members", sql_column("user_id"), sql_column("team_id"))


async def active(session: AsyncSession, users: Collection[int]) -> frozenset[int]:
    """Those of them who can sign in."""
    if not users:
        return frozenset()
    found = await session.scalars(select(USERS.c.id).where(USERS.c.id.in_(users), USERS.c.active))
    return frozenset(found)


async def check_owner(session: AsyncSession, user: int | None, field: str = "owner") -> None:
    """InvalidInput unless this person can look after a ticket."""
    if user is not None and not await active(session, [user]):
        raise InvalidInput("there is no such active user", field=field)


async def check_team(session: AsyncSession, team: int | None, field: str = "team") -> None:
    """InvalidInput."""
    if team is None:
        return
    if await session.scalar(select(TEAMS.c.id).where(TEAMS.c.id == team)) is None:
        raise InvalidInput("there is no such team", field=field)


async def members(session: AsyncSession, team: int | None) -> list[int]:
    """The active people of a team itself, by id."""
    if team is None:
        return []
    query = (
        select(USERS.c.id)
        .join(MEMBERS, MEMBERS.c.user_id == USERS.c.id)
        .where(MEMBERS.c.team_id == team, USERS.c.active)
        .order_by(USERS.c.id)
    )
    return list(await session.scalars(query))


async def notify(
    session: AsyncSession,
    users: Iterable[int | None],
    ticket: int,
    kind: str,
    *,
    now: float,
    data: dict[str, Any] | None = None,
) -> list[int]:
    """Leave these people a notice; who cannot sign in gets none. Gives who got one."""
    told = sorted(await active(session, {user for user in users if user is not None}))
    row = {"ticket_id": ticket, "at": now, "kind": kind, "data": data}
    if told:
        notices = [{"user_id": user, **row} for user in told]
        await session.execute(insert(table_of(TicketNotice)), notices)
    return told
