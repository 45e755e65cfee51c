"""The questions routing asks the database; the only SQL of this room."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from routing.tables import Agent, AgentInterface, Queue


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """An agent as the live parts need it."""

    id: int
    user: int | None
    name: str


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A queue's measures, in seconds."""

    pbx: str
    name: str
    service_level: float
    short_abandon: float


async def load_directory(session: AsyncSession) -> dict[tuple[str, str], AgentEntry]:
    """(pbx, interface) → agent, of the active agents."""
    rows = await session.execute(
        select(AgentInterface.pbx, AgentInterface.interface, Agent.id, Agent.user_id, Agent.name)
        .join(Agent, Agent.id == AgentInterface.agent_id)
        .where(Agent.active)
    )
    return {
        (pbx, interface): AgentEntry(id_, user, name) for pbx, interface, id_, user, name in rows
    }


async def load_queues(session: AsyncSession) -> dict[tuple[str, str], QueueEntry]:
    """(pbx, queue name) → its measures."""
    rows = await session.execute(
        select(Queue.pbx, Queue.name, Queue.service_level, Queue.short_abandon)
    )
    return {(row.pbx, row.name): QueueEntry(*row) for row in rows}


async def agent_of_user(session: AsyncSession, user: int) -> AgentEntry | None:
    """The active agent that signs in as this user."""
    row = (
        await session.execute(
            select(Agent.id, Agent.user_id, Agent.name).where(Agent.user_id == user, Agent.active)
        )
    ).one_or_none()
    return None if row is None else AgentEntry(*row)
