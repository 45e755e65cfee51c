"""The questions about what administrators describe: all of it for the live parts, and its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from routing.tables import (
    Agent,
    AgentInterface,
    AgentQueue,
    AgentSkill,
    CalendarRow,
    Disposition,
    EntryPointRow,
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
        queues_of=await _queues_of(session, pbx),
        skills_of=await _skills_of(session),
        interfaces_of=await _interfaces_of(session, pbx),
    )


async def _queues_of(session: AsyncSession, pbx: str) -> dict[int, list[str]]:
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


async def _skills_of(session: AsyncSession) -> dict[int, dict[str, int]]:
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
