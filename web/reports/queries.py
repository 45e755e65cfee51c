"""Reads reports from the roll-ups; what a right reaches is a condition of the query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
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
from web.reports import columns, ticket_queries
from web.reports.figures import Key, Sums
from web.reports.metrics import Metric, Subject
from web.reports.periods import Span
from web.reports.request import Wanted
from web.reports.tables import AGENTS, DISPOSITIONS, QUEUES

TABLES: dict[Subject, Table] = {
    Subject.QUEUES: QUEUES,
    Subject.AGENTS: AGENTS,
    Subject.DISPOSITIONS: DISPOSITIONS,
}
Found = list[tuple[Key, int, Sums]]


@dataclass(frozen=True, slots=True)
class Reach:
    """`agents`: whose figures may be seen (None: everybody's); `tickets`: which tickets."""

    agents: Select[Any] | list[int] | None
    tickets: ColumnElement[bool]

    def of(self, agent: Any) -> ColumnElement[bool]:
        return true() if self.agents is None else agent.in_(self.agents)


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
    table = TABLES[wanted.subject]
    key = _key(wanted, table)
    number, source, within = spread(table.c.slot, spans)
    totals = ((func.max if name in columns.LARGEST else func.sum)(table.c[name]) for name in names)
    query = select(key.label("key"), number.label("span"), *totals).select_from(table)
    if source is not None:
        query = query.join(source, within)
    if wanted.by == "team":
        query = query.outerjoin(Agent, Agent.id == table.c.agent_id)
        query = query.outerjoin(TeamMember, TeamMember.user_id == Agent.user_id)
    whole = and_(table.c.slot >= spans[0].first, table.c.slot < spans[-1].last)
    query = query.where(whole, *_narrowed(wanted, table))
    if "agent_id" in table.c:
        query = query.where(reach.of(table.c.agent_id))
    # By what is a column; the rest is the same in every row. An empty sum is no row.
    by = [*([] if wanted.by == "none" else [key]), *([] if source is None else [number])]
    return query.group_by(*by) if by else query.having(func.count() > 0)


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


def _key(wanted: Wanted, table: Table) -> Any:
    if wanted.by == "none":
        return null()
    if wanted.by == "team":
        return TeamMember.team_id
    return table.c["agent_id" if wanted.by == "agent" else wanted.by]


def _narrowed(wanted: Wanted, table: Table) -> list[ColumnElement[bool]]:
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
