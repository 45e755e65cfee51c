"""Who takes calls of which queue today, other than usual: read and written as rows."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sqlalchemy import and_, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import NotFound
from routing.tables import Agent, AgentQueue, MembershipToday, Queue


@dataclass(frozen=True, slots=True)
class Today:
    """One queue for one agent; `today` None: as usual."""

    queue: str
    usual: bool
    today: bool | None = None
    until: float | None = None


def end_of_day(now: float, zone: tzinfo) -> float:
    """The midnight that comes; the day can have 23 or 25 hours."""
    tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=zone).timestamp()


async def today_of(session: AsyncSession, pbx: str, agent: int) -> list[Today]:
    """Every queue that we distribute, by name. NotFound for who is no active agent."""
    await _refuse_no_agent(session, agent)
    now = time.time()
    usual = and_(AgentQueue.queue_id == Queue.id, AgentQueue.agent_id == agent)
    today = and_(
        MembershipToday.queue_id == Queue.id,
        MembershipToday.agent_id == agent,
        MembershipToday.until > now,
    )
    rows = await session.execute(
        select(Queue.name, AgentQueue.agent_id, MembershipToday.member, MembershipToday.until)
        .outerjoin(AgentQueue, usual)
        .outerjoin(MembershipToday, today)
        .where(Queue.pbx == pbx, Queue.ours)
        .order_by(Queue.name)
    )
    return [Today(name, member is not None, now, until) for name, member, now, until in rows]


async def set_today(
    session: AsyncSession,
    pbx: str,
    agent: int,
    queue: str,
    *,
    member: bool,
    by: int,
    zone: tzinfo,
) -> Today:
    """Until the end of the day. What is asked for twice is the same."""
    await _refuse_no_agent(session, agent)
    now = time.time()
    found = await _queue(session, pbx, queue)
    await _forget(session, agent, found)
    until = end_of_day(now, zone)
    await session.execute(
        insert(MembershipToday).values(
            agent_id=agent, queue_id=found, member=member, until=until, by_user=by, at=now
        )
    )
    return Today(queue, usual=not member, today=member, until=until)


async def usual_again(session: AsyncSession, pbx: str, agent: int, queue: str) -> None:
    await _refuse_no_agent(session, agent)
    await _forget(session, agent, await _queue(session, pbx, queue))


async def _forget(session: AsyncSession, agent: int, queue: int) -> None:
    """With whatever is over by now: the table never has more than a day."""
    ours = and_(MembershipToday.agent_id == agent, MembershipToday.queue_id == queue)
    await session.execute(delete(MembershipToday).where(ours))
    await session.execute(delete(MembershipToday).where(MembershipToday.until <= time.time()))


async def _queue(session: AsyncSession, pbx: str, name: str) -> int:
    found: int | None = await session.scalar(
        select(Queue.id).where(Queue.pbx == pbx, Queue.name == name, Queue.ours)
    )
    if found is None:
        raise NotFound("there is no such queue that we distribute")
    return found


async def _refuse_no_agent(session: AsyncSession, agent: int) -> None:
    if await session.scalar(select(Agent.id).where(Agent.id == agent, Agent.active)) is None:
        raise NotFound("there is no such agent")
