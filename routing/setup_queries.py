"""The questions about what administrators describe: all of it for the live parts, and its rows."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, inspect, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, NotFound
from callcenter.store import turns
from callcenter.store.base import Base
from routing.tables import (
    Agent,
    AgentInterface,
    AgentQueue,
    AgentSkill,
    CalendarRow,
    Disposition,
    EntryPointRow,
    MembershipToday,
    MenuRow,
    PauseReason,
    PromptRow,
    Queue,
    Skill,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Everything of one PBX as it is stored; only queues that we distribute, only active agents."""

    queues: Sequence[Queue]
    agents: Sequence[Agent]
    calendars: Sequence[CalendarRow]
    entries: Sequence[EntryPointRow]
    menus: Sequence[MenuRow]
    prompts: Sequence[PromptRow]
    skills: Sequence[Skill]
    pause_reasons: Sequence[PauseReason]
    dispositions: Sequence[Disposition]
    queues_of: dict[int, list[str]]  # agent → queues
    skills_of: dict[int, dict[str, int]]  # agent → skill → level
    interfaces_of: dict[int, list[str]]  # agent → telephones


async def read_all(session: AsyncSession, pbx: str) -> Rows:
    """One small query for each table, in one transaction."""
    of_pbx = select(Queue).where(Queue.pbx == pbx, Queue.ours).order_by(Queue.name)
    entries = select(EntryPointRow).where(EntryPointRow.pbx == pbx).order_by(EntryPointRow.number)
    words = (PauseReason.position, PauseReason.name)
    kinds = (Disposition.position, Disposition.name)
    active = select(Agent).where(Agent.active).order_by(Agent.id)
    return Rows(
        queues=(await session.scalars(of_pbx)).all(),
        agents=(await session.scalars(active)).all(),
        calendars=(await session.scalars(select(CalendarRow).order_by(CalendarRow.name))).all(),
        entries=(await session.scalars(entries)).all(),
        menus=(await session.scalars(select(MenuRow).order_by(MenuRow.name))).all(),
        prompts=(await session.scalars(select(PromptRow).order_by(PromptRow.name))).all(),
        skills=(await session.scalars(select(Skill).order_by(Skill.name))).all(),
        pause_reasons=(await session.scalars(select(PauseReason).order_by(*words))).all(),
        dispositions=(await session.scalars(select(Disposition).order_by(*kinds))).all(),
        queues_of=await queues_now(session, pbx, time.time()),
        skills_of=await skills_of(session),
        interfaces_of=await _interfaces_of(session, pbx),
    )


async def queues_of(session: AsyncSession, pbx: str) -> dict[int, list[str]]:
    """agent → names of queues"""
    rows = await session.execute(
        select(AgentQueue.agent_id, Queue.name)
        .join(Queue, Queue.id == AgentQueue.queue_id)
        .where(Queue.pbx == pbx)
        .order_by(AgentQueue.agent_id, Queue.name)
    )
    found: dict[int, list[str]] = {}
    for agent, queue in rows:
        found.setdefault(agent, []).append(queue)
    return found


async def queues_now(session: AsyncSession, pbx: str, now: float) -> dict[int, list[str]]:
    """agent → names of queues, with what is otherwise today"""
    usual = await queues_of(session, pbx)
    today = await session.execute(
        select(MembershipToday.agent_id, Queue.name, MembershipToday.member)
        .join(Queue, Queue.id == MembershipToday.queue_id)
        .where(Queue.pbx == pbx, MembershipToday.until > now)
        .order_by(MembershipToday.agent_id, Queue.name)
    )
    for agent, queue, member in today:
        others = [name for name in usual.get(agent, ()) if name != queue]
        usual[agent] = [*others, queue] if member else others
    return usual


async def skills_of(session: AsyncSession) -> dict[int, dict[str, int]]:
    """agent → skill → level"""
    rows = await session.execute(
        select(AgentSkill.agent_id, AgentSkill.skill, AgentSkill.level).order_by(
            AgentSkill.agent_id, AgentSkill.skill
        )
    )
    found: dict[int, dict[str, int]] = {}
    for agent, skill, level in rows:
        found.setdefault(agent, {})[skill] = level
    return found


async def _interfaces_of(session: AsyncSession, pbx: str) -> dict[int, list[str]]:
    rows = await session.execute(
        select(AgentInterface.agent_id, AgentInterface.interface)
        .where(AgentInterface.pbx == pbx)
        .order_by(AgentInterface.agent_id, AgentInterface.interface)
    )
    found: dict[int, list[str]] = {}
    for agent, interface in rows:
        found.setdefault(agent, []).append(interface)
    return found


# --- rows, one by one -----------------------------------------------------------------------


async def take_turns(session: AsyncSession) -> None:
    """Nobody else changes what is described: checks hold for all of it."""
    await turns.take_turns(session, "routing.setup")


def _key(model: type[Base]) -> Any:
    return inspect(model).primary_key[0]


async def add(session: AsyncSession, model: type[Base], what: str, **values: object) -> Any:
    """Write one row and give its key. Conflict when there is one of that name."""
    name = values.get(_key(model).name)
    if name is not None and await session.get(model, name) is not None:
        raise Conflict(f"there is a {what} {name!r} already", field="name")
    made = await session.execute(insert(model).values(**values).returning(_key(model)))
    return made.scalar_one()


async def change(
    session: AsyncSession, model: type[Base], what: str, key: int | str, **values: object
) -> None:
    """Change one row. NotFound."""
    done = await session.execute(
        update(model).where(_key(model) == key).values(**values).returning(_key(model))
    )
    if done.scalar_one_or_none() is None:
        raise NotFound(f"there is no {what} {key!r}")


async def remove(session: AsyncSession, model: type[Base], what: str, key: int | str) -> None:
    """Delete one row. NotFound."""
    done = await session.execute(delete(model).where(_key(model) == key).returning(_key(model)))
    if done.scalar_one_or_none() is None:
        raise NotFound(f"there is no {what} {key!r}")


async def list_queues(session: AsyncSession, *, only: int | None = None) -> Sequence[Queue]:
    """All queues, the PBX's own ones too."""
    query = select(Queue).order_by(Queue.pbx, Queue.name)
    if only is not None:
        query = query.where(Queue.id == only)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def queue_named(session: AsyncSession, pbx: str, name: str) -> Queue | None:
    found: Queue | None = await session.scalar(
        select(Queue).where(Queue.pbx == pbx, Queue.name == name)
    )
    return found


async def list_entries(
    session: AsyncSession, *, only: int | None = None
) -> Sequence[EntryPointRow]:
    query = select(EntryPointRow).order_by(EntryPointRow.pbx, EntryPointRow.number)
    if only is not None:
        query = query.where(EntryPointRow.id == only)
    return (await session.scalars(query.execution_options(populate_existing=True))).all()


async def entry_numbered(session: AsyncSession, pbx: str, number: str) -> int | None:
    """The id of the entry point of a number."""
    found: int | None = await session.scalar(
        select(EntryPointRow.id).where(EntryPointRow.pbx == pbx, EntryPointRow.number == number)
    )
    return found


async def set_queues(session: AsyncSession, agent: int, queues: Iterable[int]) -> None:
    """Exactly these queues."""
    await session.execute(delete(AgentQueue).where(AgentQueue.agent_id == agent))
    rows = [{"agent_id": agent, "queue_id": queue} for queue in sorted(set(queues))]
    if rows:
        await session.execute(insert(AgentQueue), rows)


async def set_skills(session: AsyncSession, agent: int, skills: Mapping[str, int]) -> None:
    """Exactly these skills."""
    await session.execute(delete(AgentSkill).where(AgentSkill.agent_id == agent))
    rows = [{"agent_id": agent, "skill": skill, "level": n} for skill, n in sorted(skills.items())]
    if rows:
        await session.execute(insert(AgentSkill), rows)
