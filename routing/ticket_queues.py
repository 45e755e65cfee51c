"""Ticket queues and capacities as administrators describe them: their rows, and one picture."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.errors import Conflict, InvalidInput, NotFound
from callcenter.store.database import Database
from routing.engine import Need, Strategy
from routing.fresh import Fresh
from routing.ticket_crew import CAPACITY, TicketPlan
from routing.ticket_tables import TicketCapacity, TicketQueue, TicketQueueAgent

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TicketSetup:
    """Active queues, and how many tickets an agent works at once where that was said."""

    plans: tuple[TicketPlan, ...] = ()
    capacity: Mapping[int, int] = field(default_factory=dict)

    def capacity_of(self, agent: int) -> int:
        return self.capacity.get(agent, CAPACITY)


async def read_setup(session: AsyncSession) -> TicketSetup:
    rows = await session.scalars(select(TicketQueue).where(TicketQueue.active))
    agents = await agents_of(session)
    plans = []
    for row in rows:
        try:
            plans.append(plan_of(row, agents.get(row.id, frozenset())))
        except ValueError as error:  # somebody wrote into the tables by hand
            log.error("ticket_queue_unreadable", queue=row.name, why=str(error))
    capacity = await session.execute(select(TicketCapacity.agent_id, TicketCapacity.tickets))
    return TicketSetup(tuple(plans), {row.agent_id: row.tickets for row in capacity})


def plan_of(row: TicketQueue, agents: frozenset[int]) -> TicketPlan:
    """Raises ValueError, as msgspec does, for what cannot be read."""
    return TicketPlan(
        id=row.id,
        name=row.name,
        weight=row.weight,
        strategy=Strategy(row.strategy),
        required=msgspec.convert(row.required, tuple[Need, ...]),
        preferred=msgspec.convert(row.preferred, tuple[Need, ...]),
        categories=msgspec.convert(row.categories, frozenset[int]),
        agents=agents,
    )


async def agents_of(session: AsyncSession) -> dict[int, frozenset[int]]:
    """By queue, whoever works it."""
    found: dict[int, set[int]] = {}
    query = select(TicketQueueAgent.queue_id, TicketQueueAgent.agent_id)
    for queue, agent in await session.execute(query):
        found.setdefault(queue, set()).add(agent)
    return {queue: frozenset(agents) for queue, agents in found.items()}


async def rows(session: AsyncSession) -> list[TicketQueue]:
    return list(await session.scalars(select(TicketQueue).order_by(TicketQueue.name)))


async def row(session: AsyncSession, queue: int, *, lock: bool = False) -> TicketQueue:
    """NotFound. `lock`: nobody else changes it until the transaction ends."""
    found = await session.get(
        TicketQueue, queue, populate_existing=True, with_for_update=lock or None
    )
    if found is None:
        raise NotFound("there is no such ticket queue")
    return found


async def save(
    session: AsyncSession, queue: int | None, values: Mapping[str, Any], agents: Collection[int]
) -> int:
    """A new queue (None) or a changed one. Conflict for a name that is taken; InvalidInput for an
    agent who is none; NotFound."""
    try:
        if queue is None:
            made = insert(TicketQueue).values(**values).returning(TicketQueue.id)
            queue = (await session.execute(made)).scalar_one()
        else:
            await row(session, queue)
            again = update(TicketQueue).where(TicketQueue.id == queue)
            await session.execute(again.values(**values, version=TicketQueue.version + 1))
    except IntegrityError:
        raise Conflict("there is a ticket queue of this name already", field="name") from None
    await session.execute(delete(TicketQueueAgent).where(TicketQueueAgent.queue_id == queue))
    members = [{"queue_id": queue, "agent_id": agent} for agent in sorted(set(agents))]
    if members:
        try:
            await session.execute(insert(TicketQueueAgent), members)
        except IntegrityError:
            raise InvalidInput("there is no such agent", field="agents") from None
    return queue


async def remove(session: AsyncSession, queue: int) -> None:
    await row(session, queue)
    await session.execute(delete(TicketQueue).where(TicketQueue.id == queue))


async def put_capacity(session: AsyncSession, agent: int, tickets: int) -> None:
    """NotFound for an agent who is none."""
    mine = TicketCapacity.agent_id == agent
    changed = await session.execute(
        update(TicketCapacity).where(mine).values(tickets=tickets).returning(TicketCapacity.tickets)
    )
    if changed.one_or_none() is not None:
        return
    try:
        await session.execute(insert(TicketCapacity).values(agent_id=agent, tickets=tickets))
    except IntegrityError:
        raise NotFound("there is no such agent") from None


class TicketQueueKeeper(Fresh):
    """Holds the picture; empty until the first load, and told to whoever listens."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self.current = TicketSetup()
        self.on_change: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Raises what the database raises."""
        async with self._database.reading() as session:
            setup = await read_setup(session)
        if setup != self.current:
            self.current = setup
            for listener in self.on_change:
                listener()
