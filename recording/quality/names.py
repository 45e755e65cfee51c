"""People, agents and queues as other rooms keep them: known here by id and name only."""

from __future__ import annotations

from collections.abc import Collection

import msgspec
from sqlalchemy import Boolean, Integer, String, Text, column, select, table
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import InvalidInput
from callcenter.store.base import EventId

USERS = table(
    "users", column("id", Integer), column("display_name", String), column("active", Boolean)
)
AGENTS = table(
    "agents",
    *(column("id", Integer), column("name", Text)),
    *(column("user_id", Integer), column("active", Boolean)),
)
QUEUES = table("queues", column("name", Text))
SATISFACTION = table("satisfaction", column("interaction_id", EventId), column("score", Integer))


class NamedRef(msgspec.Struct, frozen=True):
    """Somebody, by id, with the name to show."""

    id: int
    name: str


async def user_names(session: AsyncSession, users: Collection[int | None]) -> dict[int | None, str]:
    query = select(USERS.c.id, USERS.c.display_name).where(USERS.c.id.in_(users))
    rows = await session.execute(query)
    return {row.id: row.display_name for row in rows}


async def check_users(session: AsyncSession, users: Collection[int], field: str) -> None:
    """InvalidInput unless all of them can sign in."""
    missing = set(users) - await active(session, users)
    if missing:
        raise InvalidInput(f"there is no active user {min(missing)}", field=field)


async def active(session: AsyncSession, users: Collection[int]) -> set[int]:
    """Those of them who can sign in."""
    query = select(USERS.c.id).where(USERS.c.id.in_(users), USERS.c.active)
    return set(await session.scalars(query))


async def check_agents(session: AsyncSession, agents: Collection[int], field: str) -> None:
    """InvalidInput."""
    query = select(AGENTS.c.id).where(AGENTS.c.id.in_(agents))
    missing = set(agents) - set(await session.scalars(query))
    if missing:
        raise InvalidInput(f"there is no agent {min(missing)}", field=field)


async def check_queues(session: AsyncSession, queues: Collection[str], field: str) -> None:
    """InvalidInput."""
    query = select(QUEUES.c.name).where(QUEUES.c.name.in_(queues))
    missing = set(queues) - set(await session.scalars(query))
    if missing:
        raise InvalidInput(f"there is no queue {min(missing)!r}", field=field)
