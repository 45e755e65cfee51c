"""Marks the hours whose figures change, in the transaction that writes the rows of calls.

A projection of the one writer. What others write (states, dispositions, callbacks, scores) is
marked by triggers. Marks are only ever added, so the writer never waits for whoever computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, false, func, insert, literal, select, union
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from callcenter.events import CallEvent, Direction, DomainEvent, InteractionsMerged
from callcenter.store.tables import Interaction, Offer, Segment
from web.reports.columns import FCR_DAYS
from web.reports.sql import after, hour
from web.reports.tables import ReportMark

AT_ONCE = 500  # calls in one statement


async def mark(connection: AsyncConnection, events: Sequence[DomainEvent]) -> None:
    """A batch of the writer's, after its own rows."""
    calls: set[str] = set()
    for event in events:
        if isinstance(event, CallEvent):
            calls.add(event.interaction)
            if isinstance(event, InteractionsMerged):
                calls.add(event.merged)
    ordered = sorted(calls)
    for first in range(0, len(ordered), AT_ONCE):
        hours = hours_of(ordered[first : first + AT_ONCE])
        await connection.execute(insert(ReportMark).from_select(["hour", "onward"], hours))


def hours_of(calls: Sequence[str]) -> Select[Any]:
    """The hours in which something of these calls began, and of the calls that they follow up."""
    wanted = union(select(Interaction.id).where(Interaction.id.in_(calls)), _followed(calls)).cte(
        "wanted"
    )
    found = union(
        *(
            select(hour(row.started_at).label("hour")).where(
                row.interaction_id.in_(select(wanted.c.id)), row.started_at.is_not(None)
            )
            for row in (Segment, Offer)
        )
    ).subquery()
    return select(found.c.hour, false())


def _followed(calls: Sequence[str]) -> Select[Any]:
    """The latest call of the same number before each of these: it is not resolved any more. Those
    before it were not already."""
    call, before, latest = (aliased(Interaction) for _ in range(3))
    moment = (
        select(func.max(latest.started_at))
        .where(
            *(latest.caller_e164 == call.caller_e164, latest.merged_into.is_(None)),
            latest.direction == Direction.INBOUND.value,
            latest.started_at < call.started_at,
            latest.started_at >= after(call.started_at, literal(-FCR_DAYS * 86_400.0)),
        )
        .correlate(call)
        .scalar_subquery()
    )
    return (
        select(before.id)
        .join(call, call.caller_e164 == before.caller_e164)
        .where(call.id.in_(calls), before.started_at == moment)
    )
