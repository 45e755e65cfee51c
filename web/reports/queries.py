"""Reads reports from the roll-ups; what a right reaches is a condition of the query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    column,
    func,
    literal,
    null,
    select,
    true,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession

from routing.tables import Agent
from web.auth.tables import TeamMember
from web.reports import block_sql, columns, ticket_queries
from web.reports.figures import Key, Sums
from web.reports.metrics import Metric, Subject
from web.reports.periods import Span
from web.reports.request import Wanted
from web.reports.tables import (
    AGENT_BLOCKS,
    AGENTS,
    DISPOSITION_BLOCKS,
    DISPOSITIONS,
    QUEUE_BLOCKS,
    QUEUES,
)

TABLES: dict[Subject, tuple[Table, Table]] = {
    Subject.QUEUES: (QUEUES, QUEUE_BLOCKS),
    Subject.AGENTS: (AGENTS, AGENT_BLOCKS),
    Subject.DISPOSITIONS: (DISPOSITIONS, DISPOSITION_BLOCKS),
}
Found = list[tuple[Key, int, Sums]]


@dataclass(frozen=True, slots=True)
class Reach:
    """`agents`: whose figures may be seen (None: everybody's); `tickets`: which tickets; `queues`:
    of which queues (None: all)."""

    agents: Select[Any] | list[int] | None
    tickets: ColumnElement[bool]
    queues: Select[Any] | None = None

    def of(self, agent: Any) -> ColumnElement[bool]:
        return true() if self.agents is None else agent.in_(self.agents)

    def of_queue(self, queue: Any) -> ColumnElement[bool]:
        return true() if self.queues is None else queue.in_(self.queues)


async def read(
    db: AsyncSession,
    wanted: Wanted,
    spans: Sequence[Span],
    metrics: Sequence[Metric],
    reach: Reach,
    *,
    now: float,
) -> Found:
    """(key, number of the span, sums) of every key that has something in a span."""
    names = sorted(frozenset().union(*(metric.columns for metric in metrics)))
    if wanted.subject is Subject.TICKETS:
        query = ticket_queries.sums(wanted, spans, names, reach.tickets, now=now)
    else:
        query = _sums(wanted, spans, names, reach)
    return [
        (row[0], row[1], {name: int(sum_) for name, sum_ in zip(names, row[2:], strict=True)})
        for row in await db.execute(query)
    ]


def _sums(wanted: Wanted, spans: Sequence[Span], names: Sequence[str], reach: Reach) -> Select[Any]:
    part = block_sql.parts(*TABLES[wanted.subject], spans, names)
    key = _key(wanted, part)
    totals = ((func.max if name in columns.LARGEST else func.sum)(part.c[name]) for name in names)
    query = select(key.label("key"), part.c.number.label("span"), *totals).select_from(part)
    if wanted.by == "team":
        query = query.outerjoin(Agent, Agent.id == part.c.agent_id)
        query = query.outerjoin(TeamMember, TeamMember.user_id == Agent.user_id)
    query = query.where(*_narrowed(wanted, part))
    if "agent_id" in part.c:
        query = query.where(reach.of(part.c.agent_id))
    else:
        query = query.where(reach.of_queue(part.c.queue))
    # By what is a column; the rest is the same in every row.
    return query.group_by(*([] if wanted.by == "none" else [key]), part.c.number)


def spread(slot: Any, spans: Sequence[Span]) -> tuple[Any, Any, Any]:
    """(number of the span, what to join, on which condition); one span needs no joining."""
    if len(spans) == 1:
        return literal(0, Integer), None, None
    numbered = values(
        column("number", Integer),
        column("first", Integer),
        column("last", Integer),
        name="numbered",
        literal_binds=True,
    ).data([(number, span.first, span.last) for number, span in enumerate(spans)])
    source = numbered.cte("spans")
    return source.c.number, source, and_(slot >= source.c.first, slot < source.c.last)


def _key(wanted: Wanted, table: FromClause) -> Any:
    if wanted.by == "none":
        return null()
    if wanted.by == "team":
        return TeamMember.team_id
    return table.c["agent_id" if wanted.by == "agent" else wanted.by]


def _narrowed(wanted: Wanted, table: FromClause) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.queues:
        found.append(table.c.queue.in_(wanted.queues))
    if wanted.agents:
        found.append(table.c.agent_id.in_(wanted.agents))
    if wanted.teams:
        found.append(table.c.agent_id.in_(members(wanted.teams)))
    if wanted.dispositions:
        found.append(table.c.disposition.in_(wanted.dispositions))
    return found


def members(teams: Sequence[int]) -> Select[Any]:
    """The agents of these teams, as they are now."""
    return (
        select(Agent.id)
        .join(TeamMember, TeamMember.user_id == Agent.user_id)
        .where(TeamMember.team_id.in_(teams))
    )
