"""The questions routing asks the database; the only SQL of this room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict
from routing.tables import Agent, AgentInterface, AgentQueue, Queue


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


async def agents_of_our_queues(session: AsyncSession) -> set[int]:
    """Who takes calls of at least one queue that we distribute."""
    ours = select(AgentQueue.agent_id).join(Queue, Queue.id == AgentQueue.queue_id)
    return set(await session.scalars(ours.where(Queue.ours)))


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone as the PBX names it."""

    pbx: str
    interface: str


@dataclass(frozen=True, slots=True)
class AgentRecord:
    """An agent with all that administrators keep."""

    id: int
    user: int | None
    name: str
    active: bool
    phones: tuple[Phone, ...]
    rank: int


async def list_agents(session: AsyncSession, *, only: int | None = None) -> list[AgentRecord]:
    """All agents by name, or the one asked for."""
    agents = select(Agent).order_by(Agent.name, Agent.id)
    phones = select(AgentInterface).order_by(AgentInterface.pbx, AgentInterface.interface)
    if only is not None:
        agents = agents.where(Agent.id == only)
        phones = phones.where(AgentInterface.agent_id == only)
    of_agent: dict[int, list[Phone]] = {}
    for row in await session.scalars(phones):
        of_agent.setdefault(row.agent_id, []).append(Phone(row.pbx, row.interface))
    return [
        AgentRecord(
            *(row.id, row.user_id, row.name, row.active, tuple(of_agent.get(row.id, ())), row.rank)
        )
        for row in await session.scalars(agents.execution_options(populate_existing=True))
    ]


async def create_agent(
    session: AsyncSession, *, name: str, user: int | None, phones: Iterable[Phone]
) -> int:
    """The new agent's id. Raises Conflict for a user or phone that somebody else has."""
    await _refuse_taken_user(session, user, beside=None)
    made = await session.execute(
        insert(Agent).values(name=name, user_id=user, active=True).returning(Agent.id)
    )
    agent: int = made.scalar_one()
    await set_phones(session, agent, phones)
    return agent


async def change_agent(session: AsyncSession, agent: int, values: Mapping[str, object]) -> None:
    """Columns of the agent to their new values. Raises Conflict for another's user."""
    user = values.get("user_id")
    await _refuse_taken_user(session, user if isinstance(user, int) else None, beside=agent)
    if values:
        await session.execute(update(Agent).where(Agent.id == agent).values(**values))


async def set_phones(session: AsyncSession, agent: int, phones: Iterable[Phone]) -> None:
    """Exactly these phones. Raises Conflict for one that another agent has."""
    wanted = list(dict.fromkeys(phones))
    rows = await session.execute(
        select(AgentInterface.pbx, AgentInterface.interface).where(AgentInterface.agent_id != agent)
    )
    taken = {Phone(*row) for row in rows}
    for place, phone in enumerate(wanted):
        if phone in taken:
            raise Conflict("another agent has this phone", field=f"interfaces[{place}]")
    await session.execute(delete(AgentInterface).where(AgentInterface.agent_id == agent))
    values = [{"pbx": p.pbx, "interface": p.interface, "agent_id": agent} for p in wanted]
    if values:
        await session.execute(insert(AgentInterface), values)


async def _refuse_taken_user(session: AsyncSession, user: int | None, beside: int | None) -> None:
    holder = select(Agent.id).where(Agent.user_id == user, Agent.id != (beside or 0))
    if user is not None and await session.scalar(holder) is not None:
        raise Conflict("another agent signs in as this user", field="user")
