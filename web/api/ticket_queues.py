"""Ticket queues and capacities: which tickets are given to whom, and how many at once."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta
from sqlalchemy import func, select

from crm.text import line
from crm.tickets.desk.handing_out import WORKED_ON
from crm.tickets.tables import Ticket
from routing import ticket_queues
from routing.engine import Strategy
from routing.tables import Agent
from routing.ticket_crew import CAPACITY
from routing.ticket_tables import TicketCapacity, TicketQueue
from web import keys
from web.api import overtaken
from web.api.ticket_values import Version
from web.api.values import Body, RowId, View
from web.routes import Call

MOST_AT_ONCE = 1_000
QueueName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+(?!\n)$")]
Level = Annotated[int, Meta(ge=1, le=100)]
Weight = Annotated[float, Meta(gt=0, le=100)]


class TicketNeed(Body, frozen=True):
    """A skill at a level; it no longer counts after so many seconds of wait (null: always)."""

    skill: Annotated[str, Meta(min_length=1, max_length=64)]
    level: Level = 1
    after: Annotated[float, Meta(ge=0, le=30 * 86_400)] | None = None


Needs = Annotated[list[TicketNeed], Meta(max_length=20)]


class TicketQueueSent(Body, frozen=True):
    """`categories`: of these and those below them; none: whatever no other queue takes."""

    name: QueueName
    label: Annotated[str, Meta(max_length=200)] = ""
    active: bool = True
    weight: Weight = 1.0
    strategy: Strategy = Strategy.LONGEST_IDLE
    required: Needs = msgspec.field(default_factory=list)
    preferred: Needs = msgspec.field(default_factory=list)
    categories: Annotated[list[RowId], Meta(max_length=500)] = msgspec.field(default_factory=list)
    agents: Annotated[list[RowId], Meta(max_length=2000)] = msgspec.field(default_factory=list)


class TicketQueueChange(TicketQueueSent, frozen=True):
    """`version`: the one that was read; without it whatever is there now is meant."""

    version: Version | None = None


class TicketQueueView(View, frozen=True):
    id: int
    name: str
    label: str
    active: bool
    weight: float
    strategy: Strategy
    required: list[TicketNeed]
    preferred: list[TicketNeed]
    categories: list[int]
    agents: list[int]
    version: int


class TicketQueueList(View, frozen=True):
    items: list[TicketQueueView]


class CapacitySent(Body, frozen=True):
    """0: none are given to them."""

    tickets: Annotated[int, Meta(ge=0, le=MOST_AT_ONCE)]


class CapacityView(View, frozen=True):
    """`now`: assigned or in progress; what is put off does not count."""

    agent: int
    name: str
    tickets: int
    now: int


class CapacityList(View, frozen=True):
    items: list[CapacityView]


async def list_ticket_queues(call: Call) -> TicketQueueList:
    agents = await ticket_queues.agents_of(call.db)
    rows = await ticket_queues.rows(call.db)
    return TicketQueueList([_view(row, agents.get(row.id, frozenset())) for row in rows])


async def create_ticket_queue(call: Call, body: TicketQueueSent) -> TicketQueueView:
    return await _saved(call, None, body)


async def replace_ticket_queue(call: Call, id: RowId, body: TicketQueueChange) -> TicketQueueView:
    return await _saved(call, id, body)


async def delete_ticket_queue(call: Call, id: RowId) -> None:
    await call.audit("ticket_queue.delete", f"ticket_queue/{id}", before=await _read(call, id))
    await ticket_queues.remove(call.db, id)
    _told(call)


async def list_ticket_capacity(call: Call) -> CapacityList:
    return CapacityList(await _capacities(call))


async def put_ticket_capacity(call: Call, agent: RowId, body: CapacitySent) -> CapacityView:
    before = [CapacitySent(one.tickets) for one in await _capacities(call, agent)]
    await ticket_queues.put_capacity(call.db, agent, body.tickets)
    known = before[0] if before else None
    await call.audit("ticket_capacity.change", f"agent/{agent}", before=known, after=body)
    _told(call)
    return (await _capacities(call, agent))[0]


async def _saved(call: Call, queue: int | None, body: TicketQueueSent) -> TicketQueueView:
    values: dict[str, Any] = msgspec.to_builtins(body)
    agents = values.pop("agents")
    values.pop("version", None)
    values["label"] = line(body.label, "label") if body.label.strip() else ""
    before = None if queue is None else await _read(call, queue, lock=True)
    if before is not None:
        overtaken.check(body, before, before.version)
    id_ = await ticket_queues.save(call.db, queue, values, agents)
    after = await _read(call, id_)
    await call.audit("ticket_queue.save", f"ticket_queue/{id_}", before=before, after=after)
    _told(call)
    return after


async def _read(call: Call, queue: int, *, lock: bool = False) -> TicketQueueView:
    row = await ticket_queues.row(call.db, queue, lock=lock)
    agents = await ticket_queues.agents_of(call.db)
    return _view(row, agents.get(queue, frozenset()))


async def _capacities(call: Call, only: int | None = None) -> list[CapacityView]:
    of_user = (
        select(func.count())
        .where(Ticket.owner_id == Agent.user_id)
        .where(Ticket.status.in_([one.value for one in WORKED_ON]))
        .scalar_subquery()
    )
    capacity = func.coalesce(TicketCapacity.tickets, CAPACITY)
    query = (
        select(Agent.id, Agent.name, capacity, of_user)
        .outerjoin(TicketCapacity, TicketCapacity.agent_id == Agent.id)
        .where(Agent.active)
        .order_by(Agent.name, Agent.id)
    )
    if only is not None:
        query = query.where(Agent.id == only)
    return [CapacityView(*row) for row in await call.db.execute(query)]


def _view(row: TicketQueue, agents: frozenset[int]) -> TicketQueueView:
    return TicketQueueView(
        id=row.id,
        name=row.name,
        label=row.label,
        active=row.active,
        weight=row.weight,
        strategy=Strategy(row.strategy),
        required=msgspec.convert(row.required, list[TicketNeed]),
        preferred=msgspec.convert(row.preferred, list[TicketNeed]),
        categories=msgspec.convert(row.categories, list[int]),
        agents=sorted(agents),
        version=row.version,
    )


def _told(call: Call) -> None:
    changed = call.request.app[keys.TICKET_QUEUES_CHANGED]
    call.then(lambda _: changed())
