"""What the board asks the database when it starts: the part of today that is over already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.events import QueueExit
from callcenter.store.tables import Segment
from routing.work_tables import Satisfaction
from web.board_queues import Entry, Terms


async def entries_between(
    session: AsyncSession, since: float, until: float, terms: Mapping[str, Terms]
) -> list[Entry]:
    """The queue entries that joined at or after `since` and had left before `until`.

    Whoever left later was seen leaving by the run that began then. The service level is the one
    frozen when they joined; `terms` has the threshold of a short abandon.
    """
    return [_entry(row, terms) for row in await session.execute(_between(since, until))]


async def scores_since(session: AsyncSession, since: float) -> list[tuple[str, str, int, float]]:
    """(interaction, queue, score, when) of what callers thought of it, from `since` on."""
    rows = await session.execute(
        select(
            Satisfaction.interaction_id, Satisfaction.queue, Satisfaction.score, Satisfaction.at
        ).where(Satisfaction.at >= since)
    )
    return [(call, queue, score, at) for call, queue, score, at in rows if queue is not None]


def _between(since: float, until: float) -> Select[Any]:
    talks = (
        select(
            Segment.entry_id,
            func.sum(Segment.seconds).label("talked"),
            func.count().label("conversations"),
        )
        .where(Segment.kind == "talk", Segment.ended, Segment.started_at >= since)
        .group_by(Segment.entry_id)
        .subquery()
    )
    return (
        select(
            Segment.id,
            Segment.queue,
            Segment.interaction_id,
            Segment.started_at,
            Segment.threshold,
            Segment.exit,
            Segment.seconds,
            talks.c.talked,
            talks.c.conversations,
        )
        .outerjoin(talks, talks.c.entry_id == Segment.id)
        .where(
            Segment.kind == "queue",
            Segment.queue.is_not(None),
            Segment.started_at >= since,
            Segment.ended,
            or_(Segment.ended_at.is_(None), Segment.ended_at < until),
        )
    )


def _entry(row: Row[Any], terms: Mapping[str, Terms]) -> Entry:
    now = terms.get(row.queue, Terms())
    level = now.service_level if row.threshold is None else row.threshold
    return Entry(
        id=row.id,
        queue=row.queue,
        interaction=row.interaction_id,
        joined_at=row.started_at,
        terms=Terms(service_level=level, short_abandon=now.short_abandon),
        exit=None if row.exit is None else QueueExit(row.exit),
        waited=row.seconds,
        talked=row.talked or 0.0,
        handled=bool(row.conversations),
    )
