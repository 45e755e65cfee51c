"""The questions about a recorded day: its calls in queues, their talks, and who was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.store.tables import Interaction, Segment
from routing.tables import AgentStateLogRow

MOST_ROWS = 200_000  # calls of one day; more is not one call center's day


@dataclass(frozen=True, slots=True)
class Stay:
    """One call in one queue, from joining to leaving."""

    id: str
    interaction: str
    queue: str
    joined_at: float
    seconds: float | None
    exit: str | None


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation that a stay in a queue led to."""

    entry: str
    began_at: float
    seconds: float
    interfaces: tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class StateChange:
    agent: int
    at: float
    state: str
    interaction: str | None


@dataclass(frozen=True, slots=True)
class History:
    stays: Sequence[Stay]
    talks: Sequence[Talk]
    states: Sequence[StateChange]  # by agent, then by time


async def read_history(session: AsyncSession, pbx: str, begin: float, end: float) -> History:
    """Of the calls that joined in [begin, end); states of that time, and the last one before."""
    return History(
        await _stays(session, pbx, begin, end),
        await _talks(session, pbx, begin, end),
        await _states(session, begin, end),
    )


async def _stays(session: AsyncSession, pbx: str, begin: float, end: float) -> list[Stay]:
    rows = await session.execute(
        select(
            Segment.id,
            Segment.interaction_id,
            Segment.queue,
            Segment.started_at,
            Segment.seconds,
            Segment.exit,
        )
        .join(Interaction, Interaction.id == Segment.interaction_id)
        .where(
            Segment.kind == "queue",
            Segment.started_at >= begin,
            Segment.started_at < end,
            Interaction.pbx == pbx,
        )
        .order_by(Segment.started_at, Segment.id)
        .limit(MOST_ROWS)
    )
    return [
        Stay(id_, interaction, queue, joined, seconds, exit)
        for id_, interaction, queue, joined, seconds, exit in rows
        if queue is not None and joined is not None
    ]


async def _talks(session: AsyncSession, pbx: str, begin: float, end: float) -> list[Talk]:
    """A talk may begin long after its call joined; the entry says to which day it belongs."""
    rows = await session.execute(
        select(
            Segment.entry_id,
            Segment.started_at,
            Segment.seconds,
            Segment.interface,
            Segment.other_interface,
        )
        .join(Interaction, Interaction.id == Segment.interaction_id)
        .where(
            Segment.kind == "talk",
            Segment.entry_id.is_not(None),
            Segment.started_at >= begin,
            Segment.started_at < end + 86_400,
            Interaction.pbx == pbx,
        )
        .order_by(Segment.started_at, Segment.id)
        .limit(MOST_ROWS)
    )
    return [
        Talk(entry, at, seconds, (one, other))
        for entry, at, seconds, one, other in rows
        if entry is not None and at is not None and seconds is not None
    ]


async def _states(session: AsyncSession, begin: float, end: float) -> list[StateChange]:
    log = AgentStateLogRow
    rows = await session.execute(
        select(log.agent_id, log.at, log.state, log.interaction_id)
        .where(log.at >= begin - 86_400, log.at < end)
        .order_by(log.agent_id, log.at, log.id)
        .limit(MOST_ROWS)
    )
    return [StateChange(*row) for row in rows]
